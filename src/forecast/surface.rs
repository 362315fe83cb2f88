//! The long-run spatial surface: what share of all events each cell gets.
//!
//! A mixture of three densities over the cells, p = w₀ raw + w₁ kernel + w₂ uniform:
//! * *raw*: each cell's own share of past events (a shelter or a clinic stays where it is);
//! * *kernel*: every past event spread over the cells around it by a biweight kernel whose bandwidth shrinks
//!   with the square root of the local density (Abramson 1982; Davies & Hazelton 2010), each kernel
//!   normalised over the cells themselves, so that nothing leaks over the border;
//! * *uniform*: a floor, so that no cell is ever given a certain zero.
//!
//! Bandwidth and weights are those under which events held out in four blocks of time are likeliest
//! (weights by expectation–maximisation). Limits: the surface knows no streets, water or population.

use super::panel::{Known, Layout};

/// Candidate bandwidths, in cell spacings.
const BANDWIDTHS: [f64; 5] = [1.6, 2.5, 4.0, 6.5, 10.0];
/// A local bandwidth lies within these multiples of the global one.
const NARROWEST: f64 = 0.5;
const WIDEST: f64 = 2.5;
/// Weak prior counts for the weights of raw, kernel and uniform: they decide while events are few.
const PRIOR: [f64; 3] = [0.5, 3.0, 1.0];
const BLOCKS: usize = 4;

/// What was learned about smoothing; good for some weeks.
#[derive(Debug, Clone)]
pub struct Smoothing {
    /// Global bandwidth, km.
    pub bandwidth: f64,
    /// Of raw, kernel, uniform; adds up to 1.
    pub weights: [f64; 3],
    kernel: Kernel,
}

/// For every cell that has seen an event: the cells it is spread over, with weights that add up to 1.
#[derive(Debug, Clone, Default)]
pub struct Kernel {
    /// Position in `starts` of each cell's row; `u32::MAX` for none.
    row_of: Vec<u32>,
    starts: Vec<u32>,
    to: Vec<u32>,
    weight: Vec<f32>,
}

impl Smoothing {
    /// Choose bandwidth and weights on what is known.
    pub fn learn(known: &Known) -> Self {
        let layout = known.layout;
        let totals = known.cell_totals(|_| 1.0);
        let grid = Grid::new(layout);
        let pilot = fixed(layout, &grid, 3.0 * layout.spacing, &totals).spread(&totals);
        let held_out = blocks(known);
        let mut best: Option<(f64, Smoothing)> = None;
        for factor in BANDWIDTHS {
            let bandwidth = factor * layout.spacing;
            let radii = local_bandwidths(&pilot, &totals, bandwidth, layout.spacing);
            let kernel = Kernel::build(layout, &grid, &totals, &radii);
            let (weights, fit) = weigh(&kernel, &totals, &held_out);
            if best.as_ref().is_none_or(|(b, _)| fit > *b) {
                best = Some((fit, Smoothing { bandwidth, weights, kernel }));
            }
        }
        let (_, mut chosen) = best.expect("the list of bandwidths is not empty");
        chosen.kernel.row_of.resize(layout.xy.len(), u32::MAX);
        chosen
    }

    /// Each cell's share of the weight of `counts`; adds up to 1. With no counts every cell is alike.
    pub fn surface(&self, layout: &Layout, counts: &[f64]) -> Vec<f64> {
        let n: f64 = counts.iter().sum();
        let uniform = 1.0 / counts.len().max(1) as f64;
        if n <= 0.0 {
            return vec![uniform; counts.len()];
        }
        let smooth = self.smooth(layout, counts);
        let [raw, kernel, flat] = self.weights;
        counts.iter().zip(smooth).map(|(c, s)| raw * c / n + kernel * s / n + flat * uniform).collect()
    }

    /// The kernel alone: `counts` spread over the cells around them, their sum kept.
    pub fn smooth(&self, layout: &Layout, counts: &[f64]) -> Vec<f64> {
        let mut out = self.kernel.spread(counts);
        // Cells that saw their first event after the smoothing was learned are lone ones: spread them widely.
        let strangers: Vec<f64> =
            counts.iter().zip(&self.kernel.row_of).map(|(c, r)| if *r == u32::MAX { *c } else { 0.0 }).collect();
        if strangers.iter().any(|c| *c > 0.0) {
            let wide = fixed(layout, &Grid::new(layout), WIDEST * self.bandwidth, &strangers);
            for (o, s) in out.iter_mut().zip(wide.spread(&strangers)) {
                *o += s;
            }
        }
        out
    }

    /// `counts` spread over each cell and its ring of neighbours.
    pub fn near(layout: &Layout, counts: &[f64]) -> Vec<f64> {
        fixed(layout, &Grid::new(layout), 2.2 * layout.spacing, counts).spread(counts)
    }
}

