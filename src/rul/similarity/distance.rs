//! Distances between the end of one life and stretches of another.

use super::path::Path;

/// Every so manyth row ends a stretch in the table of hashes.
const STRIDE: usize = 5;

/// A unit's standardised channels, row after row.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Life {
    pub(super) name: String,
    pub(super) ages: Vec<f64>,
    values: Vec<f64>,
    width: usize,
    /// A fitted path for every channel.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) paths: Vec<Path>,
    /// Row and hash of stretches.
    #[cfg_attr(feature = "serde", serde(skip))]
    table: Vec<(usize, Vec<f64>)>,
}

impl Life {
    pub(super) fn new(name: String, ages: Vec<f64>, values: Vec<f64>, width: usize) -> Self {
        Self { name, ages, values, width, paths: Vec::new(), table: Vec::new() }
    }

    pub(super) fn rows(&self) -> usize {
        self.ages.len()
    }

    pub(super) fn channels(&self) -> usize {
        self.width
    }

    #[inline]
    fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.width..(i + 1) * self.width]
    }

    pub(super) fn value(&self, i: usize, channel: usize) -> f64 {
        self.values[i * self.width + channel]
    }

    /// What was known after some rows.
    pub(super) fn first(&self, rows: usize) -> Self {
        Self::new(self.name.clone(), self.ages[..rows].to_vec(), self.values[..rows * self.width].to_vec(), self.width)
    }

    /// Whether a life from a file is one.
    #[cfg(feature = "serde")]
    pub(super) fn fits(&self, width: usize) -> bool {
        self.width == width
            && !self.ages.is_empty()
            && self.ages.len().checked_mul(width) == Some(self.values.len())
            && self.ages.iter().chain(&self.values).all(|v| v.is_finite())
            && self.ages.windows(2).all(|w| w[0] < w[1])
    }

    /// Calls `at` with the last row of every stretch of `span` rows, in steps.
    pub(super) fn slide(&self, _unit: &Self, span: usize, step: usize, at: impl FnMut(usize)) {
        (span - 1..self.rows()).step_by(step).for_each(at);
    }

    /// Mean squared difference between the last `span` rows of `unit` and those up to `row`.
    pub(super) fn squared(&self, unit: &Self, span: usize, row: usize) -> f64 {
        let (a, b) = self.pieces(unit, span, row);
        crate::math::lanes::sum_by2(a, b, |x, y| (x - y) * (x - y)) / a.len() as f64
    }

    /// The cells of both stretches.
    fn pieces<'a>(&'a self, unit: &'a Self, span: usize, row: usize) -> (&'a [f64], &'a [f64]) {
        let own = &self.values[(row + 1 - span) * self.width..(row + 1) * self.width];
        (own, &unit.values[(unit.rows() - span) * self.width..])
    }

    /// 1 less the mean correlation of the channels; a channel that is constant in one of the stretches counts as 0.
    pub(super) fn uncorrelated(&self, unit: &Self, span: usize, row: usize) -> f64 {
        let (a, b) = self.pieces(unit, span, row);
        let mut sum = 0.0;
        for channel in 0..self.width {
            let of = |cells: &[f64]| cells.iter().skip(channel).step_by(self.width).copied().collect::<Vec<f64>>();
            let (x, y) = (of(a), of(b));
            let (mx, my) = (crate::math::lanes::mean(&x), crate::math::lanes::mean(&y));
            let xy = crate::math::lanes::sum_by2(&x, &y, |u, v| (u - mx) * (v - my));
            let below = (crate::math::lanes::sum_squared_deviations(&x, mx)
                * crate::math::lanes::sum_squared_deviations(&y, my))
            .sqrt();
            sum += if below > 0.0 { xy / below } else { 0.0 };
        }
        1.0 - sum / self.width as f64
    }

    /// Cost of the cheapest warping path between the stretches with rows at most `band` apart, over the span and channels.
    pub(super) fn warped(&self, unit: &Self, span: usize, row: usize, band: usize) -> f64 {
        let (own, other) = (row + 1 - span, unit.rows() - span);
        let mut before = vec![f64::INFINITY; span + 1];
        let mut now = vec![f64::INFINITY; span + 1];
        before[0] = 0.0;
        for i in 0..span {
            now.fill(f64::INFINITY);
            let from = i.saturating_sub(band);
            let to = (i + band).min(span - 1);
            for j in from..=to {
                let cost: f64 = self.row(own + i).iter().zip(unit.row(other + j)).map(|(x, y)| (x - y) * (x - y)).sum();
                let best = before[j].min(before[j + 1]).min(now[j]);
                now[j + 1] = cost + best;
            }
            std::mem::swap(&mut before, &mut now);
        }
        before[span] / (span * self.width) as f64
    }

    /// Mean, spread, slope over the span and last value of every channel over the `span` rows up to `row`.
    fn hash(&self, span: usize, row: usize) -> Vec<f64> {
        let from = (row + 1).saturating_sub(span);
        let m = (row + 1 - from) as f64;
        let middle = 0.5 * (m - 1.0);
        let about: f64 = m * (m * m - 1.0) / 12.0;
        (0..self.width)
            .flat_map(|channel| {
                let x: Vec<f64> = (from..=row).map(|i| self.value(i, channel)).collect();
                let mean = crate::math::lanes::mean(&x);
                let spread = (crate::math::lanes::sum_squared_deviations(&x, mean) / m).sqrt();
                let along: f64 = x.iter().enumerate().map(|(i, v)| (i as f64 - middle) * (v - mean)).sum();
                let slope = if about > 0.0 { along / about * m } else { 0.0 };
                [mean, spread, slope, x[x.len() - 1]]
            })
            .collect()
    }

    pub(super) fn fill_table(&mut self, span: usize) {
        self.table = (1..self.rows()).step_by(STRIDE).map(|row| (row, self.hash(span, row))).collect();
    }

    /// Squared distance of the hash of the end of `unit` to every hash of the table.
    pub(super) fn look_up(&self, unit: &Self, span: usize, add: &mut impl FnMut(usize, f64)) {
        let wanted = unit.hash(span, unit.rows() - 1);
        for (row, hash) in &self.table {
            let distance: f64 = hash.iter().zip(&wanted).map(|(a, b)| (a - b) * (a - b)).sum();
            add(*row, distance / wanted.len() as f64);
        }
    }
}
