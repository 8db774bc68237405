//! Naive twins of the features kernels.

use prognos::features::FeatureSet;
use prognos::signal::SampleRate;

const RATE: f64 = 50.0;

fn feature(name: &str, x: &[f64]) -> f64 {
    let set = FeatureSet::from_names([name]).unwrap();
    let mut row = [0.0];
    set.extractor(x.len(), SampleRate::hz(RATE).unwrap()).unwrap().extract_into(x, &mut row).unwrap();
    row[0]
}

fn check(name: &str, x: &[f64], expected: f64) {
    let found = feature(name, x);
    // A sum of terms of both signs is as good as its terms: the unit of the samples is the yardstick near 0.
    let near = (found - expected).abs() <= 1e-12 * expected.abs().max(1.0) || (found.is_nan() && !expected.is_finite());
    assert!(near, "{name} of {} samples: {found:e}, the twin says {expected:e}", x.len());
}

/// Waves with ties, ramps, spikes, in lengths around the lanes.
fn windows() -> Vec<Vec<f64>> {
    let mut all = Vec::new();
    for n in [3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 30, 63, 64, 65, 130, 257] {
        all.push((0..n).map(|i| (f64::from(i) * 0.37).sin() + 0.3 * (f64::from(i) * 1.9).cos() + 0.1).collect());
        all.push((0..n).map(|i| f64::from((i * i * 7) % 5) - 1.0).collect());
        all.push((0..n).map(|i| f64::from(i) * 0.25 - 2.0).collect());
        all.push((0..n).map(|i| if i == n / 2 { -6.0 } else { (f64::from(i) * 2.1).sin() * 0.01 }).collect());
    }
    all
}

