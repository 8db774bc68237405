//! Least squares over lagged copies of a series, in twice the digits of f64.
//!
//! The columns are one series at several lags, so their cross products are those of the first column and a few products
//! at the edges: `G[i+1][j+1] = G[i][j] + s[a-i] s[a-j] - s[b-i] s[b-j]`. A factorisation of G gives the residual sums of
//! squares of all nested models at once: one for each number of columns. Doing so squares the condition number, which
//! [`Dd`] pays for.
//!
//! Columns that depend on others leave many solutions; the one of the smallest norm is taken, as the pseudo-inverse does.

use crate::math::dd::{self, Dd};
use crate::math::lanes;

/// A pivot below this share of its diagonal element belongs to a column that depends on those before it: its singular
/// value is rounding (1e-14 of the largest).
const DEPENDENT: f64 = 1e-28;

/// A residual below this share of the response's sum of squares is rounding of the samples.
const PERFECT: f64 = 1e-26;

/// Cross products of columns and a response, their factor, and room for both. The response stands last.
#[derive(Debug, Default)]
pub(crate) struct LeastSquares {
    series: Vec<f64>,
    heads: Vec<f64>,
    level: Vec<f64>,
    level_heads: Vec<f64>,
    lagged: Vec<Dd>,
    gram: Vec<Dd>,
    factor: Vec<Dd>,
    low_rank: Vec<Dd>,
    square: Vec<Dd>,
    vector: Vec<Dd>,
    width: usize,
    rows: usize,
    steps: Vec<Step>,
    solution: Vec<f64>,
    scale: f64,
    one: f64,
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

/// A power of two that brings the largest sample near 1; 1 for zeros.
fn power_of_two(largest: f64) -> f64 {
    if largest > 0.0 && largest.is_finite() { f64::exp2(-largest.log2().floor().clamp(-1000.0, 1000.0)) } else { 1.0 }
}

fn resize<T: Clone + Default>(v: &mut Vec<T>, n: usize) {
    v.clear();
    v.resize(n, T::default());
}

impl LeastSquares {
    /// The factored regression of `x[t]` on `1, x[t-1], .., x[t-order]`, t from `order`. The columns are the constant and
    /// the lags in this order. `false` when there are fewer rows than columns.
    pub(crate) fn autoregression(&mut self, x: &[f64], order: usize) -> bool {
        if x.len() < 2 * order + 1 || !self.load(x, false) {
            return false;
        }
        self.rows = x.len() - order;
        self.lag_products(order, 0, order);
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
        let mut total = dd::sum(&self.series[order..]);
        for i in 0..lagged {
            for j in 0..=i {
                let (a, b) = (place(i).max(place(j)), place(i).min(place(j)));
                self.gram[a * w + b] = self.lagged[i * lagged + j];
            }
            if i > 0 {
                total = total + (Dd::from(self.series[order - i]) - self.series[x.len() - i].into());
            }
            self.gram[place(i) * w] = Dd::from(self.one) * total;
        }
        self.gram[0] = Dd::product(self.one, self.one) * Dd::from(self.rows as f64);
        self.factorise();
        true
    }

    /// The factored regression of the Dickey-Fuller test, of `d[t] = x[t+1] - x[t]` on `1, x[t], d[t-1], .., d[t-lags]`,
    /// t from `first`, which is not below `lags`. The level stands first or last among the columns. `false` when there are
    /// fewer rows than columns.
    pub(crate) fn dickey_fuller(&mut self, x: &[f64], lags: usize, first: usize, level_last: bool) -> bool {
        let Some(moves) = x.len().checked_sub(1).filter(|m| *m > first && first >= lags) else { return false };
        if !self.load(x, true) {
            return false;
        }
        self.rows = moves - first;
        self.lag_products(lags, first - lags, lags);
        let w = lags + 3;
        self.width = w;
        resize(&mut self.gram, w * w);
        let lagged = lags + 1;
        let level = if level_last { w - 2 } else { 1 };
        let place = |lag: usize| match lag {
            0 => w - 1,
            _ if level_last => lag,
            _ => lag + 1,
        };
        let mut total = dd::sum(&self.series[first..moves]);
        let (level_rows, level_heads) = (&self.level[first..moves], &self.level_heads[first..moves]);
        for i in 0..lagged {
            for j in 0..=i {
                let (a, b) = (place(i).max(place(j)), place(i).min(place(j)));
                self.gram[a * w + b] = self.lagged[i * lagged + j];
            }
            let (from, to) = (first - i, moves - i);
            let (rows, heads) = (&self.series[from..to], &self.heads[from..to]);
            let (a, b) = (place(i).max(level), place(i).min(level));
            self.gram[a * w + b] = dd::dot(rows, heads, level_rows, level_heads);
            if i > 0 {
                total = total + (Dd::from(self.series[from]) - self.series[to].into());
            }
            self.gram[place(i) * w] = Dd::from(self.one) * total;
        }
        self.gram[level * w + level] = dd::dot(level_rows, level_heads, level_rows, level_heads);
        self.gram[level * w] = Dd::from(self.one) * dd::sum(level_rows);
        self.gram[0] = Dd::product(self.one, self.one) * Dd::from(self.rows as f64);
        self.factorise();
        true
    }

