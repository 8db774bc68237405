//! Laws of the phase space room: what must hold for any path.

use super::noise;
use prognos::features::FeatureSet;
use prognos::signal::SampleRate;
use prognos::signal::phase_space::{CorrelationSums, Embedding, Recurrence, geometric_radii};

fn paths() -> Vec<Vec<f64>> {
    let white = noise(400, 5);
    let walk = white
        .iter()
        .scan(0.0, |s, v| {
            *s += v;
            Some(*s)
        })
        .collect();
    vec![white, walk, (0..400).map(|i| (f64::from(i) * 0.31).sin()).collect()]
}

/// A larger radius holds at least the pairs of a smaller one, and so does a narrower band around the diagonal.
#[test]
fn radii_nest() {
    for x in paths() {
        let e = Embedding::new(&x, 3, 2).unwrap();
        let sums = CorrelationSums::of(&e, &geometric_radii(1e-3, 1e2, 30).unwrap(), 2).unwrap();
        assert!(sums.sums().windows(2).all(|c| c[0] <= c[1]));
        assert!((sums.sums()[29] - 1.0).abs() < 1e-15);
        let rate = |radius, theiler| Recurrence::of(&e, radius, theiler).unwrap().rate();
        assert!(rate(0.1, 1) <= rate(0.2, 1) && rate(0.2, 5) <= rate(0.2, 1));
    }
}

/// The points of all lines are the recurrent points; a longer least length leaves fewer.
#[test]
fn lines_hold_all_points() {
    for x in paths() {
        let e = Embedding::new(&x, 2, 3).unwrap();
        let plot = Recurrence::of(&e, 0.3, 1).unwrap();
        let on = |lengths: &[u64]| lengths.iter().zip(0_u64..).map(|(c, l)| c * l).sum::<u64>();
        assert_eq!(2 * on(plot.diagonal_lines()), on(plot.vertical_lines()));
        for least in 1..10 {
            assert!(plot.determinism(least + 1) <= plot.determinism(least));
            assert!(plot.laminarity(least + 1) <= plot.laminarity(least));
        }
    }
}

/// None of these depends on the unit or the zero of the sensor; powers of two change no bit.
#[test]
fn scale_and_offset_do_not_matter() {
    let names = [
        "higuchi_fd",
        "katz_fd",
        "petrosian_fd",
        "dfa",
        "mfdfa_hurst",
        "mfdfa_width",
        "hurst_rs",
        "generalized_hurst",
        "correlation_dimension",
        "lyapunov_rosenstein",
        "recurrence__attr_\"determinism\"",
        "visibility__attr_\"entropy\"",
        "horizontal_visibility__attr_\"entropy\"",
        "chaos_01",
    ];
    let set = FeatureSet::from_names(names).unwrap();
    let row = |x: &[f64]| {
        let mut row = vec![0.0; set.len()];
        set.extractor(x.len(), SampleRate::ONE_HZ).unwrap().extract_into(x, &mut row).unwrap();
        row
    };
    for x in paths() {
        let plain = row(&x);
        let other = row(&x.iter().map(|v| v * 1024.0 + 4096.0).collect::<Vec<_>>());
        for ((name, a), b) in names.iter().zip(&plain).zip(&other) {
            assert!((a - b).abs() <= 1e-6 * a.abs().max(1.0), "{name}: {a} and {b}");
        }
    }
}
