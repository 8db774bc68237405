//! Minimum of a function of a few bounded settings, without derivatives.

/// Least value found on a grid of `levels` for every setting and then by steps along the axes that are halved where
/// none is better, down to 1e-4 (Hooke & Jeeves 1961 without the pattern move). The order of steps is fixed, the first
/// of equal values is kept, values that are not finite are passed over; `None` when all are.
pub(super) fn minimise<const K: usize>(
    levels: &[f64],
    bounds: (f64, f64),
    f: impl Fn([f64; K]) -> f64,
) -> Option<[f64; K]> {
    let mut best: Option<(f64, [f64; K])> = None;
    let mut take = |point: [f64; K]| {
        let value = f(point);
        let better = value.is_finite() && best.is_none_or(|(least, _)| value < least);
        if better {
            best = Some((value, point));
        }
        (better, best)
    };
    let mut found = None;
    for cell in 0..levels.len().pow(K as u32) {
        let mut rest = cell;
        let point = std::array::from_fn(|_| {
            let level = levels[rest % levels.len()];
            rest /= levels.len();
            level
        });
        found = take(point).1;
    }
    let (_, mut point) = found?;
    let mut step = 0.1;
    while step > 1e-4 {
        let mut moved = false;
        for k in 0..K {
            for direction in [step, -step] {
                let mut next = point;
                next[k] = (next[k] + direction).clamp(bounds.0, bounds.1);
                if take(next).0 {
                    point = next;
                    moved = true;
                }
            }
        }
        if !moved {
            step *= 0.5;
        }
    }
    Some(point)
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact by construction
mod tests {
    use super::*;

    #[test]
    fn minima_inside_and_at_a_bound() {
        let found =
            minimise(&[0.1, 0.5, 0.9], (0.0, 1.0), |[a, b]: [f64; 2]| (a - 0.37).powi(2) + (b - 2.0).powi(2)).unwrap();
        assert!((found[0] - 0.37).abs() < 2e-4 && found[1] >= 1.0, "{found:?}");
        assert!(minimise(&[0.5], (0.0, 1.0), |[_]: [f64; 1]| f64::NAN).is_none());
    }
}
