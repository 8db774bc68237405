//! The rhythm detector from its whole history, and the declustering of scores.

use prognos::anomaly::stream::{Decluster, RhythmDetector};

/// A rhythm with a drift of its phase, noise, a spell of another level, some spikes.
fn series(n: usize, slots: usize) -> Vec<f64> {
    let mut state = 5u64;
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1u64 << 24) as f64
    };
    (0..n)
        .map(|i| {
            let wave = (i as f64 * std::f64::consts::TAU / slots as f64).sin();
            let fault = if (n / 2..n / 2 + 9).contains(&i) { 2.0 } else { 0.0 };
            let spike = if i % 211 == 100 { 5.0 } else { 0.0 };
            // Ties, as loggers write them; in steps that make sums and medians exact, so that ties stay ties.
            ((wave + 0.3 * uniform() + fault + spike) * 64.0).round() / 64.0
        })
        .collect()
}

/// `-log10 p` of a distance among the last ones.
fn decades(seen: &[f64], memory: usize, tail: f64, value: f64) -> f64 {
    let last = &seen[seen.len().saturating_sub(memory)..];
    let n = last.len();
    if n < 20 {
        return 0.0;
    }
    let as_far = last.iter().filter(|d| **d >= value).count();
    if as_far > 0 {
        return -((1.0 + as_far as f64) / (n as f64 + 1.0)).log10();
    }
    let mut sorted = last.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let k = ((tail * n as f64).ceil() as usize).max(5);
    let scale = (sorted[..k].iter().map(|d| d - sorted[k]).sum::<f64>() / k as f64).max(0.02 * sorted[k]);
    (-(1.0 / (n as f64 + 1.0)).log10() + (value - sorted[0]) / scale / std::f64::consts::LN_10).min(40.0)
}

#[test]
fn rhythm_from_the_whole_history() {
    for (slots, depth, reach, smooth, lags, memory) in
        [(24, 5, 2, 6, 3, 100), (7, 3, 9, 4, 4, 64), (1, 8, 0, 1, 1, 300)]
    {
        let x = series(900, slots);
        let tail = 0.05;
        let params = RhythmDetector::params().slots(slots).depth(depth).reach(reach).smooth(smooth).lags(lags);
        let mut detector = params.memory(memory).tail(tail).warmup(70).start().unwrap();
        let half = reach.min((slots - 1) / 2);
        let mut distances: [Vec<Option<f64>>; 5] = Default::default();
        for i in 0..x.len() {
            // Old enough, in a slot at most so far away, the last of each slot.
            let old = i.saturating_sub(half + 1);
            let around = |far: usize| {
                let mut seen = Vec::new();
                for slot in 0..slots {
                    let apart = (slot + slots - i % slots) % slots;
                    if apart.min(slots - apart) <= far {
                        let all: Vec<f64> = (0..old).filter(|j| j % slots == slot).map(|j| x[j]).collect();
                        seen.extend_from_slice(&all[all.len().saturating_sub(depth)..]);
                    }
                }
                seen.sort_unstable_by(f64::total_cmp);
                seen
            };
            let near = around(half.min(1));
            let median =
                (near.len() >= 6).then(|| (x[i] - 0.5 * (near[(near.len() - 1) / 2] + near[near.len() / 2])).abs());
            let wide = around(half);
            let nearest =
                (wide.len() > 2 * reach).then(|| wide.iter().map(|v| (x[i] - v).abs()).fold(f64::INFINITY, f64::min));
            distances[0].push(median);
            distances[1].push(median);
            distances[2].push(nearest);
            distances[3].push((i > 0).then(|| (x[i] - x[i.max(1) - 1]).abs()));
            let shape = (i >= 2 * lags).then(|| {
                let ends = i.saturating_sub(memory).max(lags - 1)..=i - lags / 2 - 1;
                ends.map(|j| (0..lags).map(|k| (x[i - k] - x[j - k]).abs()).sum::<f64>()).fold(f64::INFINITY, f64::min)
            });
            distances[4].push(shape);
            let score = detector.push(x[i]).unwrap();
            let mut sum = 0.0;
            for (part, all) in distances.iter().enumerate() {
                let lasting = |upto: usize| -> Option<f64> {
                    all[upto]?;
                    if part != 1 && part != 2 {
                        return all[upto];
                    }
                    let last = &all[(upto + 1).saturating_sub(smooth)..=upto];
                    Some(last.iter().map(|d| d.unwrap_or(0.0)).sum::<f64>() / last.len() as f64)
                };
                let seen: Vec<f64> = (0..i).filter_map(lasting).collect();
                let expected = match lasting(i) {
                    Some(now) if i >= 70 => decades(&seen, memory, tail, now),
                    _ => 0.0,
                };
                let (name, found) = detector.parts()[part];
                assert!((found - expected).abs() < 1e-12, "{slots} slots, row {i}, {name}: {found} {expected}");
                sum += found;
            }
            assert!((score - sum / 5.0).abs() < 1e-12);
        }
    }
}

#[test]
fn declustering_by_looking_back() {
    let scores: Vec<f64> = series(500, 9).iter().map(|v| v.max(0.0)).collect();
    for gap in [0, 1, 5, 40] {
        let mut news = Decluster::within(gap as u64);
        let found: Vec<f64> = scores.iter().map(|s| news.update(*s)).collect();
        let mut passed: Vec<f64> = Vec::new();
        for (i, &score) in scores.iter().enumerate() {
            // The last that passed, if it is near enough, stands for all of its burst.
            let before = (0..i).rev().find(|&j| passed[j] > 0.0).filter(|j| i - j <= gap).map_or(0.0, |j| passed[j]);
            passed.push(if score > before { score } else { 0.0 });
        }
        assert_eq!(found, passed, "{gap}");
    }
}
