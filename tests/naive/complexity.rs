//! Naive twins: complexity. Every definition written down as it stands in its paper, loop by loop.

use prognos::features::FeatureSet;
use prognos::signal::SampleRate;
use std::collections::{BTreeMap, BTreeSet};

fn features(names: &[String], x: &[f64]) -> Vec<f64> {
    let set = FeatureSet::from_names(names).unwrap();
    let mut row = vec![0.0; names.len()];
    set.extractor(x.len(), SampleRate::ONE_HZ).unwrap().extract_into(x, &mut row).unwrap();
    row
}

fn check(names: &[String], x: &[f64], expected: &[f64]) {
    for ((found, expected), name) in features(names, x).iter().zip(expected).zip(names) {
        let near =
            (found - expected).abs() <= 1e-12 * expected.abs().max(1.0) || (found.is_nan() && !expected.is_finite());
        assert!(near, "{name} of {} samples: {found:e}, the twin says {expected:e}", x.len());
    }
}

fn check_one(name: String, x: &[f64], expected: f64) {
    check(&[name], x, &[expected]);
}

/// Waves, noise, ties, ramps and a spike, in lengths around the words of the sets.
fn windows() -> Vec<Vec<f64>> {
    let mut all = Vec::new();
    let mut state = 7_u64;
    let mut noise = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    for n in [1_usize, 2, 3, 4, 5, 9, 17, 40, 63, 64, 65, 130, 256, 257, 300] {
        all.push((0..n).map(|i| (i as f64 * 0.37).sin() + 0.3 * (i as f64 * 1.9).cos() + 0.1).collect());
        all.push((0..n).map(|_| noise()).collect());
        all.push((0..n).map(|i| ((i * i * 7) % 5) as f64 - 1.0).collect());
        all.push((0..n).map(|i| i as f64 * 0.25 - 2.0).collect());
        all.push((0..n).map(|i| if i == n / 2 { -6.0 } else { (i as f64 * 2.1).sin() * 0.01 }).collect());
        all.push(vec![2.5; n]);
    }
    all
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn deviation(x: &[f64]) -> f64 {
    let m = mean(x);
    (x.iter().map(|v| (v - m).powi(2)).sum::<f64>() / x.len() as f64).sqrt()
}

/// Templates of m samples.
fn templates(x: &[f64], m: usize, delay: usize, number: usize) -> Vec<Vec<f64>> {
    (0..number).map(|i| (0..m).map(|k| x[i + k * delay]).collect()).collect()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// How many templates lie within r of each, itself among them.
fn matches(x: &[f64], m: usize, delay: usize, number: usize, r: f64) -> Vec<f64> {
    let all = templates(x, m, delay, number);
    all.iter().map(|a| all.iter().filter(|b| distance(a, b) <= r).count() as f64).collect()
}

fn pairs(x: &[f64], m: usize, delay: usize, number: usize, r: f64) -> f64 {
    matches(x, m, delay, number, r).iter().map(|c| c - 1.0).sum()
}

fn sampen(x: &[f64], m: usize, delay: usize, r: f64) -> f64 {
    let number = x.len().saturating_sub(m * delay);
    -(pairs(x, m + 1, delay, number, r) / pairs(x, m, delay, number, r)).ln()
}

fn phi(x: &[f64], m: usize, delay: usize, r: f64) -> f64 {
    let number = x.len() - (m - 1) * delay;
    matches(x, m, delay, number, r).iter().map(|c| (c / number as f64).ln()).sum::<f64>() / number as f64
}

#[test]
fn approximate_and_sample_entropy() {
    for x in windows() {
        let (n, sd) = (x.len(), deviation(&x));
        let radii = [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 2.0];
        for m in [1_usize, 2, 3, 4] {
            let names = radii.map(|r| format!("approximate_entropy__m_{m}__r_{r:?}"));
            let expected =
                radii.map(|r| if n <= m + 1 { 0.0 } else { (phi(&x, m, 1, r * sd) - phi(&x, m + 1, 1, r * sd)).abs() });
            check(&names, &x, &expected);
        }
        let radii = [0.05, 0.2, 1.0];
        for (m, delay) in [(0, 1), (1, 1), (2, 1), (3, 1), (2, 4)] {
            let names = radii.map(|r| format!("sampen__delay_{delay}__m_{m}__r_{r:?}"));
            check(&names, &x, &radii.map(|r| sampen(&x, m, delay, r * sd)));
            let names = radii.map(|r| format!("apen__delay_{delay}__m_{m}__r_{r:?}"));
            let apen = |r: f64| {
                if n <= m * delay {
                    f64::NAN
                } else {
                    (if m == 0 { 0.0 } else { phi(&x, m, delay, r) }) - phi(&x, m + 1, delay, r)
                }
            };
            check(&names, &x, &radii.map(|r| apen(r * sd)));
        }
        if n > 2 {
            let r = 0.2 * sd;
            check_one("sample_entropy".to_owned(), &x, -(pairs(&x, 3, 1, n - 2, r) / pairs(&x, 2, 1, n - 1, r)).ln());
        }
    }
}

fn coarse(x: &[f64], scale: usize, start: usize) -> Vec<f64> {
    x.get(start..).unwrap_or(&[]).chunks_exact(scale).map(mean).collect()
}

#[test]
fn scales() {
    for x in windows() {
        let r = 0.2 * deviation(&x);
        for s in [1_usize, 2, 3, 5] {
            check_one(format!("multiscale_sampen__scale_{s}"), &x, sampen(&coarse(&x, s, 0), 2, 1, r));
            let each: Vec<f64> = (0..s).map(|k| sampen(&coarse(&x, s, k), 2, 1, r)).collect();
            check_one(format!("composite_sampen__scale_{s}"), &x, mean(&each));
            let total = |m: usize| -> f64 {
                (0..s).map(|k| coarse(&x, s, k)).map(|c| pairs(&c, m, 1, c.len().saturating_sub(2), r)).sum()
            };
            check_one(format!("refined_composite_sampen__scale_{s}"), &x, -(total(3) / total(2)).ln());
            check_one(format!("multiscale_permen__scale_{s}"), &x, patterns(&coarse(&x, s, 0), 3, 1, 1) / 2_f64.ln());
        }
    }
}

fn entropy<K: Ord>(words: impl Iterator<Item = K>) -> f64 {
    weighted(words.map(|w| (w, 1.0)))
}

fn weighted<K: Ord>(words: impl Iterator<Item = (K, f64)>) -> f64 {
    let mut counts: BTreeMap<K, f64> = BTreeMap::new();
    words.for_each(|(w, v)| *counts.entry(w).or_default() += v);
    let total: f64 = counts.values().sum();
    if counts.is_empty() || total == 0.0 {
        return f64::NAN;
    }
    counts.values().filter(|c| **c > 0.0).map(|c| -(c / total) * (c / total).ln()).sum()
}

/// The places of the samples in rising order, the earlier of equals first.
fn order_of(template: &[f64]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..template.len()).collect();
    places.sort_by(|&a, &b| template[a].partial_cmp(&template[b]).unwrap());
    places
}

fn patterns(x: &[f64], order: usize, delay: usize, step: usize) -> f64 {
    let all = templates(x, order, delay, x.len().saturating_sub((order - 1) * delay));
    entropy(all.iter().step_by(step).map(|t| order_of(t)))
}

#[test]
fn permutation_entropies() {
    for x in windows() {
        for order in [2_usize, 3, 4, 5, 7] {
            check_one(format!("permutation_entropy__dimension_{order}__tau_1"), &x, patterns(&x, order, 1, 1));
            check_one(format!("permutation_entropy__dimension_{order}__tau_3"), &x, patterns(&x, order, 1, 3));
            for delay in [1, 3] {
                let name = |what: &str, n: &str| format!("{what}__delay_{delay}__normalised_{n}__order_{order}");
                let nats = patterns(&x, order, delay, 1);
                check_one(name("permen", "False"), &x, nats / 2_f64.ln());
                let most: f64 = (1..=order).map(|k| k as f64).product();
                check_one(name("permen", "True"), &x, nats / most.ln());
                let all = templates(&x, order, delay, x.len().saturating_sub((order - 1) * delay));
                let nats = weighted(all.iter().map(|t| (order_of(t), deviation(t).powi(2))));
                check_one(name("weighted_permen", "False"), &x, nats / 2_f64.ln());
            }
        }
    }
}

#[test]
fn bubble_entropy() {
    let swaps = |t: &[f64]| (0..t.len()).map(|i| t[i + 1..].iter().filter(|v| t[i] > **v).count()).sum::<usize>();
    for x in windows() {
        for m in [2_usize, 3, 10] {
            let renyi = |m: usize| {
                let all = templates(&x, m, 1, x.len().saturating_sub(m - 1));
                let mut counts: BTreeMap<usize, f64> = BTreeMap::new();
                all.iter().for_each(|t| *counts.entry(swaps(t)).or_default() += 1.0);
                -counts.values().map(|c| (c / all.len() as f64).powi(2)).sum::<f64>().ln()
            };
            let expected = (renyi(m + 1) - renyi(m)) / ((m + 1) as f64 / (m - 1) as f64).ln();
            check_one(format!("bubble_entropy__m_{m}"), &x, expected);
        }
    }
}

#[test]
fn fuzzy_entropy() {
    for x in windows() {
        let sd = deviation(&x);
        for (m, p, r) in [(1_usize, 2.0, 0.2), (2, 2.0, 0.2), (2, 1.0, 0.5), (3, 3.0, 0.3)] {
            let similarity = |m: usize, number: usize| {
                let mut all = templates(&x, m, 1, number);
                for t in &mut all {
                    let centre = mean(t);
                    t.iter_mut().for_each(|v| *v -= centre);
                }
                let mut sum = 0.0;
                for i in 0..number {
                    for j in i + 1..number {
                        sum += (-(distance(&all[i], &all[j]) / (r * sd)).powf(p)).exp();
                    }
                }
                sum
            };
            let number = x.len().saturating_sub(m);
            let constant = x.iter().all(|v| *v == x[0]);
            let expected = similarity(m, number).ln() - similarity(m + 1, number).ln();
            let name = format!("fuzzy_entropy__m_{m}__p_{p:?}__r_{r:?}");
            check_one(name, &x, if constant { f64::NAN } else { expected });
        }
    }
}

/// Lempel & Ziv 1978: the set of the phrases.
fn phrases(symbols: &[usize]) -> usize {
    let mut known: BTreeSet<&[usize]> = BTreeSet::new();
    let mut from = 0;
    for to in 1..=symbols.len() {
        if known.insert(&symbols[from..to]) {
            from = to;
        }
    }
    known.len()
}

#[test]
fn lempel_ziv() {
    for x in windows() {
        let n = x.len() as f64;
        let (min, max) = x.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
        let names: Vec<String> =
            [2, 3, 5, 10, 100].iter().map(|b| format!("lempel_ziv_complexity__bins_{b}")).collect();
        let expected = [2_usize, 3, 5, 10, 100].map(|bins| {
            let step = (max - min) / bins as f64;
            let edge = |k: usize| if k == bins { max } else { k as f64 * step + min };
            let symbols: Vec<usize> = x.iter().map(|v| (1..=bins).filter(|&k| edge(k) < *v).count()).collect();
            phrases(&symbols) as f64 / n
        });
        check(&names, &x, &expected);
        let symbols: Vec<usize> = x.iter().map(|v| usize::from(*v > mean(&x))).collect();
        check_one("lz78_complexity".to_owned(), &x, phrases(&symbols) as f64 * n.log2() / n);
        // 1976: a phrase grows while it occurs in what stands before its last symbol.
        let (mut count, mut from) = (0.0, 0);
        while from < symbols.len() {
            let mut to = from + 1;
            while to <= symbols.len() && symbols[..to - 1].windows(to - from).any(|w| *w == symbols[from..to]) {
                to += 1;
            }
            count += 1.0;
            from = to;
        }
        check_one("lz76_complexity".to_owned(), &x, if n > 1.0 { count * n.log2() / n } else { f64::NAN });
    }
}

#[test]
fn words_of_classes() {
    for x in windows() {
        let sd = deviation(&x);
        let constant = x.iter().all(|v| *v == x[0]);
        // Borders of three and four classes of the normal distribution.
        for (c, edges) in [
            (3_usize, vec![-0.430_727_299_295_457_5, 0.430_727_299_295_457_5]),
            (4, vec![-0.674_489_750_196_081_7, 0.0, 0.674_489_750_196_081_7]),
        ] {
            let class = |v: &f64| edges.iter().filter(|e| (v - mean(&x)) / sd >= **e).count();
            let classes: Vec<usize> = x.iter().map(class).collect();
            for m in [2, 3] {
                let words = || classes.windows(m);
                let nats = if constant { f64::NAN } else { entropy(words()) };
                check_one(format!("dispersion_entropy__c_{c}__m_{m}"), &x, nats);
                let most = (c as f64).powi(m as i32);
                check_one(format!("dispersion_entropy__c_{c}__m_{m}__normalised_True"), &x, nats / most.ln());
                let steps = |w: &[usize]| w.windows(2).map(|p| p[1] as i64 - p[0] as i64).collect::<Vec<_>>();
                let nats = if constant { f64::NAN } else { entropy(words().map(steps)) };
                check_one(format!("dispersion_entropy__c_{c}__m_{m}__fluctuation_True"), &x, nats);
            }
        }
        // Increments.
        let steps: Vec<f64> = x.windows(2).map(|p| p[1] - p[0]).collect();
        for (m, resolution) in [(2, 4), (3, 2)] {
            let word = |w: &[f64]| {
                let s = deviation(w) * (m as f64 / (m - 1) as f64).sqrt();
                let size = |v: f64| {
                    if s > 0.0 { (v.abs() * f64::from(resolution) / s).floor().min(f64::from(resolution)) } else { 0.0 }
                };
                w.iter().map(|&v| (v.signum() * size(v)) as i64).collect::<Vec<_>>()
            };
            // A size that is a whole number but for rounding may be either.
            let clear = steps.windows(m).all(|w| {
                let s = deviation(w) * (m as f64 / (m - 1) as f64).sqrt();
                let size = |v: &f64| v.abs() * f64::from(resolution) / s;
                s == 0.0 || w.iter().map(size).all(|size| (size - size.round()).abs() > 1e-9)
            });
            if clear {
                let expected = entropy(steps.windows(m).map(word)) / 2_f64.ln();
                check_one(format!("increment_entropy__m_{m}__resolution_{resolution}"), &x, expected);
            }
        }
        // Slopes.
        let slope = |v: &f64| {
            let angle = v.atan().to_degrees();
            let size = if angle.abs() > 45.0 { 2 } else { i64::from(angle.abs() > 5.0) };
            if angle < 0.0 { -size } else { size }
        };
        let symbols: Vec<i64> = steps.iter().map(slope).collect();
        for m in [2, 4] {
            check_one(format!("slope_entropy__m_{m}"), &x, entropy(symbols.windows(m - 1)) / 2_f64.ln());
        }
    }
}

#[test]
fn distances_and_angles() {
    for x in windows() {
        let n = x.len();
        let all = templates(&x, 2, 1, n.saturating_sub(1));
        let each_pair = |f: &dyn Fn(&[f64], &[f64]) -> f64| -> Vec<f64> {
            let mut values = Vec::new();
            for i in 0..all.len() {
                for j in i + 1..all.len() {
                    values.push(f(&all[i], &all[j]));
                }
            }
            values
        };
        let distances = each_pair(&distance);
        let (min, max) = distances.iter().fold((f64::INFINITY, 0.0_f64), |(a, b), v| (a.min(*v), b.max(*v)));
        let bins = ((distances.len() as f64).log2() + 1.0).ceil();
        let edge = |k: f64| if k == bins { max } else { k * ((max - min) / bins) + min };
        let bin = |d: &f64| (1..bins as usize).filter(|&k| *d >= edge(k as f64)).count();
        let nats = if max > min { entropy(distances.iter().map(bin)) } else { f64::NAN };
        check_one("distribution_entropy".to_owned(), &x, nats / bins.ln());
        let cosines = each_pair(&|a, b| {
            let dot: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
            let length = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>().sqrt();
            dot / length(a) / length(b)
        });
        let angle = |c: &f64| (c.clamp(-1.0, 1.0).acos() / std::f64::consts::PI * 1e6).round() / 1e6;
        let p = cosines.iter().filter(|c| angle(c) < 0.1).count() as f64 / cosines.len() as f64;
        let expected = if p > 0.0 && p < 1.0 { -p * p.log2() - (1.0 - p) * (1.0 - p).log2() } else { f64::NAN };
        check_one("cosine_similarity_entropy".to_owned(), &x, expected);
    }
}
