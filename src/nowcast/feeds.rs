//! All feeds at one moment: how late each is, read from its events, and what that means for the newest days.
//!
//! **The hour counts.** At ten in the morning much of today has not happened. A delay is therefore counted in steps
//! of a day from the *present hour* of the day of occurrence: step 0 is what was known by this hour of the same day,
//! step 1 by this hour of the day after. The share known of today is then that of the day that is over and reported
//! by now, and "all in" is the whole day.
//!
//! **A silent feed** was last heard at some moment; its delays are counted at that moment, and of the days after it
//! nothing is known.
//!
//! **What is no delay.** The first receipts of a feed are its history when they span more than [`FIRST_LOAD_DAYS`]
//! days of occurrence, and so is any later day of receipt that spans more than [`LOAD_DAYS`] with [`LOAD_TIMES`]
//! times the usual number: they say when history was loaded, not how late reports are. Days before the first live
//! receipt are left out, since what is missing there was in the load.
//!
//! Limits: a feed with fewer than [`FEWEST_EVENTS`] live events has no known delay and is taken to be complete.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::{DelayModel, NowcastOptions, Part, Share, Total, total};
use crate::domain::{
    event::EventFact,
    ids::SourceId,
    series::NowcastTotal,
    time::{Day, DayRange, Zone},
    triangle::ReportingTriangle,
};

/// Delays are learnt from this many days.
pub const LEARN_DAYS: i32 = 182;
/// Later than this is as late as can be.
const LONGEST_DELAY: usize = 60;
const FEWEST_EVENTS: usize = 20;
const FEWEST_DAYS: usize = 14;
const FIRST_LOAD_DAYS: i32 = 3;
const LOAD_DAYS: i32 = 14;
const LOAD_TIMES: usize = 10;
/// Days behind what is usual.
const USUAL_DAYS: i32 = 56;
/// Enough for middle ranges whose ends are whole numbers; the command line draws more.
const SAMPLES: u32 = 200;

/// The moment that everything is seen from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub today: Day,
    /// Nothing received after this is known.
    pub now: DateTime<Utc>,
    pub zone: Zone,
}

impl Moment {
    /// Now, or the end of `today` when that is over.
    pub fn new(today: Day, now: DateTime<Utc>, zone: Zone) -> Self {
        Self { today, now: now.min((today + 1).starts_at(zone)), zone }
    }
}

/// Every feed's delays.
#[derive(Debug, Clone)]
pub struct Feeds {
    moment: Moment,
    feeds: BTreeMap<SourceId, Feed>,
}

#[derive(Debug, Clone)]
struct Feed {
    /// `None`: nothing is known of its delays.
    model: Option<DelayModel>,
    /// The day that has age 0: today, or the day on which it fell silent.
    last: Day,
    silent: bool,
}

impl Feeds {
    /// Learn from events (in any order, of any period; others than the newest are not read). `silent` says when
    /// feeds that are silent now were last heard.
    pub fn learn<'a>(
        facts: impl IntoIterator<Item = &'a EventFact>,
        moment: Moment,
        silent: &BTreeMap<SourceId, DateTime<Utc>>,
    ) -> Self {
        let window = DayRange::ending(moment.today, LEARN_DAYS);
        let mut by_source: BTreeMap<&SourceId, Vec<&EventFact>> = BTreeMap::new();
        for fact in facts {
            if window.contains(fact.event_day) && fact.received_at <= moment.now {
                by_source.entry(&fact.source).or_default().push(fact);
            }
        }
        let feeds = by_source.into_iter().map(|(source, facts)| {
            let since = silent.get(source).copied();
            let heard = since.map_or(moment, |at| Moment { today: Day::of(at, moment.zone), now: at, ..moment });
            let feed = Feed { model: learn(&facts, window.from, heard), last: heard.today, silent: since.is_some() };
            (source.clone(), feed)
        });
        Self { moment, feeds: feeds.collect() }
    }

    pub fn today(&self) -> Day {
        self.moment.today
    }

    /// The share of a feed's events of `day` that is known now.
    pub fn share(&self, source: &SourceId, day: Day) -> Share {
        match self.feeds.get(source) {
            Some(feed) => match &feed.model {
                Some(model) => model.share(day, feed.last - day),
                None if feed.silent && day > feed.last => Share::NONE,
                None => Share::ALL,
            },
            None => Share::ALL,
        }
    }

    /// The share of a day that would be known today if the feed were heard: late is not silent.
    pub fn lateness(&self, source: &SourceId, day: Day) -> f64 {
        let model = self.feeds.get(source).and_then(|feed| feed.model.as_ref());
        model.map_or(1.0, |model| model.share(day, self.moment.today - day).mean)
    }

    /// The shares known of all feeds together by age, from today's on, as they are mixed in `parts`; until all is known.
    pub fn by_age(&self, parts: &BTreeMap<SourceId, f64>) -> Vec<f64> {
        let mut shares: Vec<f64> =
            (0..=LONGEST_DELAY as i32).map(|age| self.mixed(parts, self.moment.today - age).mean).collect();
        shares.truncate(shares.iter().rposition(|s| *s < 0.999).map_or(0, |last| last + 1));
        shares
    }

    /// The share known of several feeds together, which usually have these parts (in any unit).
    pub fn mixed(&self, parts: &BTreeMap<SourceId, f64>, day: Day) -> Share {
        let all: f64 = parts.values().sum();
        if all <= 0.0 {
            return Share::ALL;
        }
        let (mut mean, mut variance) = (0.0, 0.0);
        for (source, part) in parts {
            let share = self.share(source, day);
            mean += part / all * share.mean;
            variance += (part / all).powi(2) * share.variance;
        }
        Share { mean, variance }
    }

    /// What the days of `range` come to when all is in, from counts per feed over `days`. `None` when all is in
    /// already, or when nothing is known of the delays.
    pub fn total(&self, counts: &BTreeMap<SourceId, Vec<u32>>, days: DayRange, range: DayRange) -> Option<Total> {
        let mut parts = Vec::new();
        for (source, counts) in counts {
            let Some(feed) = self.feeds.get(source) else { continue };
            let Some(model) = &feed.model else { continue };
            let usual = self.usual(source, counts, days);
            for day in range.days().filter(|d| *d <= self.moment.today) {
                let known = days.index(day).and_then(|i| counts.get(i)).copied().unwrap_or(0);
                parts.push(Part { model, day, age: feed.last - day, known, usual });
            }
        }
        total(&parts)
    }

    /// As [`Self::total`], for a count that may also hold events of feeds whose delays are not known (which are
    /// taken to be in).
    pub fn nowcast(
        &self,
        count: u32,
        counts: &BTreeMap<SourceId, Vec<u32>>,
        days: DayRange,
        range: DayRange,
    ) -> Option<NowcastTotal> {
        let Total { known, share_known, total } = self.total(counts, days, range)?;
        let more = |bound: u32| count + bound.saturating_sub(known);
        Some(NowcastTotal {
            expected: f64::from(count) + (total.expected? - f64::from(known)).max(0.0),
            lo50: more(total.range50[0]),
            hi50: more(total.range50[1]),
            lo: more(total.range95[0]),
            hi: more(total.range95[1]),
            share_known,
        })
    }

    /// Events a day of a feed when all is in, over the newest weeks of `counts`.
    fn usual(&self, source: &SourceId, counts: &[u32], days: DayRange) -> f64 {
        let (mut events, mut seen) = (0.5, 0.0);
        for (day, n) in days.days().zip(counts) {
            if self.moment.today - day < USUAL_DAYS {
                events += f64::from(*n);
                seen += self.share(source, day).mean;
            }
        }
        events / f64::max(seen, 1.0)
    }
}

