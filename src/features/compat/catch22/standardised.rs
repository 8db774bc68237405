//! The samples as catch22 reads them: less their mean, over their standard deviation.

/// Standardised samples of one window.
///
/// The sums run in the order of the samples, not in lanes: several features of catch22 count samples against edges
/// that lie on samples (bins, terciles, the mean), and for data on a grid the last bit decides on which side they fall.
#[derive(Debug, Default)]
pub(crate) struct Standardised {
    pub(crate) values: Vec<f64>,
    pub(crate) mean: f64,
    /// Divisor n - 1; NaN for one sample.
    pub(crate) deviation: f64,
    /// Mean of the standardised samples: rounding noise, which the package compares samples with.
    pub(crate) centre: f64,
    /// All samples are equal, or there is one only.
    pub(crate) constant: bool,
}

impl Standardised {
    pub(crate) fn with_room(len: usize) -> Self {
        Self { values: Vec::with_capacity(len), ..Self::default() }
    }

    pub(crate) fn compute(&mut self, x: &[f64]) {
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let squares: f64 = x.iter().map(|v| (v - mean) * (v - mean)).sum();
        let deviation = (squares / (n - 1.0)).sqrt();
        self.constant = x.iter().all(|v| Some(v) == x.first());
        self.mean = mean;
        self.deviation = if self.constant && x.len() > 1 { 0.0 } else { deviation };
        self.values.clear();
        self.values.extend(x.iter().map(|v| (v - mean) / deviation));
        self.centre = self.values.iter().sum::<f64>() / n;
    }

    /// Whether the samples could be standardised: neither constant nor out of the range of f64.
    pub(crate) fn usable(&self) -> bool {
        !self.constant && self.deviation > 0.0 && self.deviation.is_finite() && self.centre.is_finite()
    }

    /// A sample as it is among the standardised.
    pub(crate) fn of(&self, x: f64) -> f64 {
        (x - self.mean) / self.deviation
    }
}
