//! How a column writes its times: tried out on its texts, ambiguity told and not hidden.

use chrono::{NaiveTime, Timelike};
use regex::Regex;

use super::super::time_text::{TimeFormat, TimeValue, parse_iso};
use crate::domain::time::Zone;

/// Formats that are tried, most specific first. Both orders of day and month stand here: the texts decide.
const FORMATS: &[&str] = &[
    "%m/%d/%Y %I:%M:%S %p",
    "%d/%m/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%d/%m/%Y %I:%M %p",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%y %H:%M",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d-%b-%Y %H:%M",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%b %d, %Y %I:%M %p",
    "%b %d, %Y",
    "%B %d, %Y",
    "%A, %B %d, %Y",
    "%Y-%m-%d @ %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%Y%m%d%H%M",
    "%Y%m%d",
    "unix_ms",
    "unix",
];

/// Times of day alone.
const CLOCKS: &[&str] = &["%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H%M"];

/// How a column's times are to be read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct TimesFound {
    /// Empty: ISO 8601.
    pub formats: Vec<String>,
    /// What stands around the time is cut away with this.
    pub pattern: Option<String>,
    /// Of the texts that are not empty.
    pub read: f64,
    /// Every text is a day, or the same hours of the clock stand for one.
    pub days: bool,
    /// Written with an offset from UTC.
    pub offsets: bool,
    /// Day and month can't be told apart in any of the texts.
    pub ambiguous: bool,
    /// Rows stand on the hour of one or two o'clocks: midnight of another zone.
    pub stamped_midnight: bool,
}

/// Try to read a column's texts as times. `None` when fewer than four in five are.
pub(super) fn of_column(texts: &[&str]) -> Option<TimesFound> {
    if texts.is_empty() {
        return None;
    }
    let mut best: Option<TimesFound> = None;
    let mut offer = |found: TimesFound| {
        if found.read > best.as_ref().map_or(0.8, |b| b.read + 0.002) {
            best = Some(found);
        }
    };
    offer(tried(texts, &[], parse_iso));
    for format in FORMATS.iter().filter(|f| plausible(f, texts)) {
        let Some(compiled) = TimeFormat::compile(format) else { continue };
        offer(tried(texts, &[format], |t| compiled.parse(t)));
    }
    let mut found = best?;
    if let Some(format) = found.formats.first()
        && let Some(other) = other_order(format)
        && let Some(compiled) = TimeFormat::compile(&other)
    {
        found.ambiguous = tried(texts, &[], |t| compiled.parse(t)).read >= found.read;
    }
    if found.stamped_midnight && found.formats.is_empty() {
        found.pattern = Some(r"^(?P<day>\d{4}[-/]\d{2}[-/]\d{2})".to_owned());
    }
    Some(found)
}

/// A time that stands inside longer texts (`…; Station 332; 2015-12-10 @ 17:10:52;`): its pattern and formats.
pub(super) fn inside(texts: &[&str]) -> Option<TimesFound> {
    const SHAPES: &[(&str, &str)] = &[
        (r"(?P<time>\d{4}-\d{2}-\d{2} @ \d{2}:\d{2}:\d{2})", "%Y-%m-%d @ %H:%M:%S"),
        (r"(?P<time>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2})", "iso"),
        (r"(?P<time>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2})", "iso"),
        (r"(?P<time>\d{2}/\d{2}/\d{4} \d{2}:\d{2}:\d{2})", "%m/%d/%Y %H:%M:%S"),
        (r"(?P<time>\d{2}/\d{2}/\d{4} \d{2}:\d{2})", "%m/%d/%Y %H:%M"),
    ];
    let long = texts.iter().filter(|t| t.len() > 30).count();
    if texts.is_empty() || long * 10 < texts.len() * 9 {
        return None;
    }
    SHAPES.iter().find_map(|(pattern, format)| {
        let regex = Regex::new(pattern).ok()?;
        let compiled = TimeFormat::compile(format)?;
        let found = tried(texts, &[format], |t| compiled.parse(regex.find(t)?.as_str()));
        (found.read > 0.95).then(|| TimesFound { pattern: Some((*pattern).to_owned()), ..found })
    })
}

