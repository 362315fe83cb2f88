//! Symmetric positive definite systems of a few dozen unknowns: Cholesky with scaling of the diagonal.

/// A square matrix, row by row. Only the lower triangle is read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Square {
    pub n: usize,
    pub at: Vec<f64>,
}

impl Square {
    pub fn zero(n: usize) -> Self {
        Self { n, at: vec![0.0; n * n] }
    }

    pub fn diagonal(&self, i: usize) -> f64 {
        self.at[i * self.n + i]
    }

    /// The rows and columns that are kept, in their order.
    pub fn part(&self, keep: &[usize]) -> Self {
        let at = keep.iter().flat_map(|&i| keep.iter().map(move |&j| (i.max(j), i.min(j))));
        Self { n: keep.len(), at: at.map(|(i, j)| self.at[i * self.n + j]).collect() }
    }
}

/// L Lᵀ = D A D + ridge·I, where D makes the diagonal of A ones.
pub(super) struct Cholesky {
    lower: Square,
    scale: Vec<f64>,
}

impl Cholesky {
    /// # Errors
    /// The position of the first pivot that is not positive: A is not positive definite, or so nearly that the
    /// unknown there is a combination of those before it.
    pub fn new(a: &Square, ridge: f64) -> Result<Self, usize> {
        let n = a.n;
        let scale: Vec<f64> = (0..n).map(|i| 1.0 / a.diagonal(i).max(0.0).sqrt()).collect();
        if let Some(i) = scale.iter().position(|s| !s.is_finite()) {
            return Err(i);
        }
        let mut l = Square::zero(n);
        for i in 0..n {
            for j in 0..=i {
                let mut sum = a.at[i * n + j] * scale[i] * scale[j] + if i == j { ridge } else { 0.0 };
                for k in 0..j {
                    sum -= l.at[i * n + k] * l.at[j * n + k];
                }
                if i == j {
                    // Pivots of the scaled matrix are at most 1 + ridge; what is left of one here is rounding.
                    if sum.is_nan() || sum < 1e-12 {
                        return Err(i);
                    }
                    l.at[i * n + i] = sum.sqrt();
                } else {
                    l.at[i * n + j] = sum / l.at[j * n + j];
                }
            }
        }
        Ok(Self { lower: l, scale })
    }

    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        let (n, l) = (self.lower.n, &self.lower.at);
        let mut x: Vec<f64> = b.iter().zip(&self.scale).map(|(b, s)| b * s).collect();
        for i in 0..n {
            for k in 0..i {
                x[i] -= l[i * n + k] * x[k];
            }
            x[i] /= l[i * n + i];
        }
        for i in (0..n).rev() {
            for k in i + 1..n {
                x[i] -= l[k * n + i] * x[k];
            }
            x[i] /= l[i * n + i];
        }
        x.iter().zip(&self.scale).map(|(x, s)| x * s).collect()
    }

    /// A⁻¹, whole.
    pub fn inverse(&self) -> Square {
        let n = self.lower.n;
        let mut inverse = Square::zero(n);
        for j in 0..n {
            let mut unit = vec![0.0; n];
            unit[j] = 1.0;
            for (i, x) in self.solve(&unit).into_iter().enumerate() {
                inverse.at[i * n + j] = x;
            }
        }
        inverse
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_undoes_its_matrix() {
        // Lower triangle of a positive definite matrix with diagonals of very different size.
        let a = Square { n: 3, at: vec![4e6, 0.0, 0.0, 1e3, 2.0, 0.0, 2e2, 0.3, 0.5] };
        let whole = a.part(&[0, 1, 2]);
        let inverse = Cholesky::new(&a, 0.0).ok().unwrap().inverse();
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| whole.at[i * 3 + k] * inverse.at[k * 3 + j]).sum();
                assert!((product - f64::from(u8::from(i == j))).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_column_that_repeats_another_is_named() {
        let a = Square { n: 2, at: vec![1.0, 1.0, 1.0, 1.0] };
        assert_eq!(Cholesky::new(&a, 0.0).err(), Some(1));
    }
}
