//! The start and the iteration of k-means.

use crate::learners::block_rows;
use crate::math::rng::Rng;
use crate::math::{lanes, par};

/// Rows that can be read by number, from memory or made on the spot.
pub(crate) trait RowSource: Sync {
    /// Number of rows.
    fn len(&self) -> usize;
    /// Cells of a row.
    fn width(&self) -> usize;
    /// Row `i`; `scratch` is there to build it in.
    fn row<'a>(&'a self, i: usize, scratch: &'a mut Vec<f64>) -> &'a [f64];
}

/// What a start ended with. Every cluster has a row.
#[derive(Debug)]
pub(crate) struct Clustering {
    /// Row-major, as wide as the rows.
    pub(crate) centroids: Vec<f64>,
    pub(crate) sizes: Vec<usize>,
    pub(crate) inertia: f64,
    pub(crate) iterations: usize,
}

/// Squared distance.
#[inline]
pub(crate) fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    lanes::sum_by2(a, b, |a, b| {
        let d = a - b;
        d * d
    })
}

/// Number and squared distance of the nearest centroid, the lower number on ties.
#[inline]
pub(crate) fn nearest(x: &[f64], centroids: &[f64]) -> (usize, f64) {
    let mut best = (0, f64::INFINITY);
    for (c, centroid) in centroids.chunks_exact(x.len().max(1)).enumerate() {
        let d2 = squared_distance(x, centroid);
        if d2 < best.1 {
            best = (c, d2);
        }
    }
    best
}

/// Sum over rows of what `add` puts into `width` accumulators, block by block in row order.
fn sums<R: RowSource>(rows: &R, width: usize, add: impl Fn(usize, &[f64], &mut [f64]) + Sync + Send) -> Vec<f64> {
    let n = rows.len();
    let block = block_rows(n);
    let parts = par::map(n.div_ceil(block), |b| {
        let mut acc = vec![0.0; width];
        let mut scratch = Vec::new();
        for i in b * block..((b + 1) * block).min(n) {
            add(i, rows.row(i, &mut scratch), &mut acc);
        }
        acc
    });
    let mut total = vec![0.0; width];
    for part in &parts {
        for (t, p) in total.iter_mut().zip(part) {
            *t += p;
        }
    }
    total
}

/// Sum of squared distances of the rows from their mean; not finite when something overflows.
pub(super) fn total_spread<R: RowSource>(rows: &R) -> f64 {
    let (n, d) = (rows.len() as f64, rows.width());
    // Deviations from the first row: an offset costs no digits.
    let first = rows.row(0, &mut Vec::new()).to_vec();
    let mut mean = sums(rows, d, |_, row, acc| {
        for ((a, x), f) in acc.iter_mut().zip(row).zip(&first) {
            *a += x - f;
        }
    });
    for (m, f) in mean.iter_mut().zip(&first) {
        *m = f + *m / n;
    }
    sums(rows, 1, |_, row, acc| acc[0] += squared_distance(row, &mean))[0]
}

/// Rows of one parallel block of the assignment.
pub(super) const BLOCK: usize = 256;

