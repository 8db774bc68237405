//! Naive twins of the features of trend, change, monitoring and autocorrelation: the formulas as they are written.

use prognos::features::FeatureSet;
use prognos::signal::SampleRate;

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn var(x: &[f64]) -> f64 {
    let m = mean(x);
    x.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / x.len() as f64
}

fn sorted(x: &[f64]) -> Vec<f64> {
    let mut s = x.to_vec();
    s.sort_by(f64::total_cmp);
    s
}

fn median(x: &[f64]) -> f64 {
    let s = sorted(x);
    if s.is_empty() { f64::NAN } else { 0.5 * s[(s.len() - 1) / 2] + 0.5 * s[s.len() / 2] }
}

fn quantile(x: &[f64], q: f64) -> f64 {
    let s = sorted(x);
    let place = q * (s.len() - 1) as f64;
    let low = place.floor() as usize;
    let t = place - low as f64;
    s[low] * (1.0 - t) + s[(low + 1).min(s.len() - 1)] * t
}

fn diff(x: &[f64]) -> Vec<f64> {
    x.windows(2).map(|p| p[1] - p[0]).collect()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (ma, mb) = (mean(a), mean(b));
    let ab: f64 = a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb)).sum();
    ab / (var(a) * a.len() as f64).sqrt() / (var(b) * b.len() as f64).sqrt()
}

fn time(n: usize) -> Vec<f64> {
    (0..n).map(|i| i as f64).collect()
}

/// Slope, intercept, r, stderr.
fn line(y: &[f64]) -> [f64; 4] {
    let t = time(y.len());
    let r = correlation(&t, y);
    let slope = r * (var(y) / var(&t)).sqrt();
    let intercept = mean(y) - slope * mean(&t);
    let residual: f64 = y.iter().zip(&t).map(|(y, t)| (y - intercept - slope * t).powi(2)).sum();
    let n = y.len() as f64;
    [slope, intercept, r, (residual / (n - 2.0) / (n * var(&t))).sqrt()]
}

fn chunk_slope(x: &[f64], len: usize, f: impl Fn(&[f64]) -> f64) -> f64 {
    let y: Vec<f64> = x.chunks(len).map(f).collect();
    if len >= x.len() { f64::NAN } else { line(&y)[0] }
}

fn theil_sen(x: &[f64]) -> f64 {
    let mut slopes = Vec::new();
    for i in 0..x.len() {
        for j in i + 1..x.len() {
            slopes.push((x[j] - x[i]) / (j - i) as f64);
        }
    }
    median(&slopes)
}

/// S and the number of tied pairs.
fn concordance(x: &[f64]) -> (f64, f64) {
    let (mut s, mut tied) = (0.0, 0.0);
    for i in 0..x.len() {
        for j in i + 1..x.len() {
            s += f64::from(i8::from(x[j] > x[i]) - i8::from(x[j] < x[i]));
            tied += f64::from(u8::from(x[j] == x[i]));
        }
    }
    (s, tied)
}

fn kendall(x: &[f64]) -> f64 {
    let (s, tied) = concordance(x);
    let pairs = (x.len() * (x.len() - 1) / 2) as f64;
    s / (pairs * (pairs - tied)).sqrt()
}

fn ranks(x: &[f64]) -> Vec<f64> {
    x.iter()
        .map(|v| {
            let below = x.iter().filter(|w| *w < v).count() as f64;
            let equal = x.iter().filter(|w| *w == v).count() as f64;
            below + 0.5 * (equal + 1.0)
        })
        .collect()
}

fn mann_kendall_z(x: &[f64]) -> f64 {
    let n = x.len() as f64;
    let (s, _) = concordance(x);
    // Σ over groups of g (g-1)(2g+5) = Σ over samples of (g-1)(2g+5).
    let ties: f64 =
        x.iter().map(|v| x.iter().filter(|w| *w == v).count() as f64).map(|g| (g - 1.0) * (2.0 * g + 5.0)).sum();
    let variance = (n * (n - 1.0) * (2.0 * n + 5.0) - ties) / 18.0;
    (s - if s > 0.0 {
        1.0
    } else if s < 0.0 {
        -1.0
    } else {
        0.0
    }) / variance.sqrt()
}

