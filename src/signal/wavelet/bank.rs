//! One level of a filter bank: analysis and synthesis in polyphase form.
//!
//! With L taps, h[j] the filter and y the extended signal, both kinds of boundary read
//! `out[k] = Σ_j h[j] y[2k + L-1-j]`; even and odd places of y are kept apart, so that neighbouring outputs read
//! neighbouring memory and the sums run in vector registers. Every output is one sum in the order of the taps: its bits
//! do not depend on how many stand beside it.

use super::boundary::Boundary;
use super::family::Wavelet;

/// Outputs computed side by side.
const BLOCK: usize = 8;

/// The filters of a wavelet, in the order in which the sums run.
#[derive(Debug, Clone)]
pub(super) struct Bank {
    /// Analysis: low-pass at even and odd places, high-pass at even and odd places.
    analysis: Vec<[f64; 4]>,
    /// Synthesis: even outputs from low and high, odd outputs from low and high.
    synthesis: Vec<[f64; 4]>,
    boundary: Boundary,
}

/// The extended signal, even and odd places apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Halves {
    even: Vec<f64>,
    odd: Vec<f64>,
}

impl Halves {
    /// Room for a signal of `len` samples, so that nothing grows later.
    pub(super) fn with_room(len: usize, taps: usize) -> Self {
        let room = len.div_ceil(2) + taps + 1;
        Self { even: Vec::with_capacity(room), odd: Vec::with_capacity(room) }
    }
}

impl Bank {
    pub(super) fn new(wavelet: Wavelet, boundary: Boundary) -> Self {
        let last = wavelet.len() - 1;
        let (lo, hi) = (wavelet.dec_lo(), wavelet.dec_hi());
        let analysis =
            (0..=last / 2).map(|q| [lo[last - 2 * q], lo[last - 1 - 2 * q], hi[last - 2 * q], hi[last - 1 - 2 * q]]);
        let (rlo, rhi) = (wavelet.rec_lo(), wavelet.rec_hi());
        let synthesis = (0..=last / 2)
            .map(|q| [rlo[last - 1 - 2 * q], rhi[last - 1 - 2 * q], rlo[last - 2 * q], rhi[last - 2 * q]]);
        Self { analysis: analysis.collect(), synthesis: synthesis.collect(), boundary }
    }

    pub(super) fn boundary(&self) -> Boundary {
        self.boundary
    }

    /// Half the number of taps.
    fn half(&self) -> usize {
        self.analysis.len()
    }

    /// Number of coefficients in each band of a signal of `len` samples.
    pub(super) fn band_len(&self, len: usize) -> usize {
        match self.boundary {
            Boundary::Periodization => len.div_ceil(2),
            _ => (len + 2 * self.half() - 1) / 2,
        }
    }

    /// Splits `x` into a low and a high band, both of [`band_len`](Self::band_len).
    pub(super) fn analyse(&self, x: &[f64], low: &mut [f64], high: &mut [f64], halves: &mut Halves) {
        let pairs = low.len() + self.half() - 1;
        let lead = if self.boundary == Boundary::Periodization { self.half() - 1 } else { 2 * self.half() - 2 };
        self.extend(x, lead, pairs, halves);
        let (even, odd) = (&halves.even[..], &halves.odd[..]);
        let (low_blocks, low_rest) = low.as_chunks_mut::<BLOCK>();
        let (high_blocks, high_rest) = high.as_chunks_mut::<BLOCK>();
        let done = low_blocks.len() * BLOCK;
        for (b, (low, high)) in low_blocks.iter_mut().zip(high_blocks).enumerate() {
            let (mut l, mut h) = ([0.0; BLOCK], [0.0; BLOCK]);
            let at = b * BLOCK;
            let (even, odd) = (&even[at..at + BLOCK + self.half() - 1], &odd[at..at + BLOCK + self.half() - 1]);
            let places = even.windows(BLOCK).zip(odd.windows(BLOCK));
            for (taps, (e, o)) in self.analysis.iter().zip(places) {
                for i in 0..BLOCK {
                    l[i] += taps[0] * e[i] + taps[1] * o[i];
                    h[i] += taps[2] * e[i] + taps[3] * o[i];
                }
            }
            (*low, *high) = (l, h);
        }
        for (i, (low, high)) in low_rest.iter_mut().zip(high_rest).enumerate() {
            let (mut l, mut h) = (0.0, 0.0);
            let at = done + i;
            for (taps, (e, o)) in self.analysis.iter().zip(even[at..].iter().zip(&odd[at..])) {
                l += taps[0] * e + taps[1] * o;
                h += taps[2] * e + taps[3] * o;
            }
            (*low, *high) = (l, h);
        }
    }

