//! What an issue day knows, and what came of a window.

use super::*;

fn day(n: i32) -> Day {
    Day::from_epoch_days(n)
}

fn panel(completeness: Completeness, cells: Vec<Sighting>) -> Panel {
    let centres = [Point::new(44.0, -69.0).unwrap(), Point::new(44.1, -69.0).unwrap()];
    let layout = Layout::new(&centres, &[None, None], 0, 2).unwrap();
    Panel::new(DayRange::new(day(0), day(99)).unwrap(), layout, cells, vec![], &[day(50)], completeness).unwrap()
}

fn sighting(place: u32, day: u32, lag: u32, count: u32) -> Sighting {
    Sighting { place, day, lag, count }
}

#[test]
fn an_issue_day_knows_neither_what_came_later_nor_what_was_received_later() {
    let p = panel(Completeness::ByLag(vec![]), vec![sighting(0, 5, 0, 1), sighting(0, 5, 3, 2), sighting(1, 9, 0, 4)]);
    assert_eq!(p.known_at(day(7)).cells, [(0, 5, 1.0)]);
    assert_eq!(p.known_at(day(8)).cells, [(0, 5, 3.0)]);
    assert_eq!(p.known_at(day(9)).whole[9], 4.0);
}

#[test]
fn a_window_with_a_day_without_data_has_no_truth() {
    let p = panel(Completeness::ByLag(vec![]), vec![sighting(1, 60, 0, 4)]);
    let truth = |from, to, by| p.truth(DayRange::new(day(from), day(to)).unwrap(), day(by), &p.silent_by(day(by)));
    assert!(truth(48, 52, 99).is_none());
    assert_eq!(truth(60, 60, 60).unwrap().whole, 4);
    assert!(truth(60, 61, 60).is_none());
}

#[test]
fn delays_seen_so_far_give_the_share_that_is_known() {
    // Every day four events: half at once, half after two days.
    let cells = (0..100).flat_map(|d| [sighting(0, d, 0, 2), sighting(0, d, 2, 2)]).collect();
    let known = panel(Completeness::FromDelays, cells);
    let known = known.known_at(day(90));
    assert!((known.exposure[90] - 0.5).abs() < 0.01, "{}", known.exposure[90]);
    assert!((known.exposure[89] - 0.5).abs() < 0.01);
    assert!((known.exposure[88] - 1.0).abs() < 1e-9);
    assert_eq!(known.exposure[50], 0.0);
}

#[test]
fn a_feed_that_stopped_is_silence_and_a_quiet_week_of_a_quiet_place_is_not() {
    let until = |last: u32, every: usize| {
        panel(Completeness::ByLag(vec![]), (0..last).step_by(every).map(|d| sighting(0, d, 0, 1)).collect())
    };
    let stopped = until(80, 1);
    assert_eq!(stopped.known_at(day(99)).silent_for(), 20);
    assert_eq!(stopped.known_at(day(85)).silent_for(), 0, "six days without the usual event a day may be chance");
    assert_eq!(until(80, 10).known_at(day(99)).silent_for(), 0);
}
