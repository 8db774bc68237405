//! Naive twins of the fractal and phase space kernels, and systems whose numbers are known.

use prognos::features::FeatureSet;
use prognos::signal::SampleRate;
use prognos::signal::phase_space::{
    CorrelationSums, Divergence, Embedding, FalseNearestNeighbours, MutualInformation, Recurrence, geometric_radii,
};

fn feature(name: &str, x: &[f64]) -> f64 {
    let set = FeatureSet::from_names([name]).unwrap();
    let mut row = [0.0];
    set.extractor(x.len(), SampleRate::ONE_HZ).unwrap().extract_into(x, &mut row).unwrap();
    row[0]
}

fn near(what: &str, found: f64, expected: f64) {
    let same = (found - expected).abs() <= 1e-10 * expected.abs().max(1.0) || (found.is_nan() && expected.is_nan());
    assert!(same, "{what}: {found:e}, the twin says {expected:e}");
}

fn noise(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..100).for_each(|_| {
        let _ = uniform();
    });
    (0..n).map(|_| (0..12).map(|_| uniform()).sum::<f64>() - 6.0).collect()
}

fn walk(n: usize, seed: u64) -> Vec<f64> {
    noise(n, seed)
        .iter()
        .scan(0.0, |s, v| {
            *s += v;
            Some(*s)
        })
        .collect()
}

fn logistic(n: usize, r: f64) -> Vec<f64> {
    std::iter::successors(Some(0.4), |x| Some(r * x * (1.0 - x))).skip(500).take(n).collect()
}

fn henon(n: usize) -> Vec<f64> {
    let (mut a, mut b) = (0.1, 0.1);
    let mut step = || {
        (a, b) = (1.0 - 1.4 * a * a + b, 0.3 * a);
        a
    };
    (0..100).for_each(|_| {
        let _ = step();
    });
    (0..n).map(|_| step()).collect()
}

fn sine(n: usize, period: f64) -> Vec<f64> {
    (0..n).map(|i| (i as f64 * std::f64::consts::TAU / period).sin()).collect()
}

fn windows() -> Vec<Vec<f64>> {
    let mut all = Vec::new();
    for n in [20, 47, 64, 65, 100, 129, 200, 260] {
        all.push(noise(n, 7));
        all.push(walk(n, 8));
        all.push(sine(n, 17.3));
        all.push((0..n).map(|i| ((i * i * 7) % 5) as f64 - 1.0).collect());
        all.push((0..n).map(|i| 1e6 + 1e-2 * (i as f64 * 0.7).sin() + 3e-3 * (i as f64 * 2.9).cos()).collect());
        all.push((0..n).map(|i| i as f64).collect());
    }
    all
}

fn mean(x: &[f64]) -> f64 {
    x[0] + x.iter().map(|v| v - x[0]).sum::<f64>() / x.len() as f64
}

fn spread(x: &[f64], ddof: usize) -> f64 {
    let m = mean(x);
    (x.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / (x.len() - ddof) as f64).sqrt()
}

/// Slope of a line through points.
fn line(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let sxx: f64 = points.iter().map(|p| (p.0 - mx) * (p.0 - mx)).sum();
    if points.len() < 2 { f64::NAN } else { points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum::<f64>() / sxx }
}

