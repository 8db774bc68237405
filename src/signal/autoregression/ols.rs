//! Least squares over lagged copies of a series, in twice the digits of f64.
//!
//! # Cross products
//! The columns are one series at several lags, so their cross products are those of the first column and a few products
//! at the edges: `G[i+1][j+1] = G[i][j] + s[a-i] s[a-j] - s[b-i] s[b-j]`. Columns of differences need no sums of their own:
//! `(x[t+1] - x[t]) (x[t+1-k] - x[t-k])` is made of products of levels. Such differences of sums would cancel, so they are exact:
//! samples stand as integers on a grid, and their products add up in 128 bits. For 2,048 samples the integers have 56 bits: the
//! grid is 8 times finer than the last place of the largest sample. It loses a bit with every fourfold length, and is as fine as
//! that last place at 2^18 samples. Exact sums have one more merit: whichever way they are made, they are the same.
//!
//! # Factor
//! A factorisation of G gives the residual sums of squares of all nested models at once: one for each number of columns. Doing
//! so squares the condition number, which [`Dd`] pays for.
//!
//! Columns that depend on others leave many solutions; the one of the smallest norm is taken, as the pseudo-inverse does.

use super::cholesky::Factor;
use crate::math::dd::Dd;
use crate::math::lanes;

/// A pivot below this share of its diagonal element belongs to a column that depends on those before it: its singular
/// value is rounding (1e-14 of the largest).
const DEPENDENT: f64 = 1e-28;

/// A residual below this share of the response's sum of squares is rounding of the samples.
const PERFECT: f64 = 1e-26;

/// Cross products of columns and a response, their factor, and room for both. The response stands last.
#[derive(Debug, Default)]
pub(crate) struct LeastSquares {
    /// The samples on the grid.
    levels: Vec<i64>,
    /// `Σ x[t+1] x[t+1-k]` for k from 0, of levels, t from `summed_from`.
    level_products: Vec<i128>,
    summed_from: usize,
    lagged: Vec<i128>,
    gram: Vec<Dd>,
    factor: Factor,
    low_rank: Vec<Dd>,
    square: Vec<Dd>,
    vector: Vec<Dd>,
    width: usize,
    rows: usize,
    steps: Vec<Step>,
    solution: Vec<f64>,
    scale: f64,
    one: f64,
    /// Length of a step of the grid, in scaled samples: a power of two.
    grid: f64,
}

/// The nested model that ends with a column.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Step {
    /// Residual sum of squares.
    pub(crate) rest: f64,
    /// Projection of the response on what is new in this column: its square is what `rest` fell by.
    pub(crate) projection: f64,
    /// Independent columns up to here.
    pub(crate) rank: usize,
    /// Whether the column brings anything new.
    pub(crate) independent: bool,
}

/// A power of two that brings the largest sample to 1 or above, below 2; 1 for zeros.
fn power_of_two(largest: f64) -> f64 {
    let exponent = (largest.to_bits() >> 52) as i32 - 1023;
    if largest > 0.0 && largest.is_finite() { f64::exp2(-f64::from(exponent.max(-1000))) } else { 1.0 }
}

/// Bits of an integer sample: the square of twice as much, added up over `n` rows, stays below 2^126.
fn bits(n: usize) -> u32 {
    (124 - n.max(2).next_power_of_two().ilog2()) / 2
}

/// The nearest integer to a number below 2^62 in magnitude.
#[inline]
fn nearest(v: f64) -> i64 {
    // From 2^52 on there are integers only.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    let shift = WHOLE.copysign(v);
    (if v.abs() < WHOLE { (v + shift) - shift } else { v }) as i64
}

#[inline]
fn product(a: i64, b: i64) -> i128 {
    i128::from(a) * i128::from(b)
}

/// Sum of products, exactly.
fn dot(a: &[i64], b: &[i64]) -> i128 {
    a.iter().zip(b).fold(0, |sum, (&a, &b)| sum + product(a, b))
}

fn sum(x: &[i64]) -> i128 {
    x.iter().fold(0, |sum, &v| sum + i128::from(v))
}

fn resize<T: Clone + Default>(v: &mut Vec<T>, n: usize) {
    v.clear();
    v.resize(n, T::default());
}

/// Fills the lower triangle of sums `Σ s[t-i] s[t-j]` over t from `first` to `end`, from its first column.
fn displace(sums: &mut [i128], lags: usize, s: impl Fn(usize) -> i64, first: usize, end: usize) {
    let w = lags + 1;
    for j in 1..w {
        for i in j..w {
            let gained = product(s(first - i), s(first - j));
            let lost = product(s(end - i), s(end - j));
            sums[i * w + j] = sums[(i - 1) * w + j - 1] + (gained - lost);
        }
    }
}

