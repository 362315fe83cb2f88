//! Temporal detectors on simulated series, one thread, beside R surveillance 1.20.3 on a two-core machine (its figures:
//! `reference/README.md` beside the project).

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::{hint::black_box, time::Instant};

use emberwatch::{
    detect::{
        ears::{EarsMethod, EarsOptions, ears},
        farrington::{FarringtonOptions, FlexibleOptions, StandardError, Threshold, farrington, farrington_flexible},
    },
    domain::count_series::{CountSeries, Step},
    stats::{CountDistribution, Random},
};

fn main() {
    let daily: Vec<CountSeries> = (0..1_000).map(|i| simulated(i, Step::Daily, 1_095)).collect();
    for (name, method, peer_ms) in
        [("C1", EarsMethod::C1, 18.0), ("C2", EarsMethod::C2, 18.0), ("C3", EarsMethod::C3, 31.0)]
    {
        let seconds = quickest(|| {
            for series in &daily {
                black_box(ears(black_box(&series.counts), &EarsOptions::new(method)));
            }
        });
        let each = seconds * 1e6 / daily.len() as f64;
        println!(
            "EARS {name}: {each:.1} µs per daily series of 1,095; R {peer_ms} ms, {:.0} times as long",
            peer_ms * 1e3 / each
        );
    }
    let weekly: Vec<CountSeries> = (0..500).map(|i| simulated(i, Step::Weekly, 366)).collect();
    let flexible = |threshold, p_threshold_trend, se| {
        let options = FlexibleOptions { threshold, p_threshold_trend, se, ..FlexibleOptions::default() };
        move |series: &CountSeries| farrington_flexible(series, 314..366, &options)
    };
    per_week("flexible, nb-plugin", &weekly, flexible(Threshold::NbPlugin, 1.0, StandardError::Pearson));
    per_week("flexible, muan", &weekly, flexible(Threshold::Muan, 1.0, StandardError::Surveillance));
    per_week("flexible, delta, trend tested", &weekly, flexible(Threshold::Delta, 0.05, StandardError::Pearson));
    per_week("original", &weekly, |series| farrington(series, 314..366, &FarringtonOptions::default()));
}

fn per_week<T>(name: &str, series: &[CountSeries], judge: impl Fn(&CountSeries) -> T) {
    let seconds = quickest(|| series.iter().for_each(|series| _ = black_box(judge(black_box(series)))));
    let each = seconds * 1e6 / (52 * series.len()) as f64;
    // R takes 8 to 10 ms with farringtonFlexible; the original was not measured there.
    let beside = if name == "original" { String::new() } else { format!("; R 8 ms, {:.0} times as long", 8e3 / each) };
    println!("Farrington, {name}: {each:.1} µs per series and week, {} series of 52 weeks{beside}", series.len());
}

/// The least of five goes, in seconds of this thread's processor time where the system tells it.
fn quickest(mut go: impl FnMut()) -> f64 {
    let goes = (0..5).map(|_| {
        let (started, before) = (Instant::now(), processor_seconds());
        go();
        match (before, processor_seconds()) {
            (Some(before), Some(after)) => after - before,
            _ => started.elapsed().as_secs_f64(),
        }
    });
    goes.fold(f64::INFINITY, f64::min)
}

/// Linux counts nanoseconds on a processor for each thread.
fn processor_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split_whitespace().next()?.parse::<f64>().ok()? / 1e9)
}

/// Negative-binomial counts with a season, at levels from 0.5 to 40 a point.
fn simulated(seed: u64, step: Step, n: usize) -> CountSeries {
    let mut random = Random::seeded(seed);
    let level = 0.5 * 80f64.powf(random.open_unit());
    let year = step.per_year() as f64;
    let counts = (0..n).map(|i| {
        let mean = level * (0.4 * (i as f64 * std::f64::consts::TAU / year).sin()).exp();
        CountDistribution::with_dispersion(mean, 1.5).sample(&mut random) as u32
    });
    let first = "2017-01-02".parse().unwrap();
    CountSeries { first, step, counts: counts.collect(), population: None }
}
