//! Drift of a Langevin equation, as tsfresh estimates it.
//!
//! # Formula
//! For dx = h(x) dt + noise, the drift h at a level is the mean step from that level. The samples but the last are cut at r - 1
//! quantiles into r groups of equal size; the mean step of a group over its mean level is fitted by a polynomial of degree m.
//! `friedrich_coefficients` are its coefficients, the highest power first (`coeff` 0); `max_langevin_fixed_point` is the largest
//! real part among its roots: the highest level at which the process would rest.
//!
//! # NaN
//! When two quantiles are equal (ties), for fewer than two samples, for a coefficient above m, and without a root. Where the
//! groups are too few or too close for the degree (samples far from 0 compared with their spread), the polynomial is the one of
//! least norm in scaled powers, singular values below (groups) 2^-52 times the largest left out, as in numpy's `polyfit`: the
//! coefficients of such windows say nothing.
//!
//! # Source
//! R. Friedrich, S. Siegert, J. Peinke et al., Extracting model equations from experimental data, Phys. Lett. A 271 (2000);
//! tsfresh 0.21 for the grouping.
//!
//! # Cost
//! A search among r edges a sample, r m² for the fit; the sort is shared.

use crate::features::calculator::{Calculator, Param};
use crate::features::shared::Needs;
use crate::math::lanes;
use crate::signal::spectral::Complex64;

/// Highest degree and most groups.
const DEGREE: i64 = 12;
const GROUPS: i64 = 1000;

/// The table of this family.
pub(super) fn calculators() -> Vec<Calculator> {
    const COEFFICIENT: &[Param] =
        &[Param::int("coeff", 0, 1000), Param::int("m", 1, DEGREE), Param::int("r", 1, GROUPS)];
    const FIXED_POINT: &[Param] = &[Param::int("m", 1, DEGREE), Param::int("r", 1, GROUPS)];
    vec![
        Calculator::scalar(
            "friedrich_coefficients",
            COEFFICIENT,
            "coefficient of the polynomial of degree m through the mean steps of r groups of levels; highest power first",
            |a| Needs::new().drift(a.count(1), a.count(2)),
            |s, a| s.drift(a.count(1), a.count(2)).get(a.count(0)).copied().unwrap_or(f64::NAN),
        ),
        Calculator::scalar(
            "max_langevin_fixed_point",
            FIXED_POINT,
            "largest real part of the roots of the polynomial of friedrich_coefficients, unit of the signal",
            |a| Needs::new().drift(a.count(0), a.count(1)),
            |s, a| largest_root(s.drift(a.count(0), a.count(1))),
        ),
    ]
}

const TERMS: usize = DEGREE as usize + 1;

/// A drift that features share.
#[derive(Debug)]
pub(crate) struct Drift {
    degree: usize,
    groups: usize,
    /// The highest power first; NaN where it is not defined.
    polynomial: [f64; TERMS],
    room: Vec<f64>,
}

impl Drift {
    pub(crate) fn new(degree: usize, groups: usize) -> Self {
        let room = vec![0.0; (4 + TERMS) * (groups + 1)];
        Self { degree: degree.min(TERMS - 1), groups: groups.max(1), polynomial: [f64::NAN; TERMS], room }
    }

    pub(crate) fn is_of(&self, degree: usize, groups: usize) -> bool {
        (self.degree, self.groups) == (degree, groups)
    }

    pub(crate) fn polynomial(&self) -> &[f64] {
        &self.polynomial[..=self.degree]
    }