/// A column of times of day alone, and its format.
pub(super) fn clock(texts: &[&str]) -> Option<&'static str> {
    let reads = |f: &str| texts.iter().filter(|t| NaiveTime::parse_from_str(t, f).is_ok()).count();
    let best = CLOCKS.iter().max_by_key(|f| reads(f)).filter(|f| reads(f) * 10 >= texts.len() * 9)?;
    (!texts.is_empty()).then_some(*best)
}

/// Seconds from one time to another of the same row, where both can be read.
pub(super) fn lag(a: &TimesFound, a_text: &str, b: &TimesFound, b_text: &str, zone: Zone) -> Option<i64> {
    let at = |found: &TimesFound, text: &str| {
        let text = match &found.pattern {
            // Compiled anew for each row: only a few hundred are looked at.
            Some(p) => Regex::new(p).ok()?.captures(text)?.get(1)?.as_str().to_owned(),
            None => text.to_owned(),
        };
        let formats = if found.formats.is_empty() { vec!["iso".to_owned()] } else { found.formats.clone() };
        let value = formats.iter().find_map(|f| TimeFormat::compile(f)?.parse(&text))?;
        Some(match value {
            TimeValue::Instant(at) => at,
            TimeValue::Local(local) => zone.resolve(local).instant(),
            TimeValue::Day(day) => day.starts_at(zone),
        })
    };
    Some((at(b, b_text)? - at(a, a_text)?).num_seconds())
}

fn tried(texts: &[&str], formats: &[&str], parse: impl Fn(&str) -> Option<TimeValue>) -> TimesFound {
    let (mut read, mut days, mut offsets) = (0usize, 0usize, 0usize);
    let mut clocks: std::collections::BTreeMap<u32, usize> = std::collections::BTreeMap::new();
    for value in texts.iter().filter_map(|t| parse(t)) {
        read += 1;
        let time = match value {
            TimeValue::Day(_) => {
                days += 1;
                continue;
            }
            TimeValue::Local(local) => local.time(),
            TimeValue::Instant(at) => {
                offsets += 1;
                at.time()
            }
        };
        *clocks.entry(time.num_seconds_from_midnight()).or_default() += 1;
    }
    let timed = read - days;
    // Where most rows stand on one or two o'clocks they are days that a database made into times.
    let mut counts: Vec<usize> = clocks.values().copied().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let stamped = timed >= 20 && counts.iter().take(2).sum::<usize>() * 100 >= timed * 80 && clocks.contains_key(&0);
    TimesFound {
        formats: formats.iter().map(|f| (*f).to_owned()).collect(),
        pattern: None,
        read: read as f64 / texts.len().max(1) as f64,
        days: read > 0 && (days == read || stamped),
        offsets: offsets * 2 > timed,
        ambiguous: false,
        stamped_midnight: stamped,
    }
}

/// Numbers are times only where they can be such of our years.
fn plausible(format: &str, texts: &[&str]) -> bool {
    let within = |low: i64, high: i64| {
        texts.iter().take(200).filter(|t| t.parse::<i64>().is_ok_and(|n| (low..high).contains(&n))).count() * 10
            >= texts.len().min(200) * 9
    };
    match format {
        "unix" => within(500_000_000, 4_000_000_000),
        "unix_ms" => within(500_000_000_000, 4_000_000_000_000),
        "%Y%m%d" => within(19_000_101, 21_000_101),
        "%Y%m%d%H%M" => within(190_001_010_000, 210_001_010_000),
        "%Y%m%d%H%M%S" => within(19_000_101_000_000, 21_000_101_000_000),
        _ => true,
    }
}

/// The same format with day and month exchanged.
fn other_order(format: &str) -> Option<String> {
    if let Some(rest) = format.strip_prefix("%m") {
        let (between, rest) = rest.split_once("%d")?;
        return Some(format!("%d{between}%m{rest}"));
    }
    let (between, rest) = format.strip_prefix("%d")?.split_once("%m")?;
    Some(format!("%m{between}%d{rest}"))
}
