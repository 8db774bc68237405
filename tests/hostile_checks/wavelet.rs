//! Hostile input to `signal::wavelet`; its features are in the lists of all features.

use super::series;
use prognos::features::FeatureSet;
use prognos::signal::SampleRate;
use prognos::signal::wavelet::*;

fn wavelets() -> [Wavelet; 6] {
    ["haar", "db4", "db38", "bior3.1", "rbio6.8", "dmey"].map(|name| name.parse().unwrap())
}

/// Finite input of ordinary size has finite coefficients.
fn sound(x: &[f64]) -> bool {
    x.iter().all(|v| v.abs() < 1e100)
}

#[test]
fn names_of_any_kind() {
    for name in [
        "",
        "d",
        "db",
        "db0",
        "db039",
        "DB4",
        "db4 ",
        "haar\0",
        "bior",
        "bior9.9",
        "é",
        "cmor1-",
        "gaus300",
        "fbsp1e9-1-1",
    ] {
        assert!(name.parse::<Wavelet>().is_err() && name.parse::<ContinuousWavelet>().is_err(), "{name}");
        assert!(name.parse::<Boundary>().is_err());
    }
    let long = "x".repeat(100_000);
    assert!(long.parse::<Wavelet>().unwrap_err().to_string().len() < 1000);
    assert!(long.parse::<ContinuousWavelet>().unwrap_err().to_string().len() < 1000);
}

#[test]
fn discrete_transforms_of_any_signal() {
    for (name, x) in series() {
        for w in wavelets() {
            assert!(w.max_level(usize::MAX) > 50);
            for boundary in Boundary::ALL {
                let Ok((a, d)) = dwt(&x, w, boundary) else {
                    assert!(x.is_empty(), "{name}");
                    continue;
                };
                assert_eq!(a.len(), d.len());
                // A line grows beyond the ends: only within reason is it finite.
                if sound(&x) {
                    assert!(a.iter().chain(&d).all(|v| v.is_finite()), "{name} {w} {boundary}");
                }
                assert!(idwt(&a, &d, w, boundary).is_ok(), "{name} {w} {boundary}");
                assert!(idwt(&a, &d[1..], w, boundary).is_err());
            }
            for levels in [0, 1, 5, 30, 31, usize::MAX] {
                if let Ok(plan) = Dwt::new(w, Boundary::Reflect, x.len(), levels) {
                    let mut c = plan.decompose(&x).unwrap();
                    assert!(plan.decompose(&x[1..]).is_err());
                    assert!(plan.process(&x, &mut [0.0], &mut plan.scratch()).is_err());
                    assert!(plan.band(usize::MAX).is_empty() && c.detail(usize::MAX).is_empty());
                    assert!(c.detail_mut(0).is_empty());
                    let mut other = Dwt::new(Wavelet::all().next().unwrap(), Boundary::Zero, 1, 1).unwrap().scratch();
                    let mut out = vec![0.0; plan.coefficients()];
                    let _ = plan.process(&x, &mut out, &mut other);
                    c.values_mut().fill(f64::NAN);
                    assert!(plan.reconstruct(&c).unwrap().iter().all(|v| v.is_nan()));
                    assert_eq!(c.energies().len(), levels + 1);
                }
            }
        }
        for boundary in Boundary::ALL {
            assert!(idwt(&[], &[], wavelets()[1], boundary).is_err());
        }
    }
    assert!(Dwt::new(wavelets()[0], Boundary::Zero, usize::MAX, 3).is_err());
}

#[test]
fn packets_and_stationary_transforms_of_any_signal() {
    for (name, x) in series() {
        for w in wavelets() {
            for levels in [0, 1, 3, 8, 30, usize::MAX] {
                if let Ok(plan) = WaveletPackets::new(w, Boundary::Symmetric, x.len(), levels)
                    && plan.coefficients() < 1 << 18
                {
                    let mut tree = plan.decompose(&x).unwrap();
                    let basis = tree.best_basis();
                    assert_eq!(plan.reconstruct(&tree, &basis).unwrap().len(), x.len(), "{name} {w}");
                    assert!(plan.reconstruct(&tree, &[(usize::MAX, usize::MAX), (0, 1)]).is_err());
                    assert!(tree.node(usize::MAX, 0, PacketOrder::Natural).is_empty());
                    assert!(tree.node_mut(1, usize::MAX, PacketOrder::Frequency).is_empty());
                    assert!(tree.energies(usize::MAX, PacketOrder::Natural).is_empty());
                    assert!(plan.decompose(&[]).is_err());
                    let other = WaveletPackets::new(w, Boundary::Symmetric, x.len() + 64, levels).unwrap();
                    assert!(other.reconstruct(&tree, &basis).is_err());
                }
                if let Ok(plan) = Modwt::new(w, x.len(), levels) {
                    let c = plan.decompose(&x).unwrap();
                    let _ = (plan.variance(&c, 0), plan.variance(&c, 1), plan.variance(&c, usize::MAX));
                    assert!(plan.boundary_count(usize::MAX) <= x.len());
                    assert!(plan.reconstruct(&c).unwrap().len() == x.len() && c.detail(0).is_empty());
                    assert!(plan.process(&x, &mut [0.0; 1], &mut plan.scratch()).is_err());
                    let mut scratch = Modwt::new(w, x.len() + 1, 1).unwrap().scratch();
                    assert!(plan.process(&x, &mut vec![0.0; plan.coefficients()], &mut scratch).is_err());
                }
                for norm in [true, false] {
                    if let Ok(plan) = Swt::new(w, x.len(), levels, norm) {
                        let c = plan.decompose(&x).unwrap();
                        assert!(plan.reconstruct(&c).unwrap().len() == x.len());
                        assert_eq!(plan.approximations(&x).unwrap().len(), levels);
                        assert!(plan.decompose(&x[1..]).is_err());
                    }
                }
            }
        }
    }
}

