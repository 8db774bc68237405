//! What several of TSFEL's features read of one window: wavelet statistics of a width, the Higuchi lengths.

use super::cwt::Cwt;
use super::higuchi::Lengths;

/// What the features of a set read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TsfelNeeds {
    widths: Vec<usize>,
    lengths: bool,
}

impl TsfelNeeds {
    /// Statistics of the wavelet transform at a width.
    pub(super) fn width(&mut self, width: usize) {
        if !self.widths.contains(&width) {
            self.widths.push(width);
        }
    }

    /// The Higuchi lengths.
    pub(super) fn lengths(&mut self) {
        self.lengths = true;
    }

    /// Adds what another feature needs.
    pub(crate) fn join(&mut self, other: &Self) {
        other.widths.iter().for_each(|&w| self.width(w));
        self.lengths |= other.lengths;
    }
}

/// Buffers and results for windows of one length.
#[derive(Debug, Default)]
pub(crate) struct TsfelWork {
    pub(super) cwt: Cwt,
    pub(super) lengths: Lengths,
}

impl TsfelWork {
    /// For windows of `len` samples.
    pub(crate) fn new(needs: &TsfelNeeds, len: usize) -> Self {
        Self { cwt: Cwt::new(&needs.widths, len), lengths: Lengths::new(if needs.lengths { len } else { 0 }) }
    }

    /// Computes everything for one window of finite samples.
    pub(crate) fn compute(&mut self, x: &[f64]) {
        self.cwt.compute(x);
        self.lengths.compute(x);
    }
}
