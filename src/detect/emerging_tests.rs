use super::*;
use crate::stats::{CountDistribution, Random};

fn heat(text: &str) -> Vec<Heat> {
    let of = |c| match c {
        'h' => Heat::Hot,
        'c' => Heat::Cold,
        '.' => Heat::Neither,
        _ => Heat::Unknown,
    };
    text.chars().map(of).collect()
}

fn of(text: &str, trend_z: f64, trend_p: f64) -> String {
    let trend = MannKendall { n: 2, s: 0, variance: 1.0, z: trend_z, p_value: trend_p, tau: 0.0 };
    classify(&heat(text), Some(&trend), &EmergingOptions::default()).map_or("none".into(), HotspotCategory::words)
}

#[test]
fn each_of_the_seventeen_is_told_by_its_definition() {
    for (steps, z, p, hot) in [
        ("...................h", 0.0, 1.0, "new hot"),
        ("c..................h", 0.0, 1.0, "new hot"),
        (".................hhh", 0.0, 1.0, "consecutive hot"),
        ("...hhhhhhhhhhhhhhhhh", 0.0, 1.0, "consecutive hot"),
        ("hhhhhhhhhhhhhhhhhhhh", 2.0, 0.05, "intensifying hot"),
        ("..hhhhhhhhhhhhhhhhhh", 2.0, 0.10, "persistent hot"),
        ("hhhhhhhhhhhhhhhhhhhh", 0.0, 1.0, "persistent hot"),
        ("hhhh..hhhhhhhhhhhhhh", -2.0, 0.05, "diminishing hot"),
        (".h.h.h.h.h.h.h.h...h", 0.0, 1.0, "sporadic hot"),
        ("ch.h.h.h.h.h.h.h...h", 0.0, 1.0, "oscillating hot"),
        ("hhhhhhhhhhhhhhhhhhh.", 0.0, 1.0, "historical hot"),
        ("hhhhhhhhhhhhhhhhhhhc", 0.0, 1.0, "historical hot"),
        ("hhhhhhhhhhhhhhhhh...", 0.0, 1.0, "no pattern"),
    ] {
        assert_eq!(of(steps, z, p), hot, "{steps}");
        if steps.ends_with('c') {
            // Turned round it is hot at the last step, which goes first.
            continue;
        }
        let swapped = |c| match c {
            'h' => 'c',
            'c' => 'h',
            other => other,
        };
        let cold: String = steps.chars().map(swapped).collect();
        assert_eq!(of(&cold, -z, p), hot.replace("hot", "cold"), "{cold}");
    }
}

#[test]
fn what_is_both_is_told_as_hot() {
    assert_eq!(of("ccccccccccccccccccch", 0.0, 1.0), "new hot");
}

#[test]
fn steps_without_data_are_left_out() {
    assert_eq!(of("??hhhhhhhhh.?", 0.0, 1.0), "historical hot");
    assert_eq!(of(".........?hh?", 0.0, 1.0), "consecutive hot");
    assert_eq!(of("???", 0.0, 1.0), "none");
    assert_eq!(of("", 0.0, 1.0), "none");
}

/// A row of places, each next to the one before and after.
fn row(places: u32) -> Neighbours {
    let lists: Vec<Vec<u32>> =
        (0..places).map(|p| [p.wrapping_sub(1), p + 1].into_iter().filter(|n| *n < places).collect()).collect();
    Neighbours::new(&lists).unwrap()
}

/// Poisson counts of 0.4 a bin.
fn flat(places: usize, steps: usize, seed: u64) -> Bins {
    let mut random = Random::seeded(seed);
    let usual = CountDistribution::poisson(0.4);
    Bins::new(places, steps, (0..places * steps).map(|_| usual.sample(&mut random) as f64).collect()).unwrap()
}

