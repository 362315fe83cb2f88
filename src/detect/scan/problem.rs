//! A scan boiled down to numbers: what every model hands to the engine.

use std::sync::Arc;

use crate::stats::Random;

use super::{statistic::Statistic, windows::Window};

/// `count` cases at a place in an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cases {
    pub place: u32,
    pub interval: u32,
    pub count: u32,
}

/// The expectation of every place and interval. Sums to the number of cases.
pub(super) enum Expected {
    /// Σ over factors r of `weights[r][place] · basis[r][interval]`. The permutation model has one factor
    /// per stratum (cases at the place × share of the stratum's cases in the interval), the Poisson model
    /// one per date of its population.
    Factored { weights: Vec<Vec<f64>>, basis: Vec<Vec<f64>> },
    /// (place, interval, value), for models whose measure has no such form.
    Sparse(Vec<(u32, u32, f64)>),
}

/// How a world without clusters is drawn.
pub(super) trait Null: Send + Sync {
    /// Appends (place, interval) of every case of one such world that falls into `live`. Cases outside it
    /// need not be drawn. `scratch` may be used at will.
    fn draw(&self, live: Window, random: &mut Random, scratch: &mut Vec<u32>, out: &mut Vec<(u32, u32)>);
}

pub(super) struct Problem {
    pub statistic: Statistic,
    pub expected: Expected,
    pub observed: Vec<Cases>,
    /// Population at risk of every place, which limits the size of circles.
    pub risk: Vec<f64>,
    /// Cases of every interval, where the null holds them fixed: the statistic then compares a window with
    /// the other places *in the same intervals*, and C is the window's own.
    pub fixed: Option<Vec<f64>>,
    /// Draws in the finest places, also for a problem of coarser ones.
    pub null: Arc<dyn Null>,
}

impl Problem {
    /// The same cases and expectations by coarser places: `label` of every place, below `places`. The null is the
    /// same too, so that every resolution is scanned in the same worlds.
    pub fn coarser(&self, label: &[u32], places: usize) -> Self {
        let sums = |of: &[f64]| {
            let mut sums = vec![0.0; places];
            of.iter().zip(label).for_each(|(v, l)| sums[*l as usize] += v);
            sums
        };
        let expected = match &self.expected {
            Expected::Factored { weights, basis } => {
                Expected::Factored { weights: weights.iter().map(|w| sums(w)).collect(), basis: basis.clone() }
            }
            Expected::Sparse(cells) => {
                Expected::Sparse(cells.iter().map(|&(p, t, v)| (label[p as usize], t, v)).collect())
            }
        };
        Self {
            statistic: self.statistic,
            expected,
            observed: self.observed.iter().map(|c| Cases { place: label[c.place as usize], ..*c }).collect(),
            risk: sums(&self.risk),
            fixed: self.fixed.clone(),
            null: Arc::clone(&self.null),
        }
    }

    /// The statistic of a window.
    pub fn statistic_in(&self, window: Window) -> Statistic {
        match &self.fixed {
            Some(by_interval) => {
                Statistic::Poisson { cases: by_interval[window.from as usize..=window.to as usize].iter().sum() }
            }
            None => self.statistic,
        }
    }
}
