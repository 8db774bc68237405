//! Detectors behind linfa's traits.

use super::Detector;
use crate::error::Result;
use crate::features::Rows;
use linfa::traits::{PredictInplace, Transformer};
use ndarray::{Array1, ArrayBase, ArrayView2, Data, Ix2};

/// A detector as a linfa model: its scores are what it predicts.
///
/// The language allows a foreign trait for all detectors only through a type of our own; this is it.
/// [`Transformer`] hands errors on; [`Predict`](linfa::traits::Predict) cannot fail, so that rows which the detector
/// refuses (other columns, a cell that is not finite) all get NaN. It never panics.
///
/// ```
/// use linfa::traits::{Predict, Transformer};
/// use prognos::anomaly::{IsolationForest, Linfa};
/// use ndarray::{Array1, Array2};
/// let rows = Array2::from_shape_fn((100, 2), |(i, j)| ((i * (j + 3)) as f64).sin());
/// let model = Linfa(IsolationForest::params().trees(10).fit(&rows)?);
/// let scores: Array1<f64> = model.predict(&rows);
/// assert_eq!(scores, model.transform(rows.view())?);
/// let refused: Array1<f64> = model.predict(&Array2::<f64>::zeros((4, 7)));
/// assert!(refused.iter().all(|s| s.is_nan()));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Linfa<M>(pub M);

impl<'a, M: Detector> Transformer<ArrayView2<'a, f64>, Result<Array1<f64>>> for Linfa<M> {
    fn transform(&self, x: ArrayView2<'a, f64>) -> Result<Array1<f64>> {
        self.0.score_rows(x.into())
    }
}

impl<M: Detector, D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix2>, Array1<f64>> for Linfa<M> {
    fn predict_inplace<'a>(&'a self, x: &'a ArrayBase<D, Ix2>, y: &mut Array1<f64>) {
        match self.0.score_rows(Rows::from(x.view())) {
            Ok(scores) if scores.len() == y.len() => y.assign(&scores),
            _ => y.fill(f64::NAN),
        }
    }

    fn default_target(&self, x: &ArrayBase<D, Ix2>) -> Array1<f64> {
        Array1::from_elem(x.nrows(), f64::NAN)
    }
}
