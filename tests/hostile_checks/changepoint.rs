//! Change points of hostile series and tables: an answer or a typed error.

use super::{series, tables};
use prognos::Error;
use prognos::anomaly::changepoint::{ChangePoints, Cost, Penalty, Search, hausdorff, precision_recall, rand_index};

const COSTS: [Cost; 10] = [
    Cost::L2,
    Cost::L1,
    Cost::Normal { ridge: 1e-6 },
    Cost::Rbf { gamma: None },
    Cost::Rank,
    Cost::Linear,
    Cost::ContinuousLinear,
    Cost::Ar { order: 2 },
    Cost::Mahalanobis,
    Cost::Cosine,
];

fn try_all(what: &str, n: usize, find: &dyn Fn(ChangePoints) -> prognos::Result<Vec<usize>>) {
    for cost in COSTS {
        for search in [Search::Optimal, Search::Binary, Search::BottomUp, Search::Window(10), Search::Window(200)] {
            for penalty in [Penalty::Bic, Penalty::MBic, Penalty::Value(0.0), Penalty::Value(3.0), Penalty::Changes(2)]
            {
                for (min_size, jump) in [(1, 1), (3, 5), (7, 2)] {
                    let rule = ChangePoints::new(cost).search(search).penalty(penalty).min_size(min_size).jump(jump);
                    if let Ok(ends) = find(rule) {
                        assert!(
                            ends.windows(2).all(|w| w[0] < w[1]) && ends.last() == Some(&n),
                            "{what} {rule:?}: {ends:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn hostile_series() {
    for (what, x) in series() {
        try_all(&what, x.len(), &|rule| {
            let found = rule.find_series(&x)?;
            assert!(found.cost().is_finite());
            Ok(found.ends())
        });
        if x.iter().any(|v| !v.is_finite()) {
            let error = ChangePoints::default().find_series(&x).unwrap_err();
            assert!(matches!(error, Error::NonFinite { .. }), "{what}: {error}");
        }
    }
    let constant = ChangePoints::default().find_series(&[3.25; 64]).unwrap();
    assert!(constant.change_points().is_empty());
}

#[test]
fn hostile_tables() {
    for (what, x) in tables() {
        try_all(&what, x.nrows(), &|rule| Ok(rule.find(&x)?.ends()));
    }
}

#[test]
fn bad_settings_are_named() {
    let x: Vec<f64> = (0..50).map(|i| f64::from(i % 7)).collect();
    let named = |rule: ChangePoints| match rule.find_series(&x) {
        Err(Error::Parameter { name, .. }) => name.into_owned(),
        other => panic!("{rule:?}: {other:?}"),
    };
    let rule = ChangePoints::default();
    assert_eq!(named(rule.min_size(0)), "min_size");
    assert_eq!(named(rule.jump(0)), "jump");
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(named(rule.penalty(Penalty::Value(bad))), "penalty");
        assert_eq!(named(ChangePoints::new(Cost::Normal { ridge: bad })), "ridge");
        assert_eq!(named(ChangePoints::new(Cost::Rbf { gamma: Some(bad) })), "gamma");
    }
    assert_eq!(named(ChangePoints::new(Cost::rbf())), "penalty");
    assert_eq!(named(rule.search(Search::Binary).penalty(Penalty::MBic)), "penalty");
    assert_eq!(named(rule.search(Search::Window(1))), "width");
    assert_eq!(named(ChangePoints::new(Cost::Ar { order: 0 })), "order");
    for rule in [
        rule.penalty(Penalty::Changes(usize::MAX)),
        rule.penalty(Penalty::Changes(25)),
        rule.min_size(usize::MAX),
        rule.min_size(30).penalty(Penalty::Changes(1)),
        ChangePoints::new(Cost::Ar { order: usize::MAX }),
        ChangePoints::new(Cost::Linear),
    ] {
        assert!(matches!(rule.find_series(&x), Err(Error::TooFew { .. })), "{rule:?}");
    }
    // A grid without inner points leaves one segment.
    assert!(rule.jump(usize::MAX).find_series(&x).unwrap().change_points().is_empty());
    assert!(rule.search(Search::Window(usize::MAX)).find_series(&x).unwrap().change_points().is_empty());
    for (a, b) in [(&[5_usize, 3][..], &[4_usize][..]), (&[0], &[4]), (&[4], &[50])] {
        assert!(rand_index(a, b, 50).is_err());
    }
    assert!(rand_index(&[], &[], 1).is_err() && precision_recall(&[3], &[3], 0).is_err());
    assert!(precision_recall(&[], &[3], 2).unwrap().1.is_nan() && precision_recall(&[3], &[], 2).unwrap().0.is_nan());
    assert_eq!((hausdorff(&[], &[]), hausdorff(&[3], &[])), (0.0, f64::INFINITY));
}
