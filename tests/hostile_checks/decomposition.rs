//! Hostile input to decompositions.

use super::series;
use prognos::signal::decomposition::{Ceemdan, Eemd, Emd, Modes, SiftStop, Ssa, Vmd, VmdStart};

/// What is not far from the ends of the range stays finite.
fn check(what: &str, name: &str, x: &[f64], modes: &Modes) {
    assert_eq!(modes.residue().len(), x.len(), "{what} of {name}");
    assert!(modes.view().iter().chain(modes.residue()).all(|v| v.is_finite()), "{what} of {name}");
    let largest = x.iter().fold(f64::MIN_POSITIVE, |a, v| a.max(v.abs()));
    for (s, v) in modes.sum().iter().zip(x) {
        assert!((s - v).abs() <= 1e-9 * largest, "{what} of {name}: {s} {v}");
    }
    let _ = (modes.energies(), modes.orthogonality_index(), modes.mode(usize::MAX), modes.part(&[0, 0, usize::MAX]));
}

#[test]
fn every_series() {
    let mut decomposed = 0;
    let nothing: &[usize] = &[];
    for (name, x) in series() {
        for stop in
            [SiftStop::EnergyRatio(0.2), SiftStop::EnergyRatio(1e-300), SiftStop::SNumber(5), SiftStop::Fixed(1)]
        {
            if let Ok(modes) = Emd::new().stop(stop).decompose(&x) {
                decomposed += 1;
                check("EMD", &name, &x, &modes);
            }
        }
        for noise in [1e-300, 0.2, 2.0] {
            if let Ok(modes) = Eemd::new().trials(3).noise(noise).decompose(&x) {
                check("EEMD", &name, &x, &modes);
            }
            if let Ok(modes) = Ceemdan::new().trials(3).noise(noise).decompose(&x) {
                check("CEEMDAN", &name, &x, &modes);
            }
        }
        for start in [VmdStart::Zero, VmdStart::Uniform, VmdStart::Random(u64::MAX)] {
            for (modes, alpha, tau, dc) in [(1, 0.0, 0.0, false), (3, 2000.0, 0.0, false), (4, 1e12, 10.0, true)] {
                let params = Vmd::new(modes).alpha(alpha).tau(tau).dc(dc).start(start).max_iterations(20);
                if let Ok(found) = params.decompose(&x) {
                    assert!(found.frequencies().iter().all(|f| (0.0..=0.5).contains(f)), "{name} {found:?}");
                    if tau == 0.0 {
                        check("VMD", &name, &x, found.modes());
                    }
                }
            }
        }
        for window in [0, 1, 2, 16, 50, usize::MAX] {
            if let Ok(found) = Ssa::new(window).decompose(&x) {
                assert!(found.eigenvalues().iter().all(|v| *v >= 0.0), "{name}");
                check("SSA", &name, &x, &found.groups(&[&[0], &[1]]).unwrap());
                assert!(found.group(&[window]).is_err() && found.group(&[0, 0]).is_err());
                assert!(found.groups(&[&[0], &[0]]).is_err() && found.groups(&[nothing; 65]).is_err());
                let _ = (found.shares(), found.leading(f64::NAN), found.leading(-1.0), found.group(&[]));
            }
        }
    }
    assert!(decomposed > 150, "{decomposed}");
}

#[test]
fn settings_out_of_range() {
    let x: Vec<f64> = (0..100).map(|i| f64::from(i % 7)).collect();
    assert!(Emd::new().max_modes(0).decompose(&x).is_err());
    assert!(Emd::new().max_modes(usize::MAX).decompose(&x).is_err());
    for stop in [
        SiftStop::EnergyRatio(0.0),
        SiftStop::EnergyRatio(f64::NAN),
        SiftStop::EnergyRatio(1.0),
        SiftStop::SNumber(0),
        SiftStop::Fixed(0),
        SiftStop::Fixed(usize::MAX),
    ] {
        assert!(Emd::new().stop(stop).decompose(&x).is_err(), "{stop:?}");
        assert!(Eemd::new().emd(Emd::new().stop(stop)).decompose(&x).is_err(), "{stop:?}");
        assert!(Ceemdan::new().emd(Emd::new().stop(stop)).decompose(&x).is_err(), "{stop:?}");
    }
    for noise in [0.0, -1.0, 2.1, f64::NAN, f64::INFINITY] {
        assert!(Eemd::new().noise(noise).decompose(&x).is_err());
        assert!(Ceemdan::new().noise(noise).decompose(&x).is_err());
    }
    for trials in [0, usize::MAX] {
        assert!(Eemd::new().trials(trials).decompose(&x).is_err());
        assert!(Ceemdan::new().trials(trials).decompose(&x).is_err());
    }
    for vmd in [
        Vmd::new(0),
        Vmd::new(usize::MAX),
        Vmd::new(2).alpha(-1.0),
        Vmd::new(2).alpha(f64::NAN),
        Vmd::new(2).tau(f64::INFINITY),
        Vmd::new(2).tolerance(0.0),
        Vmd::new(2).absolute_tolerance(f64::NAN),
        Vmd::new(2).max_iterations(0),
        Vmd::new(2).max_iterations(usize::MAX),
    ] {
        assert!(vmd.decompose(&x).is_err(), "{vmd:?}");
    }
    assert!(Vmd::new(2).decompose(&x[..3]).is_err());
}
