//! Naive twins: catch22. The definitions in words, over whole tables, without what the fast ones share.

use prognos::features::FeatureSet;
use prognos::features::compat::catch22::Version;
use prognos::signal::SampleRate;

fn standardised(x: &[f64]) -> Vec<f64> {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let deviation = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    x.iter().map(|v| (v - mean) / deviation).collect()
}

fn median(mut x: Vec<f64>) -> f64 {
    x.sort_by(f64::total_cmp);
    (x[(x.len() - 1) / 2] + x[x.len() / 2]) / 2.0
}

/// Threshold after threshold, all samples looked at every time.
fn outlier_timing(z: &[f64], sign: f64) -> f64 {
    let n = z.len() as f64;
    let top = z.iter().fold(f64::MIN, |a, z| a.max(sign * z));
    let total = z.iter().filter(|z| sign * **z >= 0.0).count() as f64;
    let mut medians = Vec::new();
    for j in 0..=(top / 0.01) as usize {
        let at: Vec<f64> = (0..z.len()).filter(|&i| sign * z[i] >= j as f64 * 0.01).map(|i| i as f64 + 1.0).collect();
        if j > 0 && (at.len() as f64 - 1.0) * 100.0 / total <= 2.0 {
            break;
        }
        medians.push(median(at) / (n / 2.0) - 1.0);
    }
    median(medians)
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let dot =
        |a: &[f64], ma: f64, b: &[f64], mb: f64| -> f64 { a.iter().zip(b).map(|(a, b)| (a - ma) * (b - mb)).sum() };
    dot(a, ma, b, mb) / (dot(a, ma, a, ma) * dot(b, mb, b, mb)).sqrt()
}

fn ami_timescale(z: &[f64]) -> f64 {
    let n = z.len();
    let lags = 40.min(n.div_ceil(2));
    let information: Vec<f64> =
        (0..=lags).map(|k| -0.5 * (1.0 - correlation(&z[..n - k], &z[k..]).powi(2)).ln()).collect();
    let minimum = |k: &usize| information[*k] < information[k - 1] && information[*k] < information[k + 1];
    (2..lags).find(minimum).unwrap_or(lags) as f64
}

/// What the least-squares line leaves.
fn residuals(t: &[f64], y: &[f64]) -> Vec<f64> {
    let n = t.len() as f64;
    let (mt, my) = (t.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let slope = t.iter().zip(y).map(|(t, y)| (t - mt) * (y - my)).sum::<f64>()
        / t.iter().map(|t| (t - mt).powi(2)).sum::<f64>();
    t.iter().zip(y).map(|(t, y)| y - my - slope * (t - mt)).collect()
}

fn squares(x: &[f64]) -> f64 {
    x.iter().map(|v| v * v).sum()
}

fn bend(version: Version, z: &[f64], dfa: bool) -> f64 {
    let n = z.len();
    let kept: Vec<f64> = z.iter().copied().step_by(if dfa { 2 } else { 1 }).collect();
    let kept = if version == Version::V0_4 && dfa { &kept[..n / 2] } else { &kept[..] };
    let longest = if version == Version::V0_4 { n / 2 } else { kept.len() / 2 };
    let profile: Vec<f64> = (1..=kept.len()).map(|i| kept[..i].iter().sum()).collect();
    let mut scales: Vec<usize> = (0..50)
        .map(|i| (5_f64.ln() + f64::from(i) * ((longest as f64).ln() - 5_f64.ln()) / 49.0).exp().round() as usize)
        .collect();
    scales.dedup();
    let fluctuation = |scale: usize| {
        let t: Vec<f64> = (0..scale).map(|j| j as f64).collect();
        let each: Vec<f64> = profile
            .chunks_exact(scale)
            .map(|stretch| {
                let r = residuals(&t, stretch);
                let range = r.iter().fold(f64::MIN, |a, v| a.max(*v)) - r.iter().fold(f64::MAX, |a, v| a.min(*v));
                if dfa { squares(&r) / scale as f64 } else { range * range }
            })
            .collect();
        (each.iter().sum::<f64>() / each.len() as f64).sqrt()
    };
    let count = scales.len();
    let t: Vec<f64> = scales.iter().map(|s| (*s as f64).ln()).collect();
    let f: Vec<f64> = scales.iter().map(|s| fluctuation(*s).ln()).collect();
    let side = match version {
        Version::V0_4 => 6,
        Version::V1 => 8.max((count as f64 / 4.0).round() as usize),
    };
    if count < 2 * side {
        return 1.0;
    }
    let error = |i: &usize| {
        let (a, b) = (squares(&residuals(&t[..*i], &f[..*i])), squares(&residuals(&t[i - 1..], &f[i - 1..])));
        if version == Version::V0_4 { a.sqrt() + b.sqrt() } else { a + b }
    };
    let best = (side..=count - side).min_by(|a, b| error(a).total_cmp(&error(b))).unwrap();
    best as f64 / count as f64
}

fn series(n: usize, seed: u32) -> Vec<f64> {
    let mut state = seed;
    let mut level = 0.0;
    (0..n)
        .map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(state) / f64::from(u32::MAX) - 0.5;
            level += noise;
            match seed % 3 {
                0 => noise,
                1 => level,
                _ => (i as f64 * 0.11).sin() + noise,
            }
        })
        .collect()
}

#[test]
fn fast_kernels_do_what_the_words_say() {
    for (seed, n) in [(3, 60), (4, 100), (5, 257), (6, 400), (7, 999), (8, 640), (9, 82)] {
        let x = series(n, seed);
        let z = standardised(&x);
        for version in [Version::V0_4, Version::V1] {
            let mut row = [0.0; 24];
            let set = FeatureSet::catch24(version);
            set.extractor(n, SampleRate::ONE_HZ).unwrap().extract_into(&x, &mut row).unwrap();
            let lag_1 = if version == Version::V0_4 { 1.0 } else { 0.0 };
            let information = ami_timescale(&z);
            let none = information == 40.min(n.div_ceil(2)) as f64;
            for (short, expected) in [
                ("outlier_timing_pos", outlier_timing(&z, 1.0)),
                ("outlier_timing_neg", outlier_timing(&z, -1.0)),
                ("ami_timescale", if none { information } else { information - lag_1 }),
                ("rs_range", bend(version, &z, false)),
                ("dfa", bend(version, &z, true)),
            ] {
                let found = row[version.short_names().iter().position(|name| *name == short).unwrap()];
                assert!((found - expected).abs() < 1e-12, "{version:?} {short} of {n}: {found} {expected}");
            }
        }
    }
}