/// The delays of one feed, as they were when it was last heard.
fn learn(facts: &[&EventFact], from: Day, heard: Moment) -> Option<DelayModel> {
    let live = live(facts, heard.zone);
    let first = live.iter().map(|f| Day::of(f.received_at, heard.zone)).min()?.max(from);
    // A feed whose first receipts were no load began with its first event.
    let first = if live.len() == facts.len() { live.iter().map(|f| f.event_day).min()? } else { first };
    let days = DayRange::new(first.min(heard.today), heard.today)?;
    let past = heard.now - heard.today.starts_at(heard.zone);
    let mut starts: BTreeMap<Day, DateTime<Utc>> = BTreeMap::new();
    let mut delays = Vec::with_capacity(live.len());
    for fact in live {
        let Some(index) = days.index(fact.event_day) else { continue };
        let start = *starts.entry(fact.event_day).or_insert_with(|| fact.event_day.starts_at(heard.zone));
        delays.push((index, steps(fact.received_at - start - past)));
    }
    if delays.len() < FEWEST_EVENTS || days.len() < FEWEST_DAYS {
        return None;
    }
    let mut sorted: Vec<usize> = delays.iter().map(|(_, d)| *d).collect();
    sorted.sort_unstable();
    let longest = sorted[sorted.len() * 99 / 100].clamp(1, LONGEST_DELAY);
    let triangle = ReportingTriangle::from_counts(days, longest, delays.into_iter().map(|(t, d)| (t, d, 1)));
    let options = NowcastOptions { kappa: 1.0 / (longest as f64 + 1.0), samples: SAMPLES, ..NowcastOptions::default() };
    Some(DelayModel::learn(&triangle, &options, false))
}

/// Whole days, rounded up; 0 for what was there already.
fn steps(late: Duration) -> usize {
    let seconds = late.num_seconds();
    if seconds <= 0 { 0 } else { ((seconds - 1) / 86_400 + 1) as usize }
}

/// Events without the loads of history.
fn live<'a>(facts: &[&'a EventFact], zone: Zone) -> Vec<&'a EventFact> {
    let mut by_receipt: BTreeMap<Day, Vec<&EventFact>> = BTreeMap::new();
    for fact in facts {
        by_receipt.entry(Day::of(fact.received_at, zone)).or_default().push(fact);
    }
    let mut sizes: Vec<usize> = by_receipt.values().map(Vec::len).collect();
    sizes.sort_unstable();
    let usual = sizes.get(sizes.len() / 2).copied().unwrap_or(0);
    let span = |facts: &[&EventFact]| {
        let days = facts.iter().map(|f| f.event_day);
        days.clone().max().zip(days.min()).map_or(0, |(last, first)| last - first)
    };
    let mut out = Vec::with_capacity(facts.len());
    for (position, (_, facts)) in by_receipt.into_iter().enumerate() {
        let first_load = position == 0 && span(&facts) > FIRST_LOAD_DAYS;
        let load = span(&facts) > LOAD_DAYS && facts.len() > LOAD_TIMES * usual;
        if !first_load && !load {
            out.extend(facts);
        }
    }
    out
}

#[cfg(test)]
#[path = "feeds_tests.rs"]
mod tests;