#[test]
fn waveform_dimensions() {
    for x in windows() {
        let n = x.len();
        for kmax in [2, 3, 10, 20] {
            let mut points = Vec::new();
            for k in 1..=kmax {
                let mut sum = 0.0;
                for m in 0..k {
                    let steps = (n - m - 1) / k;
                    let length: f64 = (1..=steps).map(|j| (x[m + j * k] - x[m + (j - 1) * k]).abs()).sum();
                    sum += length * (n - 1) as f64 / (steps * k * k) as f64;
                }
                points.push(((1.0 / k as f64).ln(), (sum / k as f64).ln()));
            }
            let expected = if n >= 2 * kmax { line(&points) } else { f64::NAN };
            near("higuchi", feature(&format!("higuchi_fd__kmax_{kmax}"), &x), expected);
        }
        let steps: Vec<f64> = x.windows(2).map(|w| w[1] - w[0]).collect();
        let length: f64 = steps.iter().map(|d| d.abs()).sum();
        let step = length / steps.len() as f64;
        let reach = x.iter().map(|v| (v - x[0]).abs()).fold(0.0, f64::max);
        near("katz", feature("katz_fd", &x), (length / step).log10() / (reach / step).log10());
        let turns = steps.windows(2).filter(|d| (d[0] < 0.0) != (d[1] < 0.0)).count() as f64;
        let n = n as f64;
        near("petrosian", feature("petrosian_fd", &x), n.log10() / (n.log10() + (n / (n + 0.4 * turns)).log10()));
    }
}

/// Sum of squared distances from the polynomial through the points of a piece, by the normal equations.
fn detrended(piece: &[f64], order: usize) -> f64 {
    let s = piece.len();
    let time = |t: usize| (2.0 * t as f64 - (s as f64 - 1.0)) / s as f64;
    let m = order + 1;
    let mut a = vec![vec![0.0; m + 1]; m];
    let level = mean(piece);
    for (t, v) in piece.iter().enumerate() {
        for (i, row) in a.iter_mut().enumerate() {
            for (j, cell) in row.iter_mut().enumerate().take(m) {
                *cell += time(t).powi((i + j) as i32);
            }
            row[m] += time(t).powi(i as i32) * (v - level);
        }
    }
    for i in 0..m {
        for k in 0..m {
            if k != i {
                let (factor, pivot) = (a[k][i] / a[i][i], a[i].clone());
                a[k].iter_mut().zip(&pivot).for_each(|(v, p)| *v -= factor * p);
            }
        }
    }
    let coefficients: Vec<f64> = (0..m).map(|i| a[i][m] / a[i][i]).collect();
    let fit = |t: usize| (0..m).map(|i| coefficients[i] * time(t).powi(i as i32)).sum::<f64>();
    piece.iter().enumerate().map(|(t, v)| (v - level - fit(t)).powi(2)).sum()
}

fn profile(x: &[f64]) -> Vec<f64> {
    let m = mean(x);
    x.iter()
        .scan(0.0, |s, v| {
            *s += v - m;
            Some(*s)
        })
        .collect()
}

fn lengths(least: f64, most: f64, factor: f64) -> Vec<usize> {
    let mut all: Vec<usize> =
        (0..).map(|i| least * factor.powi(i)).take_while(|v| *v <= most * (1.0 + 1e-12)).map(|v| v as usize).collect();
    all.dedup();
    all
}

#[test]
fn fluctuations() {
    for x in windows().into_iter().filter(|x| x.len() >= 64) {
        let y = profile(&x);
        let n = x.len();
        for order in 1..=3 {
            for overlap in [false, true] {
                let grid = if overlap && n <= 70 { (4..10).collect() } else { lengths(4.0, 0.1 * n as f64, 1.2) };
                let mut points = Vec::new();
                for s in grid.into_iter().filter(|s| *s > order + 1) {
                    let starts: Vec<usize> =
                        if overlap { (0..n - s).step_by(s / 2).collect() } else { (0..n / s).map(|k| k * s).collect() };
                    let squared = starts.iter().map(|&i| detrended(&y[i..i + s], order) / s as f64).sum::<f64>();
                    points.push(((s as f64).ln(), 0.5 * (squared / starts.len() as f64).ln()));
                }
                let name = format!("dfa__order_{order}__overlap_{}", if overlap { "True" } else { "False" });
                let found = feature(&name, &x);
                // Where a polynomial fits a walk to the last digits, only the digits that are left agree.
                let expected = line(&points);
                let fits = points.iter().any(|p| p.1.exp() < 1e-8 * spread(&y, 0));
                assert!(
                    fits || (found.is_nan() && expected.is_nan()) || (found - expected).abs() < 1e-7,
                    "{name} of {n}: {found} {expected}"
                );
            }
        }
    }
}

