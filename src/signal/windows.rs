//! A view of samples, and windows over it without copying.

use super::SampleRate;
use crate::error::{Error, Result};

/// Equally spaced samples and their rate: a view that costs nothing to copy.
///
/// ```
/// use prognos::signal::{SampleRate, Signal, WindowSpec};
/// let x: Vec<f64> = (0..10).map(f64::from).collect();
/// let signal = Signal::new(&x, SampleRate::hz(100.0)?);
/// let windows = signal.windows(WindowSpec::sliding(4, 2))?;
/// let starts: Vec<usize> = windows.map(|w| w.start).collect();
/// assert_eq!(starts, [0, 2, 4, 6]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signal<'a> {
    samples: &'a [f64],
    rate: SampleRate,
}

impl<'a> Signal<'a> {
    /// A view of `samples` taken at `rate`. NaN marks a missing sample.
    #[must_use]
    pub fn new(samples: &'a [f64], rate: SampleRate) -> Self {
        Self { samples, rate }
    }

    /// The samples.
    #[must_use]
    pub fn samples(self) -> &'a [f64] {
        self.samples
    }

    /// The sample rate.
    #[must_use]
    pub fn rate(self) -> SampleRate {
        self.rate
    }

    /// Number of samples.
    #[must_use]
    pub fn len(self) -> usize {
        self.samples.len()
    }

    /// Whether there is no sample at all.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.samples.is_empty()
    }

    /// Length in seconds: number of samples times the sample period.
    #[must_use]
    pub fn duration(self) -> f64 {
        self.rate.seconds(self.samples.len())
    }

    /// The part from sample `from` (counted from 0) up to but not including `to`; both are cut to the length.
    #[must_use]
    pub fn slice(self, from: usize, to: usize) -> Self {
        let to = to.min(self.samples.len());
        Self { samples: &self.samples[from.min(to)..to], rate: self.rate }
    }

    /// Windows over the samples. A signal shorter than the first window has none.
    ///
    /// # Errors
    /// [`Error::Parameter`] when a length or a hop of `spec` is zero (or a time rounds to zero samples).
    pub fn windows(self, spec: WindowSpec) -> Result<Windows<'a>> {
        let layout = spec.resolve(self.rate)?;
        Ok(Windows { signal: self, layout, next: 0, end: layout.count(self.samples.len()) })
    }
}

/// One window: a piece of a signal, and where it begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window<'a> {
    /// The samples of this window.
    pub samples: &'a [f64],
    /// Sample rate of the signal.
    pub rate: SampleRate,
    /// Index of the first sample in the signal.
    pub start: usize,
}

/// How a signal is cut into windows.
///
/// A window ends no later than the last sample: nothing is padded, and a remainder shorter than a window is left out.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "snake_case"))]
#[non_exhaustive]
pub enum WindowSpec {
    /// `len` samples, the next window `hop` samples later.
    Sliding {
        /// Samples in a window.
        len: usize,
        /// Samples from the start of one window to the start of the next.
        hop: usize,
    },
    /// As `Sliding`, in seconds; each is rounded to the nearest whole number of samples.
    SlidingSeconds {
        /// Seconds in a window.
        len: f64,
        /// Seconds from the start of one window to the start of the next.
        hop: f64,
    },
    /// From the very first sample up to a point that moves on by `hop`: everything known so far.
    Expanding {
        /// Samples in the first window.
        first: usize,
        /// Samples by which every following window is longer.
        hop: usize,
    },
    /// One window, the first `first` samples: the machine's own healthy baseline.
    Anchored {
        /// Samples in the window.
        first: usize,
    },
}

impl WindowSpec {
    /// `len` samples every `hop` samples. Overlap is `len - hop`; `hop > len` leaves samples out.
    #[must_use]
    pub fn sliding(len: usize, hop: usize) -> Self {
        Self::Sliding { len, hop }
    }

    /// `len` seconds every `hop` seconds, each rounded to the nearest whole number of samples.
    #[must_use]
    pub fn sliding_seconds(len: f64, hop: f64) -> Self {
        Self::SlidingSeconds { len, hop }
    }

    /// The first `first` samples, then `hop` more with every window.
    #[must_use]
    pub fn expanding(first: usize, hop: usize) -> Self {
        Self::Expanding { first, hop }
    }

    /// The first `first` samples and nothing else.
    #[must_use]
    pub fn anchored(first: usize) -> Self {
        Self::Anchored { first }
    }

