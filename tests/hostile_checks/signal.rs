//! Hostile input to the signal room.

use super::series;
use prognos::Result;
use prognos::signal::SampleRate;
use prognos::signal::detrend::{Trend, detrend, detrend_pieces};
use prognos::signal::filter::{Design, Ewma, Fir, FirDesign, FirWindow, Hampel, SavitzkyGolay, median_filter};
use prognos::signal::hilbert::{Hilbert, analytic, envelope};
use prognos::signal::integrate::{BandIntegrator, integrate, velocity_rms_mm_s};
use prognos::signal::peaks::FindPeaks;
use prognos::signal::rainflow::{RainflowStream, cycle_count, rainflow, range_power_sum};
use prognos::signal::resample::{AntiAlias, Resampler, decimate, resample_poly};

fn unit() -> SampleRate {
    SampleRate::hz(2.0).unwrap()
}

/// Finite input far from the ends of the range must give finite output.
fn tame(x: &[f64]) -> bool {
    x.iter().all(|v| v.is_finite() && v.abs() < 1e150)
}

/// `Ok` with as many values as documented, finite where the input is tame; or a typed error.
fn check(what: &str, name: &str, x: &[f64], len: usize, outcome: Result<Vec<f64>>) {
    if let Ok(y) = outcome {
        assert_eq!(y.len(), len, "{what} of {name}");
        assert!(!tame(x) || y.iter().all(|v| v.is_finite()), "{what} of {name} is not finite");
    }
}

#[test]
fn filters_survive_every_series() {
    for (name, x) in series() {
        let n = x.len();
        for order in [1, 4, 9] {
            let sos = Design::butterworth(order).lowpass(0.2, unit()).unwrap();
            check("sos", &name, &x, n, Ok(sos.filter(&x)));
            check("filtfilt", &name, &x, n, sos.filtfilt(&x));
            assert!(sos.stream_at(x.first().copied().unwrap_or(0.0)).is_ok());
        }
        let fir = FirDesign::new(31).highpass(0.3, unit()).unwrap();
        check("fir", &name, &x, n, Ok(fir.filter(&x)));
        check("centred fir", &name, &x, n, Ok(fir.filter_centered(&x)));
        for (window, degree) in [(1, 0), (5, 2), (31, 4)] {
            check("savgol", &name, &x, n, SavitzkyGolay::new(window, degree).unwrap().filter(&x));
        }
        for kernel in [0, 1, 2, 5, 65, usize::MAX] {
            check("median", &name, &x, n, median_filter(&x, kernel));
        }
        for half in [0, 1, 5, usize::MAX] {
            for sigmas in [0.0, 3.0, f64::MAX, f64::NAN, -1.0] {
                check("hampel", &name, &x, n, Hampel::new(half).sigmas(sigmas).filter(&x).map(|r| r.cleaned));
            }
        }
        for adjust in [true, false] {
            for alpha in [1e-300, 0.1, 1.0] {
                check("ewma", &name, &x, n, Ewma::alpha(alpha).map(|e| e.adjust(adjust).filter(&x)));
            }
        }
    }
}

#[test]
fn nan_stays_where_it_is_documented() {
    for (name, x) in series() {
        let missing = x.iter().filter(|v| v.is_nan()).count();
        if missing == 0 || missing == x.len() {
            continue;
        }
        let place = x.iter().position(|v| v.is_nan()).unwrap();
        let sos = Design::butterworth(2).lowpass(0.2, unit()).unwrap();
        let y = sos.filter(&x);
        assert!(y[..place].iter().all(|v| v.is_finite()) && y[place..].iter().all(|v| v.is_nan()), "sos of {name}");
        assert!(sos.filtfilt(&x).unwrap().iter().all(|v| v.is_nan()), "filtfilt of {name}");
        assert!(envelope(&x).unwrap().iter().all(|v| v.is_nan()), "envelope of {name}");
        let y = Ewma::alpha(0.3).unwrap().filter(&x);
        assert_eq!(y.iter().filter(|v| v.is_nan()).count(), usize::from(place == 0), "ewma of {name}");
        let y = FirDesign::new(5).lowpass(0.2, unit()).unwrap().filter_centered(&x);
        let touched = (place.saturating_sub(2)..(place + 3).min(x.len())).count();
        assert_eq!(y.iter().filter(|v| v.is_nan()).count(), touched, "fir of {name}");
    }
}