    /// `sorted` are the samples in rising order, `diff` the steps from each to the next.
    pub(crate) fn compute(&mut self, x: &[f64], sorted: &[f64], diff: &[f64]) {
        let groups = self.groups;
        let polynomial = &mut self.polynomial[..=self.degree];
        polynomial.fill(f64::NAN);
        let Some((&last, levels)) = x.split_last() else { return };
        // Edges, then of each group: number, mean level, mean step; then the matrix of the fit.
        let (edges, room) = self.room.split_at_mut(groups + 1);
        if levels.is_empty() || !quantiles(sorted, last, edges) {
            return;
        }
        let (counts, room) = room.split_at_mut(groups);
        let (x, room) = room.split_at_mut(groups);
        let (y, matrix) = room.split_at_mut(groups);
        counts.fill(0.0);
        x.fill(0.0);
        y.fill(0.0);
        for (&level, &step) in levels.iter().zip(diff) {
            // A group has its upper edge; the lowest group has both.
            let group = edges[1..groups].partition_point(|&edge| edge < level);
            counts[group] += 1.0;
            // Levels of a group are close to each other: their distances add up without loss.
            x[group] += level - edges[group];
            y[group] += step;
        }
        let mut filled = 0;
        for group in 0..groups {
            if counts[group] > 0.0 {
                let count = counts[group];
                (x[filled], y[filled]) = (edges[group] + x[group] / count, y[group] / count);
                filled += 1;
            }
        }
        fit_polynomial(&mut x[..filled], &y[..filled], matrix, polynomial);
    }
}

/// The quantiles 0, 1/groups, .., 1 of the samples without one of value `left_out`; `false` when two are equal.
fn quantiles(sorted: &[f64], left_out: f64, edges: &mut [f64]) -> bool {
    let gone = sorted.partition_point(|&v| v < left_out);
    let at = |k: usize| sorted.get(if k < gone { k } else { k + 1 }).copied().unwrap_or(f64::NAN);
    let groups = edges.len() - 1;
    let last = sorted.len().saturating_sub(2);
    let step = 1.0 / groups as f64;
    for (k, edge) in edges.iter_mut().enumerate() {
        // By way of per cents, as numpy is asked: the last bit decides in which group a level on the edge is.
        let q = if k == groups { 1.0 } else { k as f64 * step * 100.0 / 100.0 };
        let place = q * last as f64;
        let low = (place.floor() as usize).min(last);
        let t = place - low as f64;
        let (a, b) = (at(low), at((low + 1).min(last)));
        let rise = b - a;
        *edge = if t >= 0.5 { b - rise * (1.0 - t) } else { a + rise * t };
    }
    edges.windows(2).all(|e| e[0] < e[1])
}

/// The least squares polynomial. Powers of levels far from 0 are nearly the same: where numpy takes them for different, the fit is
/// done around the mean level, where they are, and written out in powers of the level; where numpy leaves directions out,
/// so does this.
///
/// Levels are counted in a power of two near the largest, so that their powers stay in range; `x` is left in it.
fn fit_polynomial(x: &mut [f64], y: &[f64], matrix: &mut [f64], polynomial: &mut [f64]) {
    let (rows, terms) = (x.len(), polynomial.len());
    let largest = x.iter().fold(0.0, |a: f64, v| a.max(v.abs()));
    // The largest with its digits cut off.
    let unit = f64::from_bits(largest.to_bits() & EXPONENT);
    if rows == 0 || !unit.is_normal() {
        return;
    }
    x.iter_mut().for_each(|v| *v /= unit);
    let rank = fit_powers(x, y, (0.0, 1.0), rows as f64 * f64::EPSILON, matrix, polynomial);
    if rank == terms {
        let middle = lanes::mean(x);
        let spread = x.iter().fold(0.0, |a: f64, v| a.max((v - middle).abs()));
        fit_powers(x, y, (middle, spread), 0.0, matrix, polynomial);
        let mut scale = 1.0;
        for c in polynomial.iter_mut().rev() {
            *c /= scale;
            scale *= spread;
        }
        // From powers of (level - middle) to powers of the level.
        for end in (2..=terms).rev() {
            for k in 1..end {
                polynomial[k] -= middle * polynomial[k - 1];
            }
        }
    }
    for (k, c) in polynomial.iter_mut().enumerate() {
        let before = *c;
        (k + 1..terms).for_each(|_| *c /= unit);
        // Digits that fell below the range are not made up.
        if before.abs() > 0.0 && !c.is_normal() {
            *c = f64::NAN;
        }
    }
}

