//! How often values occur: shares above and below limits, repeated values, leading digits.
//!
//! For sensors that are quantised, stuck or limited (repeated values, values at the end of the range), and for limits
//! that people set. Names and meanings are those of tsfresh; mind that `count_above` and `count_below` are shares
//! and include the limit, while `count_above_mean` and `count_below_mean` are counts and do not.
//!
//! Cost: one comparison a sample, or a binary search where the set sorts the window anyway; both give the same count.
//! Repeated values are found in the sorted samples, by exact equality.
//!
//! # NaN
//! All are NaN for an empty window; `benford_correlation` also when every sample is 0, `value_entropy` for a single
//! sample.

use super::distribution::{ratio, variance};
use crate::features::calculator::{Calculator, Param};
use crate::features::shared::{Needs, Shared};
use crate::features::spec::Args;
use std::fmt::{self, Write};
use std::sync::LazyLock;

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    let none: fn(&Args) -> Needs = |_| Needs::new();
    let moments: fn(&Args) -> Needs = |_| Needs::new().moments();
    let ties: fn(&Args) -> Needs = |_| Needs::new().ties();
    const T: &[Param] = &[Param::float("t", f64::MIN, f64::MAX).or("0")];
    const VALUE: &[Param] = &[Param::float("value", f64::MIN, f64::MAX)];
    const RANGE: &[Param] = &[Param::float("max", f64::MIN, f64::MAX), Param::float("min", f64::MIN, f64::MAX)];
    const R: &[Param] = &[Param::float("r", 0.0, f64::MAX)];
    vec![
        Calculator::scalar("count_above", T, "share of samples with x >= t", none, |s, a| {
            let t = a.float(0);
            share(s, s.len() - count_low(s, |v| v < t))
        }),
        Calculator::scalar("count_below", T, "share of samples with x <= t", none, |s, a| {
            let t = a.float(0);
            share(s, count_low(s, |v| v <= t))
        }),
        Calculator::scalar("count_above_mean", &[], "number of samples above the mean", moments, |s, _| {
            of_mean(s, |mean| s.len() - count_low(s, |v| v <= mean))
        }),
        Calculator::scalar("count_below_mean", &[], "number of samples below the mean", moments, |s, _| {
            of_mean(s, |mean| count_low(s, |v| v < mean))
        }),
        Calculator::scalar("value_count", VALUE, "number of samples equal to the value", none, |s, a| {
            let value = a.float(0);
            (count_low(s, |v| v <= value) - count_low(s, |v| v < value)) as f64
        }),
        Calculator::scalar("range_count", RANGE, "number of samples with min <= x < max", none, |s, a| {
            let (max, min) = (a.float(0), a.float(1));
            count_low(s, |v| v < max).saturating_sub(count_low(s, |v| v < min)) as f64
        }),
        Calculator::scalar(
            "ratio_beyond_r_sigma",
            R,
            "share of samples with |x - mean| > r sqrt(m2)",
            moments,
            |s, a| {
                let (mean, limit) = (s.mean(), a.float(0) * variance(s).sqrt());
                if limit.is_nan() {
                    return f64::NAN;
                }
                share(s, count_low(s, |v| v - mean < -limit) + s.len() - count_low(s, |v| v - mean <= limit))
            },
        ),
        Calculator::scalar(
            "has_duplicate_max",
            &[],
            "1 when the maximum occurs twice or more, else 0",
            moments,
            |s, _| {
                let max = s.moments().max;
                flag(s, s.len() - count_low(s, |v| v < max) >= 2)
            },
        ),
        Calculator::scalar(
            "has_duplicate_min",
            &[],
            "1 when the minimum occurs twice or more, else 0",
            moments,
            |s, _| {
                let min = s.moments().min;
                flag(s, count_low(s, |v| v <= min) >= 2)
            },
        ),
        Calculator::scalar("has_duplicate", &[], "1 when a value occurs twice or more, else 0", ties, |s, _| {
            flag(s, s.ties().distinct < s.len())
        }),
        Calculator::scalar(
            "percentage_of_reoccurring_values_to_all_values",
            &[],
            "distinct values that occur twice or more, as a share of the distinct values",
            ties,
            |s, _| ratio(s.ties().repeated_values as f64, s.ties().distinct as f64),
        ),
        Calculator::scalar(
            "percentage_of_reoccurring_datapoints_to_all_datapoints",
            &[],
            "samples whose value occurs twice or more, as a share of the samples",
            ties,
            |s, _| share(s, s.ties().repeated_points),
        ),
        Calculator::scalar(
            "sum_of_reoccurring_values",
            &[],
            "sum of the distinct values that occur twice or more, unit of the signal",
            ties,
            |s, _| s.ties().sum_values,
        ),
        Calculator::scalar(
            "sum_of_reoccurring_data_points",
            &[],
            "sum of the samples whose value occurs twice or more, unit of the signal",
            ties,
            |s, _| s.ties().sum_points,
        ),
        Calculator::scalar(
            "ratio_value_number_to_time_series_length",
            &[],
            "distinct values as a share of the samples",
            ties,
            |s, _| share(s, s.ties().distinct),
        ),
        Calculator::scalar(
            "value_entropy",
            &[],
            "-sum p ln p / ln n over the shares p of the distinct values: 1 when all differ, 0 for a constant (TSFEL)",
            ties,
            |s, _| {
                let n = s.len() as f64;
                ratio(n.ln() - s.ties().sum_c_ln_c / n, n.ln())
            },
        ),
        Calculator::scalar(
            "benford_correlation",
            &[],
            "correlation of the shares of the first digits 1..9 with log10(1 + 1/d) (Benford 1938)",
            none,
            |s, _| benford(s.samples()),
        ),
    ]
}

