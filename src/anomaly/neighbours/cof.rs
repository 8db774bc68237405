//! Connectivity-based outlier factor.
//!
//! **What it answers.** Rows that lie on a line or a curve (a sensor that follows the load) have few close neighbours and
//! yet are ordinary. Does this row continue the pattern, or does it stand beside it at the same density?
//!
//! **Formula.** A chain through x and its k nearest training rows starts at x; the cost `e_i` of the i-th row taken up is its
//! distance to the nearest row already in the chain. With `r = k + 1` rows
//!
//! ```text
//! chain(x) = sum_{i = 1..k} 2 (r - i) / (r k) e_i        COF(x) = k chain(x) / sum_o chain(o)
//! ```
//!
//! over the k nearest training rows o. [`Chain::Nearest`] takes up next what is nearest to the chain (the paper);
//! [`Chain::Order`] takes the neighbours in the order of their distance from x, as PyOD does. About 1 on the pattern. When
//! all chains have length 0 the factor is 1; a row off more than k equal training rows has the largest number there is.
//!
//! **Attribution.** Every cost is a distance of two rows and is shared by columns as the differences share it; weighted as in
//! the sum the contributions add up to the **score**.
//!
//! **Source.** Tang, Chen, Fu & Cheung 2002 (PAKDD).
//!
//! **When not to use it.** O(k² d) a row on top of the search: where [`Lof`](super::Lof) does, it is faster.

use super::{Baseline, Metric, Neighbour, check_neighbours};
use crate::anomaly::{Attribution, Detector, check_input, check_scores};
use crate::error::Result;
use crate::features::Rows;
use crate::learners::Scaling;
use crate::math::par;
use linfa::ParamGuard;
use ndarray::{Array1, ArrayView1};

/// In which order the chain takes up the neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Chain {
    /// What is nearest to the rows already taken (Tang et al. 2002); the earlier neighbour of two.
    #[default]
    Nearest,
    /// In the order of the distance from the row that is scored (PyOD).
    Order,
}

/// Checked settings of a [`Cof`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct CofValidParams {
    neighbours: usize,
    chain: Chain,
    metric: Metric,
    scaling: Option<Scaling>,
}

/// Settings of a [`Cof`]; see [`Cof::params`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CofParams(CofValidParams);

impl CofParams {
    /// Number of neighbours; all other rows when there are fewer. Default 20, as for LOF.
    #[must_use]
    pub fn neighbours(mut self, k: usize) -> Self {
        self.0.neighbours = k;
        self
    }

    /// In which order the chain takes up the neighbours. Default [`Chain::Nearest`].
    #[must_use]
    pub fn chain(mut self, chain: Chain) -> Self {
        self.0.chain = chain;
        self
    }

    /// How far apart rows are. Default [`Metric::Euclidean`].
    #[must_use]
    pub fn metric(mut self, metric: Metric) -> Self {
        self.0.metric = metric;
        self
    }

    /// How columns are scaled. Default [`Scaling::Standard`], because sensors have units of their own.
    #[must_use]
    pub fn scaling(mut self, scaling: Scaling) -> Self {
        self.0.scaling = Some(scaling);
        self
    }

    /// Takes the columns as they are.
    #[must_use]
    pub fn unscaled(mut self) -> Self {
        self.0.scaling = None;
        self
    }

    /// Keeps the rows and their index, and scores them among each other.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) unless there are 1 to 65536 neighbours;
    /// [`Error::TooFew`](crate::Error::TooFew) with fewer than 2 rows;
    /// [`Error::NonFinite`](crate::Error::NonFinite) naming a cell; [`Error::Numeric`](crate::Error::Numeric) when squares
    /// overflow.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Cof> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl CofValidParams {
    fn check_settings(&self) -> Result<()> {
        check_neighbours(self.neighbours, 1)
    }

