//! No peeking, to the last bit.

use super::*;
use crate::{
    domain::place::Point,
    forecast::{
        model,
        panel::{Completeness, Layout, Sighting},
    },
    stats::Random,
};

const DAYS: u32 = 220;

/// Events at random over sixteen cells; those from day `from` on may be multiplied, and half of all are
/// received `lag` days late.
fn panel(poison_from: u32, times: u32, lag: u32) -> Panel {
    let centres: Vec<Point> =
        (0..16).map(|i| Point::new(44.0 + 0.01 * f64::from(i / 4), -69.0 + 0.01 * f64::from(i % 4)).unwrap()).collect();
    let areas: Vec<Option<u32>> = (0..16).map(|i| Some(i / 8)).collect();
    let layout = Layout::new(&centres, &areas, 2, 16).unwrap();
    let mut random = Random::seeded(4);
    let (mut cells, mut in_areas) = (Vec::new(), Vec::new());
    for day in 0..DAYS {
        for k in 0..random.below(4) {
            let place = random.below(16);
            let count = if day >= poison_from { times } else { 1 };
            let lag = if k == 0 { lag } else { 0 };
            cells.push(Sighting { place, day, lag, count });
            in_areas.push(Sighting { place: place / 8, day, lag, count });
        }
    }
    let days = DayRange { from: Day::from_epoch_days(0), to: Day::from_epoch_days(DAYS as i32 - 1) };
    Panel::new(days, layout, cells, in_areas, &[], Completeness::FromDelays).unwrap()
}

fn scores(panel: &Panel) -> Vec<Vec<Vec<OriginScores>>> {
    let levels = [ForecastLevel::Cell, ForecastLevel::Area, ForecastLevel::Whole];
    let targets = levels.iter().map(|l| Target::standard(*l, 3)).collect();
    let mut rolling = Rolling::new(panel, model::all().to_vec(), targets);
    for origin in (30..DAYS as i32).step_by(5) {
        rolling.visit(Day::from_epoch_days(origin), true);
    }
    rolling.scores
}

#[test]
fn what_happens_later_changes_no_earlier_score() {
    let (clean, poisoned) = (scores(&panel(DAYS, 1, 0)), scores(&panel(150, 40, 0)));
    let before = |s: &[OriginScores]| s.iter().filter(|s| s.origin.epoch_days() + 3 < 150).cloned().collect::<Vec<_>>();
    for (a, b) in clean.iter().flatten().zip(poisoned.iter().flatten()) {
        assert!(before(a).len() > 15);
        assert_eq!(before(a), before(b));
        assert_ne!(a, b);
    }
}

/// Everything that `history`, all models and the stack say on the last day of `until`, to the last bit.
fn forecasts(panel: &Panel, until: i32) -> Vec<(u64, u64)> {
    let levels = [ForecastLevel::Cell, ForecastLevel::Area, ForecastLevel::Whole];
    let targets: Vec<Target> = levels.iter().flat_map(|l| [1, 7].map(|h| Target::standard(*l, h))).collect();
    let mut rolling = Rolling::new(panel, model::all().to_vec(), targets.clone());
    for origin in (20..until).step_by(6) {
        rolling.visit(Day::from_epoch_days(origin), true);
    }
    let issued = Day::from_epoch_days(until);
    rolling.absorb(issued);
    let known = panel.known_at(issued);
    rolling.tune(issued, &known);
    let fitted = rolling.fit(&known);
    let combined = Combined::new(&fitted, &panel.layout, rolling.weights(known.exposed_days()));
    let mut out = Vec::new();
    for target in targets {
        let (pooled, scatter) = (combined.pooled(target), rolling.scatter_for(target));
        for i in 0..pooled.places() {
            let d = pooled.mixture(i, &scatter);
            out.push((pooled.mean(i).to_bits(), d.ln_pmf(2).to_bits()));
            out.extend(fitted.iter().map(|_| d.cdf(0).to_bits()).map(|b| (b, 0)));
        }
    }
    out
}

#[test]
fn a_poisoned_future_changes_no_bit_of_a_forecast() {
    let clean = panel(DAYS, 1, 4);
    // Later counts forty times as high; and thousands of events of earlier days that are received later.
    let louder = panel(181, 40, 4);
    let mut flooded = panel(DAYS, 1, 4);
    for day in 100..=180u32 {
        flooded.add(Sighting { place: day % 16, day, lag: 181 - day + day % 30, count: 50 }, day % 2);
    }
    let want = forecasts(&clean, 180);
    assert_eq!(want, forecasts(&louder, 180));
    assert_eq!(want, forecasts(&flooded, 180));
    assert_ne!(want, forecasts(&panel(150, 40, 4), 180), "what is known by then counts");
}

#[test]
fn reports_that_arrive_late_are_not_used_before_they_arrive() {
    // The same events, once known at once and once ten days later: forecasts must differ, and truths must not.
    let (at_once, late) = (scores(&panel(DAYS, 1, 0)), scores(&panel(DAYS, 1, 10)));
    let events = |s: &[OriginScores]| s.iter().map(|s| (s.origin, s.events)).collect::<Vec<_>>();
    for (a, b) in at_once.iter().flatten().zip(late.iter().flatten()) {
        assert!(!b.is_empty() && b.len() < a.len(), "unsettled days are not scored");
        assert_eq!(events(&a[..b.len()]), events(b));
        assert_ne!(a[..b.len()], b[..]);
    }
}
