//! Early detection in streams: the Numenta Anomaly Benchmark, one configuration for all files.
//!
//! ```sh
//! cargo run --release --example nab
//! cargo run --release --example nab -- --data NAB --out scores.csv
//! ```
//!
//! `NAB` is a copy of <https://github.com/numenta/NAB> or a part of it: `data/<folder>/<file>.csv` (or `.csv.gz`) and
//! `labels/combined_windows.json` (or `combined_windows.json`). Files listed there are read. Every score is causal: row
//! t is judged by the rows up to t. As the benchmark gives it to every detector, the length of the probation (15 % of
//! the file, at most 750 rows) is known; a third of it is warm-up, a fifth of it the length of a burst.
//!
//! The threshold of NAB's score is found with the labels of all files (that is how the benchmark is defined): a best
//! case. The settings of the detector were chosen on every other file, in the order of their names; the other half is
//! printed apart.
//!
//! Without `--data` the detector runs over the flow of a pipeline branch in `datasets/`.

use prognos::anomaly::stream::{Decluster, RhythmDetector};
use prognos::datasets::{self, CsvReader};
use prognos::metrics::detection::{NabCorpus, NabProfile, nab_probation};
use std::collections::VecDeque;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

type Failure = Box<dyn std::error::Error>;

const USAGE: &str = "usage: nab [--data NAB [--out SCORES.csv]]
  --data  folder of the benchmark: data/**/*.csv[.gz] and [labels/]combined_windows.json, as in
          https://github.com/numenta/NAB
  --out   writes file,row,anomaly_score
without --data: the pipeline flow in datasets/ (PROGNOS_DATASETS names another folder)";

/// A file of the benchmark.
struct Series {
    name: String,
    seconds: Vec<f64>,
    values: Vec<f64>,
    /// Rows around the labelled anomalies.
    windows: Vec<Range<usize>>,
}

/// Seconds of text time stamps.
fn seconds_of(stamps: &[i64]) -> Vec<f64> {
    stamps.iter().map(|s| *s as f64 * 1e-9).collect()
}

fn read(data: &Path) -> Result<Vec<Series>, Failure> {
    let candidates = [data.join("labels/combined_windows.json"), data.join("combined_windows.json")];
    let Some(labels) = candidates.iter().find(|path| path.exists()) else {
        return Err(format!("there is no combined_windows.json in {}\n{USAGE}", data.display()).into());
    };
    let labels: std::collections::BTreeMap<String, Vec<[String; 2]>> =
        serde_json::from_str(&std::fs::read_to_string(labels)?)?;
    let mut all = Vec::new();
    for (name, stamps) in labels {
        let plain = data.join("data").join(&name);
        let path = if plain.exists() { plain } else { data.join("data").join(format!("{name}.gz")) };
        let table = CsvReader::new().time_column("timestamp").read(path)?;
        let times = table.times("timestamp")?;
        let text: String = stamps.iter().flatten().map(|stamp| format!("{stamp}\n")).collect();
        let ends = if stamps.is_empty() {
            Vec::new()
        } else {
            let text = format!("timestamp\n{text}");
            CsvReader::new().time_column("timestamp").read_bytes(&name, text.as_bytes())?.times("timestamp")?.to_vec()
        };
        let row = |stamp: &i64| {
            times.iter().position(|t| t == stamp).ok_or_else(|| format!("{name}: no row has the time of a window"))
        };
        let windows = ends
            .chunks(2)
            .map(|pair| Ok(row(&pair[0])?..row(&pair[1])? + 1))
            .collect::<Result<Vec<Range<usize>>, String>>()?;
        all.push(Series { seconds: seconds_of(times), values: table.numbers("value")?.to_vec(), windows, name });
    }
    Ok(all)
}

