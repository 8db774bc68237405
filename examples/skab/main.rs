//! Anomaly detection on rows of sensors: the SKAB benchmark (`--data DIR`), or `datasets/shuttle` without it.
//!
//! ```sh
//! cargo run --release --example skab                                    # shuttle, unlabelled fit, ROC-AUC, reasons
//! cargo run --release --example skab -- --data SKAB [--out scores.csv]  # SKAB, causal
//! ```
//!
//! SKAB (Katser & Kozitsin 2020) is GPL-3.0 and not part of this repository: clone <https://github.com/waico/SKAB> and
//! give its folder `data`.

mod benchmark;
mod detector;
mod shuttle;

use std::path::PathBuf;
use std::process::ExitCode;

/// Any error of the run, with its message.
pub(crate) type Failure = Box<dyn std::error::Error>;

const USAGE: &str = "usage: skab [--data DIR [--out FILE.csv]]
  --data  folder of SKAB: valve1/, valve2/, other/ with numbered .csv or .csv.gz files, and anomaly-free/anomaly-free.csv(.gz)
  --out   writes file,row,alarm,score for every row after the training rows
Without --data: datasets/shuttle (or the folder in PROGNOS_DATASETS).";

fn run() -> Result<(), Failure> {
    let (mut data, mut out) = (None, None);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().map(PathBuf::from).ok_or_else(|| format!("{arg} needs a value\n{USAGE}"));
        match arg.as_str() {
            "--data" => data = Some(value()?),
            "--out" => out = Some(value()?),
            "--help" | "-h" => {
                println!("{USAGE}");
                return Ok(());
            }
            _ => return Err(format!("unknown argument `{arg}`\n{USAGE}").into()),
        }
    }
    match (data, out) {
        (Some(data), out) => benchmark::run(&data, out.as_deref()),
        (None, None) => shuttle::run(),
        (None, Some(_)) => Err(format!("--out needs --data\n{USAGE}").into()),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("skab: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Area under the ROC curve by ranks, ties at their mean.
pub(crate) fn roc_auc(labels: &[bool], scores: &[f64]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let (mut ranks, mut start) = (0.0, 0);
    while start < order.len() {
        let same = order[start..].iter().take_while(|&&i| scores[i] <= scores[order[start]]).count();
        let bad = order[start..start + same].iter().filter(|&&i| labels[i]).count();
        ranks += bad as f64 * (start as f64 + (same as f64 + 1.0) / 2.0);
        start += same;
    }
    let bad = labels.iter().filter(|l| **l).count() as f64;
    (ranks - bad * (bad + 1.0) / 2.0) / (bad * (labels.len() as f64 - bad))
}
