//! The autoregression of a window by least squares, with a constant.
//!
//! `x[t] = c + φ1 x[t-1] + .. + φk x[t-k] + e[t]`, t from k. `ar_coefficient` is tsfresh's (statsmodels `AutoReg`): `coeff` 0 is the
//! constant, in the unit of the signal, the others have none. Where the columns depend on each other (a constant, a repeated
//! pattern) the coefficients of the smallest norm stand. With fewer than 2 k + 1 samples there is no fit: tsfresh then gives NaN,
//! but 0 for `coeff` = k, and NaN for `coeff` above k; so does this.
//!
//! Cost: `O(n k)` in exact integers and `O(k³)` in twice the digits of f64; see [`crate::signal::autoregression`].

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::signal::autoregression::MAX_ORDER;
use crate::signal::autoregression::ols::LeastSquares;

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    const COEFFICIENT: &[Param] = &[Param::int("coeff", 0, 1_000_000), Param::int("k", 1, MAX_ORDER as i64)];
    const ORDER: &[Param] = &[Param::int("k", 1, MAX_ORDER as i64)];
    vec![
        Calculator::group(
            "ar_coefficient",
            COEFFICIENT,
            "coefficient of the autoregression of order k by least squares, 0: the constant; as tsfresh",
            |args| Box::new(Fits { jobs: super::by_key(args, |a| (a.count(1), Wanted::Coefficient(a.count(0)))) }),
        ),
        Calculator::group(
            "ar_variance",
            ORDER,
            "mean square of the residuals of the autoregression of order k by least squares, unit²; NaN below 2 k + 1 samples",
            |args| Box::new(Fits { jobs: super::by_key(args, |a| (a.count(0), Wanted::Variance)) }),
        ),
    ]
}

#[derive(Debug, Clone, Copy)]
enum Wanted {
    Coefficient(usize),
    Variance,
}

/// One fit for each order.
struct Fits {
    jobs: super::Jobs<usize, Wanted>,
}

impl Kernel for Fits {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let equations: &mut LeastSquares = scratch.own();
        for (order, outputs) in &self.jobs {
            let fitted = equations.autoregression(shared.samples(), *order);
            let variance = if fitted { equations.mean_square(equations.last().rest) } else { f64::NAN };
            let solution: &[f64] = if fitted { equations.solve() } else { &[] };
            for &(wanted, place) in outputs {
                out[place] = match wanted {
                    Wanted::Variance => variance,
                    Wanted::Coefficient(coeff) if !fitted && coeff == *order => 0.0,
                    Wanted::Coefficient(coeff) => solution.get(coeff).copied().unwrap_or(f64::NAN),
                };
            }
        }
    }
}
