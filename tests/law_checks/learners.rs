//! Laws of the learners, of fleets and of what is built on them.

use super::{noise, same_bits_on_any_threads};
use ndarray::{Array1, Array2, Axis};
use prognos::features::FeatureMatrix;
use prognos::health::OperatingRegimes;
use prognos::learners::{Forest, GradientBoosting, Linear, Loss, Regressor, group_folds, permutation_importance};
use prognos::rul::regression::{BaselineAlignment, Learner, Summary};
use prognos::rul::similarity::{Comparison, PathShape, Similarity};
use prognos::rul::{Fleet, Level, RulRegression};

/// Rows with a missing cell here and there, and a target that bends.
fn task(n: usize, d: usize, seed: u64, missing: bool) -> (Array2<f64>, Array1<f64>) {
    let cells = noise(n * d, seed);
    let mut x = Array2::from_shape_fn((n, d), |(i, j)| cells[i * d + j]);
    let own = noise(n, seed + 1);
    let y = x.rows().into_iter().zip(own).map(|(r, e)| 10.0 + 3.0 * r[0] - 2.0 * r[1] * r[1] + 0.3 * e).collect();
    if missing {
        for i in (0..n).step_by(7) {
            x[[i, i % d]] = f64::NAN;
        }
    }
    (x, y)
}

fn learners(x: &Array2<f64>, y: &Array1<f64>) -> Vec<(String, Box<dyn Regressor + Sync>)> {
    let mut all: Vec<(String, Box<dyn Regressor + Sync>)> = vec![
        ("random forest".into(), Box::new(Forest::random_forest().trees(20).fit(x, y).unwrap())),
        ("extra trees".into(), Box::new(Forest::extra_trees().trees(20).keep_targets(true).fit(x, y).unwrap())),
    ];
    for loss in [Loss::Squared, Loss::Absolute, Loss::Quantile(0.8), Loss::Huber(5.0), Loss::Phm08] {
        let model = GradientBoosting::params().loss(loss).trees(40).column_fraction(0.7).fit(x, y).unwrap();
        all.push((format!("boosting, {loss:?}"), Box::new(model)));
    }
    if x.iter().all(|v| v.is_finite()) {
        all.push(("ridge".into(), Box::new(Linear::ridge().fit(x, y).unwrap())));
        all.push(("elastic net".into(), Box::new(Linear::elastic_net(0.5).fit(x, y).unwrap())));
    }
    all
}

/// Lives with two regimes, a sensor that wears, one that does not, one that is dead.
fn fleet(units: usize, seed: u64) -> Fleet {
    let (mut ids, mut ages, mut cells) = (vec![], vec![], vec![]);
    let e = noise(units * 400, seed);
    let mut k = 0;
    let mut draw = || {
        k = (k + 1) % e.len();
        e[k]
    };
    for u in 0..units {
        let life = 50 + (u * 37) % 60;
        for t in 1..=life {
            let load = f64::from(u8::from((t * 7 + u) % 3 == 0));
            ids.push(u);
            ages.push(t as f64);
            let wear = (t as f64 / life as f64).powi(3);
            cells.extend([100.0 * load + 0.001 * draw(), 50.0 * load + 8.0 * wear + draw(), draw() - load, 7.0]);
        }
    }
    Fleet::new(&["load", "wear", "noise", "dead"], &ids, &ages, Array2::from_shape_vec((ages.len(), 4), cells).unwrap())
        .unwrap()
}

fn quick() -> prognos::rul::RulRegressionParams {
    RulRegression::params().settings(&["load"]).cap(60.0).components(1).learners(vec![
        Learner::Forest(Forest::extra_trees().trees(20)),
        Learner::Boosting(GradientBoosting::params().trees(30)),
        Learner::Linear(Linear::ridge()),
    ])
}