    /// The layout in samples at a rate.
    pub(crate) fn resolve(self, rate: SampleRate) -> Result<Layout> {
        let layout = match self {
            Self::Sliding { len, hop } => Layout { first: len, hop, kind: Kind::Sliding },
            Self::SlidingSeconds { len, hop } => {
                Layout { first: rate.samples(len)?, hop: rate.samples(hop)?, kind: Kind::Sliding }
            }
            Self::Expanding { first, hop } => Layout { first, hop, kind: Kind::Expanding },
            Self::Anchored { first } => Layout { first, hop: 1, kind: Kind::Anchored },
        };
        if layout.first == 0 {
            return Err(Error::parameter("len", layout.first, "a window needs at least one sample"));
        }
        if layout.hop == 0 {
            return Err(Error::parameter("hop", layout.hop, "windows must move on by at least one sample"));
        }
        Ok(layout)
    }
}

/// A window specification in samples, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    first: usize,
    hop: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sliding,
    Expanding,
    Anchored,
}

impl Layout {
    /// Number of windows in `n` samples.
    pub(crate) fn count(self, n: usize) -> usize {
        match n.checked_sub(self.first) {
            None => 0,
            Some(_) if self.kind == Kind::Anchored => 1,
            Some(rest) => rest / self.hop + 1,
        }
    }

    /// First sample and the sample after the last of window `i`; saturates instead of overflowing.
    pub(crate) fn bounds(self, i: usize) -> (usize, usize) {
        let moved = i.saturating_mul(self.hop);
        match self.kind {
            Kind::Sliding => (moved, moved.saturating_add(self.first)),
            Kind::Expanding => (0, moved.saturating_add(self.first)),
            Kind::Anchored => (0, self.first),
        }
    }

    /// The length that all windows share, if they do.
    pub(crate) fn common_len(self) -> Option<usize> {
        (self.kind != Kind::Expanding).then_some(self.first)
    }
}

/// Windows over a signal: an iterator that knows its length and gives any window by number.
#[derive(Debug, Clone, Copy)]
pub struct Windows<'a> {
    signal: Signal<'a>,
    layout: Layout,
    next: usize,
    end: usize,
}

impl<'a> Windows<'a> {
    /// Window number `i` of those that are left, counted from 0.
    #[must_use]
    pub fn get(&self, i: usize) -> Option<Window<'a>> {
        let i = self.next.checked_add(i).filter(|&i| i < self.end)?;
        let (start, stop) = self.layout.bounds(i);
        let samples = self.signal.samples.get(start..stop)?;
        Some(Window { samples, rate: self.signal.rate, start })
    }

    /// The signal that is cut.
    #[must_use]
    pub fn signal(&self) -> Signal<'a> {
        self.signal
    }

    /// The length that all windows share; `None` when they differ (expanding).
    #[must_use]
    pub fn common_len(&self) -> Option<usize> {
        self.layout.common_len()
    }
}

impl<'a> Iterator for Windows<'a> {
    type Item = Window<'a>;

    fn next(&mut self) -> Option<Window<'a>> {
        let window = self.get(0)?;
        self.next += 1;
        Some(window)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Windows<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(n: usize, spec: WindowSpec) -> Vec<(usize, usize)> {
        let x = vec![0.0; n];
        let windows = Signal::new(&x, SampleRate::ONE_HZ).windows(spec).unwrap();
        assert_eq!(windows.len(), windows.count());
        windows.map(|w| (w.start, w.samples.len())).collect()
    }

    #[test]
    fn every_kind_cuts_as_documented() {
        assert_eq!(bounds(10, WindowSpec::sliding(4, 3)), [(0, 4), (3, 4), (6, 4)]);
        assert_eq!(bounds(3, WindowSpec::sliding(4, 3)), []);
        assert_eq!(bounds(8, WindowSpec::expanding(3, 2)), [(0, 3), (0, 5), (0, 7)]);
        assert_eq!(bounds(8, WindowSpec::anchored(5)), [(0, 5)]);
        assert_eq!(bounds(10, WindowSpec::sliding_seconds(4.4, 3.0)), [(0, 4), (3, 4), (6, 4)]);
    }

    #[test]
    fn zero_lengths_and_bad_times_are_errors() {
        let x = [0.0; 4];
        let signal = Signal::new(&x, SampleRate::ONE_HZ);
        for spec in [
            WindowSpec::sliding(0, 1),
            WindowSpec::sliding(1, 0),
            WindowSpec::expanding(0, 1),
            WindowSpec::anchored(0),
            WindowSpec::sliding_seconds(f64::NAN, 1.0),
            WindowSpec::sliding_seconds(1.0, -1.0),
            WindowSpec::sliding_seconds(0.1, 1.0),
        ] {
            assert!(matches!(signal.windows(spec), Err(Error::Parameter { .. })), "{spec:?}");
        }
    }

    #[test]
    fn a_huge_hop_does_not_overflow() {
        let x = [0.0; 4];
        let signal = Signal::new(&x, SampleRate::ONE_HZ);
        assert_eq!(signal.windows(WindowSpec::sliding(2, usize::MAX)).unwrap().count(), 1);
        assert_eq!(signal.windows(WindowSpec::sliding(usize::MAX, 1)).unwrap().count(), 0);
    }
}
