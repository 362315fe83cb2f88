//! From what the detectors say to signals: names, areas, line lists, ranges.

use std::collections::BTreeSet;

use anyhow::Context;

use super::scan_input::{Scanned, scanned};
use crate::{
    cells::{AreaIndex, Measure, PlaceNamer, area_cube, resolution},
    config::{Analysis, ScanZones},
    detect::{
        self, AreaRuleOptions,
        scan::{self, LongestWindow, Overlap, ScanCluster, ScanError, ScanOptions, Ties, ZoneShape},
    },
    domain::{
        event::{EventFact, EventKind},
        ids::{AreaId, EventId, JurisdictionId, RunId, SignalId},
        place::Cell,
        signal::{Method, Signal, SignalScope},
        time::{Day, DayRange},
    },
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

const EARS: &str = "ears-c2";
/// Days that EARS judges in one run: the last complete day and the one under way.
const EARS_DAYS: i32 = 2;

/// What both detectors work from.
pub(super) struct Ground<'a> {
    pub jurisdiction: &'a JurisdictionId,
    pub run: RunId,
    pub facts: &'a [EventFact],
    /// Days that `facts` cover; the last is the day taken for today.
    pub days: DayRange,
    /// Days on which every feed was silent.
    pub silent: &'a [Day],
    pub areas: &'a AreaIndex,
    pub namer: &'a PlaceNamer<'a>,
    pub settings: &'a Analysis,
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
        let found = scanned(self.facts, self.days, study, self.silent, h3, self.settings.scan_max_delay_days);
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
        found
            .clusters
            .iter()
            .filter(|c| c.recurrence_interval_days.is_some_and(|r| r >= self.settings.watch_recurrence_days))
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
            scope: SignalScope::Cells,
            area: centre.and_then(|p| self.areas.finest_at(p)).map(|a| a.id.clone()),
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

    /// Areas whose own daily counts are above what is usual for them.
    pub fn area_rules(&self) -> Vec<Signal> {
        let cube = area_cube(self.facts, self.days, self.areas.tree(), None, Measure::Incidents);
        let options = AreaRuleOptions { min_sigma: self.settings.ears_min_sigma, ..AreaRuleOptions::default() };
        // Chance has as many tries as there are areas and days: the recurrence is that of any of them.
        let tries = cube.places.len() as f64 * f64::from(EARS_DAYS);
        let mut signals = Vec::new();
        for (i, area) in cube.places.iter().enumerate() {
            let series = cube.series(i);
            for back in 0..EARS_DAYS.min(self.days.len() as i32) {
                let rule = detect::area_rule(&series[..series.len() - back as usize], &options);
                let p_any = 1.0 - (1.0 - rule.p_value).powf(tries);
                let recurrence = 1.0 / p_any.max(f64::MIN_POSITIVE);
                let enough = rule.observed >= self.settings.min_cases && f64::from(rule.observed) > rule.threshold;
                if enough && recurrence >= self.settings.watch_recurrence_days {
                    signals.push(self.area_signal(area, self.as_of() - back, &rule, p_any, recurrence));
                }
            }
        }
        signals
    }

    fn area_signal(&self, area: &AreaId, day: Day, rule: &detect::AreaRule, p_any: f64, recurrence: f64) -> Signal {
        let window = DayRange { from: day, to: day };
        let place = self.areas.get(area);
        let inside = |f: &EventFact| f.area.as_ref().is_some_and(|a| self.areas.tree().contains(area, a));
        Signal {
            id: self.signal_id(EARS, area.as_str(), window),
            run: self.run,
            as_of: self.as_of(),
            method: Method { name: EARS.into(), version: detect::area::METHOD_VERSION, seed: None },
            kind: EventKind::Overdose,
            scope: SignalScope::Area,
            cells: Vec::new(),
            area: Some(area.clone()),
            centre: place.map(|a| a.centre),
            radius_km: None,
            place_name: place.map_or_else(|| area.to_string(), |a| a.name.clone()),
            window,
            observed: rule.observed,
            expected: rule.expected,
            expected_range: poisson_range(rule.expected),
            relative_risk: None,
            statistic: rule.statistic,
            p_value: p_any,
            recurrence_interval_days: recurrence,
            replications: None,
            events: self.line_list(window, inside),
            caveats: self.caveats.to_vec(),
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
