//! One row, through the plan: a report, a row that is no case, or a reject with its reason.

use chrono::{DateTime, Duration, Utc};

use super::{
    digest::{content_hash, digest},
    plan::{Plan, is_refused},
    row::{LONGEST_FIELD, Row, shortened, text_of},
    time_text::TimeValue,
    value::Time,
};
use crate::domain::{
    case::CaseMatch,
    event::{Flag, NaloxoneGiven, Outcome, Report, TimePrecision},
    ids::JurisdictionId,
    quality::{Reject, RejectReason},
    time::{Day, LocalTime, Zone},
};

/// What a row is read against.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// The present: what lies after it has not happened.
    pub now: DateTime<Utc>,
    /// Of wall-clock times, where the mapping names none.
    pub zone: Zone,
    /// Other owners of data: rows that name one of them are left alone.
    pub others: Vec<JurisdictionId>,
}

/// What one row is.
#[derive(Debug)]
pub enum RowKind {
    Case(Box<Report>),
    /// Meets no case definition. With its id, where the mapping names one: what was a case may be none now.
    NotCase(Option<TakenBack>),
    /// The sender takes the record back, and says no more than that.
    TakenBack(TakenBack),
    Reject(Box<Reject>),
    /// Belongs to another jurisdiction, named here.
    Elsewhere(String),
}

/// A record that its sender takes back, or that is no case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenBack {
    pub record_id: String,
    /// When that was known, where the sender says it.
    pub received_at: Option<DateTime<Utc>>,
}

/// Clocks of senders may run this far ahead.
const CLOCK_SKEW: Duration = Duration::minutes(15);
/// A receipt may precede the occurrence by this much: hours confused at a change of the clock.
const RECEIPT_SKEW: Duration = Duration::hours(1);
/// Instants before this stand for "unknown" in every system we have seen.
const FIRST_DAY: i32 = 1;
const LONGEST_ID: usize = 200;

/// Why a row can't be read, and which column is to blame.
pub(super) struct Fault {
    reason: RejectReason,
    column: Option<usize>,
    message: String,
}

impl Plan {
    pub(super) fn read(&self, row: &Row, options: &ReadOptions) -> RowKind {
        let owner = self.owner.read(row, &self.nulls);
        if !owner.is_empty() && options.others.iter().any(|j| j.as_str() == owner) {
            return RowKind::Elsewhere(shortened(&owner));
        }
        if row.longest_field() > LONGEST_FIELD {
            let message = format!("a field is longer than {LONGEST_FIELD} bytes");
            return RowKind::Reject(self.reject(row, fault(RejectReason::TooLong, None, message)));
        }
        if row.contains('\0') {
            let fault = fault(RejectReason::Encoding, None, "the row holds a NUL character".into());
            return RowKind::Reject(self.reject(row, fault));
        }
        let case = self.cases.iter().find(|c| c.holds(row));
        let is_case = case.is_some() || self.cases.is_empty();
        let report = || self.report(row, options, case.map(|c| c.is.clone()));
        if matches!(self.withdrawn.read(row, &self.nulls), Ok(Some(true))) {
            // A whole row that is marked as deleted says more than its id; a notice often says no more.
            return match report().ok().filter(|_| is_case) {
                Some(report) => RowKind::Case(Box::new(report)),
                None => self.taken_back(row, options),
            };
        }
        if !is_case {
            return RowKind::NotCase(self.known_as(row, options).ok());
        }
        match report() {
            Ok(report) => RowKind::Case(Box::new(report)),
            Err(fault) => RowKind::Reject(self.reject(row, fault)),
        }
    }

    fn taken_back(&self, row: &Row, options: &ReadOptions) -> RowKind {
        match self.known_as(row, options) {
            Ok(taken) => RowKind::TakenBack(taken),
            Err(fault) => RowKind::Reject(self.reject(row, fault)),
        }
    }

    /// Which record a row speaks of, and since when, where nothing else of it is read.
    fn known_as(&self, row: &Row, options: &ReadOptions) -> Result<TakenBack, Fault> {
        let record_id = self.record_id(row)?;
        if record_id.is_empty() {
            let message = "a record is taken back, but the mapping names no column for its id".to_owned();
            return Err(fault(RejectReason::Missing, self.withdrawn.column(), message));
        }
        let received_at = self.receipt(row, self.zone.unwrap_or(options.zone))?;
        Ok(TakenBack { record_id, received_at: received_at.filter(|at| *at <= options.now + CLOCK_SKEW) })
    }

    fn reject(&self, row: &Row, fault: Fault) -> Box<Reject> {
        Box::new(Reject {
            line: row.line,
            reason: fault.reason,
            field: fault.column.and_then(|c| self.columns.get(c).cloned()),
            message: fault.message,
            row: row.to_map(&self.columns),
        })
    }

