//! Naive twins of the detectors that learn one row at a time.

use ndarray::Array2;
use prognos::anomaly::stream::{
    Adwin, Bocpd, CusumChart, EwmaChart, Kswin, McusumChart, MewmaChart, PageHinkley, Sprt, SprtTest, StreamingDetector,
};

/// Numbers without a pattern in -1..1.
fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// Numbers whose level and spread change.
fn levels(n: usize, seed: u64) -> Vec<f64> {
    let steps = numbers(n / 100 + 1, seed + 1);
    numbers(n, seed).iter().enumerate().map(|(i, v)| 0.3 * v * (1.0 + (i / 250) as f64) + steps[i / 100]).collect()
}

fn close(what: &str, found: f64, expected: f64, rel: f64) {
    assert!((found - expected).abs() <= rel * (1.0 + expected.abs()), "{what}: {found} {expected}");
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

#[test]
fn ewma_by_its_weights() {
    let x = levels(300, 1);
    for lambda in [0.05, 0.3, 1.0] {
        let mut chart = EwmaChart::params().lambda(lambda).limit(2.5).start(0.1, 0.4).unwrap();
        for t in 0..x.len() {
            let score = chart.push(x[t]).unwrap();
            let rest = (1.0 - lambda).powi(t as i32 + 1);
            let weights = |i: usize| lambda * (1.0 - lambda).powi((t - i) as i32);
            let z = rest * 0.1 + (0..=t).map(|i| weights(i) * x[i]).sum::<f64>();
            // The variance of a weighted sum of independent values.
            let variance = (0..=t).map(|i| weights(i).powi(2)).sum::<f64>();
            close("z", chart.z(), z, 1e-12);
            close("score", score, (z - 0.1).abs() / (2.5 * 0.4 * variance.sqrt()), 1e-9);
        }
    }
}

#[test]
fn cusum_by_its_best_start() {
    // C+ is the largest sum of what exceeds mean + K over all stretches that end now.
    let x = levels(400, 3);
    let mut chart = CusumChart::params().start(0.05, 0.5).unwrap();
    for t in 0..x.len() {
        let score = chart.push(x[t]).unwrap();
        let best = |sign: f64| {
            let sum = |s: usize| x[s..=t].iter().map(|v| sign * (v - 0.05) - 0.25).sum::<f64>();
            (0..=t).map(|s| (sum(s), s)).fold((0.0, t + 1), |b, c| if c.0 > b.0 { c } else { b })
        };
        let (up, down) = (best(1.0), best(-1.0));
        close("C+", chart.upper(), up.0, 1e-11);
        close("C-", chart.lower(), down.0, 1e-11);
        close("score", score, up.0.max(down.0) / 2.5, 1e-11);
        if let Some(shift) = chart.shift() {
            let (sum, start) = if shift.up { up } else { down };
            assert_eq!(shift.start, start as u64);
            let size = 0.25 + sum / (t + 1 - start) as f64;
            close("size", shift.mean, if shift.up { 0.05 + size } else { 0.05 - size }, 1e-11);
        }
    }
}

#[test]
fn page_hinkley_by_its_history() {
    let x = levels(900, 5);
    for alpha in [1.0, 0.99] {
        let mut test = PageHinkley::params().threshold(8.0).alpha(alpha).start().unwrap();
        let mut from = 0;
        for t in 0..x.len() {
            let score = test.push(x[t]).unwrap();
            let part = &x[from..=t];
            let (mut ups, mut downs) = (vec![0.0], vec![0.0]);
            for i in 0..part.len() {
                let deviation = part[i] - mean(&part[..=i]);
                ups.push(alpha * ups[i] + deviation - 0.005);
                downs.push(alpha * downs[i] + deviation + 0.005);
            }
            let rise = ups[part.len()] - ups[1..].iter().fold(f64::INFINITY, |m: f64, v| m.min(*v));
            let fall = downs[1..].iter().fold(f64::NEG_INFINITY, |m: f64, v| m.max(*v)) - downs[part.len()];
            let expected = if part.len() >= 30 { rise.max(fall) / 8.0 } else { 0.0 };
            close("score", score, expected, 1e-10);
            assert_eq!(test.drift(), score > 1.0);
            if test.drift() {
                from = t + 1;
            }
        }
        assert!(test.drifts() > 2);
    }
}

/// The window as a plain list of buckets that hold their values.
struct PlainAdwin {
    buckets: Vec<Vec<f64>>,
    tick: usize,
    last: f64,
}

impl PlainAdwin {
    fn push(&mut self, x: f64, delta: f64, clock: usize, most: usize, shortest: f64, grace: usize) -> f64 {
        self.buckets.push(vec![x]);
        // Of more than `most` buckets of a size the two oldest are joined.
        let mut size = 1;
        loop {
            let same: Vec<usize> = (0..self.buckets.len()).filter(|&i| self.buckets[i].len() == size).collect();
            if same.is_empty() {
                break;
            }
            if same.len() > most {
                let second = self.buckets.remove(same[1]);
                self.buckets[same[0]].extend(second);
            }
            size *= 2;
        }
        self.tick += 1;
        if !self.tick.is_multiple_of(clock) {
            return self.last;
        }
        let mut largest = 0.0;
        self.last = 0.0;
        loop {
            let all = self.buckets.concat();
            let w = all.len() as f64;
            if all.len() <= grace {
                break;
            }
            let centre = mean(&all);
            let variance = all.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / w;
            let d = (2.0 * w.ln() / delta).ln();
            let (mut ratio, mut at) = (0.0, 0);
            for bucket in &self.buckets {
                at += bucket.len();
                let (n0, n1) = (at as f64, (all.len() - at) as f64);
                if n0 >= shortest && n1 >= shortest {
                    let m = 1.0 / (n0 - shortest + 1.0) + 1.0 / (n1 - shortest + 1.0);
                    let bound = (2.0 * m * variance * d).sqrt() + 2.0 / 3.0 * d * m;
                    let cut = (mean(&all[..at]) - mean(&all[at..])).abs() / bound;
                    ratio = f64::max(ratio, cut);
                    // After the first look only whether there is a cut matters.
                    if largest > 1.0 && cut > 1.0 {
                        break;
                    }
                }
            }
            largest = f64::max(largest, ratio);
            self.last = ratio;
            if ratio <= 1.0 {
                break;
            }
            self.last = 0.0;
            self.buckets.remove(0);
        }
        largest
    }
}

#[test]
fn adwin_with_plain_lists() {
    for (seed, (delta, clock, most, shortest, grace)) in
        [(0.002, 32, 5, 5, 10), (0.3, 1, 2, 1, 1), (0.05, 3, 3, 2, 7), (0.002, 8, 5, 5, 10)].into_iter().enumerate()
    {
        let mut fast = Adwin::params()
            .delta(delta)
            .clock(clock)
            .max_buckets(most)
            .min_window_length(shortest)
            .grace_period(grace)
            .start()
            .unwrap();
        let mut plain = PlainAdwin { buckets: vec![], tick: 0, last: 0.0 };
        for (i, x) in levels(900, seed as u64).into_iter().enumerate() {
            let score = fast.push(x).unwrap();
            let expected = plain.push(x, delta, clock as usize, most as usize, f64::from(shortest), grace as usize);
            let all = plain.buckets.concat();
            assert_eq!(fast.width(), all.len() as u64, "{seed}: row {i}");
            assert_eq!(fast.drift(), expected > 1.0 && (i + 1) % clock as usize == 0);
            close("mean", fast.mean(), mean(&all), 1e-11);
            close(
                "variance",
                fast.variance(),
                all.iter().map(|v| (v - mean(&all)).powi(2)).sum::<f64>() / all.len() as f64,
                1e-11,
            );
            close("score", score, expected, 1e-9);
        }
        assert!(fast.drifts() > 1, "{seed}");
    }
}

#[test]
fn bocpd_by_every_run() {
    let x = levels(150, 8);
    let (hazard, m0, k0, a0, b0) = (40.0, 0.2, 0.7, 1.3, 0.4);
    let mut model = Bocpd::params().hazard(hazard).prior(m0, k0, a0, b0).recent(5).start().unwrap();
    let lgamma = |v: f64| libm::lgamma(v);
    let mut runs = vec![1.0f64];
    let mut evidence = 0.0;
    for t in 0..x.len() {
        let score = model.push(x[t]).unwrap();
        let mut next = vec![0.0; t + 2];
        for r in 0..=t {
            // The posterior of the last r values, from the values themselves.
            let part = &x[t - r..t];
            let n = r as f64;
            let centre = if r > 0 { mean(part) } else { 0.0 };
            let squares = part.iter().map(|v| (v - centre).powi(2)).sum::<f64>();
            let (k, a) = (k0 + n, a0 + n / 2.0);
            let m = (k0 * m0 + n * centre) / k;
            let b = b0 + 0.5 * squares + k0 * n * (centre - m0).powi(2) / (2.0 * k);
            let (dof, scale) = (2.0 * a, b * (k + 1.0) / (a * k));
            let density = (lgamma((dof + 1.0) / 2.0) - lgamma(dof / 2.0)).exp()
                / (dof * std::f64::consts::PI * scale).sqrt()
                * (1.0 + (x[t] - m).powi(2) / (dof * scale)).powf(-(dof + 1.0) / 2.0);
            next[r + 1] = runs[r] * density * (1.0 - 1.0 / hazard);
            next[0] += runs[r] * density / hazard;
        }
        let total: f64 = next.iter().sum();
        evidence += total.ln();
        runs = next.iter().map(|p| p / total).collect();
        close("evidence", model.log_evidence(), evidence, 1e-11);
        close("surprise", model.surprise(), -total.ln(), 1e-10);
        for (found, expected) in model.probabilities().iter().zip(&runs) {
            close("probability", *found, *expected, 1e-11);
        }
        close("score", score, if t < 5 { 0.0 } else { runs[..=5].iter().sum() }, 1e-10);
    }
}

#[test]
fn runs_that_are_cut_off_go_to_the_longest() {
    let x = levels(200, 9);
    let mut whole = Bocpd::params().start().unwrap();
    let mut short = Bocpd::params().max_run(150).start().unwrap();
    for x in x {
        whole.push(x).unwrap();
        short.push(x).unwrap();
        assert_eq!(short.probabilities().len(), whole.probabilities().len().min(151));
        close("sum", short.probabilities().iter().sum(), 1.0, 1e-12);
        close("recent", short.probability_within(20), whole.probability_within(20), 1e-3);
    }
}

#[test]
fn kswin_by_the_definition_of_its_bound() {
    // With half of the window recent, the draw is all of the older half: no chance is left.
    let x = levels(600, 11);
    let (r, alpha): (usize, f64) = (40, 1e-4);
    let mut test = Kswin::params().window(2 * r).recent(r).alpha(alpha).start().unwrap();
    let mut window: Vec<f64> = vec![];
    for x in x {
        let score = test.push(x).unwrap();
        if window.len() == 2 * r {
            window.remove(0);
        }
        window.push(x);
        if window.len() < 2 * r {
            assert!(score <= 0.0);
            continue;
        }
        let (old, new) = window.split_at(r);
        let share = |part: &[f64], at: f64| part.iter().filter(|v| **v <= at).count() as f64 / r as f64;
        let distance = window.iter().map(|&at| (share(old, at) - share(new, at)).abs()).fold(0.0, f64::max);
        close("score", score, distance / (-alpha.ln() / r as f64).sqrt(), 1e-12);
        assert_eq!(test.drift(), score > 1.0);
        if test.drift() {
            window = new.to_vec();
        }
    }
    assert!(test.drifts() > 1);
}

#[test]
fn sequential_tests_by_densities() {
    let x = levels(500, 13);
    let (mean, sd, m, v) = (0.1, 0.4, 0.8, 2.5);
    let mut tests = Sprt::params().shift(m).variance_ratio(v).errors(0.01, 0.05).start(mean, sd).unwrap();
    let density = |x: f64, mean: f64, sd: f64| {
        (-0.5 * ((x - mean) / sd).powi(2)).exp() / (sd * (2.0 * std::f64::consts::PI).sqrt())
    };
    let others = [(mean + m * sd, sd), (mean - m * sd, sd), (mean, sd * v.sqrt()), (mean, sd / v.sqrt())];
    let (accept, alarm) = ((0.05f64 / 0.99).ln(), (0.95f64 / 0.01).ln());
    let names = [SprtTest::MeanUp, SprtTest::MeanDown, SprtTest::SpreadUp, SprtTest::SpreadDown];
    let mut from = [0; 4];
    for t in 0..x.len() {
        let score = tests.push(x[t]).unwrap();
        let mut largest = 0.0;
        for k in 0..4 {
            let ratio = |x: &f64| (density(*x, others[k].0, others[k].1) / density(*x, mean, sd)).ln();
            let sum: f64 = x[from[k]..=t].iter().map(ratio).sum();
            close("sum", tests.log_ratio(names[k]), sum, 1e-9);
            assert_eq!(tests.alarm(names[k]), sum >= alarm);
            largest = f64::max(largest, sum / alarm);
            if sum <= accept || sum >= alarm {
                from[k] = t + 1;
            }
        }
        close("score", score, largest, 1e-9);
    }
}

/// Inverse by Gauss-Jordan elimination.
fn inverse(a: &Array2<f64>) -> Array2<f64> {
    let n = a.nrows();
    let (mut a, mut b) = (a.clone(), Array2::eye(n));
    for i in 0..n {
        let p = a[[i, i]];
        for j in 0..n {
            a[[i, j]] /= p;
            b[[i, j]] /= p;
        }
        for r in (0..n).filter(|&r| r != i) {
            let f = a[[r, i]];
            for j in 0..n {
                a[[r, j]] -= f * a[[i, j]];
                b[[r, j]] -= f * b[[i, j]];
            }
        }
    }
    b
}

#[test]
fn multivariate_charts_by_the_inverse_covariance() {
    let (n, d) = (200, 4);
    let x = Array2::from_shape_vec((n, d), numbers(n * d, 17)).unwrap();
    let mix = Array2::from_shape_vec((d, d), numbers(d * d, 18)).unwrap() + Array2::<f64>::eye(d);
    let x = x.dot(&mix) * 100.0 + 7.0;
    let centre = x.mean_axis(ndarray::Axis(0)).unwrap();
    let z = &x - &centre;
    let inverse = inverse(&(z.t().dot(&z) / (n - 1) as f64));
    let (lambda, k): (f64, f64) = (0.15, 0.6);
    let mut mewma = MewmaChart::params().lambda(lambda).fit(&x).unwrap();
    let mut mcusum = McusumChart::params().allowance(k).fit(&x).unwrap();
    let (mut average, mut sum) = (ndarray::Array1::<f64>::zeros(d), ndarray::Array1::<f64>::zeros(d));
    for (t, row) in z.rows().into_iter().enumerate() {
        average = lambda * &row + (1.0 - lambda) * &average;
        let variance = lambda / (2.0 - lambda) * (1.0 - (1.0 - lambda).powi(2 * t as i32 + 2));
        let t2 = average.dot(&inverse.dot(&average)) / variance;
        close("T2", mewma.update(&x.row(t).to_vec()).unwrap(), t2, 1e-10);
        sum = &sum + &row;
        let length = sum.dot(&inverse.dot(&sum)).sqrt();
        sum = if length <= k { sum * 0.0 } else { sum * (1.0 - k / length) };
        let expected = sum.dot(&inverse.dot(&sum)).sqrt();
        close("MCUSUM", mcusum.update(&x.row(t).to_vec()).unwrap(), expected, 1e-10);
        assert_eq!(mcusum.shift_start().is_some(), expected > 0.0);
    }
}
