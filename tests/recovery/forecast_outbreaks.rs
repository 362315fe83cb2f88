//! Outbreaks that are known: do the highest-ranked cells hold more of their events than long history's, once they have begun?

use std::collections::BTreeSet;

use emberwatch::{
    domain::{forecast::ForecastLevel, time::Day},
    forecast::{
        combine::Combined,
        model,
        panel::Panel,
        rolling::{Rolling, Target},
        scoring::cells_in,
    },
    stats::Random,
};

use crate::forecast_worlds::{FIRST, backtest, world};

const SIDE: usize = 20;
const DAYS: u32 = 1000;
/// An outbreak lasts six weeks in a cell and those around it.
const LASTS: u32 = 42;

/// (first day, column, row): one after the other, all over the land, with a pause of a fortnight.
fn outbreaks(seed: u64) -> Vec<(u32, usize, usize)> {
    let mut random = Random::seeded(seed);
    (0..DAYS / (LASTS + 14)).map(|k| (k * (LASTS + 14), random.below(18) as usize, random.below(18) as usize)).collect()
}

fn is_in(cell: usize, day: u32, &(start, x, y): &(u32, usize, usize)) -> bool {
    let (column, row) = (cell % SIDE, cell / SIDE);
    (start..start + LASTS).contains(&day) && (x..x + 3).contains(&column) && (y..y + 3).contains(&row)
}

fn land(seed: u64) -> (Panel, Vec<(u32, usize, usize)>) {
    let all = outbreaks(seed);
    let usual = |cell: usize| 0.0015 + if cell.is_multiple_of(37) { 0.06 } else { 0.0 };
    let rate = |cell: usize, day: u32| usual(cell) + if all.iter().any(|o| is_in(cell, day, o)) { 0.06 } else { 0.0 };
    (world(SIDE, 4, DAYS, 20.0, seed, rate), all.clone())
}

/// Of the events in the cells of outbreaks in the fourteen days after the third one of each: how many the top tenth of cells held,
/// by the stack and by `history`, as ranked at the end of the day of the third event.
fn captured_after_third(panel: &Panel, outbreaks: &[(u32, usize, usize)]) -> [u32; 3] {
    let target = Target::standard(ForecastLevel::Cell, 14);
    let mut rolling =
        Rolling::new(panel, model::all().to_vec(), vec![target, Target::standard(ForecastLevel::Whole, 14)]);
    let whole = panel.known_at(panel.days.to);
    let third = |o: &(u32, usize, usize)| {
        let mut days: Vec<u32> = Vec::new();
        for &(cell, day, count) in whole.cells.iter().filter(|c| is_in(c.0 as usize, c.1, o)) {
            let _ = cell;
            days.extend(std::iter::repeat_n(day, count as usize));
        }
        days.sort_unstable();
        days.get(2).copied().filter(|d| d + 14 < o.0 + LASTS)
    };
    let mut visits: BTreeSet<i32> = (200..DAYS as i32).step_by(7).collect();
    let starts: Vec<(i32, (u32, usize, usize))> =
        outbreaks.iter().filter(|o| o.0 > 450).filter_map(|o| Some((third(o)? as i32, *o))).collect();
    visits.extend(starts.iter().map(|(day, _)| *day));
    let mut sums = [0; 3];
    for day in visits {
        let issued = Day::from_epoch_days(FIRST + day);
        rolling.visit(issued, false);
        let Some((_, outbreak)) = starts.iter().find(|(third, _)| *third == day) else { continue };
        let known = panel.known_at(issued);
        let fitted = rolling.fit(&known);
        let combined = Combined::new(&fitted, &panel.layout, rolling.weights(known.exposed_days()));
        let pooled = combined.pooled(target);
        let stack: Vec<f64> = (0..pooled.places()).map(|i| pooled.mean(i)).collect();
        let history: Vec<f64> =
            fitted[0].expect(ForecastLevel::Cell, &panel.layout.group_of, 1, 14).iter().map(|e| e.mean).collect();
        let top = |means: &[f64]| -> BTreeSet<usize> {
            let mut order: Vec<usize> = (0..means.len()).collect();
            order.sort_by(|&a, &b| means[b].total_cmp(&means[a]).then(a.cmp(&b)));
            order[..cells_in(5, means.len())].iter().copied().collect()
        };
        let (ours, theirs) = (top(&stack), top(&history));
        for &(cell, when, count) in &whole.cells {
            let ahead = (day + 1..=day + 14).contains(&(when as i32));
            if ahead && is_in(cell as usize, when, outbreak) {
                sums[0] += count as u32;
                sums[1] += if ours.contains(&(cell as usize)) { count as u32 } else { 0 };
                sums[2] += if theirs.contains(&(cell as usize)) { count as u32 } else { 0 };
            }
        }
    }
    sums
}

#[test]
fn in_the_fortnight_after_an_outbreaks_third_event_the_stack_finds_more_of_it_than_history() {
    let (mut all, mut ours, mut theirs) = (0, 0, 0);
    for seed in [41, 42] {
        let (panel, outbreaks) = land(seed);
        let [events, stack, history] = captured_after_third(&panel, &outbreaks);
        eprintln!("seed {seed}: of {events} events the stack's top 5 % of cells held {stack}, history's {history}");
        (all, ours, theirs) = (all + events, ours + stack, theirs + history);
    }
    // Were there no difference, the more would be within twice the root of both sums.
    let chance = 2.0 * f64::from(ours + theirs).sqrt();
    assert!(all > 60 && f64::from(ours) > f64::from(theirs) + chance, "{ours} against {theirs} of {all}");
}

#[test]
fn the_back_test_finds_by_itself_that_more_is_captured_where_counts_have_risen() {
    let (panel, _) = land(43);
    let outcome = backtest(&panel, 450, &[14]);
    let after_rise = |model: &str| {
        let scores = outcome.scores(model, ForecastLevel::Cell, 14);
        let s = emberwatch::forecast::summary::summarise(scores, true).unwrap();
        assert!(s.events_after_rise > 50.0, "{}", s.events_after_rise);
        s.capture_after_rise.unwrap()[1]
    };
    assert!(after_rise("stack") > after_rise("history") + 0.02);
}
