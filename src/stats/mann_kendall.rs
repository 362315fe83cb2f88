//! Mann (1945) and Kendall (1975): is a series rising or falling? And Sen (1968): how fast?
//!
//! S counts the pairs in which the later value is the larger, less those in which it is the smaller. Without a
//! trend its mean is 0 and its variance n(n−1)(2n+5)/18, from which Σ t(t−1)(2t+5)/18 is taken for the t values
//! of each tie; z has the continuity correction of one towards 0, and p is two-sided from the normal
//! distribution (fair from about ten values on). Tau is Kendall's τ-a: S over all pairs, tied ones included.
//! Sen's slope is the median of the slopes of all pairs.
//!
//! **Limits.** Values must be independent of one another: where each resembles the one before, p is too small
//! (Hamed & Rao 1998). Seasons are not told from a trend.
//!
//! A value that is NaN is missing: it is in no pair, and the others keep their places in time.

/// How a series moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannKendall {
    /// Values that are not missing.
    pub n: usize,
    /// Pairs that rise less pairs that fall.
    pub s: i64,
    /// Variance of S without a trend, ties taken into account.
    pub variance: f64,
    /// Positive when rising; 0 when all values are alike.
    pub z: f64,
    /// Two-sided.
    pub p_value: f64,
    /// −1 (every pair falls) to 1 (every pair rises).
    pub tau: f64,
}

/// `None` with fewer than two values.
pub fn mann_kendall(series: &[f64]) -> Option<MannKendall> {
    // Minus zero is zero: they are equal, but not in the order of the sort.
    let x: Vec<f64> = series.iter().filter(|v| !v.is_nan()).map(|v| v + 0.0).collect();
    if x.len() < 2 {
        return None;
    }
    let n = x.len() as f64;
    let mut sorted = x.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let ties: f64 = sorted.chunk_by(|a, b| a == b).map(|alike| kendall_term(alike.len() as f64)).sum();
    let variance = (kendall_term(n) - ties) / 18.0;
    let s = score(&x, &sorted);
    let z = if s == 0 { 0.0 } else { (s - s.signum()) as f64 / variance.sqrt() };
    Some(MannKendall { n: x.len(), s, variance, z, p_value: two_sided(z), tau: s as f64 / (0.5 * n * (n - 1.0)) })
}

/// Sen's slope, in units of the series per step; `None` with fewer than two values. Takes 8 bytes for each of
/// the n(n−1)/2 pairs.
pub fn sen_slope(series: &[f64]) -> Option<f64> {
    let known: Vec<(usize, f64)> = series.iter().copied().enumerate().filter(|(_, v)| !v.is_nan()).collect();
    let mut slopes: Vec<f64> = Vec::with_capacity(known.len() * known.len().saturating_sub(1) / 2);
    for (i, (at, from)) in known.iter().enumerate() {
        slopes.extend(known[i + 1..].iter().map(|(then, to)| (to - from) / (then - at) as f64));
    }
    let middle = slopes.len().checked_sub(1)? / 2;
    let even = slopes.len().is_multiple_of(2);
    let (_, low, above) = slopes.select_nth_unstable_by(middle, f64::total_cmp);
    let low = *low;
    if !even {
        return Some(low);
    }
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    Some((low + high) / 2.0)
}

fn two_sided(z: f64) -> f64 {
    (2.0 * super::normal::survival(z.abs())).min(1.0)
}

/// All pairs, compared by rank: for the few hundred values of a series quicker than counting inversions by sorting,
/// as the processor compares several whole numbers at a time.
fn score(x: &[f64], sorted: &[f64]) -> i64 {
    let rank = |v: &f64| sorted.partition_point(|other| other < v) as i32;
    let x: Vec<i32> = x.iter().map(rank).collect();
    let mut s = 0;
    for (i, &before) in x.iter().enumerate() {
        let signs = x[i + 1..].iter().map(|&after| i32::from(after > before) - i32::from(after < before));
        s += i64::from(signs.sum::<i32>());
    }
    s
}

fn kendall_term(n: f64) -> f64 {
    n * (n - 1.0) * (2.0 * n + 5.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_a_rising_series_rises() {
        let trend = mann_kendall(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!((trend.s, trend.tau), (6, 1.0));
        // 4·3·13/18, and (6 − 1) over its root.
        assert!((trend.variance - 156.0 / 18.0).abs() < 1e-12);
        assert!((trend.z - 5.0 / (156.0f64 / 18.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn ties_take_from_the_variance_and_not_from_the_pairs_of_tau() {
        // Pairs: 1<2, 1<2, 1<3, 2=2, 2<3, 2<3.
        let trend = mann_kendall(&[1.0, 2.0, 2.0, 3.0]).unwrap();
        assert_eq!((trend.s, trend.tau), (5, 5.0 / 6.0));
        assert!((trend.variance - (156.0 - 18.0) / 18.0).abs() < 1e-12);
    }

    #[test]
    fn the_variance_is_that_of_every_order_of_the_values() {
        // Exact: S over all 5! orders of a series with a tie has mean 0 and the variance that is stated.
        let values = [1.0, 1.0, 2.0, 3.0, 5.0];
        let mut orders = vec![vec![]];
        for _ in 0..5 {
            orders = orders
                .into_iter()
                .flat_map(|o: Vec<usize>| {
                    (0..5).filter(|i| !o.contains(i)).map(|i| [&o[..], &[i]].concat()).collect::<Vec<_>>()
                })
                .collect();
        }
        let of = |o: &Vec<usize>| mann_kendall(&o.iter().map(|i| values[*i]).collect::<Vec<_>>()).unwrap();
        let squares: f64 = orders.iter().map(|o| (of(o).s as f64).powi(2)).sum();
        assert_eq!(orders.iter().map(|o| of(o).s).sum::<i64>(), 0);
        assert!((squares / 120.0 - of(&orders[0]).variance).abs() < 1e-9);
    }

    #[test]
    fn minus_zero_ties_with_zero() {
        let trend = mann_kendall(&[0.0, -0.0, 0.0, 1.0]).unwrap();
        assert_eq!(trend, mann_kendall(&[0.0, 0.0, 0.0, 1.0]).unwrap());
        assert_eq!(trend.s, 3);
    }

    #[test]
    fn a_flat_series_has_no_trend() {
        let trend = mann_kendall(&[5.0; 8]).unwrap();
        assert_eq!((trend.s, trend.z, trend.p_value, trend.variance), (0, 0.0, 1.0, 0.0));
        assert_eq!(sen_slope(&[5.0; 8]), Some(0.0));
    }

    #[test]
    fn the_slope_is_the_median_of_all_pairs() {
        // Slopes 1, 1, 1, 1, 1, 1 but for the stray value: 9, 0.5·9 …; by hand: 1, 5, 1, 9, 1, −7.
        assert_eq!(sen_slope(&[0.0, 1.0, 10.0, 3.0]), Some(1.0));
        assert_eq!(sen_slope(&[2.0, 5.0]), Some(3.0));
        assert_eq!(sen_slope(&[1.0, 2.0, 4.0]), Some(1.5));
    }

    #[test]
    fn a_missing_value_is_in_no_pair_and_leaves_its_gap_in_time() {
        let gap = [1.0, f64::NAN, 3.0, 4.0];
        let trend = mann_kendall(&gap).unwrap();
        assert_eq!((trend.n, trend.s), (3, 3));
        assert_eq!(sen_slope(&gap), Some(1.0));
        assert_eq!(mann_kendall(&[f64::NAN, 1.0]), None);
        assert_eq!(sen_slope(&[1.0]), None);
    }
}
