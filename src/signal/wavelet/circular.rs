//! Circular filters with holes, for the transforms without decimation.

use crate::error::{Error, Result};

/// Outputs computed side by side.
const BLOCK: usize = 8;

/// `out[t] = Σ_j taps[j] x[(t + shift_j) mod n]`, for a pair of filters over the same places or for a pair of inputs.
#[derive(Debug, Clone)]
pub(super) struct Ring {
    /// Where the sum of output 0 reads for each tap.
    places: Vec<usize>,
    len: usize,
}

impl Ring {
    /// Places `offset + direction * stride * j`, modulo `len`, for `taps` taps.
    pub(super) fn new(len: usize, taps: usize, offset: i128, step: i128) -> Self {
        let place = |j: usize| (offset + step * j as i128).rem_euclid(len as i128) as usize;
        Self { places: (0..taps).map(place).collect(), len }
    }

    /// Two filters over one signal, which stands in `twice` two times in a row.
    pub(super) fn split(&self, filters: &[[f64; 2]], twice: &[f64], low: &mut [f64], high: &mut [f64]) {
        let (low_blocks, low_rest) = low.as_chunks_mut::<BLOCK>();
        let (high_blocks, high_rest) = high.as_chunks_mut::<BLOCK>();
        let done = low_blocks.len() * BLOCK;
        for (b, (low, high)) in low_blocks.iter_mut().zip(high_blocks).enumerate() {
            let (mut l, mut h) = ([0.0; BLOCK], [0.0; BLOCK]);
            for (&place, taps) in self.places.iter().zip(filters) {
                let at = place + b * BLOCK;
                if let Some(x) = twice[at..].first_chunk::<BLOCK>() {
                    for i in 0..BLOCK {
                        l[i] += taps[0] * x[i];
                        h[i] += taps[1] * x[i];
                    }
                }
            }
            (*low, *high) = (l, h);
        }
        for (i, (low, high)) in low_rest.iter_mut().zip(high_rest).enumerate() {
            let (mut l, mut h) = (0.0, 0.0);
            for (&place, taps) in self.places.iter().zip(filters) {
                let x = twice[place + done + i];
                l += taps[0] * x;
                h += taps[1] * x;
            }
            (*low, *high) = (l, h);
        }
    }

    /// The sum of two filters over two bands, each of which stands two times in a row.
    pub(super) fn join(&self, filters: &[[f64; 2]], low: &[f64], high: &[f64], out: &mut [f64]) {
        let (blocks, rest) = out.as_chunks_mut::<BLOCK>();
        let done = blocks.len() * BLOCK;
        for (b, out) in blocks.iter_mut().enumerate() {
            let mut sum = [0.0; BLOCK];
            for (&place, taps) in self.places.iter().zip(filters) {
                let at = place + b * BLOCK;
                if let (Some(l), Some(h)) = (low[at..].first_chunk::<BLOCK>(), high[at..].first_chunk::<BLOCK>()) {
                    for i in 0..BLOCK {
                        sum[i] += taps[0] * l[i] + taps[1] * h[i];
                    }
                }
            }
            *out = sum;
        }
        for (i, out) in rest.iter_mut().enumerate() {
            let places = self.places.iter().map(|place| place + done + i);
            *out = places.zip(filters).map(|(at, taps)| taps[0] * low[at] + taps[1] * high[at]).sum();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}

/// Puts `x` two times in a row.
pub(super) fn twice(x: &[f64], out: &mut Vec<f64>) {
    out.clear();
    out.extend_from_slice(x);
    out.extend_from_slice(x);
}

/// Working memory of a transform without decimation: the signal in work and its detail, both doubled.
#[derive(Debug, Clone, Default)]
pub(super) struct RingScratch {
    pub(super) low: Vec<f64>,
    pub(super) high: Vec<f64>,
    pub(super) next: Vec<f64>,
}

impl RingScratch {
    pub(super) fn with_room(len: usize) -> Self {
        Self { low: Vec::with_capacity(2 * len), high: Vec::with_capacity(2 * len), next: vec![0.0; len] }
    }
}

/// The cascade: `rings` and `filters` from the finest level on.
#[derive(Debug, Clone)]
pub(super) struct Cascade {
    pub(super) analysis: Vec<Ring>,
    pub(super) synthesis: Vec<Ring>,
    pub(super) split: Vec<[f64; 2]>,
    pub(super) join: Vec<[f64; 2]>,
}

impl Cascade {
    fn check(&self, x: usize, out: usize, scratch: &RingScratch) -> Result<usize> {
        let len = self.analysis.first().map_or(0, Ring::len);
        for (what, expected, found) in [
            ("samples of a wavelet transform", len, x),
            ("coefficients of a wavelet transform", len * (self.analysis.len() + 1), out),
            ("scratch of a wavelet transform", len, scratch.next.len()),
        ] {
            if expected != found {
                return Err(Error::shape(what, expected, found));
            }
        }
        Ok(len)
    }

    /// Details of level 1, 2, ..., then the approximation. `each` sees the approximation of every level.
    pub(super) fn forward(
        &self,
        x: &[f64],
        out: &mut [f64],
        scratch: &mut RingScratch,
        mut each: impl FnMut(usize, &[f64]),
    ) -> Result<()> {
        let len = self.check(x.len(), out.len(), scratch)?;
        twice(x, &mut scratch.low);
        let (details, approximation) = out.split_at_mut(len * self.analysis.len());
        for (level, (ring, detail)) in self.analysis.iter().zip(details.chunks_exact_mut(len)).enumerate() {
            ring.split(&self.split, &scratch.low, &mut scratch.next, detail);
            each(level, &scratch.next);
            twice(&scratch.next, &mut scratch.low);
        }
        approximation.copy_from_slice(&scratch.next);
        Ok(())
    }

    /// Undoes [`forward`](Self::forward).
    pub(super) fn inverse(&self, coefficients: &[f64], x: &mut [f64], scratch: &mut RingScratch) -> Result<()> {
        let len = self.check(x.len(), coefficients.len(), scratch)?;
        let (details, approximation) = coefficients.split_at(len * self.analysis.len());
        x.copy_from_slice(approximation);
        for (ring, detail) in self.synthesis.iter().zip(details.chunks_exact(len)).rev() {
            twice(x, &mut scratch.low);
            twice(detail, &mut scratch.high);
            ring.join(&self.join, &scratch.low, &scratch.high, x);
        }
        Ok(())
    }
}
