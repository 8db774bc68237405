//! One file a room; the hostile series and tables that all of them are fed stand here.
#![allow(dead_code)]

mod anomaly;
mod autoregression;
mod catch22;
mod changepoint;
mod complexity;
mod convolution;
mod datasets;
mod decision;
mod decomposition;
mod detectors_of_series;
mod discord;
mod discord_search;
mod features;
mod fractal;
mod health;
mod learners;
mod metrics;
mod multichannel;
mod neighbours;
mod overflow;
mod recording;
mod rhythm;
mod rolling;
mod rul;
mod selection;
mod signal;
mod spectral;
mod stream;
mod tabular;
mod thresholds;
mod trend;
mod tsfel;
mod tsfresh;
mod wavelet;

use ndarray::Array2;

/// Series that break careless code, with a name each.
pub fn series() -> Vec<(String, Vec<f64>)> {
    let ramp = |n: usize| (0..n).map(|i| i as f64).collect::<Vec<_>>();
    let wave = |n: usize| (0..n).map(|i| (i as f64 * 0.37).sin() + 0.1 * (i as f64 * 1.7).cos()).collect::<Vec<_>>();
    let mut all = vec![
        ("empty".to_owned(), vec![]),
        ("one".to_owned(), vec![1.5]),
        ("two".to_owned(), vec![1.5, -2.0]),
        ("three".to_owned(), vec![0.0, 0.0, 1.0]),
        ("constant".to_owned(), vec![3.25; 64]),
        ("zeros".to_owned(), vec![0.0; 64]),
        ("minus zero".to_owned(), vec![-0.0; 33]),
        ("denormal".to_owned(), vec![5e-324; 40]),
        ("denormal wave".to_owned(), wave(64).iter().map(|v| v * 1e-310).collect()),
        ("1e308".to_owned(), vec![1e308; 50]),
        ("alternating max".to_owned(), (0..64).map(|i| if i % 2 == 0 { f64::MAX } else { -f64::MAX }).collect()),
        ("huge wave".to_owned(), wave(100).iter().map(|v| v * 1e300).collect()),
        ("tiny wave".to_owned(), wave(100).iter().map(|v| v * 1e-300).collect()),
        ("offset 1e12".to_owned(), wave(200).iter().map(|v| v * 1e-3 + 1e12).collect()),
        ("ties".to_owned(), (0..120).map(|i| f64::from(i % 3)).collect()),
        ("one spike".to_owned(), (0..100).map(|i| if i == 50 { 1e9 } else { 0.0 }).collect()),
    ];
    for n in [4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257] {
        all.push((format!("ramp {n}"), ramp(n)));
        all.push((format!("wave {n}"), wave(n)));
    }
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for place in [0, 50, 99] {
            let mut x = wave(100);
            x[place] = bad;
            all.push((format!("{bad} at {place} of 100"), x));
        }
        all.push((format!("all {bad}"), vec![bad; 20]));
    }
    all
}

/// Tables that break careless code, with a name each.
pub fn tables() -> Vec<(String, Array2<f64>)> {
    let wave = |n: usize, d: usize| Array2::from_shape_fn((n, d), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
    let mut all = vec![
        ("no rows".to_owned(), Array2::zeros((0, 3))),
        ("no columns".to_owned(), Array2::zeros((5, 0))),
        ("nothing".to_owned(), Array2::zeros((0, 0))),
        ("one row".to_owned(), wave(1, 3)),
        ("two rows".to_owned(), wave(2, 3)),
        ("one column".to_owned(), wave(50, 1)),
        ("more columns than rows".to_owned(), wave(4, 9)),
        ("constant".to_owned(), Array2::from_elem((40, 3), 2.5)),
        ("one constant column".to_owned(), {
            let mut t = wave(40, 3);
            t.column_mut(1).fill(7.0);
            t
        }),
        ("equal columns".to_owned(), Array2::from_shape_fn((40, 3), |(i, _)| (i as f64 * 0.37).sin())),
        ("ties".to_owned(), Array2::from_shape_fn((60, 3), |(i, j)| f64::from(((i + j) % 3) as u8))),
        ("huge".to_owned(), wave(40, 3) * 1e300),
        (
            "alternating max".to_owned(),
            Array2::from_shape_fn((40, 3), |(i, _)| if i % 2 == 0 { f64::MAX } else { -f64::MAX }),
        ),
        ("denormal".to_owned(), wave(40, 3) * 1e-310),
        ("offset 1e12".to_owned(), wave(40, 3) * 1e-3 + 1e12),
        ("plain".to_owned(), wave(64, 4)),
    ];
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut t = wave(40, 3);
        t[[17, 1]] = bad;
        all.push((format!("{bad} at (17, 1)"), t));
    }
    all
}