    fn fit_rows(&self, rows: Rows<'_>) -> Result<Cof> {
        let base = Baseline::fit(rows, self.scaling, self.metric, "rows to fit connectivity-based factors", 2)?;
        let n = base.index().len();
        let k = self.neighbours.min(n - 1);
        let found = base.index().nearest_of_all(k);
        let mut model = Cof { params: self.clone(), base, chains: Vec::new(), training: Vec::new() };
        let index = model.base.index();
        let of = |i: usize| &found[i * k..(i + 1) * k];
        model.chains = par::map(n, |i| model.chain(index.row(i), of(i), |_, _, _| {}));
        check_scores("chains of the training rows", &model.chains)?;
        model.training = (0..n).map(|i| model.factor(model.chains[i], of(i))).collect();
        check_scores("connectivity-based factor of the training rows", &model.training)?;
        Ok(model)
    }
}

row_model!(CofParams, CofValidParams, Cof, "cof");

/// Fitted connectivity-based outlier factors.
///
/// ```
/// use prognos::anomaly::{Cof, Detector};
/// use ndarray::Array2;
/// // A curve of two sensors.
/// let healthy = Array2::from_shape_fn((100, 2), |(i, j)| if j == 0 { i as f64 } else { (i as f64 * 0.05).sin() * 30.0 });
/// let model = Cof::params().neighbours(5).unscaled().fit(&healthy)?;
/// let beside = [healthy[[50, 0]], healthy[[50, 1]] + 10.0];
/// let score = model.score_row(&beside)?;
/// assert!(score > 2.0 && model.score_row(&[50.5, (50.5f64 * 0.05).sin() * 30.0])? < 1.1);
/// let why = model.explain(ndarray::ArrayView1::from(&beside))?;
/// assert!((why.total() - score).abs() < 1e-9 * score);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct Cof {
    params: CofValidParams,
    base: Baseline,
    /// Length of the chain of each training row.
    chains: Vec<f64>,
    training: Vec<f64>,
}

impl Cof {
    /// Default settings: 20 neighbours, chains as in the paper, Euclidean distance, columns standardised.
    #[must_use]
    pub fn params() -> CofParams {
        CofParams(CofValidParams {
            neighbours: 20,
            chain: Chain::Nearest,
            metric: Metric::Euclidean,
            scaling: Some(Scaling::Standard),
        })
    }

    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        self.base.names()
    }

    /// Factors of the training rows among each other: no row is its own neighbour.
    #[must_use]
    pub fn train_scores(&self) -> &[f64] {
        &self.training
    }

    /// Neighbours in use: no more than a training row has.
    fn k(&self) -> usize {
        self.params.neighbours.min(self.base.index().len() - 1)
    }

    /// Length of the chain from `x`; `each` gets the two rows and the weighted length of every link.
    fn chain(&self, x: &[f64], found: &[Neighbour], mut each: impl FnMut(&[f64], &[f64], f64)) -> f64 {
        let index = self.base.index();
        let k = found.len();
        // Distance to the chain and the nearest row in it: 0 is x, i + 1 neighbour i.
        let mut links: Vec<(f64, usize)> = found.iter().map(|f| (f.distance, 0)).collect();
        let mut left: Vec<usize> = (0..k).collect();
        let mut total = 0.0;
        for step in 1..=k {
            let place = match self.params.chain {
                Chain::Order => 0,
                Chain::Nearest => {
                    let nearest = left.iter().enumerate().min_by(|a, b| links[*a.1].0.total_cmp(&links[*b.1].0));
                    nearest.map_or(0, |(place, _)| place)
                }
            };
            let next = left.remove(place);
            let (cost, from) = links[next];
            let weighted = 2.0 * (k + 1 - step) as f64 / ((k + 1) * k) as f64 * cost;
            total += weighted;
            let row = index.row(found[next].row);
            each(if from == 0 { x } else { index.row(found[from - 1].row) }, row, weighted);
            for &other in &left {
                let distance = index.metric().distance(row, index.row(found[other].row));
                if distance < links[other].0 {
                    links[other] = (distance, next + 1);
                }
            }
        }
        total
    }

    /// The factor of a row whose chain has this length.
    fn factor(&self, chain: f64, found: &[Neighbour]) -> f64 {
        let others: f64 = found.iter().map(|f| self.chains[f.row]).sum::<f64>() / found.len() as f64;
        if !chain.is_finite() {
            chain
        } else if others > 0.0 {
            (chain / others).min(f64::MAX)
        } else if chain > 0.0 {
            f64::MAX
        } else {
            1.0
        }
    }
}

