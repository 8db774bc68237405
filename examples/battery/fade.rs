//! Remaining cycles to the end-of-life capacity.
//!
//! Each cell is predicted from the others in two ways: by the lives that looked like its last 20 discharges (similarity),
//! and by a straight line of the capacity with the fleet's prior, updated with every discharge of the cell itself
//! (degradation); a prior from two cells is a poor one, and it shows. Beside them two baselines that need no library: the mean life of the others less the age, and
//! the slope of the last 20 cycles drawn on (persistence).

use crate::common::Failure;
use crate::common::page::table;
use crate::common::plot::{BLUE, Band, GREEN, INK, Line, RED, chart};
use crate::{Findings, Predicted};
use prognos::datasets::CsvReader;
use prognos::ndarray::Array2;
use prognos::rul::degradation::{FailureThreshold, LinearDegradation};
use prognos::rul::similarity::{Comparison, Similarity};
use prognos::rul::{Fleet, History, Level};
use std::path::Path;

/// Capacity at which NASA's cells count as failed, in Ah.
const END: f64 = 1.4;

struct Cell {
    name: String,
    cycles: Vec<f64>,
    capacity: Vec<f64>,
    /// First cycle below the end-of-life capacity.
    life: f64,
}

/// Cells that fall below the end, cut there.
fn cell(name: String, cycles: Vec<f64>, capacity: Vec<f64>) -> Option<Cell> {
    let end = capacity.iter().position(|c| *c < END)?;
    let life = cycles[end];
    (end >= 30).then(|| Cell { name, cycles: cycles[..=end].to_vec(), capacity: capacity[..=end].to_vec(), life })
}

/// Slope of the last 20 points by least squares, drawn on to the end.
fn persistence(cycles: &[f64], capacity: &[f64]) -> f64 {
    let from = cycles.len().saturating_sub(20);
    let (t, c) = (&cycles[from..], &capacity[from..]);
    let n = t.len() as f64;
    let (mt, mc) = (t.iter().sum::<f64>() / n, c.iter().sum::<f64>() / n);
    let slope = t.iter().zip(c).map(|(t, c)| (t - mt) * (c - mc)).sum::<f64>()
        / t.iter().map(|t| (t - mt).powi(2)).sum::<f64>();
    let now = mc + slope * (t[t.len() - 1] - mt);
    // A capacity that does not fall lasts forever; a thousand cycles is as good as that.
    if slope < 0.0 { ((END - now) / slope).clamp(0.0, 1000.0) } else { 1000.0 }
}

fn fleet(cells: &[&Cell]) -> Result<Fleet, Failure> {
    let units: Vec<&str> = cells.iter().flat_map(|c| c.cycles.iter().map(|_| c.name.as_str())).collect();
    let ages: Vec<f64> = cells.iter().flat_map(|c| c.cycles.iter().copied()).collect();
    let capacity: Vec<f64> = cells.iter().flat_map(|c| c.capacity.iter().copied()).collect();
    Ok(Fleet::new(&["capacity"], &units, &ages, Array2::from_shape_vec((ages.len(), 1), capacity)?)?)
}

