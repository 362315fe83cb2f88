//! From the best windows of every centre to the clusters that are reported.

use std::cmp::Ordering;

use serde::Serialize;

use crate::{domain::time::DayRange, stats::recurrence_interval};

use super::{
    keep::Found,
    layer::Layer,
    level::Best,
    montecarlo::{LEAST_LLR, Outcome},
    options::{Analysis, Model, Overlap, ScanOptions},
    significance::NullMaxima,
    windows::{Intervals, Plan, Window},
};

/// Statistics closer than this are the same: different sums of the same numbers.
pub(super) const SAME: f64 = 1e-9;

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
    /// How many resolutions coarser than the places its zone is; 0 where only one was scanned.
    pub coarser: u8,
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

/// A set of places, a bit each.
struct Places(Vec<u64>);

impl Places {
    fn new(places: usize, inside: impl Fn(usize) -> bool) -> Self {
        let word = |from: usize| {
            let bits = (from..places.min(from + 64)).filter(|&p| inside(p));
            bits.fold(0, |word, p| word | 1u64 << (p - from))
        };
        Self((0..places).step_by(64).map(word).collect())
    }

    fn len(&self) -> usize {
        self.0.iter().map(|w| w.count_ones() as usize).sum()
    }

    fn has(&self, place: usize) -> bool {
        self.0[place / 64] >> (place % 64) & 1 == 1
    }

    fn touches(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.0.len() * 64).filter(|&p| self.has(p))
    }
}

/// A candidate, with what decides its place in the list.
struct Candidate {
    /// Position in the sorted places; none for the whole area.
    centre: Option<usize>,
    coarser: u8,
    window: Window,
    found: Found,
    places: Places,
}

pub(super) struct Reporting<'a> {
    /// The finest first.
    pub layers: &'a [Layer],
    pub intervals: &'a Intervals,
    pub plan: &'a Plan,
    pub options: &'a ScanOptions,
    /// Sorted position → position in the input.
    pub order: &'a [usize],
}

impl Reporting<'_> {
    pub fn clusters(&self, outcome: &Outcome) -> Vec<ScanCluster> {
        let count = self.order.len();
        let of_layers = self.layers.iter().zip(&outcome.best);
        let of_centres =
            of_layers.flat_map(|(layer, best)| best.iter().flatten().map(move |b| self.candidate(layer, b)));
        let of_area = outcome.whole_area.iter().map(|(window, found)| Candidate {
            centre: None,
            coarser: 0,
            window: *window,
            found: *found,
            places: Places::new(count, |_| true),
        });
        let mut candidates: Vec<Candidate> = of_centres.chain(of_area).filter(|c| c.found.llr >= LEAST_LLR).collect();
        let centre = |c: &Candidate| c.centre.unwrap_or(count);
        candidates.sort_by(|a, b| {
            let by_statistic = b.found.llr.total_cmp(&a.found.llr);
            let by_statistic = by_statistic.then(a.coarser.cmp(&b.coarser));
            by_statistic.then(centre(a).cmp(&centre(b))).then(a.window.from.cmp(&b.window.from))
        });
        // Among candidates of the same statistic: fewer places, then the earlier centre.
        let by_size = |a: &Candidate, b: &Candidate| a.places.len().cmp(&b.places.len());
        sort_ties(&mut candidates, |c| c.found.llr, |a, b| by_size(a, b).then(centre(a).cmp(&centre(b))));
        let mut kept: Vec<Candidate> = Vec::new();
        for c in candidates {
            if kept.iter().all(|k| self.may_stand_beside(k, &c)) {
                kept.push(c);
            }
        }
        let null = NullMaxima::new(&outcome.maxima, self.options);
        kept.iter()
            .map(|c| (c, null.p_value(c.found.llr)))
            // Without replicates nothing is known of chance, and nothing is hidden.
            .filter(|(_, p)| *p < 1.0 || outcome.maxima.is_empty())
            .enumerate()
            .map(|(i, (c, p))| self.report(i + 1, c, p))
            .collect()
    }

    /// In the finest places, so that zones of different resolutions may be compared.
    fn candidate(&self, layer: &Layer, best: &Best) -> Candidate {
        let inside = layer.inside(&best.zone, self.options);
        Candidate {
            centre: Some(layer.middle[layer.centre_of(&best.zone)] as usize),
            coarser: layer.coarser,
            window: best.window,
            found: best.found,
            places: Places::new(self.order.len(), |p| inside[layer.label[p] as usize]),
        }
    }

    fn may_stand_beside(&self, better: &Candidate, c: &Candidate) -> bool {
        // Purely temporal clusters compete with one another only.
        if better.centre.is_none() != c.centre.is_none() {
            return self.options.overlap != Overlap::MostLikelyOnly;
        }
        let together = better.window.from <= c.window.to && c.window.from <= better.window.to;
        let c_in_better = || c.centre.is_none_or(|p| better.places.has(p));
        let better_in_c = || better.centre.is_none_or(|p| c.places.has(p));
        match self.options.overlap {
            Overlap::All => true,
            Overlap::MostLikelyOnly => false,
            _ if !together => true,
            Overlap::NoCentreInOther => !c_in_better() && !better_in_c(),
            Overlap::NoPairOfCentres => !(c_in_better() && better_in_c()),
            Overlap::None => !better.places.touches(&c.places),
        }
    }

    fn report(&self, rank: usize, c: &Candidate, p_value: f64) -> ScanCluster {
        let Found { llr, observed, expected, .. } = c.found;
        // Of the whole area no places are listed: it is all of them.
        let members: Vec<usize> = if c.centre.is_some() { c.places.iter().collect() } else { Vec::new() };
        let finest = &self.layers[0];
        let radius = |centre: usize| members.iter().map(|&p| finest.distance(centre, p)).fold(0.0, f64::max);
        let n = f64::from(observed);
        let cases = finest.problem.statistic_in(c.window).cases();
        let outside = (cases - n) / (cases - expected);
        let prospective = self.options.analysis == Analysis::Prospective;
        ScanCluster {
            rank,
            centre: c.centre.map(|centre| self.order[centre]),
            places: members.iter().map(|&p| self.order[p]).collect(),
            radius_km: c.centre.map(radius),
            coarser: c.coarser,
            window: self.intervals.days_of(c.window),
            observed,
            expected,
            relative_risk: (self.options.model != Model::Permutation && outside > 0.0).then(|| n / expected / outside),
            llr,
            p_value,
            recurrence_interval_days: prospective.then(|| {
                recurrence_interval(p_value, f64::from(self.options.aggregate_days.max(1)), self.plan.analyses)
            }),
            silent_days: 0,
        }
    }
}

/// Leave the windows that a centre puts forward: its best one and further ones that share no interval with a
/// better one. Of equal ones the fewest places and then the shortest window is the better.
pub(super) fn pick_disjoint(best: &mut Vec<Best>) {
    let mut sorted = std::mem::take(best);
    sorted.sort_by(|a, b| b.found.llr.total_cmp(&a.found.llr).then(a.window.from.cmp(&b.window.from)));
    sort_ties(
        &mut sorted,
        |b| b.found.llr,
        |a, b| {
            let by_places = a.found.places.cmp(&b.found.places);
            by_places.then(a.window.len().cmp(&b.window.len())).then(a.window.from.cmp(&b.window.from))
        },
    );
    for b in sorted {
        if best.iter().all(|k| k.window.to < b.window.from || b.window.to < k.window.from) {
            best.push(b);
        }
    }
    best.shrink_to_fit();
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
