//! Laws of random convolutions.

use super::{noise, same_bits_on_any_threads};
use ndarray::{Array2, s};
use prognos::features::convolution::{MiniRocket, MultiRocket};
use prognos::signal::{SampleRate, Signal, WindowSpec};

fn windows(n: usize, len: usize, seed: u64) -> Array2<f64> {
    let noise = noise(n * len, seed);
    Array2::from_shape_fn((n, len), |(i, t)| noise[i * len + t] + (t as f64 * 0.1 * (i % 3 + 1) as f64).sin())
}

#[test]
fn same_bits_on_threads() {
    let rows = windows(30, 150, 1);
    same_bits_on_any_threads("MiniRocket", || {
        let model = MiniRocket::params().features(840).seed(4).fit(&rows).unwrap();
        model.transform(&rows).unwrap().into_values().into_raw_vec_and_offset().0
    });
    same_bits_on_any_threads("MultiRocket", || {
        let model = MultiRocket::params().kernels(168).seed(4).fit(&rows).unwrap();
        model.transform(&rows).unwrap().into_values().into_raw_vec_and_offset().0
    });
}

/// Rows, columns in memory, windows of a signal, f64 and f32 one by one: the same bits.
#[test]
fn a_window_gives_the_same_alone_and_in_company() {
    let rows = windows(12, 100, 2);
    let columns = rows.t().as_standard_layout().into_owned();
    let mini = MiniRocket::params().features(500).fit(&rows).unwrap();
    let multi = MultiRocket::params().kernels(84).fit(&rows).unwrap();
    assert_eq!((mini.n_features(), multi.n_features()), (420, 672));
    let (few, many) = (mini.transform(&rows).unwrap(), multi.transform(&rows).unwrap());
    assert_eq!(few, mini.transform(columns.t()).unwrap());
    assert_eq!(many, multi.transform(columns.t()).unwrap());
    assert_eq!(mini, MiniRocket::params().features(500).fit(columns.t()).unwrap());
    let (mut small, mut large) = (vec![0.0; 420], vec![0.0; 672]);
    let (mut a, mut b) = (mini.scratch(), multi.scratch());
    for i in (0..12).rev() {
        let x = rows.row(i).to_vec();
        let short: Vec<f32> = x.iter().map(|v| *v as f32).collect();
        for from_f32 in [false, true] {
            if from_f32 {
                mini.transform_f32_into(&short, &mut small, &mut a).unwrap();
                multi.transform_f32_into(&short, &mut large, &mut b).unwrap();
            } else {
                mini.transform_into(&x, &mut small, &mut a).unwrap();
                multi.transform_into(&x, &mut large, &mut b).unwrap();
            }
            assert!(few.row(i).unwrap().iter().zip(&small).all(|(m, s)| *m == f64::from(*s)));
            assert!(many.row(i).unwrap().iter().zip(&large).all(|(m, s)| *m == f64::from(*s)));
        }
    }
    let record = rows.as_slice().unwrap();
    let cut = Signal::new(record, SampleRate::ONE_HZ).windows(WindowSpec::sliding(100, 100)).unwrap();
    assert_eq!(mini, MiniRocket::params().features(500).fit_windows(cut).unwrap());
    assert_eq!(multi, MultiRocket::params().kernels(84).fit_windows(cut).unwrap());
    let (windowed, many_windowed) = (mini.transform_windows(cut).unwrap(), multi.transform_windows(cut).unwrap());
    assert_eq!(windowed.starts()[3], 300);
    assert_eq!((windowed.view(), many_windowed.view()), (few.view(), many.view()));
}

#[test]
fn names_are_unique_and_fixed_by_the_settings() {
    let one = MiniRocket::params().features(9_996).fit(&windows(3, 512, 3)).unwrap();
    let other = MiniRocket::params().features(9_996).seed(9).fit(&windows(5, 512, 4)).unwrap();
    assert_eq!(one.names(), other.names());
    assert_ne!(one.biases(), other.biases());
    assert_eq!(one.n_features(), 9_996);
    let mut names = MultiRocket::params().fit(&windows(2, 64, 5)).unwrap().names();
    assert_eq!(names.len(), 49_728);
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 49_728);
}

/// Shares lie between 0 and 1, fall when the bias rises, and a scaled signal with scaled biases gives the same.
#[test]
fn shares_are_shares() {
    let rows = windows(6, 80, 6);
    let model = MiniRocket::params().features(840).fit(&rows).unwrap();
    let features = model.transform(&rows).unwrap();
    assert!(features.view().iter().all(|v| (0.0..=1.0).contains(v)));
    let parts = |bias: &dyn Fn(f32) -> f32| {
        let (d, c) = (model.dilations().to_vec(), model.features_per_dilation().to_vec());
        MiniRocket::from_parameters(80, d, c, model.biases().iter().map(|b| bias(*b)).collect()).unwrap()
    };
    let higher = parts(&|b| b + 0.5).transform(&rows).unwrap();
    assert!(features.view().iter().zip(higher.view()).all(|(f, h)| h <= f));
    assert!(features.view().sum() > higher.view().sum());
    assert_eq!(parts(&|b| 4.0 * b).transform(&(&rows * 4.0)).unwrap(), features);
    // The biases are quantiles of outputs such as these: over all features half of the samples lie above.
    assert!((features.view().mean().unwrap() - 0.5).abs() < 0.05);
}

/// Classes that differ in the order of events alone, which no histogram sees.
#[test]
fn a_reversed_burst_is_told_apart() {
    let burst = |rising: bool| move |t: usize| ((if rising { t } else { 63 - t }) % 16) as f64;
    let rows = Array2::from_shape_fn((8, 64), |(i, t)| burst(i % 2 == 0)(t));
    let model = MiniRocket::params().features(840).fit(&rows).unwrap();
    let f = model.transform(&rows).unwrap();
    let apart = (&f.view().slice(s![0, ..]) - &f.view().slice(s![1, ..])).mapv(f64::abs).sum();
    assert_eq!(f.row(0).unwrap(), f.row(2).unwrap());
    assert!(apart > 40.0, "{apart}");
}

#[cfg(feature = "persist")]
#[test]
fn saved_equals_fitted() {
    use prognos::persist::{from_bytes, from_json, to_bytes, to_json};
    let rows = windows(10, 90, 7);
    let mini = MiniRocket::params().features(420).seed(1).fit(&rows).unwrap();
    let multi = MultiRocket::params().kernels(168).seed(1).fit(&rows).unwrap();
    assert_eq!(from_json::<MiniRocket>(&to_json(&mini).unwrap()).unwrap(), mini);
    assert_eq!(from_bytes::<MiniRocket>(&to_bytes(&mini).unwrap()).unwrap(), mini);
    assert_eq!(from_json::<MultiRocket>(&to_json(&multi).unwrap()).unwrap(), multi);
    let back = from_bytes::<MultiRocket>(&to_bytes(&multi).unwrap()).unwrap();
    assert_eq!(back, multi);
    assert_eq!(back.transform(&rows).unwrap(), multi.transform(&rows).unwrap());
    assert!(from_bytes::<MiniRocket>(&to_bytes(&multi).unwrap()).is_err());
}