/// The bits of a positive number that say its power of two.
const EXPONENT: u64 = 0x7ff0_0000_0000_0000;

/// Least squares in powers of (x - middle) / spread, scaled to columns of norm 1, by a one-sided Jacobi decomposition; directions
/// with a singular value up to `limit` times the largest are left out. Gives the number of those that are not.
fn fit_powers(
    x: &[f64],
    y: &[f64],
    (middle, spread): (f64, f64),
    limit: f64,
    matrix: &mut [f64],
    polynomial: &mut [f64],
) -> usize {
    let (rows, terms) = (x.len(), polynomial.len());
    let mut scale = [0.0; TERMS];
    for (j, (column, scale)) in matrix.chunks_exact_mut(rows).zip(&mut scale).take(terms).enumerate() {
        let power = (terms - 1 - j) as i32;
        column.iter_mut().zip(x).for_each(|(c, x)| *c = ((x - middle) / spread).powi(power));
        *scale = column.iter().map(|c| c * c).sum::<f64>().sqrt();
        column.iter_mut().for_each(|c| *c /= *scale);
    }
    let mut turns = [[0.0; TERMS]; TERMS];
    (0..terms).for_each(|j| turns[j][j] = 1.0);
    let matrix = &mut matrix[..rows * terms];
    for _ in 0..60 {
        let mut turned = false;
        for p in 0..terms {
            for q in p + 1..terms {
                turned |= turn(matrix, rows, &mut turns, p, q);
            }
        }
        if !turned {
            break;
        }
    }
    let norm = |j: usize| matrix[j * rows..(j + 1) * rows].iter().map(|c| c * c).sum::<f64>();
    let largest = (0..terms).map(norm).fold(0.0, f64::max).sqrt();
    polynomial.fill(0.0);
    let mut rank = 0;
    for j in 0..terms {
        let square = norm(j);
        if square.is_nan() || square.sqrt() > limit * largest {
            let along = matrix[j * rows..(j + 1) * rows].iter().zip(y).map(|(c, y)| c * y).sum::<f64>() / square;
            polynomial.iter_mut().zip(&turns[j]).for_each(|(c, turn)| *c += turn * along);
            rank += 1;
        }
    }
    polynomial.iter_mut().zip(scale).for_each(|(c, scale)| *c /= scale);
    rank
}

