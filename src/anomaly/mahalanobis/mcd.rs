//! The minimum covariance determinant by concentration steps (FastMCD).
//!
//! A concentration step takes the h rows nearest to the present estimate and estimates again: the determinant never
//! rises (Rousseeuw & Van Driessen 1999, theorem 1). All candidates are kept in order of (determinant, start), ties of
//! distances go to the earlier row, so that the answer does not depend on threads.
//!
//! A search that ends in a singular covariance is given up, and the best of the others is taken.

use super::{Metric, RawMcd, Transform, WHAT};
use crate::anomaly::pca::chi_squared_upper;
use crate::error::{Error, Result};
use crate::learners::row_slice;
use crate::math::rng::Rng;
use crate::math::special::gamma_p;
use crate::math::{lanes, par};
use ndarray::ArrayView2;

/// Random starts in all.
const STARTS: usize = 500;
/// Candidates that are kept from level to level.
const KEPT: usize = 10;
/// Up to this many rows there is one level.
const ONE_LEVEL: usize = 600;
/// Rows of a part, and the most parts.
const PART: usize = 300;
const PARTS: usize = 5;
/// Steps at the levels where candidates are only compared.
const FEW_STEPS: usize = 2;
/// Far more steps than any search takes.
const ALL_STEPS: usize = 200;
/// Upper tail of chi-squared that the reweighted estimate leaves out.
const TAIL: f64 = 0.025;

pub(super) struct Fit {
    pub(super) raw: RawMcd,
    pub(super) reweighted: Metric,
}

/// Factor that makes the covariance of the nearest fraction `alpha` of normal rows that of all of them:
/// `alpha / P(chi²(d + 2) <= q)` with q the `alpha` quantile of `chi²(d)` (Croux & Haesbroeck 1999).
pub(super) fn consistency(d: usize, alpha: f64) -> Result<f64> {
    if alpha >= 1.0 {
        return Ok(1.0);
    }
    let q = chi_squared_upper(d as f64, 1.0 - alpha)?;
    let factor = alpha / gamma_p(0.5 * (d as f64 + 2.0), 0.5 * q);
    if factor.is_finite() { Ok(factor) } else { Err(Error::numeric(WHAT, "the consistency factor has no value")) }
}

fn no_answer(h: usize) -> Error {
    let why =
        format!("{h} of the rows lie in a hyperplane: drop columns that hardly move, or raise the support fraction");
    Error::numeric("minimum covariance determinant", why)
}

pub(super) fn fit(values: ArrayView2<'_, f64>, transform: &Transform, support: Option<f64>, seed: u64) -> Result<Fit> {
    let (n, d) = (values.nrows(), transform.columns.len());
    let h = support.map_or((n + d + 2) / 2, |fraction| (fraction * n as f64) as usize).min(n);
    if h <= d {
        let rows = support.map_or(d + 1, |fraction| ((d + 1) as f64 / fraction).ceil() as usize);
        return Err(Error::too_few("rows for a minimum covariance determinant", rows, n));
    }
    let sample = Sample::new(values, transform);
    let all: Vec<u32> = (0..n as u32).collect();
    let best = if h == n {
        sample.estimate(&all)
    } else if d == 1 {
        sample.estimate(&sample.shortest(h))
    } else {
        search(&sample, h, seed)
    };
    let raw = best.ok_or_else(|| no_answer(h))?;
    let factor = consistency(d, h as f64 / n as f64)?;
    let mut distances = Vec::new();
    raw.squared_columns(&sample.columns, n, &mut distances);
    let limit = chi_squared_upper(d as f64, TAIL)?;
    let used: Vec<u32> = all.into_iter().filter(|&i| distances[i as usize] / factor < limit).collect();
    let reweighted = sample.estimate(&used).ok_or_else(|| no_answer(used.len()))?;
    let factor_of_weights = consistency(d, 1.0 - TAIL)?;
    let covariance = reweighted.covariance().iter().map(|s| s * factor_of_weights).collect();
    let reweighted = Metric::new(reweighted.location().to_vec(), covariance).ok_or_else(|| no_answer(used.len()))?;
    Ok(Fit { raw: RawMcd { metric: raw, support: h, used: used.len(), consistency: factor }, reweighted })
}