impl Kernel {
    /// Rows for the cells with weight; `radii` is asked only there.
    fn build(layout: &Layout, grid: &Grid, totals: &[f64], radii: &[f64]) -> Self {
        let mut kernel = Self { row_of: vec![u32::MAX; totals.len()], starts: vec![0], ..Self::default() };
        for cell in (0..totals.len()).filter(|&c| totals[c] > 0.0) {
            let begin = kernel.to.len();
            let radius = radii[cell].max(1e-9);
            let here = layout.xy[cell];
            let mut sum = 0.0;
            grid.within(here, radius, |other| {
                let at = layout.xy[other as usize];
                let u = ((at[0] - here[0]).powi(2) + (at[1] - here[1]).powi(2)) / (radius * radius);
                if u < 1.0 {
                    let w = (1.0 - u) * (1.0 - u);
                    kernel.to.push(other);
                    kernel.weight.push(w as f32);
                    sum += w;
                }
            });
            for w in &mut kernel.weight[begin..] {
                *w = (f64::from(*w) / sum) as f32;
            }
            kernel.row_of[cell] = kernel.starts.len() as u32 - 1;
            kernel.starts.push(kernel.to.len() as u32);
        }
        kernel
    }

    fn spread(&self, counts: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; counts.len()];
        for (cell, count) in counts.iter().enumerate().filter(|(_, c)| **c != 0.0) {
            let row = self.row_of[cell];
            if row == u32::MAX {
                continue;
            }
            let (a, b) = (self.starts[row as usize] as usize, self.starts[row as usize + 1] as usize);
            for (to, w) in self.to[a..b].iter().zip(&self.weight[a..b]) {
                out[*to as usize] += count * f64::from(*w);
            }
        }
        out
    }
}

fn fixed(layout: &Layout, grid: &Grid, radius: f64, counts: &[f64]) -> Kernel {
    Kernel::build(layout, grid, counts, &vec![radius; counts.len()])
}

/// Abramson's square-root law: the denser, the narrower.
fn local_bandwidths(pilot: &[f64], totals: &[f64], bandwidth: f64, spacing: f64) -> Vec<f64> {
    let n: f64 = totals.iter().sum();
    if n <= 0.0 {
        return vec![bandwidth; totals.len()];
    }
    let typical =
        pilot.iter().zip(totals).filter(|(_, t)| **t > 0.0).map(|(p, t)| t * p.max(1e-12).ln()).sum::<f64>() / n;
    pilot
        .iter()
        .map(|p| {
            let factor = (0.5 * (typical - p.max(1e-12).ln())).exp().clamp(NARROWEST, WIDEST);
            (factor * bandwidth).max(1.2 * spacing)
        })
        .collect()
}

/// Cell totals in each of a few consecutive blocks of time.
fn blocks(known: &Known) -> Vec<Vec<f64>> {
    let n = known.days.len();
    let mut out = vec![vec![0.0; known.layout.xy.len()]; BLOCKS];
    for &(cell, day, count) in &known.cells {
        out[(day as usize * BLOCKS / n).min(BLOCKS - 1)][cell as usize] += count;
    }
    out
}

/// Mixture weights that make each block likeliest given the others, and that log-likelihood per event.
fn weigh(kernel: &Kernel, totals: &[f64], held_out: &[Vec<f64>]) -> ([f64; 3], f64) {
    let uniform = 1.0 / totals.len().max(1) as f64;
    let mut points: Vec<([f64; 3], f64)> = Vec::new();
    for block in held_out {
        let rest: Vec<f64> = totals.iter().zip(block).map(|(t, b)| t - b).collect();
        let n: f64 = rest.iter().sum();
        if n <= 0.0 {
            continue;
        }
        let smooth = kernel.spread(&rest);
        for (cell, count) in block.iter().enumerate().filter(|(_, c)| **c > 0.0) {
            points.push(([rest[cell] / n, smooth[cell] / n, uniform], *count));
        }
    }
    stack(&points, PRIOR)
}

/// Weights of a mixture by expectation–maximisation with Dirichlet prior counts, and the mean log density.
/// Each point is the density of every component there, and how many events it stands for.
pub fn stack<const K: usize>(points: &[([f64; K], f64)], prior: [f64; K]) -> ([f64; K], f64) {
    let start: f64 = prior.iter().sum();
    let mut w = prior.map(|p| p / start);
    let n: f64 = points.iter().map(|(_, c)| c).sum();
    let density = |w: &[f64; K], p: &[f64; K]| w.iter().zip(p).map(|(a, b)| a * b).sum::<f64>().max(1e-300);
    for _ in 0..40 {
        let mut next = prior;
        for (p, count) in points {
            let all = density(&w, p);
            for k in 0..K {
                next[k] += count * w[k] * p[k] / all;
            }
        }
        w = next.map(|x| x / (start + n));
    }
    let fit = points.iter().map(|(p, count)| count * density(&w, p).ln()).sum::<f64>() / n.max(1.0);
    (w, fit)
}