    fn report(&self, row: &Row, options: &ReadOptions, case: Option<CaseMatch>) -> Result<Report, Fault> {
        let zone = self.zone.unwrap_or(options.zone);
        let mut flags = Vec::new();
        let record_id = self.record_id(row)?;
        let kind = word(self.kind.read(row, &self.nulls), self.kind.column())?
            .ok_or_else(|| fault(RejectReason::Missing, self.kind.column(), "the kind is missing".into()))?;
        let when = self.occurrence(row, zone, &mut flags)?;
        let reported_at = self.instant(self.reported_at.as_ref(), row, zone)?;
        let mut received_at = self.receipt(row, zone)?;
        if received_at.is_none()
            && let Some(lag) = self.assume_received_after
        {
            flags.push(Flag::ReceiptAssumed);
            received_at = Some((when.end + lag).min(options.now));
        }
        self.check_order(&when, received_at, options.now)?;
        let place = self.place(row)?;
        if self.randomised && place.point.is_some() {
            flags.push(Flag::Randomised);
        }
        let outcome = word(self.outcome.read(row, &self.nulls), self.outcome.column())?;
        let naloxone = word(self.naloxone.read(row, &self.nulls), self.naloxone.column())?;
        let withdrawn = word(self.withdrawn.read(row, &self.nulls), self.withdrawn.column())?;
        let mut report = Report {
            record_id,
            content_hash: String::new(),
            kind,
            occurred_at: when.at,
            time_precision: when.precision,
            reported_at,
            received_at,
            event_day: when.day,
            outcome: outcome.unwrap_or(Outcome::Unknown),
            naloxone: naloxone.unwrap_or(NaloxoneGiven::Unknown),
            quantity: self.quantity(row)?,
            case,
            place,
            attributes: self.attributes(row),
            flags,
            withdrawn: withdrawn.unwrap_or(false),
        };
        report.content_hash = content_hash(&report);
        Ok(report)
    }

    /// Empty when the mapping names no columns: the reader then counts digests of rows.
    fn record_id(&self, row: &Row) -> Result<String, Fault> {
        let one = |at: usize| {
            let text = row.get(at);
            let what = || format!("\"{}\" is empty; it names the record", self.columns[at]);
            if text.is_empty() { Err(fault(RejectReason::Missing, Some(at), what())) } else { Ok(text) }
        };
        match self.record_id[..] {
            [] => Ok(String::new()),
            [at] => one(at).map(|text| if text.len() <= LONGEST_ID { text.to_owned() } else { digest(&[text]) }),
            _ => {
                let parts: Vec<&str> = self.record_id.iter().map(|at| row.get(*at)).collect();
                if parts.iter().all(|p| p.is_empty()) {
                    one(self.record_id[0])?;
                }
                Ok(digest(&parts))
            }
        }
    }

    fn occurrence(&self, row: &Row, zone: Zone, flags: &mut Vec<Flag>) -> Result<Occurrence, Fault> {
        let column = self.occurred_at.column();
        let bad = |message: String| fault(RejectReason::BadTime, column, message);
        let value = self.occurred_at.read(row, &self.nulls).map_err(bad)?;
        let missing = || fault(RejectReason::Missing, column, "the time of the occurrence is missing".into());
        let value = value.ok_or_else(missing)?;
        let precision = word(self.time_precision.read(row, &self.nulls), self.time_precision.column())?;
        let by_day = precision.is_some_and(|p| p != TimePrecision::Instant);
        let occurrence = match value {
            TimeValue::Local(local) if !by_day => {
                let at = match zone.resolve(local) {
                    LocalTime::Exact(t) => t,
                    LocalTime::Twice { first, .. } => {
                        flags.push(Flag::TimeTwice);
                        first
                    }
                    LocalTime::Never { instead } => {
                        flags.push(Flag::TimeNever);
                        instead
                    }
                };
                Occurrence { at, end: at, day: Day::of(at, zone), precision: TimePrecision::Instant }
            }
            TimeValue::Instant(at) if !by_day => {
                Occurrence { at, end: at, day: Day::of(at, zone), precision: TimePrecision::Instant }
            }
            other => {
                let day = match other {
                    TimeValue::Day(day) => day,
                    TimeValue::Local(local) => Day::from_date(local.date()),
                    TimeValue::Instant(at) => Day::of(at, zone),
                };
                let known = precision.filter(|p| *p != TimePrecision::Instant).unwrap_or(TimePrecision::Day);
                in_years(day).map_err(bad)?;
                Occurrence { at: day.starts_at(zone), end: last_second(day, zone), day, precision: known }
            }
        };
        in_years(occurrence.day).map_err(bad)?;
        Ok(occurrence)
    }

