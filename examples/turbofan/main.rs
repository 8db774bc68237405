//! Remaining life of turbofan engines: NASA's C-MAPSS benchmark, or a simulated fleet.
//!
//! One configuration for all four sets, chosen by cross-validation over training engines. Prints the cross-validated
//! errors, the coverage of the intervals, and, where the true lives of the test engines are there, the test errors by both
//! protocols of the literature.
//!
//! ```sh
//! cargo run --release --example turbofan
//! cargo run --release --example turbofan -- --data DIR --set FD001 --out rul.csv --report turbofan.html
//! cargo run --release --example turbofan -- --data DIR --set FD001 --transfer FD003
//! ```

#[path = "../common/mod.rs"]
mod common;
mod report;
mod simulated;

use common::{Failure, Options, find, progress, write};
use prognos::datasets::Turbofan;
use prognos::metrics::prognosis::{LifeErrors, coverage, rmse, widths};
use prognos::rul::conformal::one_per_unit;
use prognos::rul::regression::{BaselineAlignment, HeldOut};
use prognos::rul::{Fleet, Level, RulRegression, RulRegressionParams};
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: turbofan [--data DIR] [--set FD001] [--out FILE.csv] [--report FILE.html] [--transfer SET]
  --data      folder with train_FD00x.txt, test_FD00x.txt and, where known, RUL_FD00x.txt (plain or .gz)
  --set       FD001, FD002, FD003 or FD004 (default FD001)
  --out       writes unit,rul,lower,upper at each test engine's last cycle (90 % interval)
  --report    where the report goes (default target/turbofan.html)
  --transfer  also predicts the training engines of this set by the model of --set, before and after aligning baselines
Without --data a simulated fleet is made up, and said to be one.";

const SOURCE: &str = "The data are NASA's \"Turbofan Engine Degradation Simulation Data Set\" (C-MAPSS), in the Prognostics Center \
of Excellence data repository: unpack train_FD001.txt, test_FD001.txt, RUL_FD001.txt and so on into one folder.";

/// The literature's cap of the remaining life, in cycles.
const CAP: f64 = 125.0;

/// Engines to learn from and engines to judge.
pub(crate) struct Task {
    name: String,
    train: Fleet,
    test: Fleet,
    remaining: Option<Vec<f64>>,
    settings: Vec<&'static str>,
}

/// What was found.
pub(crate) struct Results {
    held_out: HeldOut,
    /// Held-out 90 % intervals.
    intervals: Vec<(f64, f64)>,
    model: RulRegression,
    predicted: Vec<f64>,
    bands: Vec<(f64, f64)>,
    lines: Vec<String>,
}

fn read(folder: &Path, name: &str) -> Result<Fleet, Failure> {
    let rows = Turbofan::read(find(folder, name, SOURCE)?)?;
    Ok(Fleet::new(&Turbofan::NAMES, &rows.units, &rows.cycles, rows.values)?)
}

fn task(options: &Options) -> Result<Task, Failure> {
    let set = options.get("set").unwrap_or("FD001");
    let Some(folder) = options.path("data") else {
        println!("no --data: a SIMULATED fleet of 40 engines, not NASA's. {SOURCE}\n");
        return simulated::task();
    };
    if !["FD001", "FD002", "FD003", "FD004"].contains(&set) {
        return Err(format!("--set {set}: there are FD001, FD002, FD003 and FD004").into());
    }
    let truth = find(&folder, &format!("RUL_{set}.txt"), SOURCE).ok();
    Ok(Task {
        name: format!("C-MAPSS {set}"),
        train: read(&folder, &format!("train_{set}.txt"))?,
        test: read(&folder, &format!("test_{set}.txt"))?.running(),
        remaining: truth.map(Turbofan::read_remaining).transpose()?,
        settings: Turbofan::SETTINGS.to_vec(),
    })
}

fn params(task: &Task) -> RulRegressionParams {
    RulRegression::params().settings(&task.settings).cap(CAP)
}

/// Rows from the twentieth of each engine on: what the literature's cross-validation counts.
fn judged(fleet: &Fleet) -> Vec<usize> {
    (0..fleet.n_units()).flat_map(|u| fleet.rows_of(u).skip(19)).collect()
}

fn pick(values: &[f64], rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|&i| values[i]).collect()
}

fn covered(truth: &[f64], bands: &[(f64, f64)]) -> Result<String, Failure> {
    let (low, high): (Vec<f64>, Vec<f64>) = bands.iter().copied().unzip();
    let share = coverage(truth, &low, &high)?;
    Ok(format!("{:.1} % covered, mean width {:.1} cycles", 100.0 * share, widths(truth, &low, &high)?.0))
}