#[test]
fn transforms_survive_every_series() {
    let rate = SampleRate::hz(100.0).unwrap();
    for (name, x) in series() {
        let n = x.len();
        for (up, down) in [(1, 1), (3, 2), (1, 40), (7, 1), (0, 1), (usize::MAX, 1)] {
            let len = if up == 0 || up > 7 { 0 } else { (n * up).div_ceil(down) };
            check("resample", &name, &x, len, resample_poly(&x, up, down));
        }
        for factor in [0, 1, 3, 13, 1000] {
            for filter in [AntiAlias::Iir, AntiAlias::Fir] {
                check("decimate", &name, &x, n.div_ceil(factor.max(1)), decimate(&x, factor, filter));
            }
        }
        for trend in [Trend::None, Trend::Constant, Trend::Linear, Trend::Polynomial(5), Trend::Polynomial(99)] {
            check("detrend", &name, &x, n, detrend(&x, trend));
            check("pieces", &name, &x, n, detrend_pieces(&x, &[0, n / 2, n / 2, n], trend));
            assert!(detrend_pieces(&x, &[n + 1], trend).is_err());
            check("integrate", &name, &x, n, integrate(&x, rate, trend));
        }
        check("envelope", &name, &x, n, envelope(&x));
        let signal = analytic(&x).unwrap();
        check("phase", &name, &x, n, Ok(signal.phase()));
        check("frequency", &name, &x, n.saturating_sub(1), Ok(signal.frequency(rate)));
        assert!(Hilbert::new(n + 1).envelope(&x, &mut vec![0.0; n + 1]).is_err());
        assert!(Hilbert::new(n).envelope(&x, &mut vec![0.0; n + 1]).is_err());
        for band in [1.0..=10.0, 1.0..=50.0, 1e-300..=50.0, 0.0..=1.0, 10.0..=1.0, f64::NAN..=1.0, 1e-300..=1e300] {
            check("velocity", &name, &x, 1, velocity_rms_mm_s(&x, rate, band.clone()).map(|v| vec![v]));
            for times in [0, 1, 2, 3] {
                if let Ok(mut plan) = BandIntegrator::new(n, rate, band.clone(), times) {
                    let mut y = vec![0.0; n];
                    let done = plan.integrate(&x, &mut y);
                    check("band integral", &name, &x, n, done.map(|()| y));
                    assert!(plan.integrate(&x, &mut []).is_err());
                }
            }
        }
    }
}

#[test]
fn peaks_and_cycles_survive_every_series() {
    for (name, x) in series() {
        let finite = x.iter().all(|v| v.is_finite());
        for finder in [
            FindPeaks::new(),
            FindPeaks::new().prominence(0.1).width(1.0).height(-1.0..=1e300),
            FindPeaks::new().distance(3.0).window(5).relative_height(1.0),
            FindPeaks::new().distance(f64::INFINITY).threshold(..=1.0).plateau(1.0..),
            FindPeaks::new().window(usize::MAX),
        ] {
            let found = finder.find(&x);
            assert_eq!(found.is_ok(), finite, "peaks of {name}");
            for p in found.into_iter().flatten() {
                assert!(p.left_base <= p.top_start && p.top_end <= p.right_base && p.right_base < x.len(), "{name}");
                assert!(p.prominence >= 0.0 && p.width >= 0.0, "{name}: {p:?}");
                assert!(p.left <= p.index as f64 && p.right >= p.index as f64, "{name}: {p:?}");
            }
        }
        let cycles = rainflow(&x);
        assert_eq!(cycles.is_ok(), finite, "rainflow of {name}");
        for c in cycles.iter().flatten() {
            assert!(c.range > 0.0 && c.mean.is_finite() && c.start < c.end && c.end < x.len(), "{name}: {c:?}");
        }
        if let Ok(cycles) = cycles {
            assert!(cycle_count(&cycles) <= x.len() as f64);
            assert!(!range_power_sum(&cycles, 3.0).is_nan());
        }
        let mut counter = RainflowStream::new();
        let mut out = Vec::new();
        assert_eq!(x.iter().all(|&v| counter.push(v, &mut out).is_ok()), finite);
        counter.finish(&mut out);
    }
}

#[test]
fn designs_survive_every_setting() {
    let numbers = [f64::NAN, f64::INFINITY, -1.0, 0.0, 5e-324, 1e-9, 0.3, 0.999_999_999, 1.0, 1e308];
    for hz in [5e-307, 2.0, 1e300] {
        let rate = SampleRate::hz(hz).unwrap();
        for order in [0, 1, 2, 7, 24, 25, usize::MAX] {
            for a in numbers {
                for design in [Design::butterworth(order), Design::chebyshev1(order, a), Design::chebyshev2(order, a)] {
                    for b in numbers {
                        let edge = b * hz / 2.0;
                        for sos in [
                            design.lowpass(edge, rate),
                            design.highpass(edge, rate),
                            design.bandpass(0.1 * hz, edge, rate),
                            design.bandstop(edge, 0.4 * hz, rate),
                        ]
                        .into_iter()
                        .flatten()
                        {
                            assert!(sos.sections().iter().flatten().all(|c| c.is_finite()));
                            let y = sos.filter(&[1.0; 20]);
                            assert!(y.iter().all(|v| v.is_finite()), "{design:?} {edge}");
                        }
                    }
                }
                if order < 100 {
                    let fir = FirDesign::new(order).window(FirWindow::Kaiser { beta: a });
                    for fir in [fir.lowpass(0.1 * hz, rate), fir.bandstop(a * hz, 0.4 * hz, rate)].into_iter().flatten()
                    {
                        assert!(fir.taps().iter().all(|c| c.is_finite()));
                    }
                }
            }
        }
    }
    assert!(FirDesign::new(usize::MAX).lowpass(0.5, unit()).is_err());
    assert!(Fir::new(vec![f64::NAN]).is_err());
    assert!(SavitzkyGolay::new(usize::MAX, 2).is_err());
    assert!(Resampler::new(usize::MAX, usize::MAX - 1).is_err());
    for bad in numbers {
        let _ = (Ewma::alpha(bad), Ewma::span(bad), Ewma::half_life(bad), Ewma::time_constant(bad, unit()));
    }
}
