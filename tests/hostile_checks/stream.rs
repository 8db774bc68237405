//! Hostile input to the detectors that learn one row at a time.

use super::{series, tables};
use prognos::anomaly::stream::{
    Adwin, Bocpd, CusumChart, Direction, EwmaChart, ForestScore, HalfSpaceTrees, IndividualsChart, Kswin, McusumChart,
    MewmaChart, OnlineLoda, PageHinkley, RandomCutForest, Sprt, StreamingDetector,
};
use std::fmt::Debug;

/// Feeds values until the end, whatever is wrong with them; the scores are numbers, and errors leave no trace.
fn feed(name: &str, mut model: impl StreamingDetector + Clone + PartialEq + Debug, x: &[f64]) {
    for x in x {
        let before = model.clone();
        match model.update(&[*x]) {
            Ok(score) => assert!(score >= 0.0 && score.is_finite(), "{name}: {score}"),
            Err(error) => {
                assert!(!error.to_string().is_empty());
                assert_eq!(model, before, "{name}");
            }
        }
    }
}

#[test]
fn charts_and_drift_detectors() {
    for (name, x) in series() {
        for (_, base) in series() {
            if let Ok(chart) = EwmaChart::params().fit(&base) {
                feed(&name, chart, &x);
            }
            if let Ok(chart) = CusumChart::params().fit(&base) {
                assert!(chart.shift().is_none());
                feed(&name, chart, &x);
            }
            if let Ok(chart) = IndividualsChart::params().fit(&base) {
                assert!(chart.limits().0 <= chart.limits().1);
                feed(&name, chart, &x);
            }
            if let Ok(tests) = Sprt::params().fit(&base) {
                feed(&name, tests, &x);
            }
        }
        for sd in [5e-324, 1e-300, 1.0, 1e308] {
            for lambda in [1e-300, 0.5, 1.0] {
                if let Ok(chart) = EwmaChart::params().lambda(lambda).start(0.0, sd) {
                    feed(&name, chart, &x);
                }
            }
            if let Ok(chart) = CusumChart::params().allowance(0.0).interval(1e-3).start(-1e308, sd) {
                feed(&name, chart, &x);
            }
        }
        for direction in [Direction::Both, Direction::Up, Direction::Down] {
            let test = PageHinkley::params().direction(direction).min_instances(0).threshold(1e-300);
            feed(&name, test.start().unwrap(), &x);
        }
        for params in [
            Adwin::params(),
            Adwin::params().clock(1).grace_period(1).min_window_length(1).max_buckets(2).delta(0.999),
            Adwin::params().delta(1e-300).restart(true).min_window_length(u32::MAX).grace_period(u32::MAX),
        ] {
            feed(&name, params.start().unwrap(), &x);
        }
        feed(&name, Kswin::params().window(4).recent(2).alpha(0.999_999).start().unwrap(), &x);
        for params in [
            Bocpd::params().max_run(2).recent(1),
            Bocpd::params().hazard(1.0 + 1e-15),
            Bocpd::params().hazard(1e300).prior(1e150, 1e-6, 1e-6, 1e300),
            Bocpd::params().prior(0.0, 1e6, 1e6, 1e-300),
        ] {
            feed(&name, params.start().unwrap(), &x);
        }
    }
}

