//! A path through the life of a unit: what its channel would have read at an age.

use super::distance::Life;
use crate::error::{Error, Result};
use crate::math::linalg::cholesky_solve;
use crate::signal::autoregression::ArModel;

/// The shape of the path fitted to each channel of a recorded life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum PathShape {
    /// A polynomial of the age, degree 1 to 5.
    Polynomial(usize),
    /// `a + b exp(c age)`.
    Exponential,
    /// An autoregression of this order (1 to 20): the distance is that of its one-step forecasts.
    Autoregression(usize),
}

impl PathShape {
    pub(super) fn check(self) -> Result<()> {
        match self {
            Self::Polynomial(degree) if !(1..=5).contains(&degree) => {
                Err(Error::parameter("degree", degree, "must be 1 to 5"))
            }
            Self::Autoregression(order) if !(1..=20).contains(&order) => {
                Err(Error::parameter("order", order, "must be 1 to 20"))
            }
            _ => Ok(()),
        }
    }
}

/// A fitted path; none where the life is too short for its shape.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Path {
    None,
    /// Coefficients of powers of `(age - middle) / half`.
    Polynomial {
        coefficients: Vec<f64>,
        middle: f64,
        half: f64,
    },
    /// `a + b exp(c (age - end))`.
    Exponential {
        a: f64,
        b: f64,
        c: f64,
        end: f64,
    },
    Autoregression(ArModel),
}

impl Path {
    pub(super) fn fit_all(shape: PathShape, life: &Life) -> Vec<Self> {
        let channel = |j| (0..life.rows()).map(|i| life.value(i, j)).collect::<Vec<f64>>();
        (0..life.channels()).map(|j| Self::fit(shape, &life.ages, &channel(j)).unwrap_or(Self::None)).collect()
    }

    fn fit(shape: PathShape, ages: &[f64], x: &[f64]) -> Option<Self> {
        let (first, end) = (*ages.first()?, *ages.last()?);
        let (middle, half) = (0.5 * (first + end), 0.5 * (end - first));
        if half <= 0.0 {
            return None;
        }
        match shape {
            PathShape::Polynomial(degree) => {
                let basis = |age: f64| {
                    (0..=degree).scan(1.0, move |p, _| Some(std::mem::replace(p, *p * (age - middle) / half)))
                };
                let coefficients = least_squares(ages, x, degree + 1, |age| basis(age).collect())?.0;
                Some(Self::Polynomial { coefficients, middle, half })
            }
            PathShape::Exponential => {
                // The rate by search, in lives: from nearly straight to all of the change in the last twentieth.
                let fit = |rate: f64| {
                    let c = rate / (end - first);
                    least_squares(ages, x, 2, |age| vec![1.0, (c * (age - end)).exp()]).map(|(w, error)| (error, w, c))
                };
                let rates = (0..25).map(|i| 0.1 * 1.26f64.powi(i));
                let best = rates.filter_map(fit).fold(None, |best: Option<(f64, Vec<f64>, f64)>, next| match best {
                    Some(b) if b.0 <= next.0 => Some(b),
                    _ => Some(next),
                })?;
                Some(Self::Exponential { a: best.1[0], b: best.1[1], c: best.2, end })
            }
            PathShape::Autoregression(order) => Some(Self::Autoregression(ArModel::params().order(order).fit(x).ok()?)),
        }
    }

    /// Mean squared distance of the last `span` rows of a unit from the paths of a life.
    pub(super) fn distance(paths: &[Self], unit: &Life, span: usize) -> f64 {
        let from = unit.rows() - span;
        let mut sum = 0.0;
        for (j, path) in paths.iter().enumerate() {
            for i in from..unit.rows() {
                let expected = match path {
                    Self::None => return f64::INFINITY,
                    Self::Polynomial { coefficients, middle, half } => {
                        let z = (unit.ages[i] - middle) / half;
                        coefficients.iter().rev().fold(0.0, |sum, c| sum * z + c)
                    }
                    Self::Exponential { a, b, c, end } => a + b * (c * (unit.ages[i] - end)).exp(),
                    Self::Autoregression(model) => {
                        // Rows without enough past say nothing.
                        if i < model.order() {
                            continue;
                        }
                        let past = model.coefficients().iter().enumerate().map(|(k, c)| c * unit.value(i - 1 - k, j));
                        model.intercept() + past.sum::<f64>()
                    }
                };
                sum += (unit.value(i, j) - expected).powi(2);
            }
        }
        sum / (span * paths.len()) as f64
    }
}

/// Weights of the basis functions, and the squared error.
fn least_squares(ages: &[f64], x: &[f64], count: usize, basis: impl Fn(f64) -> Vec<f64>) -> Option<(Vec<f64>, f64)> {
    if x.len() < count {
        return None;
    }
    let (mut gram, mut moment) = (vec![0.0; count * count], vec![0.0; count]);
    for (age, x) in ages.iter().zip(x) {
        let b = basis(*age);
        for i in 0..count {
            moment[i] += b[i] * x;
            for k in 0..count {
                gram[i * count + k] += b[i] * b[k];
            }
        }
    }
    let weights = cholesky_solve(&gram, &moment)?;
    let error =
        |(age, x): (&f64, &f64)| (x - basis(*age).iter().zip(&weights).map(|(b, w)| b * w).sum::<f64>()).powi(2);
    let total = ages.iter().zip(x).map(error).sum();
    Some((weights, total))
}
