//! Savitzky-Golay smoothing and differentiation.

use crate::error::{Error, Result, check_positive};
use crate::math::lanes;

/// Longest window: far beyond any use, so that a mistyped number is an error and not a long wait.
const MAX_WINDOW: usize = 1 << 20;
/// Highest degree; the weights of higher ones are beyond f64 near the ends.
const MAX_DEGREE: usize = 20;

/// Moving least-squares polynomial: every sample is replaced by the value (or a derivative) of the polynomial of
/// `degree` that fits the `window` samples round it best.
///
/// Keeps the height and width of peaks that a moving mean would flatten. The first and last `window / 2` samples
/// come from the polynomials of the first and last full window (`scipy.signal.savgol_filter`, `mode="interp"`). The
/// weights come from discrete orthogonal (Gram) polynomials, which need no matrix.
///
/// Source: Savitzky and Golay 1964; Gorry 1990. Cost: `window` multiplications a sample.
///
/// ```
/// use prognos::signal::filter::SavitzkyGolay;
/// let x: Vec<f64> = (0..20).map(|i| f64::from(i * i)).collect();
/// let slope = SavitzkyGolay::new(5, 2)?.derivative(1, 1.0)?; // exact for a parabola
/// assert!(slope.filter(&x)?.iter().enumerate().all(|(i, d)| (d - 2.0 * i as f64).abs() < 1e-9));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SavitzkyGolay {
    window: usize,
    degree: usize,
    /// Weights of the window's samples for the answer in its middle.
    middle: Vec<f64>,
    basis: Vec<Polynomial>,
}

/// One orthogonal polynomial over the samples of the window.
#[derive(Debug, Clone, PartialEq)]
struct Polynomial {
    /// Value at every sample, divided by the squared norm: the dot product with the signal is its coefficient.
    dual: Vec<f64>,
    /// The wanted derivative at every sample.
    derivative: Vec<f64>,
}

impl SavitzkyGolay {
    /// Smoothing with an odd `window` and a polynomial of `degree`.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `window` is odd and at most 2^20, and `degree` is below `window` and at most 20.
    pub fn new(window: usize, degree: usize) -> Result<Self> {
        if window.is_multiple_of(2) || window > MAX_WINDOW {
            return Err(Error::parameter("window", window, "must be odd and at most 1048576"));
        }
        if degree >= window || degree > MAX_DEGREE {
            return Err(Error::parameter("degree", degree, "must be less than `window` and at most 20"));
        }
        Self { window, degree, middle: Vec::new(), basis: Vec::new() }.derivative(0, 1.0)
    }

    /// Answers the derivative of `order` with respect to a time that moves on by `step` from sample to sample.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an order above the degree, or a step that is not finite and greater than 0.
    pub fn derivative(mut self, order: usize, step: f64) -> Result<Self> {
        check_positive("step", step)?;
        if order > self.degree {
            return Err(Error::parameter("order", order, format!("must be at most the degree, {}", self.degree)));
        }
        let half = (self.window / 2) as f64;
        // Time on [-1, 1]: powers stay of the order of 1.
        let unit = half.max(1.0);
        let time: Vec<f64> = (0..self.window).map(|i| (i as f64 - half) / unit).collect();
        self.basis = gram(&time, self.degree, order, 1.0 / (unit * step).powi(order as i32));
        self.middle = vec![0.0; self.window];
        for p in &self.basis {
            let factor = p.derivative[self.window / 2];
            self.middle.iter_mut().zip(&p.dual).for_each(|(m, v)| *m += factor * v);
        }
        Ok(self)
    }

    /// Weights of the window's samples, oldest first, for the answer in its middle
    /// (`scipy.signal.savgol_coeffs(..., use="dot")`).
    #[must_use]
    pub fn coefficients(&self) -> &[f64] {
        &self.middle
    }

    /// The smoothed or differentiated signal, as long as `x`. A NaN or infinite sample makes every answer NaN whose
    /// window holds it.
    ///
    /// # Errors
    /// [`Error::TooFew`] when `x` is shorter than the window.
    pub fn filter(&self, x: &[f64]) -> Result<Vec<f64>> {
        let (window, half) = (self.window, self.window / 2);
        if x.len() < window {
            return Err(Error::too_few("samples for the window", window, x.len()));
        }
        // The polynomial of an end window, read off at the samples `from..to` of the window.
        let end = |samples: &[f64], from: usize, to: usize, y: &mut Vec<f64>| {
            let at = y.len();
            y.resize(at + to - from, 0.0);
            for p in &self.basis {
                let c = lanes::dot(&p.dual, samples);
                y[at..].iter_mut().zip(&p.derivative[from..to]).for_each(|(y, d)| *y += c * d);
            }
        };
        let mut y = Vec::with_capacity(x.len());
        end(&x[..window], 0, half, &mut y);
        y.extend(x.windows(window).map(|w| lanes::dot(&self.middle, w)));
        end(&x[x.len() - window..], half + 1, window, &mut y);
        Ok(y)
    }
}

