//! How much a case in one unit weighs on another: fixed weights, or a power of the neighbourhood order.
//!
//! w_ji is the weight of unit j's earlier count in the mean of unit i. The power law w_ji = o_ji^−d of the
//! order o (1 for neighbours, 2 for neighbours of neighbours, …) is that of Meyer & Held (2014, *Annals of
//! Applied Statistics* 8:1612), who normalise it over the units that j's cases spread to.

use std::collections::VecDeque;

/// Unit `from`'s cases weigh on unit `to`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    pub from: usize,
    pub to: usize,
    /// The weight; for a power law the order or distance that is raised to −d.
    pub value: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightShape {
    /// The links' values are the weights.
    Fixed,
    /// Weights are value^−d; d is estimated.
    PowerLaw,
}

/// Weights between units. Units without a link are not neighbours.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    pub links: Vec<Link>,
    pub shape: WeightShape,
    /// Divide the weights of the links that leave a unit by their sum: a case is shared out, not copied.
    pub normalised: bool,
}

impl Weights {
    /// Weight 1 between the units of each pair, in both directions.
    pub fn adjacency(pairs: &[(usize, usize)]) -> Self {
        let mut both: Vec<(usize, usize)> =
            pairs.iter().flat_map(|&(a, b)| [(a, b), (b, a)]).filter(|(a, b)| a != b).collect();
        both.sort_unstable();
        both.dedup();
        let links = both.into_iter().map(|(from, to)| Link { from, to, value: 1.0 }).collect();
        Self { links, shape: WeightShape::Fixed, normalised: false }
    }

    /// `matrix[j][i]` is w_ji; zeros are no links.
    pub fn matrix(matrix: &[Vec<f64>]) -> Self {
        let links = matrix.iter().enumerate().flat_map(|(from, row)| {
            row.iter().enumerate().filter(|(_, v)| **v != 0.0).map(move |(to, &value)| Link { from, to, value })
        });
        Self { links: links.collect(), shape: WeightShape::Fixed, normalised: false }
    }

    #[must_use]
    pub fn normalised(self) -> Self {
        Self { normalised: true, ..self }
    }

    /// A power law of the neighbourhood order up to `max_order`. Where all values are 1, links are borders between
    /// units and orders are counted from them; other values are taken as the orders (or distances) themselves.
    /// Normalised, unless changed afterwards.
    #[must_use]
    pub fn power_law(&self, units: usize, max_order: u32) -> Self {
        let shape = WeightShape::PowerLaw;
        if self.links.iter().any(|l| l.value != 1.0) {
            let near = |l: &&Link| l.from != l.to && l.value > 0.0 && l.value <= f64::from(max_order);
            return Self { links: self.links.iter().filter(near).copied().collect(), shape, normalised: true };
        }
        let mut next = vec![Vec::new(); units];
        for link in self.links.iter().filter(|l| l.from != l.to) {
            next[link.from].push(link.to);
        }
        let links = (0..units).flat_map(|from| orders(&next, from, max_order)).collect();
        Self { links, shape, normalised: true }
    }

    /// Weights at a power d with their first and second derivative by d, in the order of the links. Fixed
    /// weights do not depend on d.
    pub(super) fn at(&self, d: f64) -> Vec<[f64; 3]> {
        let raw: Vec<[f64; 3]> = self
            .links
            .iter()
            .map(|l| match self.shape {
                WeightShape::Fixed => [l.value, 0.0, 0.0],
                WeightShape::PowerLaw => {
                    let (w, ln) = (l.value.powf(-d), l.value.ln());
                    [w, -ln * w, ln * ln * w]
                }
            })
            .collect();
        if !self.normalised {
            return raw;
        }
        let units = self.links.iter().map(|l| l.from + 1).max().unwrap_or(0);
        let mut sums = vec![[0.0; 3]; units];
        for (link, w) in self.links.iter().zip(&raw) {
            for k in 0..3 {
                sums[link.from][k] += w[k];
            }
        }
        self.links.iter().zip(&raw).map(|(l, w)| quotient(*w, sums[l.from])).collect()
    }
}

/// a/s with its derivatives, from those of a and s.
fn quotient([a, a1, a2]: [f64; 3], [s, s1, s2]: [f64; 3]) -> [f64; 3] {
    let q = a / s;
    let q1 = (a1 - q * s1) / s;
    let q2 = (a2 - 2.0 * q1 * s1 - q * s2) / s;
    [q, q1, q2]
}

/// Every unit that is reached from one in at most `max_order` steps, with the fewest steps (breadth first).
fn orders(next: &[Vec<usize>], from: usize, max_order: u32) -> Vec<Link> {
    let mut order = vec![None; next.len()];
    order[from] = Some(0);
    let mut queue = VecDeque::from([(from, 0u32)]);
    while let Some((unit, steps)) = queue.pop_front() {
        if steps == max_order {
            continue;
        }
        for &to in &next[unit] {
            if order[to].is_none() {
                order[to] = Some(steps + 1);
                queue.push_back((to, steps + 1));
            }
        }
    }
    let reached = order.into_iter().enumerate().filter(|(to, _)| *to != from);
    reached.filter_map(|(to, o)| o.map(|o: u32| Link { from, to, value: f64::from(o) })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0 – 1 – 2 – 3
    fn line() -> Weights {
        Weights::adjacency(&[(0, 1), (2, 1), (2, 3), (1, 2)])
    }

    #[test]
    fn orders_are_the_fewest_steps_between_units() {
        let law = line().power_law(4, 2);
        let value = |from, to| law.links.iter().find(|l| (l.from, l.to) == (from, to)).map(|l| l.value);
        assert_eq!((value(0, 1), value(0, 2), value(0, 3), value(0, 0)), (Some(1.0), Some(2.0), None, None));
        assert_eq!(law.links.len(), 10);
    }

    #[test]
    fn values_that_are_orders_already_are_kept() {
        let matrix = [vec![0.0, 1.0, 2.0], vec![1.0, 0.0, 3.0], vec![2.0, 3.0, 0.0]];
        let law = Weights::matrix(&matrix).power_law(3, 2);
        let orders: Vec<(usize, usize, f64)> = law.links.iter().map(|l| (l.from, l.to, l.value)).collect();
        assert_eq!(orders, [(0, 1, 1.0), (0, 2, 2.0), (1, 0, 1.0), (2, 0, 2.0)]);
    }

    #[test]
    fn normalised_weights_share_a_unit_out() {
        let w = line().normalised();
        let at = w.at(0.0);
        let out_of_1: f64 = w.links.iter().zip(&at).filter(|(l, _)| l.from == 1).map(|(_, v)| v[0]).sum();
        assert!((out_of_1 - 1.0).abs() < 1e-15);
    }

    #[test]
    fn derivatives_of_the_power_law_are_those_of_finite_differences() {
        for law in [line().power_law(4, 3), Weights { normalised: false, ..line().power_law(4, 3) }] {
            let (d, h) = (1.3, 1e-4);
            let [low, here, high] = [d - h, d, d + h].map(|d| law.at(d));
            for ((low, here), high) in low.iter().zip(&here).zip(&high) {
                assert!(((high[0] - low[0]) / (2.0 * h) - here[1]).abs() < 1e-7);
                assert!(((high[1] - low[1]) / (2.0 * h) - here[2]).abs() < 1e-7);
            }
        }
    }
}
