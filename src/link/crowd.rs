//! How crowded a place is: to lie near each other says much in a village and little in a city.
//!
//! The chance that two reports of different occurrences are near each other is counted for all of a class of points
//! at once (see `model.rs`). Here that chance is spread over the places: a report's share of all others that lie
//! around it, against the mean of that share. It is for places what the frequency of a word is for words (Winkler
//! 1989), and its mean is 1, so what was counted for all still holds.

use std::collections::HashMap;

use super::{
    LinkOptions, Sighting,
    compare::{CLASS_RADII, NO_POINT, POINT_CLASSES, reach_m},
};

const METRES_PER_DEGREE: f64 = 111_195.0;
/// Nobody is taken to be less, or more, alone than this: few reports say little about a place.
const MOST: f64 = 20.0;
/// Reports that the mean is worth at every place.
const PRIOR: f64 = 3.0;

/// Per position and class of the pair: how much more crowded than the mean.
pub(super) struct Crowds(Vec<[f64; POINT_CLASSES]>);

impl Crowds {
    pub(super) fn new(all: &[&Sighting], options: &LinkOptions) -> Self {
        let mut out = vec![[1.0; POINT_CLASSES]; all.len()];
        let points = || all.iter().filter_map(|s| s.point);
        let latitude = points().map(|p| p.lat()).sum::<f64>() / points().count().max(1) as f64;
        for (class, radius) in CLASS_RADII.iter().enumerate() {
            debug_assert!(class < NO_POINT);
            let pitch = reach_m(*radius, options) / METRES_PER_DEGREE;
            let wide = pitch / latitude.to_radians().cos().max(0.1);
            let cell =
                |s: &Sighting| s.point.map(|p| ((p.lat() / pitch).floor() as i32, (p.lon() / wide).floor() as i32));
            let mut counts: HashMap<(i32, i32), f64> = HashMap::new();
            for at in all.iter().filter_map(|s| cell(s)) {
                *counts.entry(at).or_default() += 1.0;
            }
            let around = |(x, y): (i32, i32)| -> f64 {
                let beside = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (x + dx, y + dy)));
                beside.filter_map(|at| counts.get(&at)).sum()
            };
            let shares: Vec<Option<f64>> = all.iter().map(|s| cell(s).map(around)).collect();
            let known = shares.iter().flatten().count().max(1) as f64;
            let mean = shares.iter().flatten().sum::<f64>() / known;
            for (crowd, share) in out.iter_mut().zip(&shares) {
                if let Some(share) = share {
                    crowd[class] = ((share + PRIOR) / (mean + PRIOR)).clamp(1.0 / MOST, MOST);
                }
            }
        }
        Self(out)
    }

    /// For a pair: the mean of the two.
    pub(super) fn of(&self, a: u32, b: u32, class: usize) -> f64 {
        f64::midpoint(self.0[a as usize][class], self.0[b as usize][class])
    }
}
