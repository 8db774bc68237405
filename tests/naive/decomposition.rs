//! Naive twins: decompositions as they are defined, term by term.

use prognos::signal::decomposition::{Emd, SiftStop, Ssa, Vmd, VmdStart};
use std::f64::consts::TAU;

fn wave(n: usize) -> Vec<f64> {
    (0..n).map(|i| i as f64).map(|i| (0.9 * i).sin() + 1.5 * (0.21 * i + 0.4).sin() + 0.01 * i + 0.3).collect()
}

fn near(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance, "{what}, {i}: {f} is not {e}");
    }
}

/// Solves a dense system with pivots.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for i in 0..n {
        let pivot = (i..n).max_by(|&p, &q| a[p][i].abs().total_cmp(&a[q][i].abs())).unwrap();
        a.swap(i, pivot);
        b.swap(i, pivot);
        for r in i + 1..n {
            let f = a[r][i] / a[i][i];
            let row = a[i].clone();
            a[r].iter_mut().zip(&row).for_each(|(x, y)| *x -= f * y);
            b[r] -= f * b[i];
        }
    }
    for i in (0..n).rev() {
        let rest: f64 = (i + 1..n).map(|k| a[i][k] * b[k]).sum();
        b[i] = (b[i] - rest) / a[i][i];
    }
    b
}

/// The not-a-knot spline: four coefficients a piece, every condition an equation.
fn spline(x: &[f64], y: &[f64], at: &[f64]) -> Vec<f64> {
    let pieces = x.len() - 1;
    let (mut a, mut b) = (Vec::new(), Vec::new());
    let mut equation = |terms: &[(usize, f64)], right: f64| {
        let mut row = vec![0.0; 4 * pieces];
        terms.iter().for_each(|&(i, v)| row[i] += v);
        a.push(row);
        b.push(right);
    };
    for i in 0..pieces {
        let (h, p) = (x[i + 1] - x[i], 4 * i);
        equation(&[(p, 1.0)], y[i]);
        equation(&[(p, 1.0), (p + 1, h), (p + 2, h * h), (p + 3, h * h * h)], y[i + 1]);
        if i + 1 < pieces {
            equation(&[(p + 1, 1.0), (p + 2, 2.0 * h), (p + 3, 3.0 * h * h), (p + 5, -1.0)], 0.0);
            equation(&[(p + 2, 2.0), (p + 3, 6.0 * h), (p + 6, -2.0)], 0.0);
        }
    }
    equation(&[(3, 1.0), (7, -1.0)], 0.0);
    equation(&[(4 * pieces - 5, 1.0), (4 * pieces - 1, -1.0)], 0.0);
    let c = solve(a, b);
    at.iter()
        .map(|t| {
            let i = x.iter().rposition(|k| k <= t).unwrap().min(pieces - 1);
            let s = t - x[i];
            c[4 * i] + s * (c[4 * i + 1] + s * (c[4 * i + 2] + s * c[4 * i + 3]))
        })
        .collect()
}

/// Knots of the upper envelope: maxima, with the two beyond each end that the mirror gives.
fn upper_knots(x: &[f64]) -> Vec<(f64, f64)> {
    let n = x.len();
    let maxima: Vec<usize> = (1..n - 1).filter(|&i| x[i] > x[i - 1] && x[i] > x[i + 1]).collect();
    let minima: Vec<usize> = (1..n - 1).filter(|&i| x[i] < x[i - 1] && x[i] < x[i + 1]).collect();
    let one_end = |maxima: &[usize], minima: &[usize], at: &dyn Fn(usize) -> f64| -> Vec<(f64, f64)> {
        // Distances from the end; the mirror stands at the first extremum if the end lies between it and the next of
        // the other kind, at the end itself otherwise.
        let (about, mirrored): (usize, Vec<usize>) = if maxima[0] < minima[0] {
            if at(0) > at(minima[0]) { (maxima[0], maxima[1..3].to_vec()) } else { (0, maxima[..2].to_vec()) }
        } else if at(0) < at(maxima[0]) {
            (minima[0], maxima[..2].to_vec())
        } else {
            (0, vec![0, maxima[0]])
        };
        mirrored.iter().map(|&d| (2.0 * about as f64 - d as f64, at(d))).collect()
    };
    let flip = |list: &[usize]| -> Vec<usize> { list.iter().rev().map(|i| n - 1 - i).collect() };
    let mut knots = one_end(&maxima, &minima, &|d| x[d]);
    knots.extend(maxima.iter().map(|&i| (i as f64, x[i])));
    let right = one_end(&flip(&maxima), &flip(&minima), &|d| x[n - 1 - d]);
    knots.extend(right.iter().map(|&(at, v)| ((n - 1) as f64 - at, v)));
    knots.sort_by(|a, b| a.0.total_cmp(&b.0));
    knots.dedup_by(|a, b| a.0 == b.0);
    knots
}