#[test]
fn multifractal() {
    for x in [noise(400, 1), walk(500, 2), noise(300, 3).iter().map(|v| v.powi(5)).collect()] {
        let y = profile(&x);
        let n = x.len();
        let hurst = |order: usize, q: f64| {
            let mut points = Vec::new();
            for s in lengths(16.0, 0.25 * n as f64, 1.25) {
                let pieces = n / s;
                let squares: Vec<f64> = (0..pieces)
                    .map(|k| k * s)
                    .chain((0..pieces).map(|k| n - (k + 1) * s))
                    .map(|i| detrended(&y[i..i + s], order) / s as f64)
                    .collect();
                let count = squares.len() as f64;
                let f = if q == 0.0 {
                    (squares.iter().map(|v| v.ln()).sum::<f64>() / count / 2.0).exp()
                } else {
                    (squares.iter().map(|v| v.powf(q / 2.0)).sum::<f64>() / count).powf(1.0 / q)
                };
                points.push(((s as f64).ln(), f.ln()));
            }
            line(&points)
        };
        for order in [1, 2] {
            for q in [-5.0, -1.0, 0.0, 2.0, 3.5] {
                near("mfdfa_hurst", feature(&format!("mfdfa_hurst__order_{order}__q_{q:?}"), &x), hurst(order, q));
            }
            let tau: Vec<f64> = (0..=20).map(|i| 0.3 * f64::from(i - 10)).map(|q| q * hurst(order, q) - 1.0).collect();
            let mut alpha: Vec<f64> = tau.windows(3).map(|t| (t[2] - t[0]) / 0.6).collect();
            alpha.extend([(tau[1] - tau[0]) / 0.3, (tau[20] - tau[19]) / 0.3]);
            let width = alpha.iter().copied().fold(f64::MIN, f64::max) - alpha.iter().copied().fold(f64::MAX, f64::min);
            near("mfdfa_width", feature(&format!("mfdfa_width__order_{order}__q_3.0"), &x), width);
        }
    }
}

#[test]
fn increments_and_ranges() {
    for x in windows().into_iter().filter(|x| x.len() >= 64 && spread(x, 0) > 0.0) {
        for q in [0.5, 1.0, 2.0, 3.0] {
            let points: Vec<(f64, f64)> = (1..20)
                .map(|lag| {
                    let sum: f64 = (lag..x.len()).map(|i| (x[i] - x[i - lag]).abs().powf(q)).sum();
                    ((lag as f64).ln(), (sum / (x.len() - lag) as f64).ln())
                })
                .collect();
            let expected = (5..20).map(|m| line(&points[..m])).sum::<f64>() / 15.0 / q;
            // A lag without an increment has no logarithm.
            let expected = if expected.is_finite() { expected } else { f64::NAN };
            near("generalized_hurst", feature(&format!("generalized_hurst__q_{q:?}"), &x), expected);
        }
        let whole = (x.len() as f64).ln();
        let mut sizes: Vec<usize> =
            (0..15).map(|i| ((0.375 + 0.25 * f64::from(i) / 15.0) * whole).exp().round() as usize).collect();
        sizes.dedup();
        let mut points = Vec::new();
        for s in sizes {
            let mut values = Vec::new();
            for piece in x.chunks_exact(s) {
                let y = profile(piece);
                let range = y.iter().copied().fold(f64::MIN, f64::max) - y.iter().copied().fold(f64::MAX, f64::min);
                if piece.iter().any(|v| *v != piece[0]) {
                    values.push(range / spread(piece, 1));
                }
            }
            points.push(((s as f64).ln(), mean(&values).ln()));
        }
        let found = feature("hurst_rs__corrected_False", &x);
        assert!((found - line(&points)).abs() < 1e-7, "{found} {}", line(&points));
    }
}

