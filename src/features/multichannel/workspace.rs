//! The relations of one window: what channels share is computed once a channel, then the pairs.

use super::relation::Relation;
use crate::features::autoregression::autocorrelation::fast_length;
use crate::math::lanes;
use crate::math::linalg::symmetric_eigen;
use crate::signal::SampleRate;
use crate::signal::spectral::{Complex64, FftScratch, Goertzel, RealFft, Welch, WindowFunction};
use ndarray::Array2;

/// One column of the matrix.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) relation: Relation,
    pub(super) pair: (usize, usize),
}

impl Column {
    pub(super) fn name(&self, channels: &[impl AsRef<str>]) -> String {
        if self.relation.of_all_channels() {
            return self.relation.to_string();
        }
        format!("{}__{}__{}", channels[self.pair.0].as_ref(), channels[self.pair.1].as_ref(), self.relation)
    }
}

/// Lags up to this come from sums of products, the others from the FFT. The rule knows the settings alone.
const DIRECT_LAGS: usize = 16;

/// Plans and arrays for windows of one length.
#[derive(Clone)]
pub(super) struct Workspace {
    columns: Vec<Column>,
    rate: SampleRate,
    omit: bool,
    len: usize,
    /// Samples less their mean, by channel; empty for a channel with a NaN or infinite sample, or a constant.
    centred: Vec<Vec<f64>>,
    /// Root of the sum of squares of each channel.
    norm: Vec<f64>,
    cross: Option<Cross>,
    pieces: Vec<Pieces>,
    lines: Vec<Line>,
    hann: Vec<f64>,
    shares: Option<Vec<f64>>,
    mean_absolute: f64,
    kept: Vec<Vec<f64>>,
}

/// Cross-correlation by the FFT.
#[derive(Clone)]
struct Cross {
    fft: RealFft,
    scratch: FftScratch,
    bins: Vec<Vec<Complex64>>,
    product: Vec<Complex64>,
    time: Vec<f64>,
}

/// Fourier transforms of Welch's pieces, by channel, piece after piece.
#[derive(Clone)]
struct Pieces {
    nperseg: usize,
    plan: Option<Welch>,
    fft: Option<FftScratch>,
    bins: Vec<Vec<Complex64>>,
    power: Vec<Vec<f64>>,
    coherence: Vec<f64>,
    pair: Option<(usize, usize)>,
}

/// One frequency of each channel.
#[derive(Clone)]
struct Line {
    frequency: f64,
    values: Vec<Complex64>,
}

impl Workspace {
    pub(super) fn new(columns: Vec<Column>, channels: usize, rate: SampleRate, omit: bool) -> Self {
        let mut pieces: Vec<Pieces> = Vec::new();
        let mut lines: Vec<Line> = Vec::new();
        for column in &columns {
            if let Some(nperseg) = column.relation.nperseg()
                && !pieces.iter().any(|p| p.nperseg == nperseg)
            {
                pieces.push(Pieces {
                    nperseg,
                    plan: None,
                    fft: None,
                    bins: vec![Vec::new(); channels],
                    power: vec![Vec::new(); channels],
                    coherence: Vec::new(),
                    pair: None,
                });
            }
            if let Some(frequency) = column.relation.line()
                && !lines.iter().any(|l| l.frequency.total_cmp(&frequency).is_eq())
            {
                lines.push(Line { frequency, values: vec![Complex64::default(); channels] });
            }
        }
        Self {
            columns,
            rate,
            omit,
            len: 0,
            centred: vec![Vec::new(); channels],
            norm: vec![0.0; channels],
            cross: None,
            pieces,
            lines,
            hann: Vec::new(),
            shares: None,
            mean_absolute: f64::NAN,
            kept: vec![Vec::new(); channels],
        }
    }

