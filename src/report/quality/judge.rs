//! What the counts say: the standing of each source, worst first, and its details.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::{
    Delays, DeliveryLine, Field, PERIODS, PeriodPair, PeriodQuality, QualityCounter, QualityDetail, QualityStanding,
    RejectCount, SPOKEN, SourceQuality, Worse, count::SourceCounter,
};
use crate::{
    domain::{
        ids::SourceId,
        quality::{
            DataGap, DeliveredRows, Delivery, GapKind, RejectReason, RejectState, RejectTally, Source, SourceFreshness,
        },
    },
    report::Share,
};

const FEWEST: u64 = 20;
/// Fewer rows that wait are no more pressing than figures that became worse.
const MANY_WAIT: u64 = 20;
const POINTS_WORSE: f64 = 0.1;
const TIMES_LATER: f64 = 2.0;
const HOURS_LATER: f64 = 6.0;
const MOST_DELIVERIES: usize = 20;

/// What is known of the sources besides their records.
#[derive(Debug, Clone, Copy)]
pub struct Known<'k> {
    pub sources: &'k [Source],
    pub freshness: &'k [SourceFreshness],
    pub rejects: &'k [RejectTally],
    pub deliveries: &'k [Delivery],
    pub gaps: &'k [DataGap],
}

impl QualityCounter {
    /// Every source, worst first.
    pub fn list(&self, known: Known<'_>) -> Vec<SourceQuality> {
        let mut all: Vec<SourceQuality> = known.sources.iter().map(|s| self.source(s, known)).collect();
        all.sort_by(|a, b| (rank(a), b.waiting, &a.name, &a.source).cmp(&(rank(b), a.waiting, &b.name, &b.source)));
        all
    }

    /// One source with everything; `None` for one that is not known.
    pub fn detail(&self, id: &SourceId, known: Known<'_>) -> Option<QualityDetail> {
        let source = known.sources.iter().find(|s| s.id == *id)?;
        let empty = SourceCounter::default();
        let counter = self.sources.get(id).unwrap_or(&empty);
        let mut deliveries: Vec<DeliveryLine> =
            known.deliveries.iter().filter(|d| d.source == *id).map(DeliveryLine::from).collect();
        deliveries.reverse();
        deliveries.truncate(MOST_DELIVERIES);
        Some(QualityDetail {
            source: self.source(source, known),
            periods: self.periods(counter, id, known),
            fallback_points: counter.fallback_points(),
            gaps: known.gaps.iter().filter(|g| g.source == *id).cloned().collect(),
            deliveries,
        })
    }

    fn source(&self, source: &Source, known: Known<'_>) -> SourceQuality {
        let empty = SourceCounter::default();
        let counter = self.sources.get(&source.id).unwrap_or(&empty);
        let fresh = known.freshness.iter().find(|f| f.source == source.id);
        let silence =
            known.gaps.iter().find(|g| g.source == source.id && g.kind == GapKind::Silent && g.closed_at.is_none());
        let mut rhythm = counter.rhythm(self.now, source.expected_every_hours);
        rhythm.silent_since = silence.map(|g| g.since);
        if let Some(last) = fresh.and_then(|f| f.last_received_at) {
            rhythm.quiet_hours = Some(hours(self.now - last));
        }
        let (waiting, waiting_most) = waiting(&source.id, fresh, known.rejects);
        let worse = self.worse(counter);
        let standing = if silence.is_some() {
            QualityStanding::Silent
        } else if waiting >= MANY_WAIT {
            QualityStanding::RowsWait
        } else if worse.is_some() {
            QualityStanding::Worse
        } else if waiting > 0 {
            QualityStanding::RowsWait
        } else if rhythm.usual_gap_hours.is_none() || rhythm.quiet_hours.is_none() {
            QualityStanding::Unknown
        } else {
            QualityStanding::AsUsual
        };
        let mut out = SourceQuality {
            source: source.id.clone(),
            name: source.name.clone(),
            standing,
            sentence: String::new(),
            worse: worse.filter(|_| standing == QualityStanding::Worse),
            events: fresh.map_or(0, |f| f.events),
            newest_event_at: fresh.and_then(|f| f.newest_event_at),
            last_received_at: fresh.and_then(|f| f.last_received_at),
            rhythm,
            waiting,
            waiting_most,
        };
        out.sentence = sentence(&out);
        out
    }