fn envelope(x: &[f64]) -> Vec<f64> {
    let (at, value): (Vec<f64>, Vec<f64>) = upper_knots(x).into_iter().unzip();
    spline(&at, &value, &(0..x.len()).map(|t| t as f64).collect::<Vec<_>>())
}

#[test]
fn siftings_of_emd() {
    for (n, shift) in [(60, 0), (61, 3), (90, 5), (75, 11), (120, 17)] {
        let x: Vec<f64> = wave(n + shift)[shift..].to_vec();
        let mut h = x.clone();
        for siftings in 1..=3 {
            let up = envelope(&h);
            let low = envelope(&h.iter().map(|v| -v).collect::<Vec<_>>());
            for (h, (u, l)) in h.iter_mut().zip(up.iter().zip(&low)) {
                *h -= 0.5 * (u - l);
            }
            let modes = Emd::new().max_modes(1).stop(SiftStop::Fixed(siftings)).decompose(&x).unwrap();
            near(&format!("{n}, {siftings} siftings"), modes.mode(0).unwrap(), &h, 1e-9);
        }
    }
}

type Complex = (f64, f64);

/// VMD on the whole history of the half spectrum, with transforms by definition.
fn vmd(x: &[f64], modes: usize, alpha: f64, tau: f64, dc: bool, iterations: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = x.len();
    let mut long: Vec<f64> = x[..n / 2].iter().rev().copied().collect();
    long.extend(x);
    long.extend(x[n / 2..].iter().rev());
    let t = 2 * n;
    let angle = |k: usize, i: usize| TAU * ((k * i) % t) as f64 / t as f64;
    let goal: Vec<Complex> = (0..n)
        .map(|k| {
            let sum = |f: fn(f64) -> f64| long.iter().enumerate().map(|(i, v)| v * f(angle(k, i))).sum::<f64>();
            (sum(f64::cos), -sum(f64::sin))
        })
        .collect();
    let mut u = vec![vec![(0.0, 0.0); n]; modes];
    let mut before = u.clone();
    let mut lambda = vec![(0.0, 0.0); n];
    let mut centres: Vec<f64> = (0..modes).map(|k| 0.5 / modes as f64 * k as f64).collect();
    let mut reported = centres.clone();
    for _ in 0..iterations {
        before = u.clone();
        reported = centres.clone();
        for k in 0..modes {
            for i in 0..n {
                let mut rest = (goal[i].0 - lambda[i].0 / 2.0, goal[i].1 - lambda[i].1 / 2.0);
                for (j, other) in u.iter().enumerate() {
                    if j != k {
                        rest = (rest.0 - other[i].0, rest.1 - other[i].1);
                    }
                }
                let d = 1.0 + alpha * (i as f64 / t as f64 - reported[k]).powi(2);
                u[k][i] = (rest.0 / d, rest.1 / d);
            }
            let power = |i: usize| u[k][i].0.powi(2) + u[k][i].1.powi(2);
            if !(dc && k == 0) {
                centres[k] =
                    (0..n).map(|i| i as f64 / t as f64 * power(i)).sum::<f64>() / (0..n).map(power).sum::<f64>();
            }
        }
        for i in 0..n {
            lambda[i].0 += tau * (u.iter().map(|m| m[i].0).sum::<f64>() - goal[i].0);
            lambda[i].1 += tau * (u.iter().map(|m| m[i].1).sum::<f64>() - goal[i].1);
        }
    }
    let back = |m: &[Complex]| -> Vec<f64> {
        (n / 2..n / 2 + n)
            .map(|i| {
                let term = |k: usize| m[k].0 * angle(k, i).cos() - m[k].1 * angle(k, i).sin();
                let last = m[n - 1].0 * if i % 2 == 0 { 1.0 } else { -1.0 };
                (m[0].0 + 2.0 * (1..n).map(term).sum::<f64>() + last) / t as f64
            })
            .collect()
    };
    (reported, before.iter().map(|m| back(m)).collect())
}

