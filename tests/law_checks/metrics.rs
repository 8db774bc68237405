//! Laws of metrics: ranges, ends of the scale, directions, what does not change the number.

use super::{noise, same_bits_on_any_threads};
use prognos::metrics::detection::{
    Confusion, EventRule, NabCorpus, NabProfile, RangeScore, Ranking, affiliation, average_precision,
    flawed_point_adjusted_f1, roc_auc, vus,
};
use prognos::metrics::{Bootstrap, Interval};
use prognos::signal::SampleRate;

fn labels(n: usize) -> Vec<bool> {
    (0..n).map(|i| (100..130).contains(&(i % 300)) || i % 300 == 200).collect()
}

#[test]
fn bootstrap_has_the_same_bits_on_any_threads() {
    let values = noise(40, 3);
    same_bits_on_any_threads("bootstrap", || {
        let Interval { estimate, low, high } = Bootstrap::new().seed(7).mean(&values).unwrap();
        vec![estimate, low, high]
    });
}

#[test]
fn a_narrower_interval_lies_inside_a_wider_one() {
    let values = noise(25, 5);
    let at = |level| Bootstrap::new().level(level).mean(&values).unwrap();
    let mut inner = at(0.01);
    assert!(inner.low <= inner.high);
    for level in [0.5, 0.8, 0.95, 0.999] {
        let outer = at(level);
        assert!(outer.low <= inner.low && inner.high <= outer.high);
        inner = outer;
    }
    assert!(inner.low <= inner.estimate && inner.estimate <= inner.high);
}

/// What depends on the order of the scores alone is the same for any increasing function of them.
#[test]
fn ranks_alone_count() {
    let labels = labels(900);
    let scores = noise(900, 1);
    let stretched: Vec<f64> = scores.iter().map(|s| (s * 3.0).exp() * 1e-200).collect();
    assert_eq!(roc_auc(&labels, &scores).unwrap(), roc_auc(&labels, &stretched).unwrap());
    assert_eq!(average_precision(&labels, &scores).unwrap(), average_precision(&labels, &stretched).unwrap());
    assert_eq!(vus(&labels, &scores, 20).unwrap(), vus(&labels, &stretched, 20).unwrap());
    let windows = [150..200, 600..640];
    let nab = |s: &[f64]| {
        let mut corpus = NabCorpus::new();
        corpus.push(s, &windows).unwrap();
        corpus.score(NabProfile::STANDARD).unwrap().score
    };
    assert_eq!(nab(&scores), nab(&stretched));
}

/// A higher score on an anomalous row never makes a ranking worse; the labels turned round turn the area round.
#[test]
fn better_scores_are_never_worse() {
    let labels = labels(600);
    let mut scores = noise(600, 9);
    let opposite: Vec<bool> = labels.iter().map(|l| !l).collect();
    let sum = roc_auc(&labels, &scores).unwrap() + roc_auc(&opposite, &scores).unwrap();
    assert!((sum - 1.0).abs() < 1e-14);
    let mut before = (0.0, 0.0, 0.0);
    for row in (0..600).filter(|&i| labels[i]) {
        scores[row] += 2.0;
        let ranking = Ranking::new(&labels, &scores).unwrap();
        let now = (ranking.roc_auc(), ranking.average_precision(), ranking.best_f1_oracle().confusion.f1());
        assert!(now.0 >= before.0 && now.1 >= before.1 && now.2 >= before.2);
        before = now;
    }
}

#[test]
fn perfect_and_hopeless() {
    let labels = labels(600);
    let as_scores = |flags: &[bool]| flags.iter().map(|l| f64::from(u8::from(*l))).collect::<Vec<f64>>();
    let scores = as_scores(&labels);
    assert_eq!((roc_auc(&labels, &scores).unwrap(), average_precision(&labels, &scores).unwrap()), (1.0, 1.0));
    let hard = vus(&labels, &scores, 0).unwrap();
    assert_eq!((hard.roc, hard.pr), (1.0, 1.0));
    let found = affiliation(&labels, &labels).unwrap();
    assert_eq!((found.precision, found.recall), (1.0, 1.0));
    let ranges = RangeScore::new();
    assert_eq!(ranges.f1(&labels, &labels).unwrap(), 1.0);
    let silent = vec![false; 600];
    assert_eq!(ranges.f1(&labels, &silent).unwrap(), 0.0);
    assert!(ranges.precision(&labels, &silent).unwrap().is_nan());
    assert!(affiliation(&labels, &silent).unwrap().precision.is_nan());
    assert_eq!(affiliation(&labels, &silent).unwrap().f1(), 0.0);
    assert_eq!(Confusion::of(&labels, &labels).unwrap().matthews(), 1.0);
    let rate = SampleRate::hz(1.0).unwrap();
    let events = EventRule::new().score(&labels, &silent, rate).unwrap();
    assert_eq!((events.event_recall(), events.false_alarms_per_day()), (0.0, 0.0));
    assert!(events.mean_delay_seconds().is_nan() && events.max_delay_seconds().is_nan());
    // Never alarming is 0, the first row of every window 100, with every profile.
    let windows = [200..260, 400..410];
    for profile in [NabProfile::STANDARD, NabProfile::REWARD_LOW_FP, NabProfile::REWARD_LOW_FN] {
        let score = |alarms: &[usize], threshold: f64| {
            let scores: Vec<f64> = (0..600).map(|i| f64::from(u8::from(alarms.contains(&i)))).collect();
            let mut corpus = NabCorpus::new();
            corpus.push(&scores, &windows).unwrap();
            corpus.score_at(profile, threshold).unwrap().score
        };
        assert_eq!(score(&[], 0.5), 0.0);
        assert!((score(&[200, 400], 0.5) - 100.0).abs() < 1e-12);
        assert!(score(&[205, 400], 0.5) < score(&[200, 400], 0.5));
        assert!(score(&[100], 0.5) < 0.0);
    }
}

#[test]
fn point_adjustment_flatters() {
    let labels = labels(900);
    let alarms: Vec<bool> = noise(900, 2).iter().map(|v| *v > 1.5).collect();
    let honest = Confusion::of(&labels, &alarms).unwrap();
    assert!(flawed_point_adjusted_f1(&labels, &alarms).unwrap() > 2.0 * honest.f1());
}

/// The rows of two files counted together are the rows counted apart.
#[test]
fn confusions_add() {
    let labels = labels(600);
    let alarms: Vec<bool> = noise(600, 4).iter().map(|v| *v > 0.5).collect();
    let part = |r: std::ops::Range<usize>| Confusion::of(&labels[r.clone()], &alarms[r]).unwrap();
    assert_eq!(part(0..170).merge(part(170..600)), Confusion::of(&labels, &alarms).unwrap());
}
