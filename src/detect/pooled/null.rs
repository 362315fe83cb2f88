//! How rare is a score? The detector's own null distribution, simulated once and kept as a table.
//!
//! The score of a day is s = the smallest tail probability over the windows of 1 to 14 days; being a minimum it is
//! smaller than a p-value should be. For a flat area with a mean a day, daily overdispersion and doubt about its level
//! as the model says, `derive` simulates thousands of years and counts on which share of days the score is as small as
//! s (that is the *p-value*), and how often a run of such scores begins after seven days without one (its inverse is
//! the *recurrence interval*). Kept are the factors by which both differ from s itself, which change slowly; between the
//! points of the table their logarithms are interpolated linearly. Counts of quiet areas take few values: at every
//! point the mean is spread evenly over its step of the table, so that the table is right on average over areas.
//!
//! To make the table anew after a change of the statistic: `emberwatch study --derive-null`.

use std::{fmt::Write, sync::OnceLock};

use crate::stats::{CountDistribution, Random};

use super::level::Gamma;

/// Mean a day.
pub const MEANS: [f64; 11] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0];
/// Dispersion of a day − 1.
pub const EXTRAS: [f64; 5] = [0.0, 0.25, 0.75, 2.0, 5.0];
/// Coefficient of variation of the level.
pub const DOUBTS: [f64; 5] = [0.0, 0.08, 0.16, 0.3, 0.5];
/// −log₁₀ of the scores: 0, ½, 1 … 8.
pub const SCORES: usize = 17;
/// Days without an exceedance after which an episode is over.
pub const QUIET_DAYS: usize = 7;
/// Windows that hold fewer events than this are not looked at: one event is no cluster.
pub const LEAST_EVENTS: u32 = 2;
/// Longest window.
pub const WINDOWS: usize = 14;
/// Days for which an area's level stays apart from what is believed of it.
const STRETCH: usize = 180;
/// Exceedances below which a simulated share is not believed.
const LEAST_SEEN: u32 = 25;

/// Where in the table an area stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub mean: f64,
    pub extra: f64,
    pub doubt: f64,
}

/// What chance alone does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rarity {
    /// Share of days with a score as small.
    pub p_value: f64,
    /// Episodes of such scores that begin, per day.
    pub starts_a_day: f64,
}

/// Logarithms of share/s and starts/s at each score.
type Node = [[f64; SCORES]; 2];

struct Table(Vec<Node>);

/// How rare a score (a probability) is at a place.
pub fn rarity(place: Place, score: f64) -> Rarity {
    table().rarity(place, score)
}

/// The score whose episodes begin `rate` times a day by chance alone: the alarm bound of a budget.
pub fn score_for(place: Place, starts_a_day: f64) -> f64 {
    let (mut low, mut high) = (-40.0f64, 0.0f64);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if rarity(place, middle.exp()).starts_a_day <= starts_a_day { low = middle } else { high = middle }
    }
    low.exp()
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::parse(include_str!("null_table.csv")))
}

impl Table {
    fn parse(text: &str) -> Self {
        let nodes: Vec<Node> = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                let mut numbers = line.split(',').map(|n| n.parse::<f64>().expect("the table holds numbers"));
                std::array::from_fn(|_| std::array::from_fn(|_| numbers.next().expect("the table is complete")))
            })
            .collect();
        assert_eq!(nodes.len(), MEANS.len() * EXTRAS.len() * DOUBTS.len(), "the table is complete");
        Self(nodes)
    }

    fn rarity(&self, place: Place, score: f64) -> Rarity {
        let depth = (-score.max(1e-300).log10() * 2.0).max(0.0);
        let (k, part) = cell(depth, SCORES);
        let (m, mf) = cell_of(&MEANS, place.mean, f64::ln);
        let (e, ef) = cell_of(&EXTRAS, place.extra, |x| (x + 0.1).ln());
        let (d, df) = cell_of(&DOUBTS, place.doubt, |x| x);
        let mut sums = [0.0; 2];
        for corner in 0..8 {
            let (i, j, l) = (m + (corner & 1), e + (corner >> 1 & 1), d + (corner >> 2));
            let side = |bit: usize, f: f64| if bit == 1 { f } else { 1.0 - f };
            let weight = side(corner & 1, mf) * side(corner >> 1 & 1, ef) * side(corner >> 2, df);
            if weight > 0.0 {
                let node = &self.0[(i * EXTRAS.len() + j) * DOUBTS.len() + l];
                for (sum, values) in sums.iter_mut().zip(node) {
                    *sum += weight * (values[k] + part * (values[k + 1] - values[k]));
                }
            }
        }
        let score = score.max(1e-300);
        Rarity { p_value: (score * sums[0].exp()).min(1.0), starts_a_day: score * sums[1].exp() }
    }
}

