//! The straight line behind TSFEL's exponents.

/// Slope and height at 0 of the least-squares line; `None` below two points, when a value is not finite, or without
/// spread.
pub(super) fn line_through(points: impl Iterator<Item = (f64, f64)> + Clone) -> Option<(f64, f64)> {
    let (mut n, mut mean_x, mut mean_y) = (0.0, 0.0, 0.0);
    for (x, y) in points.clone() {
        n += 1.0;
        mean_x += x;
        mean_y += y;
    }
    mean_x /= n;
    mean_y /= n;
    let (mut sxx, mut sxy) = (0.0, 0.0);
    for (x, y) in points {
        sxx += (x - mean_x) * (x - mean_x);
        sxy += (x - mean_x) * (y - mean_y);
    }
    let slope = sxy / sxx;
    (n > 1.0 && slope.is_finite()).then_some((slope, mean_y - slope * mean_x))
}