    fn periods(&self, counter: &SourceCounter, source: &SourceId, known: Known<'_>) -> Vec<PeriodPair> {
        let loads = counter.loads();
        let period = |at: usize, which: usize| {
            let length = Duration::days(PERIODS[at]);
            let to = self.now - length * which as i32;
            let from = to - length;
            let counts = &counter.periods[at][which];
            let (reported, received, loaded) = counter.delays(&loads, from, to);
            let own = known.deliveries.iter().filter(|d| d.source == *source && d.at > from && d.at <= to);
            let rows = own.clone().fold(DeliveredRows::default(), |sum, d| sum.plus(d.rows));
            let (silences, silent_hours) = silences(source, known.gaps, from, to);
            PeriodQuality {
                from,
                to,
                events: counts.events,
                corrected: counts.corrected,
                withdrawn: counts.withdrawn,
                loaded,
                fields: counts.field_shares(),
                precision: counts.precisions(),
                place_disagrees: counts.of_points(counts.place_disagrees),
                outside_areas: counts.of_points(counts.outside_areas),
                fallback: counts.of_points(counts.fallback),
                reported,
                received,
                rejects: rejects(source, known.rejects, from, to),
                deliveries: own.count() as u64,
                rows,
                silences,
                silent_hours,
            }
        };
        let pair = |at: usize| PeriodPair { days: PERIODS[at], now: period(at, 0), before: period(at, 1) };
        (0..PERIODS.len()).map(pair).collect()
    }

    /// The field that fell most, or delays that doubled.
    fn worse(&self, counter: &SourceCounter) -> Option<Worse> {
        let [now, before] = &counter.periods[SPOKEN];
        let fell = |field: Field| {
            let (now, before) = (now.field(field), before.field(field));
            let by = before.share? - now.share?;
            let sure = now.denominator >= FEWEST && before.denominator >= FEWEST && now.upper? < before.lower?;
            (sure && by >= POINTS_WORSE).then_some((by, field, now, before))
        };
        let most = Field::ALL.iter().filter_map(|f| fell(*f)).max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, field, now, before)) = most {
            return Some(Worse::Field { field, now, before });
        }
        let loads = counter.loads();
        let length = Duration::days(PERIODS[SPOKEN]);
        let received = |to: DateTime<Utc>| counter.delays(&loads, to - length, to).1.filter(|d| d.events >= FEWEST);
        let (now, before) = (received(self.now)?, received(self.now - length)?);
        let later = now.median_hours >= TIMES_LATER * before.median_hours
            && now.median_hours - before.median_hours >= HOURS_LATER;
        later.then_some(Worse::Delay { now, before })
    }
}

/// Worst first.
fn rank(q: &SourceQuality) -> u8 {
    match q.standing {
        QualityStanding::Silent => 0,
        QualityStanding::RowsWait if q.waiting >= MANY_WAIT => 1,
        QualityStanding::Worse => 2,
        QualityStanding::RowsWait => 3,
        QualityStanding::Unknown => 4,
        QualityStanding::AsUsual => 5,
    }
}

/// Rows that wait, and the reason that most of them have (of the last two years).
fn waiting(source: &SourceId, fresh: Option<&SourceFreshness>, rejects: &[RejectTally]) -> (u64, Option<RejectReason>) {
    let mut reasons: BTreeMap<RejectReason, u64> = BTreeMap::new();
    for tally in rejects.iter().filter(|t| t.source == *source && t.state == RejectState::Waiting) {
        *reasons.entry(tally.reason).or_default() += tally.rows;
    }
    let most = reasons.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0))).map(|(reason, _)| reason);
    (fresh.map_or(0, |f| f.waiting_rejects), most)
}

