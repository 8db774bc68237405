//! Sums in the order in which NumPy takes them.
//!
//! Some of TSFEL's answers hang on whether a sum is exactly 0, or on which side of the mean a sample lies. There the
//! last bit decides, and the order of summation decides the last bit.

/// Longest block that is summed without being halved.
const BLOCK: usize = 128;

/// Sum of `at(0..n)` in NumPy's pairwise order: blocks of up to 128 values in eight lanes, halves above.
pub(super) fn sum_by(n: usize, at: &impl Fn(usize) -> f64) -> f64 {
    pairwise(0, n, at)
}

/// As [`sum_by`], of a slice.
pub(super) fn sum(x: &[f64]) -> f64 {
    sum_by(x.len(), &|i| x[i])
}

/// NumPy's mean; NaN when empty.
pub(super) fn mean(x: &[f64]) -> f64 {
    sum(x) / x.len() as f64
}

/// Whether no sample differs from the first; nothing is equal to nothing.
pub(super) fn all_equal(x: &[f64]) -> bool {
    x.iter().all(|v| Some(v) == x.first())
}

/// Whether the differences of neighbours add up to exactly 0: what TSFEL takes for a constant signal. Every signal of
/// whole numbers that ends where it began is one.
pub(super) fn is_constant_to_tsfel(x: &[f64]) -> bool {
    let n = x.len().saturating_sub(1);
    sum_by(n, &|i| x[i + 1] - x[i]) == 0.0
}

/// Sum of the values in the order in which NumPy's real Fourier transform comes to its bin 0: by the prime factors of
/// the length, fours taken together. The values are overwritten.
pub(super) fn sum_of_transform(x: &mut [f64]) -> f64 {
    let mut len = x.len();
    while len > 1 {
        let factor = next_factor(len);
        len /= factor;
        for k in 0..len {
            let at = |j: usize| x[k + len * j];
            let sum = match factor {
                4 => (at(0) + at(2)) + (at(3) + at(1)),
                2 => at(0) + at(1),
                _ => (1..=factor / 2).fold(at(0), |sum, j| sum + (at(j) + at(factor - j))),
            };
            x[k] = sum;
        }
    }
    x.first().copied().unwrap_or(0.0)
}

/// The factor that the transform takes next: odd primes from the largest, then fours, then a two.
fn next_factor(len: usize) -> usize {
    let mut rest = len >> len.trailing_zeros();
    if rest <= 1 {
        return len.min(4);
    }
    let mut factor = 3;
    while factor * factor <= rest {
        if rest.is_multiple_of(factor) {
            rest /= factor;
        } else {
            factor += 2;
        }
    }
    rest
}

fn pairwise(start: usize, n: usize, at: &impl Fn(usize) -> f64) -> f64 {
    if n < 8 {
        return (start..start + n).map(at).fold(0.0, |a, b| a + b);
    }
    if n > BLOCK {
        let half = n / 2 - (n / 2) % 8;
        return pairwise(start, half, at) + pairwise(start + half, n - half, at);
    }
    let mut r = [0.0; 8];
    for (k, r) in r.iter_mut().enumerate() {
        *r = at(start + k);
    }
    let whole = n - n % 8;
    for i in (8..whole).step_by(8) {
        for (k, r) in r.iter_mut().enumerate() {
            *r += at(start + i + k);
        }
    }
    let lanes = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    (whole..n).fold(lanes, |a, i| a + at(start + i))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transform_sums_by_prime_factors() {
        assert_eq!([2, 4, 8, 12, 45, 600, 997].map(next_factor), [2, 4, 4, 3, 5, 5, 997]);
        for n in [1_usize, 2, 6, 8, 30, 97, 360] {
            let mut x: Vec<f64> = (0..n).map(|i| i as f64).collect();
            assert_eq!(sum_of_transform(&mut x).to_bits(), ((n * (n - 1) / 2) as f64).to_bits(), "{n}");
        }
        assert_eq!(sum_of_transform(&mut []).to_bits(), 0);
    }

    #[test]
    fn the_order_is_that_of_numpy() {
        // np.sum of 0.1 * arange(n), and of the same less its np.mean: NumPy 2.3.
        for (n, total) in [(7, 2.1), (8, 2.8000000000000003), (129, 825.6), (1000, 49950.0)] {
            assert_eq!(sum_by(n, &|i| 0.1 * i as f64).to_bits(), f64::to_bits(total), "{n}");
        }
        assert!(mean(&[]).is_nan());
        assert!(is_constant_to_tsfel(&[3.0, 5.0, -2.0, 3.0]) && !is_constant_to_tsfel(&[3.0, 5.0]));
    }
}
