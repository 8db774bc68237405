//! Location, spread and shape that a few wild samples do not move: order statistics.
//!
//! For process sensors with outliers, dropouts and spikes. Everything is read from the sorted samples, in time that is
//! linear in their number or less; the sort is shared with the quantiles.
//!
//! Sources: L-moments by the unbiased probability-weighted moments b_r (Hosking, *L-moments*, 1990); Gini's mean
//! difference, the mean |x_i - x_j| over all pairs; the half-sample mode (Robertson & Cryer 1974; Bickel &
//! Frühwirth 2006); quartile skewness (Bowley 1901) and octile kurtosis (Moors 1988); features of the empirical
//! distribution function F(x_(i)) = i / n as TSFEL defines them.
//!
//! # NaN
//! Too few samples for the order (n < k for L-moment k, n < 2 for Gini's difference), and ratios with a spread of 0.

use super::distribution::ratio;
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::math::lanes;

/// 1 / Φ⁻¹(3/4): the median absolute deviation of a Gaussian times this is its standard deviation.
const GAUSSIAN: f64 = 1.482_602_218_505_602;

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    let sorted: fn(&Args) -> Needs = |_| Needs::new().sorted();
    const SHARE: &[Param] = &[Param::float("share", 0.0, 0.5).or("0.1")];
    const ORDER: &[Param] = &[Param::int("order", 1, 4)];
    const P: &[Param] = &[Param::float("p", 0.0, 1.0)];
    const SLOPE: &[Param] = &[Param::float("p_end", 0.0, 1.0).or("0.75"), Param::float("p_init", 0.0, 1.0).or("0.5")];
    vec![
        Calculator::scalar("iqr", &[], "quantile 0.75 - quantile 0.25, unit of the signal", sorted, |s, _| {
            s.quantile(0.75) - s.quantile(0.25)
        }),
        Calculator::scalar(
            "median_absolute_deviation",
            &[],
            "median |x - median|, unit of the signal",
            sorted,
            |s, _| median_absolute_deviation(s.sorted(), s.median()),
        ),
        Calculator::scalar(
            "median_absolute_deviation_normal",
            &[],
            "1.4826 median |x - median|: the standard deviation of a Gaussian, unit of the signal",
            sorted,
            |s, _| GAUSSIAN * median_absolute_deviation(s.sorted(), s.median()),
        ),
        Calculator::scalar(
            "trimmed_mean",
            SHARE,
            "mean without the floor(share n) smallest and as many largest samples; NaN when none is left",
            sorted,
            |s, a| {
                let n = s.len();
                let cut = (a.float(0) * n as f64) as usize;
                s.sorted().get(cut..n.saturating_sub(cut)).map_or(f64::NAN, lanes::mean)
            },
        ),
        Calculator::group("l_moment", ORDER, "L-moment of the order, unit of the signal", |args| {
            Box::new(LMomentsKernel { orders: args.iter().map(|a| a.count(0)).collect() })
        }),
        Calculator::scalar("l_skewness", &[], "L-moment 3 / L-moment 2, in -1..1", sorted, |s, _| {
            let l = l_moments(s.sorted());
            ratio(l[2], l[1])
        }),
        Calculator::scalar("l_kurtosis", &[], "L-moment 4 / L-moment 2, 0.1226 for a Gaussian", sorted, |s, _| {
            let l = l_moments(s.sorted());
            ratio(l[3], l[1])
        }),
        Calculator::scalar(
            "gini_mean_difference",
            &[],
            "mean |x_i - x_j| over all pairs, unit of the signal",
            sorted,
            |s, _| 2.0 * l_moments(s.sorted())[1],
        ),
        Calculator::scalar(
            "half_sample_mode",
            &[],
            "mode by repeatedly taking the narrowest half, unit of the signal",
            sorted,
            |s, _| half_sample_mode(s.sorted()),
        ),
        Calculator::scalar(
            "quartile_skewness",
            &[],
            "(q75 + q25 - 2 median) / (q75 - q25), in -1..1",
            sorted,
            |s, _| {
                let (low, mid, high) = (s.quantile(0.25), s.median(), s.quantile(0.75));
                ratio((high - mid) - (mid - low), high - low)
            },
        ),
        Calculator::scalar(
            "octile_kurtosis",
            &[],
            "((o7 - o5) + (o3 - o1)) / (o6 - o2) with the octiles o, 1.233 for a Gaussian",
            sorted,
            |s, _| {
                let o = |k: u8| s.quantile(f64::from(k) / 8.0);
                ratio((o(7) - o(5)) + (o(3) - o(1)), o(6) - o(2))
            },
        ),
        Calculator::scalar(
            "ecdf_percentile",
            P,
            "largest sample x_(i) with i / n <= p, unit of the signal; NaN when there is none",
            sorted,
            |s, a| ecdf_percentile(s.sorted(), a.float(0)),
        ),
        Calculator::scalar("ecdf_percentile_count", P, "number of samples x_(i) with i / n <= p", sorted, |s, a| {
            if s.is_empty() { f64::NAN } else { ecdf_count(s.len(), a.float(0)) as f64 }
        }),
        Calculator::scalar(
            "ecdf_slope",
            SLOPE,
            "(p_end - p_init) / (ecdf percentile p_end - ecdf percentile p_init), 1 / unit of the signal",
            sorted,
            |s, a| {
                let (end, init) = (a.float(0), a.float(1));
                ratio(end - init, ecdf_percentile(s.sorted(), end) - ecdf_percentile(s.sorted(), init))
            },
        ),
    ]
}