/// (1/n) Σ of products.
fn covariance(x: &[f64], lag: usize) -> f64 {
    let m = mean(x);
    (0..x.len() - lag).map(|i| (x[i] - m) * (x[i + lag] - m)).sum::<f64>() / x.len() as f64
}

fn acf(x: &[f64], lag: usize) -> f64 {
    covariance(x, lag) / covariance(x, 0) * x.len() as f64 / (x.len() - lag) as f64
}

/// Last coefficient of the Yule-Walker equations of that order, by elimination.
fn pacf(x: &[f64], order: usize) -> f64 {
    let r: Vec<f64> = (0..=order).map(|k| acf(x, k)).collect();
    let mut a: Vec<Vec<f64>> =
        (0..order).map(|i| (0..order).map(|j: usize| r[i.abs_diff(j)]).chain([r[i + 1]]).collect()).collect();
    for c in 0..order {
        let pivot = (c..order).max_by(|&i, &j| a[i][c].abs().total_cmp(&a[j][c].abs())).unwrap();
        a.swap(c, pivot);
        for i in 0..order {
            if i != c {
                let f = a[i][c] / a[c][c];
                let pivot = a[c].clone();
                a[i].iter_mut().zip(&pivot).skip(c).for_each(|(cell, p)| *cell -= f * p);
            }
        }
    }
    a[order - 1][order] / a[order - 1][order - 1]
}

fn corridor(x: &[f64], ql: f64, qh: f64) -> Vec<f64> {
    let (low, high) = (quantile(x, ql), quantile(x, qh));
    let inside = |v: f64| v >= low && v <= high;
    x.windows(2).filter(|p| inside(p[0]) && inside(p[1])).map(|p| p[1] - p[0]).collect()
}

fn peaks(x: &[f64], n: usize) -> f64 {
    (n..x.len().saturating_sub(n)).filter(|&i| (1..=n).all(|k| x[i] > x[i - k] && x[i] > x[i + k])).count() as f64
}

fn strike(x: &[f64], holds: impl Fn(f64) -> bool) -> f64 {
    (0..x.len()).map(|i| x[i..].iter().take_while(|v| holds(**v)).count()).max().map_or(f64::NAN, |n| n as f64)
}

fn cusum(x: &[f64]) -> Vec<f64> {
    let m = mean(x);
    let scale = (var(x) * x.len() as f64).sqrt();
    (0..=x.len()).map(|k| x[..k].iter().map(|v| v - m).sum::<f64>() / scale).collect()
}

fn ewma(x: &[f64], alpha: f64) -> f64 {
    let weights: Vec<f64> = (0..x.len()).rev().map(|k| (1.0 - alpha).powi(k as i32)).collect();
    x.iter().zip(&weights).map(|(v, w)| v * w).sum::<f64>() / weights.iter().sum::<f64>()
}

fn first_lag(x: &[f64], found: impl Fn(f64) -> bool) -> f64 {
    (1..x.len()).find(|&k| found(covariance(x, k) / covariance(x, 0))).map_or(f64::NAN, |k| k as f64)
}

type Naive = fn(&[f64]) -> f64;

