//! The Levinson-Durbin recursion: from autocovariances to autoregressions of all orders.
//!
//! Source: N. Levinson (1947); J. Durbin, "The fitting of time-series models" (1960). O(p²).

/// Runs the recursion on the autocovariances of lags 0 to `order`; `visit` gets every order k with its last coefficient
/// and the variance that is left. `phi` gets the coefficients of the last order, in `phi[..order]`; `spare` is room of the
/// same length. A variance of 0 or below gives NaN or infinite numbers from there on.
pub(crate) fn levinson(covariance: &[f64], phi: &mut [f64], spare: &mut [f64], mut visit: impl FnMut(usize, f64, f64)) {
    let order = covariance.len().saturating_sub(1).min(phi.len()).min(spare.len());
    let Some(&first) = covariance.first() else { return };
    let mut variance = first;
    for k in 1..=order {
        let predicted: f64 = (1..k).map(|j| phi[j - 1] * covariance[k - j]).sum();
        let partial = (covariance[k] - predicted) / variance;
        extend(phi, spare, k, partial);
        variance *= 1.0 - partial * partial;
        visit(k, partial, variance);
    }
}

/// The coefficients of order k from those of order k - 1 and the partial autocorrelation.
pub(crate) fn extend(phi: &mut [f64], spare: &mut [f64], k: usize, partial: f64) {
    let before = &mut spare[..k - 1];
    before.copy_from_slice(&phi[..k - 1]);
    for j in 1..k {
        phi[j - 1] = before[j - 1] - partial * before[k - j - 1];
    }
    phi[k - 1] = partial;
}
