//! Laws of the features room, over every calculator of the library: a new one joins by standing in its table.

use super::{noise, same_bits_on_any_threads};
use prognos::features::{FeatureSet, FeatureSpec, NanPolicy};
use prognos::signal::{SampleRate, Signal, WindowSpec};

fn rate() -> SampleRate {
    SampleRate::hz(1000.0).unwrap()
}

/// All calculators with some values of their parameters.
fn everything() -> FeatureSet {
    FeatureSet::from_specs(FeatureSet::examples()).unwrap()
}

/// Noise on a sine with ties, an offset and a spike: nothing special.
fn signal(n: usize) -> Vec<f64> {
    let mut x = noise(n, 11);
    for (i, v) in x.iter_mut().enumerate() {
        *v = ((*v + (i as f64 * 0.21).sin()) * 64.0).round() / 64.0 + 0.25;
    }
    x[n / 3] = 9.0;
    x
}

fn bits(values: impl IntoIterator<Item = f64>) -> Vec<u64> {
    values.into_iter().map(f64::to_bits).collect()
}

#[test]
fn every_calculator_has_examples() {
    let examples = FeatureSet::examples();
    for (signature, about) in FeatureSet::available() {
        let name = signature.split("__").next().unwrap();
        assert!(examples.iter().any(|s| s.calculator() == name), "{name} has no example");
        assert!(!about.is_empty(), "{name} says nothing about itself");
    }
}

#[test]
fn names_read_back_as_the_same_feature() {
    for spec in FeatureSet::examples() {
        let name = spec.to_string();
        let read: FeatureSpec = name.parse().unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(read, spec, "{name}");
        assert_eq!(read.to_string(), name);
    }
}

#[cfg(feature = "persist")]
#[test]
fn sets_read_back_from_files() {
    use prognos::persist;
    let set = everything().nan_policy(NanPolicy::Omit);
    let json: FeatureSet = persist::from_json(&persist::to_json(&set).unwrap()).unwrap();
    let binary: FeatureSet = persist::from_bytes(&persist::to_bytes(&set).unwrap()).unwrap();
    let x = signal(300);
    let row = |set: &FeatureSet| {
        let matrix = set.extract(Signal::new(&x, rate()).windows(WindowSpec::sliding(300, 300)).unwrap()).unwrap();
        bits(matrix.into_values())
    };
    assert_eq!((&json, &binary), (&set, &set));
    assert_eq!((row(&json), row(&binary)), (row(&set), row(&set)));
}

#[test]
fn columns_do_not_depend_on_the_data() {
    let set = everything();
    for x in [signal(400), vec![0.0; 400], vec![f64::NAN; 400]] {
        let matrix = set.extract(Signal::new(&x, rate()).windows(WindowSpec::sliding(100, 50)).unwrap()).unwrap();
        assert_eq!(matrix.names(), set.names());
        assert_eq!(matrix.view().dim(), (7, set.len()));
    }
}

#[test]
fn same_bits_whatever_the_threads() {
    let (set, x) = (everything(), signal(3000));
    same_bits_on_any_threads("all features", || {
        let windows = Signal::new(&x, rate()).windows(WindowSpec::sliding(256, 100)).unwrap();
        set.extract(windows).unwrap().into_values().into_iter().collect()
    });
}

#[test]
fn a_stream_gives_the_rows_of_the_batch() {
    let (set, x) = (everything(), signal(1200));
    for (len, hop) in [(128, 50), (100, 100), (60, 170)] {
        let spec = WindowSpec::sliding(len, hop);
        let batch = set.extract(Signal::new(&x, rate()).windows(spec).unwrap()).unwrap();
        for block in [1, 7, 64, x.len()] {
            let mut stream = set.stream(spec, rate()).unwrap();
            let (mut starts, mut rows) = (Vec::new(), Vec::new());
            for piece in x.chunks(block) {
                stream
                    .push_with(piece, |start, row| {
                        starts.push(start);
                        rows.extend_from_slice(row);
                    })
                    .unwrap();
            }
            assert_eq!(starts, batch.starts(), "windows of {len} every {hop}, blocks of {block}");
            assert_eq!(
                bits(rows),
                bits(batch.view().iter().copied()),
                "windows of {len} every {hop}, blocks of {block}"
            );
        }
    }
}

