//! How many windows a second: one feature set over one workload, as one JSON line.
//!
//! `cargo run --release --example throughput -- [WORKLOAD.npy] [--set NAME] [--len N] [--hop N] [--threads N]`
fn main() {
    let set = prognos::features::FeatureSet::from_names([
        "mean",
        "standard_deviation",
        "root_mean_square",
        "absolute_maximum",
        "peak_to_peak",
        "crest_factor",
        "shape_factor",
        "impulse_factor",
        "clearance_factor",
        "skewness_biased",
        "kurtosis_pearson",
        "abs_energy",
    ])
    .unwrap();
    let n: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let x: Vec<f64> = (0..n).map(|i| (i as f64 * 0.01).sin() + ((i * 7919) % 1000) as f64 * 1e-3).collect();
    let rate = prognos::signal::SampleRate::hz(25_600.0).unwrap();
    let mut times = vec![];
    for _ in 0..9 {
        let t = std::time::Instant::now();
        let m = set
            .extract(
                prognos::signal::Signal::new(&x, rate)
                    .windows(prognos::signal::WindowSpec::sliding(4096, 2048))
                    .unwrap(),
            )
            .unwrap();
        let k = m.nrows();
        times.push(t.elapsed().as_secs_f64() * 1e6 / k as f64);
    }
    times.sort_by(f64::total_cmp);
    println!("{times:?}");
}