    /// Puts `x` with `lead` places before it into the halves, 2 `pairs` places in all.
    fn extend(&self, x: &[f64], lead: usize, pairs: usize, halves: &mut Halves) {
        let Halves { even, odd } = halves;
        even.clear();
        odd.clear();
        let outside = |place: usize| self.boundary.sample(x, place as isize - lead as isize);
        // Whole pairs before the samples, the samples two by two, the rest.
        let before = (lead / 2).min(pairs);
        for pair in 0..before {
            even.push(outside(2 * pair));
            odd.push(outside(2 * pair + 1));
        }
        let inside = if lead.is_multiple_of(2) {
            x
        } else {
            if before < pairs {
                even.push(outside(2 * before));
                odd.push(outside(2 * before + 1));
            }
            x.get(1..).unwrap_or(&[])
        };
        let (two, _) = inside.as_chunks::<2>();
        let two = &two[..two.len().min(pairs - even.len())];
        even.extend(two.iter().map(|p| p[0]));
        odd.extend(two.iter().map(|p| p[1]));
        for pair in even.len()..pairs {
            even.push(outside(2 * pair));
            odd.push(outside(2 * pair + 1));
        }
    }

    /// Undoes [`analyse`](Self::analyse): fills `x`, whose length is that of the signal that was split.
    pub(super) fn synthesise(&self, low: &[f64], high: &[f64], x: &mut [f64], halves: &mut Halves) {
        if self.boundary != Boundary::Periodization {
            self.interleave(low, high, x, 0);
            return;
        }
        // Bands that go on around the circle; the sums begin half a filter early.
        let n = low.len();
        if n == 0 {
            return;
        }
        let (half, skip) = (self.half(), (self.half() - 1) % 2);
        let count = (x.len() + skip).div_ceil(2) + half - 1;
        let first = (half - 1) / 2;
        let begin = (first + n * half - (half - 1)) % n;
        let around = |band: &[f64], out: &mut Vec<f64>| {
            out.clear();
            let mut at = begin;
            while out.len() < count {
                let piece = &band[at..(at + count - out.len()).min(n)];
                out.extend_from_slice(piece);
                at = 0;
            }
        };
        around(low, &mut halves.even);
        around(high, &mut halves.odd);
        self.interleave(&halves.even, &halves.odd, x, skip);
    }

    /// `out[2s]` and `out[2s+1]` from the bands at s, s+1, ...; the first `skip` (0 or 1) outputs are left out.
    fn interleave(&self, low: &[f64], high: &[f64], x: &mut [f64], skip: usize) {
        let pair = |at: usize| {
            let (mut even, mut odd) = (0.0, 0.0);
            for (taps, (l, h)) in self.synthesis.iter().zip(low[at..].iter().zip(&high[at..])) {
                even += taps[0] * l + taps[1] * h;
                odd += taps[2] * l + taps[3] * h;
            }
            (even, odd)
        };
        let (head, x) = x.split_at_mut(skip.min(x.len()));
        if let Some(x) = head.first_mut() {
            *x = pair(0).1;
        }
        let (blocks, rest) = x.as_chunks_mut::<{ 2 * BLOCK }>();
        let done = skip + blocks.len() * BLOCK;
        for (b, out) in blocks.iter_mut().enumerate() {
            let at = skip + b * BLOCK;
            let (mut even, mut odd) = ([0.0; BLOCK], [0.0; BLOCK]);
            let (low, high) = (&low[at..at + BLOCK + self.half() - 1], &high[at..at + BLOCK + self.half() - 1]);
            for (taps, (l, h)) in self.synthesis.iter().zip(low.windows(BLOCK).zip(high.windows(BLOCK))) {
                for i in 0..BLOCK {
                    even[i] += taps[0] * l[i] + taps[1] * h[i];
                    odd[i] += taps[2] * l[i] + taps[3] * h[i];
                }
            }
            for i in 0..BLOCK {
                (out[2 * i], out[2 * i + 1]) = (even[i], odd[i]);
            }
        }
        for (s, two) in rest.chunks_mut(2).enumerate() {
            let (even, odd) = pair(done + s);
            if let Some(x) = two.first_mut() {
                *x = even;
            }
            if let Some(x) = two.get_mut(1) {
                *x = odd;
            }
        }
    }
}
