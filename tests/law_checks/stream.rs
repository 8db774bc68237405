//! Laws of the detectors that learn one row at a time.

use super::{noise, same_bits_on_any_threads};
use ndarray::{Array2, Axis, Slice};
use prognos::anomaly::Attribution;
use prognos::anomaly::stream::{
    Adwin, Bocpd, CusumChart, EwmaChart, ForestScore, HalfSpaceTrees, IndividualsChart, Kswin, McusumChart, MewmaChart,
    OnlineLoda, PageHinkley, RandomCutForest, RhythmDetector, Sprt, StreamingDetector,
};
use std::fmt::Debug;

#[cfg(feature = "persist")]
trait Kept: StreamingDetector + Clone + PartialEq + Debug + prognos::persist::Persist {}
#[cfg(feature = "persist")]
impl<M: StreamingDetector + Clone + PartialEq + Debug + prognos::persist::Persist> Kept for M {}
#[cfg(not(feature = "persist"))]
trait Kept: StreamingDetector + Clone + PartialEq + Debug {}
#[cfg(not(feature = "persist"))]
impl<M: StreamingDetector + Clone + PartialEq + Debug> Kept for M {}

/// What a law looks at: a name, a fresh detector, the sum of its contributions given the score.
trait Law {
    fn of<M: Kept>(&mut self, name: &str, fresh: M, total: fn(f64) -> f64);
}

fn healthy(n: usize, d: usize, seed: u64) -> Array2<f64> {
    let own = noise(n * d, seed);
    let common = noise(n, seed + 1);
    Array2::from_shape_fn((n, d), |(i, j)| 0.5 * common[i] + own[i * d + j] + j as f64)
}

fn all(law: &mut impl Law) {
    let base = healthy(400, 3, 1);
    let one = base.column(0).to_vec();
    let score = |s: f64| s;
    law.of("EWMA", EwmaChart::params().fit(&one).unwrap(), score);
    law.of("CUSUM", CusumChart::params().head_start(0.5).fit(&one).unwrap(), score);
    law.of("individuals", IndividualsChart::params().fit(&one).unwrap(), score);
    law.of("SPRT", Sprt::params().fit(&one).unwrap(), score);
    law.of("Page-Hinkley", PageHinkley::params().start().unwrap(), score);
    law.of("ADWIN", Adwin::params().clock(7).start().unwrap(), score);
    law.of("ADWIN, restarted", Adwin::params().max_buckets(2).restart(true).start().unwrap(), score);
    law.of("KSWIN", Kswin::params().alpha(1e-4).seed(3).start().unwrap(), score);
    law.of("BOCPD", Bocpd::params().start().unwrap(), score);
    law.of("BOCPD, short", Bocpd::params().max_run(40).recent(5).start().unwrap(), score);
    let rhythm = RhythmDetector::params().slots(7).warmup(50);
    law.of("rhythm", rhythm.clone().start().unwrap(), score);
    law.of("rhythm, short", rhythm.depth(3).reach(1).smooth(4).lags(5).memory(64).start().unwrap(), score);
    law.of("MEWMA", MewmaChart::params().fit(&base).unwrap(), score);
    law.of("MCUSUM", McusumChart::params().fit(&base).unwrap(), score);
    let forest = RandomCutForest::params().trees(20).subsample(64);
    law.of("random cut forest", forest.clone().start(3).unwrap(), score);
    law.of("random cut forest, depth", forest.clone().score(ForestScore::Depth).decay(0.0).start(3).unwrap(), score);
    law.of("random cut forest, shingle", forest.shingle(5).start(1).unwrap(), score);
    let density = |s: f64| if s > 0.0 { 2.0 - 1.0 / s } else { 0.0 };
    law.of("half-space trees", HalfSpaceTrees::params().window(90).start(3).unwrap(), density);
    law.of("online LODA", OnlineLoda::params().projections(30).window(80).start(3).unwrap(), score);
    let limits = vec![(-2.0, 2.0), (-1.0, 3.0), (0.0, 4.0)];
    law.of("half-space trees, limits", HalfSpaceTrees::params().limits(limits).window(50).start(3).unwrap(), density);
}