/// Number of samples for which `low` holds. `low` must hold for every value below one for which it holds: then the
/// sorted samples, where the set has them, answer in a few steps.
pub(super) fn count_low(s: &Shared<'_>, low: impl Fn(f64) -> bool) -> usize {
    let sorted = s.sorted();
    if sorted.is_empty() {
        s.samples().iter().map(|&v| usize::from(low(v))).sum()
    } else {
        sorted.partition_point(|&v| low(v))
    }
}

/// A count that the mean decides; NaN when the mean of samples left the range of f64.
fn of_mean(s: &Shared<'_>, count: impl FnOnce(f64) -> usize) -> f64 {
    let mean = s.mean();
    if mean.is_finite() || s.is_empty() { count(mean) as f64 } else { f64::NAN }
}

fn share(s: &Shared<'_>, count: usize) -> f64 {
    ratio(count as f64, s.len() as f64)
}

fn flag(s: &Shared<'_>, answer: bool) -> f64 {
    if s.is_empty() { f64::NAN } else { f64::from(u8::from(answer)) }
}

/// What repeated values say, from one walk over the sorted samples.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ties {
    /// Number of distinct values; -0 and 0 are one.
    pub(crate) distinct: usize,
    /// Distinct values that occur twice or more.
    pub(crate) repeated_values: usize,
    /// Samples with such a value.
    pub(crate) repeated_points: usize,
    /// Sum of c ln c over the counts c of the distinct values.
    pub(crate) sum_c_ln_c: f64,
    pub(crate) sum_values: f64,
    pub(crate) sum_points: f64,
}

impl Ties {
    pub(crate) fn of(sorted: &[f64]) -> Self {
        let mut ties = Self::default();
        // Most windows of a fine sensor have no value twice.
        let again = sorted.iter().zip(sorted.iter().skip(1)).map(|(a, b)| u64::from(b <= a)).sum::<u64>();
        if again == 0 {
            return Self { distinct: sorted.len(), ..ties };
        }
        let mut rest = sorted;
        while let Some((&first, after)) = rest.split_first() {
            let more = after.iter().take_while(|&&v| v <= first).count();
            ties.distinct += 1;
            if more > 0 {
                ties.repeated_values += 1;
                ties.repeated_points += more + 1;
                let count = (more + 1) as f64;
                ties.sum_c_ln_c += count * count.ln();
                ties.sum_values += first;
                ties.sum_points += first * count;
            }
            rest = &after[more..];
        }
        ties
    }
}

