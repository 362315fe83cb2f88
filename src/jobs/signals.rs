//! From what the detectors say to signals: names, areas, line lists, ranges.

use std::collections::BTreeSet;

use anyhow::Context;

use super::{
    area_rules::{AreaGround, Judged},
    scan_input::{Scanned, scanned},
    watch::Watch,
};
use crate::{
    cells::{AreaIndex, PlaceNamer, resolution},
    config::{Analysis, ScanZones},
    detect::{
        self,
        scan::{self, LongestWindow, Overlap, ScanCluster, ScanError, ScanOptions, Ties, ZoneShape},
    },
    domain::{
        event::{EventFact, EventKind},
        ids::{EventId, JurisdictionId, RunId, SignalId},
        place::Cell,
        rule::{AlertRule, CaseMeasure},
        signal::{Method, Signal, SignalScope},
        time::{Day, DayRange},
    },
    nowcast::{Feeds, Moment},
    stats::CountDistribution,
};

/// Each shape of zones is a method of its own, with its own name.
fn scan_name(zones: ZoneShape) -> &'static str {
    match zones {
        ZoneShape::Circles => "space-time-permutation-scan",
        ZoneShape::Rings => "space-time-permutation-scan-rings",
        ZoneShape::Connected => "space-time-permutation-scan-connected",
    }
}

/// The areas' own rule, by the name under which `emberwatch detect` knows it.
const POOLED: &str = "pooled";
/// With less than this known of a day, the reader is told.
const TOLD_SHARE: f64 = 0.9;

/// What both detectors work from.
pub(super) struct Ground<'a> {
    pub jurisdiction: &'a JurisdictionId,
    pub run: RunId,
    pub facts: &'a [EventFact],
    /// Days that `facts` cover; the last is the day taken for today.
    pub days: DayRange,
    /// Days on which every feed was silent.
    pub silent: &'a [Day],
    pub feeds: &'a Feeds,
    pub watch: &'a Watch,
    pub moment: Moment,
    pub areas: &'a AreaIndex,
    pub namer: &'a PlaceNamer<'a>,
    pub settings: &'a Analysis,
    pub rules: &'a [AlertRule],
    /// Said of every signal of this run.
    pub caveats: &'a [String],
}

