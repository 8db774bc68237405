//! Cascades of second-order sections: batch, streaming and zero-phase.

use crate::error::{Error, Result};
use crate::signal::SampleRate;
use rustfft::num_complex::Complex64;
use std::f64::consts::TAU;

/// Samples between two visits to the states that drop subnormal remainders.
const FLUSH: usize = 64;

/// A recursive filter as a cascade of second-order sections, the form that keeps its precision at high orders.
///
/// Each section is `[b0, b1, b2, 1, a1, a2]`, SciPy's row format, and is run in transposed direct form II:
///
/// ```text
/// y = b0 x + s1;   s1 = (b1 x + s2) - a1 y;   s2 = b2 x - a2 y
/// ```
///
/// Cost: five multiplications a sample and section, no allocation but the output. States whose magnitude falls below
/// the smallest normal number (2.2e-308) are set to 0 every 64 samples, so that silence after a signal does not run
/// at the speed of subnormal arithmetic.
///
/// ```
/// use prognos::signal::{SampleRate, filter::Design};
/// let filter = Design::butterworth(2).lowpass(50.0, SampleRate::hz(1_000.0)?)?;
/// let x: Vec<f64> = (0..300).map(|i| f64::from(i % 7)).collect();
/// let whole = filter.filter(&x);
///
/// let mut live = filter.stream(); // the same bits, block by block
/// let mut pieces = Vec::new();
/// for block in x.chunks(48) {
///     live.process(block, &mut pieces);
/// }
/// assert_eq!(whole, pieces);
/// assert_eq!(filter.filtfilt(&x)?.len(), 300); // forward and backward: no delay
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Vec<[f64; 6]>", into = "Vec<[f64; 6]>"))]
pub struct Sos {
    sections: Vec<[f64; 6]>,
}

impl Sos {
    /// A cascade of given sections `[b0, b1, b2, a0, a1, a2]`; each is divided by its `a0`.
    ///
    /// Stability is not required: an integrator is a filter too.
    ///
    /// # Errors
    /// [`Error::TooFew`] without sections; [`Error::Parameter`] for a coefficient that is not finite (also after the
    /// division) or an `a0` of 0.
    pub fn new(sections: Vec<[f64; 6]>) -> Result<Self> {
        if sections.is_empty() {
            return Err(Error::too_few("second-order sections", 1, 0));
        }
        let sections: Vec<[f64; 6]> = sections.into_iter().map(|s| s.map(|c| c / s[3])).collect();
        match sections.iter().flatten().find(|c| !c.is_finite()) {
            None => Ok(Self { sections }),
            Some(c) => Err(Error::parameter("sections", c, "coefficients must be finite and `a0` not 0")),
        }
    }

    /// The sections `[b0, b1, b2, 1, a1, a2]` in the order in which they are run.
    #[must_use]
    pub fn sections(&self) -> &[[f64; 6]] {
        &self.sections
    }

    /// Gain (a ratio, not decibels) at `hz` hertz.
    #[must_use]
    pub fn gain(&self, hz: f64, rate: SampleRate) -> f64 {
        let z = Complex64::new(0.0, -TAU * hz / rate.as_hz()).exp();
        let ratio = |s: &[f64; 6]| (s[0] + z * (s[1] + z * s[2])) / (s[3] + z * (s[4] + z * s[5]));
        self.sections.iter().map(|s| ratio(s).norm()).product()
    }

    /// The filtered signal, as long as `x`, from rest (`scipy.signal.sosfilt`).
    #[must_use]
    pub fn filter(&self, x: &[f64]) -> Vec<f64> {
        let mut y = x.to_vec();
        self.stream().process_in_place(&mut y);
        y
    }

    /// A filter at rest that keeps its state between blocks.
    #[must_use]
    pub fn stream(&self) -> SosStream {
        SosStream { state: vec![[0.0; 2]; self.sections.len()], sections: self.sections.clone(), flushed: 0 }
    }

    /// A filter in the state it would have after `level` forever: a live signal with an offset starts without the
    /// step from 0.
    ///
    /// # Errors
    /// As [`Sos::steady_state`].
    pub fn stream_at(&self, level: f64) -> Result<SosStream> {
        let mut stream = self.stream();
        stream.state = self.steady_state()?.iter().map(|s| s.map(|v| v * level)).collect();
        Ok(stream)
    }