/// Makes two columns orthogonal by a rotation, which is kept in `turns`; `false` when they are.
fn turn(matrix: &mut [f64], rows: usize, turns: &mut [[f64; TERMS]; TERMS], p: usize, q: usize) -> bool {
    let (before, after) = matrix.split_at_mut(q * rows);
    let (first, second) = (&mut before[p * rows..(p + 1) * rows], &mut after[..rows]);
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (a, b) in first.iter().zip(&*second) {
        aa += a * a;
        bb += b * b;
        ab += a * b;
    }
    if ab.is_nan() || ab.abs() <= f64::EPSILON * (aa * bb).sqrt() {
        return false;
    }
    let zeta = (bb - aa) / (2.0 * ab);
    let tangent = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
    let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
    let sine = cosine * tangent;
    let rotate = |a: &mut f64, b: &mut f64| (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    first.iter_mut().zip(second).for_each(|(a, b)| rotate(a, b));
    let (before, after) = turns.split_at_mut(q);
    before[p].iter_mut().zip(&mut after[0]).for_each(|(a, b)| rotate(a, b));
    true
}

/// The largest real part among the roots; NaN for a constant and for coefficients that are not finite.
fn largest_root(polynomial: &[f64]) -> f64 {
    if !polynomial.iter().all(|c| c.is_finite()) {
        return f64::NAN;
    }
    let nonzero = |c: &f64| c.abs() > 0.0;
    let Some(first) = polynomial.iter().position(nonzero) else { return f64::NAN };
    let end = polynomial.iter().rposition(nonzero).unwrap_or(first) + 1;
    // Every power that is missing at the end is a root at 0.
    let mut largest = if end < polynomial.len() { 0.0 } else { f64::NAN };
    for root in roots(&polynomial[first..end]) {
        if !root.re.is_finite() {
            return f64::NAN; // a coefficient over the leading one left the range
        }
        largest = root.re.max(largest);
    }
    largest
}

/// All roots at once (Aberth 1973), counted in the radius of a circle that holds them, from points on that circle.
fn roots(polynomial: &[f64]) -> impl Iterator<Item = Complex64> {
    let degree = polynomial.len() - 1;
    let mut z = [Complex64::default(); TERMS];
    let lead = polynomial[0];
    // Half of Fujiwara's bound: the largest of |c_k / c_0|^(1/k).
    let bound = (1..=degree).map(|k| (polynomial[k] / lead).abs().powf(1.0 / k as f64)).fold(0.0, f64::max);
    let mut monic = [1.0; TERMS];
    for k in 1..=degree {
        monic[k] = polynomial[k] / lead;
        (0..k).for_each(|_| monic[k] /= bound);
    }
    for (k, z) in z.iter_mut().enumerate().take(degree) {
        let angle = std::f64::consts::TAU * k as f64 / degree as f64 + 0.4;
        *z = Complex64::from_polar(1.0, angle);
    }
    for _ in 0..200 {
        let mut moved = false;
        for k in 0..degree {
            let here = z[k];
            let (mut value, mut slope) = (Complex64::new(1.0, 0.0), Complex64::default());
            for &c in &monic[1..=degree] {
                slope = slope * here + value;
                value = value * here + c;
            }
            if value.norm() <= 0.0 {
                continue;
            }
            let newton = value / slope;
            let others: Complex64 = (0..degree).filter(|&j| j != k).map(|j| (here - z[j]).inv()).sum();
            let step = newton / (1.0 - newton * others);
            if step.re.is_finite() && step.im.is_finite() {
                z[k] = here - step;
                moved |= step.norm() > 4.0 * f64::EPSILON * here.norm();
            }
        }
        if !moved {
            break;
        }
    }
    z.into_iter().take(degree).map(move |z| z * bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_found() {
        // (z - 1)(z - 2)(z + 3), and one with a pair that is complex.
        assert!((largest_root(&[1.0, 0.0, -7.0, 6.0]) - 2.0).abs() < 1e-14);
        assert!((largest_root(&[1.0, -4.0, 5.0, 0.0, 0.0]) - 2.0).abs() < 1e-14);
        assert!((largest_root(&[0.0, 2.0, 8.0]) + 4.0).abs() < 1e-14);
        assert!(largest_root(&[1.0, 1.0, 0.0]).abs() <= 0.0);
        assert!(largest_root(&[0.0, 0.0]).is_nan() && largest_root(&[0.0, 3.0]).is_nan());
        let wide: Vec<f64> = vec![1e-30, 0.0, 0.0, -1.0];
        assert!((largest_root(&wide) / 1e10 - 1.0).abs() < 1e-13);
    }

    #[test]
    fn a_polynomial_through_its_points_is_found_again() {
        let x: Vec<f64> = (0..9).map(|i| f64::from(i) * 0.5 - 1.0).collect();
        let y: Vec<f64> = x.iter().map(|x| 2.0 * x * x * x - x + 0.5).collect();
        let (mut matrix, mut found) = (vec![0.0; 36], [0.0; 4]);
        fit_polynomial(&mut x.clone(), &y, &mut matrix, &mut found);
        for (f, e) in found.iter().zip([2.0, 0.0, -1.0, 0.5]) {
            assert!((f - e).abs() < 1e-13, "{found:?}");
        }
    }
}