impl Ground<'_> {
    fn as_of(&self) -> Day {
        self.days.to
    }

    /// Clusters of cells that are alive today.
    pub fn scan(&self) -> anyhow::Result<Vec<Signal>> {
        let h3 = resolution(self.settings.resolution)?;
        let lag = (self.settings.scan_lag_days as i32).min(self.days.len() as i32 - 1);
        let length = (self.settings.scan_study_days as i32).min(self.days.len() as i32 - lag);
        let study = DayRange::ending(self.as_of() - lag, length);
        let delays = self.settings.scan_max_delay_days;
        let found = scanned(self.facts, self.days, study, self.silent, self.feeds, h3, delays);
        let connected = self.settings.scan_zones != ScanZones::Circles;
        let found = if connected { found.with_cells_between() } else { found };
        let Scanned { cells, input, unsteady } = found;
        if input.cases.iter().map(|c| c.count).sum::<u32>() < 2 {
            return Ok(Vec::new());
        }
        let mut caveats = self.caveats.to_vec();
        if !unsteady.is_empty() {
            let names: Vec<&str> = unsteady.iter().map(|s| s.as_str()).collect();
            let names = names.join(", ");
            caveats.push(format!("Not heard on every day of the study period, so compared with itself only: {names}."));
        }
        let mut options = self.scan_options(study);
        let found = loop {
            match scan::scan(&input, &options) {
                // A state of many cells: the sets that can be looked at are smaller, which is better than none.
                Err(ScanError::TooManyZones { .. }) if options.max_cells > 2 => options.max_cells -= 1,
                found => break found.context("scanning for clusters")?,
            }
        };
        if options.max_cells < self.settings.scan_max_cells {
            caveats.push(format!("There are too many cells for larger sets than {} of them.", options.max_cells));
        }
        let of_clusters = self.rules.iter().filter(|r| r.enabled && r.of_clusters());
        let quietest = of_clusters.map(AlertRule::recurrence_days).fold(f64::INFINITY, f64::min) * (1.0 - 1e-9);
        found
            .clusters
            .iter()
            .filter(|c| c.recurrence_interval_days.is_some_and(|r| r >= quietest))
            .map(|c| self.cluster_signal(c, &cells, &options, &caveats))
            .collect()
    }

    fn scan_options(&self, study: DayRange) -> ScanOptions {
        // A study period much shorter than usual must still leave days outside the window to compare with.
        let longest = self.settings.scan_max_days.min((study.len() as u32 / 2).max(1));
        let zones = match self.settings.scan_zones {
            ScanZones::Circles => ZoneShape::Circles,
            ScanZones::Rings => ZoneShape::Rings,
            ScanZones::Connected => ZoneShape::Connected,
        };
        ScanOptions {
            zones,
            max_cells: self.settings.scan_max_cells,
            coarser: self.settings.scan_coarser,
            max_space_share: self.settings.scan_max_space_share,
            max_radius_km: Some(self.settings.scan_max_radius_km),
            longest: LongestWindow::Days(longest),
            min_cases: self.settings.min_cases,
            overlap: Overlap::None,
            // Weekends differ from place to place; unadjusted, every Saturday would be a cluster downtown.
            adjust_weekday: study.len() >= 56,
            replications: self.settings.scan_replications,
            seed: self.seed(),
            // What is said of how often chance does this has to hold in a county of a few cases a month as well.
            ties: Ties::Random,
            ..ScanOptions::default()
        }
    }

    /// Another seed for every day and jurisdiction, and the same one whenever that day is analysed again.
    fn seed(&self) -> u64 {
        let parts = [self.jurisdiction.as_str(), &self.as_of().to_string(), &self.settings.seed.to_string()];
        RunId::derived(&parts).0.as_u64_pair().0
    }

    fn cluster_signal(
        &self,
        cluster: &ScanCluster,
        places: &[Cell],
        options: &ScanOptions,
        caveats: &[String],
    ) -> anyhow::Result<Signal> {
        let cells = cells_of(cluster, places);
        let first = *cells.first().context("a cluster holds at least one cell")?;
        let centre = cluster.centre.map(|i| places[i].centre());
        let mut caveats = caveats.to_vec();
        if cluster.silent_days > 0 {
            caveats.push(format!("No data arrived on {} of these days; they were left out.", cluster.silent_days));
        }
        let area = centre.and_then(|p| self.areas.finest_at(p)).map(|a| a.id.clone());
        caveats.extend(self.watch.caveats(area.as_ref(), self.moment));
        let inside = |f: &EventFact| {
            let cell = f.cell.and_then(|c| c.parent(first.resolution()));
            cell.is_some_and(|c| cells.binary_search(&c).is_ok())
        };
        Ok(Signal {
            id: self.signal_id(scan_name(options.zones), &first.to_string(), cluster.window),
            run: self.run,
            as_of: self.as_of(),
            method: Method {
                name: scan_name(options.zones).into(),
                version: scan::METHOD_VERSION,
                seed: Some(options.seed),
            },
            kind: EventKind::Overdose,
            measure: CaseMeasure::Overdoses,
            scope: SignalScope::Cells,
            area,
            centre,
            radius_km: cluster.radius_km,
            place_name: self.namer.cells_name(&cells).unwrap_or_default(),
            window: cluster.window,
            observed: cluster.observed,
            expected: cluster.expected,
            expected_range: poisson_range(cluster.expected),
            relative_risk: cluster.relative_risk,
            statistic: cluster.llr,
            p_value: cluster.p_value,
            recurrence_interval_days: cluster.recurrence_interval_days.unwrap_or(1.0),
            replications: Some(options.replications),
            events: self.line_list(cluster.window, inside),
            cells,
            caveats,
        })
    }

    /// Areas that saw more than is usual for them, as seldom as the quietest rule that reads them allows.
    pub fn area_rules(&self) -> Vec<Signal> {
        let tree = self.areas.tree();
        let ground = AreaGround { facts: self.facts, days: self.days, silent: self.silent, tree, feeds: self.feeds };
        let bound = |judged: &Judged| {
            let judging = self.rules.iter().filter(|r| r.judges(&judged.area, judged.measure, tree));
            judging.map(AlertRule::recurrence_days).fold(f64::INFINITY, f64::min)
        };
        let judged = ground.judge(self.rules);
        judged.iter().filter(|j| j.speaks(bound(j))).map(|j| self.area_signal(j)).collect()
    }

    fn area_signal(&self, judged: &Judged) -> Signal {
        let (area, found) = (&judged.area, &judged.found);
        let window = DayRange::ending(judged.day, found.window as i32);
        let place = self.areas.get(area);
        let inside = |f: &EventFact| {
            judged.measure.counts(f) && f.area.as_ref().is_some_and(|a| self.areas.tree().contains(area, a))
        };
        let mut caveats = self.caveats.to_vec();
        caveats.extend(self.watch.caveats(Some(area), self.moment));
        if judged.share_known < TOLD_SHARE {
            let (day, known) = (judged.day, (100.0 * judged.share_known).round());
            caveats.push(format!("Of a usual {day} about {known} % is known by now; the count is compared with that."));
        }
        let what = format!("{area} {}", judged.measure);
        let range = found.range;
        Signal {
            id: self.signal_id(POOLED, &what, window),
            run: self.run,
            as_of: self.as_of(),
            method: Method { name: POOLED.into(), version: detect::pooled::METHOD_VERSION, seed: None },
            kind: EventKind::Overdose,
            measure: judged.measure,
            scope: SignalScope::Area,
            cells: Vec::new(),
            area: Some(area.clone()),
            centre: place.map(|a| a.centre),
            radius_km: None,
            place_name: place.map_or_else(|| area.to_string(), |a| a.name.clone()),
            window,
            observed: found.observed,
            expected: found.expected,
            expected_range: [range.0 as f64, range.1 as f64],
            relative_risk: None,
            statistic: found.judgement.score.unwrap_or(0.0),
            p_value: found.judgement.p_value.unwrap_or(1.0),
            recurrence_interval_days: judged.recurrence_days,
            replications: None,
            events: self.line_list(window, inside),
            caveats,
        }
    }

    fn signal_id(&self, method: &str, what: &str, window: DayRange) -> SignalId {
        let (day, from, to) = (self.as_of().to_string(), window.from.to_string(), window.to.to_string());
        SignalId::derived(&[self.jurisdiction.as_str(), method, &day, what, &from, &to])
    }

    fn line_list(&self, window: DayRange, inside: impl Fn(&EventFact) -> bool) -> Vec<EventId> {
        let found: BTreeSet<EventId> =
            self.facts.iter().filter(|f| window.contains(f.event_day) && inside(f)).map(|f| f.id).collect();
        found.into_iter().collect()
    }
}