    /// State of every section after an input of 1 forever (`scipy.signal.sosfilt_zi`).
    ///
    /// # Errors
    /// [`Error::Numeric`] when a section has a pole at zero frequency (an integrator): it has no steady state.
    pub fn steady_state(&self) -> Result<Vec<[f64; 2]>> {
        let mut input = 1.0;
        let mut states = Vec::with_capacity(self.sections.len());
        for &[b0, b1, b2, _, a1, a2] in &self.sections {
            let output = input * (b0 + b1 + b2) / (1.0 + a1 + a2);
            if !output.is_finite() {
                return Err(Error::numeric("steady state", "a section has infinite gain at zero frequency"));
            }
            let second = b2 * input - a2 * output;
            states.push([b1 * input - a1 * output + second, second]);
            input = output;
        }
        Ok(states)
    }

    /// The signal filtered forward and backward: no delay, the gain applied twice (`scipy.signal.sosfiltfilt`).
    ///
    /// Both ends are continued by their point reflection over `3 (2 sections + 1 - first-order sections)` samples,
    /// and each pass starts in the steady state of its first sample.
    ///
    /// # Errors
    /// [`Error::TooFew`] unless `x` is longer than that continuation; [`Error::Numeric`] as [`Sos::steady_state`].
    pub fn filtfilt(&self, x: &[f64]) -> Result<Vec<f64>> {
        let zero_count = |c: usize| self.sections.iter().filter(|s| s[c].abs() < f64::MIN_POSITIVE).count();
        let edge = 3 * (2 * self.sections.len() + 1 - zero_count(2).min(zero_count(5)));
        let n = x.len();
        if n <= edge {
            return Err(Error::too_few("samples to filter forward and backward", edge + 1, n));
        }
        let (first, last) = (x[0], x[n - 1]);
        let mut y = Vec::with_capacity(n + 2 * edge);
        y.extend(x[1..=edge].iter().rev().map(|v| 2.0 * first - v));
        y.extend_from_slice(x);
        y.extend(x[n - 1 - edge..n - 1].iter().rev().map(|v| 2.0 * last - v));
        for _ in 0..2 {
            let start = y.first().copied().unwrap_or(0.0);
            self.stream_at(start)?.process_in_place(&mut y);
            y.reverse();
        }
        y.truncate(n + edge);
        y.drain(..edge);
        Ok(y)
    }
}

impl TryFrom<Vec<[f64; 6]>> for Sos {
    type Error = Error;
    fn try_from(sections: Vec<[f64; 6]>) -> Result<Self> {
        Self::new(sections)
    }
}

impl From<Sos> for Vec<[f64; 6]> {
    fn from(sos: Sos) -> Self {
        sos.sections
    }
}

/// A recursive filter with its state: blocks of any size give the same bits as one call over the whole signal.
#[derive(Debug, Clone, PartialEq)]
pub struct SosStream {
    sections: Vec<[f64; 6]>,
    state: Vec<[f64; 2]>,
    /// Samples since subnormal states were last dropped; below `FLUSH`.
    flushed: usize,
}

impl SosStream {
    /// Filters `block` and appends the result to `out`.
    pub fn process(&mut self, block: &[f64], out: &mut Vec<f64>) {
        let from = out.len();
        out.extend_from_slice(block);
        self.process_in_place(&mut out[from..]);
    }

    /// Filters `block` in place.
    pub fn process_in_place(&mut self, mut block: &mut [f64]) {
        // Cut at fixed distances from the first sample ever seen, so that the bits do not depend on the blocks.
        while !block.is_empty() {
            let (head, rest) = block.split_at_mut(block.len().min(FLUSH - self.flushed));
            self.run(head);
            self.flushed += head.len();
            if self.flushed == FLUSH {
                self.flushed = 0;
                for s in self.state.iter_mut().flatten().filter(|s| s.is_subnormal()) {
                    *s = 0.0;
                }
            }
            block = rest;
        }
    }

    /// Back to rest, as if nothing had been seen.
    pub fn reset(&mut self) {
        self.state.fill([0.0; 2]);
        self.flushed = 0;
    }

    /// Four, two or one sections at a time: neighbouring sections overlap in the processor.
    fn run(&mut self, block: &mut [f64]) {
        let (fours, rest) = self.sections.as_chunks::<4>();
        let (twos, one) = rest.as_chunks::<2>();
        let (four_states, rest) = self.state.as_chunks_mut::<4>();
        let (two_states, one_state) = rest.as_chunks_mut::<2>();
        fours.iter().zip(four_states).for_each(|(c, s)| cascade(c, s, block));
        twos.iter().zip(two_states).for_each(|(c, s)| cascade(c, s, block));
        one.iter().zip(one_state).for_each(|(c, s)| cascade(&[*c], std::array::from_mut(s), block));
    }
}

