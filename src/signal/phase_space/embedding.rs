//! Delay vectors of one channel.

use crate::error::{Error, Result, check_finite};
use ndarray::Array2;

/// The delay vectors `(x[i], x[i+lag], .., x[i+(dim-1) lag])` of a series: a view, nothing is copied.
///
/// MATLAB's `phaseSpaceReconstruction(x, lag, dim)`.
///
/// ```
/// use prognos::signal::phase_space::Embedding;
/// let x = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
/// let embedding = Embedding::new(&x, 3, 2)?;
/// assert_eq!(embedding.len(), 2);
/// assert_eq!(embedding.point(1).collect::<Vec<_>>(), [1.0, 3.0, 5.0]);
/// assert_eq!(embedding.to_array().shape(), [2, 3]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Embedding<'a> {
    samples: &'a [f64],
    dim: usize,
    lag: usize,
    len: usize,
}

impl<'a> Embedding<'a> {
    /// The vectors of `dim` samples, each `lag` samples after the one before.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `dim` or `lag` is 0, [`Error::TooFew`] when not even one vector fits,
    /// [`Error::NonFinite`] for a sample that is NaN or infinite.
    pub fn new(samples: &'a [f64], dim: usize, lag: usize) -> Result<Self> {
        if dim == 0 {
            return Err(Error::parameter("dim", dim, "a vector has at least one sample"));
        }
        if lag == 0 {
            return Err(Error::parameter("lag", lag, "must be at least 1 sample"));
        }
        check_finite("series to embed", "samples", samples)?;
        let needed = (dim - 1).saturating_mul(lag).saturating_add(1);
        Self::of(samples, dim, lag).ok_or_else(|| Error::too_few("samples to embed", needed, samples.len()))
    }

    /// [`Self::new`] for samples that are known to be finite; `None` when not even one vector fits.
    pub(crate) fn of(samples: &'a [f64], dim: usize, lag: usize) -> Option<Self> {
        let span = dim.checked_sub(1)?.checked_mul(lag)?;
        let len = samples.len().checked_sub(span).filter(|&len| len > 0 && lag > 0)?;
        Some(Self { samples, dim, lag, len })
    }

    /// Number of vectors, `n - (dim - 1) lag`: at least 1.
    #[must_use]
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Samples in a vector.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Samples from one coordinate to the next.
    #[must_use]
    pub fn lag(&self) -> usize {
        self.lag
    }

    /// The series.
    #[must_use]
    pub fn samples(&self) -> &'a [f64] {
        self.samples
    }

    /// Coordinate `c` of all vectors in turn; empty when there is no such coordinate.
    #[must_use]
    pub fn coordinate(&self, c: usize) -> &'a [f64] {
        if c < self.dim { &self.samples[c * self.lag..c * self.lag + self.len] } else { &[] }
    }

    /// Vector `i`; it ends where the samples do.
    pub fn point(&self, i: usize) -> impl Iterator<Item = f64> + 'a {
        self.samples.get(i..).unwrap_or(&[]).iter().copied().step_by(self.lag).take(self.dim)
    }

    /// All vectors as the rows of a matrix, `len` x `dim`.
    #[must_use]
    pub fn to_array(&self) -> Array2<f64> {
        Array2::from_shape_fn((self.len, self.dim), |(i, c)| self.samples[i + c * self.lag])
    }

    /// Squared Euclidean distance of two vectors, or a partial sum of it once that is above `limit`.
    pub(crate) fn squared_distance(&self, i: usize, j: usize, limit: f64) -> f64 {
        let mut sum = 0.0;
        for c in 0..self.dim {
            let d = self.samples[i + c * self.lag] - self.samples[j + c * self.lag];
            sum += d * d;
            if sum > limit {
                break;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_views() {
        let x: Vec<f64> = (0..10).map(f64::from).collect();
        let e = Embedding::new(&x, 3, 3).unwrap();
        assert_eq!((e.len(), e.dim(), e.lag()), (4, 3, 3));
        for i in 0..e.len() {
            let point: Vec<f64> = e.point(i).collect();
            assert_eq!(point, e.to_array().row(i).to_vec());
            assert_eq!(point, (0..3).map(|c| e.coordinate(c)[i]).collect::<Vec<_>>());
        }
        assert!(e.coordinate(3).is_empty() && e.point(100).next().is_none());
        assert!((e.squared_distance(0, 2, f64::INFINITY) - 12.0).abs() < 1e-15);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let x = [0.0; 5];
        assert!(Embedding::new(&x, 3, 2).is_ok());
        for (dim, lag) in [(0, 1), (1, 0), (3, 3), (6, 1), (usize::MAX, usize::MAX), (2, usize::MAX)] {
            assert!(Embedding::new(&x, dim, lag).is_err(), "{dim} {lag}");
        }
        assert!(Embedding::new(&[], 1, 1).is_err() && Embedding::new(&[f64::NAN, 1.0], 1, 1).is_err());
    }
}