/// Greedy k-means++ (Arthur & Vassilvitskii 2007, sections 2 and 5.2): at most `k` centroids, fewer when the rows
/// run out of distinct ones.
pub(super) fn start<R: RowSource>(rows: &R, k: usize, rng: &mut Rng) -> Vec<f64> {
    let (n, d) = (rows.len(), rows.width());
    let draws = 2 + (k as f64).ln() as usize;
    let mut scratch = Vec::new();
    let mut centroids = rows.row(rng.below(n), &mut scratch).to_vec();
    centroids.reserve((k - 1) * d);
    let mut weights = vec![f64::INFINITY; n];
    let closer = |weights: &[f64], centroid: &[f64], out: &mut [f64]| {
        par::rows_init(out, BLOCK, Vec::new, |scratch, block, out| {
            for (place, w) in out.iter_mut().enumerate() {
                let i = block * BLOCK + place;
                *w = weights[i].min(squared_distance(rows.row(i, scratch), centroid));
            }
        });
    };
    let mut trial = vec![0.0; n];
    closer(&weights, &centroids, &mut trial);
    std::mem::swap(&mut weights, &mut trial);
    let mut best = vec![0.0; n];
    while centroids.len() < k * d {
        let total: f64 = weights.iter().sum();
        if total <= 0.0 {
            break;
        }
        let mut chosen: Option<(f64, usize)> = None;
        for _ in 0..draws {
            let pick = draw(&weights, rng.uniform() * total);
            let candidate = rows.row(pick, &mut scratch).to_vec();
            closer(&weights, &candidate, &mut trial);
            let rest: f64 = trial.iter().sum();
            if chosen.is_none_or(|(least, _)| rest < least) {
                chosen = Some((rest, pick));
                std::mem::swap(&mut best, &mut trial);
            }
        }
        let Some((_, pick)) = chosen else { break };
        centroids.extend_from_slice(rows.row(pick, &mut scratch));
        std::mem::swap(&mut weights, &mut best);
    }
    centroids
}

/// First row at which the running sum of the weights exceeds `target`; never one of weight 0.
fn draw(weights: &[f64], target: f64) -> usize {
    let mut sum = 0.0;
    let mut last = 0;
    for (i, &w) in weights.iter().enumerate() {
        if w > 0.0 {
            sum += w;
            last = i;
            if sum > target {
                break;
            }
        }
    }
    last
}

/// Cluster of a row and Hamerly's bounds: the distance to its centroid is at most `upper`, that to any other at
/// least `lower`.
#[derive(Debug, Clone, Copy)]
struct Place {
    cluster: u32,
    upper: f64,
    lower: f64,
}

/// Bounds are kept by additions; they count only when they clear this, far above what rounding can do.
const SLACK: f64 = 1.0 + 1e-9;

pub(super) struct Lloyd<'r, R> {
    rows: &'r R,
    d: usize,
    k: usize,
    centroids: Vec<f64>,
    places: Vec<Place>,
    counts: Vec<usize>,
}

impl<'r, R: RowSource> Lloyd<'r, R> {
    pub(super) fn new(rows: &'r R, centroids: Vec<f64>) -> Self {
        let d = rows.width();
        let k = centroids.len() / d;
        let places = vec![Place { cluster: u32::MAX, upper: f64::INFINITY, lower: 0.0 }; rows.len()];
        Self { rows, d, k, centroids, places, counts: vec![0; k] }
    }

    pub(super) fn run(mut self, stop: f64, max_iterations: usize) -> Clustering {
        let mut iterations = 0;
        while iterations < max_iterations {
            iterations += 1;
            let changed = self.assign();
            if !changed {
                break;
            }
            let repaired = self.repair();
            let moved = self.update();
            if repaired {
                self.forget();
            } else if moved <= stop {
                break;
            }
        }
        self.assign();
        let inertia = self.inertia();
        let full: Vec<usize> = (0..self.k).filter(|&c| self.counts[c] > 0).collect();
        let centroids = full.iter().flat_map(|&c| self.centroids[c * self.d..(c + 1) * self.d].to_vec()).collect();
        Clustering { centroids, sizes: full.iter().map(|&c| self.counts[c]).collect(), inertia, iterations }
    }