#[test]
fn a_window_alone_is_the_window_of_the_batch() {
    let (set, x) = (everything(), signal(1000));
    let batch = set.extract(Signal::new(&x, rate()).windows(WindowSpec::sliding(200, 77)).unwrap()).unwrap();
    for (i, &start) in batch.starts().iter().enumerate() {
        let mut row = vec![0.0; set.len()];
        let mut extractor = set.extractor(200, rate()).unwrap();
        extractor.extract_into(&x[start..start + 200], &mut row).unwrap();
        assert_eq!(bits(row), bits(batch.row(i).unwrap().iter().copied()), "window {i}");
    }
}

/// Planning computes what features share; a feature must not notice who else is in the set.
#[test]
fn a_feature_alone_is_the_feature_in_company() {
    let (set, x) = (everything(), signal(331));
    let mut together = vec![0.0; set.len()];
    set.extractor(x.len(), rate()).unwrap().extract_into(&x, &mut together).unwrap();
    for (spec, among) in set.specs().iter().zip(together) {
        let mut alone = [0.0];
        let one = FeatureSet::from_specs(vec![spec.clone()]).unwrap();
        one.extractor(x.len(), rate()).unwrap().extract_into(&x, &mut alone).unwrap();
        let alone = alone[0];
        if spec.calculator().contains("autocorrelation") || spec.calculator().starts_with("acf_") {
            // One transform serves all lags of a set, and its length follows the largest.
            let near = (alone - among).abs() <= 1e-12 || (alone.is_nan() && among.is_nan());
            assert!(near, "{spec}: {alone} alone, {among} in company");
        } else {
            assert_eq!(alone.to_bits(), among.to_bits(), "{spec}: {alone} alone, {among} in company");
        }
    }
}

#[test]
fn windows_with_bad_samples_follow_the_policy() {
    let good = signal(300);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut x = good.clone();
        x[150] = bad;
        let windows = || Signal::new(&x, rate()).windows(WindowSpec::sliding(100, 100)).unwrap();
        let clean = everything();
        let reference =
            clean.extract(Signal::new(&good, rate()).windows(WindowSpec::sliding(100, 100)).unwrap()).unwrap();

        let propagated = clean.extract(windows()).unwrap();
        for (j, spec) in clean.specs().iter().enumerate() {
            if propagated.view()[[1, j]].is_finite() {
                assert!(spec.reads_missing(), "{spec} is finite for a window with {bad}");
            }
            for row in [0, 2] {
                assert_eq!(propagated.view()[[row, j]].to_bits(), reference.view()[[row, j]].to_bits(), "{spec}");
            }
        }

        let omitted = clean.clone().nan_policy(NanPolicy::Omit).extract(windows()).unwrap();
        let kept: Vec<f64> = x[100..200].iter().copied().filter(|v| v.is_finite()).collect();
        let mut row = vec![0.0; clean.len()];
        clean.extractor(99, rate()).unwrap().extract_into(&kept, &mut row).unwrap();
        for (j, spec) in clean.specs().iter().enumerate() {
            if !spec.reads_missing() {
                assert_eq!(omitted.view()[[1, j]].to_bits(), row[j].to_bits(), "{spec}");
            }
        }

        let refused = clean.clone().nan_policy(NanPolicy::Error).extract(windows());
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("row 150"), "{error}");
    }
}