impl Detector for Cof {
    fn feature_names(&self) -> &[String] {
        self.base.names()
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, self.base.names())?;
        let scores =
            self.base.map(rows.values, self.k(), |x, found| self.factor(self.chain(x, found, |_, _, _| {}), found));
        check_scores("connectivity-based factor", &scores)?;
        Ok(scores.into())
    }

    /// Contributions that add up to the score; see the module.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(ndarray::Axis(0))))?[0];
        let (x, found) = self.base.nearest(row, self.k());
        let metric = self.base.index().metric();
        let mut parts = vec![0.0; row.len()];
        let total = self.chain(&x, &found, |a, b, length| metric.share(a, b, length, &mut parts));
        // Shares of the chain first: the factor may be the largest number there is.
        for part in &mut parts {
            *part = if total > 0.0 { *part / total * score } else { score / row.len() as f64 };
        }
        Attribution::new(self.base.names().to_vec(), parts, score)
    }
}

/// What a file says; checked before it becomes a [`Cof`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: CofValidParams,
    base: Baseline,
    chains: Vec<f64>,
    training: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<Cof> for Raw {
    fn from(m: Cof) -> Self {
        Self { params: m.params, base: m.base, chains: m.chains, training: m.training }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Cof {
    type Error = crate::error::Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let params = CofParams(raw.params).check()?;
        raw.base.check_settings("Cof", params.scaling, params.metric, 2)?;
        let n = raw.base.index().len();
        super::check_numbers("chains", &raw.chains, n)?;
        super::check_numbers("scores", &raw.training, n)?;
        if raw.chains.iter().any(|v| *v < 0.0) {
            return Err(crate::error::Error::Model { reason: "Cof: a chain has a negative length".to_owned() });
        }
        Ok(Self { params, base: raw.base, chains: raw.chains, training: raw.training })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn chains_by_hand() {
        // From 0 with neighbours 1, 2.5, 3: links 1, 1.5, 0.5 with weights 2 (4 - i) / 12, in either order.
        let x = array![[0.0], [1.0], [2.5], [3.0]];
        for chain in [Chain::Nearest, Chain::Order] {
            let model = Cof::params().neighbours(3).chain(chain).unscaled().fit(&x).unwrap();
            assert!((model.chains[0] - (6.0 + 6.0 + 1.0) / 12.0).abs() < 1e-15, "{:?}", model.chains);
        }
        // From (0, 0): (0, 3) is nearer than (4, 0), but (4, 0.1) hangs on (4, 0).
        let x = array![[0.0, 0.0], [0.0, 5.0], [4.0, 0.0], [4.0, 3.2]];
        let model = Cof::params().neighbours(3).unscaled().fit(&x).unwrap();
        let expected = (3.0 * 4.0 + 2.0 * 3.2 + (16.0f64 + 1.8 * 1.8).sqrt()) / 6.0;
        assert!((model.chains[0] - expected).abs() < 1e-14);
        let model = Cof::params().neighbours(3).chain(Chain::Order).unscaled().fit(&x).unwrap();
        let expected = (3.0 * 4.0 + 2.0 * 5.0f64.min((16.0f64 + 25.0).sqrt()) + 3.2) / 6.0;
        assert!((model.chains[0] - expected).abs() < 1e-14);
    }

    #[test]
    fn equal_rows_are_ordinary() {
        let model = Cof::params().neighbours(5).fit(&Array2::from_elem((30, 2), 3.0)).unwrap();
        assert!(model.train_scores().iter().all(|s| (s - 1.0).abs() < 1e-15));
        assert!(model.score_row(&[4.0, 3.0]).unwrap() >= f64::MAX);
        let why = model.explain(array![4.0, 3.0].view()).unwrap();
        assert_eq!(why.contributions(), [f64::MAX, 0.0]);
    }
}
