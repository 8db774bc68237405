//! The augmented Dickey-Fuller test: does the level pull the series back, or does it wander?
//!
//! # Formula
//! Regression of `d[t] = x[t+1] - x[t]` on `1, x[t], d[t-1], .., d[t-L]`. The statistic is Student's t of the coefficient of the
//! level: the more negative, the stronger the pull back to the mean. Its p-value under a unit root (a random walk) is that of
//! MacKinnon's response surface. A small p-value says "stationary"; a sensor whose p-value rises has begun to drift.
//!
//! # Number of lags
//! `augmented_dickey_fuller` is tsfresh's (statsmodels `adfuller`, with a constant): up to `⌈12 (n/100)^¼⌉` lags, at most n/2 - 2,
//! all compared on the same rows, chosen by AIC, BIC, the last lag whose |t| reaches 1.645 from above (`"t-stat"`), or all of
//! them (`"None"`); then the chosen regression is run again on all its rows. `adf__attr__lags` has a fixed number.
//!
//! # Sources
//! D. A. Dickey, W. A. Fuller, JASA 74 (1979); S. E. Said, D. A. Dickey (1984); G. W. Schwert (1989) for the number of lags;
//! J. G. MacKinnon, J. Business & Economic Statistics 12 (1994) for the p-value.
//!
//! # Cost and NaN
//! `O(n L)`, one exact sum a lag, and `O(L³)`: one factorisation serves all numbers of lags. NaN for a constant, for fewer
//! than four samples, and where the regression leaves no residual beyond rounding (a noiseless sine, a ramp, a repeated
//! pattern): the t of such a fit is the ratio of two rounding errors.

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::math::lanes;
use crate::math::special::norm_cdf;
use crate::signal::autoregression::ols::LeastSquares;
use crate::signal::autoregression::{ArCriterion, MAX_ORDER};

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    const AUTO: &[Param] = &[
        Param::word("attr", &["pvalue", "teststat", "usedlag"]),
        Param::word("autolag", &["AIC", "BIC", "None", "t-stat"]),
    ];
    const FIXED: &[Param] = &[Param::word("attr", &["pvalue", "teststat"]), Param::int("lags", 0, MAX_ORDER as i64)];
    vec![
        Calculator::group(
            "augmented_dickey_fuller",
            AUTO,
            "augmented Dickey-Fuller test with a constant, number of lags chosen as tsfresh does; NaN for a constant",
            |args| Box::new(Tests::new(args, |a| Choice::from_word(a.word(1)))),
        ),
        Calculator::group(
            "adf",
            FIXED,
            "augmented Dickey-Fuller test with a constant and a fixed number of lags; NaN above n/2 - 2 lags",
            |args| Box::new(Tests::new(args, |a| Choice::Fixed(a.count(1)))),
        ),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Choice {
    Fixed(usize),
    All,
    Criterion(ArCriterion),
    LastSignificant,
}

impl Choice {
    fn from_word(word: &str) -> Self {
        match word {
            "BIC" => Self::Criterion(ArCriterion::Bic),
            "None" => Self::All,
            "t-stat" => Self::LastSignificant,
            _ => Self::Criterion(ArCriterion::Aic),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Outcome {
    statistic: f64,
    lags: f64,
}

impl Outcome {
    const UNDEFINED: Self = Self { statistic: f64::NAN, lags: f64::NAN };
}

struct Tests {
    jobs: super::Jobs<Choice, Attribute>,
}

#[derive(Debug, Clone, Copy)]
enum Attribute {
    P,
    Statistic,
    Lags,
}

impl Tests {
    fn new(args: &[&Args], choice: fn(&Args) -> Choice) -> Self {
        let jobs = super::by_key(args, |a| {
            let attribute = match a.word(0) {
                "pvalue" => Attribute::P,
                "usedlag" => Attribute::Lags,
                _ => Attribute::Statistic,
            };
            (choice(a), attribute)
        });
        Self { jobs }
    }
}

impl Kernel for Tests {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let equations: &mut LeastSquares = scratch.own();
        for (choice, outputs) in &self.jobs {
            let outcome = test(shared.samples(), *choice, equations).unwrap_or(Outcome::UNDEFINED);
            for &(attribute, place) in outputs {
                out[place] = match attribute {
                    Attribute::P => p_value(outcome.statistic),
                    Attribute::Statistic => outcome.statistic,
                    Attribute::Lags => outcome.lags,
                };
            }
        }
    }
}

/// The number of lags that Schwert's rule allows; `None` when there are too few samples for any.
fn most_lags(n: usize) -> Option<usize> {
    let rule = (12.0 * (n as f64 / 100.0).powf(0.25)).ceil() as usize;
    (n / 2).checked_sub(2).map(|most| most.min(rule).min(MAX_ORDER))
}

fn test(x: &[f64], choice: Choice, equations: &mut LeastSquares) -> Option<Outcome> {
    let (low, high) = lanes::min_max(x);
    if high <= low || x.is_empty() {
        return None;
    }
    let most = (x.len() / 2).checked_sub(2)?;
    let most = match choice {
        Choice::Fixed(lags) if lags <= most => lags,
        Choice::Fixed(_) => return None,
        _ => most_lags(x.len())?,
    };
    if !equations.levels(x, most) {
        return None;
    }
    let lags = match choice {
        Choice::Fixed(_) | Choice::All => most,
        Choice::Criterion(_) | Choice::LastSignificant => {
            if !equations.dickey_fuller(most, most, false) {
                return None;
            }
            choose(equations, choice)?
        }
    };
    if !equations.dickey_fuller(lags, lags, true) {
        return None;
    }
    let level = equations.last();
    if !level.independent || equations.is_perfect(level.rest) {
        return None;
    }
    let freedom = equations.rows() as f64 - level.rank as f64;
    Some(Outcome { statistic: level.projection / (level.rest / freedom).sqrt(), lags: lags as f64 })
}

/// The number of lags, from the nested regressions.
fn choose(equations: &LeastSquares, choice: Choice) -> Option<usize> {
    let n = equations.rows() as f64;
    // The first two columns are the constant and the level.
    let models = equations.steps().get(1..)?;
    if models.iter().any(|m| equations.is_perfect(m.rest)) {
        return None;
    }
    if let Choice::Criterion(criterion) = choice {
        let value =
            |m: &crate::signal::autoregression::ols::Step| n * m.rest.ln() + criterion.penalty(n) * m.rank as f64;
        // The first of equals.
        let best = |best: (usize, f64), (lags, v): (usize, f64)| if v < best.1 { (lags, v) } else { best };
        return Some(models.iter().map(value).enumerate().fold((0, f64::INFINITY), best).0);
    }
    let significant = |m: &crate::signal::autoregression::ols::Step| {
        m.projection.abs() / (m.rest / (n - m.rank as f64)).sqrt() >= 1.644_853_626_951_472_2
    };
    Some(models.iter().rposition(significant).unwrap_or(0))
}

/// MacKinnon's (1994) approximation with a constant: the normal distribution of a polynomial in the statistic.
pub(super) fn p_value(statistic: f64) -> f64 {
    const SMALL: [f64; 3] = [2.1659, 1.4412, 0.038269];
    const LARGE: [f64; 4] = [1.7339, 0.93202, -0.12745, -0.010368];
    if statistic.is_nan() {
        return f64::NAN;
    }
    if statistic > 2.74 {
        return 1.0;
    }
    if statistic < -18.83 {
        return 0.0;
    }
    let polynomial = |c: &[f64]| c.iter().rev().fold(0.0, |value, c| value * statistic + c);
    norm_cdf(if statistic <= -1.61 { polynomial(&SMALL) } else { polynomial(&LARGE) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_values_are_those_of_statsmodels() {
        // statsmodels 0.15.0, mackinnonp(t, "c")
        for (t, p) in [
            (-3.734_455_410_942_344, 0.003_653_798_826_785_437_6),
            (-0.079_147_487_871_467_75, 0.951_476_321_219_876_7),
            (-18.050_047_628_646_624, 2.641_259_960_219_907e-30),
        ] {
            assert!((p_value(t) / p - 1.0).abs() < 1e-12, "{t}");
        }
        assert_eq!((p_value(3.0), p_value(-19.0)), (1.0, 0.0));
        assert!(p_value(f64::NAN).is_nan());
    }

    #[test]
    fn lags_are_schwerts() {
        assert_eq!([3, 4, 5, 6, 100, 2048].map(most_lags), [None, Some(0), Some(0), Some(1), Some(12), Some(26)]);
    }

    #[test]
    fn fits_without_residual_have_no_statistic() {
        let mut equations = LeastSquares::default();
        let ramp: Vec<f64> = (0..100).map(f64::from).collect();
        let sine: Vec<f64> = (0..200).map(|i| (f64::from(i) * 0.3).sin()).collect();
        let pattern: Vec<f64> = (0..60).map(|i| f64::from(i % 3)).collect();
        for x in [ramp, sine, pattern, vec![1.5; 50]] {
            assert!(test(&x, Choice::Criterion(ArCriterion::Aic), &mut equations).is_none());
        }
        let spike: Vec<f64> = (0..100).map(|i| f64::from(u8::from(i == 50))).collect();
        let outcome = test(&spike, Choice::Criterion(ArCriterion::Aic), &mut equations).map(|o| (o.statistic, o.lags));
        // statsmodels 0.15.0
        assert!(outcome.is_some_and(|(t, lags)| (t + 9.949_874_371_066_2).abs() < 1e-12 && lags < 0.5), "{outcome:?}");
    }
}
