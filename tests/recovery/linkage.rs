//! Reports of known incidents, each seen by some of three sources with errors: are they put together again,
//! and nothing else?

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use chrono::{DateTime, Duration};
use emberwatch::{
    domain::{
        event::{EventKind, NaloxoneGiven, Outcome, TimePrecision},
        ids::{EventId, JurisdictionId, SourceId},
        place::Point,
        time::Day,
    },
    link::{LinkOptions, Sighting, link},
    stats::Random,
};

/// A simulated county.
struct County {
    incidents: u32,
    per_day: f64,
    /// Minutes (one standard deviation) by which a source's clock is off.
    clock_minutes: f64,
    /// Minutes that the third source is later than the others.
    late_minutes: f64,
    /// Metres within which the points lie nine times in ten.
    error_m: f64,
    /// Share of each field that is not filled.
    missing: f64,
    seed: u64,
}

impl Default for County {
    fn default() -> Self {
        Self {
            incidents: 3_000,
            per_day: 20.0,
            clock_minutes: 4.0,
            late_minutes: 0.0,
            error_m: 300.0,
            missing: 0.05,
            seed: 7,
        }
    }
}

impl County {
    /// Sightings, and which incident each is of.
    fn reports(&self) -> (Vec<Sighting>, BTreeMap<EventId, u32>) {
        let mut draw = Random::seeded(self.seed);
        let (mut sightings, mut truth) = (Vec::new(), BTreeMap::new());
        // Half of the overdoses happen in a dozen places within a county of about 40 km.
        let centres: Vec<(f64, f64)> = (0..12).map(|_| (draw.unit(), draw.unit())).collect();
        let mut seconds = 0.0;
        for incident in 0..self.incidents {
            seconds += draw.exponential() * 86_400.0 / self.per_day;
            let (x, y) = if draw.unit() < 0.5 {
                let (x, y) = centres[draw.below(12) as usize];
                (x + draw.normal() * 0.01, y + draw.normal() * 0.01)
            } else {
                (draw.unit(), draw.unit())
            };
            let fatal = draw.unit() < 0.08;
            let given = draw.unit() < 0.6;
            let (age, sex) = (draw.below(6), draw.unit() < 0.68);
            for (n, source) in ["ed", "ems", "police"].into_iter().enumerate() {
                if draw.unit() < 0.3 {
                    continue;
                }
                let id = EventId(uuid::Uuid::from_u128(u128::from(incident) * 10 + n as u128));
                let late = if n == 0 { self.late_minutes } else { 0.0 };
                let minutes = seconds / 60.0 + late + draw.normal() * self.clock_minutes;
                // Nine in ten within the radius: a standard deviation of the radius by the root of 2 ln 10.
                let sd = self.error_m / 4.605f64.sqrt() / 111_195.0;
                let point =
                    Point::new(44.6 + y * 0.36 + draw.normal() * sd, -69.0 + x * 0.5 + draw.normal() * sd * 1.4);
                let mut known = || draw.unit() >= self.missing;
                let place = known();
                let sighting = Sighting {
                    id,
                    jurisdiction: JurisdictionId::new("me").unwrap(),
                    source: SourceId::new(source).unwrap(),
                    kind: EventKind::Overdose,
                    occurred_at: DateTime::from_timestamp(1_700_000_000, 0).unwrap()
                        + Duration::milliseconds((minutes * 60_000.0) as i64),
                    time_precision: TimePrecision::Instant,
                    event_day: Day::from_epoch_days(19_000 + (seconds / 86_400.0) as i32),
                    incident: None,
                    point: place.then(|| point.unwrap()),
                    uncertainty_m: place.then_some(self.error_m),
                    outcome: match (known(), fatal) {
                        (false, _) => Outcome::Unknown,
                        (true, true) => Outcome::SuspectedFatal,
                        (true, false) => Outcome::Nonfatal,
                    },
                    naloxone: match (known(), given) {
                        (false, _) => NaloxoneGiven::Unknown,
                        (true, true) => NaloxoneGiven::Given,
                        (true, false) => NaloxoneGiven::None,
                    },
                    age_band: known().then(|| format!("band {age}")),
                    sex: known().then(|| if sex { "male" } else { "female" }.to_owned()),
                };
                truth.insert(id, incident);
                sightings.push(sighting);
            }
        }
        (sightings, truth)
    }

    /// Of the pairs that were linked, how many are one; of the pairs that are one, how many were linked.
    fn precision_and_recall(&self, options: &LinkOptions) -> (f64, f64, f64) {
        let (sightings, truth) = self.reports();
        let began = Instant::now();
        let linked = link(&sightings, options);
        let took = began.elapsed();
        let mut of: BTreeMap<u32, Vec<EventId>> = BTreeMap::new();
        truth.iter().for_each(|(id, incident)| of.entry(*incident).or_default().push(*id));
        let pairs = |groups: &mut dyn Iterator<Item = Vec<EventId>>| -> BTreeSet<(EventId, EventId)> {
            let mut out = BTreeSet::new();
            for group in groups {
                for (i, a) in group.iter().enumerate() {
                    out.extend(group[i + 1..].iter().map(|b| (*a.min(b), *a.max(b))));
                }
            }
            out
        };
        let found = pairs(&mut linked.incidents.iter().map(|i| i.events.clone()));
        let true_pairs = pairs(&mut of.into_values());
        let right = found.intersection(&true_pairs).count() as f64;
        let (precision, recall) = (right / found.len() as f64, right / true_pairs.len() as f64);
        println!(
            "{} reports, {} a day, clock {} min, late {} min, {} m, missing {}: precision {precision:.4}, recall {recall:.4}, expected false {:.4}, threshold {:.1}, {} pairs, {took:?}",
            sightings.len(),
            self.per_day,
            self.clock_minutes,
            self.late_minutes,
            self.error_m,
            self.missing,
            linked.expected_false,
            linked.threshold,
            linked.pairs
        );
        (precision, recall, linked.expected_false)
    }
}

#[test]
fn reports_of_three_sources_with_errors_are_put_together_again() {
    for seed in [7, 8] {
        let (precision, recall, _) = County { seed, ..County::default() }.precision_and_recall(&LinkOptions::default());
        assert!(precision >= 0.98 && recall >= 0.95, "{precision} {recall}");
    }
}

#[test]
fn a_source_that_is_always_half_an_hour_late_is_learned() {
    let county = County { late_minutes: 35.0, ..County::default() };
    let (precision, recall, _) = county.precision_and_recall(&LinkOptions::default());
    assert!(precision >= 0.98 && recall >= 0.93, "{precision} {recall}");
}

#[test]
fn a_stricter_rate_of_false_links_costs_links_and_keeps_its_word() {
    let county = County { per_day: 80.0, clock_minutes: 8.0, missing: 0.2, ..County::default() };
    let mut before = f64::INFINITY;
    for false_rate in [0.05, 0.01, 0.002] {
        let options = LinkOptions { false_rate, ..LinkOptions::default() };
        let (precision, recall, expected) = county.precision_and_recall(&options);
        assert!(expected <= false_rate);
        assert!(1.0 - precision <= false_rate * 2.5 + 0.002, "{precision} for {false_rate}");
        assert!(recall <= before);
        before = recall;
    }
}