/// Healthy rows, then rows of another level.
fn stream(width: usize) -> Array2<f64> {
    let mut rows = healthy(500, width, 7);
    rows.slice_axis_mut(Axis(0), Slice::from(350..)).mapv_inplace(|v| v + 4.0);
    rows
}

#[test]
fn a_stream_is_its_replay() {
    struct Replay;
    impl Law for Replay {
        fn of<M: Kept>(&mut self, name: &str, fresh: M, total: fn(f64) -> f64) {
            let rows = stream(fresh.width());
            let (mut one, mut blocks, mut whole) = (fresh.clone(), fresh.clone(), fresh);
            let mut scores = vec![];
            for (i, row) in rows.rows().into_iter().enumerate() {
                let row = row.to_vec();
                let before = one.clone();
                let asked = one.score(&row).unwrap();
                let why: Attribution = one.explain(&row).unwrap();
                assert_eq!(one, before, "{name}: questions teach nothing");
                let score = one.update(&row).unwrap();
                assert_eq!(asked.to_bits(), score.to_bits(), "{name}: row {i}");
                assert_eq!(why.score().to_bits(), score.to_bits(), "{name}: row {i}");
                let sum = total(score);
                assert!((why.total() - sum).abs() < 1e-9 * (1.0 + sum.abs()), "{name}: {} {sum}", why.total());
                assert_eq!(one.n_seen(), i as u64 + 1, "{name}");
                scores.push(score);
            }
            assert_eq!(whole.update_rows(&rows).unwrap().to_vec(), scores, "{name}");
            let mut parts = vec![];
            for part in rows.axis_chunks_iter(Axis(0), 77) {
                parts.extend(blocks.update_rows(part).unwrap());
            }
            assert_eq!(parts, scores, "{name}");
            assert!(one == whole && one == blocks, "{name}");
        }
    }
    all(&mut Replay);
}

#[test]
fn a_change_scores_higher() {
    struct Direction;
    impl Law for Direction {
        fn of<M: Kept>(&mut self, name: &str, mut fresh: M, _: fn(f64) -> f64) {
            let scores = fresh.update_rows(&stream(fresh.width())).unwrap();
            let most = |from: usize, to: usize| scores.iter().take(to).skip(from).fold(0.0, |m: f64, s| m.max(*s));
            assert!(most(350, 500) > most(150, 350), "{name}: {} after {}", most(350, 500), most(150, 350));
            assert!(scores.iter().all(|s| *s >= 0.0 && s.is_finite()), "{name}");
        }
    }
    all(&mut Direction);
}

#[test]
fn bad_rows_leave_no_trace() {
    struct Trace;
    impl Law for Trace {
        fn of<M: Kept>(&mut self, name: &str, mut model: M, _: fn(f64) -> f64) {
            let width = model.width();
            model.update_rows(&healthy(200, width, 9)).unwrap();
            let before = model.clone();
            for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                let mut row = vec![0.5; width];
                row[width - 1] = bad;
                for error in
                    [model.update(&row).unwrap_err(), model.score(&row).unwrap_err(), model.explain(&row).unwrap_err()]
                {
                    let named = (width - 1).to_string();
                    assert!(
                        matches!(&error, prognos::Error::NonFinite { row: 200, column, .. } if *column == named),
                        "{name}: {error}"
                    );
                }
                let mut rows = healthy(300, width, 9);
                rows[[299, width - 1]] = bad;
                let error = model.update_rows(&rows).unwrap_err();
                assert!(matches!(error, prognos::Error::NonFinite { row: 299, .. }), "{name}: {error}");
            }
            for row in [vec![], vec![1.0; width + 1]] {
                assert!(matches!(model.update(&row), Err(prognos::Error::Shape { .. })), "{name}");
                assert!(matches!(model.score(&row), Err(prognos::Error::Shape { .. })), "{name}");
                assert!(matches!(model.explain(&row), Err(prognos::Error::Shape { .. })), "{name}");
            }
            assert!(model.update_rows(&Array2::zeros((5, width + 1))).is_err(), "{name}");
            for huge in [f64::MAX, -f64::MAX, 1e301] {
                let after = model.clone();
                if model.update(&vec![huge; width]).is_err() {
                    assert_eq!(model, after, "{name}: after {huge}");
                } else {
                    model = after;
                }
            }
            assert_eq!(model, before, "{name}");
            assert!(model.update_rows(&Array2::zeros((0, width))).unwrap().is_empty(), "{name}");
        }
    }
    all(&mut Trace);
}

