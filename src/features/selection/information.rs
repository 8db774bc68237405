//! Mutual information: how many nats one column says about another, whatever the shape of the dependence.
//!
//! By nearest neighbours: A. Kraskov, H. Stögbauer & P. Grassberger, Phys. Rev. E 69 (2004), first estimator, for
//! numbers; B. C. Ross, PLoS ONE 9 (2014) for classes. By bins of equal counts for the many pairs of columns of
//! maximum relevance and minimum redundancy: H. Peng, F. Long & C. Ding, IEEE TPAMI 27 (2005).

/// psi(n) for whole n up to a largest: psi(n) = -γ + 1 + 1/2 + ... + 1/(n - 1).
struct Digamma(Vec<f64>);

impl Digamma {
    fn up_to(n: usize) -> Self {
        let mut table = vec![f64::NEG_INFINITY, -0.577_215_664_901_532_9];
        for k in 1..n {
            let last = table[k];
            table.push(last + 1.0 / k as f64);
        }
        Self(table)
    }

    fn at(&self, n: usize) -> f64 {
        self.0[n]
    }
}

/// The values over their standard deviation, so that one radius fits both columns; as they are when constant.
fn scaled(x: &[f64]) -> Vec<f64> {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let sd = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    let scale = if sd > 0.0 && sd.is_finite() { sd } else { 1.0 };
    x.iter().map(|v| (v - mean) / scale).collect()
}

fn sorted(x: &[f64]) -> Vec<f64> {
    let mut s = x.to_vec();
    s.sort_by(f64::total_cmp);
    s
}

/// How many values lie within `radius` of `centre`, bounds included; the values are sorted.
fn within(sorted: &[f64], centre: f64, radius: f64) -> usize {
    let from = sorted.partition_point(|v| centre - v > radius);
    let to = sorted.partition_point(|v| v - centre <= radius);
    to.saturating_sub(from)
}

/// Just below: the radius that leaves out the neighbour it was measured to.
fn below(radius: f64) -> f64 {
    if radius > 0.0 { f64::from_bits(radius.to_bits() - 1) } else { 0.0 }
}

/// Kraskov's estimate for two columns of numbers, nats, not below 0. O(n log n) where neighbours in x are neighbours,
/// O(n²) at worst.
pub(super) fn of_values(x: &[f64], y: &[f64], k: usize) -> f64 {
    let n = x.len();
    let (x, y) = (scaled(x), scaled(y));
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    let (xs, ys) = (sorted(&x), sorted(&y));
    let k = k.min(n - 1);
    let psi = Digamma::up_to(n + 1);
    let mut nearest: Vec<f64> = Vec::with_capacity(k + 1);
    let mut sum = 0.0;
    for place in 0..n {
        let i = order[place];
        nearest.clear();
        // Walk outwards along x; a neighbour that is further in x than the k-th found cannot be among the k.
        let (mut left, mut right) = (place, place + 1);
        loop {
            let before = if left > 0 { x[i] - x[order[left - 1]] } else { f64::INFINITY };
            let behind = if right < n { x[order[right]] - x[i] } else { f64::INFINITY };
            let step = before.min(behind);
            if !step.is_finite() || (nearest.len() == k && step > nearest[k - 1]) {
                break;
            }
            let j = if before <= behind {
                left -= 1;
                order[left]
            } else {
                right += 1;
                order[right - 1]
            };
            let distance = step.max((y[i] - y[j]).abs());
            let at = nearest.partition_point(|d| *d <= distance);
            if at < k {
                if nearest.len() == k {
                    nearest.pop();
                }
                nearest.insert(at, distance);
            }
        }
        let radius = below(nearest.last().copied().unwrap_or(0.0));
        sum += psi.at(within(&xs, x[i], radius)) + psi.at(within(&ys, y[i], radius));
    }
    (psi.at(n) + psi.at(k) - sum / n as f64).max(0.0)
}

/// Ross' estimate for numbers and classes, nats, not below 0. A class with a single row is left out.
pub(super) fn of_classes(x: &[f64], classes: &[usize], count: usize, k: usize) -> f64 {
    let x = scaled(x);
    let mut members: Vec<Vec<f64>> = vec![Vec::new(); count];
    for (v, &c) in x.iter().zip(classes) {
        members[c].push(*v);
    }
    members.iter_mut().for_each(|m| m.sort_by(f64::total_cmp));
    members.retain(|m| m.len() > 1);
    let mut all: Vec<f64> = members.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    let n = all.len();
    if n == 0 {
        return 0.0;
    }
    let psi = Digamma::up_to(n + 1);
    let mut sum = 0.0;
    for own in &members {
        let k = k.min(own.len() - 1);
        for (place, &v) in own.iter().enumerate() {
            // The k nearest in a sorted list are k of the k on the left and the k on the right.
            let (mut left, mut right, mut radius) = (place, place + 1, 0.0);
            for _ in 0..k {
                let before = if left > 0 { v - own[left - 1] } else { f64::INFINITY };
                let behind = if right < own.len() { own[right] - v } else { f64::INFINITY };
                radius = before.min(behind);
                if before <= behind {
                    left -= 1;
                } else {
                    right += 1;
                }
            }
            sum += psi.at(k) - psi.at(own.len()) - psi.at(within(&all, v, below(radius)));
        }
    }
    (psi.at(n) + sum / n as f64).max(0.0)
}

/// The bin of each value, of `bins` bins with equal counts; equal values share a bin.
pub(super) fn binned(x: &[f64], bins: usize) -> Vec<usize> {
    let s = sorted(x);
    let n = x.len();
    x.iter().map(|v| s.partition_point(|w| w < v) * bins / n).collect()
}

/// Mutual information of two columns of whole numbers below `a` and `b`, nats.
pub(super) fn of_bins(x: &[usize], a: usize, y: &[usize], b: usize) -> f64 {
    let mut joint = vec![0u32; a * b];
    for (&i, &j) in x.iter().zip(y) {
        joint[i * b + j] += 1;
    }
    let n = x.len() as f64;
    let rows: Vec<f64> = joint.chunks(b).map(|r| r.iter().map(|c| f64::from(*c)).sum()).collect();
    let columns: Vec<f64> = (0..b).map(|j| joint.iter().skip(j).step_by(b).map(|c| f64::from(*c)).sum()).collect();
    let mut sum = 0.0;
    for i in 0..a {
        for j in 0..b {
            let c = f64::from(joint[i * b + j]);
            if c > 0.0 {
                sum += c / n * (c * n / (rows[i] * columns[j])).ln();
            }
        }
    }
    sum.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_says_everything_of_bins() {
        let x: Vec<usize> = (0..120).map(|i| i % 4).collect();
        assert!((of_bins(&x, 4, &x, 4) - 4f64.ln()).abs() < 1e-14);
        let y: Vec<usize> = (0..120).map(|i| i / 4 % 2).collect();
        assert!(of_bins(&x, 4, &y, 2).abs() < 1e-14);
    }

    #[test]
    fn bins_hold_equal_counts_and_keep_ties_together() {
        let x: Vec<f64> = (0..100).map(|i| f64::from((i * 37) % 100)).collect();
        let b = binned(&x, 5);
        assert!((0..5).all(|k| b.iter().filter(|v| **v == k).count() == 20));
        assert_eq!(binned(&[1.0, 1.0, 1.0, 2.0], 4), [0, 0, 0, 3]);
    }
}