fn evaluate(title: &str, cells: &[Cell]) -> Result<Findings, Failure> {
    if cells.len() < 3 {
        return Err(format!(
            "{} cells reach {END} Ah; at least 3 are needed to predict each from the others",
            cells.len()
        )
        .into());
    }
    let level = Level::new(0.9)?;
    let mut rows = Vec::new();
    let mut sums = [[0.0; 4]; 3];
    let (mut inside, mut total) = (0, 0);
    let mut predicted = Vec::new();
    let mut plots = String::from("<div class=grid>");
    for (k, cell) in cells.iter().enumerate() {
        let others: Vec<&Cell> = cells.iter().enumerate().filter(|(i, _)| *i != k).map(|(_, c)| c).collect();
        let units = others.iter().map(|c| History::new(&c.cycles, &c.capacity)).collect::<Result<Vec<_>, _>>()?;
        let mean_life = others.iter().map(|c| c.life).sum::<f64>() / others.len() as f64;
        let similar = Similarity::params(Comparison::Trajectory).span(20).fit(&fleet(&others)?)?;
        let prior = LinearDegradation::params(FailureThreshold::below(END)?).fit(&units)?;
        let mut band = Vec::new();
        let mut median = Vec::new();
        let mut drawn_on = Vec::new();
        let mut model = prior.clone();
        let mut marks = [30, 50, 70].map(|p| (p, false));
        for (i, (&cycle, &capacity)) in cell.cycles.iter().zip(&cell.capacity).enumerate() {
            model.update(cycle, capacity)?;
            let line = model.rul()?;
            let known = Cell {
                name: cell.name.clone(),
                cycles: cell.cycles[..=i].to_vec(),
                capacity: cell.capacity[..=i].to_vec(),
                life: cell.life,
            };
            let rul = similar.estimate(&fleet(&[&known])?.running().unit(0)?)?;
            let (low, high) = rul.interval(level);
            let naive = persistence(&cell.cycles[..=i], &cell.capacity[..=i]);
            if i >= 10 {
                band.push((cycle, low.min(300.0), high.min(300.0)));
                median.push((cycle, rul.median().min(300.0)));
                drawn_on.push((cycle, naive.min(300.0)));
            }
            for (m, (percent, done)) in marks.iter_mut().enumerate() {
                if !*done && cycle >= cell.life * f64::from(*percent) / 100.0 {
                    *done = true;
                    let left = cell.life - cycle;
                    let fleet = (mean_life - cycle).max(0.0);
                    sums[m][0] += (rul.median() - left).abs();
                    sums[m][1] += (line.median() - left).abs();
                    sums[m][2] += (fleet - left).abs();
                    sums[m][3] += (naive - left).abs();
                    total += 1;
                    inside += usize::from(low <= left && left <= high);
                    rows.push(vec![
                        cell.name.clone(),
                        format!("{percent} %"),
                        format!("{left:.0}"),
                        format!("{:.0} ({low:.0} to {high:.0})", rul.median()),
                        format!("{:.0}", line.median()),
                        format!("{fleet:.0}"),
                        format!("{naive:.0}"),
                    ]);
                    if *percent == 50 {
                        predicted.push(Predicted {
                            name: cell.name.clone(),
                            life: cycle + rul.median(),
                            lower: cycle + low,
                            upper: cycle + high,
                        });
                    }
                }
            }
        }
        let truth = cell.cycles.iter().map(|c| (*c, cell.life - c)).collect();
        plots.push_str(&chart(
            (520, 330),
            &format!("cell {}", cell.name),
            ("cycle", "remaining cycles"),
            &[Band { name: "90 % interval", color: BLUE, points: band }],
            &[
                Line { name: "predicted", color: BLUE, points: median, dots: false },
                Line { name: "persistence", color: RED, points: drawn_on, dots: false },
                Line { name: "true", color: INK, points: truth, dots: false },
            ],
        )?);
    }
    plots.push_str("</div>");
    plots.push_str(&table(
        &["cell", "#at", "#true", "#similarity (90 %)", "#degradation", "#mean life of the others", "#persistence"],
        &rows,
    ));
    let capacity: Vec<Line<'_>> = cells
        .iter()
        .zip([BLUE, RED, GREEN, INK].into_iter().cycle())
        .map(|(c, color)| Line {
            name: &c.name,
            color,
            points: c.cycles.iter().copied().zip(c.capacity.iter().copied()).collect(),
            dots: false,
        })
        .collect();
    plots.push_str(&chart((1000, 320), "capacity", ("cycle", "Ah"), &[], &capacity)?);
    let n = cells.len() as f64;
    let mut lines = vec![format!(
        "{} cells that reach {END} Ah, each predicted from the others; mean absolute error in cycles:",
        cells.len()
    )];
    for (percent, sum) in [30, 50, 70].iter().zip(sums) {
        lines.push(format!(
            "  at {percent} % of life: similarity {:.1}, degradation {:.1}; mean life of the others {:.1}, persistence of the slope {:.1}",
            sum[0] / n,
            sum[1] / n,
            sum[2] / n,
            sum[3] / n
        ));
    }
    lines.push(format!("  90 % intervals of similarity: {inside} of {total} true lives inside"));
    Ok(Findings { title: title.to_owned(), lines, cells: predicted, plots })
}

pub(crate) fn nasa(folder: &Path) -> Result<Findings, Failure> {
    let table = CsvReader::new().read(folder.join("capacity.csv"))?;
    let mut cells = Vec::new();
    for (name, of) in table.groups("battery")? {
        let (cycles, capacity) = (of.numbers("cycle_num")?, of.numbers("capacity_ah")?);
        let ambient = of.numbers("ambient_temperature")?;
        // At room temperature, and healthy at first; a reading of nothing is no capacity.
        let rows: Vec<usize> =
            (0..of.nrows()).filter(|&i| (ambient[i] - 24.0).abs() < 0.5 && capacity[i] > 0.5).collect();
        if rows.len() < 40 || capacity[rows[0]] < 1.6 {
            continue;
        }
        let pick = |x: &[f64]| rows.iter().map(|&i| x[i]).collect::<Vec<f64>>();
        cells.extend(cell(name, pick(cycles), pick(capacity)));
    }
    evaluate("NASA cells at 24 degrees: remaining cycles from the capacity", &cells)
}

/// Four cells that fade with a little regained after rests.
pub(crate) fn simulated() -> Result<Findings, Failure> {
    let cells: Vec<Cell> = (0..4)
        .filter_map(|k| {
            let rate = 0.0045 + 0.0008 * f64::from(k);
            let cycles: Vec<f64> = (1..200).map(f64::from).collect();
            let capacity = cycles
                .iter()
                .map(|c| {
                    1.9 - rate * c - 1e-6 * c * c
                        + 0.02 * (-(c % 30.0) / 4.0).exp()
                        + 0.004 * (c * 12.9 + f64::from(k)).sin()
                })
                .collect();
            cell(format!("S{k}"), cycles, capacity)
        })
        .collect();
    evaluate("SIMULATED cells: remaining cycles from the capacity", &cells)
}
