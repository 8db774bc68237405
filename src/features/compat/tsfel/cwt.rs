//! The Mexican hat of PyWavelets, at TSFEL's widths, and what TSFEL asks of it.
//!
//! # What PyWavelets computes
//! The wavelet `psi(x) = 2 / (sqrt(3) pi^(1/4)) (1 - x²) exp(-x² / 2)` is summed on 4,096 points of -8..8; the
//! transform of width w is the difference of neighbours of the samples convolved with every `w`-th of that integral,
//! times `-sqrt(w)`. The points are found by rounding down, so the kernel is not quite symmetric: that is kept.
//!
//! # Here
//! The difference goes into the kernel, and one transform of the samples serves all widths: each width is a product
//! and one inverse transform. The mean is taken out before, and put back where the kernel sticks out of the window
//! (inside, the kernel adds up to nothing): an offset costs no digits.
//!
//! # Cost
//! `O((n + 16 w) log(n + 16 w))` a width. Memory: the kernel's transform, one per width.

use crate::math::lanes;
use crate::signal::spectral::{Complex64, FftScratch, RealFft};
use std::sync::LazyLock;

/// Points on which the wavelet is summed, and half of the range that they cover.
const POINTS: usize = 4096;
const REACH: f64 = 8.0;

/// Largest width.
pub(super) const MAX_WIDTH: usize = 100;

/// Widths up to this share one transform of the samples; each doubling beyond has another, so that a width has the
/// same bits whatever other widths are asked for.
const NEAR: usize = 9;

/// Running sum of the wavelet, and the step between its points.
static INTEGRAL: LazyLock<(Vec<f64>, f64)> = LazyLock::new(|| {
    let spacing = 2.0 * REACH / (POINTS - 1) as f64;
    let at = |i: usize| if i + 1 == POINTS { REACH } else { i as f64 * spacing - REACH };
    let step = at(1) - at(0);
    let height = 2.0 / (3.0_f64.sqrt() * std::f64::consts::PI.sqrt().sqrt());
    let mut sum = 0.0;
    let integral = (0..POINTS).map(|i| {
        let square = at(i) * at(i);
        sum += height * (1.0 - square) * (-square / 2.0).exp();
        sum * step
    });
    (integral.collect(), step)
});

/// The integral at the points of one width, in the order of the convolution.
pub(super) fn kernel(width: usize) -> Vec<f64> {
    let (integral, step) = &*INTEGRAL;
    let w = width as f64;
    // The product is PyWavelets': whether it is rounded up decides which points are taken.
    let place = |i: usize| (i as f64 / (w * step)) as usize;
    let mut kernel: Vec<f64> = (0..=width * 16).map(place).filter_map(|j| integral.get(j).copied()).collect();
    kernel.reverse();
    kernel
}

/// What TSFEL asks of the coefficients of one width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct WidthStats {
    pub(crate) mean: f64,
    /// Divisor n.
    pub(crate) variance: f64,
    pub(crate) sum_abs: f64,
    pub(crate) sum_squares: f64,
}

impl WidthStats {
    const NONE: Self = Self { mean: f64::NAN, variance: f64::NAN, sum_abs: f64::NAN, sum_squares: f64::NAN };

    fn of(coefficients: &[f64]) -> Self {
        let n = coefficients.len() as f64;
        let mean = lanes::sum(coefficients) / n;
        Self {
            mean,
            variance: lanes::sum_squared_deviations(coefficients, mean) / n,
            sum_abs: lanes::sum_by(coefficients, f64::abs),
            sum_squares: lanes::sum_squares(coefficients),
        }
    }
}

/// One width, for windows of one length.
#[derive(Debug)]
struct Width {
    width: usize,
    /// [`kernel`].
    taps: Vec<f64>,
    /// Transform of its difference, times `-sqrt(width)`.
    bins: Vec<Complex64>,
    stats: WidthStats,
}

/// The widths that share a transform of the samples.
#[derive(Debug)]
struct Bank {
    fft: RealFft,
    scratch: FftScratch,
    samples: Vec<Complex64>,
    product: Vec<Complex64>,
    time: Vec<f64>,
    widths: Vec<Width>,
}

/// Statistics of the transform at several widths, for windows of one length.
#[derive(Debug, Default)]
pub(crate) struct Cwt {
    banks: Vec<Bank>,
}

/// Largest width of the bank that `width` belongs to.
fn bank_of(width: usize) -> usize {
    let mut largest = NEAR;
    while largest < width {
        largest *= 2;
    }
    largest
}

