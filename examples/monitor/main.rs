//! From recordings to decisions, on the recordings in `datasets/`.
//!
//! Two ventilation units (vibration, 30 days each), a pipeline branch (flow, two months) and 21 specimens with growing
//! cracks: finds the operating states, learns what is normal from the first part, reports the abnormal periods with
//! their reasons, estimates the remaining life of the specimens, and recommends an action for each machine.
//!
//! ```sh
//! cargo run --release --example monitor
//! cargo run --release --example monitor -- --out events.jsonl --report report.html --datasets DIR
//! ```

mod cracks;
mod machines;
mod plots;
mod report;

use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::process::ExitCode;

/// Any error of the run, with its message.
pub(crate) type Failure = Box<dyn std::error::Error>;

struct Options {
    out: Option<PathBuf>,
    report: PathBuf,
    datasets: Option<PathBuf>,
}

const USAGE: &str = "usage: monitor [--out EVENTS.jsonl] [--report REPORT.html] [--datasets DIR]
  --out       writes the events as JSON lines
  --report    where the report goes (default target/monitor.html)
  --datasets  folder with the recordings (default: the environment variable PROGNOS_DATASETS, or ./datasets)";

fn options() -> Result<Option<Options>, Failure> {
    let mut options = Options { out: None, report: PathBuf::from("target/monitor.html"), datasets: None };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().map(PathBuf::from).ok_or_else(|| format!("{arg} needs a value\n{USAGE}"));
        match arg.as_str() {
            "--out" => options.out = Some(value()?),
            "--report" => options.report = value()?,
            "--datasets" => options.datasets = Some(value()?),
            "--help" | "-h" => return Ok(None),
            _ => return Err(format!("unknown argument `{arg}`\n{USAGE}").into()),
        }
    }
    Ok(Some(options))
}

fn run() -> Result<(), Failure> {
    let Some(options) = options()? else {
        println!("{USAGE}");
        return Ok(());
    };
    let datasets = match options.datasets {
        Some(dir) => dir,
        None => prognos::datasets::directory()?,
    };
    let progress = ProgressBar::new(3 + cracks::SPECIMENS).with_style(
        ProgressStyle::with_template("{msg:24} {wide_bar} {pos}/{len}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );

    let mut machines = Vec::new();
    for (i, unit) in prognos::datasets::hvac_vibration(&datasets)?.iter().enumerate() {
        progress.set_message(format!("ventilation unit {i}"));
        machines.push(machines::ventilation(i, unit)?);
        progress.inc(1);
    }
    progress.set_message("pipeline");
    machines.push(machines::pipeline(&prognos::datasets::water_flow(&datasets)?)?);
    progress.inc(1);
    progress.set_message("cracks");
    let cracks = cracks::study(&prognos::datasets::crack_growth(&datasets)?, || progress.inc(1))?;
    progress.finish_and_clear();

    report::print(&machines, &cracks);
    if let Some(path) = &options.out {
        std::fs::write(path, report::json_lines(&machines)?).map_err(|e| format!("{}: {e}", path.display()))?;
        println!("\nevents:  {}", path.display());
    }
    if let Some(folder) = options.report.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    std::fs::write(&options.report, report::html(&machines, &cracks)?)
        .map_err(|e| format!("{}: {e}", options.report.display()))?;
    println!("\nreport:  {}", options.report.display());
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("monitor: {error}");
            ExitCode::FAILURE
        }
    }
}
