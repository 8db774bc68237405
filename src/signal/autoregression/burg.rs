//! Burg's method: the autoregression whose errors, forward and backward in time, are smallest together.
//!
//! Source: J. P. Burg, "Maximum entropy spectral analysis" (1975). O(n p).

use super::levinson::extend;
use crate::math::lanes;

/// Fits orders 1 to `order` to samples without mean; `visit` gets every order with its last coefficient and the variance
/// that is left. `forward` holds the samples and `backward` is room of the same length; both are used up. `phi` and `spare`
/// as for Levinson's recursion.
pub(crate) fn burg(
    forward: &mut [f64],
    backward: &mut [f64],
    phi: &mut [f64],
    spare: &mut [f64],
    mut visit: impl FnMut(usize, f64, f64),
) {
    let n = forward.len();
    backward.copy_from_slice(forward);
    let order = phi.len().min(spare.len()).min(n.saturating_sub(1));
    for k in 1..=order {
        // forward[i] is the error of predicting sample i + k, less what earlier orders dropped; backward[i] that of i.
        let rows = n - k;
        let f = &mut forward[k..n];
        let b = &mut backward[..rows];
        let power = lanes::sum_squares(f) + lanes::sum_squares(b);
        let partial = 2.0 * lanes::dot(f, b) / power;
        // Both errors at once; the backward error moves with the window: after k steps it belongs to sample i.
        for (f, b) in f.iter_mut().zip(b.iter_mut()) {
            let (a, c) = (*f, *b);
            *f = a - partial * c;
            *b = c - partial * a;
        }
        extend(phi, spare, k, partial);
        visit(k, partial, power * (1.0 - partial * partial) / (2.0 * rows as f64));
    }
}