    fn instant(&self, time: Option<&Time>, row: &Row, zone: Zone) -> Result<Option<DateTime<Utc>>, Fault> {
        let Some(time) = time else { return Ok(None) };
        let bad = |message| fault(RejectReason::BadTime, time.column(), message);
        let Some(value) = time.read(row, &self.nulls).map_err(bad)? else { return Ok(None) };
        let at = match value {
            TimeValue::Instant(at) => at,
            TimeValue::Local(local) => zone.resolve(local).instant(),
            TimeValue::Day(day) => day.starts_at(zone),
        };
        in_years(Day::of(at, zone)).map_err(bad)?;
        Ok(Some(at))
    }

    /// A receipt known by its day counts from the end of that day: not before was it surely there.
    fn receipt(&self, row: &Row, zone: Zone) -> Result<Option<DateTime<Utc>>, Fault> {
        let Some(time) = &self.received_at else { return Ok(None) };
        match time.read(row, &self.nulls) {
            Ok(Some(TimeValue::Day(day))) if in_years(day).is_ok() => Ok(Some(last_second(day, zone))),
            _ => self.instant(Some(time), row, zone),
        }
    }

    fn check_order(&self, when: &Occurrence, received: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<(), Fault> {
        let column = self.occurred_at.column();
        if when.at > now + CLOCK_SKEW {
            let message = format!("{} lies in the future", when.at.format("%Y-%m-%dT%H:%M:%SZ"));
            return Err(fault(RejectReason::FutureTime, column, message));
        }
        let Some(received) = received else { return Ok(()) };
        // Where only days are known the receipt may be stamped at any hour of the day.
        if received > now + Duration::days(1) || received > now + CLOCK_SKEW && when.precision == TimePrecision::Instant
        {
            let column = self.received_at.as_ref().and_then(Time::column);
            return Err(fault(RejectReason::FutureTime, column, "the receipt lies in the future".into()));
        }
        if when.at > received + RECEIPT_SKEW {
            let message = "the occurrence lies after the receipt".to_owned();
            return Err(fault(RejectReason::FutureTime, column, message));
        }
        Ok(())
    }

    fn quantity(&self, row: &Row) -> Result<u32, Fault> {
        let text = self.quantity.read(row, &self.nulls);
        if text.is_empty() {
            return Ok(1);
        }
        let whole = text.parse::<u32>().ok().or_else(|| {
            let x: f64 = text.parse().ok()?;
            (x.fract() == 0.0 && (0.0..=1e6).contains(&x)).then_some(x as u32)
        });
        let column = self.quantity.column();
        let message = || format!("\"{}\" is not a quantity; expected a whole number up to 1000000", shortened(&text));
        whole.filter(|n| *n <= 1_000_000).ok_or_else(|| fault(RejectReason::UnknownValue, column, message()))
    }

    fn attributes(&self, row: &Row) -> serde_json::Map<String, serde_json::Value> {
        let mut out = serde_json::Map::new();
        for (name, text) in &self.attributes {
            let text = text.read(row, &self.nulls);
            if !text.is_empty() {
                out.insert(name.clone(), shortened(&text).into());
            }
        }
        for (name, at) in &self.spread_attributes {
            if !row.get(*at).is_empty() {
                out.insert(name.clone(), shortened(row.get(*at)).into());
            }
        }
        for (name, value) in row.extra.iter().filter(|(name, value)| !is_refused(name) && !value.is_null()) {
            out.insert(shortened(name), shortened(&text_of(value)).into());
        }
        out
    }
}

struct Occurrence {
    at: DateTime<Utc>,
    /// The latest it can have been.
    end: DateTime<Utc>,
    day: Day,
    precision: TimePrecision,
}

fn last_second(day: Day, zone: Zone) -> DateTime<Utc> {
    (day + 1).starts_at(zone) - Duration::seconds(1)
}

fn in_years(day: Day) -> Result<(), String> {
    if day.epoch_days() < FIRST_DAY {
        return Err(format!("{day} stands for an unknown time; expected a day after 1970-01-01"));
    }
    // 2200-01-01
    if day.epoch_days() >= 84_006 {
        return Err(format!("the year {} stands for an unknown time", day.date().format("%Y")));
    }
    Ok(())
}

pub(super) fn word<T>(read: Result<Option<T>, String>, column: Option<usize>) -> Result<Option<T>, Fault> {
    read.map_err(|message| fault(RejectReason::UnknownValue, column, message))
}

pub(super) fn fault(reason: RejectReason, column: Option<usize>, message: String) -> Fault {
    Fault { reason, column, message }
}