/// The cells of a cluster, in order; of one found in coarser cells, all that those hold, so that it has no holes
/// where nothing happened.
fn cells_of(cluster: &ScanCluster, places: &[Cell]) -> Vec<Cell> {
    let own = |i: &usize| {
        let cell = places[*i];
        let finest = cell.resolution();
        let above = (0..cluster.coarser).try_fold(finest, |r, _| r.pred()).and_then(|r| cell.parent(r));
        above.map_or_else(|| vec![cell], |above| above.index().children(finest).map(Cell::from).collect())
    };
    let mut cells: Vec<Cell> = cluster.places.iter().flat_map(own).collect();
    cells.sort_unstable();
    cells.dedup();
    cells
}

/// The middle 95 % of counts that the expectation alone would give.
fn poisson_range(mean: f64) -> [f64; 2] {
    let (low, high) = CountDistribution::poisson(mean).central_range(0.95);
    [low as f64, high as f64]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::place::{Point, Resolution};

    #[test]
    fn a_cluster_of_coarser_cells_has_no_holes() {
        let centre = Point::new(44.31, -69.78).unwrap().cell(Resolution::Eight);
        let parent = centre.parent(Resolution::Seven).unwrap();
        let window = DayRange { from: Day::from_epoch_days(0), to: Day::from_epoch_days(0) };
        let cluster = |coarser| ScanCluster {
            rank: 1,
            centre: Some(0),
            places: vec![0],
            radius_km: Some(0.0),
            coarser,
            window,
            observed: 3,
            expected: 1.0,
            relative_risk: None,
            llr: 1.0,
            p_value: 0.01,
            recurrence_interval_days: None,
            silent_days: 0,
        };
        assert_eq!(cells_of(&cluster(0), &[centre]), [centre]);
        let whole = cells_of(&cluster(1), &[centre]);
        assert_eq!(whole.len(), 7);
        assert!(whole.contains(&centre) && whole.iter().all(|c| c.parent(Resolution::Seven) == Some(parent)));
    }

    #[test]
    fn every_shape_of_zones_is_a_method_of_its_own() {
        assert_eq!(scan_name(ZoneShape::Circles), "space-time-permutation-scan");
        assert_eq!(scan_name(ZoneShape::Connected), "space-time-permutation-scan-connected");
        assert_ne!(scan_name(ZoneShape::Rings), scan_name(ZoneShape::Connected));
    }
}
