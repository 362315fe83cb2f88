//! From the best windows of every centre to the clusters that are reported.

use std::cmp::Ordering;

use serde::Serialize;

use crate::{domain::time::DayRange, stats::recurrence_interval};

use super::{
    geometry::Geometry,
    montecarlo::{Circles, Outcome},
    options::{Analysis, Model, Overlap, PValueMethod, Rates, ScanOptions},
    problem::Problem,
    sweep::Found,
    windows::{Intervals, Window},
};

/// Statistics closer than this are the same: different sums of the same numbers.
const SAME: f64 = 1e-9;
/// A window with less than this is no cluster.
const LEAST_LLR: f64 = 0.001;

/// A set of places and days with more (or fewer) cases than expected.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScanCluster {
    /// From 1, the most likely first.
    pub rank: usize,
    /// Position of the centre in the input; `None` for a purely temporal cluster (the whole area).
    pub centre: Option<usize>,
    /// Positions of the places in the input, ordered by place id.
    pub places: Vec<usize>,
    /// Distance from the centre to the farthest place, km (or the plane's unit).
    pub radius_km: Option<f64>,
    pub window: DayRange,
    pub observed: u32,
    pub expected: f64,
    /// Risk inside over risk outside; the permutation model knows no risk and has none.
    pub relative_risk: Option<f64>,
    /// The test statistic, natural logarithm.
    pub llr: f64,
    pub p_value: f64,
    /// How often chance alone gives a cluster this strong anywhere in the area, in days; prospective only.
    pub recurrence_interval_days: Option<f64>,
    /// Days of the window on which nothing was reported by anybody, and which therefore expect nothing.
    pub silent_days: usize,
}

/// A candidate, with what decides its place in the list.
struct Candidate {
    /// Position in the sorted places, or the number of places for the whole area.
    centre: usize,
    window: Window,
    found: Found,
    /// The farthest place inside: all that come no later in the centre's order are inside.
    edge: (u64, u32),
    size: usize,
}

pub(super) struct Reporting<'a> {
    pub geometry: &'a Geometry,
    pub circles: &'a Circles,
    pub intervals: &'a Intervals,
    pub options: &'a ScanOptions,
    pub problem: &'a Problem,
    /// Sorted position → position in the input.
    pub order: &'a [usize],
}

impl Reporting<'_> {
    pub fn clusters(&self, outcome: &Outcome) -> Vec<ScanCluster> {
        let mut candidates: Vec<Candidate> = outcome
            .best
            .iter()
            .enumerate()
            .flat_map(|(centre, best)| self.of_centre(centre, best).into_iter().map(move |b| (centre, b)))
            .filter(|(_, (_, found))| found.llr >= LEAST_LLR)
            .map(|(centre, (window, found))| self.candidate(centre, window, found))
            .collect();
        candidates.sort_by(|a, b| {
            b.found
                .llr
                .total_cmp(&a.found.llr)
                .then_with(|| a.centre.cmp(&b.centre))
                .then_with(|| a.window.from.cmp(&b.window.from))
        });
        // Among candidates of the same statistic: fewer places, then the earlier centre.
        sort_ties(&mut candidates, |c| c.found.llr, |a, b| a.size.cmp(&b.size).then(a.centre.cmp(&b.centre)));
        let mut kept: Vec<Candidate> = Vec::new();
        for c in candidates {
            if kept.iter().all(|k| self.may_stand_beside(k, &c)) {
                kept.push(c);
            }
        }
        let null = NullMaxima::new(&outcome.maxima, self.options);
        kept.iter()
            .map(|c| (c, null.p_value(c.found.llr)))
            .filter(|(_, p)| *p < 1.0)
            .enumerate()
            .map(|(i, (c, p))| self.report(i + 1, c, p))
            .collect()
    }

    /// The windows that a centre puts forward: its best one and, in a retrospective analysis, further ones that
    /// share no interval with a better one. Of the whole area there is only one.
    fn of_centre(&self, centre: usize, best: &[(Window, Found)]) -> Vec<(Window, Found)> {
        let mut sorted = best.to_vec();
        sorted.sort_by(|a, b| b.1.llr.total_cmp(&a.1.llr).then(a.0.from.cmp(&b.0.from)));
        let length = |w: Window| w.to - w.from;
        sort_ties(
            &mut sorted,
            |b| b.1.llr,
            |a, b| a.1.places.cmp(&b.1.places).then(length(a.0).cmp(&length(b.0))).then(a.0.from.cmp(&b.0.from)),
        );
        let mut kept: Vec<(Window, Found)> = Vec::new();
        for b in sorted {
            if self.is_whole(centre) && !kept.is_empty() {
                break;
            }
            if kept.iter().all(|k| k.0.to < b.0.from || b.0.to < k.0.from) {
                kept.push(b);
            }
        }
        kept
    }

    fn candidate(&self, centre: usize, window: Window, found: Found) -> Candidate {
        let places = self.order.len();
        if self.is_whole(centre) {
            return Candidate { centre: places, window, found, edge: (u64::MAX, 0), size: places };
        }
        let last = self.circles.lists[centre][found.places as usize - 1];
        let last = self.circles.active[last as usize] as usize;
        let edge = self.geometry.order(centre, last);
        let size = (0..places).filter(|&p| self.inside(centre, edge, p)).count();
        Candidate { centre, window, found, edge, size }
    }

    fn is_whole(&self, centre: usize) -> bool {
        self.circles.whole_area && centre + 1 == self.circles.lists.len()
    }

    fn inside(&self, centre: usize, edge: (u64, u32), place: usize) -> bool {
        self.geometry.order(centre, place) <= edge
    }

    fn may_stand_beside(&self, better: &Candidate, c: &Candidate) -> bool {
        let places = self.order.len();
        // Purely temporal clusters compete with one another only.
        if (better.centre == places) != (c.centre == places) {
            return self.options.overlap != Overlap::MostLikelyOnly;
        }
        let together = better.window.from <= c.window.to && c.window.from <= better.window.to;
        let c_in_better = || c.centre == places || self.inside(better.centre, better.edge, c.centre);
        let better_in_c = || better.centre == places || self.inside(c.centre, c.edge, better.centre);
        match self.options.overlap {
            Overlap::All => true,
            Overlap::MostLikelyOnly => false,
            _ if !together => true,
            Overlap::NoCentreInOther => !c_in_better() && !better_in_c(),
            Overlap::NoPairOfCentres => !(c_in_better() && better_in_c()),
            Overlap::None => {
                c.centre != places
                    && (0..places)
                        .all(|p| !(self.inside(better.centre, better.edge, p) && self.inside(c.centre, c.edge, p)))
            }
        }
    }

    fn report(&self, rank: usize, c: &Candidate, p_value: f64) -> ScanCluster {
        let whole = c.centre == self.order.len();
        let mut members: Vec<usize> = Vec::new();
        let mut radius: f64 = 0.0;
        if !whole {
            members = (0..self.order.len()).filter(|&p| self.inside(c.centre, c.edge, p)).collect();
            radius = members.iter().map(|&p| self.geometry.distance(c.centre, p)).fold(0.0, f64::max);
        }
        let Found { llr, observed, expected, .. } = c.found;
        let n = f64::from(observed);
        let cases = self.problem.statistic_in(c.window).cases();
        let outside = (cases - n) / (cases - expected);
        let prospective = self.options.analysis == Analysis::Prospective;
        ScanCluster {
            rank,
            centre: (!whole).then(|| self.order[c.centre]),
            places: members.iter().map(|&p| self.order[p]).collect(),
            radius_km: (!whole).then_some(radius),
            window: self.intervals.days_of(c.window),
            observed,
            expected,
            relative_risk: (self.options.model != Model::Permutation && outside > 0.0).then(|| n / expected / outside),
            llr,
            p_value,
            recurrence_interval_days: prospective.then(|| {
                recurrence_interval(p_value, f64::from(self.options.aggregate_days.max(1)), self.options.analyses)
            }),
            silent_days: 0,
        }
    }
}