impl LeastSquares {
    /// The factored regression of `x[t]` on `1, x[t-1], .., x[t-order]`, t from `order`. The columns are the constant and
    /// the lags in this order. `false` when there are fewer rows than columns.
    pub(crate) fn autoregression(&mut self, x: &[f64], order: usize) -> bool {
        if x.len() < 2 * order + 1 || !self.load(x) {
            return false;
        }
        let n = x.len();
        self.rows = n - order;
        let y = &self.levels;
        resize(&mut self.lagged, (order + 1) * (order + 1));
        for i in 0..=order {
            self.lagged[i * (order + 1)] = dot(&y[order - i..n - i], &y[order..]);
        }
        displace(&mut self.lagged, order, |t| y[t], order, n);
        let w = order + 2;
        // Room for windows that need the smallest solution, so that they do not allocate when they come.
        let columns = w - 1;
        self.low_rank.clear();
        self.low_rank.reserve(columns * columns);
        self.square.clear();
        self.square.reserve(columns * (columns + 1));
        self.width = w;
        resize(&mut self.gram, w * w);
        let lagged = order + 1;
        // Places in the lagged table: 0 is the response, which stands last here.
        let place = |lag: usize| if lag == 0 { w - 1 } else { lag };
        let mut total = sum(&y[order..]);
        for i in 0..lagged {
            for j in 0..=i {
                let (a, b) = (place(i).max(place(j)), place(i).min(place(j)));
                self.gram[a * w + b] = Dd::from(self.lagged[i * lagged + j]).times_power(self.grid * self.grid);
            }
            if i > 0 {
                total += i128::from(y[order - i]) - i128::from(y[n - i]);
            }
            self.gram[place(i) * w] = Dd::from(self.one) * Dd::from(total).times_power(self.grid);
        }
        self.gram[0] = Dd::product(self.one, self.one) * Dd::from(self.rows as f64);
        self.factorise();
        true
    }

    /// Takes the levels for regressions of up to `most` lags. `false` when there is none, or a number is not finite.
    pub(crate) fn levels(&mut self, x: &[f64], most: usize) -> bool {
        let Some(moves) = x.len().checked_sub(1).filter(|m| *m > most) else { return false };
        if !self.load(x) {
            return false;
        }
        let y = &self.levels;
        self.level_products.clear();
        let later = &y[most + 1..];
        self.level_products.extend((0..most + 2).map(|k| dot(later, &y[most + 1 - k..moves + 1 - k])));
        self.summed_from = most;
        true
    }

    /// The factored regression of the Dickey-Fuller test, of `d[t] = x[t+1] - x[t]` on `1, x[t], d[t-1], .., d[t-lags]`,
    /// t from `first`, which is not below `lags` nor above the most that the [`levels`](Self::levels) were taken for. The
    /// level stands first or last among the columns. `false` for other numbers of lags.
    pub(crate) fn dickey_fuller(&mut self, lags: usize, first: usize, level_last: bool) -> bool {
        let Some(moves) = self.levels.len().checked_sub(1) else { return false };
        if lags > first || first > self.summed_from || self.level_products.len() < first + 2 {
            return false;
        }
        let y = &self.levels;
        self.rows = moves - first;
        // Rows that the sums have not met yet.
        let extra = first + 1..self.summed_from + 1;
        // Σ x[t+1] x[t+1-k] and Σ x[t] x[t-k] over the rows.
        let later = |k: usize| extra.clone().fold(self.level_products[k], |sum, t| sum + product(y[t], y[t - k]));
        let shift = |k: usize| product(y[first], y[first - k]) - product(y[moves], y[moves - k]);
        let w = lags + 3;
        self.width = w;
        resize(&mut self.gram, w * w);
        let lagged = lags + 1;
        resize(&mut self.lagged, lagged * lagged);
        let level = if level_last { w - 2 } else { 1 };
        let place = |lag: usize| match lag {
            0 => w - 1,
            _ if level_last => lag,
            _ => lag + 1,
        };
        let square = self.grid * self.grid;
        // k - 1, k and k + 1 of the sums over the later samples; k - 1 and k over the earlier ones.
        let (mut this, mut next) = (later(0), later(1));
        let (mut before, mut now) = (next, this + shift(0));
        self.gram[level * w + level] = Dd::from(now).times_power(square);
        for k in 0..lagged {
            // Σ x[t] d[t-k]
            let (a, b) = (place(k).max(level), place(k).min(level));
            self.gram[a * w + b] = Dd::from(before - now).times_power(square);
            // Σ d[t] d[t-k]
            self.lagged[k * lagged] = (this - next) - (before - now);
            if k < lags {
                before = now;
                now = next + shift(k + 1);
                this = next;
                next = later(k + 2);
            }
        }
        displace(&mut self.lagged, lags, |t| y[t + 1] - y[t], first, moves);
        for i in 0..lagged {
            for j in 0..=i {
                let (a, b) = (place(i).max(place(j)), place(i).min(place(j)));
                self.gram[a * w + b] = Dd::from(self.lagged[i * lagged + j]).times_power(square);
            }
            // Differences add up to that of the ends.
            let total = i128::from(y[moves - i]) - i128::from(y[first - i]);
            self.gram[place(i) * w] = Dd::from(self.one) * Dd::from(total).times_power(self.grid);
        }
        self.gram[level * w] = Dd::from(self.one) * Dd::from(sum(&y[first..moves])).times_power(self.grid);
        self.gram[0] = Dd::product(self.one, self.one) * Dd::from(self.rows as f64);
        self.factorise();
        true
    }

