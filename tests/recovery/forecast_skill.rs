//! Who wins where it is known who should.

use emberwatch::{
    domain::forecast::ForecastLevel,
    forecast::{
        scoring::OriginScores,
        summary::{difference, skill, summarise},
    },
};

use crate::forecast_worlds::{Outcome, backtest, world};

const LOG: fn(&OriginScores) -> f64 = |s| s.log_score;
const CRPS: fn(&OriginScores) -> f64 = |s| s.crps;

/// A surface like a town's: few busy cells, a gradient, long tails. About 1.3 events a day over 400 cells.
fn surface(cell: usize) -> f64 {
    let (x, y) = ((cell % 20) as f64 - 7.0, (cell / 20) as f64 - 11.0);
    0.0008 + 0.02 * (-(x * x + y * y) / 10.0).exp() + if cell.is_multiple_of(61) { 0.06 } else { 0.0 }
}

fn captured(outcome: &Outcome, model: &str, position: usize) -> f64 {
    summarise(outcome.scores(model, ForecastLevel::Cell, 14), true).unwrap().capture.unwrap()[position]
}

#[test]
fn on_a_steady_surface_history_captures_more_than_recent_counts() {
    let panel = world(20, 4, 900, 5.0, 11, |cell, _| surface(cell));
    let outcome = backtest(&panel, 400, &[14]);
    for position in 0..4 {
        let (history, recent) = (captured(&outcome, "history", position), captured(&outcome, "recent", position));
        assert!(history > recent, "{history:.3} against {recent:.3}");
    }
    let s = skill(
        outcome.scores("recent", ForecastLevel::Cell, 14),
        outcome.scores("history", ForecastLevel::Cell, 14),
        LOG,
        1,
    );
    assert!(s.unwrap().interval.unwrap()[1] < 0.0, "{s:?}");
}

#[test]
fn on_a_steady_surface_pooled_does_no_harm() {
    let panel = world(20, 4, 900, 5.0, 12, |cell, _| surface(cell));
    let outcome = backtest(&panel, 400, &[1, 14]);
    for level in [ForecastLevel::Cell, ForecastLevel::Area, ForecastLevel::Whole] {
        for horizon in [1, 14] {
            let (own, history) = (outcome.scores("pooled", level, horizon), outcome.scores("history", level, horizon));
            let s = skill(own, history, LOG, 1).unwrap();
            assert!(s.value > -0.01, "{level} {horizon}: {s:?}");
        }
    }
}

#[test]
fn where_levels_seasons_and_weekdays_move_pooled_beats_history() {
    let panel = world(12, 4, 1200, 3.0, 13, |cell, day| {
        let level = if day > 700 { 1.8 } else { 1.0 };
        let season = (0.35 * (f64::from(day) * std::f64::consts::TAU / 365.25).cos()).exp();
        let weekday = if day % 7 == 3 { 1.5 } else { 0.92 };
        0.05 * level * season * weekday * if cell % 7 == 0 { 3.0 } else { 0.5 }
    });
    let outcome = backtest(&panel, 800, &[1, 7, 14]);
    for level in [ForecastLevel::Area, ForecastLevel::Whole] {
        for horizon in [1, 7, 14] {
            let (own, history) = (outcome.scores("pooled", level, horizon), outcome.scores("history", level, horizon));
            for score in [LOG, CRPS] {
                let s = skill(own, history, score, 1).unwrap();
                assert!(s.interval.unwrap()[0] > 0.0, "{level} {horizon}: {s:?}");
            }
        }
    }
}

#[test]
fn the_stack_is_worse_than_none_of_its_models_by_more_than_noise() {
    let steady = world(12, 4, 900, 5.0, 12, |cell, _| 0.02 + if cell.is_multiple_of(31) { 0.1 } else { 0.0 });
    let moving = world(12, 4, 900, 3.0, 13, |cell, day| {
        let level = if day > 600 { 1.8 } else { 1.0 };
        0.03 * level * if day % 7 == 3 { 1.5 } else { 0.92 } * if cell % 7 == 0 { 3.0 } else { 0.5 }
    });
    for panel in [steady, moving] {
        let outcome = backtest(&panel, 450, &[1, 14]);
        for level in [ForecastLevel::Cell, ForecastLevel::Area, ForecastLevel::Whole] {
            for horizon in [1, 14] {
                let stack = outcome.scores("stack", level, horizon);
                for model in ["history", "recent", "seasonal", "endemic-epidemic", "self-exciting", "filter", "pooled"]
                {
                    // Worse by more than noise: the whole interval on the wrong side, and by more than half a per cent.
                    let d = difference(stack, outcome.scores(model, level, horizon), LOG, 1).unwrap();
                    let score = summarise(stack, false).unwrap().log_score;
                    let worse = d.interval.unwrap()[0] > 0.0 && d.value > 0.005 * score;
                    assert!(!worse, "{level} {horizon}: {d:?} of {score} against {model}");
                }
            }
        }
    }
}

#[test]
fn where_clusters_come_and_go_pooled_ranks_cells_better_than_history() {
    // Every 40 days a patch of nine cells runs hot for 40 days, each time somewhere else.
    let panel = world(20, 4, 1000, 5.0, 14, |cell, day| {
        let patch = (u64::from(day / 40) * 7919 % 324) as usize;
        let (px, py) = (patch % 18, patch / 18);
        let hot = (px..px + 3).contains(&(cell % 20)) && (py..py + 3).contains(&(cell / 20));
        0.002 + if hot { 0.12 } else { 0.0 }
    });
    let outcome = backtest(&panel, 500, &[7]);
    let (own, history) =
        (outcome.scores("pooled", ForecastLevel::Cell, 7), outcome.scores("history", ForecastLevel::Cell, 7));
    let s = skill(own, history, LOG, 1).unwrap();
    assert!(s.interval.unwrap()[0] > 0.0, "{s:?}");
    let capture = |scores| summarise(scores, true).unwrap().capture.unwrap()[1];
    for model in ["self-exciting", "stack"] {
        let scores = outcome.scores(model, ForecastLevel::Cell, 7);
        assert!(capture(scores) > 1.5 * capture(history), "{model}: {}", capture(scores));
    }
    assert!(capture(own) > 1.5 * capture(history), "{} against {}", capture(own), capture(history));
}