/// Scaled rows, stored column by column.
struct Sample {
    columns: Vec<f64>,
    n: usize,
    d: usize,
}

impl Sample {
    fn new(values: ArrayView2<'_, f64>, transform: &Transform) -> Self {
        let (n, d) = (values.nrows(), transform.columns.len());
        let mut columns = vec![0.0; n * d];
        let mut scratch = Vec::new();
        for i in 0..n {
            let row = row_slice(values.row(i), &mut scratch);
            for (cells, column) in columns.chunks_exact_mut(n).zip(&transform.columns) {
                cells[i] = column.apply(row);
            }
        }
        Self { columns, n, d }
    }

    fn part(&self, rows: &[u32]) -> Self {
        let pick = |column: &[f64]| rows.iter().map(|&i| column[i as usize]).collect::<Vec<_>>();
        Self { columns: self.columns.chunks_exact(self.n).flat_map(pick).collect(), n: rows.len(), d: self.d }
    }

    /// Mean and covariance (divided by their number) of some rows; `None` when singular.
    fn estimate(&self, rows: &[u32]) -> Option<Metric> {
        const BLOCK: usize = 256;
        let (d, count) = (self.d, rows.len() as f64);
        let mut cells = Vec::with_capacity(rows.len());
        let mut location = Vec::with_capacity(d);
        for column in self.columns.chunks_exact(self.n) {
            cells.clear();
            cells.extend(rows.iter().map(|&i| column[i as usize]));
            location.push(lanes::mean(&cells));
        }
        let mut sums = vec![0.0; d * d];
        let mut z = vec![0.0; d * BLOCK];
        for rows in rows.chunks(BLOCK) {
            for ((z, column), m) in z.chunks_exact_mut(BLOCK).zip(self.columns.chunks_exact(self.n)).zip(&location) {
                for (z, &i) in z.iter_mut().zip(rows) {
                    *z = column[i as usize] - m;
                }
            }
            for (a, sums) in sums.chunks_exact_mut(d).enumerate() {
                let za = &z[a * BLOCK..a * BLOCK + rows.len()];
                for (zb, sum) in z.chunks_exact(BLOCK).zip(&mut sums[..=a]) {
                    *sum += lanes::dot(za, &zb[..rows.len()]);
                }
            }
        }
        let covariance = (0..d * d).map(|c| sums[(c / d).max(c % d) * d + (c / d).min(c % d)] / count).collect();
        Metric::new(location, covariance)
    }

