//! Features of a stream: blocks of samples in, rows of completed windows out.

use super::FeatureMatrix;
use super::plan::Extractor;
use super::set::{FeatureSet, NanPolicy, check_window};
use crate::error::{Error, Result};
use crate::signal::{SampleRate, Window, WindowSpec};
use ndarray::Array2;
use std::sync::Arc;

/// Takes samples in blocks of any size; gives the same rows, to the bit, as [`FeatureSet::extract`] on the whole
/// signal. Memory: one window and the buffers of the features, however long the stream.
///
/// ```
/// use prognos::features::FeatureSet;
/// use prognos::signal::{SampleRate, WindowSpec};
/// let set = FeatureSet::from_names(["mean", "maximum"])?;
/// let mut stream = set.stream(WindowSpec::sliding(4, 2), SampleRate::hz(10.0)?)?;
/// assert_eq!(stream.push(&[1.0, 2.0, 3.0])?.nrows(), 0);
/// let rows = stream.push(&[4.0, 5.0, 6.0])?;
/// assert_eq!(rows.starts(), [0, 2]);
/// assert_eq!(rows.column("maximum")?.to_vec(), [4.0, 6.0]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FeatureStream {
    extractor: Extractor,
    names: Arc<[String]>,
    policy: NanPolicy,
    rate: SampleRate,
    len: usize,
    hop: usize,
    /// The samples of the window in the making.
    held: Vec<f64>,
    /// Samples to pass over before the next window begins (hop > len).
    skip: usize,
    /// Index in the stream of the first held sample.
    start: usize,
    row: Vec<f64>,
}

impl FeatureStream {
    pub(crate) fn new(set: &FeatureSet, spec: WindowSpec, rate: SampleRate) -> Result<Self> {
        if !matches!(spec, WindowSpec::Sliding { .. } | WindowSpec::SlidingSeconds { .. }) {
            return Err(Error::parameter("spec", format!("{spec:?}"), "a stream needs sliding windows"));
        }
        let layout = spec.resolve(rate)?;
        let (_, len) = layout.bounds(0);
        let (hop, _) = layout.bounds(1);
        check_window(len)?;
        Ok(Self {
            extractor: Extractor::new(set, len, rate),
            names: set.shared_names(),
            policy: set.policy(),
            rate,
            len,
            hop,
            held: Vec::new(),
            skip: 0,
            start: 0,
            row: vec![f64::NAN; set.len()],
        })
    }

    /// Names of the columns of a row.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Takes a block and calls `each` with the first sample's index and the features of every window it completes.
    ///
    /// # Errors
    /// With [`NanPolicy::Error`], [`Error::NonFinite`] naming the first bad sample by its index in the stream; the
    /// block is then not taken.
    pub fn push_with(&mut self, block: &[f64], mut each: impl FnMut(usize, &[f64])) -> Result<()> {
        if self.policy == NanPolicy::Error {
            self.check(block)?;
        }
        let mut rest = block;
        loop {
            let passed = self.skip.min(rest.len());
            self.skip -= passed;
            self.start += passed;
            rest = &rest[passed..];
            let taken = (self.len - self.held.len()).min(rest.len());
            self.held.extend_from_slice(&rest[..taken]);
            rest = &rest[taken..];
            if self.held.len() < self.len {
                return Ok(());
            }
            let window = Window { samples: &self.held, rate: self.rate, start: self.start };
            self.extractor.fill(window, Some(self.start), &mut self.row);
            each(self.start, &self.row);
            let dropped = self.hop.min(self.len);
            self.held.drain(..dropped);
            self.start += dropped;
            self.skip = self.hop - dropped;
        }
    }

    /// `Ok` when every sample of the block that enters a window is finite; those between windows (hop > len) may be
    /// anything.
    fn check(&self, block: &[f64]) -> Result<()> {
        let (mut at, mut skip, mut held) = (0, self.skip, self.held.len());
        while at < block.len() {
            let passed = skip.min(block.len() - at);
            skip -= passed;
            at += passed;
            let taken = (self.len - held).min(block.len() - at);
            if let Some(i) = block[at..at + taken].iter().position(|v| !v.is_finite()) {
                return Err(Error::NonFinite {
                    what: "stream".into(),
                    row: self.start + self.held.len() + at + i,
                    column: "samples".to_owned(),
                    value: block[at + i],
                });
            }
            at += taken;
            held += taken;
            if held == self.len {
                let dropped = self.hop.min(self.len);
                held -= dropped;
                skip = self.hop - dropped;
            }
        }
        Ok(())
    }

    /// Begins anew, after a gap in time for example: the next sample is the first of a window, and has index `start`.
    pub fn reset(&mut self, start: usize) {
        let fresh = self.extractor.clone();
        self.extractor = fresh;
        self.held.clear();
        self.skip = 0;
        self.start = start;
    }

    /// Takes a block and gives the rows of the windows it completes (none, one or many).
    ///
    /// # Errors
    /// As [`FeatureStream::push_with`].
    pub fn push(&mut self, block: &[f64]) -> Result<FeatureMatrix> {
        let (mut starts, mut values) = (Vec::new(), Vec::new());
        self.push_with(block, |start, row| {
            starts.push(start);
            values.extend_from_slice(row);
        })?;
        let values = Array2::from_shape_vec((starts.len(), self.names.len()), values)
            .map_err(|e| Error::numeric("feature matrix", e.to_string()))?;
        FeatureMatrix::with_starts(Arc::clone(&self.names), values, starts)
    }
}