/// The smallest multiple of 16 from `n` on that has no prime factor above 5: a length the FFT does fast.
pub(super) fn fast_length(n: usize) -> usize {
    let smooth = |mut m: usize| {
        for p in [2, 3, 5] {
            while m.is_multiple_of(p) {
                m /= p;
            }
        }
        m == 1
    };
    let mut m = n.div_ceil(16).max(1);
    while !smooth(m) {
        m += 1;
    }
    m * 16
}

impl Cwt {
    /// For windows of `len` samples. Without samples or widths there is nothing to compute.
    pub(crate) fn new(widths: &[usize], len: usize) -> Self {
        let mut banks: Vec<Bank> = Vec::new();
        if len == 0 {
            return Self { banks };
        }
        for &width in widths {
            let largest = bank_of(width);
            // What wraps around falls before the part that is kept: half of the kernel of the largest width.
            let size = fast_length(len + 8 * largest + 2);
            let place = match banks.iter().position(|b| b.fft.len() == size && bank_of(b.widths[0].width) == largest) {
                Some(place) => place,
                None => {
                    let Ok(fft) = RealFft::new(size) else { continue };
                    banks.push(Bank {
                        scratch: fft.scratch(),
                        samples: fft.zero_bins(),
                        product: fft.zero_bins(),
                        time: vec![0.0; size],
                        widths: Vec::new(),
                        fft,
                    });
                    banks.len() - 1
                }
            };
            if let Some(bank) = banks.get_mut(place) {
                bank.add(width);
            }
        }
        Self { banks }
    }

    /// Computes the statistics for a window of the planned length.
    pub(crate) fn compute(&mut self, x: &[f64]) {
        for bank in &mut self.banks {
            bank.compute(x);
        }
    }

    /// The statistics of a width; NaN for one that was not planned.
    pub(crate) fn stats(&self, width: usize) -> WidthStats {
        let mut all = self.banks.iter().flat_map(|b| &b.widths);
        all.find(|w| w.width == width).map_or(WidthStats::NONE, |w| w.stats)
    }
}

impl Bank {
    fn add(&mut self, width: usize) {
        let taps = kernel(width);
        let scale = -(width as f64).sqrt();
        // A kernel longer than the transform wraps around, as the convolution does.
        let size = self.time.len();
        self.time.fill(0.0);
        let mut before = 0.0;
        for (i, &tap) in taps.iter().chain(&[0.0]).enumerate() {
            self.time[i % size] += scale * (tap - before);
            before = tap;
        }
        let mut bins = self.fft.zero_bins();
        if self.fft.forward(&self.time, &mut bins, &mut self.scratch).is_ok() {
            self.widths.push(Width { width, taps, bins, stats: WidthStats::NONE });
        }
    }

    fn compute(&mut self, x: &[f64]) {
        let n = x.len();
        let mean = lanes::mean(x);
        let centred = |real: &mut [f64]| {
            let (head, tail) = real.split_at_mut(n.min(real.len()));
            head.iter_mut().zip(x).for_each(|(r, v)| *r = v - mean);
            tail.fill(0.0);
        };
        let done = self.fft.forward_with(centred, &mut self.samples, &mut self.scratch).is_ok();
        for width in &mut self.widths {
            let products = self.product.iter_mut().zip(self.samples.iter().zip(&width.bins));
            products.for_each(|(p, (x, k))| *p = x * k);
            let done = done && self.fft.inverse(&self.product, &mut self.time, &mut self.scratch).is_ok();
            width.stats = if done { width.statistics(&mut self.time, mean, n) } else { WidthStats::NONE };
        }
    }
}

impl Width {
    /// Cuts the middle out of the convolution and puts the response to the mean back at both ends.
    fn statistics(&self, time: &mut [f64], mean: f64, n: usize) -> WidthStats {
        let start = (self.taps.len() - 2) / 2 + 1;
        let Some(kept) = time.get_mut(start..start + n) else { return WidthStats::NONE };
        let level = -(self.width as f64).sqrt() * mean;
        for (c, tap) in kept.iter_mut().zip(&self.taps[start..]) {
            *c += level * tap;
        }
        // The kernel's first tap leaves the window at its end: from there the taps before are missing.
        let leaving = (n.saturating_sub(start)..n).zip(&self.taps[start.saturating_sub(n)..]);
        for (t, tap) in leaving {
            kept[t] -= level * tap;
        }
        WidthStats::of(kept)
    }
}
