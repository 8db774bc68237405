//! Two-sided tests of whether two samples, or two columns, have anything to do with each other; all give a p-value.
//!
//! Sources: R. A. Fisher, *Statistical Methods for Research Workers* (1934); H. B. Mann & D. R. Whitney, Ann. Math.
//! Statist. 18 (1947); J. L. Hodges, Ark. Mat. 3 (1958) for the exact two-sample Kolmogorov-Smirnov law; M. G. Kendall,
//! *Rank Correlation Methods* (1948).

use crate::math::special::{gamma_q, norm_cdf};

/// Largest sample for which the Kolmogorov-Smirnov law is computed exactly.
const KS_EXACT: usize = 10_000;
/// One sample of the Mann-Whitney test must not be larger than this for its exact law, ...
const MANN_WHITNEY_EXACT: usize = 8;
/// ... and the other not than this, so that the counts fit into 128 bits.
const MANN_WHITNEY_EXACT_OTHER: usize = 100_000;

/// Average ranks from 1, and the sizes of the groups of equal values.
pub(super) fn average_ranks(x: &[f64]) -> (Vec<f64>, Vec<usize>) {
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    let mut ranks = vec![0.0; x.len()];
    let mut ties = Vec::new();
    let mut from = 0;
    while from < order.len() {
        let value = x[order[from]];
        // -0 and 0 are equal, though `total_cmp` puts one before the other.
        let to = from + order[from..].iter().take_while(|&&i| x[i] <= value).count();
        let rank = 0.5 * (from + to + 1) as f64;
        order[from..to].iter().for_each(|&i| ranks[i] = rank);
        ties.push(to - from);
        from = to;
    }
    (ranks, ties)
}

/// Fisher's exact test of a table of counts `[[a, b], [c, d]]`: the probability, margins given, of a table that is no
/// more likely than this one.
pub(super) fn fisher_exact(a: u64, b: u64, c: u64, d: u64) -> f64 {
    let (row, column, all) = (a + b, a + c, a + b + c + d);
    let lowest = (row + column).saturating_sub(all);
    let highest = row.min(column);
    // Weights relative to that of the lowest table, by the ratio of neighbours, kept in range by their logarithms.
    let ratio =
        |k: u64| ((row - k) as f64 * (column - k) as f64) / ((k + 1) as f64 * (all + k + 1 - row - column) as f64);
    let mut logs = vec![0.0];
    for k in lowest..highest {
        let last = logs[logs.len() - 1];
        logs.push(last + ratio(k).ln());
    }
    let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let here = logs[(a - lowest) as usize];
    // Tables of equal probability differ by rounding.
    let unlikely: f64 = logs.iter().filter(|&&l| l <= here + 1e-9).map(|l| (l - top).exp()).sum();
    let total: f64 = logs.iter().map(|l| (l - top).exp()).sum();
    (unlikely / total).min(1.0)
}

/// Mann and Whitney's test: exact for samples without ties of which one has at most 8 entries, else normal with
/// corrections for ties and continuity.
pub(super) fn mann_whitney(x: &[f64], y: &[f64]) -> f64 {
    let (n1, n2) = (x.len(), y.len());
    let joined: Vec<f64> = x.iter().chain(y).copied().collect();
    let (ranks, ties) = average_ranks(&joined);
    let u1 = ranks[..n1].iter().sum::<f64>() - (n1 * (n1 + 1)) as f64 / 2.0;
    let pairs = n1 as f64 * n2 as f64;
    let u = u1.max(pairs - u1);
    let tied = ties.iter().any(|&t| t > 1);
    if !tied && n1.min(n2) <= MANN_WHITNEY_EXACT && n1.max(n2) <= MANN_WHITNEY_EXACT_OTHER {
        return (2.0 * mann_whitney_upper_tail(n1.min(n2), n1.max(n2), u as usize)).min(1.0);
    }
    let n = (n1 + n2) as f64;
    let tie_term: f64 = ties.iter().map(|&t| (t as f64).powi(3) - t as f64).sum();
    let s = (pairs / 12.0 * ((n + 1.0) - tie_term / (n * (n - 1.0)))).sqrt();
    let z = (u - pairs / 2.0 - 0.5) / s;
    (2.0 * norm_cdf(-z)).min(1.0)
}

