//! Metrics of detectors by their definitions.

use prognos::metrics::detection::{
    Cardinality, Confusion, EventRule, NabCorpus, NabProfile, PositionBias, RangeScore, Ranking, affiliation,
    nab_probation, runs, vus,
};
use prognos::signal::SampleRate;
use std::ops::Range;

/// Labels in runs and scores with ties that know something of them.
fn case(n: usize, seed: u64) -> (Vec<bool>, Vec<f64>) {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) + 1;
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1u64 << 24) as f64
    };
    let mut labels = Vec::new();
    while labels.len() < n {
        let normal = (uniform() * 40.0) as usize + 1;
        labels.extend(std::iter::repeat_n(false, normal));
        let event = (uniform() * 12.0) as usize + 1;
        labels.extend(std::iter::repeat_n(true, event));
    }
    labels.truncate(n);
    labels[n / 2] = true;
    labels[n / 3] = false;
    if seed.is_multiple_of(3) {
        labels[0] = true;
        labels[n - 1] = true;
    }
    let scores = labels
        .iter()
        .map(|l| {
            let s = 0.3 * f64::from(u8::from(*l)) + uniform();
            if seed.is_multiple_of(2) { (s * 20.0).floor() / 20.0 } else { s }
        })
        .collect();
    (labels, scores)
}

fn cases() -> impl Iterator<Item = (Vec<bool>, Vec<f64>)> {
    (0..24).map(|seed| case([20, 97, 250, 400][seed as usize % 4], seed))
}

fn distinct(scores: &[f64]) -> Vec<f64> {
    let mut all = scores.to_vec();
    all.sort_unstable_by(|a, b| b.total_cmp(a));
    all.dedup();
    all
}

fn at_least(scores: &[f64], threshold: f64) -> Vec<bool> {
    scores.iter().map(|s| *s >= threshold).collect()
}

#[test]
fn ranking_by_pairs_and_thresholds() {
    for (labels, scores) in cases() {
        let ranking = Ranking::new(&labels, &scores).unwrap();
        let (mut wins, mut pairs) = (0.0, 0.0);
        for (i, _) in labels.iter().enumerate().filter(|(_, l)| **l) {
            for (j, _) in labels.iter().enumerate().filter(|(_, l)| !**l) {
                wins += if scores[i] > scores[j] { 1.0 } else { f64::from(u8::from(scores[i] == scores[j])) * 0.5 };
                pairs += 1.0;
            }
        }
        assert!((ranking.roc_auc() - wins / pairs).abs() < 1e-14);
        let points: Vec<(f64, Confusion)> = distinct(&scores)
            .into_iter()
            .map(|t| (t, Confusion::of(&labels, &at_least(&scores, t)).unwrap()))
            .collect();
        let mut before = 0.0;
        let mut precision = 0.0;
        for (_, c) in &points {
            precision += (c.recall() - before) * c.precision();
            before = c.recall();
        }
        assert!((ranking.average_precision() - precision).abs() < 1e-13);
        let best = points.iter().map(|(_, c)| c.f1()).fold(0.0, f64::max);
        let oracle = ranking.best_f1_oracle();
        assert_eq!(oracle.confusion.f1(), best);
        assert_eq!(points.iter().find(|(_, c)| c.f1() == best).unwrap().0, oracle.threshold);
        let found: Vec<(f64, Confusion)> = ranking.points().map(|p| (p.threshold, p.confusion)).collect();
        assert_eq!(found, points);
        for t in [-1.0, 0.3, 0.75, 2.0] {
            let c = Confusion::of(&labels, &at_least(&scores, t)).unwrap();
            assert_eq!(ranking.at(t).confusion, c);
        }
    }
}

/// The areas of one width from a soft label for every row.
fn areas(labels: &[bool], scores: &[f64], width: usize) -> (f64, f64) {
    let n = labels.len();
    let half = width / 2;
    let mut soft: Vec<f64> = labels.iter().map(|l| f64::from(u8::from(*l))).collect();
    for event in runs(labels) {
        for d in 1..=half {
            let weight = (1.0 - d as f64 / width as f64).sqrt();
            if event.end - 1 + d < n {
                soft[event.end - 1 + d] += weight;
            }
            if event.start >= d {
                soft[event.start - d] += weight;
            }
        }
    }
    let soft: Vec<f64> = soft.into_iter().map(|v| v.min(1.0)).collect();
    // The last row of one extension and the first of the next must have a row between them, or they are one.
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut last = 0;
    for event in runs(labels) {
        let reach = event.start.saturating_sub(half)..(event.end + half).min(n);
        match groups.last_mut() {
            Some(group) if last + half + half >= event.start => group.end = reach.end,
            _ => groups.push(reach),
        }
        last = event.end - 1;
    }
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let step = (n - 1) as f64 / 249.0;
    let positives = labels.iter().filter(|l| **l).count() as f64;
    let (mut roc, mut pr, mut tpr, mut fpr) = (0.0, 0.0, 0.0, 0.0);
    for i in 0..250 {
        let threshold = sorted[if i == 249 { n - 1 } else { (i as f64 * step) as usize }];
        let alarms = at_least(scores, threshold);
        let sum = |f: &dyn Fn(usize) -> f64| (0..n).filter(|&r| alarms[r]).map(f).sum::<f64>();
        let predicted = sum(&|_| 1.0);
        let hits = sum(&|r| soft[r]);
        let size = 0.5 * (positives + positives + sum(&|r| if labels[r] { 0.0 } else { soft[r] }));
        let found = groups.iter().filter(|g| alarms[(*g).clone()].contains(&true)).count() as f64;
        let now = ((hits / size).min(1.0) * found / groups.len() as f64, (predicted - hits) / (n as f64 - size));
        roc += (now.1 - fpr) * 0.5 * (now.0 + tpr);
        pr += (now.0 - tpr) * hits / predicted;
        (tpr, fpr) = now;
    }
    (roc + (1.0 - fpr) * 0.5 * (1.0 + tpr), pr)
}