#[test]
fn iterations_of_vmd() {
    for (n, modes, tau, dc) in [(40, 2, 0.0, false), (41, 3, 0.0, false), (33, 3, 0.2, true), (50, 1, 0.1, false)] {
        let x = wave(n);
        for iterations in [1, 2, 3, 25] {
            let params = Vmd::new(modes).tau(tau).dc(dc).alpha(500.0).start(VmdStart::Uniform);
            let found = params.absolute_tolerance(1e-300).max_iterations(iterations).decompose(&x).unwrap();
            assert_eq!((found.iterations(), found.converged()), (iterations, false));
            let (centres, expected) = vmd(&x, modes, 500.0, tau, dc, iterations);
            let mut order: Vec<usize> = (0..modes).collect();
            order.sort_by(|&a, &b| centres[a].total_cmp(&centres[b]));
            for (place, &k) in order.iter().enumerate() {
                let what = format!("{n} {modes} {tau} {dc}, {iterations} iterations, mode {k}");
                near(&what, &[found.frequencies()[place]], &[centres[k]], 1e-12);
                near(&what, found.modes().mode(place).unwrap(), &expected[k], 1e-11);
            }
        }
    }
}

/// The leading eigenvector by powers of the directly summed matrix, and the averages over antidiagonals element by
/// element.
#[test]
fn leading_component_of_ssa() {
    for (n, length) in [(20, 10), (50, 7), (101, 30)] {
        let x = wave(n);
        let columns = n - length + 1;
        let product = |i: usize, j: usize| (0..columns).map(|c| x[i + c] * x[j + c]).sum::<f64>() / columns as f64;
        let matrix: Vec<Vec<f64>> = (0..length).map(|i| (0..length).map(|j| product(i, j)).collect()).collect();
        let mut u = vec![1.0; length];
        let mut value = 0.0;
        for _ in 0..3000 {
            let image: Vec<f64> = matrix.iter().map(|r| r.iter().zip(&u).map(|(a, b)| a * b).sum()).collect();
            value = image.iter().map(|v| v * v).sum::<f64>().sqrt();
            u = image.iter().map(|v| v / value).collect();
        }
        let found = Ssa::new(length).decompose(&x).unwrap();
        near("eigenvalue", &found.eigenvalues()[..1], &[value], 1e-11 * value);
        let trace: f64 = (0..length).map(|i| matrix[i][i]).sum();
        near("trace", &[found.eigenvalues().iter().sum()], &[trace], 1e-11 * trace);
        let mut expected = vec![(0.0, 0.0); n];
        for c in 0..columns {
            let score: f64 = (0..length).map(|i| u[i] * x[i + c]).sum();
            for i in 0..length {
                expected[i + c].0 += u[i] * score;
                expected[i + c].1 += 1.0;
            }
        }
        let expected: Vec<f64> = expected.iter().map(|(s, c)| s / c).collect();
        near("component", &found.group(&[0]).unwrap(), &expected, 1e-9);
    }
}