#[test]
fn a_place_that_flares_up_at_the_end_is_new_and_one_that_always_burns_persists() {
    let mut bins = flat(60, 40, 1);
    bins.add(30, 39, 15);
    for step in 0..40 {
        bins.add(5, step, 6);
    }
    for tail in [Tail::Normal, Tail::Count] {
        let found = emerging(&bins, &row(60), &EmergingOptions { tail, ..EmergingOptions::default() }).unwrap();
        assert_eq!(found.places[30].category, Some(HotspotCategory::NewHot), "{tail:?}");
        assert_eq!(found.places[5].category, Some(HotspotCategory::PersistentHot), "{tail:?}");
        assert!(found.critical_p > 0.0 && found.critical_p < 0.1);
    }
}

#[test]
fn the_heat_of_every_bin_is_what_all_adjusted_p_values_say() {
    let mut bins = flat(40, 30, 2);
    for step in 10..30 {
        bins.add(7, step, 4);
    }
    bins.silence(12);
    let found = emerging(&bins, &row(40), &EmergingOptions::default()).unwrap();
    let known: Vec<f64> = found.z.values().iter().copied().filter(|z| !z.is_nan()).collect();
    let p: Vec<f64> = known.iter().map(|z| p_value(*z)).collect();
    let adjusted = crate::stats::multiple::benjamini_hochberg(&p);
    let mut at = 0;
    for (z, heat) in found.z.values().iter().zip(&found.heat) {
        if z.is_nan() {
            assert_eq!(*heat, Heat::Unknown);
            continue;
        }
        let declared = adjusted[at] <= 0.1;
        assert_eq!(*heat == Heat::Hot, declared && *z > 0.0, "{z}");
        assert_eq!(*heat == Heat::Cold, declared && *z < 0.0, "{z}");
        at += 1;
    }
}

#[test]
fn flat_worlds_have_few_hot_bins_and_by_counts_next_to_none() {
    let hot = |options: EmergingOptions| {
        let worlds = (0..40).map(|seed| {
            let found = emerging(&flat(60, 52, 100 + seed), &row(60), &options).unwrap();
            found.heat.iter().filter(|h| **h == Heat::Hot).count()
        });
        worlds.sum::<usize>() as f64 / (40.0 * 60.0 * 52.0)
    };
    let by_z = EmergingOptions::default();
    let uncorrected = hot(EmergingOptions { fdr: false, ..by_z });
    let (by_z, by_count) = (hot(by_z), hot(EmergingOptions { tail: Tail::Count, ..by_z }));
    assert!(uncorrected > 0.03 && by_z < 0.005 && by_count < 0.0003, "{uncorrected} {by_z} {by_count}");
}

#[test]
fn one_event_where_none_is_usual_is_not_hot_when_more_are_asked_for() {
    let mut bins = Bins::zeros(200, 30);
    for place in (0..200).step_by(20) {
        bins.add(place, place % 30, 1);
    }
    bins.add(100, 29, 4);
    let near = row(200);
    let hot = |options: &EmergingOptions| {
        let found = emerging(&bins, &near, options).unwrap();
        let hot = found.heat.iter().filter(|h| **h == Heat::Hot).count();
        (hot, found.places[100].category, found.places[0].category)
    };
    let (bare, ..) = hot(&EmergingOptions::default());
    assert!(bare > 20, "{bare}");
    // Three places at the last step, and nothing can be said where there was one event.
    let careful = EmergingOptions { least_hot: 3.0, least_events: 10.0, ..EmergingOptions::default() };
    assert_eq!(hot(&careful), (3, Some(HotspotCategory::NewHot), None));
}

#[test]
fn the_category_a_week_ago_is_that_of_the_steps_until_then() {
    let mut bins = flat(60, 40, 3);
    for step in 36..40 {
        bins.add(30, step, 12);
    }
    let found = emerging(&bins, &row(60), &EmergingOptions::default()).unwrap();
    assert_eq!(found.category_at(30, 36), Some(HotspotCategory::NewHot));
    assert_eq!(found.category_at(30, 37), Some(HotspotCategory::ConsecutiveHot));
    assert_eq!(found.category_at(30, 39), found.places[30].category);
    assert_eq!(found.category_at(30, 40), None);
}
