//! How rare is a number among the last ones?

use crate::error::{Error, Result};

/// The last values, oldest overwritten.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Ring {
    pub(super) values: Vec<f64>,
    oldest: usize,
}

impl Ring {
    /// Adds a value; the one that has to go, if `capacity` were held.
    pub(super) fn push(&mut self, value: f64, capacity: usize) -> Option<f64> {
        if self.values.len() < capacity {
            self.values.push(value);
            return None;
        }
        let gone = std::mem::replace(self.values.get_mut(self.oldest)?, value);
        self.oldest = (self.oldest + 1) % capacity;
        Some(gone)
    }

    /// Whether a saved ring is one, of values up to `largest`.
    #[cfg(feature = "serde")]
    pub(super) fn is_sound(&self, capacity: usize, largest: f64) -> bool {
        let full = self.values.len() == capacity;
        self.values.len() <= capacity
            && self.oldest < capacity
            && (full || self.oldest == 0)
            && self.values.iter().all(|v| v.abs() <= largest)
    }
}

/// The last values in order of size: the decades of the tail probability of a new one.
///
/// A value among those seen has its conformal p-value `(1 + #{seen >= v}) / (n + 1)`. One beyond all of them has the
/// smallest, `1 / (n + 1)`, and goes on down an exponential tail whose scale is the mean excess of the largest values.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "Ring", try_from = "Ring"))]
pub(super) struct Rarity {
    pub(super) ring: Ring,
    sorted: Vec<f64>,
}

impl From<Rarity> for Ring {
    fn from(rarity: Rarity) -> Self {
        rarity.ring
    }
}

impl TryFrom<Ring> for Rarity {
    type Error = Error;

    fn try_from(ring: Ring) -> Result<Self> {
        let mut sorted = ring.values.clone();
        // Distances: anything else has no place in the order.
        if !sorted.iter().all(|v| v.is_finite() && v.is_sign_positive()) {
            return Err(Error::Model { reason: "a distance is negative or not finite".to_owned() });
        }
        sorted.sort_unstable_by(f64::total_cmp);
        Ok(Self { ring, sorted })
    }
}

impl Rarity {
    /// Fewest values that say anything.
    const FEWEST: usize = 20;
    /// Largest answer.
    const MOST: f64 = 40.0;

    /// Minus the decimal logarithm of the tail probability of `value`; 0 as long as there are too few to compare with.
    pub(super) fn decades(&self, value: f64, tail: f64) -> f64 {
        let n = self.sorted.len();
        if n < Self::FEWEST {
            return 0.0;
        }
        let below = self.sorted.partition_point(|s| *s < value);
        let smallest = (n as f64 + 1.0).log10();
        if below < n {
            return smallest - (1.0 + (n - below) as f64).log10();
        }
        let k = ((tail * n as f64).ceil() as usize).clamp(5, n - 1);
        let from = self.sorted[n - k - 1];
        let excess = self.sorted[n - k..].iter().map(|s| s - from).sum::<f64>() / k as f64;
        // A tail of equal values has no excess: a fiftieth of where it begins then.
        let scale = excess.max(0.02 * from).max(f64::MIN_POSITIVE);
        let beyond = (value - self.sorted[n - 1]) / scale / std::f64::consts::LN_10;
        (smallest + beyond).min(Self::MOST)
    }

    /// Learns a distance; at most `memory` are kept.
    pub(super) fn learn(&mut self, value: f64, memory: usize) {
        if let Some(gone) = self.ring.push(value, memory) {
            let at = self.sorted.partition_point(|s| *s < gone);
            if at < self.sorted.len() {
                self.sorted.remove(at);
            }
        }
        let at = self.sorted.partition_point(|s| *s < value);
        self.sorted.insert(at, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_the_range_it_counts_and_beyond_it_extrapolates() {
        let mut rarity = Rarity::default();
        for i in 0..199_i32 {
            assert_eq!(rarity.decades(1e9, 0.01) > 0.0, i >= 20);
            rarity.learn(f64::from(i * 71 % 199), 199);
        }
        assert!((rarity.decades(179.0, 0.01) - (200.0_f64 / 21.0).log10()).abs() < 1e-12);
        assert!(rarity.decades(0.0, 0.01).abs() < 1e-12);
        // The five largest are 1 to 5 above 193: mean excess 3.
        let beyond = 200.0_f64.log10() + 1.5 / std::f64::consts::LN_10;
        assert!((rarity.decades(198.0 + 4.5, 0.02) - beyond).abs() < 0.3);
        assert!((rarity.decades(f64::MAX, 0.01) - 40.0).abs() < 1e-12);
    }

    #[test]
    fn old_values_are_forgotten() {
        let mut rarity = Rarity::default();
        for i in 0..300 {
            rarity.learn(f64::from(i % 50), 64);
        }
        for _ in 0..64 {
            rarity.learn(1.0, 64);
        }
        assert_eq!(rarity.sorted, vec![1.0; 64]);
        assert!(rarity.decades(30.0, 0.01) > 10.0);
    }
}
