//! SKAB: 8 sensors of a water circuit once a second, one fault or more in each file. Rows 0..399 of a file are its
//! healthy baseline, the rest is scored; counts are pooled over the files, as the benchmark does.

use crate::detector::{Change, TRAINING};
use crate::{Failure, roc_auc};
use ndarray::Array2;
use prognos::anomaly::Threshold;
use prognos::datasets::CsvReader;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Rows of the anomaly-free recording that may alarm: the budget of false alarms, spent where there are no faults.
const ALARMS_ON_HEALTHY_ROWS: f64 = 0.25;
/// The anomaly-free recording is cut into recordings of about the length of a file, this many rows apart.
const LENGTH: usize = 1150;
const STEP: usize = 250;

struct Recording {
    /// Path below the folder without extension.
    file: String,
    names: Vec<String>,
    rows: Array2<f64>,
    /// Empty where the file has none.
    anomaly: Vec<bool>,
}

fn read(path: &Path, file: &str) -> Result<Recording, Failure> {
    let table = CsvReader::new().separator(b';').time_column("datetime").read(path)?;
    let all = table.number_columns();
    let names: Vec<&str> = all.iter().copied().filter(|n| !matches!(*n, "anomaly" | "changepoint")).collect();
    let mut rows = Array2::zeros((table.nrows(), names.len()));
    for (name, mut column) in names.iter().zip(rows.columns_mut()) {
        column.assign(&ndarray::ArrayView1::from(table.numbers(name)?));
    }
    let anomaly =
        if all.contains(&"anomaly") { table.numbers("anomaly")?.iter().map(|v| *v > 0.5).collect() } else { vec![] };
    Ok(Recording { file: file.to_owned(), names: names.iter().map(|n| (*n).to_owned()).collect(), rows, anomaly })
}

/// `name.csv` or `name.csv.gz` in the folder.
fn find(data: &Path, name: &str) -> Option<PathBuf> {
    [".csv", ".csv.gz"].iter().map(|ending| data.join(format!("{name}{ending}"))).find(|path| path.is_file())
}

fn missing(data: &Path, what: &str) -> Failure {
    format!(
        "{}: {what}\nDownload SKAB (https://github.com/waico/SKAB, GPL-3.0) and give its folder `data`. It must hold\n  \
         valve1/0.csv ... 15.csv, valve2/0.csv ... 3.csv, other/1.csv ... 14.csv (or some of them, or .csv.gz)\n  \
         anomaly-free/anomaly-free.csv",
        data.display()
    )
    .into()
}

fn recordings(data: &Path) -> Result<Vec<Recording>, Failure> {
    let names = (0..16).map(|i| format!("valve1/{i}"));
    let names = names.chain((0..4).map(|i| format!("valve2/{i}"))).chain((1..15).map(|i| format!("other/{i}")));
    let mut all = Vec::new();
    for name in names {
        if let Some(path) = find(data, &name) {
            let recording = read(&path, &name)?;
            if recording.rows.nrows() <= TRAINING || recording.anomaly.is_empty() {
                return Err(format!("{}: too few rows, or no column `anomaly`", path.display()).into());
            }
            all.push(recording);
        }
    }
    if all.is_empty() { Err(missing(data, "no files of SKAB here")) } else { Ok(all) }
}

/// Scores of the recording that has no faults, cut into pieces that are treated like files.
fn healthy_scores(free: &Recording) -> Result<Vec<f64>, Failure> {
    let mut scores = Vec::new();
    for start in (0..free.rows.nrows().saturating_sub(LENGTH)).step_by(STEP) {
        let piece = free.rows.slice_axis(ndarray::Axis(0), ndarray::Slice::from(start..start + LENGTH)).to_owned();
        scores.extend(Change::fit(&free.names, &piece)?.score(&piece)?);
    }
    Ok(scores)
}

/// F1, false alarm rate and missed alarm rate in per cent, area under the ROC curve; pooled over all rows.
fn line(what: &str, labels: &[bool], alarms: &[bool], scores: &[f64]) -> String {
    let count = |label: bool, alarm: bool| {
        labels.iter().zip(alarms).filter(|&(&l, &a)| l == label && a == alarm).count() as f64
    };
    let (tp, fp, missed, quiet) = (count(true, true), count(false, true), count(true, false), count(false, false));
    format!(
        "{what:44} {:.3}  {:5.1} %  {:5.1} %  {:.3}",
        tp / (tp + (fp + missed) / 2.0),
        100.0 * fp / (fp + quiet),
        100.0 * missed / (missed + tp),
        roc_auc(labels, scores)
    )
}