    /// Fills the row of a window. All channels have the same length.
    pub(super) fn compute(&mut self, channels: &[&[f64]], row: &mut [f64]) {
        let broken = channels.iter().any(|c| c.iter().any(|v| !v.is_finite()));
        if self.omit && broken {
            let mut kept = std::mem::take(&mut self.kept);
            let n = channels.first().map_or(0, |c| c.len());
            let whole: Vec<usize> = (0..n).filter(|&i| channels.iter().all(|c| c[i].is_finite())).collect();
            for (kept, channel) in kept.iter_mut().zip(channels) {
                kept.clear();
                kept.extend(whole.iter().map(|&i| channel[i]));
            }
            let parts: Vec<&[f64]> = kept.iter().map(Vec::as_slice).collect();
            self.fill(&parts, row);
            self.kept = kept;
        } else {
            self.fill(channels, row);
        }
    }

    fn fill(&mut self, channels: &[&[f64]], row: &mut [f64]) {
        let n = channels.first().map_or(0, |c| c.len());
        if n != self.len {
            self.resize(n);
        }
        for ((centred, norm), channel) in self.centred.iter_mut().zip(&mut self.norm).zip(channels) {
            centred.clear();
            let (low, high) = lanes::min_max(channel);
            if channel.iter().all(|v| v.is_finite()) && high > low {
                // A power of two, so that squares stay within f64 and no digit goes.
                let top = high.abs().max(low.abs());
                let scale = f64::exp2(-top.log2().floor().clamp(-1000.0, 1000.0));
                centred.extend(channel.iter().map(|v| v * scale));
                let mean = lanes::mean(centred);
                centred.iter_mut().for_each(|v| *v -= mean);
                *norm = lanes::sum_squares(centred).sqrt();
                if *norm <= 0.0 {
                    centred.clear();
                }
            }
        }
        self.transform();
        self.find_lines(channels);
        self.find_shares();
        for (i, out) in row.iter_mut().enumerate().take(self.columns.len()) {
            let column = self.columns[i];
            let value = if column.relation.of_all_channels() {
                self.of_all(column.relation)
            } else if self.centred[column.pair.0].is_empty() || self.centred[column.pair.1].is_empty() {
                f64::NAN
            } else {
                self.of_pair(column.relation, column.pair)
            };
            *out = if value.is_finite() { value } else { f64::NAN };
        }
    }

    /// Plans for windows of `n` samples.
    fn resize(&mut self, n: usize) {
        self.len = n;
        let lag = self.columns.iter().filter_map(|c| c.relation.max_lag()).filter(|&k| k > DIRECT_LAGS).max();
        self.cross = lag.filter(|_| n > 1).and_then(|_| {
            let size = fast_length(2 * n);
            let fft = RealFft::new(size).ok()?;
            let bins = vec![fft.zero_bins(); self.centred.len()];
            Some(Cross { scratch: fft.scratch(), product: fft.zero_bins(), time: vec![0.0; size], bins, fft })
        });
        for pieces in &mut self.pieces {
            let plan = Welch::params().segment(pieces.nperseg.min(n.max(1))).plan(self.rate).ok();
            // One piece alone always has a coherence of 1.
            pieces.plan = plan.filter(|plan| plan.pieces(n) >= 2);
            pieces.fft = pieces.plan.as_ref().map(|plan| plan.scratch().fft);
        }
        self.hann.clear();
        if !self.lines.is_empty() {
            self.hann.extend(WindowFunction::Hann.coefficients(n.max(1)).unwrap_or_default());
        }
    }

    /// Transforms of all channels.
    fn transform(&mut self) {
        if let Some(cross) = &mut self.cross {
            for (bins, x) in cross.bins.iter_mut().zip(&self.centred) {
                let padded = |real: &mut [f64]| {
                    let (samples, zeros) = real.split_at_mut(x.len().min(real.len()));
                    samples.copy_from_slice(&x[..samples.len()]);
                    zeros.fill(0.0);
                };
                if cross.fft.forward_with(padded, bins, &mut cross.scratch).is_err() {
                    bins.fill(Complex64::new(f64::NAN, f64::NAN));
                }
            }
        }
        for pieces in &mut self.pieces {
            pieces.pair = None;
            let (Some(plan), Some(fft)) = (&pieces.plan, &mut pieces.fft) else { continue };
            let (count, width) = (plan.pieces(self.len), plan.bins());
            for ((bins, power), x) in pieces.bins.iter_mut().zip(&mut pieces.power).zip(&self.centred) {
                power.clear();
                power.resize(width, 0.0);
                bins.resize(count * width, Complex64::default());
                if x.is_empty() {
                    continue;
                }
                for (i, bins) in bins.chunks_exact_mut(width).enumerate() {
                    if plan.transform(x, i, fft, bins).is_err() {
                        bins.fill(Complex64::new(f64::NAN, f64::NAN));
                    }
                    for (p, z) in power.iter_mut().zip(bins) {
                        *p += z.norm_sqr();
                    }
                }
            }
        }
    }