#[test]
fn learners_have_the_same_bits_on_threads() {
    let (x, y) = task(900, 6, 1, true);
    same_bits_on_any_threads("learners", || {
        learners(&x, &y).iter().flat_map(|(_, m)| m.predict_rows((&x).into()).unwrap().to_vec()).collect()
    });
    // Enough cells that histograms are filled by several threads.
    let (x, y) = task(6_000, 20, 2, false);
    same_bits_on_any_threads("boosting on many rows", || {
        GradientBoosting::params().trees(5).fit(&x, &y).unwrap().predict(&x).unwrap().to_vec()
    });
    same_bits_on_any_threads("out of bag, quantiles, importance", || {
        let (model, outside) = Forest::random_forest().trees(9).keep_targets(true).fit_out_of_bag(&x, &y).unwrap();
        let quantiles = model.quantiles(&x.slice_axis(Axis(0), (..50).into()).to_owned(), &[0.1, 0.9]).unwrap();
        let outside = outside.into_iter().map(|v| if v.is_nan() { -1.0 } else { v });
        quantiles.iter().copied().chain(outside).chain(model.importance()).collect()
    });
}

#[test]
fn fleets_have_the_same_bits_on_threads() {
    let fleet = fleet(12, 3);
    same_bits_on_any_threads("regression", || {
        let (model, held_out) = quick().fit_held_out(&fleet).unwrap();
        let bands = held_out.intervals(Level::new(0.9).unwrap()).unwrap();
        [model.predict(&fleet).unwrap(), held_out.blended, bands.into_iter().flat_map(|b| [b.0, b.1]).collect()]
            .concat()
    });
    same_bits_on_any_threads("similarity", || {
        let model = Similarity::params(Comparison::Trajectory).fit(&fleet).unwrap();
        vec![model.width(), model.estimate(&fleet.unit(3).unwrap()).unwrap().median()]
    });
}

#[test]
fn a_row_is_predicted_the_same_alone_and_in_any_layout() {
    for missing in [false, true] {
        let (x, y) = task(300, 5, 4, missing);
        let turned = x.t().as_standard_layout().into_owned();
        for (what, model) in learners(&x, &y) {
            let all = model.predict_rows((&x).into()).unwrap();
            assert_eq!(all, model.predict_rows(turned.t().into()).unwrap(), "{what}");
            for i in [0, 8, 127, 128, 299] {
                let alone = model.predict_row(&x.row(i).to_vec()).unwrap();
                assert_eq!(alone.to_bits(), all[i].to_bits(), "{what}: row {i}");
            }
            assert!(model.predict_row(&[1.0; 4]).is_err(), "{what}");
        }
    }
}

#[test]
fn learners_learn() {
    let (x, y) = task(2_000, 5, 5, false);
    let (new, truth) = task(500, 5, 77, false);
    let spread = truth.iter().map(|v| (v - truth.mean().unwrap()).powi(2)).sum::<f64>() / 500.0;
    for (what, model) in learners(&x, &y) {
        let predicted = model.predict_rows((&new).into()).unwrap();
        let error = (&predicted - &truth).mapv(|e| e * e).mean().unwrap();
        // A line cannot bend; a quantile is not the mean.
        let share = if what.contains("ridge") || what.contains("net") || what.contains("Quantile") { 0.8 } else { 0.4 };
        assert!(error < share * spread, "{what}: {error} of {spread}");
    }
    let high = GradientBoosting::params().loss(Loss::Quantile(0.8)).fit(&x, &y).unwrap().predict(&new).unwrap();
    let below = truth.iter().zip(&high).filter(|(y, h)| y < h).count();
    assert!((330..470).contains(&below), "{below} of 500 below the 80 % quantile");
}

#[test]
fn reasons_add_up_to_the_prediction() {
    let (x, y) = task(400, 4, 6, true);
    let forest = Forest::extra_trees().trees(15).fit(&x, &y).unwrap();
    let boosted = GradientBoosting::params().trees(20).fit(&x, &y).unwrap();
    for i in (0..400).step_by(37) {
        for (why, model) in [
            (forest.shapley(x.row(i)).unwrap(), &forest as &dyn Regressor),
            (boosted.shapley(x.row(i)).unwrap(), &boosted),
        ] {
            let predicted = model.predict_row(&x.row(i).to_vec()).unwrap();
            assert!((why.prediction() - predicted).abs() < 1e-9, "{} {predicted}", why.prediction());
        }
    }
    let importance = permutation_importance(&forest, &x, &y, 2, 0).unwrap();
    assert!(importance[0] > importance[2] && importance[0] > importance[3], "{importance:?}");
    let total: f64 = forest.importance().iter().sum();
    assert!((total - 1.0).abs() < 1e-12);
}

