//! Laws: wavelet. What goes in comes out; energy is kept; shifts shift; what is linear is linear.

use super::{noise, same_bits_on_any_threads};
use prognos::features::FeatureSet;
use prognos::signal::wavelet::*;
use prognos::signal::{SampleRate, Signal, WindowSpec};

fn energy(x: &[f64]) -> f64 {
    x.iter().map(|v| v * v).sum()
}

fn far(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn every_wavelet_boundary_and_length_comes_back() {
    for w in Wavelet::all() {
        // dmey is a piece of Meyer's wavelet: its filters are dual to 2e-3 only.
        let tolerance = if w.name() == "dmey" { 0.5 } else { 1e-10 };
        for boundary in Boundary::ALL {
            for n in [2, 7, 64, 99, 200] {
                let x = noise(n, n as u64);
                let plan = Dwt::new(w, boundary, n, 2).unwrap();
                let back = plan.reconstruct(&plan.decompose(&x).unwrap()).unwrap();
                assert!(far(&x, &back) < tolerance, "{w} {boundary} {n}: {}", far(&x, &back));
            }
        }
    }
}

#[test]
fn orthogonal_transforms_keep_the_energy() {
    for w in Wavelet::all().filter(Wavelet::is_orthogonal) {
        let x = noise(256, 5);
        let all = energy(&x);
        let c = Dwt::new(w, Boundary::Periodization, 256, 4).unwrap().decompose(&x).unwrap();
        assert!((c.energies().iter().sum::<f64>() / all - 1.0).abs() < 1e-12, "{w}");
        assert_eq!(c.values().len(), 256);
        let tree = WaveletPackets::new(w, Boundary::Periodization, 256, 3).unwrap().decompose(&x).unwrap();
        for level in 0..=3 {
            let sum: f64 = tree.energies(level, PacketOrder::Natural).iter().sum();
            assert!((sum / all - 1.0).abs() < 1e-12, "{w} level {level}");
        }
        let c = Modwt::new(w, 256, 4).unwrap().decompose(&x).unwrap();
        assert!((energy(c.values()) / all - 1.0).abs() < 1e-12, "{w}");
        let c = Swt::new(w, 256, 4, true).unwrap().decompose(&x).unwrap();
        assert!((energy(c.values()) / all - 1.0).abs() < 1e-12, "{w}");
    }
}

#[test]
fn a_shift_shifts_the_maximal_overlap_transform() {
    let plan = Modwt::new("sym5".parse().unwrap(), 120, 3).unwrap();
    let x = noise(120, 8);
    let mut turned = x.clone();
    turned.rotate_right(17);
    let (a, b) = (plan.decompose(&x).unwrap(), plan.decompose(&turned).unwrap());
    for level in 1..=3 {
        let mut detail = a.detail(level).to_vec();
        detail.rotate_right(17);
        assert!(far(&detail, b.detail(level)) < 1e-13, "level {level}");
    }
}

#[test]
fn transforms_are_linear() {
    let (x, y) = (noise(300, 1), noise(300, 2));
    let both: Vec<f64> = x.iter().zip(&y).map(|(a, b)| 2.0 * a - 3.0 * b).collect();
    let mixed = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| 2.0 * a - 3.0 * b).collect::<Vec<f64>>();
    for boundary in Boundary::ALL {
        let plan = Dwt::new("db6".parse().unwrap(), boundary, 300, 3).unwrap();
        let of = |x: &[f64]| plan.decompose(x).unwrap().values().to_vec();
        assert!(far(&of(&both), &mixed(&of(&x), &of(&y))) < 1e-11, "{boundary}");
    }
    let plan = Cwt::params("mexh".parse().unwrap()).scales(&[1.0, 4.0, 30.0]).plan(300).unwrap();
    let of = |x: &[f64]| (0..3).flat_map(|i| plan.transform(x).unwrap().real(i).to_vec()).collect::<Vec<f64>>();
    assert!(far(&of(&both), &mixed(&of(&x), &of(&y))) < 1e-11);
}

