//! Counting: one record at a time into the periods of its source.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};

use super::{
    Delays, FEWEST_OF_A_LOAD, FIRST_LOAD_SPAN_DAYS, FallbackPoint, Field, FieldShare, LOAD_SPAN_DAYS, PERIODS,
    PrecisionCount, Rhythm,
};
use crate::{
    domain::{
        event::{EventKind, Flag, NaloxoneGiven, Outcome, TimePrecision},
        ids::SourceId,
        place::{PointKey, Precision},
        quality::EventQuality,
        time::{Day, Zone},
    },
    report::Share,
};

/// Receipts closer than this are one sending.
const ONE_SENDING_MINUTES: i64 = 5;
/// Days of the rhythm.
const RHYTHM_DAYS: i64 = 182;
const FEWEST_GAPS: usize = 5;
const MOST_POINTS: usize = 20;

/// Counts the records of all sources.
pub struct QualityCounter {
    pub(super) now: DateTime<Utc>,
    pub(super) zone: Zone,
    pub(super) sources: BTreeMap<SourceId, SourceCounter>,
}

impl QualityCounter {
    pub fn new(now: DateTime<Utc>, zone: Zone) -> Self {
        Self { now, zone, sources: BTreeMap::new() }
    }

    /// The moment that everything is seen from.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Records received before this are in no period.
    pub fn since(now: DateTime<Utc>) -> DateTime<Utc> {
        now - Duration::days(2 * PERIODS[PERIODS.len() - 1])
    }

    /// Count a record; in any order.
    pub fn observe(&mut self, row: &EventQuality) {
        if row.first_received_at > self.now {
            return;
        }
        let (now, zone) = (self.now, self.zone);
        let source = match self.sources.get_mut(&row.source) {
            Some(known) => known,
            None => self.sources.entry(row.source.clone()).or_default(),
        };
        let late = Late::of(row, zone);
        source.receipts.insert(row.first_received_at.timestamp().div_euclid(60));
        if !row.withdrawn {
            source.late.push(late);
        }
        for (pair, days) in source.periods.iter_mut().zip(PERIODS) {
            if let Some(which) = which_of(now, row.first_received_at, days) {
                pair[which].observe(row);
            }
        }
        let this_year = which_of(now, row.first_received_at, PERIODS[2]) == Some(0);
        if let (true, false, Some(point)) = (this_year, row.withdrawn, row.point)
            && row.flags.contains(&Flag::FallbackPoint)
        {
            *source.fallback.entry(point.key()).or_default() += 1;
        }
    }
}

/// 0: within the last so many days; 1: within as many before.
pub(super) fn which_of(now: DateTime<Utc>, at: DateTime<Utc>, days: i64) -> Option<usize> {
    let age = now - at;
    let length = Duration::days(days);
    if age < Duration::zero() {
        return None;
    }
    if age < length {
        return Some(0);
    }
    (age < length * 2).then_some(1)
}

/// The times of a record, in seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Late {
    pub first_received: i64,
    receipt_day: Day,
    event_day: Day,
    reported_hours: Option<f32>,
    received_hours: Option<f32>,
}

impl Late {
    fn of(row: &EventQuality, zone: Zone) -> Self {
        let hours = |to: DateTime<Utc>| ((to - row.occurred_at).num_seconds().max(0) as f64 / 3600.0) as f32;
        let assumed = row.flags.contains(&Flag::ReceiptAssumed);
        Self {
            first_received: row.first_received_at.timestamp(),
            receipt_day: Day::of(row.first_received_at, zone),
            event_day: Day::of(row.occurred_at, zone),
            reported_hours: row.reported_at.map(hours),
            received_hours: (!assumed).then(|| hours(row.first_received_at)),
        }
    }
}

/// One source.
#[derive(Default)]
pub(super) struct SourceCounter {
    pub periods: [[PeriodCounter; 2]; PERIODS.len()],
    pub late: Vec<Late>,
    /// Minutes since 1970.
    receipts: BTreeSet<i64>,
    fallback: BTreeMap<PointKey, u64>,
}

impl SourceCounter {
    /// Days of receipt on which history was loaded.
    pub(super) fn loads(&self) -> BTreeSet<Day> {
        let mut days: BTreeMap<Day, (usize, Day, Day)> = BTreeMap::new();
        for late in &self.late {
            let day = days.entry(late.receipt_day).or_insert((0, late.event_day, late.event_day));
            *day = (day.0 + 1, day.1.min(late.event_day), day.2.max(late.event_day));
        }
        let first = days.keys().next().copied();
        let is_load = |day: Day, events: usize, span: i32| {
            let longest = if Some(day) == first { FIRST_LOAD_SPAN_DAYS } else { LOAD_SPAN_DAYS };
            span > longest && (Some(day) == first || events >= FEWEST_OF_A_LOAD)
        };
        days.into_iter().filter(|(day, (n, from, to))| is_load(*day, *n, *to - *from)).map(|(day, _)| day).collect()
    }