#[test]
fn monotone_means_monotone() {
    let (x, y) = task(1_500, 3, 7, false);
    for direction in [1i8, -1] {
        let model = GradientBoosting::params().monotone(&[direction, 0, 0]).fit(&x, &y).unwrap();
        for i in 0..50 {
            let mut row = x.row(i).to_vec();
            let mut last: Option<f64> = None;
            for step in -20..=20 {
                row[0] = f64::from(step) * 0.2;
                let p = f64::from(direction) * model.predict_row(&row).unwrap();
                assert!(last.is_none_or(|l| p >= l - 1e-12), "direction {direction}, row {i}");
                last = Some(p);
            }
        }
    }
    assert!(GradientBoosting::params().monotone(&[1, 0]).fit(&x, &y).is_err());
}

#[test]
fn early_stopping_keeps_the_best() {
    let (x, y) = task(300, 4, 8, false);
    let (held, truth) = task(300, 4, 9, false);
    let params = GradientBoosting::params().trees(2_000).learning_rate(0.3).min_leaf(2).patience(20);
    let stopped = params.fit_validated(&x, &y, &held, &truth).unwrap();
    let whole = params.clone().trees(400).fit(&x, &y).unwrap();
    assert!(stopped.n_trees() < 400);
    let error = |m: &GradientBoosting| (&m.predict(&held).unwrap() - &truth).mapv(|e| e * e).mean().unwrap();
    assert!(error(&stopped) <= error(&whole));
}

#[test]
fn risks_follow_the_hazard() {
    let (x, _) = task(600, 3, 10, false);
    let e = noise(600, 11);
    let times: Vec<f64> = x.rows().into_iter().zip(&e).map(|(r, e)| (3.0 - r[0] + 0.5 * e).exp()).collect();
    let events: Vec<bool> = (0..600).map(|i| i % 5 != 0).collect();
    let model = GradientBoosting::params().loss(Loss::Cox).trees(60).fit_survival(&x, &times, &events).unwrap();
    let risks = model.predict(&x).unwrap().to_vec();
    let c = prognos::metrics::survival::concordance(&times, &events, &risks).unwrap();
    assert!(c.index > 0.85, "{c:?}");
    assert!(GradientBoosting::params().fit_survival(&x, &times, &events).is_err());
    assert!(GradientBoosting::params().loss(Loss::Cox).fit(&x, &times).is_err());
}

#[test]
fn folds_hold_whole_groups() {
    for folds in 2..6 {
        let sizes: Vec<usize> = (0..40).map(|i| 1 + i * i % 23).collect();
        let fold = group_folds(&sizes, folds).unwrap();
        let mut rows = vec![0; folds];
        fold.iter().zip(&sizes).for_each(|(f, s)| rows[*f] += s);
        let (least, most) = (rows.iter().min().unwrap(), rows.iter().max().unwrap());
        assert!(most - least <= 23, "{rows:?}");
    }
    assert!(group_folds(&[1, 2], 3).is_err() && group_folds(&[1, 2], 1).is_err());
}

#[test]
fn columns_are_checked() {
    let (x, y) = task(60, 3, 12, false);
    let names = |n: &[&str]| n.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    let matrix = FeatureMatrix::new(names(&["a", "b", "c"]), x.clone()).unwrap();
    let swapped = FeatureMatrix::new(names(&["a", "c", "b"]), x.clone()).unwrap();
    let forest = Forest::extra_trees().trees(3).fit(&matrix, &y).unwrap();
    let ridge = Linear::ridge().fit(&matrix, &y).unwrap();
    assert!(matches!(forest.predict(&swapped), Err(prognos::Error::Columns { position: 1, .. })));
    assert!(matches!(ridge.predict(&swapped), Err(prognos::Error::Columns { position: 1, .. })));
    let model = OperatingRegimes::params(&["a"]).fit(&matrix).unwrap();
    assert!(model.transform(&swapped).is_err());
}

