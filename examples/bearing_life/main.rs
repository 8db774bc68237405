//! Remaining life of ball bearings from vibration snapshots: the FEMTO (PRONOSTIA) run-to-failure tests.
//!
//! From each 0.1 s snapshot: indicators; a health index, the logarithm of the RMS over the bearing's own healthy beginning;
//! the first prediction time, when the index leaves what is usual for good; the share of life that is used up, by a
//! quantile forest over what the index has done so far, and from it the remaining life with an interval. Each bearing is
//! predicted from the others alone.
//!
//! ```sh
//! cargo run --release --example bearing_life
//! cargo run --release --example bearing_life -- --data DIR --at 70 --out bearings.csv --report bearings.html
//! ```

#[path = "../common/mod.rs"]
mod common;
mod indicators;

use common::page::{Page, paragraph, table};
use common::plot::{AMBER, BLUE, Band, INK, Line, chart};
use common::{Failure, Options, progress, write};
use indicators::{Bearing, SOURCE};
use prognos::learners::{Forest, Regressor};
use prognos::metrics::prognosis::{coverage, phm2012};
use prognos::ndarray::{Array1, Array2};
use std::process::ExitCode;

const USAGE: &str = "usage: bearing_life [--data DIR] [--at PERCENT] [--out FILE.csv] [--report FILE.html]
  --data    folder with index.csv and Bearing*_h_all.npy.gz or Bearing*_h_every10.npy.gz
  --at      share of life, in percent, at which --out predicts (default 70)
  --out     writes bearing,rul_s,lower_s,upper_s (90 % interval), each bearing predicted from the others
  --report  where the report goes (default target/bearing_life.html)
Without --data, bearings are simulated, and said to be.";

/// What is known of a bearing at one of its snapshots.
fn row(bearing: &Bearing, i: usize) -> Vec<f64> {
    let slope = |w: usize| {
        let from = (i + 1).saturating_sub(w);
        (bearing.index[i] - bearing.index[from]) / (i + 1 - from) as f64
    };
    let so_far = bearing.index[..=i].iter().fold(f64::NEG_INFINITY, |m, v| m.max(*v));
    let since = bearing.first_prediction.filter(|f| *f <= i).map_or(0.0, |f| (i - f) as f64 / (i + 1) as f64);
    vec![
        bearing.index[i],
        so_far,
        slope(10),
        slope(40),
        bearing.kurtosis[i],
        bearing.crest[i],
        since,
        bearing.times[i].ln_1p(),
    ]
}

/// Predictions of one bearing from the others: at every snapshot (low, median, high) of the remaining seconds.
fn predict(bearings: &[Bearing], k: usize) -> Result<Vec<(f64, f64, f64)>, Failure> {
    let (mut cells, mut used) = (Vec::new(), Vec::new());
    for (u, other) in bearings.iter().enumerate().filter(|(u, _)| *u != k) {
        // As many rows of each, or the longest life would teach alone.
        let step = (other.times.len() / 100).max(1);
        for i in (5 + u % step..other.times.len()).step_by(step) {
            cells.extend(row(other, i));
            used.push(other.times[i] / other.life);
        }
    }
    let width = row(&bearings[k], 0).len();
    let table = Array2::from_shape_vec((used.len(), width), cells)?;
    let forest = Forest::extra_trees().trees(200).min_leaf(5).column_fraction(0.5).keep_targets(true);
    let model = forest.fit(&table, &Array1::from(used))?;
    let own: Vec<f64> = (0..bearings[k].times.len()).flat_map(|i| row(&bearings[k], i)).collect();
    let own = Array2::from_shape_vec((bearings[k].times.len(), width), own)?;
    let quantiles = model.quantiles(&own, &[0.05, 0.95])?;
    let mean = model.predict(&own)?;
    // Of a share p of life used at time t, t (1 - p) / p is left.
    let left = |t: f64, p: f64| t * (1.0 - p.clamp(0.01, 1.0)) / p.clamp(0.01, 1.0);
    let each = |(i, &t): (usize, &f64)| (left(t, quantiles[[i, 1]]), left(t, mean[i]), left(t, quantiles[[i, 0]]));
    Ok(bearings[k].times.iter().enumerate().map(each).collect())
}

