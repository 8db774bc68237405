//! Numbers at equally spaced frequencies, and how they are scaled.

/// How a power spectrum is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Scaling {
    /// Power density, unit^2 / Hz: the level of noise does not depend on the length of the pieces; its integral over
    /// frequency is the mean square. The default.
    #[default]
    Density,
    /// Power in a bin, unit^2: a sine of amplitude `A` in the middle of a bin shows as `A^2 / 2`, whatever the window.
    Spectrum,
}

/// One-sided spectrum: values at the frequencies 0, step, 2 step, ... up to half of the sample rate.
///
/// ```
/// use prognos::signal::{SampleRate, Signal, spectral::Periodogram};
/// let x: Vec<f64> = (0..100).map(|i| (i as f64 * 0.2 * std::f64::consts::PI).sin()).collect();
/// let spectrum = Periodogram::params().spectrum(Signal::new(&x, SampleRate::hz(100.0)?))?;
/// let top = spectrum.peak().unwrap();
/// assert_eq!(spectrum.frequency(top), 10.0); // Hz
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum {
    values: Vec<f64>,
    step: f64,
}

impl Spectrum {
    pub(crate) fn new(values: Vec<f64>, step: f64) -> Self {
        Self { values, step }
    }

    /// The values, bin 0 first.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The values, without a copy.
    #[must_use]
    pub fn into_values(self) -> Vec<f64> {
        self.values
    }

    /// Hertz from one bin to the next.
    #[must_use]
    pub fn step(&self) -> f64 {
        self.step
    }

    /// Frequency of a bin in hertz.
    #[must_use]
    pub fn frequency(&self, bin: usize) -> f64 {
        bin as f64 * self.step
    }

    /// Frequencies of all bins in hertz.
    #[must_use]
    pub fn frequencies(&self) -> Vec<f64> {
        (0..self.values.len()).map(|k| self.frequency(k)).collect()
    }

    /// Bin of the largest value, the first of equals; `None` when there is no number in it.
    #[must_use]
    pub fn peak(&self) -> Option<usize> {
        let mut best = None;
        for (k, &v) in self.values.iter().enumerate() {
            if best.is_none_or(|(_, top)| v > top) && !v.is_nan() {
                best = Some((k, v));
            }
        }
        best.map(|(k, _)| k)
    }
}