/// Largest distance of a sensor from its baseline mean, in baseline standard deviations; and that of the baseline rows.
fn one_liner(r: &Recording) -> (Vec<f64>, f64) {
    let baseline = r.rows.slice_axis(ndarray::Axis(0), ndarray::Slice::from(..TRAINING));
    let mean = baseline.mean_axis(ndarray::Axis(0)).unwrap_or_default();
    let sd = baseline.std_axis(ndarray::Axis(0), 0.0).mapv(|s| s.max(1e-12));
    let z = (&r.rows - &mean) / &sd;
    let far: Vec<f64> = z.rows().into_iter().map(|z| z.iter().fold(0.0, |m: f64, v| m.max(v.abs()))).collect();
    let largest = far[..TRAINING].iter().copied().fold(0.0, f64::max);
    (far[TRAINING..].to_vec(), largest)
}

pub(crate) fn run(data: &Path, out: Option<&Path>) -> Result<(), Failure> {
    let files = recordings(data)?;
    let free =
        find(data, "anomaly-free/anomaly-free").ok_or_else(|| missing(data, "no anomaly-free recording here"))?;
    let healthy = healthy_scores(&read(&free, "anomaly-free")?)?;
    let limit = Threshold::quantile(1.0 - ALARMS_ON_HEALTHY_ROWS).fit(&healthy)?;

    let mut csv = String::from("file,row,alarm,score\n");
    let (mut labels, mut scores, mut alarms) = (Vec::new(), Vec::new(), Vec::new());
    let (mut clock, mut simple, mut simple_alarms) = (Vec::new(), Vec::new(), Vec::new());
    let mut reasons = Vec::new();
    for r in &files {
        let model = Change::fit(&r.names, &r.rows)?;
        let found = model.score(&r.rows)?;
        let alarm = limit.alarms(&found)?;
        for (i, (score, alarm)) in found.iter().zip(&alarm).enumerate() {
            writeln!(csv, "{},{},{},{score}", r.file, TRAINING + i, u8::from(*alarm))?;
        }
        if let Some(first) = alarm.windows(5).position(|w| w.iter().all(|a| *a)) {
            let row = TRAINING + first + 4;
            reasons.push(format!("  {:9} alarm for 5 rows at row {row:4}: {}", r.file, model.explain(&r.rows, row)?));
        }
        labels.extend_from_slice(&r.anomaly[TRAINING..]);
        clock.extend((TRAINING..r.rows.nrows()).map(|row| row as f64));
        let (far, largest) = one_liner(r);
        simple_alarms.extend(far.iter().map(|z| *z > largest));
        simple.extend(far);
        scores.extend(found);
        alarms.extend(alarm);
    }

    println!(
        "SKAB: {} files, {} rows after the baselines, {} of them faulty; limit {:.2} from {} rows without faults",
        files.len(),
        labels.len(),
        labels.iter().filter(|l| **l).count(),
        limit.value(),
        healthy.len()
    );
    println!("{:44} F1     false    missed   ROC-AUC", "");
    println!("{}", line("change since the baseline (causal)", &labels, &alarms, &scores));
    println!("Trivial baselines:");
    println!("{}", line("always alarm", &labels, &vec![true; labels.len()], &vec![1.0; labels.len()]));
    let after: Vec<bool> = clock.iter().map(|row| *row >= 600.0).collect();
    println!("{}", line("clock only: rows from 600 on", &labels, &after, &clock));
    let between: Vec<bool> = clock.iter().map(|row| (600.0..1000.0).contains(row)).collect();
    let near: Vec<f64> = clock.iter().map(|row| -(row - 800.0).abs()).collect();
    println!("{}", line("clock only: rows 600..999", &labels, &between, &near));
    println!("{}", line("one line: largest |z| above the baseline's", &labels, &simple_alarms, &simple));
    println!("The faults begin near row 570 of nearly every file: the clock, which sees no sensor, is hard to beat.");
    println!("\nReasons:");
    for reason in reasons {
        println!("{reason}");
    }
    if let Some(path) = out {
        std::fs::write(path, csv).map_err(|e| format!("{}: {e}", path.display()))?;
        println!("\nscores: {}", path.display());
    }
    Ok(())
}