const TWINS: &[(&str, Naive)] = &[
    ("linear_trend__attr_\"slope\"", |x| line(x)[0]),
    ("linear_trend__attr_\"intercept\"", |x| line(x)[1]),
    ("linear_trend__attr_\"rvalue\"", |x| line(x)[2]),
    ("linear_trend__attr_\"stderr\"", |x| line(x)[3]),
    ("linear_trend_timewise__attr_\"slope\"", |x| line(x)[0] * 3600.0 / 90.0),
    ("linear_trend_timewise__attr_\"stderr\"", |x| line(x)[3] * 3600.0 / 90.0),
    ("agg_linear_trend__attr_\"slope\"__chunk_len_5__f_agg_\"max\"", |x| {
        chunk_slope(x, 5, |c| c.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    }),
    ("agg_linear_trend__attr_\"slope\"__chunk_len_7__f_agg_\"min\"", |x| {
        chunk_slope(x, 7, |c| c.iter().copied().fold(f64::INFINITY, f64::min))
    }),
    ("agg_linear_trend__attr_\"slope\"__chunk_len_5__f_agg_\"mean\"", |x| chunk_slope(x, 5, mean)),
    ("agg_linear_trend__attr_\"slope\"__chunk_len_10__f_agg_\"var\"", |x| chunk_slope(x, 10, var)),
    ("theil_sen_slope", theil_sen),
    ("theil_sen_slope_per_hour", |x| theil_sen(x) * 40.0),
    ("kendall_tau", kendall),
    ("spearman_rho", |x| correlation(&time(x.len()), &ranks(x))),
    ("mann_kendall_s", |x| concordance(x).0),
    ("mann_kendall_z", mann_kendall_z),
    ("median_diff", |x| median(&diff(x))),
    ("median_abs_diff", |x| median(&diff(x).iter().map(|d| d.abs()).collect::<Vec<_>>())),
    ("cid_ce__normalize_True", |x| (diff(x).iter().map(|d| d * d).sum::<f64>() / var(x)).sqrt()),
    ("c3__lag_3", |x| mean(&(0..x.len() - 6).map(|i| x[i + 6] * x[i + 3] * x[i]).collect::<Vec<_>>())),
    ("time_reversal_asymmetry_statistic__lag_2", |x| {
        mean(&(0..x.len() - 4).map(|i| x[i + 4].powi(2) * x[i + 2] - x[i + 2] * x[i].powi(2)).collect::<Vec<_>>())
    }),
    ("change_quantiles__f_agg_\"mean\"__isabs_True__qh_0.8__ql_0.2", |x| {
        let c: Vec<f64> = corridor(x, 0.2, 0.8).iter().map(|d| d.abs()).collect();
        if c.is_empty() { 0.0 } else { mean(&c) }
    }),
    ("change_quantiles__f_agg_\"var\"__isabs_False__qh_1.0__ql_0.4", |x| {
        let c = corridor(x, 0.4, 1.0);
        if c.is_empty() { 0.0 } else { var(&c) }
    }),
    ("energy_ratio_by_chunks__num_segments_7__segment_focus_3", |x| {
        // numpy.array_split: the first n mod 7 parts are one longer.
        let ends: Vec<usize> = (0..=7).map(|k| k * (x.len() / 7) + k.min(x.len() % 7)).collect();
        x[ends[3]..ends[4]].iter().map(|v| v * v).sum::<f64>() / x.iter().map(|v| v * v).sum::<f64>()
    }),
    ("mean_n_absolute_max__number_of_maxima_7", |x| {
        let s = sorted(&x.iter().map(|v| v.abs()).collect::<Vec<_>>());
        mean(&s[s.len() - 7..])
    }),
    ("energy_centroid", |x| {
        90.0 * x.iter().enumerate().map(|(i, v)| i as f64 * v * v).sum::<f64>() / x.iter().map(|v| v * v).sum::<f64>()
    }),
    ("maximum_rise__span_3", |x| (3..x.len()).map(|i| x[i] - x[i - 3]).fold(f64::NEG_INFINITY, f64::max)),
    ("maximum_fall__span_2", |x| (2..x.len()).map(|i| x[i - 2] - x[i]).fold(f64::NEG_INFINITY, f64::max)),
    ("number_peaks__n_1", |x| peaks(x, 1)),
    ("number_peaks__n_5", |x| peaks(x, 5)),
    ("number_peaks__n_10", |x| peaks(x, 10)),
    ("longest_strike_above_mean", |x| strike(x, |v| v > mean(x))),
    ("longest_strike_below_mean", |x| strike(x, |v| v < mean(x))),
    ("index_mass_quantile__q_0.3", |x| {
        let total: f64 = x.iter().map(|v| v.abs()).sum();
        let mut sum = 0.0;
        let at = x.iter().position(|v| {
            sum += v.abs();
            sum / total >= 0.3
        });
        (at.unwrap() + 1) as f64 / x.len() as f64
    }),
    ("ewma__adjust_True__alpha_0.1", |x| ewma(x, 0.1)),
    ("cusum_max", |x| cusum(x).iter().fold(0.0, |m, s| s.abs().max(m))),
    ("cusum_range", |x| {
        let s = cusum(x);
        s.iter().copied().fold(f64::MIN, f64::max) - s.iter().copied().fold(f64::MAX, f64::min)
    }),
    ("acf_adjusted__lag_0", |x| acf(x, 0)),
    ("acf_adjusted__lag_3", |x| acf(x, 3)),
    ("acf_biased__lag_9", |x| covariance(x, 9) / covariance(x, 0)),
    ("agg_autocorrelation__f_agg_\"mean\"__maxlag_10", |x| mean(&(1..=10).map(|k| acf(x, k)).collect::<Vec<_>>())),
    ("agg_autocorrelation__f_agg_\"median\"__maxlag_10", |x| median(&(1..=10).map(|k| acf(x, k)).collect::<Vec<_>>())),
    ("partial_autocorrelation__lag_1", |x| pacf(x, 1)),
    ("partial_autocorrelation__lag_4", |x| pacf(x, 4)),
    ("autocorrelation_time", |x| first_lag(x, |r| r < (-1.0_f64).exp())),
    ("autocorrelation_first_zero", |x| first_lag(x, |r| r <= 0.0)),
];

fn series() -> Vec<Vec<f64>> {
    let mut all = Vec::new();
    // A fixed generator of pseudo-random numbers in 0..1 (Park & Miller).
    let mut state = 42_u64;
    let mut uniform = || {
        state = state * 48_271 % 2_147_483_647;
        state as f64 / 2_147_483_647.0
    };
    for n in [12, 15, 16, 17, 40, 64, 127, 200, 333] {
        all.push((0..n).map(|_| uniform() - 0.4).collect());
        all.push((0..n).map(|i| 20.0 + 0.03 * i as f64 + uniform()).collect());
        all.push((0..n).map(|_| (6.0 * uniform()).floor() - 2.0).collect());
        let mut level = 0.0;
        all.push(
            (0..n)
                .map(|_| {
                    level = 0.9 * level + uniform() - 0.5;
                    level
                })
                .collect(),
        );
    }
    all
}

#[test]
fn every_twin_agrees() {
    let set = FeatureSet::from_names(TWINS.iter().map(|t| t.0)).unwrap();
    let rate = SampleRate::every_seconds(90.0).unwrap();
    let mut finite = vec![0; TWINS.len()];
    for x in series() {
        let mut row = vec![0.0; set.len()];
        set.extractor(x.len(), rate).unwrap().extract_into(&x, &mut row).unwrap();
        // Sums cancel: the unit of error is that of the terms, not of what is left of them.
        let scale = x.iter().fold(1.0_f64, |m, v| m.max(v.abs()));
        for (k, ((name, naive), found)) in TWINS.iter().zip(&row).enumerate() {
            let expected = naive(&x);
            if expected.is_nan() || expected.is_infinite() {
                assert!(found.is_nan(), "{name} of {}: {found}, expected {expected}", x.len());
                continue;
            }
            finite[k] += 1;
            let unit = if name.contains("asymmetry") || name.contains("c3") { scale.powi(3) } else { scale };
            assert!(
                (found - expected).abs() <= 1e-12 * expected.abs() + 1e-12 * unit,
                "{name} of {}: {found}, expected {expected}",
                x.len()
            );
        }
    }
    // No twin is idle.
    for ((name, _), count) in TWINS.iter().zip(&finite) {
        assert!(*count >= 20, "{name} was compared {count} times");
    }
}
