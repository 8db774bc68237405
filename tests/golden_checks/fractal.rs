//! Ids `nl/antropy_{petrosian,katz,higuchi,dfa}*`, `nl/nolds_{dfa,hurst_rs,corr_dim,lyap_r}*` and `nl/rqa_*`.

use super::{Outcome, compare, stat};
use serde_json::{Value, json};

/// What became of an id of this family; `None` where nothing here computes it.
pub fn check(id: &str, expected: &Value, x: &[f64], fs: f64, _file: &Value) -> Option<Outcome> {
    let one = |name: &str, n: usize| stat::extract(&[name], &x[..n.min(x.len())], fs);
    let found = match id.strip_prefix("nl/")? {
        "antropy_petrosian" => one("petrosian_fd", x.len()),
        "antropy_katz" => one("katz_fd", x.len()),
        "antropy_higuchi_kmax10" => one("higuchi_fd__kmax_10", x.len()),
        "antropy_dfa" => return Some(antropy_dfa(expected, x, fs)),
        "nolds_dfa" => one("dfa__order_1__overlap_True", 600),
        "nolds_hurst_rs" => one("hurst_rs__corrected_True", 600),
        "nolds_corr_dim_emb3_first300" => one("correlation_dimension__dim_3__lag_1__self_pairs_True__theiler_0", 300),
        "nolds_lyap_r_first300" => one("lyapunov_rosenstein__dim_5__lag_1__separation_10__steps_20", 300),
        "rqa_first200_m3_tau2_maxnorm_eps0.5std" => return Some(recurrence(expected, x)),
        _ => return None,
    };
    Some(compare(&found, expected, 1e-9, 1e-12))
}

/// The lengths of pieces that antropy takes.
fn lengths(n: usize) -> Vec<usize> {
    let mut lengths = vec![4_usize];
    let last = ((0.1 * n as f64 / 4.0).ln() / 1.2_f64.ln()).floor();
    let mut i = 0.0;
    while i <= last {
        let len = (4.0 * 1.2_f64.powf(i)) as usize;
        if len > lengths[lengths.len() - 1] {
            lengths.push(len);
        }
        i += 1.0;
    }
    lengths
}

fn antropy_dfa(expected: &Value, x: &[f64], fs: f64) -> Outcome {
    let lengths = lengths(x.len());
    if lengths.len() < 2 {
        return Outcome::Skipped(
            "one length of pieces has no slope: the reference divides 0 by its guard of 1e-9".into(),
        );
    }
    if lengths.iter().any(|&len| is_rounding(x, len)) {
        return Outcome::Skipped(
            "the fluctuations of some length are rounding alone: the reference takes their logarithm".into(),
        );
    }
    // antropy adds 1e-9 to n Σx² - (Σx)² before it divides by it; with few lengths that shows.
    let logs: Vec<f64> = lengths.iter().map(|&n| (n as f64).ln()).collect();
    let (sum, squares) = (logs.iter().sum::<f64>(), logs.iter().map(|v| v * v).sum::<f64>());
    let below = logs.len() as f64 * squares - sum * sum;
    let guarded: Vec<f64> =
        stat::extract(&["dfa__order_1__overlap_False"], x, fs).iter().map(|v| v * below / (below + 1e-9)).collect();
    compare(&guarded, expected, 1e-9, 1e-12)
}

/// Whether every piece of the walk is a straight line, as over stretches of constant samples, but for rounding.
fn is_rounding(x: &[f64], len: usize) -> bool {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    let walk: Vec<f64> = x
        .iter()
        .scan(0.0, |sum, v| {
            *sum += v - mean;
            Some(*sum)
        })
        .collect();
    let largest = walk.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    let bent = |piece: &[f64]| piece.windows(3).any(|w| (w[0] - 2.0 * w[1] + w[2]).abs() > 1e-12 * largest);
    largest > 0.0 && !walk.chunks_exact(len).any(bent)
}

fn recurrence(expected: &Value, x: &[f64]) -> Outcome {
    // The reference looks at 200 samples, its radius at the spread of the first 600.
    let spread = |x: &[f64]| {
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        (x.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / x.len() as f64).sqrt()
    };
    let radius = 0.5 * spread(&x[..x.len().min(600)]);
    let x = &x[..x.len().min(200)];
    let embedding = prognos::signal::phase_space::Embedding::new(x, 3, 2).unwrap();
    let plot = prognos::signal::phase_space::Recurrence::of(&embedding, radius, 1).unwrap();
    let found = [plot.determinism(2), plot.longest_diagonal() as f64, plot.mean_diagonal(2), plot.rate()];
    let list = json!([expected["DET"], expected["Lmax"], expected["Lmean"], expected["RR"]]);
    compare(&found, &list, 1e-9, 1e-12)
}
