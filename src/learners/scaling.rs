//! Centre and scale of every column, so that sensors in different units can be compared.
//!
//! For every model that adds columns up: principal components, distances, oblique cuts, health indices. A column is
//! mapped to `(x - centre) / scale`.
//!
//! | [`Scaling`] | centre | scale |
//! |---|---|---|
//! | `Standard` | mean | standard deviation, n - 1 degrees of freedom |
//! | `Robust` | median | 1.4826 times the median absolute deviation (Hampel 1974) |
//! | `Centre` | mean | 1: the units are kept |
//!
//! A robust scale can be zero although the column moves: more than half of its values are equal. Then the first of
//! these that is not zero is taken: the interquartile range / 1.349, the standard deviation. A column that does not
//! move at all (smallest = largest value), or moves by less than a `f64` can square, has scale 1 and is listed by
//! [`Scaler::constant`]; what becomes of it is up to the model.
//!
//! Cost: O(n d). When not to use: trees do not need it.

use super::{block_rows, check_rows, row_slice};
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::math::order::{MAD_TO_SD, NORMAL_IQR, mad_in_place, median_in_place, quantile_in_place};
use crate::math::{lanes, par};
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array2, ArrayBase, ArrayView2, Data, Ix2};

/// How centre and scale are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Scaling {
    /// Mean and standard deviation (n - 1).
    #[default]
    Standard,
    /// Median and 1.4826 MAD: not moved by up to half of the rows being bad.
    Robust,
    /// Mean and 1: only centred.
    Centre,
}

/// How to fit a [`Scaler`]. Every value of it is valid, so it fits without a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScalerParams {
    scaling: Scaling,
}

impl ScalerParams {
    /// Centre and scale of every column.
    ///
    /// # Errors
    /// [`Error::TooFew`] without a row or column, [`Error::NonFinite`] naming a cell, [`Error::Numeric`] naming a
    /// column whose values are too large to be squared, or with [`Scaling::Centre`] to be summed.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Scaler> {
        let rows = rows.into();
        check_rows(&rows, "rows to scale", 1)?;
        let (centre, scale) = match self.scaling {
            Scaling::Robust => robust(rows.values),
            Scaling::Standard => standard(rows.values),
            Scaling::Centre => {
                let (centre, scale) = standard(rows.values);
                // Squares that overflow do not matter here: the column moves.
                (centre, scale.iter().map(|&s| if s <= 0.0 { s } else { 1.0 }).collect())
            }
        };
        for (j, (c, s)) in centre.iter().zip(&scale).enumerate() {
            if !(c.is_finite() && s.is_finite()) {
                let reason = format!("column `{}` is too large: its squares overflow", rows.column_name(j));
                return Err(Error::numeric("scale of the columns", reason));
            }
        }
        // A scale whose reciprocal overflows is as good as none.
        let constant: Vec<bool> = scale.iter().map(|&s| s <= 0.0 || !(1.0 / s).is_finite()).collect();
        let scale = scale.iter().zip(&constant).map(|(&s, &flat)| if flat { 1.0 } else { s }).collect();
        Ok(Scaler { names: rows.names_or_numbers(), scaling: self.scaling, centre, scale, constant })
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for ScalerParams {
    type Object = Scaler;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Scaler> {
        ScalerParams::fit(self, dataset)
    }
}

/// Centre and scale of every column.
///
/// ```
/// use prognos::learners::Scaler;
/// use ndarray::array;
/// let rows = array![[1.0, 20.0, 5.0], [2.0, 30.0, 5.0], [3.0, 40.0, 5.0]];
/// let scaler = Scaler::standard().fit(&rows)?;
/// assert_eq!(scaler.centre(), [2.0, 30.0, 5.0]);
/// assert_eq!(scaler.scale(), [1.0, 10.0, 1.0]);
/// assert_eq!(scaler.constant(), [false, false, true]);
/// let z = scaler.transform(&rows)?;
/// assert_eq!(z.row(2).to_vec(), [1.0, 1.0, 0.0]);
/// assert_eq!(scaler.inverse(&z)?, rows);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct Scaler {
    names: Vec<String>,
    scaling: Scaling,
    centre: Vec<f64>,
    scale: Vec<f64>,
    constant: Vec<bool>,
}

impl Scaler {
    /// Scaling of the given kind.
    #[must_use]
    pub fn params(scaling: Scaling) -> ScalerParams {
        ScalerParams { scaling }
    }