/// Cell and position in it, for points 0, 1 … n − 1; ends are held.
fn cell(x: f64, n: usize) -> (usize, f64) {
    let x = x.clamp(0.0, (n - 1) as f64);
    let i = (x as usize).min(n - 2);
    (i, x - i as f64)
}

fn cell_of(points: &[f64], x: f64, scale: impl Fn(f64) -> f64) -> (usize, f64) {
    let x = x.clamp(points[0], points[points.len() - 1]);
    let i = points.partition_point(|p| *p <= x).clamp(1, points.len() - 1) - 1;
    let (low, high) = (scale(points[i]), scale(points[i + 1]));
    (i, ((scale(x) - low) / (high - low)).clamp(0.0, 1.0))
}

/// The text of the table, from `years` simulated years at each point.
pub fn derive_table(years: usize, seed: u64) -> String {
    use rayon::prelude::*;
    let points: Vec<Place> = MEANS
        .iter()
        .flat_map(|&mean| {
            EXTRAS.iter().flat_map(move |&extra| DOUBTS.iter().map(move |&doubt| Place { mean, extra, doubt }))
        })
        .collect();
    let nodes: Vec<Node> = points
        .par_iter()
        .enumerate()
        .map(|(n, place)| derive(*place, years, &mut Random::stream(seed, n as u64)))
        .collect();
    let mut text =
        format!("# {years} years at each point, seed {seed}: ln(share/s) and ln(starts/s) at s = 1, 10^-0.5 … 10^-8\n");
    for node in nodes {
        let numbers: Vec<String> = node.iter().flatten().map(|x| format!("{x:.3}")).collect();
        let _ = writeln!(text, "{}", numbers.join(","));
    }
    text
}

/// One point of the table.
pub fn derive(place: Place, years: usize, random: &mut Random) -> Node {
    // Few values of quiet counts: more means within the step.
    let within = if place.mean < 5.0 { 16 } else { 4 };
    let mut seen = [0u32; SCORES];
    let mut starts = [0u32; SCORES];
    let mut days = 0usize;
    for part in 0..within {
        let shift = (part as f64 + 0.5) / within as f64 - 0.5;
        let mean = place.mean * 10f64.powf(shift / 2.0);
        let flat = Flat::new(Place { mean, ..place });
        let stretches = (years * 365).div_ceil(within * STRETCH).max(1);
        for _ in 0..stretches {
            days += flat.stretch(&mut seen, &mut starts, random);
        }
    }
    // A share that rests on too few keeps the last factor that does not.
    let mut node = [[0.0; SCORES]; 2];
    for (row, counts) in node.iter_mut().zip([seen, starts]) {
        let highest = counts.iter().enumerate().max_by_key(|(_, n)| **n).map_or(0, |(k, _)| k);
        for k in 0..SCORES {
            let s = 10f64.powf(-(k as f64) / 2.0);
            row[k] = if counts[k] >= LEAST_SEEN || k <= highest {
                (f64::from(counts[k].max(1)) / days as f64 / s).ln()
            } else {
                row[k - 1]
            };
        }
        // Beyond the score at which most episodes begin, a larger one only joins them: it shall not look rarer.
        for k in 0..highest {
            row[k] = row[highest];
        }
    }
    node
}