/// Median of |x - median|: walks outward from the middle of the sorted samples, taking the nearer side each time.
fn median_absolute_deviation(sorted: &[f64], median: f64) -> f64 {
    let n = sorted.len();
    if n == 0 {
        return f64::NAN;
    }
    let (mut below, mut above) = {
        let (low, high) = sorted.split_at(n / 2);
        (low.iter().rev().peekable(), high.iter().peekable())
    };
    let (mut before, mut last) = (0.0, 0.0);
    for _ in 0..=n / 2 {
        let down = below.peek().map_or(f64::INFINITY, |&&v| median - v);
        let up = above.peek().map_or(f64::INFINITY, |&&v| v - median);
        before = last;
        last = if down < up {
            below.next();
            down
        } else {
            above.next();
            up
        };
    }
    if n.is_multiple_of(2) { before + 0.5 * (last - before) } else { last }
}

/// L-moments 1 to 4; NaN where there are fewer samples than the order.
///
/// The b_r are taken about the median, which L-moments of order 2 and more do not see: an offset costs no digits.
fn l_moments(sorted: &[f64]) -> [f64; 4] {
    let n = sorted.len();
    let Some(&centre) = sorted.get(n / 2) else { return [f64::NAN; 4] };
    const L: usize = lanes::LANES;
    let (mut s0, mut s1, mut s2, mut s3) = ([0.0; L], [0.0; L], [0.0; L], [0.0; L]);
    let mut add = |chunk: &[f64], first: f64| {
        for (k, &v) in chunk.iter().enumerate() {
            let j = first + k as f64;
            let d = v - centre;
            let w1 = j * d;
            let w2 = (j - 1.0) * w1;
            s0[k] += d;
            s1[k] += w1;
            s2[k] += w2;
            s3[k] += (j - 2.0) * w2;
        }
    };
    let (chunks, rest) = sorted.as_chunks::<L>();
    let mut first = 0.0;
    for chunk in chunks {
        add(chunk, first);
        first += L as f64;
    }
    add(rest, first);
    let n = n as f64;
    let b0 = lanes::sum(&s0) / n;
    let b1 = lanes::sum(&s1) / (n * (n - 1.0));
    let b2 = lanes::sum(&s2) / (n * (n - 1.0) * (n - 2.0));
    let b3 = lanes::sum(&s3) / (n * (n - 1.0) * (n - 2.0) * (n - 3.0));
    let or_nan = |least: f64, value: f64| if n >= least { value } else { f64::NAN };
    [
        centre + b0,
        or_nan(2.0, 2.0 * b1 - b0),
        or_nan(3.0, 6.0 * b2 - 6.0 * b1 + b0),
        or_nan(4.0, 20.0 * b3 - 30.0 * b2 + 12.0 * b1 - b0),
    ]
}

/// The L-moments of a set from one pass.
struct LMomentsKernel {
    orders: Vec<usize>,
}

impl Kernel for LMomentsKernel {
    fn needs(&self) -> Needs {
        Needs::new().sorted()
    }

    fn run(&self, shared: &Shared<'_>, _: &mut Scratch, out: &mut [f64]) {
        let l = l_moments(shared.sorted());
        for (out, &order) in out.iter_mut().zip(&self.orders) {
            *out = l.get(order.wrapping_sub(1)).copied().unwrap_or(f64::NAN);
        }
    }
}

/// The half-sample mode: the narrowest interval with half of the samples, then with half of those, down to two or
/// three. Of equally narrow ones the lowest.
fn half_sample_mode(sorted: &[f64]) -> f64 {
    let mut x = sorted;
    while x.len() > 3 {
        let half = x.len().div_ceil(2);
        let (mut best, mut narrowest) = (0, f64::INFINITY);
        for (i, (low, high)) in x.iter().zip(&x[half - 1..]).enumerate() {
            if high - low < narrowest {
                narrowest = high - low;
                best = i;
            }
        }
        x = &x[best..best + half];
    }
    match *x {
        [a, b, c] if b - a < c - b => 0.5 * a + 0.5 * b,
        [a, b, c] if c - b < b - a => 0.5 * b + 0.5 * c,
        [_, b, _] => b,
        [a, b] => 0.5 * a + 0.5 * b,
        [a] => a,
        _ => f64::NAN,
    }
}

/// Number of i in 1..=n with i / n <= p.
pub(crate) fn ecdf_count(n: usize, p: f64) -> usize {
    let within = |i: usize| i as f64 / n as f64 <= p;
    let mut count = ((p * n as f64) as usize).min(n);
    // The product may be rounded across a whole number.
    while count < n && within(count + 1) {
        count += 1;
    }
    while count > 0 && !within(count) {
        count -= 1;
    }
    count
}

/// Largest sample whose share of samples at or below it, counted by rank, is at most p.
fn ecdf_percentile(sorted: &[f64], p: f64) -> f64 {
    let last = ecdf_count(sorted.len(), p).wrapping_sub(1);
    sorted.get(last).copied().unwrap_or(f64::NAN)
}