fn rejects(source: &SourceId, tallies: &[RejectTally], from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<RejectCount> {
    let mut counts: BTreeMap<RejectReason, RejectCount> = BTreeMap::new();
    for t in tallies.iter().filter(|t| t.source == *source && t.received_at > from && t.received_at <= to) {
        let zero = RejectCount { reason: t.reason, waiting: 0, mended: 0, not_cases: 0, discarded: 0 };
        let count = counts.entry(t.reason).or_insert(zero);
        match t.state {
            RejectState::Waiting => count.waiting += t.rows,
            RejectState::Resubmitted => count.mended += t.rows,
            RejectState::NotCase => count.not_cases += t.rows,
            RejectState::Discarded => count.discarded += t.rows,
        }
    }
    let mut out: Vec<RejectCount> = counts.into_values().collect();
    let all = |c: &RejectCount| c.waiting + c.mended + c.not_cases + c.discarded;
    out.sort_by(|a, b| all(b).cmp(&all(a)).then(a.reason.cmp(&b.reason)));
    out
}

fn silences(source: &SourceId, gaps: &[DataGap], from: DateTime<Utc>, to: DateTime<Utc>) -> (u64, f64) {
    let own = gaps.iter().filter(|g| g.source == *source && g.kind == GapKind::Silent);
    let within: Vec<f64> = own
        .filter_map(|g| {
            let (start, end) = (g.since.max(from), g.closed_at.unwrap_or(to).min(to));
            (start < end).then(|| hours(end - start))
        })
        .collect();
    (within.len() as u64, within.iter().sum())
}

fn hours(d: Duration) -> f64 {
    d.num_seconds() as f64 / 3600.0
}

fn sentence(q: &SourceQuality) -> String {
    let usually = q.rhythm.usual_gap_hours.map_or_else(String::new, |h| format!("; usually every {}", long(h)));
    match q.standing {
        QualityStanding::Silent => match q.rhythm.quiet_hours {
            Some(quiet) => format!("Quiet for {}{usually}.", long(quiet)),
            None => "Nothing was ever heard of it.".into(),
        },
        QualityStanding::RowsWait => {
            let rows = if q.waiting == 1 { "1 row waits".to_owned() } else { format!("{} rows wait", q.waiting) };
            let most = q
                .waiting_most
                .map_or_else(String::new, |r| format!(", most often for {}", r.as_str().replace('_', " ")));
            format!("{rows} in quarantine{most}.")
        }
        QualityStanding::Worse => match q.worse {
            Some(Worse::Field { field, now, before }) => format!(
                "{} known for {} in the last 28 days; {} in the 28 before.",
                capital(&field.as_str().replace('_', " ")),
                share(now),
                share(before)
            ),
            Some(Worse::Delay { now, before }) => delayed(now, before),
            None => String::new(),
        },
        QualityStanding::Unknown => "Too little was heard of it to say what is usual.".into(),
        QualityStanding::AsUsual => {
            let quiet = q.rhythm.quiet_hours.map_or_else(String::new, |h| format!("heard {} ago", long(h)));
            format!("As usual: {quiet}{usually}.")
        }
    }
}

fn delayed(now: Delays, before: Delays) -> String {
    format!(
        "Half of {} records came {} late or later in the last 28 days; {} in the 28 before.",
        now.events,
        long(now.median_hours),
        long(before.median_hours)
    )
}

fn share(s: Share) -> String {
    format!("{:.0} % of {}", 100.0 * s.share.unwrap_or(0.0), s.denominator)
}

/// "40 min", "31 h", "9 days".
fn long(hours: f64) -> String {
    if hours < 1.0 {
        return format!("{:.0} min", (hours * 60.0).max(1.0));
    }
    if hours < 72.0 { format!("{hours:.0} h") } else { format!("{:.0} days", hours / 24.0) }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
}