#[test]
fn settings_are_checked() {
    let bad = [f64::NAN, f64::INFINITY, -1.0];
    for v in bad {
        assert!(EwmaChart::params().lambda(v).start(0.0, 1.0).is_err());
        assert!(EwmaChart::params().limit(v).start(0.0, 1.0).is_err());
        assert!(EwmaChart::params().start(0.0, v).is_err());
        assert!(CusumChart::params().allowance(v).start(0.0, 1.0).is_err());
        assert!(CusumChart::params().interval(v).start(0.0, 1.0).is_err());
        assert!(CusumChart::params().head_start(v).start(0.0, 1.0).is_err());
        assert!(CusumChart::params().start(0.0, v).is_err());
        assert!(IndividualsChart::params().start(0.0, v).is_err());
        assert!(Sprt::params().shift(v).start(0.0, 1.0).is_err());
        assert!(Sprt::params().variance_ratio(v).start(0.0, 1.0).is_err());
        assert!(Sprt::params().errors(v, 0.1).start(0.0, 1.0).is_err());
        assert!(Sprt::params().start(0.0, v).is_err());
        assert!(PageHinkley::params().delta(v).start().is_err());
        assert!(PageHinkley::params().threshold(v).start().is_err());
        assert!(PageHinkley::params().alpha(v).start().is_err());
        assert!(Adwin::params().delta(v).start().is_err());
        assert!(Kswin::params().alpha(v).start().is_err());
        assert!(Bocpd::params().hazard(v).start().is_err());
        assert!(Bocpd::params().prior(0.0, v, 1.0, 1.0).start().is_err());
        assert!(Bocpd::params().prior(0.0, 1.0, v, 1.0).start().is_err());
        assert!(Bocpd::params().prior(0.0, 1.0, 1.0, v).start().is_err());
        assert!(RandomCutForest::params().decay(v).start(1).is_err());
        let rows = &tables().into_iter().find(|(name, _)| name == "plain").unwrap().1;
        assert!(MewmaChart::params().lambda(v).fit(rows).is_err());
        assert!(McusumChart::params().allowance(v).fit(rows).is_err());
    }
    for mean in [f64::NAN, f64::INFINITY] {
        assert!(EwmaChart::params().start(mean, 1.0).is_err());
        assert!(CusumChart::params().start(mean, 1.0).is_err());
        assert!(IndividualsChart::params().start(mean, 1.0).is_err());
        assert!(Sprt::params().start(mean, 1.0).is_err());
        assert!(Bocpd::params().prior(mean, 1.0, 1.0, 1.0).start().is_err());
    }
    assert!(EwmaChart::params().lambda(0.0).start(0.0, 1.0).is_err());
    assert!(CusumChart::params().head_start(1.0).start(0.0, 1.0).is_err());
    assert!(Sprt::params().errors(0.5, 0.5).start(0.0, 1.0).is_err());
    assert!(Adwin::params().clock(0).start().is_err() && Adwin::params().max_buckets(1).start().is_err());
    assert!(Adwin::params().grace_period(0).start().is_err() && Adwin::params().min_window_length(0).start().is_err());
    assert!(Kswin::params().window(59).start().is_err() && Kswin::params().recent(1).start().is_err());
    assert!(Kswin::params().window(usize::MAX).start().is_err());
    assert!(Bocpd::params().max_run(1).start().is_err() && Bocpd::params().recent(0).start().is_err());
    assert!(Bocpd::params().max_run(usize::MAX).start().is_err() && Bocpd::params().recent(1000).start().is_err());
    assert!(RandomCutForest::params().trees(0).start(1).is_err() && RandomCutForest::params().start(0).is_err());
    assert!(RandomCutForest::params().subsample(0).start(1).is_err());
    assert!(RandomCutForest::params().shingle(0).start(1).is_err());
    assert!(RandomCutForest::params().shingle(4096).start(257).is_err());
    assert!(RandomCutForest::params().start(usize::MAX).is_err());
}

#[test]
fn charts_of_rows_forests_and_trees() {
    let mut fitted = 0;
    for (name, base) in tables() {
        let d = base.ncols();
        let charts = (MewmaChart::params().fit(&base), McusumChart::params().fit(&base));
        fitted += usize::from(charts.0.is_ok()) + usize::from(charts.1.is_ok());
        for (other, table) in tables() {
            if table.ncols() != d || d == 0 {
                continue;
            }
            let what = format!("{other} after {name}");
            if let (Ok(mewma), Ok(mcusum)) = &charts {
                rows(&what, mewma.clone(), &table);
                rows(&what, mcusum.clone(), &table);
            }
        }
        if d == 0 {
            continue;
        }
        for score in [ForestScore::Displacement, ForestScore::Depth] {
            for (subsample, shingle, decay) in [(1, 1, 0.0), (7, 3, 1.0), (256, 1, 1e-3)] {
                let params = RandomCutForest::params().trees(5).subsample(subsample).shingle(shingle).decay(decay);
                rows(&name, params.score(score).start(d).unwrap(), &base);
            }
        }
        for (bins, window) in [(1, 2), (5, 9)] {
            rows(&name, OnlineLoda::params().projections(4).bins(bins).window(window).start(d).unwrap(), &base);
        }
        for params in [
            HalfSpaceTrees::params().trees(3).window(7),
            HalfSpaceTrees::params().trees(3).window(2).height(1).size_limit(usize::MAX),
            HalfSpaceTrees::params().trees(2).window(9).limits(vec![(-1e300, 1e300); d]),
            HalfSpaceTrees::params().trees(2).window(9).limits(vec![(5e-324, 5e-324); d]).size_limit(0),
        ] {
            rows(&name, params.start(d).unwrap(), &base);
        }
    }
    assert!(fitted > 4, "{fitted}");
}

/// As [`feed`], with reasons.
fn rows(name: &str, mut model: impl StreamingDetector + Clone + PartialEq + Debug, table: &ndarray::Array2<f64>) {
    for row in table.rows() {
        let row = row.to_vec();
        if let Ok(why) = model.explain(&row) {
            assert!(why.contributions().iter().all(|c| c.is_finite()), "{name}: {:?}", why.contributions());
        }
        let before = model.clone();
        match model.update(&row) {
            Ok(score) => assert!(score >= 0.0 && score.is_finite(), "{name}: {score}"),
            Err(_) => assert_eq!(model, before, "{name}"),
        }
    }
    let _ = model.update_rows(table);
}
