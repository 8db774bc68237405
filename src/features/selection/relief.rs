//! ReliefF: a feature is good when near neighbours of another class differ in it and near neighbours of the same class
//! do not. It sees features that matter only together with others.
//!
//! K. Kira & L. Rendell 1992; M. Robnik-Šikonja & I. Kononenko, Machine Learning 53 (2003), ReliefF for classes and
//! RReliefF for numbers, every row taken once, k nearest neighbours of equal weight. Distances are sums over all
//! features of differences divided by the feature's range. O(n² (d + log n)) time, O(n d) memory.

use super::Kind;
use crate::math::par;

/// Weight of every column, in -1..=1.
pub(super) fn weights(columns: &[Vec<f64>], target: &Kind, k: usize) -> Vec<f64> {
    let scaled: Vec<Vec<f64>> = columns.iter().map(|c| to_unit_range(c)).collect();
    let n = columns.first().map_or(0, Vec::len);
    let d = columns.len();
    match target {
        Kind::Classes(classes, count) => {
            let mut sizes = vec![0usize; *count];
            classes.iter().for_each(|&c| sizes[c] += 1);
            let parts = par::map(n, |i| {
                let near = neighbours(&scaled, i, n);
                let mut weight = vec![0.0; d];
                for class in 0..*count {
                    let group: Vec<usize> = near.iter().copied().filter(|&j| classes[j] == class).take(k).collect();
                    if group.is_empty() {
                        continue;
                    }
                    let share =
                        if class == classes[i] { -1.0 } else { sizes[class] as f64 / (n - sizes[classes[i]]) as f64 };
                    for (w, column) in weight.iter_mut().zip(&scaled) {
                        let sum: f64 = group.iter().map(|&j| (column[i] - column[j]).abs()).sum();
                        *w += share * sum / group.len() as f64;
                    }
                }
                weight
            });
            mean_of(&parts, d, n)
        }
        Kind::Values(values) => {
            let y = to_unit_range(values);
            // Per row: how much the target differs, each column differs, and both together, over the k nearest.
            let parts = par::map(n, |i| {
                let near = neighbours(&scaled, i, n);
                let k = k.min(near.len());
                let mut sums = vec![0.0; 1 + 2 * d];
                for &j in &near[..k] {
                    let dy = (y[i] - y[j]).abs();
                    sums[0] += dy;
                    for (a, column) in scaled.iter().enumerate() {
                        let dx = (column[i] - column[j]).abs();
                        sums[1 + a] += dx;
                        sums[1 + d + a] += dx * dy;
                    }
                }
                sums.iter_mut().for_each(|s| *s /= k as f64);
                sums
            });
            let mean = mean_of(&parts, 1 + 2 * d, n);
            let dy = mean[0];
            (0..d).map(|a| mean[1 + d + a] / dy - (mean[1 + a] - mean[1 + d + a]) / (1.0 - dy)).collect()
        }
    }
}

fn mean_of(parts: &[Vec<f64>], width: usize, n: usize) -> Vec<f64> {
    let mut mean = vec![0.0; width];
    for part in parts {
        mean.iter_mut().zip(part).for_each(|(m, p)| *m += p / n as f64);
    }
    mean
}

/// The other rows, nearest first; equal distances in the order of the rows.
fn neighbours(scaled: &[Vec<f64>], i: usize, n: usize) -> Vec<usize> {
    let mut distance = vec![0.0; n];
    for column in scaled {
        distance.iter_mut().zip(column).for_each(|(d, v)| *d += (v - column[i]).abs());
    }
    let mut near: Vec<usize> = (0..n).filter(|&j| j != i).collect();
    near.sort_by(|&a, &b| distance[a].total_cmp(&distance[b]));
    near
}

/// Linear from 0 to 1; zeros for a constant.
fn to_unit_range(x: &[f64]) -> Vec<f64> {
    let low = x.iter().copied().fold(f64::INFINITY, f64::min);
    let high = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Half the range at a time: the whole range of the largest numbers is infinite.
    let range = 0.5 * high - 0.5 * low;
    let scale = |v: f64| if range > 0.0 { (0.5 * v - 0.5 * low) / range } else { 0.0 };
    x.iter().map(|v| scale(*v)).collect()
}
