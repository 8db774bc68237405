//! How long one window takes: one set of features over one workload, as one JSON line.
//!
//! ```sh
//! cargo run --release --example throughput
//! cargo run --release --example throughput -- --data WORKLOAD.npy --set time_domain --threads 1
//! ```
//!
//! A workload is a NumPy array of doubles: one dimension is one record, cut into windows of `--len` samples every
//! `--hop`; two dimensions are one window a row; three are machines by time by sensor, cut along time. Without
//! `--data` a record of `--samples` samples is made.
//!
//! On Linux the line also says how much memory the process ever had (`peak_memory_bytes`), beside the bytes of the input and
//! of the matrix: what is left is scratch.
//!
//! ```sh
//! cargo run --release --example throughput -- --set tsfresh_efficient --samples 10000000 --repeats 1
//! ```
//!
//! `minirocket` is fitted on the first hundred windows, before the clock starts.

use prognos::datasets::NpyArray;
use prognos::features::FeatureSet;
use prognos::features::compat::catch22::Version;
use prognos::features::convolution::MiniRocket;
use prognos::signal::spectral::Welch;
use prognos::signal::{SampleRate, Signal, WindowSpec};
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str =
    "usage: throughput [--data WORKLOAD.npy] [--set NAME] [--threads N] [--len N] [--hop N] [--rate HZ] [--repeats N]
                  [--samples N] [--list]
  --set      time_domain (default), distribution, vibration, trend, spectral, tsfresh_minimal, tsfresh_efficient,
             tsfresh_comprehensive, tsfel (156 columns), tsfel_all (163), catch22_v0_4, catch22_v1, minirocket (9,996
             features), welch (the estimator alone: 1,024 samples, half overlap), or feature names with commas
             between them; `SET/calculator`: the columns of one calculator of a set
  --samples  length of the record that is made without --data, 1,000,000 by default
  --threads  1 by default
  --len      samples in a window: 4096 for a record, 30 for machines by default; --hop: half of that, or 1
  --repeats  5 by default; the median is printed
  --list     prints every calculator with its parameters and formula instead";

struct Options {
    data: Option<String>,
    set: String,
    threads: usize,
    len: Option<usize>,
    hop: Option<usize>,
    rate: f64,
    repeats: usize,
    samples: u32,
    list: bool,
}

type Failure = Box<dyn std::error::Error>;

fn options() -> Result<Option<Options>, Failure> {
    let mut o = Options {
        data: None,
        set: "time_domain".to_owned(),
        threads: 1,
        len: None,
        hop: None,
        rate: 25_600.0,
        repeats: 5,
        samples: 1_000_000,
        list: false,
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        if arg == "--help" || arg == "-h" {
            return Ok(None);
        }
        if arg == "--list" {
            return Ok(Some(Options { list: true, ..o }));
        }
        let value = args.next().ok_or_else(|| format!("{arg} needs a value\n{USAGE}"))?;
        let number = || value.parse::<usize>().map_err(|e| format!("{arg} {value}: {e}"));
        match arg.as_str() {
            "--data" => o.data = Some(value),
            "--set" => o.set = value,
            "--threads" => o.threads = number()?,
            "--len" => o.len = Some(number()?),
            "--hop" => o.hop = Some(number()?),
            "--rate" => o.rate = value.parse()?,
            "--samples" => o.samples = value.parse().map_err(|e| format!("{arg} {value}: {e}"))?,
            "--repeats" => o.repeats = number()?.max(1),
            _ => return Err(format!("unknown argument `{arg}`\n{USAGE}").into()),
        }
    }
    Ok(Some(o))
}

/// The records of a workload, and how they are cut.
struct Workload {
    name: String,
    records: Vec<Vec<f64>>,
    len: usize,
    hop: usize,
}

fn workload(o: &Options) -> Result<Workload, Failure> {
    let Some(path) = &o.data else {
        // Harmonics and a seeded noise, enough to keep every branch honest.
        let mut state = 1u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 24) - 0.5
        };
        let record = (0..o.samples).map(|i| (f64::from(i) * 0.007).sin() + 0.3 * (f64::from(i) * 0.16).sin() + noise());
        let name = format!("made: {} samples", o.samples);
        return Ok(Workload {
            name,
            records: vec![record.collect()],
            len: o.len.unwrap_or(4096),
            hop: o.hop.unwrap_or(2048),
        });
    };
    let array = NpyArray::read(path)?;
    let shape = array.shape().to_vec();
    let data = array.into_vec();
    let (records, len, hop) = match shape[..] {
        [_] => {
            let len = o.len.unwrap_or(4096);
            (vec![data], len, o.hop.unwrap_or(len.div_ceil(2)))
        }
        [_, len] => (vec![data], len, len),
        [machines, times, sensors] => {
            let series =
                |m: usize, s: usize| (0..times).map(|t| data[(m * times + t) * sensors + s]).collect::<Vec<f64>>();
            let records = (0..machines).flat_map(|m| (0..sensors).map(move |s| (m, s))).map(|(m, s)| series(m, s));
            (records.collect(), o.len.unwrap_or(30), o.hop.unwrap_or(1))
        }
        _ => return Err(format!("{path}: {} dimensions, expected 1, 2 or 3", shape.len()).into()),
    };
    let name = path.rsplit('/').next().unwrap_or(path).to_owned();
    Ok(Workload { name, records, len, hop })
}