    fn find_lines(&mut self, channels: &[&[f64]]) {
        for line in &mut self.lines {
            for ((value, x), channel) in line.values.iter_mut().zip(&self.centred).zip(channels) {
                *value = Complex64::default();
                let (false, Ok(mut filter)) = (x.is_empty(), Goertzel::new(line.frequency, self.rate)) else {
                    continue;
                };
                x.iter().zip(&self.hann).for_each(|(v, w)| filter.push(v * w));
                let (low, high) = lanes::min_max(channel);
                let top = high.abs().max(low.abs());
                // Back to the unit of the channel.
                *value = filter.value() * f64::exp2(top.log2().floor().clamp(-1000.0, 1000.0));
            }
        }
    }

    /// Shares of the eigenvalues of the correlation matrix, and the mean magnitude of the correlations.
    fn find_shares(&mut self) {
        self.shares = None;
        self.mean_absolute = f64::NAN;
        let count = self.centred.len();
        if !self.columns.iter().any(|c| c.relation.of_all_channels()) || self.centred.iter().any(Vec::is_empty) {
            return;
        }
        let mut matrix = Array2::eye(count);
        let mut sum = 0.0;
        for a in 0..count {
            for b in a + 1..count {
                let r = self.correlation((a, b));
                (matrix[[a, b]], matrix[[b, a]]) = (r, r);
                sum += r.abs();
            }
        }
        self.mean_absolute = 2.0 * sum / (count * (count - 1)) as f64;
        if let Ok((values, _)) = symmetric_eigen(&matrix) {
            self.shares = Some(values.iter().map(|v| (v / count as f64).clamp(0.0, 1.0)).collect());
        }
    }

    fn of_all(&self, relation: Relation) -> f64 {
        let Some(shares) = &self.shares else { return f64::NAN };
        match relation {
            Relation::LargestShare => shares.first().copied().unwrap_or(f64::NAN),
            Relation::SmallestShare => shares.last().copied().unwrap_or(f64::NAN),
            Relation::EffectiveRank => shares.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum::<f64>().exp(),
            _ => self.mean_absolute,
        }
    }

    fn correlation(&self, (a, b): (usize, usize)) -> f64 {
        (lanes::dot(&self.centred[a], &self.centred[b]) / self.norm[a] / self.norm[b]).clamp(-1.0, 1.0)
    }

    fn of_pair(&mut self, relation: Relation, pair: (usize, usize)) -> f64 {
        match relation {
            Relation::Correlation => self.correlation(pair),
            Relation::CrossCorrelationPeak { max_lag } => self.peak(pair, max_lag).0,
            Relation::CrossCorrelationLag { max_lag } => self.peak(pair, max_lag).1 * self.rate.period(),
            Relation::CoherenceMean { nperseg } => self.coherence(pair, nperseg, |k, _| k > 0),
            Relation::CoherenceAt { frequency, nperseg } => self.coherence(pair, nperseg, |k, step| {
                // The nearest bin; the upper of two.
                (k as f64 - (frequency / step).round()).abs() < 0.5
            }),
            Relation::CoherenceBand { high, low, nperseg } => {
                self.coherence(pair, nperseg, |k, step| (low..=high).contains(&(k as f64 * step)))
            }
            Relation::PhaseAt { frequency } => match self.line(pair, frequency) {
                Some((a, b)) => (a.conj() * b).arg(),
                None => f64::NAN,
            },
            Relation::AmplitudeRatioAt { frequency } => match self.line(pair, frequency) {
                Some((a, b)) => b.norm() / a.norm(),
                None => f64::NAN,
            },
            _ => f64::NAN,
        }
    }

