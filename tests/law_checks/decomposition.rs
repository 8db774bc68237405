//! Laws of decompositions.

use super::{noise, same_bits_on_any_threads};
use prognos::Result;
use prognos::signal::decomposition::{Ceemdan, Eemd, Emd, Modes, SiftStop, Ssa, Vmd, VmdStart};
use std::f64::consts::TAU;

fn tone(n: usize, cycles: f64, amplitude: f64) -> Vec<f64> {
    (0..n).map(|i| amplitude * (TAU * cycles * i as f64 + 0.3).sin()).collect()
}

fn add(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

fn times(a: &[f64], factor: f64) -> Vec<f64> {
    a.iter().map(|v| v * factor).collect()
}

/// Root mean square of the difference, in the middle half.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len();
    let sum: f64 = (n / 4..3 * n / 4).map(|i| (a[i] - b[i]).powi(2)).sum();
    (sum / (n / 2) as f64).sqrt()
}

type Method = fn(&[f64]) -> Result<Modes>;

/// Every decomposition into modes and a residue.
fn methods() -> Vec<(&'static str, Method)> {
    vec![
        ("EMD", |x| Emd::new().decompose(x)),
        ("EMD, S-number", |x| Emd::new().stop(SiftStop::SNumber(4)).decompose(x)),
        ("EMD, fixed", |x| Emd::new().stop(SiftStop::Fixed(10)).decompose(x)),
        ("EMD, two modes", |x| Emd::new().max_modes(2).decompose(x)),
        ("EEMD", |x| Eemd::new().trials(20).seed(3).decompose(x)),
        ("CEEMDAN", |x| Ceemdan::new().trials(20).seed(3).decompose(x)),
        ("VMD", |x| Ok(Vmd::new(3).decompose(x)?.modes().clone())),
        ("VMD, dual ascent", |x| Ok(Vmd::new(3).tau(0.3).dc(true).decompose(x)?.modes().clone())),
        ("SSA", |x| Ssa::new(20).decompose(x)?.groups(&[&[0], &[1, 2], &[5, 4, 3]])),
    ]
}

/// As in PyEMD: where every sifting is balanced, the S-number counts all but the first.
#[test]
fn the_first_sifting_does_not_count_for_the_s_number() {
    let x = add(&tone(600, 0.143, 1.0), &tone(600, 0.0095, 0.3));
    let first = |stop| Emd::new().max_modes(1).stop(stop).decompose(&x).unwrap();
    assert_eq!(first(SiftStop::SNumber(3)), first(SiftStop::Fixed(4)));
    assert_ne!(first(SiftStop::SNumber(3)), first(SiftStop::Fixed(3)));
}

