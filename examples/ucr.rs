//! Where is the one anomaly? The UCR anomaly archive: 250 series of ECGs, gaits, insects, pumps and power demand, a healthy
//! beginning and one anomaly in each.
//!
//! ```sh
//! cargo run --release --example ucr
//! cargo run --release --example ucr -- --data UCR_Anomaly_FullData --out ucr.csv
//! ```
//!
//! Without `--data` it looks for the four anomalous segments of a pipeline's flow (`datasets/water_flow`), which are described
//! in words: three losses or maintenance stops with low values, and a small peak of inflow after the first two.
//!
//! With `--data` it reads `NNN_UCR_Anomaly_NAME_TRAINEND_BEGIN_END.txt` (or `.txt.gz`), names one sample of each series and
//! writes `file,location,score`. Of a file's name the detector is told the end of the training part; begin and end are used to
//! count afterwards: right is a location within the anomaly or no farther from it than its length, or than 100 samples. One
//! configuration for all files: lengths of half a period, one and two (period: highest peak of the autocorrelation of the
//! training part), z-normalised and as they are, the member with the most prominent discord ([`DiscordEnsemble`]). Beside it
//! stand three rules of one line.

use indicatif::{ProgressBar, ProgressStyle};
use prognos::anomaly::discord::{DiscordEnsemble, MatrixProfile, Measure};
use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

type Failure = Box<dyn std::error::Error>;

const USAGE: &str = "usage: ucr [--data DIRECTORY [--out FILE.csv] [--longest SAMPLES]]
  --data     directory with *_UCR_Anomaly_*.txt or .txt.gz
  --out      where to write file,location,score
  --longest  leaves out longer series";

fn main() -> ExitCode {
    match options().and_then(|o| match o {
        None => {
            println!("{USAGE}");
            Ok(())
        }
        Some(Options { data: Some(data), out, longest }) => archive(&data, out.as_deref(), longest),
        Some(_) => pipeline(),
    }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ucr: {error}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Options {
    data: Option<PathBuf>,
    out: Option<PathBuf>,
    longest: Option<usize>,
}

fn options() -> Result<Option<Options>, Failure> {
    let mut o = Options::default();
    let mut args = std::env::args().skip(1);
    while let Some(key) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{key} needs a value\n{USAGE}"));
        match key.as_str() {
            "--data" => o.data = Some(value()?.into()),
            "--out" => o.out = Some(value()?.into()),
            "--longest" => o.longest = Some(value()?.parse()?),
            "--help" | "-h" => return Ok(None),
            _ => return Err(format!("unknown option {key}\n{USAGE}").into()),
        }
    }
    Ok(Some(o))
}

/// Lag of the highest local maximum of the autocorrelation of up to 20,000 samples, 10 to 1000; 125 where there is none.
fn period(x: &[f64]) -> usize {
    let n = x.len().min(20_000);
    let mean = x[..n].iter().sum::<f64>() / n as f64;
    let x: Vec<f64> = x[..n].iter().map(|v| v - mean).collect();
    let r: Vec<f64> =
        (0..(n / 2).min(1001)).map(|k| x[..n - k].iter().zip(&x[k..]).map(|(a, b)| a * b).sum()).collect();
    let peak = |k: &usize| r[*k] > r[k - 1] && r[*k] > r[k + 1];
    let best = (3..r.len().saturating_sub(1)).filter(peak).max_by(|&i, &j| r[i].total_cmp(&r[j]).then(j.cmp(&i)));
    best.map_or(125, |k| k.max(10))
}

/// Half a period, one and two.
fn lengths(period: usize) -> [usize; 3] {
    [period.div_ceil(2).max(5), period, 2 * period]
}

/// A sample of the series behind the training part, and how much it stands out.
fn locate(x: &[f64], train: usize, mut tell: impl FnMut(f64)) -> Result<(usize, f64), Failure> {
    let ensemble = DiscordEnsemble::params(&lengths(period(&x[..train]))).search_while(x, train, |p| {
        tell(p.done);
        ControlFlow::Continue(())
    })?;
    let score = ensemble.chosen().map_or(1.0, |m| m.prominence());
    Ok((ensemble.location().unwrap_or(train).clamp(train, x.len() - 1), score))
}

/// Sample behind the training part with the largest number.
fn largest(scores: &[f64], train: usize) -> usize {
    let behind = train..scores.len();
    behind.reduce(|best, i| if scores[i] > scores[best] { i } else { best }).unwrap_or(train)
}

/// Rules of one line.
const RULES: [&str; 3] =
    ["largest |x - train mean|", "largest |difference|", "moving sd unlike that of the training part"];

fn by_rules(x: &[f64], train: usize) -> [usize; 3] {
    let mean = x[..train].iter().sum::<f64>() / train as f64;
    let level: Vec<f64> = x.iter().map(|v| (v - mean).abs()).collect();
    let change: Vec<f64> = std::iter::once(0.0).chain(x.windows(2).map(|w| (w[1] - w[0]).abs())).collect();
    let m = period(&x[..train]);
    let sd = |x: &[f64]| {
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (x.len() as f64 - 1.0).max(1.0)).sqrt()
    };
    let floor = 1e-6 * sd(x) + f64::MIN_POSITIVE;
    let moving: Vec<f64> = (0..x.len()).map(|i| (sd(&x[(i + 1).max(m) - m..(i + 1).max(m)]) + floor).ln()).collect();
    let usual = &moving[m.min(train - 1)..train];
    let usual = usual.iter().sum::<f64>() / usual.len() as f64;
    let spread: Vec<f64> = moving.iter().map(|v| (v - usual).abs()).collect();
    [largest(&level, train), largest(&change, train), largest(&spread, train).saturating_sub(m / 2).max(train)]
}