fn feature_set(name: &str) -> Result<FeatureSet, Failure> {
    Ok(match name {
        "time_domain" => FeatureSet::time_domain(),
        "distribution" => FeatureSet::distribution(),
        "vibration" => FeatureSet::vibration(),
        "trend" => FeatureSet::trend(),
        "spectral" => FeatureSet::spectral(),
        "tsfresh_minimal" => FeatureSet::tsfresh_minimal(),
        "tsfresh_efficient" => FeatureSet::tsfresh_efficient(),
        "tsfresh_comprehensive" => FeatureSet::tsfresh_comprehensive(),
        "tsfel" => FeatureSet::tsfel(),
        "tsfel_all" => FeatureSet::tsfel_all(),
        "catch22_v0_4" => FeatureSet::catch22(Version::V0_4),
        "catch22_v1" => FeatureSet::catch22(Version::V1),
        part if part.contains('/') => {
            let (set, calculator) = part.split_once('/').unwrap_or_default();
            let all = feature_set(set)?;
            FeatureSet::from_specs(all.specs().iter().filter(|s| s.calculator() == calculator).cloned().collect())?
        }
        names => FeatureSet::from_names(split_names(names))?,
    })
}

/// The names between the commas that stand in no brackets.
fn split_names(names: &str) -> Vec<&str> {
    let mut depth = 0;
    names
        .split(|c| {
            depth += i32::from(c == '(' || c == '[') - i32::from(c == ')' || c == ']');
            c == ',' && depth == 0
        })
        .collect()
}

/// The most memory this process ever had, in bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// What is computed for every window.
enum Task {
    Set(FeatureSet),
    MiniRocket(MiniRocket),
    Welch,
}

/// Windows that MiniRocket's biases are drawn from.
const FITTED_ON: usize = 100;

impl Task {
    fn new(name: &str, w: &Workload, rate: SampleRate) -> Result<Self, Failure> {
        Ok(match name {
            "welch" => Self::Welch,
            "minirocket" => {
                let record = w.records.first().map_or(&[][..], Vec::as_slice);
                let first = &record[..record.len().min((FITTED_ON - 1) * w.hop + w.len)];
                let windows = Signal::new(first, rate).windows(WindowSpec::sliding(w.len, w.hop))?;
                Self::MiniRocket(MiniRocket::params().fit_windows(windows)?)
            }
            name => Self::Set(feature_set(name)?),
        })
    }

    /// Numbers for each window.
    fn columns(&self) -> usize {
        match self {
            Self::Set(set) => set.len(),
            Self::MiniRocket(model) => model.n_features(),
            Self::Welch => WELCH_SEGMENT / 2 + 1,
        }
    }

    /// Bytes of the matrices that are made for `windows` windows; Welch keeps none.
    fn matrix_bytes(&self, windows: usize) -> usize {
        match self {
            Self::Set(_) | Self::MiniRocket(_) => 8 * windows * self.columns(),
            Self::Welch => 0,
        }
    }
}

const WELCH_SEGMENT: usize = 1024;

/// Computes the whole workload once; gives the number of windows.
fn once(w: &Workload, task: &Task, rate: SampleRate) -> Result<usize, Failure> {
    let spec = WindowSpec::sliding(w.len, w.hop);
    let mut count = 0;
    match task {
        Task::Set(set) => {
            for record in &w.records {
                count += black_box(set.extract(Signal::new(record, rate).windows(spec)?)?).nrows();
            }
        }
        Task::MiniRocket(model) => {
            for record in &w.records {
                count += black_box(model.transform_windows(Signal::new(record, rate).windows(spec)?)?).nrows();
            }
        }
        Task::Welch => {
            let welch = Welch::params().segment(WELCH_SEGMENT).overlap(WELCH_SEGMENT / 2).plan_for(w.len, rate)?;
            let mut scratch = welch.scratch();
            let mut density = vec![0.0; welch.bins()];
            for record in &w.records {
                for window in Signal::new(record, rate).windows(spec)? {
                    welch.process(window.samples, &mut density, &mut scratch)?;
                    black_box(&density);
                    count += 1;
                }
            }
        }
    }
    Ok(count)
}

fn run() -> Result<(), Failure> {
    let Some(o) = options()? else {
        println!("{USAGE}");
        return Ok(());
    };
    if o.list {
        let all = FeatureSet::available();
        for (signature, about) in &all {
            println!("{signature}: {about}");
        }
        println!("{} calculators", all.len());
        return Ok(());
    }
    let w = workload(&o)?;
    let rate = SampleRate::hz(o.rate)?;
    let task = Task::new(&o.set, &w, rate)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(o.threads).build()?;
    let measure = || -> Result<(usize, f64), String> {
        let begun = Instant::now();
        let windows = once(&w, &task, rate).map_err(|e| e.to_string())?;
        Ok((windows, begun.elapsed().as_secs_f64()))
    };
    let (windows, _) = pool.install(measure)?;
    let mut seconds = (0..o.repeats).map(|_| Ok(pool.install(measure)?.1)).collect::<Result<Vec<f64>, String>>()?;
    seconds.sort_unstable_by(f64::total_cmp);
    let per_window = |s: f64| 1e6 * s / windows.max(1) as f64;
    let line = serde_json::json!({
        "set": o.set,
        "features": task.columns(),
        "threads": o.threads,
        "us_per_window": per_window(seconds[seconds.len() / 2]),
        "us_per_window_min": per_window(seconds[0]),
        "us_per_window_max": per_window(seconds[seconds.len() - 1]),
        "repeats": o.repeats,
        "windows": windows,
        "len": w.len,
        "hop": w.hop,
        "workload": w.name,
        "input_bytes": 8 * w.records.iter().map(Vec::len).sum::<usize>(),
        "matrix_bytes": task.matrix_bytes(windows),
        "peak_memory_bytes": peak_memory(),
    });
    println!("{line}");
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("throughput: {error}");
            ExitCode::FAILURE
        }
    }
}