/// Moments, quantiles and counts of 1e6 + 1e-2 noise are those of the noise.
#[test]
fn an_offset_does_not_drown_the_spread() {
    let (small, offset): (Vec<f64>, Vec<f64>) = noise(2000, 3)
        .into_iter()
        .map(|v| ((v * 1024.0).round() / 131_072.0, (v * 1024.0).round() / 131_072.0 + 1048576.0))
        .unzip();
    // Where the unit is 0 the value itself is the yardstick; shapes are numbers of the order of 1.
    let features = [
        ("variance", 0.0),
        ("var_ddof1", 0.0),
        ("skewness_biased", 1.0),
        ("kurtosis_pearson", 1.0),
        ("standardised_moment__k_6", 1.0),
        ("mean_absolute_deviation", 0.0),
        ("iqr", 0.0),
        ("median_absolute_deviation", 0.0),
        ("l_moment__order_2", 0.0),
        ("l_skewness", 1.0),
        ("l_kurtosis", 1.0),
        ("gini_mean_difference", 0.0),
        ("jarque_bera", 1.0),
        ("shapiro_w", 0.0),
        ("binned_entropy__max_bins_10", 0.0),
        ("ratio_beyond_r_sigma__r_2.0", 0.0),
        ("hjorth_mobility", 0.0),
        ("hjorth_complexity", 0.0),
        ("waveform_length", 0.0),
    ];
    let set = FeatureSet::from_names(features.map(|f| f.0)).unwrap();
    let row = |x: &[f64]| {
        let mut row = vec![0.0; set.len()];
        set.extractor(x.len(), rate()).unwrap().extract_into(x, &mut row).unwrap();
        row
    };
    for (((name, unit), without), with) in features.iter().zip(row(&small)).zip(row(&offset)) {
        // The samples are the same to the bit; a mean near 1e6 is rounded by 6e-11, which is 1e-8 of the spread.
        let yardstick = without.abs().max(*unit);
        assert!((with - without).abs() <= 1e-8 * yardstick, "{name}: {without:e}, with offset {with:e}");
    }
}

#[test]
fn the_shape_of_a_constant_is_undefined() {
    let shapes = [
        "skewness_biased",
        "skewness_unbiased",
        "kurtosis_pearson",
        "kurtosis_biased",
        "kurtosis_unbiased",
        "standardised_moment__k_5",
        "jarque_bera",
        "l_skewness",
        "l_kurtosis",
        "quartile_skewness",
        "octile_kurtosis",
        "hjorth_mobility",
        "hjorth_complexity",
        "teager_kurtosis",
        "talaf",
        "thikat",
        "snr_mean_over_std_db",
    ];
    let set = FeatureSet::from_names(shapes).unwrap();
    for value in [0.0, -0.0, 3.25, 0.1, -1e-30, 1e12] {
        for n in [1, 2, 5, 64, 101] {
            let mut row = vec![0.0; set.len()];
            set.extractor(n, rate()).unwrap().extract_into(&vec![value; n], &mut row).unwrap();
            for (name, v) in shapes.iter().zip(row) {
                assert!(v.is_nan(), "{name} of {n} times {value} is {v}");
            }
        }
    }
}

/// Samples that no window reads may be anything, in a batch and in a stream.
#[test]
fn a_stream_refuses_what_the_batch_refuses() {
    let set = FeatureSet::from_names(["mean"]).unwrap().nan_policy(NanPolicy::Error);
    for (x, fine) in [([1.0, 2.0, f64::NAN, f64::NAN, 5.0, 6.0], true), ([1.0, 2.0, 3.0, 4.0, f64::NAN, 6.0], false)] {
        let spec = WindowSpec::sliding(2, 4);
        let batch = set.extract(Signal::new(&x, SampleRate::ONE_HZ).windows(spec).unwrap());
        for block in [1, 2, 5, 6] {
            let mut stream = set.stream(spec, SampleRate::ONE_HZ).unwrap();
            let rows: Result<Vec<_>, _> = x.chunks(block).map(|b| stream.push(b)).collect();
            assert_eq!(rows.is_ok(), fine, "block {block}");
            assert_eq!(batch.is_ok(), fine);
            if let (Err(a), Err(b)) = (&batch, &rows) {
                assert!(a.to_string().contains("row 4") && b.to_string().contains("row 4"), "{a} / {b}");
            }
        }
    }
}

/// A stream that was reset knows nothing of what came before.
#[test]
fn a_reset_stream_is_a_new_one() {
    let set = FeatureSet::time_domain();
    let x = super::noise(3000, 5);
    let spec = WindowSpec::sliding(1024, 512);
    let mut used = set.stream(spec, SampleRate::ONE_HZ).unwrap();
    used.push(&super::noise(1700, 6)).unwrap();
    used.reset(0);
    let fresh = set.stream(spec, SampleRate::ONE_HZ).unwrap().push(&x).unwrap();
    let again = used.push(&x).unwrap();
    assert_eq!(fresh.starts(), again.starts());
    let bits = |m: &prognos::features::FeatureMatrix| m.view().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&fresh), bits(&again));
}
