//! Cycle life from the first hundred cycles.
//!
//! The discharge curve Q(V) moves a little between cycle 20 and cycle 100, and moves more in cells that will die early: the
//! variance of the difference over the voltages, on the logarithm, is nearly a straight line against the logarithm of
//! the life (Severson et al. 2019). Medians over nine cycles on either side keep a single bad cycle out; two more columns say
//! what the cell began with and what it has lost. An elastic net on these three, its penalty chosen within the training
//! cells of each fold.

use crate::common::plot::{BLUE, Band, INK, Line, chart};
use crate::common::{Failure, find};
use crate::{Findings, Predicted, SOURCE};
use prognos::datasets::NpyArray;
use prognos::learners::{Linear, Regressor, group_folds};
use prognos::metrics::prognosis::{coverage, mape, rmse, widths};
use prognos::ndarray::{Array1, Array2, Array3, ArrayView2, Axis};
use prognos::rul::Level;
use prognos::rul::conformal::SplitConformal;
use std::path::Path;

const FOLDS: usize = 5;

/// Median over some cycles (numbered from 2) of every voltage.
fn median_curve(cell: ArrayView2<'_, f64>, first: usize, last: usize) -> Vec<f64> {
    let cycles = first - 2..=last - 2;
    cell.rows()
        .into_iter()
        .map(|row| {
            let mut values: Vec<f64> = cycles.clone().map(|c| row[c]).collect();
            values.sort_unstable_by(f64::total_cmp);
            values[values.len() / 2]
        })
        .collect()
}

/// Logarithm of the variance of the change, early capacity, capacity lost.
fn columns(cell: ArrayView2<'_, f64>) -> [f64; 3] {
    let (early, late) = (median_curve(cell, 16, 24), median_curve(cell, 92, 100));
    let change: Vec<f64> = early.iter().zip(&late).map(|(a, b)| b - a).collect();
    let n = change.len() as f64;
    let mean = change.iter().sum::<f64>() / n;
    let variance = change.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / n;
    let capacity = |curve: &[f64]| curve.iter().fold(0.0_f64, |m, v| m.max(*v));
    let start = capacity(&median_curve(cell, 2, 8));
    [variance.log10(), start, start - capacity(&late)]
}

/// Another order in every repeat, the same in every run.
fn shuffle(values: &mut [usize], seed: u64) {
    let mut state = seed;
    for i in (1..values.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        values.swap(i, (state >> 33) as usize % (i + 1));
    }
}

/// Cross-validated lives, with conformal intervals on the logarithm, repeated over ways to cut the folds.
fn evaluate(title: &str, table: &Array2<f64>, lives: &[f64]) -> Result<Findings, Failure> {
    let n = lives.len();
    let target: Array1<f64> = lives.iter().map(|l| l.log10()).collect();
    let level = Level::new(0.9)?;
    let repeats = 10;
    let (mut errors, mut percents) = (Vec::new(), Vec::new());
    let (mut covered, mut width) = (0.0, 0.0);
    let mut shown: Vec<Predicted> = Vec::new();
    for repeat in 0..repeats {
        let mut fold = group_folds(&vec![1; n], FOLDS)?;
        shuffle(&mut fold, repeat);
        // What the model without fold f says of every cell.
        let mut says = Vec::new();
        for f in 0..FOLDS {
            let seen: Vec<usize> = (0..n).filter(|&i| fold[i] != f).collect();
            let (x, y) = (table.select(Axis(0), &seen), target.select(Axis(0), &seen));
            let cells: Vec<usize> = (0..seen.len()).collect();
            says.push(Linear::elastic_net(0.5).fit_grouped(&x, &y, &cells)?.predict(table)?);
        }
        let held: Vec<f64> = (0..n).map(|i| says[fold[i]][i]).collect();
        let predicted: Vec<f64> = held.iter().map(|p| 10f64.powf(*p)).collect();
        errors.push(rmse(lives, &predicted)?);
        percents.push(100.0 * mape(lives, &predicted)?);
        let (mut low, mut high) = (Vec::new(), Vec::new());
        for i in 0..n {
            // The interval of a cell, from the errors of the cells that share no fold with it.
            let others: Vec<usize> = (0..n).filter(|&j| fold[j] != fold[i]).collect();
            let errors: Vec<f64> = others.iter().map(|&j| (held[j] - target[j]).abs()).collect();
            let (a, b) = SplitConformal::from_errors(&errors)?.interval(held[i], level);
            low.push(10f64.powf(a));
            high.push(10f64.powf(b));
        }
        covered += coverage(lives, &low, &high)?;
        width += widths(lives, &low, &high)?.0;
        if shown.is_empty() {
            shown = (0..n)
                .map(|i| Predicted { name: i.to_string(), life: predicted[i], lower: low[i], upper: high[i] })
                .collect();
        }
    }
    let count = errors.len() as f64;
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let spread = |x: &[f64]| x.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(*v), h.max(*v)));
    let (least, most) = spread(&errors);
    // The baseline that knows no cell: the median life of the others.
    let mut sorted = lives.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let naive = vec![sorted[n / 2]; n];
    let lines = vec![
        format!(
            "{n} cells, life from cycles 2 to 100; {FOLDS}-fold cross-validation, {count:.0} ways to cut: RMSE {:.0} cycles ({least:.0} to {most:.0}), mean absolute error {:.1} %",
            mean(&errors),
            mean(&percents)
        ),
        format!(
            "  the median life for every cell: RMSE {:.0} cycles, {:.1} %",
            rmse(lives, &naive)?,
            100.0 * mape(lives, &naive)?
        ),
        format!("  90 % intervals: {:.0} % covered, mean width {:.0} cycles", 100.0 * covered / count, width / count),
    ];
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| lives[a].total_cmp(&lives[b]));
    let at = |f: &dyn Fn(usize) -> f64| order.iter().enumerate().map(|(x, &i)| (x as f64, f(i))).collect::<Vec<_>>();
    let band = order.iter().enumerate().map(|(x, &i)| (x as f64, shown[i].lower, shown[i].upper)).collect();
    let plots = chart(
        (1000, 360),
        "cells by their true life",
        ("cell, in order", "cycles"),
        &[Band { name: "90 % interval", color: BLUE, points: band }],
        &[
            Line { name: "predicted", color: BLUE, points: at(&|i| shown[i].life), dots: true },
            Line { name: "true", color: INK, points: at(&|i| lives[i]), dots: false },
        ],
    )?;
    Ok(Findings { title: title.to_owned(), lines, cells: shown, plots })
}

