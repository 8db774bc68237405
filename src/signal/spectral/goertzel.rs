//! One frequency of the Fourier transform, sample by sample.
//!
//! When a few known frequencies matter (line frequency, shaft speed, one bearing line) a filter with two numbers of state
//! gives `X(f) = sum_n x_n exp(-2 pi i f n / fs)` at any `f`, on a bin or not, while the samples arrive.
//!
//! Source: G. Goertzel, "An algorithm for the evaluation of finite trigonometric series", Amer. Math. Monthly 65 (1958), in
//! Reinsch's form (J. Stoer, R. Bulirsch, "Introduction to Numerical Analysis", 2.3.2), which keeps its digits near 0 Hz and near
//! half of the sample rate where the plain recursion loses them.
//!
//! Cost: two multiplications a sample. For more than about `log2 N` frequencies of one block a [transform](super::RealFft) is faster.

use crate::error::{Error, Result};
use crate::signal::SampleRate;
use rustfft::num_complex::Complex64;
use std::f64::consts::TAU;

/// A running single-frequency Fourier transform.
///
/// ```
/// use prognos::signal::{SampleRate, spectral::Goertzel};
/// let mut line = Goertzel::new(50.0, SampleRate::hz(1000.0)?)?;
/// for i in 0..200 {
///     line.push((std::f64::consts::TAU * 0.05 * f64::from(i)).cos());
/// }
/// assert!((line.magnitude() - 100.0).abs() < 1e-10); // N / 2 times the amplitude
/// assert!((line.amplitude() - 1.0).abs() < 1e-12);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goertzel {
    /// Cycles a sample, 0 to 0.5.
    cycles: f64,
    /// `2 cos w - 2` or, in the upper half, `2 cos w + 2`.
    kappa: f64,
    upper: bool,
    state: f64,
    change: f64,
    count: u64,
}

impl Goertzel {
    /// The transform at `frequency` Hz.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless the frequency lies from 0 to half of the sample rate.
    pub fn new(frequency: f64, rate: SampleRate) -> Result<Self> {
        let cycles = frequency / rate.as_hz();
        if !(0.0..=0.5).contains(&cycles) {
            return Err(Error::parameter("frequency", frequency, "must lie from 0 Hz to half of the sample rate"));
        }
        let half = 0.5 * TAU * cycles;
        let upper = cycles > 0.25;
        let kappa = if upper { 4.0 * half.cos().powi(2) } else { -4.0 * half.sin().powi(2) };
        Ok(Self { cycles, kappa, upper, state: 0.0, change: 0.0, count: 0 })
    }

    /// Takes one sample.
    pub fn push(&mut self, sample: f64) {
        if self.upper {
            self.change = sample + self.kappa * self.state - self.change;
            self.state = self.change - self.state;
        } else {
            self.change += sample + self.kappa * self.state;
            self.state += self.change;
        }
        self.count += 1;
    }

    /// Takes many samples.
    pub fn extend(&mut self, samples: &[f64]) {
        samples.iter().for_each(|&x| self.push(x));
    }

    /// Forgets all samples.
    pub fn reset(&mut self) {
        (self.state, self.change, self.count) = (0.0, 0.0, 0);
    }

    /// Samples taken so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// `sum_n x_n exp(-2 pi i f n / fs)` over the samples so far; 0 when there are none. NaN or infinite after such a sample.
    #[must_use]
    pub fn value(&self) -> Complex64 {
        if self.count == 0 {
            return Complex64::default();
        }
        let (sin, cos) = (TAU * self.cycles).sin_cos();
        let turn = Complex64::new(cos, -sin);
        // s_N - turn s_{N-1}, with s_{N-1} from the change so that nothing cancels.
        let (half_sin, half_cos) = (0.5 * TAU * self.cycles).sin_cos();
        let last = if self.upper {
            // s_{N-1} = change - s_N
            let plus = Complex64::new(2.0 * half_cos * half_cos, -2.0 * half_sin * half_cos);
            plus * self.state - turn * self.change
        } else {
            // s_{N-1} = s_N - change
            let minus = Complex64::new(2.0 * half_sin * half_sin, 2.0 * half_sin * half_cos);
            minus * self.state + turn * self.change
        };
        // Whole turns first: the phase after a million samples keeps its digits.
        let turns = self.cycles * (self.count - 1) as f64;
        let (sin, cos) = (TAU * (turns - turns.floor())).sin_cos();
        last * Complex64::new(cos, -sin)
    }

    /// `|X(f)|`.
    #[must_use]
    pub fn magnitude(&self) -> f64 {
        self.value().norm()
    }

    /// Amplitude of a sine at this frequency, `2 |X| / N` (`|X| / N` at 0 Hz and at half of the sample rate). NaN without samples.
    #[must_use]
    pub fn amplitude(&self) -> f64 {
        if self.count == 0 {
            return f64::NAN;
        }
        let sides = if self.cycles > 0.0 && self.cycles < 0.5 { 2.0 } else { 1.0 };
        sides * self.magnitude() / self.count as f64
    }
}