/// Orthogonal polynomials over `time` up to `degree` with their `order`-th derivatives times `scale`. Three-term
/// recurrence of the monic ones, `P[k+1] = t P[k] - b[k] P[k-1]`, for times symmetric about 0.
fn gram(time: &[f64], degree: usize, order: usize, scale: f64) -> Vec<Polynomial> {
    let n = time.len();
    // Derivatives 0..=order of the last two polynomials.
    let mut before = vec![vec![0.0; n]; order + 1];
    let mut now = before.clone();
    now[0].fill(1.0);
    let mut norm_before = 1.0;
    let mut basis = Vec::with_capacity(degree + 1);
    for k in 0..=degree {
        let norm = lanes::sum_squares(&now[0]);
        basis.push(Polynomial {
            dual: now[0].iter().map(|v| v / norm).collect(),
            derivative: now[order].iter().map(|v| v * scale).collect(),
        });
        let b = if k == 0 { 0.0 } else { norm / norm_before };
        let mut next = Vec::with_capacity(order + 1);
        for d in 0..=order {
            let product = |i: usize| time[i] * now[d][i] + if d > 0 { d as f64 * now[d - 1][i] } else { 0.0 };
            next.push((0..n).map(|i| product(i) - b * before[d][i]).collect::<Vec<_>>());
        }
        before = std::mem::replace(&mut now, next);
        norm_before = norm;
    }
    basis
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_and_ends_are_those_of_scipy() {
        let slope = SavitzkyGolay::new(7, 3).unwrap().derivative(1, 1.0).unwrap();
        // scipy.signal.savgol_coeffs(7, 3, deriv=1, use="dot"), here as fractions of 252
        let expected = [22.0, -67.0, -58.0, 0.0, 58.0, 67.0, -22.0].map(|v| v / 252.0);
        for (f, e) in slope.coefficients().iter().zip(expected) {
            assert!((f - e).abs() < 1e-14);
        }
        let x: Vec<f64> = (0..40).map(|i| f64::from((i * i * 7 + 3 * i) % 11 - 5)).collect();
        let y = slope.filter(&x).unwrap();
        // scipy.signal.savgol_filter(x, 7, 3, deriv=1)[[0, 1, 2, 37, 38, 39]]
        let expected = [6.753968253968241, 2.0277777777777706, -0.8650793650793647];
        for (f, e) in y[..3].iter().zip(expected) {
            assert!((f - e).abs() < 1e-12);
        }
        let expected = [-1.1507936507936325, 1.456349206349234, 5.89682539682544];
        for (f, e) in y[37..].iter().zip(expected) {
            assert!((f - e).abs() < 1e-12);
        }
    }

    #[test]
    fn high_degrees_keep_their_digits() {
        // Solved in rational arithmetic; a least-squares solver on powers of time loses rank here.
        let smooth = SavitzkyGolay::new(101, 10).unwrap();
        let expected = [-0.014017404838777416, 0.004577111784090585, 0.011291798342348473, 0.010907159996130756];
        for (f, e) in smooth.coefficients().iter().zip(expected) {
            assert!((f - e).abs() < 1e-13);
        }
        assert!((smooth.coefficients()[50] - 0.07270962247077259).abs() < 1e-13);
    }

    #[test]
    fn settings_are_checked() {
        assert!(SavitzkyGolay::new(4, 1).is_err());
        assert!(SavitzkyGolay::new(5, 5).is_err());
        assert!(SavitzkyGolay::new(5, 2).unwrap().derivative(3, 1.0).is_err());
        assert!(SavitzkyGolay::new(5, 2).unwrap().derivative(1, 0.0).is_err());
        assert!(matches!(SavitzkyGolay::new(5, 2).unwrap().filter(&[1.0; 4]), Err(Error::TooFew { .. })));
        assert_eq!(SavitzkyGolay::new(1, 0).unwrap().filter(&[1.0, 2.0]).unwrap(), [1.0, 2.0]);
    }
}
