//! Naive twins: the kernels of MiniRocket and MultiRocket weight by weight.
//!
//! Samples are small whole numbers and biases halves, so that f32 and f64 sums are the same numbers.

use ndarray::Array2;
use prognos::features::convolution::{MiniRocket, MultiRocket};

fn samples(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) % 17
    };
    (0..n).map(|_| next() as f64 - 8.0).collect()
}

/// The output of every kernel at a dilation, by (a, b, c). Weights before the centre read `late` samples late.
fn outputs(x: &[f64], dilation: usize, late: i64) -> Vec<Vec<f64>> {
    let mut all = Vec::new();
    for a in 0..9 {
        for b in a + 1..9 {
            for c in b + 1..9 {
                let output = (0..x.len() as i64).map(|t| {
                    let term = |i: i64| {
                        let weight = if [a, b, c].contains(&i) { 2.0 } else { -1.0 };
                        let at = t + (i - 4) * dilation as i64 + if i < 4 { late } else { 0 };
                        weight * usize::try_from(at).ok().and_then(|at| x.get(at)).unwrap_or(&0.0)
                    };
                    (0..9).map(term).sum()
                });
                all.push(output.collect());
            }
        }
    }
    all
}

/// Dilations, features per dilation and biases for windows of `n` samples.
fn parameters(n: usize, seed: u64) -> (Vec<usize>, Vec<usize>, Vec<f32>) {
    let mut dilations: Vec<usize> = [1, 2, 5, 31, (n - 1) / 8].into_iter().filter(|d| *d <= (n - 1) / 8).collect();
    dilations.sort_unstable();
    dilations.dedup();
    let counts: Vec<usize> = dilations.iter().enumerate().map(|(j, _)| [7, 1, 3, 14, 4][j]).collect();
    let features = 84 * counts.iter().sum::<usize>();
    (dilations, counts, samples(features, seed).iter().map(|b| *b as f32 + 0.5).collect())
}

/// What is pooled for every feature: output and bias.
fn pooled(x: &[f64], p: &(Vec<usize>, Vec<usize>, Vec<f32>), late: i64, mut f: impl FnMut(&[f64], f64)) {
    let mut biases = p.2.iter();
    for (j, (&d, &count)) in p.0.iter().zip(&p.1).enumerate() {
        for (k, output) in outputs(x, d, late).iter().enumerate() {
            let part = if (j + k) % 2 == 0 { &output[..] } else { &output[4 * d..x.len() - 4 * d] };
            for _ in 0..count {
                f(part, f64::from(*biases.next().unwrap()));
            }
        }
    }
}

#[test]
fn shares_of_positive_values() {
    for n in [9, 10, 30, 64, 129, 1024, 1025, 2500] {
        let p = parameters(n, 3);
        let model = MiniRocket::from_parameters(n, p.0.clone(), p.1.clone(), p.2.clone()).unwrap();
        let (mut scratch, mut row) = (model.scratch(), vec![0.0; model.n_features()]);
        for seed in 0..2 {
            let x = samples(n, 100 + seed);
            model.transform_into(&x, &mut row, &mut scratch).unwrap();
            let mut expected = Vec::new();
            pooled(&x, &p, 0, |c, b| {
                expected.push((c.iter().filter(|v| **v > b).count() as f64 / c.len() as f64) as f32);
            });
            assert_eq!(row, expected, "{n}");
        }
    }
}

#[test]
fn four_pools_of_window_and_difference() {
    for n in [10, 30, 65, 1025, 2500] {
        let (base, difference) = (parameters(n, 5), parameters(n - 1, 6));
        let model = MultiRocket::from_parameters(n, base.clone(), difference.clone()).unwrap();
        let x = samples(n, 7);
        let mut row = vec![0.0; model.n_features()];
        model.transform_into(&x, &mut row, &mut model.scratch()).unwrap();
        let steps: Vec<f64> = x.windows(2).map(|w| w[1] - w[0]).collect();
        let mut expected = Vec::new();
        for (x, p, late) in [(&x, &base, 0), (&steps, &difference, 1)] {
            let mut pools: [Vec<f64>; 4] = Default::default();
            pooled(x, p, late, |c, b| {
                let above: Vec<usize> = (0..c.len()).filter(|&i| c[i] > b).collect();
                let count = above.len() as f64;
                let (mut last, mut longest) = (0, 0);
                for i in (0..c.len()).filter(|&i| c[i] < b) {
                    longest = longest.max(i - last);
                    last = i;
                }
                pools[0].push(count / c.len() as f64);
                pools[1].push(longest.max(c.len() - 1 - last) as f64);
                let mean = above.iter().map(|&i| c[i] + b).sum::<f64>() / count;
                pools[2].push(if above.is_empty() { 0.0 } else { mean });
                let place = above.iter().sum::<usize>() as f64 / count;
                pools[3].push(if above.is_empty() { -1.0 } else { place });
            });
            expected.extend(pools.concat());
        }
        assert_eq!(row.len(), expected.len());
        for (i, (f, e)) in row.iter().zip(&expected).enumerate() {
            assert!((f64::from(*f) - e).abs() <= 1e-6 * (1.0 + e.abs()), "{n}, {i}: {f} is not {e}");
        }
    }
}

/// With one training window the biases are quantiles of its outputs, at the terms of the golden ratio's sequence.
#[test]
fn biases_are_quantiles_of_outputs() {
    for n in [9, 64, 300] {
        let x = samples(n, 11);
        let rows = Array2::from_shape_vec((1, n), x.clone()).unwrap();
        let model = MiniRocket::params().features(84 * 5).fit(&rows).unwrap();
        let (mut i, mut biases) = (0, model.biases().iter());
        for (&d, &count) in model.dilations().iter().zip(model.features_per_dilation()) {
            for mut output in outputs(&x, d, 0) {
                output.sort_by(f64::total_cmp);
                for _ in 0..count {
                    i += 1;
                    let q = (f64::from(i) * (5.0_f64.sqrt() + 1.0) / 2.0).fract();
                    let place = q * (n - 1) as f64;
                    let (low, high) = (output[place as usize], output[(place as usize + 1).min(n - 1)]);
                    let expected = low + place.fract() * (high - low);
                    let found = f64::from(*biases.next().unwrap());
                    assert!((found - expected).abs() < 1e-3, "{n}, {i}: {found} is not {expected}");
                }
            }
        }
        assert!(biases.next().is_none());
    }
}