    /// Delays of a period (reported, received), and how many records of it were loaded.
    pub(super) fn delays(
        &self,
        loads: &BTreeSet<Day>,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> (Option<Delays>, Option<Delays>, u64) {
        let (mut reported, mut received, mut loaded) = (Vec::new(), Vec::new(), 0);
        let within = |l: &&Late| l.first_received > from.timestamp() && l.first_received <= to.timestamp();
        for late in self.late.iter().filter(within) {
            if loads.contains(&late.receipt_day) {
                loaded += 1;
                continue;
            }
            reported.extend(late.reported_hours);
            received.extend(late.received_hours);
        }
        (delays(reported), delays(received), loaded)
    }

    pub(super) fn rhythm(&self, now: DateTime<Utc>, expected_every_hours: Option<f64>) -> Rhythm {
        let newest = self.receipts.iter().next_back().copied();
        let since = now.timestamp().div_euclid(60) - RHYTHM_DAYS * 24 * 60;
        let sendings: Vec<i64> = self.receipts.range(since..).copied().collect();
        let mut gaps: Vec<i64> =
            sendings.windows(2).map(|w| w[1] - w[0]).filter(|g| *g >= ONE_SENDING_MINUTES).collect();
        gaps.sort_unstable();
        let known = gaps.len() >= FEWEST_GAPS;
        let hours = |minutes: i64| minutes as f64 / 60.0;
        Rhythm {
            usual_gap_hours: if known { Some(hours(gaps[gaps.len() / 2])) } else { expected_every_hours },
            longest_gap_hours: gaps.last().filter(|_| known).map(|g| hours(*g)),
            quiet_hours: newest.map(|at| hours(now.timestamp().div_euclid(60) - at)),
            silent_since: None,
        }
    }

    pub(super) fn fallback_points(&self) -> Vec<FallbackPoint> {
        let events = self.periods[PERIODS.len() - 1][0].events;
        let mut points: Vec<(PointKey, u64)> = self.fallback.iter().map(|(k, n)| (*k, *n)).collect();
        points.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        points
            .into_iter()
            .take(MOST_POINTS)
            .map(|((lat, lon), n)| FallbackPoint {
                latitude: Some(f64::from(lat) / 1e5),
                longitude: Some(f64::from(lon) / 1e5),
                events: Share::of(n, events),
            })
            .collect()
    }
}

fn delays(mut hours: Vec<f32>) -> Option<Delays> {
    hours.sort_unstable_by(f32::total_cmp);
    // The smallest delay that so many of a hundred do not exceed.
    let at = |percent: usize| f64::from(hours[(hours.len() * percent).div_ceil(100).max(1) - 1]);
    (!hours.is_empty()).then(|| Delays { events: hours.len() as u64, median_hours: at(50), p90_hours: at(90) })
}

/// Counts of one period.
#[derive(Debug, Default)]
pub(super) struct PeriodCounter {
    pub events: u64,
    pub corrected: u64,
    pub withdrawn: u64,
    fields: BTreeMap<Field, (u64, u64)>,
    precision: BTreeMap<Precision, u64>,
    pub place_disagrees: u64,
    pub outside_areas: u64,
    pub fallback: u64,
    points: u64,
}

impl PeriodCounter {
    fn observe(&mut self, row: &EventQuality) {
        if row.withdrawn {
            self.withdrawn += 1;
            return;
        }
        self.events += 1;
        self.corrected += u64::from(row.version > 1);
        *self.precision.entry(row.precision).or_default() += 1;
        self.points += u64::from(row.point.is_some());
        let flagged = |flag: Flag| u64::from(row.flags.contains(&flag));
        self.place_disagrees += flagged(Flag::PlaceDisagrees);
        self.outside_areas += flagged(Flag::OutsideAreas);
        self.fallback += flagged(Flag::FallbackPoint);
        for field in Field::ALL {
            if let Some(known) = knows(row, *field) {
                let (n, of) = self.fields.entry(*field).or_default();
                (*n, *of) = (*n + u64::from(known), *of + 1);
            }
        }
    }

    pub(super) fn field(&self, field: Field) -> Share {
        let (known, of) = self.fields.get(&field).copied().unwrap_or_default();
        Share::of(known, of)
    }

    pub(super) fn field_shares(&self) -> Vec<FieldShare> {
        Field::ALL.iter().map(|field| FieldShare { field: *field, known: self.field(*field) }).collect()
    }

    pub(super) fn precisions(&self) -> Vec<PrecisionCount> {
        self.precision
            .iter()
            .map(|(precision, events)| PrecisionCount { precision: *precision, events: *events })
            .collect()
    }

    /// Of events with a point.
    pub(super) fn of_points(&self, n: u64) -> Share {
        Share::of(n, self.points)
    }
}

/// Whether a record knows a field; `None` where it does not apply.
fn knows(row: &EventQuality, field: Field) -> Option<bool> {
    let overdose = row.kind == EventKind::Overdose;
    match field {
        Field::Outcome => overdose.then_some(row.outcome != Outcome::Unknown),
        Field::Naloxone => overdose.then_some(row.naloxone != NaloxoneGiven::Unknown),
        Field::Age => overdose.then_some(row.has_age),
        Field::Sex => overdose.then_some(row.has_sex),
        Field::Point => Some(row.point.is_some()),
        Field::Area => Some(row.has_area),
        Field::TimeOfDay => Some(row.time_precision == TimePrecision::Instant),
        Field::ReportedAt => Some(row.reported_at.is_some()),
        Field::ReceivedAt => Some(!row.flags.contains(&Flag::ReceiptAssumed)),
    }
}
