//! Order statistics: quantiles and medians.

/// Factor that turns a median absolute deviation into a standard deviation under a normal law, `1 / Phi^-1(3/4)`.
pub(crate) const MAD_TO_SD: f64 = 1.482_602_218_505_602;
/// Interquartile range of a standard normal law, `2 Phi^-1(3/4)`.
pub(crate) const NORMAL_IQR: f64 = 1.348_979_500_392_163_4;

/// Point between two order statistics; exact at both ends, and without overflow when the difference has none.
#[inline]
fn between(low: f64, high: f64, t: f64) -> f64 {
    let difference = high - low;
    if t <= 0.0 {
        low
    } else if difference.is_finite() {
        low + difference * t
    } else {
        low * (1.0 - t) + high * t
    }
}

/// Quantile by linear interpolation (Hyndman & Fan 1996, type 7: numpy's default) of values in ascending order.
/// NaN when there are none; `q` is cut to 0..1.
pub(crate) fn quantile_sorted(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = q.clamp(0.0, 1.0) * last as f64;
    let below = (place.floor() as usize).min(last);
    let above = (below + 1).min(last);
    between(sorted[below], sorted[above], place - below as f64)
}

/// [`quantile_sorted`] of values in any order, which it reorders: O(n) by selection. The values must not be NaN.
pub(crate) fn quantile_in_place(x: &mut [f64], q: f64) -> f64 {
    let Some(last) = x.len().checked_sub(1) else { return f64::NAN };
    let place = q.clamp(0.0, 1.0) * last as f64;
    let below = (place.floor() as usize).min(last);
    let (_, &mut low, rest) = x.select_nth_unstable_by(below, f64::total_cmp);
    let high = rest.iter().copied().fold(f64::INFINITY, f64::min);
    if rest.is_empty() { low } else { between(low, high, place - below as f64) }
}

/// Median of values in any order, which it reorders. NaN when there are none.
pub(crate) fn median_in_place(x: &mut [f64]) -> f64 {
    quantile_in_place(x, 0.5)
}

/// Median absolute deviation from `centre`, not scaled; overwrites the values.
pub(crate) fn mad_in_place(x: &mut [f64], centre: f64) -> f64 {
    for v in x.iter_mut() {
        *v = (*v - centre).abs();
    }
    median_in_place(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selection_equals_sorting() {
        let x: Vec<f64> = (0..37).map(|i| f64::from((i * 17) % 37) * 0.5).collect();
        let mut sorted = x.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        for q in [0.0, 0.1, 0.25, 0.5, 0.77, 0.999, 1.0] {
            let a = quantile_sorted(&sorted, q);
            let b = quantile_in_place(&mut x.clone(), q);
            assert_eq!(a.to_bits(), b.to_bits(), "{q}");
        }
        assert!(quantile_sorted(&[], 0.5).is_nan() && quantile_in_place(&mut [], 0.5).is_nan());
    }

    #[test]
    fn known_values() {
        // numpy.quantile([1, 2, 3, 4], 0.4) = 2.2
        assert!((quantile_sorted(&[1.0, 2.0, 3.0, 4.0], 0.4) - 2.2).abs() < 1e-15);
        assert!((median_in_place(&mut [3.0, 1.0, 2.0, 10.0]) - 2.5).abs() < 1e-15);
        assert!((mad_in_place(&mut [1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0], 2.0) - 1.0).abs() < 1e-15);
        assert!(quantile_sorted(&[-f64::MAX, f64::MAX], 0.5).abs() < 1e-10);
    }
}