pub(crate) fn severson(folder: &Path) -> Result<Findings, Failure> {
    let curves = NpyArray::read(find(folder, "train_qd_every10.npy", SOURCE)?)?;
    let shape = curves.shape().to_vec();
    let [cells, voltages, cycles] = shape.as_slice() else {
        return Err(format!("train_qd_every10.npy has {} axes; expected cells x voltages x cycles", shape.len()).into());
    };
    if *cycles != 99 {
        return Err(format!("train_qd_every10.npy has {cycles} cycles; expected 99 (2 to 100)").into());
    }
    let curves = Array3::from_shape_vec((*cells, *voltages, *cycles), curves.into_vec())?;
    let text = std::fs::read_to_string(folder.join("train_cycle_lives.csv"))?;
    let lives: Vec<f64> = text
        .split_whitespace()
        .map(|v| v.parse::<f64>().map_err(|_| format!("train_cycle_lives.csv: `{v}` is not a number")))
        .collect::<Result<_, _>>()?;
    if lives.len() != *cells {
        return Err(format!("{} lives for {cells} cells", lives.len()).into());
    }
    let rows: Vec<f64> = curves.outer_iter().flat_map(columns).collect();
    let table = Array2::from_shape_vec((*cells, 3), rows)?;
    let mut findings = evaluate("Severson: cycle life from the first hundred cycles", &table, &lives)?;
    findings.lines.push(
        "  published, on other test cells of the set (Severson et al. 2019, table 1, primary test): variance model RMSE 138, full model 118 cycles and 14.1 %".to_owned(),
    );
    Ok(findings)
}

/// Cells whose curves bend more the shorter they will live.
pub(crate) fn simulated() -> Result<Findings, Failure> {
    let wave = |i: usize, k: f64| ((i as f64 + 1.0) * k).sin();
    let lives: Vec<f64> = (0..40).map(|i| 10f64.powf(2.9 + 0.25 * wave(i, 1.7))).collect();
    let mut rows = Vec::new();
    for (i, life) in lives.iter().enumerate() {
        let fade = 0.8 * (life / 500.0).powf(-1.3) * (1.0 + 0.15 * wave(i, 5.3));
        let cell = Array2::from_shape_fn((100, 99), |(v, c)| {
            let x = v as f64 / 99.0;
            1.07 * x.powf(0.8) - 0.0006 * fade * c as f64 * (6.0 * x).sin().powi(2) + 1e-4 * wave(v * 99 + c + i, 12.9)
        });
        rows.extend(columns(cell.view()));
    }
    evaluate(
        "SIMULATED cells: cycle life from the first hundred cycles",
        &Array2::from_shape_vec((40, 3), rows)?,
        &lives,
    )
}