/// `N` sections over a block, sample by sample.
#[inline]
fn cascade<const N: usize>(sections: &[[f64; 6]; N], state: &mut [[f64; 2]; N], block: &mut [f64]) {
    let mut s = *state;
    for v in block {
        let mut x = *v;
        for k in 0..N {
            let [b0, b1, b2, _, a1, a2] = sections[k];
            let y = b0 * x + s[k][0];
            // In this order only one product and two sums separate one output from the next.
            s[k][0] = (b1 * x + s[k][1]) - a1 * y;
            s[k][1] = b2 * x - a2 * y;
            x = y;
        }
        *v = x;
    }
    *state = s;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::filter::Design;

    fn unit() -> SampleRate {
        SampleRate::hz(2.0).unwrap()
    }

    #[test]
    fn steady_state_is_that_of_scipy_and_keeps_a_constant() {
        let sos = Design::chebyshev1(3, 0.5).bandstop(0.1, 0.25, unit()).unwrap();
        // scipy.signal.sosfilt_zi(cheby1(3, 0.5, [0.1, 0.25], "bandstop", output="sos"))
        let expected = [
            [0.23437660614855244, 0.23437660614855307],
            [-0.4293000048259737, 0.4949451924638429],
            [0.5833459907852712, -0.5059760968940492],
        ];
        for (f, e) in sos.steady_state().unwrap().iter().flatten().zip(expected.iter().flatten()) {
            assert!((f - e).abs() < 1e-9);
        }
        let mut y = vec![7.0; 500];
        sos.stream_at(7.0).unwrap().process_in_place(&mut y);
        assert!(y.iter().all(|v| (v - 7.0 * sos.gain(0.0, unit())).abs() < 1e-12));
        let integrator = Sos::new(vec![[1.0, 0.0, 0.0, 1.0, -1.0, 0.0]]).unwrap();
        assert_eq!(integrator.filter(&[1.0, 1.0, 1.0]), [1.0, 2.0, 3.0]);
        assert!(matches!(integrator.steady_state(), Err(Error::Numeric { .. })));
    }

    #[test]
    fn forward_and_backward_is_that_of_scipy() {
        let sos = Design::butterworth(3).lowpass(0.25, unit()).unwrap();
        let x: Vec<f64> = (0..40).map(|i| f64::from((i * i * 7 + 3 * i) % 11 - 5)).collect();
        let y = sos.filtfilt(&x).unwrap();
        // scipy.signal.sosfiltfilt(butter(3, 0.25, output="sos"), x)[[0, 1, 20, 39]]
        let expected = [-4.983510045714356, -2.736008645919113, -1.2534249580426604, 1.0006991583005236];
        for (f, e) in [y[0], y[1], y[20], y[39]].iter().zip(expected) {
            assert!((f - e).abs() < 1e-9, "{f}, expected {e}");
        }
        // A third-order filter has one first-order section: 3 (2 * 2 + 1 - 1) = 12 samples are added.
        assert!(matches!(sos.filtfilt(&x[..12]), Err(Error::TooFew { needed: 13, found: 12, .. })));
        assert!(sos.filtfilt(&x[..13]).is_ok());
    }

    #[test]
    fn silence_ends_in_exact_zeros() {
        let mut stream = Design::butterworth(4).lowpass(0.2, unit()).unwrap().stream();
        stream.process_in_place(&mut [1.0; 10]);
        let mut silence = vec![0.0; 20_000];
        stream.process_in_place(&mut silence);
        assert!(stream.state.iter().flatten().all(|s| s.abs() < f64::MIN_POSITIVE && !s.is_subnormal()));
        assert!(silence.iter().filter(|v| v.is_subnormal()).count() < 2 * FLUSH);
    }

    #[test]
    fn bad_sections_are_refused() {
        assert!(matches!(Sos::new(vec![]), Err(Error::TooFew { .. })));
        assert!(matches!(Sos::new(vec![[1.0, 0.0, 0.0, 0.0, 0.0, 0.0]]), Err(Error::Parameter { .. })));
        assert!(matches!(Sos::new(vec![[f64::NAN, 0.0, 0.0, 1.0, 0.0, 0.0]]), Err(Error::Parameter { .. })));
    }
}