/// Put every run of equal statistics of a list that falls into its own order. "Equal" with a tolerance is no
/// order that a sort can be given: runs are cut first, each against its greatest.
fn sort_ties<T>(sorted: &mut [T], llr: impl Fn(&T) -> f64, order: impl Fn(&T, &T) -> Ordering) {
    let mut start = 0;
    while start < sorted.len() {
        let top = llr(&sorted[start]);
        let run = sorted[start..].iter().take_while(|c| (top - llr(c)).abs() < SAME).count().max(1);
        sorted[start..start + run].sort_by(&order);
        start += run;
    }
}

/// The distribution of the greatest statistic when there are no clusters.
struct NullMaxima<'a> {
    maxima: &'a [f64],
    method: PValueMethod,
    asked_for: usize,
    gumbel: Option<(f64, f64)>,
}

impl<'a> NullMaxima<'a> {
    fn new(maxima: &'a [f64], options: &ScanOptions) -> Self {
        let spread = crate::stats::summary::sd(maxima);
        let usable = options.rates == Rates::High && spread > 0.0;
        let gumbel = usable.then(|| {
            let scale = spread * 6f64.sqrt() / std::f64::consts::PI;
            (crate::stats::summary::mean(maxima) - 0.577_215_664_901_532_9 * scale, scale)
        });
        Self { maxima, method: options.p_value, asked_for: options.replications as usize, gumbel }
    }

    fn p_value(&self, llr: f64) -> f64 {
        let reached = self.maxima.iter().filter(|&&m| m >= llr - SAME).count();
        let rank = reached + 1;
        let stopped = self.maxima.len() < self.asked_for;
        // A run that was stopped by its last replicate counts that one as its own rank (Besag & Clifford).
        let by_rank = if stopped {
            reached as f64 / self.maxima.len() as f64
        } else {
            rank as f64 / (self.maxima.len() + 1) as f64
        };
        match self.gumbel {
            Some((mode, scale)) if self.method != PValueMethod::Standard && rank < 10 => {
                // 1 − exp(−e^−x) without losing a small tail; never below the smallest that is meaningful.
                (-(-(-(llr - mode) / scale).exp()).exp_m1()).max(1e-17)
            }
            _ => by_rank.min(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_of_near_ties_are_cut_against_their_greatest() {
        // Neighbours are within the tolerance, the ends are not: no panic, and each run by its own order.
        let mut list: Vec<(f64, u32)> = (0..60).map(|i| (5.0 - f64::from(i) * 0.4e-9, 60 - i)).collect();
        sort_ties(&mut list, |c| c.0, |a, b| a.1.cmp(&b.1));
        assert!(list[0].0 < 5.0 && list[2].0 == 5.0, "{:?}", &list[..4]);
        assert!(list.windows(2).all(|w| w[0].0 > w[1].0 - 1e-9));
    }
}
