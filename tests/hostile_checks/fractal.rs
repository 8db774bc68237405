//! Hostile input to the phase space room.

use super::series;
use prognos::signal::phase_space::{
    CorrelationSums, Divergence, Embedding, FalseNearestNeighbours, MutualInformation, Recurrence,
    delay_by_autocorrelation, geometric_radii,
};

const SIZES: [usize; 6] = [0, 1, 2, 7, 100, usize::MAX];
const NUMBERS: [f64; 7] = [0.0, -1.0, 1e-3, 2.0, 1e300, f64::NAN, f64::INFINITY];

#[test]
fn any_series_gives_an_answer_or_an_error() {
    for (name, x) in series() {
        let bad = x.iter().any(|v| !v.is_finite());
        for dim in SIZES {
            for lag in SIZES {
                let Ok(e) = Embedding::new(&x, dim, lag) else { continue };
                assert!(!bad, "{name}");
                assert_eq!(e.to_array().nrows(), e.len());
                assert_eq!(e.point(e.len() - 1).count(), dim);
                assert!(e.point(usize::MAX).next().is_none() && e.coordinate(usize::MAX).is_empty());
                for n in SIZES {
                    for steps in SIZES {
                        if let Ok(d) = Divergence::of(&e, n, steps) {
                            assert_eq!(d.curve().len(), steps);
                            let _ = (d.exponent(0..steps), d.exponent(steps..0), d.exponent(0..usize::MAX));
                        }
                    }
                    for r in NUMBERS {
                        if let Ok(sums) = CorrelationSums::of(&e, &[r, r + 1.0, 2.0 * r + 2.0], n) {
                            assert!(sums.sums().iter().all(|c| (0.0..=1.0).contains(c)), "{name}: {sums:?}");
                            let _ = (sums.dimension(), sums.local_slopes());
                        }
                        if let Ok(plot) = Recurrence::of(&e, r, n) {
                            for least in SIZES {
                                let shares = [plot.rate(), plot.determinism(least), plot.laminarity(least)];
                                assert!(
                                    shares.iter().all(|s| s.is_nan() || (0.0..=1.0).contains(s)),
                                    "{name}: {shares:?}"
                                );
                                assert!(
                                    !plot.trapping_time(least).is_infinite()
                                        && !plot.mean_diagonal(least).is_infinite()
                                );
                                assert!(!plot.diagonal_entropy(least).is_infinite());
                            }
                            assert!(!plot.divergence().is_infinite() && plot.longest_vertical() <= e.len());
                        }
                    }
                }
            }
        }
        for n in SIZES {
            for bins in SIZES {
                if let Ok(m) = MutualInformation::of(&x, n, bins) {
                    assert!(!bad && m.values().iter().all(|v| v.is_finite() && *v >= 0.0), "{name}: {m:?}");
                    let _ = m.first_minimum();
                }
            }
            for level in NUMBERS {
                let _ = delay_by_autocorrelation(&x, level, n);
                for lag in SIZES {
                    let test = FalseNearestNeighbours::new(n).ratio(level + 1.0).size(2.0).separation(lag);
                    if let Ok(shares) = test.shares(&x, lag) {
                        assert!(!bad && shares.iter().all(|s| s.is_nan() || (0.0..=1.0).contains(s)), "{name}");
                    }
                    let _ = test.dimension(&x, lag, level);
                }
            }
        }
    }
}

#[test]
fn radii_in_order_or_an_error() {
    for low in NUMBERS {
        for high in NUMBERS {
            for count in SIZES {
                if let Ok(radii) = geometric_radii(low, high, count) {
                    assert!(radii.len() == count && radii.windows(2).all(|r| r[0] < r[1]), "{low} {high} {count}");
                }
            }
        }
    }
}

/// Bad samples are named.
#[test]
fn errors_say_where() {
    let error = Embedding::new(&[0.0, 1.0, f64::NAN], 1, 1).unwrap_err().to_string();
    assert!(error.contains("row 2") && error.contains("NaN"), "{error}");
    let error = Embedding::new(&[0.0, 1.0, 2.0], 3, 5).unwrap_err().to_string();
    assert!(error.contains("11") && error.contains('3'), "{error}");
}