#[test]
fn intervals_are_nested_and_lives_are_not_negative() {
    let fleet = fleet(15, 13);
    let model = quick().fit(&fleet).unwrap();
    let (cut, _) = fleet.cut_off(10, 1).unwrap();
    for p in model.predict(&cut).unwrap() {
        assert!((0.0..=60.0).contains(&p));
        let (a, b) = model.interval(p, Level::new(0.5).unwrap()).unwrap();
        let (c, d) = model.interval(p, Level::new(0.95).unwrap()).unwrap();
        assert!(0.0 <= c && c <= a && a <= b && b <= d && d <= 60.0);
    }
    for comparison in comparisons() {
        let model = Similarity::params(comparison).fit(&fleet).unwrap();
        for u in 0..cut.n_units() {
            if let Ok(rul) = model.estimate(&cut.unit(u).unwrap()) {
                assert!(rul.interval(Level::new(0.9).unwrap()).0 >= 0.0 && rul.unit() == cut.unit(u).unwrap().name);
            }
        }
    }
}

fn comparisons() -> Vec<Comparison> {
    vec![
        Comparison::Trajectory,
        Comparison::Correlation,
        Comparison::Warping { band: 5 },
        Comparison::Residual(PathShape::Polynomial(2)),
        Comparison::Residual(PathShape::Exponential),
        Comparison::Residual(PathShape::Autoregression(2)),
        Comparison::Hash,
    ]
}

#[test]
fn similar_lives_end_alike() {
    let fleet = fleet(20, 14);
    let only_wear = {
        let wear: Vec<f64> =
            fleet.values().column(1).iter().zip(fleet.values().column(0)).map(|(w, l)| w - 0.5 * l).collect();
        let units: Vec<usize> = fleet.groups();
        Fleet::new(&["wear"], &units, fleet.ages(), Array2::from_shape_vec((fleet.n_rows(), 1), wear).unwrap()).unwrap()
    };
    let (train, held) = (
        only_wear.select(&(0..15).collect::<Vec<_>>()).unwrap(),
        only_wear.select(&(15..20).collect::<Vec<_>>()).unwrap(),
    );
    for comparison in [Comparison::Trajectory, Comparison::Warping { band: 3 }, Comparison::Hash] {
        let model = Similarity::params(comparison).span(25).fit(&train).unwrap();
        let (cut, left) = held.cut_off(45, 2).unwrap();
        let naive = 80.0;
        let (mut ours, mut other) = (0.0, 0.0);
        for (u, left) in left.iter().enumerate() {
            let unit = cut.unit(u).unwrap();
            ours += (model.estimate(&unit).unwrap().median() - left).abs();
            other += ((naive - unit.ages[unit.ages.len() - 1]).max(0.0) - left).abs();
            let candidates = model.candidates(&unit).unwrap();
            let total: f64 = candidates.iter().map(|c| c.weight).sum();
            assert!((total - 1.0).abs() < 1e-9 && candidates.windows(2).all(|w| w[0].weight >= w[1].weight));
        }
        assert!(ours < other, "{comparison:?}: {ours} {other}");
    }
}

#[test]
fn the_reference_is_aligned_with_itself() {
    let fleet = fleet(6, 15);
    let aligned = BaselineAlignment::new(&fleet, &["wear"], 10).unwrap().align(&fleet).unwrap();
    for u in 0..6 {
        let (a, b) = (aligned.unit(u).unwrap(), fleet.unit(u).unwrap());
        let shift = a.values[[0, 1]] - b.values[[0, 1]];
        assert!(a.values.column(1).iter().zip(b.values.column(1)).all(|(x, y)| (x - y - shift).abs() < 1e-9));
        assert_eq!(a.values.column(2), b.values.column(2));
    }
    assert!(BaselineAlignment::new(&fleet, &["wear"], 1).is_err());
    assert!(BaselineAlignment::new(&fleet, &["none"], 5).is_err());
    assert!(Summary::standard().len() > 5);
}

