//! Cholesky's factor in twice the digits of f64, one row at a time: upper and lower halves of the digits stand in arrays of
//! their own, so that a row is subtracted from the ones below by vector instructions.

use crate::math::dd::{Dd, subtract_multiple};

/// `U` with `Uᵀ U = G`, row by row; what is not factored yet is the rest of G.
#[derive(Debug, Default)]
pub(crate) struct Factor {
    width: usize,
    hi: Vec<f64>,
    lo: Vec<f64>,
}

impl Factor {
    /// Takes a symmetric matrix by its lower triangle.
    pub(crate) fn load(&mut self, gram: &[Dd], width: usize) {
        self.width = width;
        for (half, pick) in [(&mut self.hi, (|d: &Dd| d.hi) as fn(&Dd) -> f64), (&mut self.lo, |d| d.lo)] {
            half.clear();
            half.resize(width * width, 0.0);
            for i in 0..width {
                for j in i..width {
                    half[i * width + j] = pick(&gram[j * width + i]);
                }
            }
        }
    }

    /// The element of a row and a column that is not before the row.
    pub(crate) fn at(&self, row: usize, column: usize) -> Dd {
        let place = row * self.width + column;
        Dd { hi: self.hi[place], lo: self.lo[place] }
    }

    /// Row k of the factor, which needs a pivot above 0, and what it leaves of the rows below.
    pub(crate) fn eliminate(&mut self, k: usize) {
        let w = self.width;
        let inverse = Dd::from(1.0) / self.at(k, k).sqrt();
        for place in k * w + k..(k + 1) * w {
            let scaled = Dd { hi: self.hi[place], lo: self.lo[place] } * inverse;
            (self.hi[place], self.lo[place]) = (scaled.hi, scaled.lo);
        }
        let (done_hi, rest_hi) = self.hi.split_at_mut((k + 1) * w);
        let (done_lo, rest_lo) = self.lo.split_at_mut((k + 1) * w);
        let (pivot_hi, pivot_lo) = (&done_hi[k * w..], &done_lo[k * w..]);
        for (i, (hi, lo)) in (k + 1..w).zip(rest_hi.chunks_exact_mut(w).zip(rest_lo.chunks_exact_mut(w))) {
            let factor = Dd { hi: pivot_hi[i], lo: pivot_lo[i] };
            subtract_multiple(&mut hi[i..], &mut lo[i..], factor, &pivot_hi[i..], &pivot_lo[i..]);
        }
    }

    /// Makes row k zero.
    pub(crate) fn leave_out(&mut self, k: usize) {
        let row = k * self.width + k..(k + 1) * self.width;
        self.hi[row.clone()].fill(0.0);
        self.lo[row].fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_of_an_ill_conditioned_matrix_gives_it_back() {
        // Hilbert's matrix of order 12 has a condition of 1e16.
        let w = 12;
        let gram: Vec<Dd> = (0..w * w).map(|p| Dd::from(1.0) / Dd::from((p / w + p % w + 1) as f64)).collect();
        let mut factor = Factor::default();
        factor.load(&gram, w);
        for k in 0..w {
            assert!(factor.at(k, k).hi > 0.0);
            factor.eliminate(k);
        }
        for i in 0..w {
            for j in 0..=i {
                let product = (0..=j).fold(Dd::ZERO, |sum, k| sum + factor.at(k, i) * factor.at(k, j));
                assert!((product - gram[i * w + j]).value().abs() < 1e-30, "{i} {j}");
            }
        }
        factor.leave_out(3);
        assert!((3..w).all(|j| factor.at(3, j) == Dd::ZERO));
    }
}