/// P(U >= u) when no values are equal, by counting: the number of orders with U = k is the coefficient of q^k in the
/// Gaussian binomial of n + m over m.
fn mann_whitney_upper_tail(m: usize, n: usize, u: usize) -> f64 {
    // U and m n - U have the same law: count the lower tail up to m n - u.
    let places = (m * n).saturating_sub(u) + 1;
    let mut counts = vec![0u128; places];
    counts[0] = 1;
    for i in 1..=m {
        for k in (n + i..places).rev() {
            counts[k] = counts[k].wrapping_sub(counts[k - n - i]);
        }
        for k in i..places {
            counts[k] = counts[k].wrapping_add(counts[k - i]);
        }
    }
    let mut all = 1.0;
    for i in 1..=m {
        all *= (n + i) as f64 / i as f64;
    }
    counts.iter().sum::<u128>() as f64 / all
}

/// Kolmogorov and Smirnov's test of two samples: exact up to 10,000 entries a sample (O(n m)), the limiting law beyond.
pub(super) fn kolmogorov_smirnov(x: &[f64], y: &[f64]) -> f64 {
    let sorted = |v: &[f64]| {
        let mut v = v.to_vec();
        v.sort_by(f64::total_cmp);
        v
    };
    let (x, y) = (sorted(x), sorted(y));
    let (n, m) = (x.len(), y.len());
    let (mut i, mut j) = (0, 0);
    // The largest distance of the two distribution functions, in units of 1 / (n m): whole numbers.
    let mut largest = 0i128;
    while i < n && j < m {
        let value = x[i].min(y[j]);
        while i < n && x[i] <= value {
            i += 1;
        }
        while j < m && y[j] <= value {
            j += 1;
        }
        largest = largest.max((i as i128 * m as i128 - j as i128 * n as i128).abs());
    }
    if largest == 0 {
        return 1.0;
    }
    if n.max(m) <= KS_EXACT {
        return outside(n, m, largest);
    }
    let d = largest as f64 / (n as f64 * m as f64);
    limiting_kolmogorov(d * (n as f64 * m as f64 / (n + m) as f64).sqrt())
}

/// Probability that a random order of n and m entries brings the distribution functions `limit / (n m)` or more apart
/// at some point: the share of lattice paths that leave the band. Only positive terms, so small probabilities keep
/// their digits.
fn outside(n: usize, m: usize, limit: i128) -> f64 {
    let far = |i: usize, j: usize| (i as i128 * m as i128 - j as i128 * n as i128).abs() >= limit;
    let mut row: Vec<f64> = vec![0.0; m + 1];
    for i in 0..=n {
        for j in 0..=m {
            row[j] = if far(i, j) {
                1.0
            } else if i + j == 0 {
                0.0
            } else {
                let last_in_first = if i > 0 { row[j] * i as f64 } else { 0.0 };
                let last_in_second = if j > 0 { row[j - 1] * j as f64 } else { 0.0 };
                (last_in_first + last_in_second) / (i + j) as f64
            };
        }
    }
    row[m].clamp(0.0, 1.0)
}

/// `2 sum (-1)^(k-1) exp(-2 k² t²)`, and for small t its mirror image, which converges there.
fn limiting_kolmogorov(t: f64) -> f64 {
    if t < 1.18 {
        let y = (-std::f64::consts::PI.powi(2) / (8.0 * t * t)).exp();
        let sum: f64 = y + y.powi(9) + y.powi(25) + y.powi(49);
        return (1.0 - (2.0 * std::f64::consts::PI).sqrt() / t * sum).clamp(0.0, 1.0);
    }
    let y = (-2.0 * t * t).exp();
    (2.0 * (y - y.powi(4) + y.powi(9))).clamp(0.0, 1.0)
}

