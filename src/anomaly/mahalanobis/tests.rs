use super::*;
use ndarray::Array2;

fn rows(n: usize, d: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, d), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin() + ((i + 3 * j) as f64 * 1.7).cos())
}

const ALL: [Covariance; 5] =
    [Covariance::Empirical, Covariance::Shrunk(0.1), Covariance::LedoitWolf, Covariance::Oas, Covariance::Mcd];

#[test]
fn the_mean_distance_of_the_training_rows_is_the_number_of_columns() {
    let x = rows(200, 4);
    let model = Mahalanobis::params().covariance(Covariance::Empirical).fit(&x).unwrap();
    let mean = model.score(&x).unwrap().sum() / 200.0;
    assert!((mean - 4.0).abs() < 1e-12, "{mean}");
}

#[test]
fn estimators_that_do_not_shrink_do_not_depend_on_units() {
    let x = rows(150, 3);
    let scaled = &x * &ndarray::array![1e-3, 7.0, 1e6] + 5.0;
    for covariance in [Covariance::Empirical, Covariance::Mcd] {
        for scaling in [Scaling::Standard, Scaling::Robust, Scaling::Centre] {
            let params = Mahalanobis::params().covariance(covariance);
            let a = params.fit(&x).unwrap().score(&x).unwrap();
            let b = params.scaling(scaling).fit(&scaled).unwrap().score(&scaled).unwrap();
            for (a, b) in a.iter().zip(&b) {
                assert!((a - b).abs() < 1e-7 * (1.0 + a), "{covariance:?} {scaling:?}: {a} {b}");
            }
        }
    }
}

#[test]
fn one_column_is_exact() {
    // The half with the smallest variance, by trying all windows.
    let x = Array2::from_shape_fn((31, 1), |(i, _)| ((i * i) as f64 * 0.61).sin() + if i < 9 { 40.0 } else { 0.0 });
    let model = Mahalanobis::params().covariance(Covariance::Mcd).fit(&x).unwrap();
    let mut sorted = x.column(0).to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (h, _) = model.support().unwrap();
    assert_eq!(h, 17);
    let variance = |w: &[f64]| crate::math::lanes::variance(w, 0);
    let best = sorted.windows(h).map(variance).fold(f64::INFINITY, f64::min);
    let found = model.raw_covariance().unwrap()[[0, 0]];
    assert!((found - best).abs() < 1e-10 * best, "{found} {best}");
}

#[test]
fn many_bad_rows_do_not_move_the_robust_estimate() {
    for n in [80, 700, 2500] {
        let clean = rows(n, 3);
        let mut x = clean.clone();
        for i in 0..n * 2 / 5 {
            x[[i, 0]] += 100.0 + (i % 7) as f64;
            x[[i, 2]] -= 1e6;
        }
        let model = Mahalanobis::params().covariance(Covariance::Mcd).fit(&x).unwrap();
        let scores = model.score(&x).unwrap();
        assert!(scores.iter().take(n * 2 / 5).all(|s| *s > 1e3));
        assert!(scores.iter().skip(n * 2 / 5).all(|s| *s < 50.0), "{n}");
        assert!(model.location().iter().all(|m| m.abs() < 1.0));
        let (support, used) = model.support().unwrap();
        assert!(used >= support && used <= n * 3 / 5 + 1);
    }
}

#[test]
fn settings_and_singular_rows_are_errors() {
    let x = rows(40, 3);
    assert!(Mahalanobis::params().covariance(Covariance::Shrunk(1.1)).fit(&x).is_err());
    assert!(Mahalanobis::params().support_fraction(0.4).fit(&x).is_err());
    let same = Array2::from_shape_fn((40, 3), |(i, j)| (i as f64).sin() * (j + 1) as f64);
    for covariance in ALL {
        let fitted = Mahalanobis::params().covariance(covariance).fit(&same);
        let shrunk = matches!(covariance, Covariance::Shrunk(_) | Covariance::LedoitWolf | Covariance::Oas);
        assert_eq!(fitted.is_ok(), shrunk, "{covariance:?}");
        assert!(Mahalanobis::params().covariance(covariance).fit(&Array2::ones((9, 2))).is_err());
    }
    let few = rows(4, 9);
    assert!(matches!(
        Mahalanobis::params().covariance(Covariance::Mcd).fit(&few),
        Err(Error::TooFew { needed: 10, found: 4, .. })
    ));
    assert!(Mahalanobis::params().fit(&few).is_ok());
    let model = Mahalanobis::params().fit(&x).unwrap();
    assert!(model.raw_distances(&x).is_err() && model.raw_covariance().is_none() && model.support().is_none());
}

#[test]
fn another_seed_finds_the_same_subset_of_easy_rows() {
    let x = rows(300, 4);
    let with = |seed| Mahalanobis::params().covariance(Covariance::Mcd).seed(seed).fit(&x).unwrap();
    let (a, b) = (with(1), with(2));
    let (da, db) = (a.raw.as_ref().unwrap(), b.raw.as_ref().unwrap());
    assert!((da.metric.log_determinant() - db.metric.log_determinant()).abs() < 0.05);
    assert_eq!(with(1), with(1));
}
