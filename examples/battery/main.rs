//! Life of lithium cells: early from the first hundred cycles, late from the fade of the capacity.
//!
//! *Severson* (124 cells, here the 41 training cells): cycle life predicted from cycles 2 to 100, before any capacity is
//! lost. *NASA*: remaining cycles to 1.4 Ah at 30, 50 and 70 % of life, each cell predicted from the others.
//!
//! ```sh
//! cargo run --release --example battery
//! cargo run --release --example battery -- --data DIR --out cells.csv --report battery.html
//! ```

#[path = "../common/mod.rs"]
mod common;
mod early;
mod fade;

use common::page::{Page, paragraph};
use common::{Failure, Options, write};
use std::process::ExitCode;

const USAGE: &str = "usage: battery [--data DIR] [--out FILE.csv] [--report FILE.html]
  --data    folder with train_qd_every10.npy.gz and train_cycle_lives.csv (Severson), or with capacity.csv (NASA)
  --out     writes cell,life,lower,upper in cycles (90 % interval); each cell predicted without having been seen
  --report  where the report goes (default target/battery.html)
Without --data, cells are simulated, and said to be.";

const SOURCE: &str = "Severson et al., Nature Energy 2019: discharge curves Q(V) of the training cells, cells x voltages x \
cycles 2..100 (train_qd_every10.npy.gz), and their cycle lives, one a line (train_cycle_lives.csv). NASA battery set \
(Saha & Goebel 2007): capacity.csv with the columns battery, cycle_num, ambient_temperature, capacity_ah.";

/// A cell predicted by models that did not see it.
pub(crate) struct Predicted {
    name: String,
    life: f64,
    lower: f64,
    upper: f64,
}

/// What a part of the example found.
pub(crate) struct Findings {
    title: String,
    lines: Vec<String>,
    cells: Vec<Predicted>,
    plots: String,
}

fn run() -> Result<(), Failure> {
    let Some(options) = Options::read(USAGE, &["data", "out", "report"], &[])? else { return Ok(()) };
    let findings = match options.path("data") {
        None => {
            println!("no --data: SIMULATED cells. {SOURCE}\n");
            vec![early::simulated()?, fade::simulated()?]
        }
        Some(folder) if folder.join("capacity.csv").exists() => vec![fade::nasa(&folder)?],
        Some(folder) if folder.join("train_cycle_lives.csv").exists() => vec![early::severson(&folder)?],
        Some(folder) => return Err(format!("{}: neither of the two sets is there.\n{SOURCE}", folder.display()).into()),
    };
    let mut page = Page::new("Life of lithium cells", "Each cell predicted by models that did not see it.");
    let mut text = String::from("cell,life,lower,upper\n");
    for part in &findings {
        println!("{}", part.title);
        for line in &part.lines {
            println!("{line}");
        }
        let body: String = part.lines.iter().map(|l| paragraph(l)).collect();
        page.section(&part.title, &format!("{body}{}", part.plots));
        for cell in &part.cells {
            text.push_str(&format!("{},{:.2},{:.2},{:.2}\n", cell.name, cell.life, cell.lower, cell.upper));
        }
    }
    if let Some(out) = options.path("out") {
        write(&out, &text)?;
    }
    write(&options.path("report").unwrap_or_else(|| "target/battery.html".into()), &page.finish())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("battery: {error}");
            ExitCode::FAILURE
        }
    }
}