    /// Mean and standard deviation.
    #[must_use]
    pub fn standard() -> ScalerParams {
        Self::params(Scaling::Standard)
    }

    /// Median and 1.4826 MAD.
    #[must_use]
    pub fn robust() -> ScalerParams {
        Self::params(Scaling::Robust)
    }

    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.names
    }

    /// How centre and scale were found.
    #[must_use]
    pub fn scaling(&self) -> Scaling {
        self.scaling
    }

    /// Centre of each column, in its unit.
    #[must_use]
    pub fn centre(&self) -> &[f64] {
        &self.centre
    }

    /// Scale of each column, in its unit; 1 where the column is constant.
    #[must_use]
    pub fn scale(&self) -> &[f64] {
        &self.scale
    }

    /// Which columns did not move in the rows it was fitted on.
    #[must_use]
    pub fn constant(&self) -> &[bool] {
        &self.constant
    }

    /// `(x - centre) / scale` of every cell. NaN and infinite cells stay what they are.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Columns`] when the columns are not those of the fit.
    pub fn transform<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Array2<f64>> {
        self.map(rows.into(), |x, c, s| (x - c) / s)
    }

    /// `centre + scale x` of every cell: the way back.
    ///
    /// # Errors
    /// As [`Scaler::transform`].
    pub fn inverse<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Array2<f64>> {
        self.map(rows.into(), |z, c, s| c + s * z)
    }

    fn map(&self, rows: Rows<'_>, f: impl Fn(f64, f64, f64) -> f64) -> Result<Array2<f64>> {
        rows.check_columns(&self.names)?;
        let mut out = rows.values.to_owned();
        for mut row in out.rows_mut() {
            for ((cell, &c), &s) in row.iter_mut().zip(&self.centre).zip(&self.scale) {
                *cell = f(*cell, c, s);
            }
        }
        Ok(out)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for Scaler {
    const KIND: &'static str = "scaler";
    fn feature_names(&self) -> &[String] {
        &self.names
    }
}

/// What a file says; checked before it becomes a [`Scaler`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    names: Vec<String>,
    scaling: Scaling,
    centre: Vec<f64>,
    scale: Vec<f64>,
    constant: Vec<bool>,
}

#[cfg(feature = "serde")]
impl From<Scaler> for Raw {
    fn from(s: Scaler) -> Self {
        Self { names: s.names, scaling: s.scaling, centre: s.centre, scale: s.scale, constant: s.constant }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Scaler {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("scaler: {reason}") });
        let d = raw.names.len();
        if d == 0 || raw.centre.len() != d || raw.scale.len() != d || raw.constant.len() != d {
            return refuse("names, centre, scale and constant differ in length");
        }
        if !raw.centre.iter().all(|c| c.is_finite()) {
            return refuse("a centre is not finite");
        }
        if !raw.scale.iter().all(|&s| s.is_finite() && s > 0.0 && (1.0 / s).is_finite()) {
            return refuse("a scale is not finite and greater than 0");
        }
        Ok(Self {
            names: raw.names,
            scaling: raw.scaling,
            centre: raw.centre,
            scale: raw.scale,
            constant: raw.constant,
        })
    }
}

/// Sums over the rows of `values` of what `add` puts into `width` accumulators, block by block in row order.
fn column_sums(values: ArrayView2<'_, f64>, width: usize, add: impl Fn(&[f64], &mut [f64]) + Sync + Send) -> Vec<f64> {
    let n = values.nrows();
    let rows = block_rows(n);
    let parts = par::map(n.div_ceil(rows), |block| {
        let mut acc = vec![0.0; width];
        let mut scratch = Vec::new();
        for i in block * rows..((block + 1) * rows).min(n) {
            add(row_slice(values.row(i), &mut scratch), &mut acc);
        }
        acc
    });
    let mut total = vec![0.0; width];
    for part in &parts {
        for (t, p) in total.iter_mut().zip(part) {
            *t += p;
        }
    }
    total
}