/// Values in a day, from the first fifty rows.
fn slots_in_a_day(seconds: &[f64]) -> usize {
    let mut steps: Vec<f64> = seconds.iter().take(50).zip(seconds.iter().skip(1)).map(|(a, b)| b - a).collect();
    steps.sort_unstable_by(f64::total_cmp);
    let step = steps.get(steps.len() / 2).copied().unwrap_or(0.0);
    if step > 0.0 { ((86_400.0 / step).round() as usize).clamp(1, 100_000) } else { 1 }
}

/// Our scores, in 0..1.
fn ours(series: &Series) -> Result<Vec<f64>, Failure> {
    let probation = nab_probation(series.values.len()) as u64;
    let mut detector = RhythmDetector::params().slots(slots_in_a_day(&series.seconds)).warmup(probation / 3).start()?;
    let mut news = Decluster::within(probation / 5);
    let mut scores = Vec::with_capacity(series.values.len());
    for (&seconds, &value) in series.seconds.iter().zip(&series.values) {
        let decades = news.update(detector.push_at(seconds, value)?);
        scores.push(decades / (decades + 6.0));
    }
    Ok(scores)
}

/// Decades of a tail probability as a score in 0..1, to four digits.
fn decades(p: f64) -> f64 {
    (1e4 * (-p.max(1e-16).log10() / 16.0).max(0.0)).round() / 1e4
}

/// Mean and standard deviation of the last values.
fn moments(last: &VecDeque<f64>) -> (f64, f64) {
    let n = last.len() as f64;
    let mean = last.iter().sum::<f64>() / n;
    let variance = last.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, variance.sqrt().max(1e-9))
}

/// The trivial baseline of every comparison: normal tail of a value among the 500 before it.
fn gaussian_tail(values: &[f64]) -> Vec<f64> {
    let mut last = VecDeque::new();
    let score = |value: &f64| {
        let (mean, sd) = moments(&last);
        let z = if last.len() < 20 { 0.0 } else { ((value - mean).abs() / sd).min(50.0) };
        last.push_back(*value);
        if last.len() > 500 {
            last.pop_front();
        }
        decades(libm::erfc(z / std::f64::consts::SQRT_2))
    };
    values.iter().map(score).collect()
}

/// The second one: mean of the last ten steps against the 500 steps before.
fn step_likelihood(values: &[f64]) -> Vec<f64> {
    let mut before = values.first().copied().unwrap_or(0.0);
    let (mut short, mut long) = (VecDeque::new(), VecDeque::new());
    let score = |value: &f64| {
        let step = (value - before).abs();
        before = *value;
        short.push_back(step);
        if short.len() > 10 {
            short.pop_front();
        }
        let (mean, sd) = moments(&long);
        let z = if long.len() < 50 { 0.0 } else { (short.iter().sum::<f64>() / short.len() as f64 - mean) / sd };
        long.push_back(step);
        if long.len() > 500 {
            long.pop_front();
        }
        decades(0.5 * libm::erfc(z / std::f64::consts::SQRT_2))
    };
    values.iter().map(score).collect()
}

/// NAB's scores of some files with the three profiles.
fn nab(files: &[(&Series, &Vec<f64>)]) -> Result<String, Failure> {
    let mut corpus = NabCorpus::new();
    for (series, scores) in files {
        corpus.push(scores.as_slice(), &series.windows)?;
    }
    let standard = corpus.score(NabProfile::STANDARD)?;
    Ok(format!(
        "standard {:6.2}   reward low FP {:6.2}   reward low FN {:6.2}   ({} of {} windows, {} false)",
        standard.score,
        corpus.score(NabProfile::REWARD_LOW_FP)?.score,
        corpus.score(NabProfile::REWARD_LOW_FN)?.score,
        standard.hits,
        standard.windows,
        standard.false_positives,
    ))
}