    /// Takes the samples, scaled and on the grid. `false` when a number is not finite.
    fn load(&mut self, x: &[f64]) -> bool {
        let (low, high) = lanes::min_max(x);
        let largest = high.abs().max(low.abs());
        if !largest.is_finite() || x.iter().any(|v| v.is_nan()) {
            return false;
        }
        let scale = power_of_two(largest);
        self.scale = scale;
        // The constant is scaled too, as far as its square allows: the norm of a solution is that of the unscaled columns.
        self.one = scale.clamp(1e-100, 1e100);
        // Subnormal samples are still small when scaled.
        let steps = (1_u64 << (bits(x.len()) - 1)) as f64 * power_of_two(largest * scale);
        self.grid = 1.0 / steps;
        self.levels.clear();
        // Two factors: the product of both may leave the range of f64.
        self.levels.extend(x.iter().map(|v| nearest(v * scale * steps)));
        true
    }

    /// Cholesky's factor, columns that depend on those before them left out, and the nested models.
    fn factorise(&mut self) {
        let w = self.width;
        self.steps.clear();
        self.factor.load(&self.gram, w);
        let mut rank = 0;
        for k in 0..w - 1 {
            let independent = self.factor.at(k, k).hi > DEPENDENT * self.gram[k * w + k].hi;
            if independent {
                rank += 1;
                self.factor.eliminate(k);
            } else {
                self.factor.leave_out(k);
            }
            let projection = self.factor.at(k, w - 1).value();
            let rest = self.factor.at(w - 1, w - 1).value().max(0.0);
            self.steps.push(Step { rest, projection, rank, independent });
        }
    }

    /// Rows of the regression.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The nested models, one for each column.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The model of all columns.
    pub(crate) fn last(&self) -> Step {
        self.steps.last().copied().unwrap_or_default()
    }

    /// Whether a residual sum of squares is no more than rounding of the samples.
    pub(crate) fn is_perfect(&self, rest: f64) -> bool {
        // Differences of the level carry the rounding of the level.
        let total = self.gram.last().map_or(0.0, |g| g.hi);
        rest <= PERFECT * total
    }

    /// The mean square of the residuals, in the unit of the samples squared.
    pub(crate) fn mean_square(&self, rest: f64) -> f64 {
        rest / self.scale / self.scale / self.rows as f64
    }

    /// The coefficients of the columns: the constant first, in the unit of the samples.
    pub(crate) fn solve(&mut self) -> &[f64] {
        let p = self.width - 1;
        resize(&mut self.vector, p);
        if self.steps.iter().all(|s| s.independent) {
            for i in (0..p).rev() {
                let known = (i + 1..p).fold(Dd::ZERO, |sum, k| sum + self.factor.at(i, k) * self.vector[k]);
                self.vector[i] = (self.factor.at(i, p) - known) / self.factor.at(i, i);
            }
        } else {
            self.smallest_solution();
        }
        self.solution.clear();
        self.solution.extend(self.vector.iter().map(|v| v.value()));
        if let Some(constant) = self.solution.first_mut() {
            *constant *= self.one / self.scale;
        }
        &self.solution
    }

