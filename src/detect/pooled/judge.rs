//! One area on one day: the window that is least like the past, and how rare that is.

use super::{
    PooledDay, PooledOptions,
    level::Gamma,
    model::Model,
    null::{self, LEAST_EVENTS, Place},
};
use crate::{detect::Judgement, domain::time::Day, stats::CountDistribution};

/// A level this uncertain is as good as unknown: beyond the table.
const MOST_DOUBT: f64 = 0.5;

/// The sum over the last so many days under the model.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Window {
    days: usize,
    observed: u32,
    sum: CountDistribution,
    /// P(sum ≥ observed).
    tail: f64,
}

/// Judge the last of `recent` (count and share known, the judged day last; a day without data has share 0).
pub fn judge(
    model: &Model,
    area: usize,
    level: Gamma,
    day: Day,
    recent: &[(u32, f64)],
    options: &PooledOptions,
) -> PooledDay {
    let Some(windows) = windows(model, area, level, day, recent) else {
        return PooledDay::none("no data for this day");
    };
    let Some((best, place)) = best(model, area, level, &windows) else {
        return PooledDay::none("nothing is expected on these days, so nothing can be compared");
    };
    let rarity = null::rarity(place, if best.observed >= LEAST_EVENTS { best.tail } else { 1.0 });
    let recurrence_days = 1.0 / rarity.starts_a_day;
    let alarm = best.observed >= LEAST_EVENTS && recurrence_days >= options.recurrence_days;
    let (upper_bound, range) = if options.bounds {
        let score = null::score_for(place, 1.0 / options.recurrence_days);
        (Some(upper_bound(&windows, score)), best.sum.central_range(0.95))
    } else {
        (None, (0, 0))
    };
    PooledDay {
        judgement: Judgement {
            expected: Some(windows[0].sum.mean()),
            upper_bound,
            score: Some(best.tail.max(1e-300).recip().log10()),
            p_value: Some(rarity.p_value),
            alarm: Some(alarm),
            reason: String::new(),
        },
        window: best.days,
        observed: best.observed,
        expected: best.sum.mean(),
        range,
        recurrence_days,
        place: Some(place),
    }
}

/// All windows that end on the last day; `None` when that day has no data.
fn windows(model: &Model, area: usize, level: Gamma, day: Day, recent: &[(u32, f64)]) -> Option<Vec<Window>> {
    recent.last().filter(|(_, share)| *share > 0.0)?;
    let own = &model.areas[area];
    let doubt = doubt_squared(model, level);
    let (mut observed, mut mean, mut daily) = (0, 0.0, 0.0);
    let mut all = Vec::with_capacity(recent.len());
    for (back, (count, share)) in recent.iter().rev().enumerate() {
        if *share > 0.0 {
            let expected = level.mean() * share * own.calendar.factor(day - back as i32);
            observed += count;
            mean += expected;
            daily += expected * expected;
            let extra = doubt * mean * mean + own.kappa * daily;
            let sum = CountDistribution::negative_binomial(mean, mean * mean / extra);
            // What is not above its expectation cannot be the most unusual of high windows.
            let tail = if f64::from(observed) > mean { sum.tail(u64::from(observed)) } else { 1.0 };
            all.push(Window { days: back + 1, observed, sum, tail });
        }
    }
    Some(all)
}

fn doubt_squared(model: &Model, level: Gamma) -> f64 {
    (1.0 / level.a + model.drift).min(MOST_DOUBT * MOST_DOUBT * 4.0)
}

/// The window with the smallest tail among those with events enough, or the day itself; and where the area stands.
fn best(model: &Model, area: usize, level: Gamma, windows: &[Window]) -> Option<(Window, Place)> {
    let whole = windows.last()?;
    let mean = whole.sum.mean() / windows.len() as f64;
    if mean.is_nan() || mean <= 0.0 {
        return None;
    }
    let place = Place {
        mean,
        extra: model.areas[area].kappa * mean,
        doubt: doubt_squared(model, level).sqrt().min(MOST_DOUBT),
    };
    let enough = windows.iter().filter(|w| w.observed >= LEAST_EVENTS);
    let best = enough.min_by(|a, b| a.tail.total_cmp(&b.tail).then(a.days.cmp(&b.days)));
    Some((best.copied().unwrap_or(windows[0]), place))
}

/// The largest count of the judged day with which no window is an alarm.
fn upper_bound(windows: &[Window], score: f64) -> f64 {
    let today = windows[0].observed;
    let most = windows.iter().map(|w| {
        let mut alarm = w.sum.quantile(1.0 - score.max(1e-15)).max(u64::from(LEAST_EVENTS) - 1);
        while w.sum.tail(alarm) > score || alarm < u64::from(LEAST_EVENTS) {
            alarm += 1;
        }
        // What the other days of the window already hold is not for today to reach.
        (alarm - 1) as f64 - f64::from(w.observed - today)
    });
    // With an alarm from the days before alone there is no count that would be none.
    most.fold(f64::INFINITY, f64::min).max(0.0)
}
