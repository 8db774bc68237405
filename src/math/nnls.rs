//! Least squares with weights that are not negative.

use super::linalg::cholesky_solve;

/// Weights w >= 0 that minimise `|A w - y|²`, from `gram` = A'A (n x n, row-major) and `moment` = A'y (Lawson & Hanson 1974,
/// chapter 23). All zeros when no weight helps.
pub(crate) fn nnls(gram: &[f64], moment: &[f64]) -> Vec<f64> {
    let n = moment.len();
    let mut w = vec![0.0; n];
    let mut passive = vec![false; n];
    let scale = moment.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    for _ in 0..3 * n + 3 {
        let slope = |w: &[f64], j: usize| moment[j] - (0..n).map(|k| gram[j * n + k] * w[k]).sum::<f64>();
        let steepest = (0..n).filter(|&j| !passive[j]).map(|j| (j, slope(&w, j))).fold(
            None,
            |best: Option<(usize, f64)>, next| if best.is_none_or(|b| next.1 > b.1) { Some(next) } else { best },
        );
        let Some((j, steep)) = steepest else { break };
        if steep <= 1e-12 * scale {
            break;
        }
        passive[j] = true;
        loop {
            let free: Vec<usize> = (0..n).filter(|&k| passive[k]).collect();
            let sub: Vec<f64> = free.iter().flat_map(|&a| free.iter().map(move |&b| gram[a * n + b])).collect();
            let rhs: Vec<f64> = free.iter().map(|&a| moment[a]).collect();
            let Some(s) = cholesky_solve(&sub, &rhs) else {
                // The new column says nothing that the others do not.
                passive[j] = false;
                return w;
            };
            if s.iter().all(|v| *v > 0.0) {
                w.fill(0.0);
                free.iter().zip(&s).for_each(|(&k, v)| w[k] = *v);
                break;
            }
            // As far towards the solution as no weight turns negative.
            let step =
                free.iter().zip(&s).filter(|(_, s)| **s <= 0.0).map(|(&k, s)| w[k] / (w[k] - s)).fold(1.0, f64::min);
            for (&k, s) in free.iter().zip(&s) {
                w[k] += step * (s - w[k]);
                if w[k] <= 1e-15 || (*s <= 0.0 && w[k] <= 1e-12) {
                    w[k] = 0.0;
                    passive[k] = false;
                }
            }
        }
    }
    w
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_weights_are_zero() {
        // Columns (1,0), (0,1), (1,1); y = (2,-1): the best is the first column alone.
        let gram = [1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 2.0];
        let w = nnls(&gram, &[2.0, -1.0, 1.0]);
        assert!((w[0] - 2.0).abs() < 1e-12 && w[1].abs() < 1e-12 && w[2].abs() < 1e-12, "{w:?}");
        let w = nnls(&[2.0, 1.0, 1.0, 2.0], &[3.0, 3.0]);
        assert!((w[0] - 1.0).abs() < 1e-12 && (w[1] - 1.0).abs() < 1e-12);
        assert!(nnls(&[1.0], &[-1.0])[0].abs() < 1e-15);
        assert!((nnls(&[1.0, 1.0, 1.0, 1.0], &[1.0, 1.0]).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