    /// Takes the series, or its differences and the series as the level, scaled. `false` when a number is not finite.
    fn load(&mut self, x: &[f64], differences: bool) -> bool {
        let (low, high) = lanes::min_max(x);
        let largest = high.abs().max(low.abs());
        if !largest.is_finite() {
            return false;
        }
        let scale = power_of_two(largest);
        self.scale = scale;
        // The constant is scaled too, as far as its square allows: the norm of a solution is that of the unscaled columns.
        self.one = scale.clamp(1e-100, 1e100);
        self.series.clear();
        if differences {
            self.level.clear();
            self.level.extend(x.iter().map(|v| v * scale));
            resize(&mut self.level_heads, x.len());
            dd::heads(&self.level, &mut self.level_heads);
            // The difference of scaled samples is the scaled difference, bit for bit.
            self.series.extend(self.level.windows(2).map(|p| p[1] - p[0]));
        } else {
            self.series.extend(x.iter().map(|v| v * scale));
        }
        resize(&mut self.heads, self.series.len());
        dd::heads(&self.series, &mut self.heads);
        true
    }

    /// Sums of products of the series at lags 0 to `lags`, over rows t from `skip + lags`, lower triangle.
    fn lag_products(&mut self, lags: usize, skip: usize, last: usize) {
        let w = lags + 1;
        resize(&mut self.lagged, w * w);
        let (s, h) = (&self.series[skip..], &self.heads[skip..]);
        let n = s.len();
        for i in 0..=last {
            let (from, to) = (lags - i, n - i);
            self.lagged[i * w] = dd::dot(&s[from..to], &h[from..to], &s[lags..], &h[lags..]);
        }
        for j in 1..w {
            for i in j..w {
                let gained = Dd::product(s[lags - i], s[lags - j]);
                let lost = Dd::product(s[n - i], s[n - j]);
                self.lagged[i * w + j] = self.lagged[(i - 1) * w + j - 1] + (gained - lost);
            }
        }
    }

    /// Cholesky's factor, columns that depend on those before them left out, and the nested models.
    fn factorise(&mut self) {
        let w = self.width;
        self.factor.clear();
        self.factor.extend_from_slice(&self.gram);
        self.steps.clear();
        let a = &mut self.factor;
        let mut rank = 0;
        for k in 0..w - 1 {
            let pivot = a[k * w + k];
            let independent = pivot.hi > DEPENDENT * self.gram[k * w + k].hi;
            if independent {
                rank += 1;
                let inverse = Dd::from(1.0) / pivot.sqrt();
                for i in k..w {
                    a[i * w + k] = a[i * w + k] * inverse;
                }
                for i in k + 1..w {
                    let (done, row) = a.split_at_mut(i * w);
                    let factor = row[k];
                    for j in k + 1..i {
                        row[j] = row[j] - factor * done[j * w + k];
                    }
                    row[i] = row[i] - factor * factor;
                }
            } else {
                (k..w).for_each(|i| a[i * w + k] = Dd::ZERO);
            }
            let projection = a[(w - 1) * w + k].value();
            self.steps.push(Step { rest: a[w * w - 1].value().max(0.0), projection, rank, independent });
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
            let w = self.width;
            for i in (0..p).rev() {
                let known = (i + 1..p).fold(Dd::ZERO, |sum, k| sum + self.factor[k * w + i] * self.vector[k]);
                self.vector[i] = (self.factor[p * w + i] - known) / self.factor[i * w + i];
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
        assert!(ls.dickey_fuller(&x, 8, 8, false));
        assert_eq!((ls.steps().len(), ls.rows()), (10, 191));
        assert!(ls.steps().windows(2).all(|s| s[1].rest <= s[0].rest && s[1].rank == s[0].rank + 1));
        let all = ls.last().rest;
        assert!(ls.dickey_fuller(&x, 8, 8, true));
        assert!((ls.last().rest / all - 1.0).abs() < 1e-13);
        assert!(!ls.dickey_fuller(&x[..9], 8, 8, true));
        assert!(!ls.autoregression(&x[..9], 5) && ls.autoregression(&x[..9], 4));
    }
}
