//! Small worlds for testing one method: counts on any points and days, with or without an outbreak.
//!
//! Each site has a mean per day; a day's count is Poisson, or negative binomial when a dispersion is
//! given, with the mean × weekday × season × trend. [`with_outbreak`] multiplies the means inside a
//! circle over some days and says which counts it touched.

use super::draw::Draw;
use crate::domain::{
    place::Point,
    series::Cube,
    time::{Day, DayRange},
};

/// A place with a mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    pub point: Point,
    /// Events a day.
    pub rate: f64,
}

/// How counts vary around the means. The default is plain Poisson without any pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlatOptions {
    /// Factors Monday to Sunday.
    pub weekday: [f64; 7],
    /// Half the swing of a yearly wave with its top in mid-July.
    pub season_amplitude: f64,
    pub trend_per_year: f64,
    /// Size of the negative binomial (variance = mean + mean² / size); `None` is Poisson.
    pub size: Option<f64>,
}

impl Default for FlatOptions {
    fn default() -> Self {
        Self { weekday: [1.0; 7], season_amplitude: 0.0, trend_per_year: 0.0, size: None }
    }
}

/// An increase to put in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Injection {
    pub centre: Point,
    pub radius_km: f64,
    pub days: DayRange,
    /// Means inside are multiplied by this; 1 changes nothing.
    pub relative_risk: f64,
}

/// What the injection did.
#[derive(Debug, Clone, PartialEq)]
pub struct Injected {
    /// Positions of the sites inside.
    pub sites: Vec<usize>,
    pub days: DayRange,
    /// Events it added.
    pub extra: u64,
    /// Means of the baseline inside, summed over the days.
    pub usual: f64,
}

/// Counts by site and day, zeros left out, in the order (site, day).
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub sites: Vec<Site>,
    pub days: DayRange,
    /// (position of the site, day, count).
    pub counts: Vec<(usize, Day, u32)>,
}

impl Table {
    /// The table as a cube whose places are the sites' positions.
    pub fn cube(&self) -> Cube<usize> {
        let places: Vec<usize> = (0..self.sites.len()).collect();
        Cube::from_counts(&places, self.days, self.counts.iter().copied())
    }

    /// One site's counts, a value for every day.
    pub fn series(&self, site: usize) -> Vec<u32> {
        self.cube().series(site)
    }

    pub fn total(&self) -> u64 {
        self.counts.iter().map(|(_, _, n)| u64::from(*n)).sum()
    }
}

/// Counts without an outbreak. Each site draws from its own stream: adding one leaves the others alone.
pub fn flat(sites: &[Site], days: DayRange, options: &FlatOptions, seed: u64) -> Table {
    let mut counts = Vec::new();
    for (i, site) in sites.iter().enumerate() {
        let mut draw = Draw::stream_at(seed, "flat", i as u64, 0);
        for day in days.days() {
            let mean = site.rate * factor(options, days, day);
            let n = match options.size {
                Some(size) if mean > 0.0 => draw.negative_binomial(mean, size),
                _ => draw.poisson(mean),
            };
            if n > 0 {
                counts.push((i, day, n as u32));
            }
        }
    }
    Table { sites: sites.to_vec(), days, counts }
}

/// The table of [`flat`] with the same seed, plus Poisson extra events inside the injection.
pub fn with_outbreak(
    sites: &[Site],
    days: DayRange,
    options: &FlatOptions,
    injection: &Injection,
    seed: u64,
) -> (Table, Injected) {
    let mut table = flat(sites, days, options, seed);
    let inside: Vec<usize> =
        (0..sites.len()).filter(|i| sites[*i].point.distance_km(injection.centre) <= injection.radius_km).collect();
    let mut truth = Injected { sites: inside, days: injection.days, extra: 0, usual: 0.0 };
    let mut added = Vec::new();
    for i in &truth.sites {
        let mut draw = Draw::stream_at(seed, "outbreak", *i as u64, 0);
        for day in injection.days.days().filter(|d| days.contains(*d)) {
            let usual = sites[*i].rate * factor(options, days, day);
            let n = draw.poisson(usual * (injection.relative_risk - 1.0));
            truth.usual += usual;
            truth.extra += n;
            if n > 0 {
                added.push((*i, day, n as u32));
            }
        }
    }
    table.counts.append(&mut added);
    table.counts.sort_unstable();
    table.counts.dedup_by(|next, kept| {
        let same = (next.0, next.1) == (kept.0, kept.1);
        if same {
            kept.2 += next.2;
        }
        same
    });
    (table, truth)
}

fn factor(o: &FlatOptions, days: DayRange, day: Day) -> f64 {
    let phase = (f64::from(day.ordinal()) - 196.0) / 365.25 * std::f64::consts::TAU;
    let trend = (1.0 + o.trend_per_year).powf(f64::from(day - days.from) / 365.25);
    o.weekday[day.weekday_index()] * (1.0 + o.season_amplitude * phase.cos()) * trend
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites() -> Vec<Site> {
        (0..25)
            .map(|i| Site {
                point: Point::new(44.0 + 0.1 * f64::from(i / 5), -69.0 + 0.1 * f64::from(i % 5)).unwrap(),
                rate: 0.5,
            })
            .collect()
    }

    fn days(n: i32) -> DayRange {
        DayRange::ending("2026-05-31".parse().unwrap(), n)
    }

    #[test]
    fn flat_counts_have_the_mean_that_was_asked_for() {
        let table = flat(&sites(), days(400), &FlatOptions::default(), 1);
        let mean = table.total() as f64 / (25.0 * 400.0);
        assert!((mean - 0.5).abs() < 0.03, "{mean}");
        assert_eq!(table, flat(&sites(), days(400), &FlatOptions::default(), 1));
        assert_ne!(table, flat(&sites(), days(400), &FlatOptions::default(), 2));
    }

    #[test]
    fn a_size_makes_counts_vary_more_than_poisson() {
        let one = [Site { rate: 6.0, ..sites()[0] }];
        let options = FlatOptions { size: Some(2.0), ..FlatOptions::default() };
        let series = flat(&one, days(2000), &options, 3).series(0);
        let mean = series.iter().sum::<u32>() as f64 / 2000.0;
        let variance = series.iter().map(|n| (f64::from(*n) - mean).powi(2)).sum::<f64>() / 1999.0;
        assert!((variance / 24.0 - 1.0).abs() < 0.2, "{mean} {variance}");
    }

    #[test]
    fn an_outbreak_changes_only_the_counts_it_names() {
        let injection = Injection {
            centre: sites()[12].point,
            radius_km: 12.0,
            days: DayRange::ending("2026-05-30".parse().unwrap(), 7),
            relative_risk: 5.0,
        };
        let before = flat(&sites(), days(60), &FlatOptions::default(), 9);
        let (after, truth) = with_outbreak(&sites(), days(60), &FlatOptions::default(), &injection, 9);
        assert!(truth.sites.contains(&12) && truth.sites.len() < 10 && truth.extra > 0);
        assert_eq!(after.total() - before.total(), truth.extra);
        let (before, after) = (before.cube(), after.cube());
        for site in 0..25 {
            for (i, day) in days(60).days().enumerate() {
                let touched = truth.sites.contains(&site) && injection.days.contains(day);
                let (old, new) = (before.series(site)[i], after.series(site)[i]);
                assert!(if touched { new >= old } else { new == old }, "site {site}, {day}");
            }
        }
    }
}
