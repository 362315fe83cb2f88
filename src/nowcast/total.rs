//! Several days and feeds together: a week of an area, a day of all feeds.
//!
//! Draw j of each feed's delays gives every part its mean and variance to come ([`super::bayes`]); within a draw the
//! parts add up, and over the draws the doubt about the delays, which days of one feed share, is added. The sum is
//! told as the negative binomial of that mean and variance.

use super::{DelayModel, Prediction, bayes, predictive::ToCome};
use crate::{domain::time::Day, stats::CountDistribution};

/// The events of one day from one feed.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    pub model: &'a DelayModel,
    pub day: Day,
    /// Days since, at the moment the feed was last heard; negative for a day after that.
    pub age: i32,
    pub known: u32,
    /// What is usual for it on such a day, all in.
    pub usual: f64,
}

/// A sum, corrected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Total {
    pub known: u32,
    /// Of a usual number of events, the share that would be known by now, 0 to 1.
    pub share_known: f64,
    pub total: Prediction,
}

/// What these parts come to together. `None` when no part has anything still to come.
pub fn total(parts: &[Part]) -> Option<Total> {
    let open: Vec<&Part> = parts.iter().filter(|p| p.model.share(p.day, p.age).mean < 1.0).collect();
    if open.is_empty() {
        return None;
    }
    let samples = open.iter().map(|p| p.model.draws(p.day, p.age).count()).min().unwrap_or(0).max(1);
    let (mut means, mut variances) = (vec![0.0; samples], vec![0.0; samples]);
    for part in &open {
        let prior = bayes::learnt(part.usual.max(1e-6), 0.0);
        for (j, share) in part.model.draws(part.day, part.age).take(samples).enumerate() {
            let more = bayes::given(part.known, share, prior);
            means[j] += more.mean();
            variances[j] += more.variance();
        }
    }
    let known = parts.iter().map(|p| p.known).sum();
    let mean = means.iter().sum::<f64>() / samples as f64;
    let within = variances.iter().sum::<f64>() / samples as f64;
    let between = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / samples as f64;
    let extra = within + between - mean;
    let more = if extra > 0.0 && mean > 0.0 {
        CountDistribution::negative_binomial(mean, mean * mean / extra)
    } else {
        CountDistribution::poisson(mean)
    };
    let expected = f64::from(known) + mean;
    Some(Total {
        known,
        share_known: share_known(parts),
        total: Prediction::new(known, Some(expected), &ToCome::Large(more)),
    })
}

fn share_known(parts: &[Part]) -> f64 {
    let usual: f64 = parts.iter().map(|p| p.usual.max(1e-6)).sum();
    parts.iter().map(|p| p.usual.max(1e-6) * p.model.share(p.day, p.age).mean).sum::<f64>() / usual
}