fn evaluate(task: &Task) -> Result<Results, Failure> {
    let bar = progress(3)?;
    bar.set_message("cross-validation by engine");
    let params = params(task);
    let (model, held_out) = params.fit_held_out(&task.train)?;
    bar.inc(2);
    let level = Level::new(0.9)?;
    let intervals = held_out.intervals(level)?;
    let mut lines = Vec::new();

    let rows = judged(&task.train);
    let truth = pick(&held_out.targets, &rows);
    let each: Vec<String> = held_out
        .by_learner
        .iter()
        .map(|p| Ok::<_, Failure>(format!("{:.2}", rmse(&truth, &pick(p, &rows))?)))
        .collect::<Result<_, _>>()?;
    let weights: Vec<String> = held_out.weights.iter().map(|w| format!("{w:.2}")).collect();
    lines.push(format!(
        "{} training engines, {} cycles; {} operating regime(s); sensors in use: {}; silent: {}",
        task.train.n_units(),
        task.train.n_rows(),
        model.regimes().count(),
        model.sensors().join(" "),
        model.regimes().silent().join(" ")
    ));
    lines.push(format!(
        "cross-validation by engine (3 folds, every cycle from the 20th, lives capped at {CAP}): RMSE {:.2}; \
         extra trees, random forest, boosting alone {}; weights {}",
        rmse(&truth, &pick(&held_out.blended, &rows))?,
        each.join(" / "),
        weights.join(" / ")
    ));
    let groups = task.train.groups();
    let units: Vec<usize> = rows.iter().map(|&i| groups[i]).collect();
    let bands: Vec<(f64, f64)> = rows.iter().map(|&i| intervals[i]).collect();
    lines.push(format!("90 % intervals of held-out engines, every cycle: {}", covered(&truth, &bands)?));
    let drawn: Vec<usize> = (0..50).flat_map(|seed| one_per_unit(&units, seed)).collect();
    let of_drawn: Vec<(f64, f64)> = drawn.iter().map(|&k| bands[k]).collect();
    lines.push(format!(
        "  the same, one random cycle an engine (50 draws): {}",
        covered(&pick(&truth, &drawn), &of_drawn)?
    ));

    let last = task.test.last_rows();
    let predicted = pick(&model.predict(&task.test)?, &last);
    let bands: Vec<(f64, f64)> = predicted.iter().map(|p| model.interval(*p, level)).collect::<Result<_, _>>()?;
    bar.finish_and_clear();
    match &task.remaining {
        None => lines.push(format!("{} test engines predicted; their true lives are not there", predicted.len())),
        Some(remaining) => {
            lines
                .push(format!("test, last cycle of every engine, {}", LifeErrors::capped(remaining, &predicted, CAP)?));
            lines.push(format!("test, last cycle of every engine, {}", LifeErrors::raw(remaining, &predicted)?));
            let capped: Vec<f64> = remaining.iter().map(|r| r.min(CAP)).collect();
            lines.push(format!("test, 90 % intervals (lives capped): {}", covered(&capped, &bands)?));
        }
    }
    Ok(Results { held_out, intervals, model, predicted, bands, lines })
}

/// The other set's training engines by this set's model, and by models of few of its own engines.
fn transfer(options: &Options, set: &str, task: &Task, model: &RulRegression) -> Result<Vec<String>, Failure> {
    let folder = options.path("data").ok_or("--transfer needs --data")?;
    let other = read(&folder, &format!("train_{set}.txt"))?;
    let rows = judged(&other);
    let truth: Vec<f64> = pick(&other.remaining(), &rows).iter().map(|r| r.min(CAP)).collect();
    let error = |model: &RulRegression, fleet: &Fleet| -> Result<f64, Failure> {
        Ok(rmse(&truth, &pick(&model.predict(fleet)?, &rows))?)
    };
    let sensors: Vec<&str> = Turbofan::NAMES.into_iter().filter(|n| !Turbofan::SETTINGS.contains(n)).collect();
    let aligned = BaselineAlignment::new(&task.train, &sensors, 15)?.align(&other)?;
    let mut lines = vec![format!(
        "{} training engines of {set} by the model of {}: RMSE {:.2} as they are, {:.2} with baselines aligned",
        other.n_units(),
        task.name,
        error(model, &other)?,
        error(model, &aligned)?
    )];
    for few in [5, 10, 20] {
        // Judged on the other engines of the set.
        let (own, rest): (Vec<usize>, Vec<usize>) =
            (0..other.n_units()).partition(|u| u % (other.n_units() / few) == 0 && u / (other.n_units() / few) < few);
        let (own, rest) = (other.select(&own)?, other.select(&rest)?);
        let alone = params(task).fit(&own)?;
        let rows = judged(&rest);
        let truth: Vec<f64> = pick(&rest.remaining(), &rows).iter().map(|r| r.min(CAP)).collect();
        lines.push(format!(
            "  {} of its own engines alone, judged on the other {}: RMSE {:.2}",
            own.n_units(),
            rest.n_units(),
            rmse(&truth, &pick(&alone.predict(&rest)?, &rows))?
        ));
    }
    Ok(lines)
}

fn run() -> Result<(), Failure> {
    let with_value = ["data", "set", "out", "report", "transfer"];
    let Some(options) = Options::read(USAGE, &with_value, &[])? else { return Ok(()) };
    let task = task(&options)?;
    println!("{}", task.name);
    let mut results = evaluate(&task)?;
    if let Some(set) = options.get("transfer") {
        let more = transfer(&options, set, &task, &results.model)?;
        results.lines.extend(more);
    }
    for line in &results.lines {
        println!("{line}");
    }
    println!("what matters most: {}", report::most_important(&results));
    if let Some(out) = options.path("out") {
        let mut text = String::from("unit,rul,lower,upper\n");
        for (u, (rul, (low, high))) in results.predicted.iter().zip(&results.bands).enumerate() {
            text.push_str(&format!("{},{rul:.3},{low:.3},{high:.3}\n", task.test.unit(u)?.name));
        }
        write(&out, &text)?;
    }
    let report = options.path("report").unwrap_or_else(|| "target/turbofan.html".into());
    write(&report, &report::html(&task, &results)?)
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("turbofan: {error}");
            ExitCode::FAILURE
        }
    }
}