    /// The solution of the smallest norm: with G = L Lᵀ of full column rank, `L (LᵀL)⁻² Lᵀ g`.
    fn smallest_solution(&mut self) {
        let (w, p) = (self.width, self.width - 1);
        // The factor with pivots in falling order.
        resize(&mut self.low_rank, p * p);
        resize(&mut self.square, p);
        let rest = &mut self.square;
        (0..p).for_each(|i| rest[i] = self.gram[i * w + i]);
        let floor = DEPENDENT * rest.iter().map(|d| d.hi).fold(0.0, f64::max);
        let mut rank = 0;
        while rank < p {
            let Some(top) = (0..p).max_by(|&a, &b| rest[a].hi.total_cmp(&rest[b].hi)) else { break };
            if rest[top].hi <= floor {
                break;
            }
            let inverse = Dd::from(1.0) / rest[top].sqrt();
            for (i, left) in rest.iter_mut().enumerate().take(p) {
                let g = self.gram[i.max(top) * w + i.min(top)];
                let known =
                    (0..rank).fold(Dd::ZERO, |sum, k| sum + self.low_rank[i * p + k] * self.low_rank[top * p + k]);
                let value = (g - known) * inverse;
                self.low_rank[i * p + rank] = value;
                *left = *left - value * value;
            }
            rest[top] = Dd::ZERO;
            rank += 1;
        }
        // LᵀL, its factor, and two solutions with it.
        let r = rank;
        resize(&mut self.square, r * r + r);
        let (square, v) = self.square.split_at_mut(r * r);
        for i in 0..r {
            for j in 0..=i {
                square[i * r + j] =
                    (0..p).fold(Dd::ZERO, |sum, k| sum + self.low_rank[k * p + i] * self.low_rank[k * p + j]);
            }
            v[i] = (0..p).fold(Dd::ZERO, |sum, k| sum + self.low_rank[k * p + i] * self.gram[p * w + k]);
        }
        for j in 0..r {
            for k in 0..j {
                let f = square[j * r + k];
                (j..r).for_each(|i| square[i * r + j] = square[i * r + j] - square[i * r + k] * f);
            }
            let root = square[j * r + j].sqrt();
            (j..r).for_each(|i| square[i * r + j] = square[i * r + j] / root);
        }
        for _ in 0..2 {
            for i in 0..r {
                let known = (0..i).fold(Dd::ZERO, |sum, k| sum + square[i * r + k] * v[k]);
                v[i] = (v[i] - known) / square[i * r + i];
            }
            for i in (0..r).rev() {
                let known = (i + 1..r).fold(Dd::ZERO, |sum, k| sum + square[k * r + i] * v[k]);
                v[i] = (v[i] - known) / square[i * r + i];
            }
        }
        for i in 0..p {
            self.vector[i] = (0..r).fold(Dd::ZERO, |sum, k| sum + self.low_rank[i * p + k] * v[k]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_has_the_smallest_solution() {
        let mut ls = LeastSquares::default();
        assert!(ls.autoregression(&[3.25; 40], 10));
        let beta = ls.solve();
        // y (1, y, .., y) / (1 + 10 y²)
        let norm = 1.0 + 10.0 * 3.25 * 3.25;
        assert!((beta[0] * norm / 3.25 - 1.0).abs() < 1e-12, "{beta:?}");
        assert!(beta[1..].iter().all(|b| (b * norm / 3.25 / 3.25 - 1.0).abs() < 1e-12));
    }

    #[test]
    fn a_recursion_is_found_whatever_its_offset_and_unit() {
        for (offset, unit) in [(0.0, 1.0), (1e6, 1e-2), (-5.0, 1e-300), (0.0, 1e300)] {
            let mut state = (0.3, -0.2);
            let mut x = Vec::new();
            for i in 0..300 {
                let noise = ((i * i) as f64 * 0.7).sin();
                let next = 1.2 * state.0 - 0.6 * state.1 + noise;
                state = (next, state.0);
                x.push(unit * (next + offset / 1e-2));
            }
            let mut ls = LeastSquares::default();
            assert!(ls.autoregression(&x, 2));
            let rest = ls.last().rest;
            assert_eq!(ls.mean_square(rest).is_finite(), unit < 1e100);
            let beta = ls.solve();
            assert!((beta[1] - 1.2).abs() < 0.1 && (beta[2] + 0.6).abs() < 0.1, "{beta:?}");
        }
    }

    #[test]
    fn nested_models_shrink() {
        let x: Vec<f64> = (0..200).map(|i| (i as f64 * 0.3).sin() + ((i * i) as f64).cos()).collect();
        let mut ls = LeastSquares::default();
        assert!(ls.levels(&x, 8) && ls.dickey_fuller(8, 8, false));
        assert_eq!((ls.steps().len(), ls.rows()), (10, 191));
        assert!(ls.steps().windows(2).all(|s| s[1].rest <= s[0].rest && s[1].rank == s[0].rank + 1));
        let all = ls.last().rest;
        assert!(ls.dickey_fuller(8, 8, true));
        assert!((ls.last().rest / all - 1.0).abs() < 1e-13);
        assert!(!ls.levels(&x[..9], 8) && !ls.dickey_fuller(9, 9, true) && !ls.dickey_fuller(3, 2, true));
        assert!(!ls.autoregression(&x[..9], 5) && ls.autoregression(&x[..9], 4));
    }
}