/// Details and wavelet coefficients know nothing of an offset, away from the ends.
#[test]
fn an_offset_does_not_drown_the_details() {
    let x: Vec<f64> = noise(1000, 4).iter().map(|v| (v * 1024.0).round() / 131_072.0).collect();
    let offset: Vec<f64> = x.iter().map(|v| v + 1_048_576.0).collect();
    for name in ["haar", "db4", "sym8", "coif5", "bior4.4"] {
        let plan = Dwt::new(name.parse().unwrap(), Boundary::Periodization, 1000, 3).unwrap();
        let (a, b) = (plan.decompose(&x).unwrap(), plan.decompose(&offset).unwrap());
        for level in 1..=3 {
            let (a, b) = (energy(a.detail(level)), energy(b.detail(level)));
            assert!((b / a - 1.0).abs() < 1e-6, "{name} level {level}: {a} {b}");
        }
    }
    let plan = Cwt::params("mexh".parse().unwrap()).scales(&[3.0, 20.0]).plan(1000).unwrap();
    let (a, b) = (plan.transform(&x).unwrap(), plan.transform(&offset).unwrap());
    for scale in 0..2 {
        assert!(far(&a.real(scale)[200..800], &b.real(scale)[200..800]) < 1e-7 * 1e-2, "scale {scale}");
    }
}

/// A plan does the same whatever its scratch was used for before, and allocates nothing it did not have.
#[test]
fn a_used_scratch_is_as_good_as_a_new_one() {
    let (x, y) = (noise(333, 1), noise(333, 2));
    let w: Wavelet = "db4".parse().unwrap();
    for boundary in Boundary::ALL {
        let plan = Dwt::new(w, boundary, 333, 4).unwrap();
        let (mut out, mut scratch) = (vec![0.0; plan.coefficients()], plan.scratch());
        plan.process(&y, &mut out, &mut scratch).unwrap();
        plan.process(&x, &mut out, &mut scratch).unwrap();
        assert_eq!(out, plan.decompose(&x).unwrap().values());
        let mut back = vec![0.0; 333];
        plan.process_inverse(&out, &mut back, &mut scratch).unwrap();
        assert_eq!(back, plan.reconstruct(&plan.decompose(&x).unwrap()).unwrap());
    }
    let plan = Cwt::params("cmor1.5-1.0".parse().unwrap()).scales(&[2.0, 30.0]).plan(333).unwrap();
    let (mut out, mut scratch) = (plan.zero_coefficients(), plan.scratch());
    plan.process(&y, &mut out, &mut scratch).unwrap();
    plan.process(&x, &mut out, &mut scratch).unwrap();
    assert_eq!(out, plan.transform(&x).unwrap());
}

#[test]
fn relative_energies_add_up() {
    let mut names: Vec<String> = (0..=4).map(|level| format!("dwt_relative_energy__level_{level}__levels_4")).collect();
    names.extend((0..8).map(|node| format!("wpt_relative_energy__level_3__node_{node}")));
    let set = FeatureSet::from_names(&names).unwrap();
    let x = noise(2000, 3);
    let windows = Signal::new(&x, SampleRate::ONE_HZ).windows(WindowSpec::sliding(500, 250)).unwrap();
    let matrix = set.extract(windows).unwrap();
    for row in matrix.view().rows() {
        let row = row.to_vec();
        for part in [&row[..5], &row[5..]] {
            assert!((part.iter().sum::<f64>() - 1.0).abs() < 1e-12 && part.iter().all(|p| (0.0..=1.0).contains(p)));
        }
    }
    same_bits_on_any_threads("wavelet features", || {
        let windows = Signal::new(&x, SampleRate::ONE_HZ).windows(WindowSpec::sliding(500, 100)).unwrap();
        set.extract(windows).unwrap().into_values().into_iter().collect()
    });
}