    fn line(&self, pair: (usize, usize), frequency: f64) -> Option<(Complex64, Complex64)> {
        let line = self.lines.iter().find(|l| l.frequency.total_cmp(&frequency).is_eq())?;
        let (a, b) = (line.values[pair.0], line.values[pair.1]);
        (a.norm() > 0.0 && b.norm() > 0.0).then_some((a, b))
    }

    /// The cross-correlation of largest magnitude, and its lag in samples.
    fn peak(&mut self, pair: (usize, usize), max_lag: usize) -> (f64, f64) {
        let (a, b) = (&self.centred[pair.0], &self.centred[pair.1]);
        let n = a.len();
        let last = max_lag.min(n.saturating_sub(1));
        let norm = self.norm[pair.0] * self.norm[pair.1];
        let (mut best, mut lag) = (0.0_f64, 0.0);
        // Strictly larger: of equals the nearer lag stays, and of a lag and its negative the positive.
        let mut take = |value: f64, k: f64| {
            if value.abs() > best.abs() || value.is_nan() {
                (best, lag) = (value, k);
            }
        };
        if max_lag <= DIRECT_LAGS {
            for k in 0..=last {
                take(lanes::dot(&a[..n - k], &b[k..]), k as f64);
                if k > 0 {
                    take(lanes::dot(&a[k..], &b[..n - k]), -(k as f64));
                }
            }
        } else if let Some(cross) = &mut self.cross {
            let (x, y) = (&cross.bins[pair.0], &cross.bins[pair.1]);
            for ((z, x), y) in cross.product.iter_mut().zip(x).zip(y) {
                *z = x.conj() * y;
            }
            // Bin 0 and the last one of an even length are real.
            if let Some(z) = cross.product.first_mut() {
                z.im = 0.0;
            }
            if let Some(z) = cross.product.last_mut()
                && cross.fft.len().is_multiple_of(2)
            {
                z.im = 0.0;
            }
            if cross.fft.inverse(&cross.product, &mut cross.time, &mut cross.scratch).is_err() {
                return (f64::NAN, f64::NAN);
            }
            let size = cross.time.len();
            for k in 0..=last {
                take(cross.time[k], k as f64);
                if k > 0 {
                    take(cross.time[size - k], -(k as f64));
                }
            }
        } else {
            return (f64::NAN, f64::NAN);
        }
        ((best / norm).clamp(-1.0, 1.0), lag)
    }

    /// Mean coherence over the chosen bins in which both channels have power.
    fn coherence(&mut self, pair: (usize, usize), nperseg: usize, chosen: impl Fn(usize, f64) -> bool) -> f64 {
        let Some(pieces) = self.pieces.iter_mut().find(|p| p.nperseg == nperseg) else { return f64::NAN };
        let Some(plan) = &pieces.plan else { return f64::NAN };
        let width = plan.bins();
        if pieces.pair != Some(pair) {
            pieces.pair = Some(pair);
            let (x, y) = (&pieces.bins[pair.0], &pieces.bins[pair.1]);
            pieces.coherence.clear();
            for k in 0..width {
                let cross: Complex64 = (k..x.len()).step_by(width).map(|i| x[i].conj() * y[i]).sum();
                let c = cross.norm() / pieces.power[pair.0][k].sqrt() / pieces.power[pair.1][k].sqrt();
                pieces.coherence.push(if c > 1.0 { 1.0 } else { c * c });
            }
        }
        let (mut sum, mut count) = (0.0, 0);
        for (k, c) in pieces.coherence.iter().enumerate() {
            if c.is_finite() && chosen(k, plan.step()) {
                sum += c;
                count += 1;
            }
        }
        if count > 0 { sum / f64::from(count) } else { f64::NAN }
    }
}