/// Kendall's tau-b and its p-value by the normal approximation with ties.
pub(super) fn kendall(x: &[f64], y: &[f64]) -> (f64, f64) {
    let n = x.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]).then(y[a].total_cmp(&y[b])));
    let (mut tied_in_x, mut tied_in_both) = (0.0, 0.0);
    let (mut x_cubes, mut x_fives) = (0.0, 0.0);
    let pairs = |t: usize| (t * t.saturating_sub(1)) as f64 / 2.0;
    let mut from = 0;
    while from < n {
        let to = from + order[from..].iter().take_while(|&&i| x[i] <= x[order[from]]).count();
        let t = to - from;
        tied_in_x += pairs(t);
        x_cubes += 2.0 * pairs(t) * (t as f64 - 2.0);
        x_fives += 2.0 * pairs(t) * (2.0 * t as f64 + 5.0);
        // -0 and 0 are equal in x but not in the order of the bits.
        order[from..to].sort_by(|&a, &b| y[a].total_cmp(&y[b]));
        let mut inner = from;
        while inner < to {
            let end = inner + order[inner..to].iter().take_while(|&&i| y[i] <= y[order[inner]]).count();
            tied_in_both += pairs(end - inner);
            inner = end;
        }
        from = to;
    }
    let mut in_order: Vec<f64> = order.iter().map(|&i| y[i]).collect();
    let mut buffer = vec![0.0; n];
    let discordant = inversions(&mut in_order, &mut buffer);
    // `inversions` leaves y in rising order.
    let (mut tied_in_y, mut y_cubes, mut y_fives) = (0.0, 0.0, 0.0);
    let mut from = 0;
    while from < n {
        let to = from + in_order[from..].iter().take_while(|v| **v <= in_order[from]).count();
        let t = to - from;
        tied_in_y += pairs(t);
        y_cubes += 2.0 * pairs(t) * (t as f64 - 2.0);
        y_fives += 2.0 * pairs(t) * (2.0 * t as f64 + 5.0);
        from = to;
    }
    let all = pairs(n);
    let s = all - tied_in_x - tied_in_y + tied_in_both - 2.0 * discordant;
    let tau = s / (all - tied_in_x).sqrt() / (all - tied_in_y).sqrt();
    let m = 2.0 * all;
    let var = (m * (2.0 * n as f64 + 5.0) - x_fives - y_fives) / 18.0
        + 2.0 * tied_in_x * tied_in_y / m
        + x_cubes * y_cubes / (9.0 * m * (n as f64 - 2.0));
    let z = s.abs() / var.sqrt();
    (tau.clamp(-1.0, 1.0), (2.0 * norm_cdf(-z)).min(1.0))
}

/// Number of pairs in falling order; sorts.
fn inversions(x: &mut [f64], buffer: &mut [f64]) -> f64 {
    let n = x.len();
    if n < 2 {
        return 0.0;
    }
    let half = n / 2;
    let (left, right) = x.split_at_mut(half);
    let (left_buffer, right_buffer) = buffer.split_at_mut(half);
    let mut count = inversions(left, left_buffer) + inversions(right, right_buffer);
    let (mut i, mut j) = (0, half);
    for place in buffer.iter_mut().take(n) {
        if j == n || (i < half && x[i] <= x[j]) {
            *place = x[i];
            i += 1;
        } else {
            count += (half - i) as f64;
            *place = x[j];
            j += 1;
        }
    }
    x.copy_from_slice(&buffer[..n]);
    count
}

/// Upper tail of the chi-squared law.
pub(super) fn chi_squared_tail(x: f64, dof: f64) -> f64 {
    gamma_q(dof / 2.0, x / 2.0)
}

/// Upper tail of Fisher's F law.
pub(super) fn f_tail(f: f64, d1: f64, d2: f64) -> f64 {
    if f.is_nan() {
        return f64::NAN;
    }
    if f.is_infinite() {
        return 0.0;
    }
    statrs::function::beta::checked_beta_reg(d2 / 2.0, d1 / 2.0, d2 / (d2 + d1 * f)).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sided_fisher_of_the_lady_tasting_tea() {
        // Fisher 1935: 3 of 4 right; 34 of 70 orders are as unlikely.
        assert!((fisher_exact(3, 1, 1, 3) - 34.0 / 70.0).abs() < 1e-14);
        assert!((fisher_exact(0, 0, 3, 4) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn exact_mann_whitney_by_counting_all_orders() {
        // Two of five: U = 6 has 1 order of 10.
        assert!((mann_whitney(&[4.0, 5.0], &[1.0, 2.0, 3.0]) - 0.2).abs() < 1e-15);
        let all: f64 = mann_whitney_upper_tail(7, 30, 0);
        assert!((all - 1.0).abs() < 1e-14, "{all}");
    }

    #[test]
    fn exact_kolmogorov_smirnov_by_counting_paths() {
        // All of one sample below the other: 2 of C(7, 3) = 35 orders.
        assert!((kolmogorov_smirnov(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0, 7.0]) - 2.0 / 35.0).abs() < 1e-15);
        assert!((limiting_kolmogorov(1.1799999) - limiting_kolmogorov(1.18)).abs() < 1e-6);
    }
}