#[test]
fn modes_and_residue_add_up_to_the_signal() {
    for n in [60, 255, 256] {
        let x = add(&add(&tone(n, 0.11, 1.0), &tone(n, 0.02, 3.0)), &noise(n, 4));
        for (what, method) in methods() {
            let modes = method(&x).unwrap();
            assert!(modes.count() > 0 && modes.view().dim() == (modes.count(), n), "{what}");
            let worst = modes.sum().iter().zip(&x).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-12, "{what}: {worst}");
            let all: Vec<usize> = (0..modes.count()).collect();
            assert!(apart(&add(&modes.part(&all).unwrap(), modes.residue()), &x) < 1e-12, "{what}");
            assert!(modes.mode(modes.count()).is_err() && modes.part(&[99]).is_err());
        }
    }
    let x = add(&tone(120, 0.11, 1.0), &noise(120, 5));
    let ssa = Ssa::new(30).decompose(&x).unwrap();
    let all: Vec<usize> = (0..30).collect();
    assert!(apart(&ssa.group(&all).unwrap(), &x) < 1e-12);
    assert!((ssa.shares().iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert_eq!((ssa.leading(0.0), ssa.leading(1.1)), (1, 30));
}

#[test]
fn same_bits_on_threads() {
    let x = add(&tone(300, 0.05, 1.0), &noise(300, 6));
    for (what, method) in methods() {
        same_bits_on_any_threads(what, || {
            let modes = method(&x).unwrap();
            modes.view().iter().chain(modes.residue()).copied().collect()
        });
    }
}

/// A power of two changes exponents alone: no threshold depends on the unit of the samples.
#[test]
fn the_unit_does_not_matter() {
    let x = add(&tone(400, 0.07, 1.0), &noise(400, 7));
    for (what, method) in methods() {
        let (one, other) = (method(&x).unwrap(), method(&times(&x, 2.0_f64.powi(-40))).unwrap());
        assert_eq!(one.count(), other.count(), "{what}");
        for (a, b) in one.view().iter().zip(other.view()) {
            assert!((a - b * 2.0_f64.powi(40)).abs() < 1e-9, "{what}: {a} {b}");
        }
    }
}

/// Two tones, far enough apart for every method: the modes are the tones, and nearly orthogonal.
#[test]
fn two_tones_come_apart() {
    let n = 1000;
    let (fast, slow) = (tone(n, 0.15, 1.0), tone(n, 0.02, 1.5));
    let x = add(&fast, &slow);
    let ssa = Ssa::new(100).decompose(&x).unwrap();
    let found: Vec<(&str, Modes, [usize; 2])> = vec![
        ("EMD", Emd::new().max_modes(2).decompose(&x).unwrap(), [0, 1]),
        ("VMD", Vmd::new(2).decompose(&x).unwrap().modes().clone(), [1, 0]),
        ("SSA", ssa.groups(&[&[2, 3], &[0, 1]]).unwrap(), [0, 1]),
    ];
    for (what, modes, [a, b]) in found {
        assert!(apart(modes.mode(a).unwrap(), &fast) < 0.05, "{what}");
        assert!(apart(modes.mode(b).unwrap(), &slow) < 0.05, "{what}");
        assert!(modes.orthogonality_index().abs() < 0.02, "{what}: {}", modes.orthogonality_index());
    }
    // The pairs of an oscillation have nearly equal eigenvalues: half the squared amplitude times L / 2.
    for (value, amplitude) in ssa.eigenvalues().iter().zip([1.5, 1.5, 1.0, 1.0]) {
        assert!((value / (amplitude * amplitude * 25.0) - 1.0).abs() < 0.1, "{value}");
    }
    assert!(ssa.eigenvalues()[4] < 1e-9);
}

/// Tones at close to the spacing that the bandwidth allows, in noise.
#[test]
fn vmd_finds_frequencies() {
    let n = 1200;
    let cycles = [0.03, 0.12, 0.16, 0.4];
    let mut x = times(&noise(n, 8), 0.2);
    for f in cycles {
        x = add(&x, &tone(n, f, 1.0));
    }
    for start in [VmdStart::Uniform, VmdStart::Random(2)] {
        let found = Vmd::new(4).start(start).decompose(&x).unwrap();
        assert!(found.converged(), "{}", found.iterations());
        for (f, expected) in found.frequencies().iter().zip(cycles) {
            assert!((f - expected).abs() < 2e-3, "{start:?}: {:?}", found.frequencies());
        }
    }
    let held = Vmd::new(5).dc(true).decompose(&x.iter().map(|v| v + 7.0).collect::<Vec<_>>()).unwrap();
    assert_eq!(held.frequencies()[0], 0.0);
    assert!((held.modes().mode(0).unwrap()[600] - 7.0).abs() < 0.2);
    // Dual ascent leaves less in the residue.
    let energy =
        |tau: f64| Vmd::new(4).tau(tau).decompose(&x).unwrap().modes().residue().iter().map(|v| v * v).sum::<f64>();
    assert!(energy(0.5) < 0.5 * energy(0.0));
}

#[test]
fn trends_have_no_modes() {
    for n in [1, 2, 3, 50] {
        let x: Vec<f64> = (0..n).map(|i| 0.5 * f64::from(i) + 3.0).collect();
        let modes = Emd::new().decompose(&x).unwrap();
        assert_eq!((modes.count(), modes.residue()), (0, x.as_slice()));
        assert_eq!(Ceemdan::new().trials(3).decompose(&x).unwrap().count(), 0);
    }
}

/// Noise gives modes an octave apart (Flandrin et al. 2004): each crosses zero about half as often as the one before.
#[test]
fn emd_of_noise_is_a_bank_of_octaves() {
    let x = noise(4096, 9);
    let modes = Emd::new().stop(SiftStop::Fixed(10)).decompose(&x).unwrap();
    let crossings: Vec<usize> = modes
        .view()
        .rows()
        .into_iter()
        .map(|m| m.windows(2).into_iter().filter(|w| w[0] * w[1] < 0.0).count())
        .collect();
    for pair in crossings[..6].windows(2) {
        let ratio = pair[0] as f64 / pair[1] as f64;
        assert!((1.6..2.6).contains(&ratio), "{crossings:?}");
    }
}

/// Without noise to speak of, the ensembles give the modes of EMD; and another seed is another answer.
#[test]
fn ensembles() {
    let x = add(&tone(500, 0.09, 1.0), &tone(500, 0.011, 1.0));
    let plain = Emd::new().stop(SiftStop::Fixed(10)).max_modes(2).decompose(&x).unwrap();
    let limited = Emd::new().stop(SiftStop::Fixed(10)).max_modes(2);
    let eemd = Eemd::new().emd(limited).noise(1e-9).trials(4).decompose(&x).unwrap();
    let ceemdan = Ceemdan::new().emd(limited).noise(1e-9).trials(4).decompose(&x).unwrap();
    for i in 0..2 {
        assert!(apart(eemd.mode(i).unwrap(), plain.mode(i).unwrap()) < 1e-4);
        assert!(apart(ceemdan.mode(i).unwrap(), plain.mode(i).unwrap()) < 1e-4);
    }
    let seeded = |seed| Eemd::new().seed(seed).trials(5).decompose(&x).unwrap();
    assert_eq!(seeded(1), seeded(1));
    assert_ne!(seeded(1), seeded(2));
    // The residue holds the mean of the noise, 0.2 deviations over the root of the trials.
    let left = |trials| {
        let modes = Eemd::new().trials(trials).decompose(&x).unwrap();
        apart(modes.residue(), &vec![0.0; 500])
    };
    assert!(left(64) < 0.5 * left(1), "{} {}", left(64), left(1));
}