/// What a file's name says.
struct Case {
    path: PathBuf,
    name: String,
    train: usize,
    begin: usize,
    end: usize,
}

impl Case {
    fn new(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let stem = name.strip_suffix(".gz").unwrap_or(name).strip_suffix(".txt")?;
        let (_, rest) = stem.split_once("_UCR_Anomaly_")?;
        let mut parts = rest.rsplitn(4, '_');
        let mut number = || parts.next()?.parse().ok();
        let (end, begin, train) = (number()?, number()?, number()?);
        Some(Self { path: path.to_owned(), name: format!("{stem}.txt"), train, begin, end })
    }

    fn samples(&self) -> Result<Vec<f64>, Failure> {
        let mut text = String::new();
        let mut file = File::open(&self.path)?;
        if self.path.extension().is_some_and(|e| e == "gz") {
            flate2::read::GzDecoder::new(file).read_to_string(&mut text)?;
        } else {
            file.read_to_string(&mut text)?;
        }
        let samples = text.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
        if self.train < 8 || samples.len() <= self.train {
            return Err(format!("{}: {} samples, training part of {}", self.name, samples.len(), self.train).into());
        }
        Ok(samples)
    }

    fn is_right(&self, location: usize) -> bool {
        let slack = (self.end + 1).saturating_sub(self.begin).max(100);
        location + slack >= self.begin && location <= self.end + slack
    }
}

fn archive(data: &Path, out: Option<&Path>, longest: Option<usize>) -> Result<(), Failure> {
    let mut cases: Vec<Case> = Vec::new();
    for entry in std::fs::read_dir(data).map_err(|e| format!("{}: {e}", data.display()))? {
        cases.extend(Case::new(&entry?.path()));
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    if cases.is_empty() {
        return Err(format!("{}: no *_UCR_Anomaly_*.txt or .txt.gz", data.display()).into());
    }
    let bar = ProgressBar::new(1000 * cases.len() as u64);
    bar.set_style(ProgressStyle::with_template("{elapsed_precise} [{wide_bar}] {percent} % eta {eta} {msg}")?);
    let mut rows = String::from("file,location,score\n");
    let (mut count, mut right, mut by_rule) = (0, [0; 2], [0; 3]);
    for (at, case) in cases.iter().enumerate() {
        bar.set_message(case.name.clone());
        bar.set_position(1000 * at as u64);
        let x = case.samples()?;
        if longest.is_some_and(|n| x.len() > n) {
            continue;
        }
        let (location, score) =
            locate(&x, case.train, |done| bar.set_position(1000 * at as u64 + (1000.0 * done) as u64))?;
        rows += &format!("{},{location},{score}\n", case.name);
        right[count % 2] += usize::from(case.is_right(location));
        for (hits, location) in by_rule.iter_mut().zip(by_rules(&x, case.train)) {
            *hits += usize::from(case.is_right(location));
        }
        count += 1;
    }
    bar.finish_and_clear();
    if let Some(out) = out {
        std::fs::write(out, rows).map_err(|e| format!("{}: {e}", out.display()))?;
    }
    println!("{count} series; share whose anomaly was found (within its length, at least 100 samples)");
    let say = |name: &str, hits: usize| println!("  {:.3} ({hits:3}) {name}", hits as f64 / count.max(1) as f64);
    say("most prominent discord (DiscordEnsemble)", right.iter().sum());
    for (name, hits) in RULES.iter().zip(by_rule) {
        say(name, hits);
    }
    println!("of the first, third, ... series {} right, of the others {}", right[0], right[1]);
    Ok(())
}

/// The flow of a pipeline: its four strangest days.
fn pipeline() -> Result<(), Failure> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/water_flow/water_flow.csv");
    let text = std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
    let mut rows: Vec<(&str, f64)> = Vec::new();
    for line in text.lines().skip(1) {
        let (time, flow) = line.split_once(',').ok_or_else(|| format!("{file}: no comma in `{line}`"))?;
        rows.push((time.get(..16).unwrap_or(time), flow.parse()?));
    }
    let flow: Vec<f64> = rows.iter().map(|r| r.1).collect();
    let m = 24;
    println!("pipeline flow, {} hours: the four strangest days", flow.len());
    let profile = MatrixProfile::params(m).measure(Measure::EUCLIDEAN).self_join(&flow)?;
    for discord in profile.discords(4) {
        let own = &flow[discord.location..discord.location + m];
        let (low, high) = own.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        println!(
            "  from {}: {low:.1} to {high:.1} l/s, {:.0} away from its nearest, which begins {}",
            rows[discord.location].0,
            discord.distance,
            discord.neighbour.map_or("nowhere", |j| rows[j].0)
        );
    }
    println!(
        "described: three moments of low values (losses or maintenance), a small peak of inflow after the first two"
    );
    let ensemble = DiscordEnsemble::params(&lengths(m)).search(&flow, 14 * 24)?;
    if let (Some(at), Some(chosen)) = (ensemble.location(), ensemble.chosen()) {
        println!(
            "the most prominent after two weeks: {}, {:.1} l/s, {} h, {:.2} times as far as the next",
            rows[at].0,
            flow[at],
            chosen.length(),
            chosen.prominence()
        );
    }
    println!(
        "\nThe archive: https://www.cs.ucr.edu/~eamonn/time_series_data_2018/UCR_TimeSeriesAnomalyDatasets2021.zip,"
    );
    println!("then --data DIRECTORY of its UCR_Anomaly_FullData.");
    Ok(())
}