/// Cells by square, to find those within a radius.
pub(super) struct Grid {
    side: f64,
    low: [f64; 2],
    columns: usize,
    rows: usize,
    squares: Vec<Vec<u32>>,
}

impl Grid {
    pub(super) fn new(layout: &Layout) -> Self {
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for p in &layout.xy {
            for i in 0..2 {
                low[i] = low[i].min(p[i]);
                high[i] = high[i].max(p[i]);
            }
        }
        if layout.xy.is_empty() {
            (low, high) = ([0.0; 2], [0.0; 2]);
        }
        // Far-flung cells must not make a grid of millions of empty squares.
        let side = (2.0 * layout.spacing).max((high[0] - low[0]).max(high[1] - low[1]) / 400.0).max(1e-6);
        let columns = ((high[0] - low[0]) / side) as usize + 1;
        let rows = ((high[1] - low[1]) / side) as usize + 1;
        let mut squares = vec![Vec::new(); columns * rows];
        for (i, p) in layout.xy.iter().enumerate() {
            let (c, r) = (((p[0] - low[0]) / side) as usize, ((p[1] - low[1]) / side) as usize);
            squares[r * columns + c].push(i as u32);
        }
        Self { side, low, columns, rows, squares }
    }

    /// Calls `visit` for every cell in the squares that the circle touches, in a fixed order.
    pub(super) fn within(&self, at: [f64; 2], radius: f64, mut visit: impl FnMut(u32)) {
        let range = |x: f64, low: f64, n: usize| {
            let a = (((x - radius - low) / self.side).floor().max(0.0)) as usize;
            let b = (((x + radius - low) / self.side).floor().max(0.0)) as usize;
            (a.min(n - 1), b.min(n - 1))
        };
        let (c0, c1) = range(at[0], self.low[0], self.columns);
        let (r0, r1) = range(at[1], self.low[1], self.rows);
        for r in r0..=r1 {
            for c in c0..=c1 {
                self.squares[r * self.columns + c].iter().for_each(|&i| visit(i));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            place::Point,
            time::{Day, DayRange},
        },
        forecast::panel::{Completeness, Panel, Sighting},
    };

    fn square_land(side: usize) -> Layout {
        let centres: Vec<Point> = (0..side * side)
            .map(|i| Point::new(44.0 + 0.01 * (i / side) as f64, -69.0 + 0.014 * (i % side) as f64).unwrap())
            .collect();
        Layout::new(&centres, &vec![None; side * side], 0, side * side).unwrap()
    }

    fn known_of(panel: &Panel) -> Known<'_> {
        panel.known_at(panel.days.to)
    }

    fn panel(layout: Layout, sightings: Vec<Sighting>) -> Panel {
        let days = DayRange::new(Day::from_epoch_days(0), Day::from_epoch_days(399)).unwrap();
        Panel::new(days, layout, sightings, vec![], &[], Completeness::ByLag(vec![])).unwrap()
    }

    #[test]
    fn a_surface_is_positive_everywhere_and_adds_up_to_one() {
        let p =
            panel(square_land(20), (0..80).map(|i| Sighting { place: i * 3, day: i * 4, lag: 0, count: 1 }).collect());
        let known = known_of(&p);
        let smoothing = Smoothing::learn(&known);
        let surface = smoothing.surface(&p.layout, &known.cell_totals(|_| 1.0));
        assert!((surface.iter().sum::<f64>() - 1.0).abs() < 1e-6);
        assert!(surface.iter().all(|s| *s > 0.0));
    }

    #[test]
    fn events_at_one_door_ask_for_little_smoothing_and_scattered_ones_for_much() {
        let door =
            panel(square_land(20), (0..100).map(|i| Sighting { place: 37, day: i * 4, lag: 0, count: 1 }).collect());
        let held = Smoothing::learn(&known_of(&door));
        assert!(held.weights[0] > 0.9, "{:?}", held.weights);
        // Multiplying by 177 modulo 400 visits every cell once.
        let spread = (0..300).map(|i| Sighting { place: i * 177 % 400, day: i, lag: 0, count: 1 }).collect();
        let loose = Smoothing::learn(&known_of(&panel(square_land(20), spread)).clone());
        assert!(loose.weights[0] < 0.05, "{:?}", loose.weights);
    }

    #[test]
    fn a_cell_that_is_new_since_learning_is_spread_too() {
        let p = panel(square_land(10), vec![Sighting { place: 3, day: 5, lag: 0, count: 9 }]);
        let smoothing = Smoothing::learn(&known_of(&p));
        let mut counts = vec![0.0; 100];
        counts[77] = 2.0;
        let smooth = smoothing.smooth(&p.layout, &counts);
        assert!((smooth.iter().sum::<f64>() - 2.0).abs() < 1e-6);
        assert!(smooth[78] > 0.0);
    }
}
