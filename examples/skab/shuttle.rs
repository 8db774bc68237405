//! Labelled rows of the space shuttle, fitted without the labels: every detector on the mixed history; the labels only
//! judge.

use crate::{Failure, roc_auc};
use ndarray::Array1;
use prognos::anomaly::{Covariance, Detector, EmpiricalTails, Hbos, IsolationForest, Loda, Mahalanobis, PcaMonitor};
use prognos::features::FeatureMatrix;

const SEEDS: u64 = 5;

pub(crate) fn run() -> Result<(), Failure> {
    let data = prognos::datasets::shuttle(prognos::datasets::directory()?)?;
    let rows = FeatureMatrix::new(data.names, data.rows)?;
    let labels = &data.anomaly;
    println!(
        "shuttle: {} rows, {} columns, {} anomalies; fitted on all rows without labels",
        rows.nrows(),
        rows.names().len(),
        labels.iter().filter(|a| **a).count()
    );
    println!("{:34} ROC-AUC", "");
    for trees in [100, 1000] {
        let seeds: Vec<f64> = (0..SEEDS)
            .map(|seed| auc(&IsolationForest::params().trees(trees).seed(seed).fit(&rows)?, &rows, labels))
            .collect::<Result<_, _>>()?;
        let mut sorted = seeds.clone();
        sorted.sort_by(f64::total_cmp);
        let what = format!("isolation forest, {trees} trees");
        println!("{what:34} {:.4}   median of seeds 0..{}: {seeds:.4?}", sorted[seeds.len() / 2], SEEDS - 1);
    }
    let robust = Mahalanobis::params().covariance(Covariance::Mcd).support_fraction(0.75).fit(&rows)?;
    let others: [(&str, Box<dyn Detector>); 8] = [
        ("extended forest, level 1", Box::new(IsolationForest::params().extension(1).fit(&rows)?)),
        ("ECOD", Box::new(EmpiricalTails::ecod().fit(&rows)?)),
        ("COPOD", Box::new(EmpiricalTails::copod().fit(&rows)?)),
        ("histograms", Box::new(Hbos::params().fit(&rows)?)),
        ("LODA", Box::new(Loda::params().fit(&rows)?)),
        ("Mahalanobis, Ledoit-Wolf", Box::new(Mahalanobis::params().fit(&rows)?)),
        ("Mahalanobis, MCD of 75 %", Box::new(robust.clone())),
        ("PCA monitor", Box::new(PcaMonitor::params().fit(&rows)?)),
    ];
    for (what, model) in &others {
        println!("{what:34} {:.4}", auc(model.as_ref(), &rows, labels)?);
    }
    // Two views that fail differently: random cuts, and the distance from the bulk.
    let forest = IsolationForest::params().trees(1000).fit(&rows)?;
    let scores = forest.score(&rows)?;
    let both: Vec<f64> = ranks(&scores).iter().zip(ranks(&robust.score(&rows)?)).map(|(a, b)| a + b).collect();
    println!("{:34} {:.4}", "mean rank of forest and MCD", roc_auc(labels, &both));

    let mut order: Vec<usize> = (0..rows.nrows()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    println!("\nThe ten highest of 1000 trees, and why:");
    for &i in order.iter().take(10) {
        let label = if labels[i] { "anomaly" } else { "ordinary" };
        println!("  row {i:5} score {:.3} ({label}): {}", scores[i], forest.explain_row(&rows, i)?);
    }
    Ok(())
}

/// Place of every score in their order, ties in the middle of theirs.
fn ranks(scores: &Array1<f64>) -> Vec<f64> {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let place = |s: &f64| (sorted.partition_point(|v| v < s) + sorted.partition_point(|v| v <= s)) as f64;
    scores.iter().map(place).collect()
}

fn auc(model: &dyn Detector, rows: &FeatureMatrix, labels: &[bool]) -> Result<f64, Failure> {
    Ok(roc_auc(labels, &model.score_rows(rows.into())?.to_vec()))
}