#[test]
fn volumes_by_soft_labels() {
    for (labels, scores) in cases() {
        let found = vus(&labels, &scores, 33).unwrap();
        for (width, (roc, pr)) in found.by_width.iter().enumerate() {
            let expected = areas(&labels, &scores, width);
            assert!((roc - expected.0).abs() < 1e-12 && (pr - expected.1).abs() < 1e-12, "{width}");
        }
        let mean = found.by_width.iter().map(|a| a.1).sum::<f64>() / 34.0;
        assert!((found.pr - mean).abs() < 1e-13);
    }
}

#[test]
fn ranges_row_by_row() {
    let weight = |bias, i: usize, len: usize| match bias {
        PositionBias::Flat => 1.0,
        PositionBias::Front => (len - i + 1) as f64,
        PositionBias::Back => i as f64,
        PositionBias::Middle if 2 * i <= len => i as f64,
        PositionBias::Middle => (len - i + 1) as f64,
    };
    for (labels, scores) in cases() {
        let alarms = at_least(&scores, 0.7);
        for bias in [PositionBias::Flat, PositionBias::Front, PositionBias::Middle, PositionBias::Back] {
            for cardinality in [Cardinality::One, Cardinality::Reciprocal] {
                let mean = |ranges: &[bool], others: &[bool], alpha: f64| {
                    let ranges = runs(ranges);
                    let sum: f64 = ranges
                        .iter()
                        .map(|r| {
                            let total: f64 = (1..=r.len()).map(|i| weight(bias, i, r.len())).sum();
                            let covered: f64 =
                                r.clone().filter(|&k| others[k]).map(|k| weight(bias, k - r.start + 1, r.len())).sum();
                            let pieces = runs(&others[r.clone()]).len();
                            let divisor = if cardinality == Cardinality::One { 1.0 } else { pieces.max(1) as f64 };
                            let touched = f64::from(u8::from(pieces > 0));
                            alpha * touched + (1.0 - alpha) * covered / total / divisor
                        })
                        .sum();
                    sum / ranges.len() as f64
                };
                let score = RangeScore::new().alpha(0.3).bias(bias).cardinality(cardinality);
                let (recall, precision) = (mean(&labels, &alarms, 0.3), mean(&alarms, &labels, 0.0));
                assert!((score.recall(&labels, &alarms).unwrap() - recall).abs() < 1e-12);
                assert!((score.precision(&labels, &alarms).unwrap() - precision).abs() < 1e-12);
                let f1 = 2.0 * precision * recall / (precision + recall);
                assert!((score.f1(&labels, &alarms).unwrap() - f1).abs() < 1e-12);
            }
        }
    }
}

/// Distance from a moment to the nearest of some stretches of time.
fn distance(t: f64, stretches: &[(f64, f64)]) -> f64 {
    stretches.iter().map(|(a, b)| (a - t).max(t - b).max(0.0)).fold(f64::INFINITY, f64::min)
}

/// Midpoints of cells of a stretch. All kinks of what is integrated lie on multiples of 1/4 or 1/8, so that sums over
/// midpoints are exact.
fn moments(start: f64, end: f64, step: f64) -> Vec<f64> {
    (0..((end - start) / step).round() as usize).map(|i| start + (i as f64 + 0.5) * step).collect()
}

