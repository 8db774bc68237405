//! Laws of autoregressive models and of what they are made for.

use super::noise;
use prognos::features::FeatureSet;
use prognos::signal::SampleRate;
use prognos::signal::autoregression::{ArCriterion, ArMethod, ArModel};

const METHODS: [ArMethod; 4] =
    [ArMethod::LeastSquares, ArMethod::Burg, ArMethod::YuleWalker, ArMethod::YuleWalkerAdjusted];

/// A resonance driven by noise.
fn resonance(n: usize, seed: u64) -> Vec<f64> {
    let e = noise(n, seed);
    let mut x = vec![0.0; n];
    for t in 2..n {
        x[t] = 1.5 * x[t - 1] - 0.8 * x[t - 2] + e[t];
    }
    x
}

fn row(names: &[&str], x: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; names.len()];
    let set = FeatureSet::from_names(names).unwrap();
    set.extractor(x.len(), SampleRate::hz(1000.0).unwrap()).unwrap().extract_into(x, &mut out).unwrap();
    out
}

/// Another unit changes the constant and the variance, an offset the constant alone.
#[test]
fn units_and_offsets_go_where_they_belong() {
    let x = resonance(800, 3);
    for method in METHODS {
        let params = ArModel::params().order(6).method(method);
        let model = params.fit(&x).unwrap();
        let other = params.fit(&x.iter().map(|v| 1e-3 * v + 40.0).collect::<Vec<_>>()).unwrap();
        for (a, b) in model.coefficients().iter().zip(other.coefficients()) {
            assert!((a - b).abs() < 1e-9, "{method:?}: {a} {b}");
        }
        assert!((other.variance() / model.variance() / 1e-6 - 1.0).abs() < 1e-9, "{method:?}");
        let carried = 1e-3 * model.intercept() + 40.0 * (1.0 - model.coefficients().iter().sum::<f64>());
        assert!((other.intercept() / carried - 1.0).abs() < 1e-9, "{method:?}");
    }
}

/// Burg's and Yule-Walker's models (divided by n) are stable: their answer to one knock dies out.
#[test]
fn recursions_are_stable() {
    for seed in 0..20 {
        let x = resonance(60, seed);
        for method in [ArMethod::Burg, ArMethod::YuleWalker] {
            let model = ArModel::params().order(12).method(method).fit(&x).unwrap();
            let mut answer = vec![0.0; 12];
            answer.push(1.0);
            for _ in 0..20_000 {
                let next = model.predict_next(&answer[answer.len() - 12..]).unwrap() - model.intercept();
                answer.push(next);
            }
            assert!(answer[answer.len() - 12..].iter().all(|v| v.abs() < 1e-3), "{method:?} {seed}");
        }
    }
}

/// A chosen order is the model of that order.
#[test]
fn a_chosen_order_is_the_fixed_one() {
    let x = resonance(1500, 9);
    for method in METHODS {
        for criterion in [ArCriterion::Aic, ArCriterion::Bic] {
            let chosen = ArModel::params().order(20).method(method).select(criterion).fit(&x).unwrap();
            let fixed = ArModel::params().order(chosen.order()).method(method).fit(&x).unwrap();
            for (a, b) in chosen.coefficients().iter().zip(fixed.coefficients()) {
                assert!((a - b).abs() < 1e-12, "{method:?}");
            }
            assert!((2..=8).contains(&chosen.order()), "{method:?} {}", chosen.order());
        }
    }
}

/// Prewhitening: impacts hidden in a resonance come out.
#[test]
fn impacts_stand_out_of_the_residual() {
    let mut x = resonance(4000, 5);
    let names = ["burg__attr_\"residual_kurtosis\"__k_10", "kurtosis_pearson"];
    let healthy = row(&names, &x);
    for start in (100..4000).step_by(250) {
        let mut ring = [6.0, 0.0];
        for v in &mut x[start..start + 60] {
            *v += ring[0];
            ring = [1.5 * ring[0] - 0.8 * ring[1], ring[0]];
        }
    }
    let faulty = row(&names, &x);
    assert!((healthy[0] - 3.0).abs() < 0.3, "{healthy:?}");
    assert!(faulty[0] > 4.0 && faulty[0] - healthy[0] > 2.0 * (faulty[1] - healthy[1]), "{healthy:?} {faulty:?}");
    let peak = row(&["burg__attr_\"peak_frequency\"__k_2"], &x)[0];
    // The pole's angle is arccos(1.5 / 2 / √0.8), the peak a little beside it.
    assert!((peak - 1000.0 * (1.5_f64 / 2.0 / 0.8_f64.sqrt()).acos() / std::f64::consts::TAU).abs() < 6.0, "{peak}");
}

/// White noise is stationary, a random walk is not, and both tests say so.
#[test]
fn the_two_tests_of_stationarity_agree() {
    let names = [
        "augmented_dickey_fuller__attr_\"pvalue\"__autolag_\"AIC\"",
        "kpss__attr_\"pvalue\"",
        "ljung_box__attr_\"pvalue\"__lags_10",
    ];
    let (mut rejected, mut kept) = (0, 0);
    for seed in 0..40 {
        let white = noise(500, seed);
        let walk: Vec<f64> = white
            .iter()
            .scan(0.0, |s, v| {
                *s += v;
                Some(*s)
            })
            .collect();
        let (a, b) = (row(&names, &white), row(&names, &walk));
        assert!(a[0] < 0.01 && b[2] < 1e-6, "{a:?} {b:?}");
        rejected += usize::from(a[1] > 0.05) + usize::from(a[2] > 0.05);
        kept += usize::from(b[0] > 0.05) + usize::from(b[1] < 0.05);
    }
    assert!(rejected >= 70 && kept >= 70, "{rejected} {kept} of 80");
}

#[cfg(feature = "serde")]
#[test]
fn models_read_back() {
    let model = ArModel::params().fit(&resonance(300, 1)).unwrap();
    let back: ArModel = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
    assert_eq!(back, model);
}