#[test]
fn same_bits_on_threads() {
    let rows = healthy(600, 8, 3);
    same_bits_on_any_threads("random cut forest", || {
        let mut forest = RandomCutForest::params().trees(60).subsample(50).start(8).unwrap();
        forest.update_rows(&rows).unwrap().to_vec()
    });
    same_bits_on_any_threads("a row in a large forest", || {
        let mut forest = RandomCutForest::params().trees(700).subsample(8).shingle(8).start(8).unwrap();
        rows.rows().into_iter().take(40).map(|row| forest.update(&row.to_vec()).unwrap()).collect()
    });
}

#[test]
fn the_broken_sensor_is_named() {
    let rows = healthy(700, 5, 13);
    let mut mewma = MewmaChart::params().fit(&rows).unwrap();
    let mut mcusum = McusumChart::params().fit(&rows).unwrap();
    let mut forest = RandomCutForest::params().start(5).unwrap();
    let mut trees = HalfSpaceTrees::params().trees(100).start(5).unwrap();
    let mut loda = OnlineLoda::params().start(5).unwrap();
    loda.update_rows(&rows).unwrap();
    mewma.update_rows(&rows).unwrap();
    mcusum.update_rows(&rows).unwrap();
    forest.update_rows(&rows).unwrap();
    trees.update_rows(&rows).unwrap();
    for j in 0..5 {
        let mut row = rows.row(11).to_vec();
        row[j] -= 40.0;
        let named = j.to_string();
        for why in [mewma.explain(&row).unwrap(), mcusum.explain(&row).unwrap(), forest.explain(&row).unwrap()] {
            assert_eq!(why.ranked()[0].0, named, "{why}");
        }
        let (above, below) = forest.explain_sides(&row).unwrap();
        assert!(below.ranked()[0].0 == named && below.total() > 10.0 * above.total());
        assert!((above.total() + below.total() - below.score()).abs() < 1e-9 * below.score());
        assert_eq!(trees.explain(&row).unwrap().ranked()[0].0, named);
        assert_eq!(loda.explain(&row).unwrap().ranked()[0].0, named);
    }
}

#[test]
fn units_and_offsets_do_not_matter() {
    let x = stream(1).column(0).to_vec();
    let (scale, offset) = (1024.0, 4096.0);
    let other: Vec<f64> = x.iter().map(|v| v * scale + offset).collect();
    let run = |model: &mut dyn StreamingDetector, x: &[f64]| -> Vec<f64> {
        x.iter().map(|v| model.update(&[*v]).unwrap()).collect()
    };
    let close = |what: &str, a: Vec<f64>, b: Vec<f64>| {
        for (a, b) in a.iter().zip(&b) {
            assert!((a - b).abs() < 1e-7 * (1.0 + a.abs()), "{what}: {a} {b}");
        }
    };
    let base = &x[..300];
    let moved: Vec<f64> = base.iter().map(|v| v * scale + offset).collect();
    let params = EwmaChart::params();
    close("EWMA", run(&mut params.fit(base).unwrap(), &x), run(&mut params.fit(&moved).unwrap(), &other));
    let params = CusumChart::params();
    close("CUSUM", run(&mut params.fit(base).unwrap(), &x), run(&mut params.fit(&moved).unwrap(), &other));
    let params = Sprt::params();
    close("SPRT", run(&mut params.fit(base).unwrap(), &x), run(&mut params.fit(&moved).unwrap(), &other));
    let params = Kswin::params();
    close("KSWIN", run(&mut params.start().unwrap(), &x), run(&mut params.start().unwrap(), &other));
    let (a, b) = (Bocpd::params(), Bocpd::params().prior(offset, 1.0, 1.0, scale * scale));
    close("BOCPD", run(&mut a.start().unwrap(), &x), run(&mut b.start().unwrap(), &other));
    let far: Vec<f64> = x.iter().map(|v| v + 2f64.powi(32)).collect();
    let params = Adwin::params();
    close("ADWIN", run(&mut params.start().unwrap(), &x), run(&mut params.start().unwrap(), &far));
}