/// Correlation of the first digits' shares with Benford's law; NaN when all digits are equally frequent or there is
/// none.
fn benford(x: &[f64]) -> f64 {
    let mut shares = [0.0; 9];
    for &v in x {
        if let Some(place) = shares.get_mut(usize::from(first_digit(v.abs())).wrapping_sub(1)) {
            *place += 1.0;
        }
    }
    let n = x.len() as f64;
    let (mut sxx, mut sxy, mut syy) = (0.0, 0.0, 0.0);
    let mean_share = shares.iter().sum::<f64>() / (9.0 * n);
    for (i, count) in shares.iter().enumerate() {
        // The nine shares of the law add up to 1.
        let law = (1.0 + 1.0 / (i + 1) as f64).log10() - 1.0 / 9.0;
        let share = count / n - mean_share;
        sxx += law * law;
        sxy += law * share;
        syy += share * share;
    }
    if syy > 0.0 { (sxy / (sxx * syy).sqrt()).clamp(-1.0, 1.0) } else { f64::NAN }
}

/// For every binary exponent of a positive f64, a power of ten that brings its values to 1..20; infinite or 0 where there is none
/// in range, so that no digit comes of it.
static DECADES: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let decade = |exponent: i32| (f64::from(exponent) * std::f64::consts::LOG10_2 + 1e-9).floor() as i32;
    (-1023..1024).map(|exponent| 10f64.powi(-decade(exponent))).collect()
});

/// First digit of the shortest decimal form that reads back as `v`: 0 for 0.
fn first_digit(v: f64) -> u8 {
    if v <= 0.0 {
        return 0;
    }
    // Where the value, scaled to 1..20, is clearly between two whole numbers, the digit is certain.
    let exponent = (v.to_bits() >> 52) as usize;
    if let Some(scale) = DECADES.get(exponent) {
        let scaled = v * scale;
        let scaled = if scaled >= 10.0 { scaled * 0.1 } else { scaled };
        let whole = scaled as u8;
        let beyond = scaled - f64::from(whole);
        if (1..10).contains(&whole) && beyond > 1e-9 && beyond < 1.0 - 1e-9 {
            return whole;
        }
    }
    let mut first = FirstDigit(None);
    // It refuses what comes after the first character: the error says only that.
    let _ = write!(first, "{v:e}");
    first.0.unwrap_or(0)
}

/// Keeps the first digit of what is written to it.
struct FirstDigit(Option<u8>);

impl Write for FirstDigit {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.is_none() {
            self.0 = text.bytes().next().filter(u8::is_ascii_digit).map(|b| b - b'0');
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_digits_are_those_of_the_shortest_decimal() {
        for (v, digit) in [
            (0.0, 0),
            (1.0, 1),
            (9.999_999_999_999_999, 9),
            (1e23, 1), // the nearest f64 lies below 1e23
            (0.1 + 0.2, 3),
            (5e-324, 5),
            (f64::MAX, 1),
            (f64::MIN_POSITIVE, 2),
            (1e-290, 1),
            (7.0e15, 7),
            (0.002, 2),
        ] {
            assert_eq!(first_digit(v), digit, "{v:e}");
        }
        let mut v = 1.234_567e-300;
        while v < 1e300 {
            assert_eq!(
                u32::from(first_digit(v)),
                format!("{v:e}").chars().next().unwrap().to_digit(10).unwrap(),
                "{v:e}"
            );
            v *= 1.37;
        }
    }

    #[test]
    fn ties_are_runs_of_the_sorted_samples() {
        let ties = Ties::of(&[-2.0, -2.0, -0.0, 0.0, 1.0, 3.0, 3.0, 3.0]);
        assert_eq!((ties.distinct, ties.repeated_values, ties.repeated_points), (4, 3, 7));
        assert_eq!((ties.sum_values, ties.sum_points), (1.0, 5.0));
    }
}
