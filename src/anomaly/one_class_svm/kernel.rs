//! Kernels of a row with many rows, eight at a time.

use crate::anomaly::row_bank::RowBank;
use crate::error::{Error, Result};
use crate::math::lanes::LANES;
use crate::math::{exp, par};

/// How alike two rows x and y are; gamma is [`Gamma`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Kernel {
    /// `exp(-gamma |x - y|²)`.
    #[default]
    Rbf,
    /// `x · y`.
    Linear,
    /// `(gamma x · y + coef0)^degree`.
    Poly {
        /// 1 to 32.
        degree: u32,
        /// Any finite number.
        coef0: f64,
    },
    /// `tanh(gamma x · y + coef0)`. Not a positive kernel for all values; the solution is then a stationary point.
    Sigmoid {
        /// Any finite number.
        coef0: f64,
    },
}

/// The factor in the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Gamma {
    /// `1 / (d variance)` over all cells of the scaled training rows; 1 when they are all equal.
    #[default]
    Scale,
    /// `1 / d`.
    Auto,
    /// This number.
    Value(f64),
}

impl Kernel {
    pub(super) fn check(self) -> Result<()> {
        match self {
            Self::Poly { degree, .. } if !(1..=32).contains(&degree) => {
                Err(Error::parameter("degree", degree, "must be 1 to 32"))
            }
            Self::Poly { coef0, .. } | Self::Sigmoid { coef0 } if !coef0.is_finite() => {
                Err(Error::parameter("coef0", coef0, "must be finite"))
            }
            _ => Ok(()),
        }
    }

    /// What the kernel is a function of, column by column: `gamma (x - y)²`, or `gamma x y` (gamma 1 when linear).
    pub(super) fn term(self, gamma: f64, x: f64, y: f64) -> f64 {
        match self {
            Self::Rbf => gamma * (x - y) * (x - y),
            Self::Linear => x * y,
            Self::Poly { .. } | Self::Sigmoid { .. } => gamma * x * y,
        }
    }

    /// Mean slope of the kernel between two sums of its terms.
    pub(super) fn slope(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Rbf => {
                let (low, step) = (a.min(b), (a - b).abs());
                if step > 0.0 { (-low).exp() * ((-step).exp_m1() / step) } else { -(-low).exp() }
            }
            Self::Linear => 1.0,
            Self::Poly { degree, coef0 } => {
                let (a, b) = (a + coef0, b + coef0);
                (0..degree as i32).map(|m| a.powi(m) * b.powi(degree as i32 - 1 - m)).sum()
            }
            Self::Sigmoid { coef0 } => {
                let (a, b) = (a + coef0, b + coef0);
                if (a - b).abs() > 1e-5 {
                    (a.tanh() - b.tanh()) / (a - b)
                } else {
                    1.0 - (0.5 * (a + b)).tanh().powi(2)
                }
            }
        }
    }
}

/// Rows and a kernel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bank {
    pub(super) kernel: Kernel,
    pub(super) gamma: f64,
    rows: RowBank,
}

impl Bank {
    /// Of row-major cells.
    pub(super) fn new(kernel: Kernel, gamma: f64, d: usize, cells: &[f64]) -> Self {
        Self { kernel, gamma, rows: RowBank::new(d, cells) }
    }

    /// Kernel of `x` with the eight rows of a block.
    #[inline]
    pub(super) fn block(&self, x: &[f64], block: usize) -> [f64; LANES] {
        let mut sums =
            if self.kernel == Kernel::Rbf { self.rows.squared_distances(x, block) } else { self.rows.dots(x, block) };
        match self.kernel {
            Kernel::Rbf => {
                for s in &mut sums {
                    *s *= -self.gamma;
                }
                exp::exp(&mut sums);
            }
            Kernel::Linear => {}
            Kernel::Poly { degree, coef0 } => {
                for s in &mut sums {
                    *s = (self.gamma * *s + coef0).powi(degree as i32);
                }
            }
            Kernel::Sigmoid { coef0 } => {
                for s in &mut sums {
                    *s = (self.gamma * *s + coef0).tanh();
                }
            }
        }
        sums
    }

    /// Kernel of `x` with every row.
    pub(super) fn row(&self, x: &[f64]) -> Vec<f64> {
        // Below this much work threads cost more than they give.
        const BLOCK: usize = 4096;
        let mut out = vec![0.0; self.rows.len()];
        let fill = |first: usize, out: &mut [f64]| {
            for (b, out) in out.chunks_mut(LANES).enumerate() {
                let all = self.block(x, first + b);
                out.copy_from_slice(&all[..out.len()]);
            }
        };
        if self.rows.len() * self.rows.columns() < 1 << 20 {
            fill(0, &mut out);
        } else {
            par::rows_init(&mut out, BLOCK, || (), |(), i, out| fill(i * (BLOCK / LANES), out));
        }
        out
    }

    /// `sum_i weights_i K(x, x_i)`, in lanes.
    #[inline]
    pub(super) fn weighted(&self, x: &[f64], weights: &[f64]) -> f64 {
        let mut sums = [0.0; LANES];
        for (block, weights) in weights.chunks(LANES).enumerate().take(self.rows.n_blocks()) {
            let k = self.block(x, block);
            for ((s, k), w) in sums.iter_mut().zip(k).zip(weights) {
                *s += w * k;
            }
        }
        ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]))
    }
}