/// Mean and standard deviation by two passes; the second also takes up what the first mean left over. Scale 0 for a
/// column that does not move.
fn standard(values: ArrayView2<'_, f64>) -> (Vec<f64>, Vec<f64>) {
    let (n, d) = values.dim();
    let count = n as f64;
    let mut mean = column_sums(values, d, |row, acc| {
        for (a, &x) in acc.iter_mut().zip(row) {
            *a += x;
        }
    });
    for m in &mut mean {
        *m /= count;
    }
    let first = values.row(0).to_vec();
    // Per column: deviations, squared deviations, and how many cells differ from the first row.
    let sums = column_sums(values, 3 * d, |row, acc| {
        let (sum, rest) = acc.split_at_mut(d);
        let (squares, moves) = rest.split_at_mut(d);
        for j in 0..d.min(row.len()) {
            let e = row[j] - mean[j];
            sum[j] += e;
            squares[j] += e * e;
            moves[j] += f64::from(u8::from(row[j].total_cmp(&first[j]).is_ne() && row[j] - first[j] != 0.0));
        }
    });
    let scale = (0..d)
        .map(|j| {
            if sums[2 * d + j] < 0.5 {
                mean[j] = first[j];
                return 0.0;
            }
            let left = sums[j] / count;
            let squares = sums[d + j] - count * left * left;
            mean[j] += left;
            // Not `max(0.0)`: it would turn what overflowed, NaN, into a column that does not move.
            if squares < 0.0 { 0.0 } else { (squares / (count - 1.0)).sqrt() }
        })
        .collect();
    (mean, scale)
}

/// Median and the first scale that is not zero: MAD, interquartile range, standard deviation.
fn robust(values: ArrayView2<'_, f64>) -> (Vec<f64>, Vec<f64>) {
    let columns = par::map_init(values.ncols(), Vec::new, |x: &mut Vec<f64>, j| {
        x.clear();
        x.extend(values.column(j));
        let (low, high) = lanes::min_max(x);
        let centre = median_in_place(x);
        if low.total_cmp(&high).is_eq() || high - low <= 0.0 {
            return (low, 0.0);
        }
        let iqr = (quantile_in_place(x, 0.75) - quantile_in_place(x, 0.25)) / NORMAL_IQR;
        let sd = lanes::variance(x, 1).sqrt();
        let mad = MAD_TO_SD * mad_in_place(x, centre);
        let scale = [mad, iqr, sd].into_iter().find(|&s| s != 0.0).unwrap_or(0.0);
        (centre, scale)
    });
    columns.into_iter().unzip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn robust_falls_back_step_by_step() {
        let rows = array![
            [1.0, 0.0, 0.0, 4.0],
            [2.0, 0.0, 0.0, 4.0],
            [3.0, 0.0, 0.0, 4.0],
            [4.0, 0.0, 0.0, 4.0],
            [5.0, 0.0, 0.0, 4.0],
            [6.0, 1.0, 0.0, 4.0],
            [7.0, 1.0, 0.0, 4.0],
            [8.0, 1.0, 9.0, 4.0],
        ];
        let scaler = Scaler::robust().fit(&rows).unwrap();
        assert!((scaler.scale()[0] - MAD_TO_SD * 2.0).abs() < 1e-15);
        assert!((scaler.scale()[1] - 1.0 / NORMAL_IQR).abs() < 1e-15, "{}", scaler.scale()[1]);
        assert!((scaler.scale()[2] - (81.0_f64 / 8.0).sqrt()).abs() < 1e-14);
        assert_eq!(scaler.constant(), [false, false, false, true]);
        assert_eq!(scaler.centre()[3].to_bits(), 4.0_f64.to_bits());
    }

    #[test]
    fn a_large_offset_costs_no_digits() {
        let rows = Array2::from_shape_fn((1001, 1), |(i, _)| 1e6 + 1e-2 * ((i % 7) as f64 - 3.0));
        let plain: Vec<f64> = rows.iter().map(|x| x - 1e6).collect();
        let scaler = Scaler::standard().fit(&rows).unwrap();
        assert!((scaler.scale()[0] / lanes::variance(&plain, 1).sqrt() - 1.0).abs() < 1e-9);
        let constant = Scaler::standard().fit(&Array2::from_elem((30, 1), 0.1)).unwrap();
        assert_eq!(constant.constant(), [true]);
        assert_eq!(constant.centre()[0].to_bits(), 0.1_f64.to_bits());
    }

    #[test]
    fn layout_does_not_matter() {
        let rows = Array2::from_shape_fn((50, 3), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
        let columns = rows.t().as_standard_layout().into_owned();
        let a = Scaler::standard().fit(&rows).unwrap();
        let b = Scaler::standard().fit(columns.t()).unwrap();
        assert_eq!(a, b);
    }
}