fn run() -> Result<(), Failure> {
    let Some(options) = Options::read(USAGE, &["data", "at", "out", "report"], &[])? else { return Ok(()) };
    let at = options.number("at", 70)?;
    if !(1..=99).contains(&at) {
        return Err(format!("--at {at}: must be 1 to 99").into());
    }
    let bearings = match options.path("data") {
        Some(folder) => indicators::femto(&folder)?,
        None => {
            println!("no --data: SIMULATED bearings. {SOURCE}\n");
            indicators::simulated()?
        }
    };
    if bearings.len() < 3 {
        return Err("at least 3 bearings are needed to predict each from the others".into());
    }
    let bar = progress(bearings.len())?;
    let mut page = Page::new("Remaining life of ball bearings", "Each bearing predicted from the others.");
    let mut text = String::from("bearing,rul_s,lower_s,upper_s\n");
    let (mut rows, mut plots) = (Vec::new(), String::from("<div class=grid>"));
    let (mut truth, mut ours, mut lows, mut highs, mut naive) = (vec![], vec![], vec![], vec![], vec![]);
    for (k, bearing) in bearings.iter().enumerate() {
        let predicted = predict(&bearings, k)?;
        let others = bearings.iter().enumerate().filter(|(u, _)| *u != k);
        let mean_life = others.map(|(_, b)| b.life).sum::<f64>() / (bearings.len() - 1) as f64;
        let (mut score, mut baseline) = (Vec::new(), Vec::new());
        for percent in [50, 60, 70, 80, 90] {
            let i = bearing
                .times
                .partition_point(|t| *t < bearing.life * f64::from(percent) / 100.0)
                .min(bearing.times.len() - 1);
            let left = bearing.life - bearing.times[i];
            if left <= 0.0 {
                continue;
            }
            let (low, median, high) = predicted[i];
            let guess = (mean_life - bearing.times[i]).max(0.0);
            score.push(phm2012(&[left], &[median])?);
            baseline.push(phm2012(&[left], &[guess])?);
            truth.push(left);
            ours.push(median);
            lows.push(low);
            highs.push(high);
            naive.push(guess);
        }
        let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len().max(1) as f64;
        let i = bearing.times.partition_point(|t| *t < bearing.life * at as f64 / 100.0).min(bearing.times.len() - 1);
        let (low, median, high) = predicted[i];
        text.push_str(&format!("{},{median:.1},{low:.1},{high:.1}\n", bearing.name));
        let first = bearing.first_prediction.map_or("never".to_owned(), |f| {
            format!("{:.0} s ({:.0} %)", bearing.times[f], 100.0 * bearing.times[f] / bearing.life)
        });
        rows.push(vec![
            bearing.name.clone(),
            format!("{:.0}", bearing.life),
            first,
            format!("{:.0}", bearing.life - bearing.times[i]),
            format!("{median:.0} ({low:.0} to {high:.0})"),
            format!("{:.2}", mean(&score)),
            format!("{:.2}", mean(&baseline)),
        ]);
        plots.push_str(&figures(bearing, &predicted)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    plots.push_str("</div>");
    let at_percent = format!("#left at {at} %, s");
    let head = [
        "bearing",
        "#life, s",
        "#first prediction",
        &at_percent,
        "#predicted (90 %)",
        "#score",
        "#score of the mean life",
    ];
    let lines = vec![
        format!(
            "{} bearings, each predicted from the others at 50, 60, 70, 80 and 90 % of life: PHM 2012 score {:.2} (1 is best; the mean life of the others less the age: {:.2})",
            bearings.len(),
            phm2012(&truth, &ours)?,
            phm2012(&truth, &naive)?
        ),
        format!(
            "90 % intervals: {:.0} % of {} true lives inside",
            100.0 * coverage(&truth, &lows, &highs)?,
            truth.len()
        ),
    ];
    for row in &rows {
        println!(
            "{:<12} life {:>6} s, first prediction {:<16} left at {at} %: {:>6} s, predicted {:<26} score {} (mean life {})",
            row[0], row[1], row[2], row[3], row[4], row[5], row[6]
        );
    }
    for line in &lines {
        println!("{line}");
    }
    let body: String = lines.iter().map(|l| paragraph(l)).collect();
    page.section("Figures", &format!("{body}{}", table(&head, &rows)));
    page.section("Bearing by bearing", &plots);
    if let Some(out) = options.path("out") {
        write(&out, &text)?;
    }
    write(&options.path("report").unwrap_or_else(|| "target/bearing_life.html".into()), &page.finish())
}

fn figures(bearing: &Bearing, predicted: &[(f64, f64, f64)]) -> Result<String, Failure> {
    let along = |values: &[f64]| bearing.times.iter().copied().zip(values.iter().copied()).collect::<Vec<_>>();
    let mut lines = vec![Line { name: "health index", color: AMBER, points: along(&bearing.index), dots: false }];
    if let Some(f) = bearing.first_prediction {
        let top = bearing.index.iter().fold(0.0_f64, |m, v| m.max(*v));
        lines.push(Line {
            name: "first prediction",
            color: INK,
            points: vec![(bearing.times[f], 0.0), (bearing.times[f], top)],
            dots: false,
        });
    }
    let index = chart((520, 300), &format!("{}: ln of RMS over its beginning", bearing.name), ("s", ""), &[], &lines)?;
    let cap = 1.5 * bearing.life;
    let from = predicted.len() / 10;
    let band =
        predicted.iter().zip(&bearing.times).skip(from).map(|((l, _, h), t)| (*t, l.min(cap), h.min(cap))).collect();
    let median = predicted.iter().zip(&bearing.times).skip(from).map(|((_, m, _), t)| (*t, m.min(cap))).collect();
    let truth = bearing.times.iter().map(|t| (*t, bearing.life - t)).collect();
    let life = chart(
        (520, 300),
        &format!("{}: remaining life", bearing.name),
        ("s", "s"),
        &[Band { name: "90 % interval", color: BLUE, points: band }],
        &[
            Line { name: "predicted", color: BLUE, points: median, dots: false },
            Line { name: "true", color: INK, points: truth, dots: false },
        ],
    )?;
    Ok(index + &life)
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bearing_life: {error}");
            ExitCode::FAILURE
        }
    }
}