fn sorted(x: &[f64]) -> Vec<f64> {
    let mut s = x.to_vec();
    s.sort_by(|a, b| a.partial_cmp(b).unwrap());
    s
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn central(x: &[f64], k: i32) -> f64 {
    let m = mean(x);
    x.iter().map(|v| (v - m).powi(k)).sum::<f64>() / x.len() as f64
}

fn median(x: &[f64]) -> f64 {
    let (s, n) = (sorted(x), x.len());
    0.5 * (s[(n - 1) / 2] + s[n / 2])
}

fn count(x: &[f64], which: impl Fn(f64) -> bool) -> f64 {
    x.iter().filter(|&&v| which(v)).count() as f64
}

fn range(x: &[f64]) -> (f64, f64) {
    (x.iter().copied().fold(f64::INFINITY, f64::min), x.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}

#[test]
fn moments_and_levels() {
    for x in windows() {
        let n = x.len() as f64;
        let (m2, m3, m4) = (central(&x, 2), central(&x, 3), central(&x, 4));
        let (g1, g2) = (m3 / m2.powf(1.5), m4 / (m2 * m2) - 3.0);
        let (min, max) = range(&x);
        let abs: Vec<f64> = x.iter().map(|v| v.abs()).collect();
        let peak = range(&abs).1;
        let energy: f64 = x.iter().map(|v| v * v).sum();
        let rms = (energy / n).sqrt();
        let root = mean(&abs.iter().map(|v| v.sqrt()).collect::<Vec<_>>()).powi(2);
        check("length", &x, n);
        check("mean", &x, mean(&x));
        check("sum_values", &x, x.iter().sum());
        check("minimum", &x, min);
        check("maximum", &x, max);
        check("variance", &x, m2);
        check("standard_deviation", &x, m2.sqrt());
        check("var_ddof1", &x, m2 * n / (n - 1.0));
        check("std_ddof1", &x, (m2 * n / (n - 1.0)).sqrt());
        check("skewness_biased", &x, g1);
        check("skewness", &x, g1 * (n * (n - 1.0)).sqrt() / (n - 2.0));
        check("kurtosis_pearson", &x, g2 + 3.0);
        check("kurtosis_biased", &x, g2);
        if n > 3.0 {
            check("kurtosis", &x, (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * g2 + 6.0));
        }
        for k in [3, 5, 6, 8, 12] {
            let moment = central(&x, k) / m2.powf(0.5 * f64::from(k));
            let found = feature(&format!("standardised_moment__k_{k}"), &x);
            // Odd moments cancel; the terms are of the size of the next even one.
            let size = central(&x, k + k % 2).abs() / m2.powf(0.5 * f64::from(k + k % 2));
            assert!((found - moment).abs() <= 1e-12 * size.max(1.0), "moment {k}: {found}, {moment}");
        }
        check("mean_absolute_deviation", &x, x.iter().map(|v| (v - mean(&x)).abs()).sum::<f64>() / n);
        check("jarque_bera", &x, n / 6.0 * (g1 * g1 + g2 * g2 / 4.0));
        check("root_mean_square", &x, rms);
        check("absolute_maximum", &x, peak);
        check("peak_to_peak", &x, max - min);
        check("half_peak_to_peak", &x, (max - min) / 2.0);
        check("mean_abs", &x, mean(&abs));
        check("square_root_amplitude", &x, root);
        check("crest_factor", &x, peak / rms);
        check("shape_factor", &x, rms / mean(&abs));
        check("impulse_factor", &x, peak / mean(&abs));
        check("clearance_factor", &x, peak / root);
        check("k_factor", &x, peak * rms);
        check("abs_energy", &x, energy);
        check("power", &x, energy / n);
        check("average_power", &x, energy / ((n - 1.0) / RATE));
        check("variation_coefficient", &x, m2.sqrt() / mean(&x));
        check("snr_mean_over_std_db", &x, 20.0 * (mean(&x).abs() / m2.sqrt()).log10());
        check("talaf", &x, (g2 + 3.0 + rms).ln());
        check("thikat", &x, ((g2 + 3.0).powf(peak / rms) + rms.powf(peak)).ln());
        check("histogram_upper_bound", &x, max + (max - min) / (2.0 * (n - 1.0)));
        check("histogram_lower_bound", &x, min - (max - min) / (2.0 * (n - 1.0)));
        check("log_energy_entropy", &x, x.iter().filter(|v| **v != 0.0).map(|v| (v * v).ln()).sum());
        check("symmetry_looking__r_0.05", &x, f64::from((mean(&x) - median(&x)).abs() < 0.05 * (max - min)));
        check("large_standard_deviation__r_0.25", &x, f64::from(m2.sqrt() > 0.25 * (max - min)));
        check("variance_larger_than_standard_deviation", &x, f64::from(m2 > m2.sqrt()));
    }
}

#[test]
fn movement() {
    for x in windows() {
        let diff: Vec<f64> = x.windows(2).map(|p| p[1] - p[0]).collect();
        let second: Vec<f64> = diff.windows(2).map(|p| p[1] - p[0]).collect();
        let squares: f64 = diff.iter().map(|v| v * v).sum();
        check("diff_rms", &x, (squares / diff.len() as f64).sqrt());
        check("waveform_length", &x, diff.iter().map(|v| v.abs()).sum());
        check("diff_energy_ratio", &x, squares / x.iter().map(|v| v * v).sum::<f64>());
        check("hjorth_activity", &x, central(&x, 2));
        let (v0, v1, v2) = (central(&x, 2), central(&diff, 2), central(&second, 2));
        check("hjorth_mobility", &x, (v1 / v0).sqrt());
        if v1 > 1e-20 {
            check("hjorth_complexity", &x, (v2 / v1).sqrt() / (v1 / v0).sqrt());
        }
        let psi: Vec<f64> = (1..x.len() - 1).map(|i| x[i] * x[i] - x[i - 1] * x[i + 1]).collect();
        check("teager_mean", &x, mean(&psi));
        check("teager_std", &x, central(&psi, 2).sqrt());
        if central(&psi, 2) > 1e-20 {
            check("teager_kurtosis", &x, central(&psi, 4) / central(&psi, 2).powi(2));
        }
    }
}

#[test]
fn order_statistics() {
    for x in windows() {
        let (s, n, m) = (sorted(&x), x.len(), median(&x));
        let quantile = |q: f64| {
            let place = q * (n - 1) as f64;
            let low = place.floor() as usize;
            s[low] + (s[(low + 1).min(n - 1)] - s[low]) * (place - low as f64)
        };
        check("median", &x, m);
        for q in [0.0, 0.1, 0.33, 0.5, 0.9, 1.0] {
            check(&format!("quantile__q_{q:?}"), &x, quantile(q));
        }
        check("iqr", &x, quantile(0.75) - quantile(0.25));
        check("median_absolute_deviation", &x, median(&x.iter().map(|v| (v - m).abs()).collect::<Vec<_>>()));
        check("trimmed_mean__share_0.25", &x, mean(&s[n / 4..n - n / 4]));
        let (q1, q3) = (quantile(0.25), quantile(0.75));
        check("quartile_skewness", &x, (q3 + q1 - 2.0 * m) / (q3 - q1));
        let o = |k: u8| quantile(f64::from(k) / 8.0);
        check("octile_kurtosis", &x, ((o(7) - o(5)) + (o(3) - o(1))) / (o(6) - o(2)));
        for p in [0.0, 0.2, 0.5, 0.8, 1.0] {
            let within: Vec<f64> =
                s.iter().enumerate().filter(|(i, _)| (i + 1) as f64 / n as f64 <= p).map(|(_, &v)| v).collect();
            check(&format!("ecdf_percentile_count__p_{p:?}"), &x, within.len() as f64);
            check(&format!("ecdf_percentile__p_{p:?}"), &x, within.last().copied().unwrap_or(f64::NAN));
        }
        let rank = |p: f64| s[(1..=n).filter(|&i| i as f64 / n as f64 <= p).count() - 1];
        check("ecdf_slope__p_end_0.9__p_init_0.4", &x, 0.5 / (rank(0.9) - rank(0.4)));
        check("half_sample_mode", &x, half_sample_mode(&s));
    }
}

fn half_sample_mode(s: &[f64]) -> f64 {
    match s.len() {
        1 => s[0],
        2 => (s[0] + s[1]) / 2.0,
        3 if s[1] - s[0] < s[2] - s[1] => (s[0] + s[1]) / 2.0,
        3 if s[1] - s[0] > s[2] - s[1] => (s[1] + s[2]) / 2.0,
        3 => s[1],
        n => {
            let half = n.div_ceil(2);
            let width = |i: &usize| s[i + half - 1] - s[*i];
            let starts: Vec<usize> = (0..=n - half).collect();
            let narrowest = starts.iter().map(width).fold(f64::INFINITY, f64::min);
            let first = starts.iter().find(|i| width(i) == narrowest).unwrap();
            half_sample_mode(&s[*first..first + half])
        }
    }
}

/// L-moments by their definition: expected order statistics of samples of two, three and four.
#[test]
fn l_moments_are_means_over_all_subsets() {
    for x in windows().into_iter().filter(|x| x.len() >= 4 && x.len() <= 17) {
        let (s, n) = (sorted(&x), x.len());
        let (mut l2, mut l3, mut l4) = (Vec::new(), Vec::new(), Vec::new());
        for a in 0..n {
            for b in a + 1..n {
                l2.push((s[b] - s[a]) / 2.0);
                for c in b + 1..n {
                    l3.push((s[c] - 2.0 * s[b] + s[a]) / 3.0);
                    for d in c + 1..n {
                        l4.push((s[d] - 3.0 * s[c] + 3.0 * s[b] - s[a]) / 4.0);
                    }
                }
            }
        }
        check("l_moment__order_1", &x, mean(&x));
        check("l_moment__order_2", &x, mean(&l2));
        check("l_moment__order_3", &x, mean(&l3));
        check("l_moment__order_4", &x, mean(&l4));
        check("l_skewness", &x, mean(&l3) / mean(&l2));
        check("l_kurtosis", &x, mean(&l4) / mean(&l2));
        check("gini_mean_difference", &x, 2.0 * mean(&l2));
    }
}

#[test]
fn counts() {
    for x in windows() {
        let n = x.len() as f64;
        let (m, sd, (min, max)) = (mean(&x), central(&x, 2).sqrt(), range(&x));
        check("count_above__t_0", &x, count(&x, |v| v >= 0.0) / n);
        check("count_below__t_0.5", &x, count(&x, |v| v <= 0.5) / n);
        // The mean of a ramp is one of its samples or lies between two: its own rounding would decide.
        let exact = feature("mean", &x);
        assert!((exact - m).abs() < 1e-14);
        check("count_above_mean", &x, count(&x, |v| v > exact));
        check("count_below_mean", &x, count(&x, |v| v < exact));
        check("value_count__value_-1", &x, count(&x, |v| v == -1.0));
        check("range_count__max_0.5__min_-1", &x, count(&x, |v| (-1.0..0.5).contains(&v)));
        check("range_count__max_-1__min_0.5", &x, 0.0);
        for r in [0.3, 0.77, 1.1, 2.3] {
            check(&format!("ratio_beyond_r_sigma__r_{r}"), &x, count(&x, |v| (v - m).abs() > r * sd) / n);
        }
        check("has_duplicate_max", &x, f64::from(count(&x, |v| v == max) >= 2.0));
        check("has_duplicate_min", &x, f64::from(count(&x, |v| v == min) >= 2.0));

        let mut distinct = sorted(&x);
        distinct.dedup();
        let often: Vec<f64> = distinct.iter().copied().filter(|d| count(&x, |v| v == *d) >= 2.0).collect();
        let points: Vec<f64> = x.iter().copied().filter(|v| often.contains(v)).collect();
        let d = distinct.len() as f64;
        check("has_duplicate", &x, f64::from(d < n));
        check("percentage_of_reoccurring_values_to_all_values", &x, often.len() as f64 / d);
        check("percentage_of_reoccurring_datapoints_to_all_datapoints", &x, points.len() as f64 / n);
        check("sum_of_reoccurring_values", &x, often.iter().sum());
        check("sum_of_reoccurring_data_points", &x, points.iter().sum());
        check("ratio_value_number_to_time_series_length", &x, d / n);
        let shares = distinct.iter().map(|d| count(&x, |v| v == *d) / n);
        check("value_entropy", &x, shares.map(|p| -p * p.log2()).sum::<f64>() / n.log2());
    }
}

#[test]
fn histograms() {
    for x in windows() {
        let (min, max) = range(&x);
        for bins in [1, 2, 7, 10, 33, 64] {
            let edge = |k: usize| if k == bins { max } else { k as f64 * ((max - min) / bins as f64) + min };
            let mut counts = vec![0.0; bins];
            for &v in &x {
                let k = (0..bins).rev().find(|&k| v >= edge(k)).unwrap();
                counts[k] += 1.0;
            }
            let n = x.len() as f64;
            let entropy: f64 = counts.iter().filter(|c| **c > 0.0).map(|c| -(c / n) * (c / n).ln()).sum();
            let fullest = counts.iter().copied().fold(0.0, f64::max);
            let k = counts.iter().position(|c| *c == fullest).unwrap();
            check(&format!("binned_entropy__max_bins_{bins}"), &x, entropy);
            check(&format!("histogram_mode__bins_{bins}"), &x, (edge(k) + edge(k + 1)) / 2.0);
        }
    }
}

#[test]
fn benford() {
    let grown = (0..200).map(|i| 0.003 * 1.07f64.powi(i)).collect();
    for x in windows().into_iter().chain([grown]) {
        let mut shares = [0.0; 9];
        for v in &x {
            let digit = format!("{:e}", v.abs()).chars().next().unwrap().to_digit(10).unwrap();
            if digit > 0 {
                shares[digit as usize - 1] += 1.0 / x.len() as f64;
            }
        }
        let law: Vec<f64> = (1..10).map(|d| (1.0 + 1.0 / f64::from(d)).log10()).collect();
        let (ml, ms) = (mean(&law), mean(&shares));
        let cov: f64 = law.iter().zip(&shares).map(|(a, b)| (a - ml) * (b - ms)).sum();
        let norm = (central(&law, 2) * central(&shares, 2)).sqrt() * 9.0;
        check("benford_correlation", &x, cov / norm);
    }
}

/// Shapiro and Wilk's exact weights for ten samples (their table of 1965) agree with Royston's to his approximation.
#[test]
fn shapiro_wilk_by_the_table_of_1965() {
    let x = [303.0, 338.0, 406.0, 457.0, 461.0, 469.0, 474.0, 489.0, 515.0, 583.0];
    let a = [0.5739, 0.3291, 0.2141, 0.1224, 0.0399];
    let b: f64 = (0..5).map(|i| a[i] * (x[9 - i] - x[i])).sum();
    let w = b * b / (central(&x, 2) * 10.0);
    let mut shuffled = x;
    shuffled.reverse();
    shuffled.swap(2, 7);
    assert!((feature("shapiro_w", &shuffled) - w).abs() < 1e-3);
    assert!(feature("shapiro_w", &[1.0, 2.0]).is_nan());
}