    /// Puts every row to its nearest centroid; whether any changed.
    fn assign(&mut self) -> bool {
        let (rows, d, k, centroids) = (self.rows, self.d, self.k, &self.centroids);
        // Half the distance to the nearest other centroid.
        let half = par::map(k, |a| {
            let own = &centroids[a * d..(a + 1) * d];
            let others = centroids.chunks_exact(d).enumerate().filter(|&(b, _)| b != a);
            others.map(|(_, c)| squared_distance(own, c)).fold(f64::INFINITY, f64::min).sqrt() / 2.0
        });
        let n_blocks = self.places.len().div_ceil(BLOCK);
        let mut changed = vec![false; n_blocks];
        {
            let mut pairs: Vec<(&mut [Place], &mut bool)> =
                self.places.chunks_mut(BLOCK).zip(changed.iter_mut()).collect();
            par::rows_init(&mut pairs, 1, Vec::new, |scratch, block, pair| {
                for (places, changed) in pair {
                    for (offset, place) in places.iter_mut().enumerate() {
                        let old = place.cluster;
                        let bound = half.get(old as usize).map_or(0.0, |&h| h.max(place.lower));
                        if place.upper * SLACK < bound {
                            continue;
                        }
                        let row = rows.row(block * BLOCK + offset, scratch);
                        if let Some(own) = centroids.chunks_exact(d).nth(old as usize) {
                            place.upper = squared_distance(row, own).sqrt();
                            if place.upper * SLACK < bound {
                                continue;
                            }
                        }
                        *place = nearest_two(row, centroids);
                        **changed |= place.cluster != old;
                    }
                }
            });
        }
        self.counts.fill(0);
        for place in &self.places {
            self.counts[place.cluster as usize] += 1;
        }
        changed.contains(&true)
    }

    /// Gives every empty cluster the row farthest from its centroid; whether there was one.
    fn repair(&mut self) -> bool {
        if !self.counts.contains(&0) {
            return false;
        }
        let distances = self.own_distances();
        let mut repaired = false;
        let mut order: Vec<usize> = (0..distances.len()).collect();
        order.sort_by(|&a, &b| distances[b].total_cmp(&distances[a]));
        let mut candidates = order.into_iter();
        for empty in 0..self.k {
            if self.counts[empty] > 0 {
                continue;
            }
            let counts = &self.counts;
            let places = &self.places;
            let next = candidates.find(|&i| distances[i] > 0.0 && counts[places[i].cluster as usize] > 1);
            let Some(i) = next else { break };
            self.counts[self.places[i].cluster as usize] -= 1;
            self.counts[empty] = 1;
            self.places[i].cluster = empty as u32;
            repaired = true;
        }
        repaired
    }

    fn forget(&mut self) {
        for place in &mut self.places {
            place.upper = f64::INFINITY;
            place.lower = 0.0;
        }
    }

    /// Moves every centroid to the mean of its rows and the bounds with it; the sum of squared moves.
    fn update(&mut self) -> f64 {
        let (d, k) = (self.d, self.k);
        let mut step = sums(self.rows, k * d, |i, row, acc| {
            let c = self.places[i].cluster as usize * d;
            let old = &self.centroids[c..c + d];
            for ((a, x), o) in acc[c..c + d].iter_mut().zip(row).zip(old) {
                *a += x - o;
            }
        });
        let mut moves = vec![0.0; k];
        for (c, step) in step.chunks_exact_mut(d).enumerate() {
            if self.counts[c] == 0 {
                continue;
            }
            let old = self.centroids[c * d..(c + 1) * d].to_vec();
            for ((s, o), new) in step.iter().zip(&old).zip(&mut self.centroids[c * d..(c + 1) * d]) {
                *new = o + s / self.counts[c] as f64;
            }
            moves[c] = squared_distance(&old, &self.centroids[c * d..(c + 1) * d]);
        }
        let total = moves.iter().sum();
        for m in &mut moves {
            *m = m.sqrt();
        }
        let mut far = (0, 0.0, 0.0);
        for (c, &m) in moves.iter().enumerate() {
            if m > far.1 {
                far = (c, m, far.1);
            } else if m > far.2 {
                far.2 = m;
            }
        }
        for place in &mut self.places {
            let own = place.cluster as usize;
            place.upper += moves[own];
            place.lower -= if own == far.0 { far.2 } else { far.1 };
        }
        total
    }

