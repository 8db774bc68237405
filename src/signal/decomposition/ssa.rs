//! Singular spectrum analysis: trends, cycles and noise by the principal components of lagged copies.
//!
//! **Formula.** The trajectory matrix `X` has the pieces of `L` samples as columns, `K = n - L + 1` of them. With the unit
//! eigenvectors `u_i` of the lag-covariance `X X' / K`, component i of the signal is the average over the antidiagonals
//! of `u_i u_i' X`. All `L` components add up to the signal.
//!
//! **Source.** Broomhead & King 1986; Vautard & Ghil 1989; Golyandina, Nekrutkin & Zhigljavsky 2001.

use super::{Modes, check_samples};
use crate::error::{Error, Result};
use crate::math::linalg::symmetric_eigen;
use crate::math::{lanes, par};
use ndarray::Array2;

/// Singular spectrum analysis; see the [module](super) for when to use it.
///
/// A slow trend is one leading component, an oscillation a pair of components with nearly the same eigenvalue, whose
/// sum is the oscillation; noise is the flat tail. Take the mean off before, or the first component is the mean.
///
/// Cost: O(n L + L^3) for [`Ssa::decompose`], O(n L) a component.
///
/// ```
/// use prognos::signal::decomposition::Ssa;
/// let cycle = |i: usize| (i as f64 * 0.3).sin();
/// let x: Vec<f64> = (0..400).map(|i| cycle(i) + 0.3 * ((i * i) as f64).sin()).collect();
/// let found = Ssa::new(60).decompose(&x)?;
/// // The pair of leading components is the oscillation without most of the noise.
/// let smooth = found.group(&[0, 1])?;
/// let error = (0..400).map(|i| (smooth[i] - cycle(i)).powi(2)).sum::<f64>() / 400.0;
/// assert!(error < 0.01, "{error}");
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Ssa {
    window: usize,
}

/// Longest lag window: its eigenproblem takes 32 MiB and some minutes.
const MAX_WINDOW: usize = 2048;

impl Ssa {
    /// A lag window of so many samples, 2 to 2048 and at most half of the samples: a multiple of the period that is
    /// looked for.
    #[must_use]
    pub fn new(window: usize) -> Self {
        Self { window }
    }

    /// The eigenvectors of the lag-covariance of `x`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a window out of its range or more than 2^24 samples; [`Error::TooFew`] for fewer than
    /// twice as many samples; [`Error::NonFinite`] naming a sample; [`Error::Numeric`] when squares overflow.
    pub fn decompose(&self, x: &[f64]) -> Result<SsaModes> {
        let length = self.window;
        if !(2..=MAX_WINDOW).contains(&length) {
            return Err(Error::parameter("window", length, "must be 2 to 2048 samples"));
        }
        check_samples(x, 2 * length)?;
        let (eigenvalues, vectors) = symmetric_eigen(&lag_covariance(x, length))?;
        // Exact eigenvalues are not negative; rounding makes the smallest ones so.
        let eigenvalues = eigenvalues.into_iter().map(|v| v.max(0.0)).collect();
        Ok(SsaModes { x: x.to_vec(), eigenvalues, vectors })
    }
}

/// `X X' / K`: along a diagonal each element is the one before, less its first product, plus one more at the end.
fn lag_covariance(x: &[f64], length: usize) -> Array2<f64> {
    let columns = x.len() - length + 1;
    let mut c = Array2::zeros((length, length));
    for lag in 0..length {
        let mut sum = lanes::dot(&x[..columns], &x[lag..lag + columns]);
        for i in 0..length - lag {
            if i > 0 {
                sum += x[i - 1 + columns] * x[i - 1 + lag + columns] - x[i - 1] * x[i - 1 + lag];
            }
            c[[i, i + lag]] = sum / columns as f64;
            c[[i + lag, i]] = sum / columns as f64;
        }
    }
    c
}

/// Eigenvalues and eigenvectors of the lag-covariance, and the signal they are of.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SsaModes {
    x: Vec<f64>,
    eigenvalues: Vec<f64>,
    vectors: Array2<f64>,
}

impl SsaModes {
    /// Eigenvalues of the lag-covariance, descending, in squared units of the samples: mean squares of the components'
    /// projections.
    #[must_use]
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// Share of every eigenvalue in their sum, 0 to 1. NaN for a signal of zeros.
    #[must_use]
    pub fn shares(&self) -> Vec<f64> {
        let total: f64 = self.eigenvalues.iter().sum();
        self.eigenvalues.iter().map(|v| v / total).collect()
    }

    /// The fewest leading components whose eigenvalues reach this share (0 to 1) of their sum.
    #[must_use]
    pub fn leading(&self, share: f64) -> usize {
        let mut sum = 0.0;
        let reaches = |s: f64| {
            sum += s;
            sum >= share
        };
        self.shares().into_iter().position(reaches).map_or(self.eigenvalues.len(), |i| i + 1)
    }

    /// The sum of the components with these numbers, counted from 0: a smoothed signal, a cycle.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there is no such component, or one is given twice.
    pub fn group(&self, components: &[usize]) -> Result<Vec<f64>> {
        let count = self.eigenvalues.len();
        let mut sum = vec![0.0; self.x.len()];
        for (place, &i) in components.iter().enumerate() {
            if i >= count {
                return Err(Error::parameter("components", i, format!("there are {count}, counted from 0")));
            }
            if components[..place].contains(&i) {
                return Err(Error::parameter("components", i, "is given twice"));
            }
            sum.iter_mut().zip(self.component(i)).for_each(|(s, v)| *s += v);
        }
        Ok(sum)
    }

    /// The groups of components as modes; the residue is the sum of the components in none.
    ///
    /// # Errors
    /// As [`SsaModes::group`], for a component in two groups too, and [`Error::Parameter`] for more than 64 groups.
    pub fn groups(&self, groups: &[&[usize]]) -> Result<Modes> {
        if groups.len() > 64 {
            return Err(Error::parameter("groups", groups.len(), "must be at most 64"));
        }
        self.group_check(&groups.concat())?;
        let parts = par::map(groups.len(), |g| self.group(groups[g]));
        let mut values = Vec::with_capacity(groups.len() * self.x.len());
        for part in parts {
            values.extend(part?);
        }
        Modes::new(&self.x, values)
    }

    fn group_check(&self, all: &[usize]) -> Result<()> {
        let mut sorted = all.to_vec();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            None => Ok(()),
            Some(pair) => Err(Error::parameter("components", pair[0], "is given twice")),
        }
    }

    /// Averages of `u u' X` over the antidiagonals.
    fn component(&self, i: usize) -> Vec<f64> {
        let row = self.vectors.row(i);
        let vector: Vec<f64> = row.to_vec();
        let (n, length) = (self.x.len(), vector.len());
        let columns = n - length + 1;
        let mut out = vec![0.0; n];
        for (j, piece) in self.x.windows(length).enumerate() {
            let score = lanes::dot(piece, &vector);
            out[j..j + length].iter_mut().zip(&vector).for_each(|(o, u)| *o += score * u);
        }
        for (t, o) in out.iter_mut().enumerate() {
            *o /= (t + 1).min(n - t).min(length).min(columns) as f64;
        }
        out
    }
}