#[test]
fn affiliation_by_summing_over_moments() {
    for (labels, scores) in cases().filter(|(l, _)| l.len() <= 100) {
        let alarms = at_least(&scores, 0.95);
        let events = runs(&labels);
        let found = affiliation(&labels, &alarms).unwrap();
        for (k, e) in events.iter().enumerate() {
            let start = if k == 0 { 0.0 } else { (events[k - 1].end + e.start) as f64 / 2.0 };
            let end = events.get(k + 1).map_or(labels.len() as f64, |next| (e.end + next.start) as f64 / 2.0);
            let event = [(e.start as f64, e.end as f64)];
            let local: Vec<(f64, f64)> = runs(&alarms)
                .iter()
                .map(|a| ((a.start as f64).max(start), (a.end as f64).min(end)))
                .filter(|(a, b)| a < b)
                .collect();
            let zone = moments(start, end, 0.125);
            let as_far = |of: &dyn Fn(f64) -> f64, far: f64| {
                zone.iter().filter(|x| of(**x) >= far).count() as f64 / zone.len() as f64
            };
            let in_alarms: Vec<f64> = local.iter().flat_map(|(a, b)| moments(*a, *b, 0.25)).collect();
            let precision: f64 =
                in_alarms.iter().map(|t| as_far(&|x| distance(x, &event), distance(*t, &event))).sum::<f64>()
                    / in_alarms.len() as f64;
            let in_event = moments(event[0].0, event[0].1, 0.25);
            let recall: f64 = if local.is_empty() {
                0.0
            } else {
                in_event.iter().map(|t| as_far(&|x| (x - t).abs(), distance(*t, &local))).sum::<f64>()
                    / in_event.len() as f64
            };
            assert_eq!(found.events[k].precision.is_nan(), precision.is_nan());
            assert!(precision.is_nan() || (found.events[k].precision - precision).abs() < 1e-12, "{k}");
            assert!((found.events[k].recall - recall).abs() < 1e-12, "{} {recall}", found.events[k].recall);
        }
    }
}

#[test]
fn events_row_by_row() {
    for (labels, scores) in cases() {
        let n = labels.len();
        let alarms = at_least(&scores, 1.0);
        for (gap, before, after) in [(0, 0, 0), (3, 0, 0), (0, 5, 2), (4, 7, 9)] {
            let rule = EventRule::new().merge_gap(gap).tolerance_before(before).tolerance_after(after);
            let found = rule.score(&labels, &alarms, SampleRate::every_seconds(3600.0).unwrap()).unwrap();
            let events = runs(&labels);
            let reach = |e: &Range<usize>| e.start.saturating_sub(before)..(e.end + after).min(n);
            for (outcome, e) in found.events.iter().zip(&events) {
                assert_eq!(outcome.first_alarm, reach(e).find(|&r| alarms[r]));
            }
            let mut filled = alarms.clone();
            for quiet in runs(&alarms.iter().map(|a| !a).collect::<Vec<_>>()) {
                if quiet.start > 0 && quiet.end < n && quiet.len() <= gap {
                    filled[quiet].fill(true);
                }
            }
            let merged = runs(&filled);
            let touching = merged.iter().filter(|a| (*a).clone().any(|r| events.iter().any(|e| reach(e).contains(&r))));
            assert_eq!((found.alarms, found.false_alarms), (merged.len(), merged.len() - touching.count()));
        }
    }
}

#[test]
fn nab_threshold_by_threshold() {
    let profile = NabProfile { true_positive: 1.0, false_positive: 0.17, false_negative: 1.5 };
    let files: Vec<(Vec<bool>, Vec<f64>)> = (0..6).map(|seed| case(300 + 50 * seed as usize, seed)).collect();
    let mut corpus = NabCorpus::new();
    for (labels, scores) in &files {
        corpus.push(scores, &runs(labels)).unwrap();
    }
    let sigmoid = |x: f64| if x > 3.0 { -1.0 } else { 2.0 / (1.0 + (5.0 * x).exp()) - 1.0 };
    let total = |threshold: f64| {
        let (mut sum, mut windows, mut counted) = (0.0, 0, 0);
        for (labels, scores) in &files {
            let first = nab_probation(scores.len());
            let all = runs(labels);
            windows += all.len();
            let detected = |r: usize| r >= first && scores[r] >= threshold;
            for w in all.iter().filter(|w| w.end > first) {
                counted += 1;
                sum += match w.clone().find(|&r| detected(r)) {
                    None => -profile.false_negative,
                    Some(r) => sigmoid(-((w.end - r) as f64) / w.len() as f64) / sigmoid(-1.0),
                };
            }
            for r in (0..scores.len()).filter(|&r| detected(r) && !labels[r]) {
                sum += profile.false_positive
                    * all
                        .iter()
                        .rev()
                        .find(|w| w.end <= r)
                        .map_or(-1.0, |w| sigmoid((r + 1 - w.end) as f64 / (w.len() - 1) as f64));
            }
        }
        let null = -profile.false_negative * f64::from(counted);
        (sum, 100.0 * (sum - null) / (windows as f64 - null))
    };
    let mut all: Vec<f64> = files.iter().flat_map(|(_, s)| s.clone()).collect();
    all.push(99.0);
    let best = distinct(&all).into_iter().map(&total).fold((f64::MIN, 0.0), |a, b| if b.0 > a.0 { b } else { a });
    let found = corpus.score(profile).unwrap();
    assert!((found.raw - best.0).abs() < 1e-9 && (found.score - best.1).abs() < 1e-9, "{found:?} {best:?}");
    for threshold in [0.2, 0.9, 1.1, 1.25, 5.0] {
        let (raw, score) = total(threshold);
        let found = corpus.score_at(profile, threshold).unwrap();
        assert!((found.raw - raw).abs() < 1e-9 && (found.score - score).abs() < 1e-9, "{found:?} {raw} {score}");
    }
}