    /// The rows of the `h` neighbouring order statistics of one column with the smallest variance. The windows are
    /// visited from the middle outwards, so that the rounding that wild rows leave reaches no window without them.
    fn shortest(&self, h: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.n as u32).collect();
        order.sort_unstable_by(|&a, &b| self.columns[a as usize].total_cmp(&self.columns[b as usize]).then(a.cmp(&b)));
        let x: Vec<f64> = order.iter().map(|&i| self.columns[i as usize]).collect();
        let middle = (self.n - h) / 2;
        let mean = lanes::mean(&x[middle..middle + h]);
        let squares = lanes::sum_squared_deviations(&x[middle..middle + h], mean);
        let mut best = (squares, middle);
        let moves: [Vec<(usize, usize, usize)>; 2] = [
            (middle..self.n - h).map(|at| (at, at + h, at + 1)).collect(),
            (0..middle).rev().map(|at| (at + h, at, at)).collect(),
        ];
        for side in moves {
            let (mut mean, mut squares) = (mean, squares);
            for (out, into, at) in side {
                let change = x[into] - x[out];
                let moved = mean + change / h as f64;
                squares += change * (x[into] - moved + x[out] - mean);
                mean = moved;
                if squares < best.0 {
                    best = (squares, at);
                }
            }
        }
        let mut rows = order[best.1..best.1 + h].to_vec();
        rows.sort_unstable();
        rows
    }

    /// The `h` rows nearest to an estimate, in ascending order.
    fn nearest(&self, to: &Metric, h: usize, distances: &mut Vec<f64>) -> Vec<u32> {
        to.squared_columns(&self.columns, self.n, distances);
        let mut rows: Vec<u32> = (0..self.n as u32).collect();
        if h < self.n {
            rows.select_nth_unstable_by(h, |&a, &b| {
                distances[a as usize].total_cmp(&distances[b as usize]).then(a.cmp(&b))
            });
            rows.truncate(h);
        }
        rows.sort_unstable();
        rows
    }

    /// Concentration steps until nothing changes, or so many. `None` when the estimate becomes singular.
    fn concentrate(&self, start: Metric, h: usize, steps: usize) -> Option<Metric> {
        let mut distances = Vec::with_capacity(self.n + lanes::LANES);
        let mut present = start;
        let mut rows = Vec::new();
        for step in 0..steps {
            let next = self.nearest(&present, h, &mut distances);
            if next == rows {
                break;
            }
            let metric = self.estimate(&next)?;
            // The first estimate may come from fewer rows than h, or from another set of them.
            if step > 0 && metric.log_determinant() >= present.log_determinant() {
                break;
            }
            (present, rows) = (metric, next);
        }
        Some(present)
    }

    /// A start: d + 1 random rows, and more until they span all columns.
    fn start(&self, rng: &mut Rng) -> Option<Metric> {
        let mut rows: Vec<u32> = (0..self.n as u32).collect();
        for taken in 0..self.n {
            let other = taken + rng.below(self.n - taken);
            rows.swap(taken, other);
            if taken >= self.d {
                let found = self.estimate(&rows[..=taken]);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// The best candidates after a few steps from each start.
    fn improve(&self, starts: Vec<Metric>, h: usize, steps: usize, keep: usize) -> Vec<Metric> {
        let found = par::map(starts.len(), |i| self.concentrate(starts[i].clone(), h, steps));
        best(found.into_iter().flatten().collect(), keep)
    }

    /// The best candidates of random starts.
    fn explore(&self, seed: u64, starts: std::ops::Range<usize>, h: usize) -> Vec<Metric> {
        let found = par::map(starts.len(), |i| {
            let mut rng = Rng::stream(seed, (starts.start + i) as u64);
            self.concentrate(self.start(&mut rng)?, h, FEW_STEPS)
        });
        best(found.into_iter().flatten().collect(), KEPT)
    }
}

/// The candidates with the smallest determinants; equal ones in their order.
fn best(mut candidates: Vec<Metric>, keep: usize) -> Vec<Metric> {
    candidates.sort_by(|a, b| a.log_determinant().total_cmp(&b.log_determinant()));
    candidates.truncate(keep);
    candidates
}

fn search(sample: &Sample, h: usize, seed: u64) -> Option<Metric> {
    let n = sample.n;
    let share = |rows: usize| (rows * h).div_ceil(n).max(sample.d + 1);
    let mut candidates = if n <= ONE_LEVEL {
        sample.explore(seed, 0..STARTS, h)
    } else {
        // Disjoint random parts, then all of them together.
        let parts = (n / PART).min(PARTS);
        let rows = n.min(parts * PART);
        let mut order: Vec<u32> = (0..n as u32).collect();
        // A stream that no start has.
        let mut rng = Rng::stream(seed, u64::MAX - 1);
        for i in 0..rows {
            let other = i + rng.below(n - i);
            order.swap(i, other);
        }
        order.truncate(rows);
        let mut candidates = Vec::new();
        for p in 0..parts {
            let part = sample.part(&order[p * rows / parts..(p + 1) * rows / parts]);
            let starts = p * STARTS / parts..(p + 1) * STARTS / parts;
            candidates.extend(part.explore(seed, starts, share(part.n)));
        }
        let merged = sample.part(&order);
        merged.improve(candidates, share(merged.n), FEW_STEPS, KEPT)
    };
    if candidates.len() > 1 && n > ONE_LEVEL {
        candidates = sample.improve(candidates, h, FEW_STEPS, KEPT);
        candidates.truncate(3);
    }
    sample.improve(candidates, h, ALL_STEPS, 1).into_iter().next()
}