fn benchmark(data: &Path, out: Option<&Path>) -> Result<(), Failure> {
    let all = read(data)?;
    let rows: usize = all.iter().map(|s| s.values.len()).sum();
    println!("{} files, {rows} rows, {} windows", all.len(), all.iter().map(|s| s.windows.len()).sum::<usize>());
    let start = std::time::Instant::now();
    let scores = all.iter().map(ours).collect::<Result<Vec<_>, _>>()?;
    let seconds = start.elapsed().as_secs_f64();
    let with = |scores: &[Vec<f64>], keep: &dyn Fn(usize) -> bool| {
        nab(&all.iter().zip(scores).enumerate().filter(|(i, _)| keep(*i)).map(|(_, pair)| pair).collect::<Vec<_>>())
    };
    let each = |f: &dyn Fn(&Series) -> Vec<f64>| all.iter().map(f).collect::<Vec<_>>();
    println!("no alarm ever              {}", with(&each(&|s| vec![0.0; s.values.len()]), &|_| true)?);
    println!("normal tail, 500 rows      {}", with(&each(&|s| gaussian_tail(&s.values)), &|_| true)?);
    println!("likelihood of steps        {}", with(&each(&|s| step_likelihood(&s.values)), &|_| true)?);
    println!("rhythm detector            {}", with(&scores, &|_| true)?);
    println!("  files it was chosen on   {}", with(&scores, &|i| i % 2 == 0)?);
    println!("  the other files          {}", with(&scores, &|i| i % 2 == 1)?);
    println!(
        "the threshold is the best one for these labels, found by the scorer; {:.1} us a row",
        1e6 * seconds / rows as f64
    );
    if let Some(path) = out {
        let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
        writeln!(file, "file,row,anomaly_score")?;
        for (series, scores) in all.iter().zip(&scores) {
            for (row, score) in scores.iter().enumerate() {
                writeln!(file, "{},{row},{score}", series.name)?;
            }
        }
        file.flush()?;
        println!("scores: {}", path.display());
    }
    Ok(())
}

fn pipeline() -> Result<(), Failure> {
    let recording = datasets::water_flow(datasets::directory()?)?;
    let flow = recording.samples("flow_l_per_s")?;
    println!(
        "flow of a pipeline branch, {} hours; three spells of low flow and one of inflow are described",
        flow.len()
    );
    let mut detector = RhythmDetector::params().slots(24).warmup(72).start()?;
    let mut news = Decluster::within(24);
    let mut found = Vec::new();
    for (row, &value) in flow.iter().enumerate() {
        let seconds = recording.time_of(row).unwrap_or(3600.0 * row as f64);
        let score = news.update(detector.push_at(seconds, value)?);
        // The part that says most.
        let why = detector.parts().into_iter().fold(("", 0.0), |a, b| if b.1 > a.1 { b } else { a });
        found.push((score, seconds, value, why));
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.truncate(8);
    found.sort_by(|a, b| a.1.total_cmp(&b.1));
    println!(
        "the eight most unusual hours after three days of warm-up, each judged by the hours before it (scores are decades of rarity):"
    );
    for (score, seconds, value, (part, decades)) in found {
        let time = jiff::Timestamp::from_second(seconds as i64)?;
        println!("{time}  {value:7.2} l/s  score {score:4.2}  (most of all: {part}, {decades:.1})");
    }
    println!("\nthe benchmark itself: git clone https://github.com/numenta/NAB, then --data NAB");
    Ok(())
}

fn main() -> ExitCode {
    let (mut data, mut out) = (None, None);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let target = match arg.as_str() {
            "--data" => &mut data,
            "--out" => &mut out,
            _ => {
                eprintln!("{USAGE}");
                return if arg == "--help" || arg == "-h" { ExitCode::SUCCESS } else { ExitCode::FAILURE };
            }
        };
        let Some(value) = args.next() else {
            eprintln!("{arg} needs a value\n{USAGE}");
            return ExitCode::FAILURE;
        };
        *target = Some(PathBuf::from(value));
    }
    let outcome = match data {
        Some(data) => benchmark(&data, out.as_deref()),
        None => pipeline(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nab: {error}");
            ExitCode::FAILURE
        }
    }
}
