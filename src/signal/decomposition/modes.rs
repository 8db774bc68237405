//! What a decomposition gives: modes and what is left.

use crate::error::{Error, Result};
use crate::math::lanes;
use ndarray::{Array2, ArrayView2};

/// Modes, one a row, and the residue: together they are the signal.
///
/// ```
/// use prognos::signal::decomposition::Emd;
/// let x: Vec<f64> = (0..400).map(|i| (i as f64 * 0.7).sin() + 0.01 * i as f64).collect();
/// let modes = Emd::new().decompose(&x)?;
/// assert_eq!(modes.mode(0)?.len(), 400);
/// assert_eq!(modes.energies().len(), modes.count());
/// // The trend stays in the residue.
/// assert!(modes.residue()[399] > modes.residue()[0] + 3.0);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Modes {
    values: Array2<f64>,
    residue: Vec<f64>,
}

impl Modes {
    /// Modes that lie one after the other; the residue is what they leave of `x`.
    pub(super) fn new(x: &[f64], values: Vec<f64>) -> Result<Self> {
        let n = x.len();
        let count = values.len().checked_div(n).unwrap_or(0);
        let mut residue = x.to_vec();
        for mode in values.chunks_exact(n.max(1)) {
            residue.iter_mut().zip(mode).for_each(|(r, m)| *r -= m);
        }
        let values = Array2::from_shape_vec((count, n), values).map_err(|e| Error::numeric("modes", e.to_string()))?;
        Ok(Self { values, residue })
    }

    /// Number of modes, without the residue.
    #[must_use]
    pub fn count(&self) -> usize {
        self.values.nrows()
    }

    /// The modes: one a row, in the unit of the samples.
    #[must_use]
    pub fn view(&self) -> ArrayView2<'_, f64> {
        self.values.view()
    }

    /// Mode `i`, counted from 0.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there is no such mode.
    pub fn mode(&self, i: usize) -> Result<&[f64]> {
        let n = self.residue.len();
        match self.values.as_slice() {
            Some(cells) if i < self.count() => Ok(&cells[i * n..(i + 1) * n]),
            _ => Err(Error::parameter("mode", i, format!("there are {} modes, counted from 0", self.count()))),
        }
    }

    /// What the modes leave of the signal: the trend of an EMD, the misfit of a VMD.
    #[must_use]
    pub fn residue(&self) -> &[f64] {
        &self.residue
    }

    /// Sum of squares of every mode, in squared units of the samples.
    #[must_use]
    pub fn energies(&self) -> Vec<f64> {
        self.rows().map(lanes::sum_squares).collect()
    }

    /// All modes and the residue added up: the signal, to rounding.
    #[must_use]
    pub fn sum(&self) -> Vec<f64> {
        let mut sum = self.residue.clone();
        for mode in self.rows() {
            sum.iter_mut().zip(mode).for_each(|(s, m)| *s += m);
        }
        sum
    }

    /// Sum of the modes with these numbers: a band-passed or smoothed signal.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there is no such mode.
    pub fn part(&self, modes: &[usize]) -> Result<Vec<f64>> {
        let mut sum = vec![0.0; self.residue.len()];
        for &i in modes {
            sum.iter_mut().zip(self.mode(i)?).for_each(|(s, m)| *s += m);
        }
        Ok(sum)
    }

    /// Index of orthogonality: `sum_{i != j} <c_i, c_j> / <x, x>` over modes and residue (Huang et al. 1998,
    /// summed over time). 0 for orthogonal parts; beyond about 0.1 modes share a component. NaN for a signal of zeros.
    #[must_use]
    pub fn orthogonality_index(&self) -> f64 {
        let total = lanes::sum_squares(&self.sum());
        let own = self.energies().iter().sum::<f64>() + lanes::sum_squares(&self.residue);
        (total - own) / total
    }

    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.as_slice().unwrap_or_default().chunks_exact(self.residue.len().max(1))
    }
}
