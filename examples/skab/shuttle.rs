//! Labelled rows of the space shuttle, fitted without the labels: every detector on the mixed history, at its default
//! settings; the labels only judge.

use crate::{Failure, roc_auc};
use prognos::anomaly::{Covariance, Detector, EmpiricalTails, Hbos, IsolationForest, Loda, Mahalanobis, PcaMonitor};
use prognos::features::FeatureMatrix;

const SEEDS: u64 = 5;

pub(crate) fn run() -> Result<(), Failure> {
    let data = prognos::datasets::shuttle(prognos::datasets::directory()?)?;
    let rows = FeatureMatrix::new(data.names, data.rows)?;
    let (labels, bad) = (&data.anomaly, data.anomaly.iter().filter(|a| **a).count());
    println!(
        "shuttle: {} rows, {} columns, {bad} anomalies; fitted on all rows without labels",
        rows.nrows(),
        rows.names().len()
    );
    println!("{:34} ROC-AUC", "");

    let mut seeds = Vec::new();
    for seed in 0..SEEDS {
        let scores = IsolationForest::params().seed(seed).fit(&rows)?.score(&rows)?;
        seeds.push(roc_auc(labels, &scores.to_vec()));
    }
    let mut sorted = seeds.clone();
    sorted.sort_by(f64::total_cmp);
    println!("{:34} {:.4}   seeds 0..{}: {seeds:.4?}", "isolation forest, median of seeds", sorted[2], SEEDS - 1);
    println!(
        "{:34} {:.4}",
        "isolation forest, 500 trees",
        auc(IsolationForest::params().trees(500).fit(&rows)?, &rows, labels)?
    );
    println!(
        "{:34} {:.4}",
        "extended forest, level 1",
        auc(IsolationForest::params().extension(1).fit(&rows)?, &rows, labels)?
    );
    println!("{:34} {:.4}", "ECOD", auc(EmpiricalTails::ecod().fit(&rows)?, &rows, labels)?);
    println!("{:34} {:.4}", "COPOD", auc(EmpiricalTails::copod().fit(&rows)?, &rows, labels)?);
    println!("{:34} {:.4}", "histograms", auc(Hbos::params().fit(&rows)?, &rows, labels)?);
    println!("{:34} {:.4}", "LODA", auc(Loda::params().fit(&rows)?, &rows, labels)?);
    println!("{:34} {:.4}", "Mahalanobis, Ledoit-Wolf", auc(Mahalanobis::params().fit(&rows)?, &rows, labels)?);
    match Mahalanobis::params().covariance(Covariance::Mcd).support_fraction(0.75).fit(&rows) {
        Ok(model) => println!("{:34} {:.4}", "Mahalanobis, MCD of 75 %", auc(model, &rows, labels)?),
        Err(error) => println!("{:34} {error}", "Mahalanobis, MCD of 75 %"),
    }
    println!("{:34} {:.4}", "PCA monitor", auc(PcaMonitor::params().fit(&rows)?, &rows, labels)?);

    let model = IsolationForest::params().trees(500).fit(&rows)?;
    let scores = model.score(&rows)?;
    let mut order: Vec<usize> = (0..rows.nrows()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    println!("\nThe ten highest of 500 trees:");
    for &i in order.iter().take(10) {
        let label = if labels[i] { "anomaly" } else { "ordinary" };
        println!("  row {i:5} score {:.3} ({label}): {}", scores[i], model.explain_row(&rows, i)?);
    }
    Ok(())
}

fn auc(model: impl Detector, rows: &FeatureMatrix, labels: &[bool]) -> Result<f64, Failure> {
    Ok(roc_auc(labels, &model.score(rows)?.to_vec()))
}