#[cfg(feature = "persist")]
#[test]
fn saved_equals_fitted() {
    use prognos::persist::{Persist, from_bytes, from_json, to_bytes, to_json};
    fn twice<M: Persist + PartialEq + std::fmt::Debug>(model: &M) {
        assert_eq!(&from_bytes::<M>(&to_bytes(model).unwrap()).unwrap(), model);
        let text = to_json(model).unwrap();
        assert_eq!(&from_json::<M>(&text).unwrap(), model);
        // A number that is not one, anywhere in the trees, is an error.
        assert!(from_json::<M>(&text.replacen("\"model\": {", "\"model\": {\"more\": 1,", 1)).is_err());
    }
    let (x, y) = task(200, 4, 16, false);
    twice(&Forest::random_forest().trees(5).fit(&x, &y).unwrap());
    twice(&Forest::extra_trees().trees(5).keep_targets(true).fit(&x, &y).unwrap());
    twice(&GradientBoosting::params().trees(10).fit(&x, &y).unwrap());
    twice(&Linear::elastic_net(0.3).fit(&x, &y).unwrap());
    let fleet = fleet(8, 17);
    let rows = FeatureMatrix::new(fleet.names().to_vec(), fleet.values().to_owned()).unwrap();
    twice(&OperatingRegimes::params(&["load"]).fit(&rows).unwrap());
    for comparison in comparisons() {
        twice(&Similarity::params(comparison).fit(&fleet).unwrap());
    }
    let model = quick().fit(&fleet).unwrap();
    let again: RulRegression = from_bytes(&to_bytes(&model).unwrap()).unwrap();
    assert_eq!(again.predict(&fleet).unwrap(), model.predict(&fleet).unwrap());
    twice(&model);
    twice(&prognos::rul::conformal::SplitConformal::from_errors(&[3.0, 1.0, 2.0]).unwrap());
}

#[test]
fn survival_forests_obey_the_laws() {
    use prognos::learners::SurvivalForest;
    let (x, _) = task(400, 4, 20, true);
    let e = noise(400, 21);
    let ages: Vec<f64> = x
        .rows()
        .into_iter()
        .zip(&e)
        .map(|(r, e)| (4.0 - if r[0].is_nan() { 0.0 } else { r[0] } + 0.4 * e).exp())
        .collect();
    let failed: Vec<bool> = (0..400).map(|i| i % 4 != 0).collect();
    let fit = || SurvivalForest::params().trees(20).seed(1).fit(&x, &ages, &failed).unwrap();
    same_bits_on_any_threads("survival forest", || fit().risks(&x).unwrap().to_vec());
    let model = fit();
    let risks = model.risks(&x).unwrap();
    let c = prognos::metrics::survival::concordance(&ages, &failed, risks.as_slice().unwrap()).unwrap();
    assert!(c.index > 0.8, "{c:?}");
    let times = [5.0, 20.0, 60.0, 200.0];
    let alive = model.survival(&x, &times).unwrap();
    for (i, row) in alive.rows().into_iter().enumerate() {
        assert!(row.iter().all(|s| (0.0..=1.0).contains(s)) && row.windows(2).into_iter().all(|w| w[0] >= w[1]));
        let alone = model.survival(x.slice_axis(Axis(0), (i..i + 1).into()), &times).unwrap();
        assert_eq!(alone.row(0), row);
    }
    assert!(model.survival(&x, &[2.0, 1.0]).is_err());
    assert!(SurvivalForest::params().fit(&x, &ages, &vec![false; 400]).is_err());
    #[cfg(feature = "persist")]
    {
        let bytes = prognos::persist::to_bytes(&model).unwrap();
        assert_eq!(prognos::persist::from_bytes::<SurvivalForest>(&bytes).unwrap(), model);
    }
}