#[cfg(feature = "persist")]
mod saved {
    use super::*;
    use prognos::persist::{from_bytes, from_json, to_bytes, to_json};
    use serde_json::{Value, json};

    #[test]
    fn a_saved_stream_goes_on_with_the_same_bits() {
        struct Saved;
        impl Law for Saved {
            fn of<M: Kept>(&mut self, name: &str, fresh: M, _: fn(f64) -> f64) {
                let rows = stream(fresh.width());
                for cut in [0, 3, 60, 200, 360] {
                    let (head, tail) = rows.view().split_at(Axis(0), cut);
                    let mut model = fresh.clone();
                    model.update_rows(head).unwrap();
                    let mut text: M = from_json(&to_json(&model).unwrap()).unwrap();
                    let mut bytes: M = from_bytes(&to_bytes(&model).unwrap()).unwrap();
                    assert!(model == text && model == bytes, "{name} after {cut}");
                    let scores = model.update_rows(tail).unwrap();
                    assert_eq!(scores, text.update_rows(tail).unwrap(), "{name} after {cut}");
                    assert_eq!(scores, bytes.update_rows(tail).unwrap(), "{name} after {cut}");
                    assert!(model == text && model == bytes, "{name} after {cut}, at the end");
                }
            }
        }
        all(&mut Saved);
    }

    /// Every number of a file made strange in turn: the file is refused, or what it holds still works.
    #[test]
    fn hostile_files_are_refused_or_work() {
        fn places(value: &Value, path: &mut Vec<String>, out: &mut Vec<String>) {
            match value {
                Value::Object(map) => map.iter().for_each(|(key, v)| {
                    path.push(key.clone());
                    places(v, path, out);
                    path.pop();
                }),
                Value::Array(list) => {
                    out.push(format!("/{}", path.join("/")));
                    // The first few and the last say enough.
                    for (i, v) in list.iter().enumerate().filter(|(i, _)| *i < 3 || i + 1 == list.len()) {
                        path.push(i.to_string());
                        places(v, path, out);
                        path.pop();
                    }
                }
                _ => out.push(format!("/{}", path.join("/"))),
            }
        }
        struct Hostile(usize);
        impl Law for Hostile {
            fn of<M: Kept>(&mut self, name: &str, mut model: M, _: fn(f64) -> f64) {
                let rows = healthy(120, model.width(), 5);
                model.update_rows(&rows).unwrap();
                let file: Value = serde_json::from_str(&to_json(&model).unwrap()).unwrap();
                let mut surplus = file.clone();
                surplus["model"]["surplus"] = json!(1);
                assert!(from_json::<M>(&surplus.to_string()).is_err(), "{name}");
                let mut all = vec![];
                places(&file["model"], &mut vec!["model".to_owned()], &mut all);
                for place in &all {
                    for strange in [
                        json!(null),
                        json!(-1),
                        json!(0),
                        json!(1),
                        json!(1e300),
                        json!(1e308),
                        json!(-1e308),
                        json!(5e-324),
                        json!(4_294_967_295u32),
                        json!(u64::MAX),
                        json!([]),
                        json!([1.0]),
                        json!(true),
                        json!({}),
                    ] {
                        let mut changed = file.clone();
                        *changed.pointer_mut(place).unwrap() = strange.clone();
                        match from_json::<M>(&changed.to_string()) {
                            Err(error) => {
                                self.0 += 1;
                                assert!(matches!(error, prognos::Error::Model { .. }), "{name} {place}: {error}");
                            }
                            Ok(mut model) => {
                                for row in rows.rows().into_iter().take(60) {
                                    if let Ok(score) = model.update(&row.to_vec()) {
                                        assert!(score.is_finite(), "{name} {place} = {strange}: {score}");
                                    }
                                }
                                let _ = model.explain(&vec![0.5; model.width()]);
                            }
                        }
                    }
                }
            }
        }
        let mut hostile = Hostile(0);
        all(&mut hostile);
        assert!(hostile.0 > 1500, "{}", hostile.0);
    }
}
