//! One sample in τ, behind a lowpass filter.

use crate::math::lanes;

/// Length of the filter on either side, samples kept.
const HALF: usize = 10;

/// Shape of the Kaiser window.
const BETA: f64 = 5.0;

/// A lowpass filter with the cut at the new Nyquist frequency: a sinc under a Kaiser window of β = 5, ten samples kept
/// long on either side, of gain 1 (Oppenheim & Schafer, *Discrete-Time Signal Processing*, 7.5 and 4.6).
#[derive(Debug, Default)]
pub(super) struct Decimator {
    taps: Vec<f64>,
}

impl Decimator {
    /// Appends every `tau`-th sample of the filtered series, zeros beyond its ends. Room is made for `most`.
    pub(super) fn decimate(&mut self, x: &[f64], tau: usize, most: usize, out: &mut Vec<f64>) {
        let half = HALF * tau;
        self.taps.clear();
        self.taps.reserve(2 * HALF * most.max(tau) + 1);
        self.taps.resize(2 * half + 1, 0.0);
        for i in 0..=half {
            let t = i as f64 / half as f64;
            let window = bessel_i0(BETA * (1.0 - t * t).max(0.0).sqrt());
            let phase = std::f64::consts::PI * i as f64 / tau as f64;
            let sinc = if i == 0 { 1.0 } else { phase.sin() / phase };
            self.taps[half + i] = sinc * window;
            self.taps[half - i] = sinc * window;
        }
        let gain = lanes::sum(&self.taps);
        let n = x.len();
        for centre in (0..n).step_by(tau) {
            let (first, end) = (centre.saturating_sub(half), (centre + half + 1).min(n));
            let offset = first + half - centre;
            out.push(lanes::dot(&x[first..end], &self.taps[offset..offset + end - first]) / gain);
        }
    }
}

/// Modified Bessel function of the first kind of order 0, by its power series: arguments are 5 at most.
fn bessel_i0(x: f64) -> f64 {
    let square = x * x / 4.0;
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..60 {
        term *= square / f64::from(k * k);
        sum += term;
        if term < 1e-17 * sum {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_waves_stay_and_fast_ones_go() {
        let n = 600;
        let decimated = |step: f64| {
            let x: Vec<f64> = (0..n).map(|i| (i as f64 * step).cos()).collect();
            let mut out = Vec::new();
            Decimator::default().decimate(&x, 4, 12, &mut out);
            assert_eq!(out.len(), 150);
            out
        };
        // Away from the ends, where zeros are filtered in.
        for (k, v) in decimated(0.02).iter().enumerate().skip(10).take(130) {
            assert!((v - (4.0 * k as f64 * 0.02).cos()).abs() < 5e-3, "{k}: {v}");
        }
        assert!(decimated(1.5).iter().skip(10).take(130).all(|v| v.abs() < 5e-3));
    }

    #[test]
    fn bessel_function_has_its_values() {
        // Abramowitz & Stegun, table 9.8.
        assert!((bessel_i0(0.0) - 1.0).abs() < 1e-15);
        assert!((bessel_i0(1.0) - 1.266_065_877_752_008).abs() < 1e-14);
        assert!((bessel_i0(5.0) - 27.239_871_823_604_44).abs() < 1e-12);
    }
}