fn distance(e: &Embedding<'_>, i: usize, j: usize) -> f64 {
    e.point(i).zip(e.point(j)).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

#[test]
fn correlation_sums() {
    for x in windows() {
        let s = spread(&x, 1);
        for (dim, lag, theiler) in [(1, 1, 0), (2, 1, 0), (3, 2, 4), (5, 3, 1)] {
            let e = Embedding::new(&x, dim, lag).unwrap();
            let radii = geometric_radii(0.013 * s, 0.97 * s, 17).unwrap();
            let found = CorrelationSums::of(&e, &radii, theiler).unwrap();
            let mut pairs = 0;
            let mut counts = vec![0; radii.len()];
            for i in 0..e.len() {
                for j in i + theiler + 1..e.len() {
                    pairs += 1;
                    for (count, &r) in counts.iter_mut().zip(&radii) {
                        *count += usize::from(distance(&e, i, j) <= r);
                    }
                }
            }
            for (sum, &count) in found.sums().iter().zip(&counts) {
                near("correlation sum", *sum, count as f64 / f64::from(pairs));
            }
        }
        // The feature is the slope over nolds' radii.
        let radii: Vec<f64> = (0..55).map(|i| 0.1 * s * 1.03_f64.powi(i)).collect();
        let sums = CorrelationSums::of(&Embedding::new(&x, 2, 1).unwrap(), &radii, 3).unwrap();
        let expected = sums.dimension().unwrap_or(f64::NAN);
        near("correlation_dimension", feature("correlation_dimension__dim_2__theiler_3", &x), expected);
    }
}

#[test]
fn divergence() {
    for x in windows().into_iter().filter(|x| x.len() >= 64) {
        for (dim, lag, separation, steps) in [(1, 1, 0, 5), (2, 1, 3, 10), (3, 4, 8, 7)] {
            let e = Embedding::new(&x, dim, lag).unwrap();
            let count = e.len() + 1 - steps;
            let mut points = Vec::new();
            let neighbours: Vec<usize> = (0..count)
                .map(|i| {
                    let others = (0..count).filter(|j| i.abs_diff(*j) > separation);
                    others.reduce(|a, b| if distance(&e, i, b) < distance(&e, i, a) { b } else { a }).unwrap()
                })
                .collect();
            let found = Divergence::of(&e, separation, steps).unwrap();
            for k in 0..steps {
                let logs: Vec<f64> = (0..count)
                    .map(|i| distance(&e, i + k, neighbours[i] + k))
                    .filter(|d| *d > 0.0)
                    .map(f64::ln)
                    .collect();
                let value = logs.iter().sum::<f64>() / logs.len() as f64;
                near("divergence", found.curve()[k], value);
                if value.is_finite() {
                    points.push((k as f64, value));
                }
            }
            let name = format!("lyapunov_rosenstein__dim_{dim}__lag_{lag}__separation_{separation}__steps_{steps}");
            near("lyapunov", feature(&name, &x), line(&points));
        }
    }
}

#[test]
fn recurrence_lines() {
    for x in windows() {
        for (dim, lag, theiler, radius) in
            [(1, 1, 1, 0.2), (2, 1, 1, 0.5), (3, 7, 2, 0.4), (2, 5, 11, 0.8), (1, 1, 1, 9.0)]
        {
            let e = Embedding::new(&x, dim, lag).unwrap();
            let radius = radius * spread(&x, 0);
            let n = e.len();
            let recurs = |i: usize, j: usize| {
                i.abs_diff(j) >= theiler && e.point(i).zip(e.point(j)).all(|(a, b)| (a - b).abs() <= radius)
            };
            let (mut diagonal, mut vertical) = (vec![0; n + 1], vec![0; n + 1]);
            let mut points = 0;
            let mut runs = |line: Vec<bool>, lengths: &mut Vec<u64>| {
                line.split(|r| !r).filter(|run| !run.is_empty()).for_each(|run| lengths[run.len()] += 1);
                points += line.iter().filter(|r| **r).count();
            };
            for k in 1..n {
                runs((0..n - k).map(|i| recurs(i, i + k)).collect(), &mut diagonal);
            }
            for j in 0..n {
                runs((0..n).map(|i| recurs(i, j)).collect(), &mut vertical);
            }
            let points = points as u64 / 3;
            let plot = Recurrence::of(&e, radius, theiler).unwrap();
            assert_eq!(plot.diagonal_lines(), diagonal, "{n} {dim} {lag} {theiler}");
            assert_eq!(plot.vertical_lines(), vertical, "{n} {dim} {lag} {theiler}");
            near("rate", plot.rate(), 2.0 * points as f64 / (n * n) as f64);
            let share = |lengths: &[u64], least: usize| {
                let on =
                    |from: usize| lengths.iter().enumerate().skip(from).map(|(l, c)| l as u64 * c).sum::<u64>() as f64;
                (on(least) / on(1), on(least) / lengths.iter().skip(least).sum::<u64>() as f64)
            };
            near("determinism", plot.determinism(2), share(&diagonal, 2).0);
            near("mean diagonal", plot.mean_diagonal(3), share(&diagonal, 3).1);
            near("laminarity", plot.laminarity(2), share(&vertical, 2).0);
            near("trapping time", plot.trapping_time(2), share(&vertical, 2).1);
        }
        let plot = Recurrence::of(&Embedding::new(&x, 3, 2).unwrap(), 0.5 * spread(&x, 0), 1).unwrap();
        near("feature", feature("recurrence__attr_\"determinism\"__dim_3__lag_2__radius_0.5", &x), plot.determinism(2));
        near(
            "feature",
            feature("recurrence__attr_\"entropy\"__dim_3__lag_2__radius_0.5", &x),
            plot.diagonal_entropy(2),
        );
        near(
            "feature",
            feature("recurrence__attr_\"longest_vertical\"__dim_3__lag_2", &x),
            plot.longest_vertical() as f64,
        );
    }
}

#[test]
fn false_neighbours_and_information() {
    for x in windows().into_iter().filter(|x| x.len() >= 64) {
        let found = FalseNearestNeighbours::new(3).ratio(10.0).separation(2).shares(&x, 2).unwrap();
        for (dim, share) in (1..=3).zip(found) {
            let e = Embedding::new(&x, dim, 2).unwrap();
            let count = e.len() - 2;
            let bad = (0..count)
                .filter(|&i| {
                    let others = (0..count).filter(|j| i.abs_diff(*j) > 2);
                    let j = others.reduce(|a, b| if distance(&e, i, b) < distance(&e, i, a) { b } else { a }).unwrap();
                    let away = (x[i + dim * 2] - x[j + dim * 2]).abs();
                    away > 10.0 * distance(&e, i, j) || distance(&e, i, j).hypot(away) > 2.0 * spread(&x, 0)
                })
                .count();
            near("false neighbours", share, bad as f64 / count as f64);
        }
        let found = MutualInformation::of(&x, 5, 6).unwrap();
        let (low, high) = x.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        let place = |v: f64| (((0.5 * v - 0.5 * low) / (0.5 * high - 0.5 * low) * 6.0) as usize).min(5);
        for lag in 0..=5 {
            let pairs: Vec<(usize, usize)> = (lag..x.len()).map(|i| (place(x[i - lag]), place(x[i]))).collect();
            let share =
                |f: &dyn Fn(&(usize, usize)) -> bool| pairs.iter().filter(|p| f(p)).count() as f64 / pairs.len() as f64;
            let mut sum = 0.0;
            for a in 0..6 {
                for b in 0..6 {
                    let p = share(&|v| *v == (a, b));
                    if p > 0.0 {
                        sum += p * (p / (share(&|v| v.0 == a) * share(&|v| v.1 == b))).ln();
                    }
                }
            }
            near("information", found.values()[lag], sum);
        }
    }
}

#[test]
fn visibility_graphs() {
    for x in windows() {
        let n = x.len();
        let sees = |natural: bool, i: usize, j: usize| {
            (i + 1..j).all(|k| {
                if natural {
                    // Both sides times a positive length; the heights of a ramp are whole numbers.
                    (x[k] - x[j]) * ((j - i) as f64) < (x[i] - x[j]) * ((j - k) as f64)
                } else {
                    x[k] < x[i].min(x[j])
                }
            })
        };
        for (natural, name) in [(true, "visibility"), (false, "horizontal_visibility")] {
            let mut degrees = vec![0_usize; n];
            for i in 0..n {
                for j in i + 1..n {
                    if sees(natural, i, j) {
                        degrees[i] += 1;
                        degrees[j] += 1;
                    }
                }
            }
            let all: Vec<f64> = degrees.iter().map(|&d| d as f64).collect();
            let share = |d: usize| degrees.iter().filter(|v| **v == d).count() as f64 / n as f64;
            let entropy: f64 = (0..n).map(share).filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum();
            near(name, feature(&format!("{name}__attr_\"mean\""), &x), mean(&all));
            near(name, feature(&format!("{name}__attr_\"std\""), &x), spread(&all, 0));
            near(name, feature(&format!("{name}__attr_\"max\""), &x), all.iter().copied().fold(0.0, f64::max));
            near(name, feature(&format!("{name}__attr_\"entropy\""), &x), entropy);
        }
    }
}

/// The mean square displacement itself, over the samples: equal to its expectation but for the ends.
#[test]
fn chaos_test_by_displacement() {
    for (x, name) in [(noise(2000, 4), "noise"), (logistic(2000, 4.0), "chaos"), (sine(2000, 7.3), "sine")] {
        let m = mean(&x);
        let steps = x.len() / 10;
        let mut ks = Vec::new();
        for i in 0..100 {
            let c = std::f64::consts::PI / 5.0 * (1.0 + 3.0 * ((f64::from(i) + 0.5) * 0.618_033_988_749_894_9).fract());
            let place: Vec<(f64, f64)> = x
                .iter()
                .enumerate()
                .scan((0.0, 0.0), |p, (j, v)| {
                    let (s, k) = (j as f64 * c).sin_cos();
                    *p = (p.0 + (v - m) * k, p.1 + (v - m) * s);
                    Some(*p)
                })
                .collect();
            let moved = |n: usize| {
                let count = x.len() - steps;
                (0..count)
                    .map(|j| (place[j + n].0 - place[j].0).powi(2) + (place[j + n].1 - place[j].1).powi(2))
                    .sum::<f64>()
                    / count as f64
            };
            let points: Vec<(f64, f64)> = (1..=steps).map(|n| (n as f64, moved(n))).collect();
            let times: Vec<f64> = points.iter().map(|p| p.0).collect();
            let values: Vec<f64> = points.iter().map(|p| p.1).collect();
            ks.push(line(&points) * spread(&times, 0) / spread(&values, 0));
        }
        ks.sort_by(f64::total_cmp);
        let found = feature("chaos_01", &x);
        assert!((found - 0.5 * (ks[49] + ks[50])).abs() < 0.05, "{name}: {found} {}", 0.5 * (ks[49] + ks[50]));
    }
}

fn within(name: &str, x: &[f64], low: f64, high: f64) {
    let found = feature(name, x);
    assert!((low..=high).contains(&found), "{name}: {found}, known to lie in {low}..{high}");
}

/// White noise, a random walk, a sine, the logistic and the Hénon map.
#[test]
fn systems_with_known_numbers() {
    let (white, brown) = (noise(8000, 11), walk(8000, 12));
    for overlap in ["True", "False"] {
        within(&format!("dfa__order_1__overlap_{overlap}"), &white, 0.44, 0.58);
        within(&format!("dfa__order_2__overlap_{overlap}"), &brown, 1.4, 1.6);
    }
    within("higuchi_fd", &white, 1.95, 2.05);
    within("higuchi_fd", &brown, 1.45, 1.55);
    within("higuchi_fd", &sine(8000, 400.0), 1.0, 1.01);
    within("hurst_rs", &white, 0.42, 0.58);
    within("generalized_hurst__q_1.0", &brown, 0.45, 0.55);
    within("generalized_hurst__q_2.0", &white, -0.02, 0.02);
    within("mfdfa_hurst__order_1__q_2.0", &white, 0.42, 0.58);
    within("mfdfa_width__order_1__q_3.0", &white, 0.0, 0.35);
    within("mfdfa_width__order_1__q_3.0", &white.iter().map(|v| v.powi(9)).collect::<Vec<_>>(), 0.5, 3.0);
    within("lyapunov_rosenstein__dim_2__lag_1__separation_5__steps_5", &logistic(3000, 4.0), 0.62, 0.74);
    within("lyapunov_rosenstein__dim_2__lag_1__separation_5__steps_8", &henon(3000), 0.36, 0.46);
    within("lyapunov_rosenstein__dim_3__lag_10__separation_40__steps_40", &sine(2000, 41.3), -0.01, 0.01);
    within("correlation_dimension__dim_3__lag_1", &henon(3000), 1.1, 1.3);
    within("correlation_dimension__dim_3__lag_10__theiler_20", &sine(3000, 41.3), 0.9, 1.1);
    within("correlation_dimension__dim_2__lag_1", &white[..3000], 1.85, 2.05);
    within("chaos_01", &logistic(2000, 4.0), 0.95, 1.0);
    within("chaos_01", &logistic(2000, 3.55), -0.1, 0.1);
    within("chaos_01", &sine(2000, 5.3), -0.1, 0.1);
    within("recurrence__attr_\"determinism\"__dim_3__lag_10__radius_0.3", &sine(1000, 41.3), 0.99, 1.0);
    // Noise: a pair goes on with the probability p = erf(0.3 / 2) that one more sample is near, 1 - (1 - p)² = 0.308.
    within("recurrence__attr_\"determinism\"__dim_3__lag_1__radius_0.3", &white[..1000], 0.28, 0.34);
    within("horizontal_visibility__attr_\"mean\"", &white, 3.9, 4.0);
    // Two samples a period: 4 (1 - 1/4).
    let zigzag: Vec<f64> = (0..2000).map(|i| f64::from(i % 2)).collect();
    within("horizontal_visibility__attr_\"mean\"", &zigzag, 2.98, 3.0);
}

/// An offset of 1e6 over noise of 1e-2 leaves what the samples still know.
#[test]
fn an_offset_costs_nothing() {
    let small: Vec<f64> = noise(1000, 21).iter().map(|v| (v * 1024.0).round() / 131_072.0).collect();
    let far: Vec<f64> = small.iter().map(|v| v + 1_048_576.0).collect();
    for name in [
        "higuchi_fd",
        "katz_fd",
        "petrosian_fd",
        "dfa",
        "dfa__order_2__overlap_False",
        "mfdfa_hurst__order_1__q_-3.0",
        "hurst_rs",
        "generalized_hurst__q_1.5",
        "correlation_dimension",
        "lyapunov_rosenstein",
        "recurrence__attr_\"laminarity\"",
        "visibility__attr_\"entropy\"",
        "chaos_01",
    ] {
        let (a, b) = (feature(name, &small), feature(name, &far));
        assert!((a - b).abs() < 1e-7, "{name}: {a}, with offset {b}");
    }
}