/// A flat area: tail probabilities of every window's every sum, as −2 log₁₀.
struct Flat {
    place: Place,
    depth: Vec<Vec<f64>>,
}

impl Flat {
    fn new(place: Place) -> Self {
        let depth = (1..=WINDOWS)
            .map(|w| {
                let mean = place.mean * w as f64;
                let extra = place.extra * mean + (place.doubt * mean).powi(2);
                tails(CountDistribution::negative_binomial(mean, mean * mean / extra))
            })
            .collect();
        Self { place, depth }
    }

    /// Half a year at one true level; returns the days judged.
    fn stretch(&self, seen: &mut [u32; SCORES], starts: &mut [u32; SCORES], random: &mut Random) -> usize {
        let level = if self.place.doubt > 0.0 {
            let a = self.place.doubt.powi(-2);
            self.place.mean * gamma(Gamma { a, b: a }, random)
        } else {
            self.place.mean
        };
        let kappa = self.place.extra / self.place.mean;
        let cumulative = cumulative(CountDistribution::negative_binomial(level, 1.0 / kappa));
        let warm_up = WINDOWS + QUIET_DAYS;
        let mut recent = [0u32; WINDOWS];
        let mut last = [usize::MAX; SCORES];
        for day in 0..STRETCH + warm_up {
            let u = random.unit();
            recent[day % WINDOWS] = cumulative.partition_point(|c| *c <= u) as u32;
            if day < WINDOWS {
                continue;
            }
            let depth = self.depth(&recent, day);
            for k in 0..SCORES {
                if depth < k as f64 {
                    break;
                }
                let quiet = last[k] == usize::MAX || day - last[k] > QUIET_DAYS;
                if day >= warm_up {
                    seen[k] += 1;
                    starts[k] += u32::from(quiet);
                }
                last[k] = day;
            }
        }
        STRETCH
    }

    fn depth(&self, recent: &[u32; WINDOWS], day: usize) -> f64 {
        let (mut sum, mut deepest) = (0, 0.0f64);
        for w in 0..WINDOWS {
            sum += recent[(day + WINDOWS - w) % WINDOWS];
            if sum >= LEAST_EVENTS {
                let tails = &self.depth[w];
                deepest = deepest.max(tails[(sum as usize).min(tails.len() - 1)]);
            }
        }
        deepest
    }
}

/// −2 log₁₀ P(X ≥ k) for k = 0, 1 … until it is beyond all use.
fn tails(sum: CountDistribution) -> Vec<f64> {
    let mut pmf = Vec::new();
    let mut k = 0u64;
    loop {
        let p = sum.pmf(k);
        pmf.push(p);
        if (k as f64 > sum.mean() && p < 1e-30) || k > 2_000_000 {
            break;
        }
        k += 1;
    }
    let mut tail = 0.0;
    for p in pmf.iter_mut().rev() {
        tail += *p;
        *p = -2.0 * tail.max(1e-300).log10();
    }
    pmf
}

fn cumulative(day: CountDistribution) -> Vec<f64> {
    let (mut sum, mut all, mut k) = (0.0, Vec::new(), 0u64);
    while sum < 1.0 - 1e-13 && k < 1_000_000 {
        sum += day.pmf(k);
        all.push(sum);
        k += 1;
        if k as f64 > day.mean() && day.pmf(k) < 1e-17 {
            break;
        }
    }
    all
}

/// A draw from a gamma distribution (Marsaglia & Tsang 2000).
pub fn gamma(gamma: Gamma, random: &mut Random) -> f64 {
    let boost = if gamma.a < 1.0 { random.open_unit().powf(1.0 / gamma.a) } else { 1.0 };
    let d = gamma.a.max(if gamma.a < 1.0 { gamma.a + 1.0 } else { gamma.a }) - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = random.normal();
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && random.open_unit().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return boost * d * v / gamma.b;
        }
    }
}