#[test]
fn continuous_transforms_and_denoising_of_any_signal() {
    for (name, x) in series() {
        for wavelet in ["mexh", "gaus8", "cgau1", "cmor1.5-1.0", "shan0.000001-1e300", "fbsp100-1e300-1"] {
            let wavelet: ContinuousWavelet = wavelet.parse().unwrap();
            for scales in [&[][..], &[1.0], &[0.5, 3.0, 40.0, 1000.0], &[f64::NAN], &[1e300], &[-1.0], &[1e-9]] {
                let Ok(plan) = Cwt::params(wavelet).scales(scales).precision(8).plan(x.len()) else { continue };
                let c = plan.transform(&x).unwrap();
                if sound(&x) && wavelet.half_support() < 10.0 {
                    let finite = |s| c.real(s).iter().chain(c.imaginary(s)).all(|v| v.is_finite());
                    assert!((0..scales.len()).all(finite), "{name} {wavelet}");
                }
                assert!(c.real(usize::MAX).is_empty() && c.magnitude(0).len() == x.len());
                assert!(plan.transform(&x[1..]).is_err());
                let other = Cwt::params(wavelet).scales(&[2.0, 500.0]).plan(x.len() + 5).unwrap();
                assert!(plan.process(&x, &mut other.zero_coefficients(), &mut other.scratch()).is_err());
                assert!(plan.process(&x, &mut plan.zero_coefficients(), &mut other.scratch()).is_err());
            }
        }
        for rule in [ThresholdRule::Universal, ThresholdRule::Minimax, ThresholdRule::Sure, ThresholdRule::Bayes] {
            for shrinkage in [Shrinkage::Soft, Shrinkage::Hard, Shrinkage::Garrote] {
                let denoiser = Denoiser::new(wavelets()[1]).rule(rule).shrinkage(shrinkage);
                for denoiser in
                    [denoiser, denoiser.levels(9), denoiser.levels(1).sigma(1e300), denoiser.sigma(f64::NAN)]
                {
                    if let Ok(y) = denoiser.denoise(&x) {
                        assert!(y.len() == x.len() && y.iter().all(|v| v.is_finite()), "{name} {denoiser:?}");
                    }
                }
            }
        }
    }
    for precision in [0, 1, 21, u32::MAX] {
        assert!(ContinuousWavelet::Morlet.psi(precision).is_err());
        assert!(ContinuousWavelet::Morlet.central_frequency(precision).is_err());
    }
    assert!(ContinuousWavelet::Gaussian(0).psi(8).is_err());
    assert!(ContinuousWavelet::Shannon { bandwidth: f64::NAN, centre: 1.0 }.psi(8).is_err());
    let morlet = || Cwt::params(ContinuousWavelet::Morlet);
    assert!(morlet().plan(usize::MAX).is_err() && morlet().plan(1 << 27).is_err());
    let error = morlet().scales(&[1e6; 40]).plan(100).unwrap_err().to_string();
    assert!(error.contains("scales"), "{error}");
    assert!(morlet().scales(&[1e12]).plan(100).is_err());
    for bandwidth in [1e-300, 1e-7, 1.5, 1e300] {
        let wavelet = ContinuousWavelet::ComplexMorlet { bandwidth, centre: 1.0 };
        assert_eq!(wavelet.to_string().parse::<ContinuousWavelet>().unwrap(), wavelet);
    }
}

#[test]
fn features_at_the_ends_of_their_parameters() {
    let names = [
        "dwt_energy__level_30__wavelet_\"db38\"",
        "dwt_relative_energy__level_30__levels_1",
        "dwt_energy_entropy__levels_30__mode_\"smooth\"",
        "wpt_energy__level_12__node_4095__wavelet_\"haar\"",
        "wpt_kurtosis__level_1__node_4095",
        "wpt_max_kurtosis__level_12__wavelet_\"haar\"",
        "modwt_variance__level_30",
        "cwt_entropy__scale_4096.0__wavelet_\"shan1.5-1.0\"",
        "cwt_std__scale_0.5__wavelet_\"gaus1\"",
    ];
    let set = FeatureSet::from_names(names).unwrap();
    for (name, x) in series() {
        let mut row = vec![0.0; names.len()];
        if let Ok(mut extractor) = set.extractor(x.len(), SampleRate::ONE_HZ)
            && extractor.extract_into(&x, &mut row).is_ok()
        {
            assert!(row.iter().all(|v| v.is_finite() || v.is_nan()), "{name}: {row:?}");
            assert!(row[0].is_nan() && row[1].is_nan() && row[4].is_nan(), "{name}: {row:?}");
        }
    }
    for bad in [
        "dwt_energy__level_0",
        "dwt_energy__level_31",
        "cwt_std__scale_0.4",
        "modwt_energy__level_1__wavelet_\"bior2.2\"",
    ] {
        assert!(FeatureSet::from_names([bad]).is_err(), "{bad}");
    }
}