    /// Squared distance of every row from its centroid.
    fn own_distances(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.places.len()];
        par::rows_init(&mut out, BLOCK, Vec::new, |scratch, block, out| {
            for (offset, cell) in out.iter_mut().enumerate() {
                let i = block * BLOCK + offset;
                let c = self.places[i].cluster as usize * self.d;
                *cell = squared_distance(self.rows.row(i, scratch), &self.centroids[c..c + self.d]);
            }
        });
        out
    }

    fn inertia(&self) -> f64 {
        self.own_distances().iter().sum()
    }
}

/// The nearest centroid with the exact distance, and the distance of the second.
fn nearest_two(row: &[f64], centroids: &[f64]) -> Place {
    let mut first = (0, f64::INFINITY);
    let mut second = f64::INFINITY;
    for (c, centroid) in centroids.chunks_exact(row.len().max(1)).enumerate() {
        let d2 = squared_distance(row, centroid);
        if d2 < first.1 {
            second = first.1;
            first = (c, d2);
        } else if d2 < second {
            second = d2;
        }
    }
    Place { cluster: first.0 as u32, upper: first.1.sqrt(), lower: second.sqrt() }
}

#[cfg(test)]
mod tests {
    use super::super::Table;
    use super::*;
    use ndarray::{Array2, array};

    fn rows(n: usize, d: usize) -> Array2<f64> {
        let mut rng = Rng::stream(5, 5);
        Array2::from_shape_fn((n, d), |(i, j)| rng.normal() + 3.0 * ((i % 7) * (j + 1)) as f64 % 11.0)
    }

    /// Lloyd's iteration without bounds, from the same start.
    fn plain(x: &Array2<f64>, mut centroids: Vec<f64>, iterations: usize) -> (Vec<usize>, Vec<f64>) {
        let d = x.ncols();
        let mut labels = vec![usize::MAX; x.nrows()];
        for _ in 0..iterations {
            let new: Vec<usize> = x.rows().into_iter().map(|r| nearest(&r.to_vec(), &centroids).0).collect();
            if new == labels {
                break;
            }
            labels = new;
            for (c, centroid) in centroids.chunks_exact_mut(d).enumerate() {
                let own: Vec<usize> = (0..x.nrows()).filter(|&i| labels[i] == c).collect();
                for (j, cell) in centroid.iter_mut().enumerate() {
                    *cell = own.iter().map(|&i| x[[i, j]]).sum::<f64>() / own.len() as f64;
                }
            }
        }
        (labels, centroids)
    }

    #[test]
    fn bounds_change_nothing() {
        for (n, d, k) in [(300, 2, 3), (500, 5, 8), (400, 17, 12), (50, 1, 5)] {
            let x = rows(n, d);
            let start = start(&Table(x.view()), k, &mut Rng::stream(1, 0));
            let (labels, centroids) = plain(&x, start.clone(), 1000);
            let table = Table(x.view());
            let mut lloyd = Lloyd::new(&table, start);
            while lloyd.assign() {
                assert!(!lloyd.repair());
                lloyd.update();
            }
            assert!(lloyd.places.iter().zip(&labels).all(|(p, &l)| p.cluster as usize == l));
            assert!(lloyd.centroids.iter().zip(&centroids).all(|(a, b)| (a - b).abs() < 1e-9));
        }
    }

    #[test]
    fn an_empty_cluster_takes_the_farthest_row() {
        let x = array![[0.0], [1.0], [2.0], [50.0]];
        let table = Table(x.view());
        // The second centroid is nobody's.
        let found = Lloyd::new(&table, vec![1.0, -1e6]).run(0.0, 100);
        assert_eq!(found.sizes, [3, 1]);
        assert_eq!(found.centroids, [1.0, 50.0]);
        assert!((found.inertia - 2.0).abs() < 1e-12);
    }
}
