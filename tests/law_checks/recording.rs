//! Laws of recordings.

use prognos::signal::{FillPolicy, Recording, ResampleMethod, ResamplePolicy, SampleRate, StepLimit};
use proptest::prelude::*;

const METHODS: [ResampleMethod; 4] =
    [ResampleMethod::Hold, ResampleMethod::Linear, ResampleMethod::Nearest, ResampleMethod::Mean];

/// Samples of which about one in five is missing.
fn samples(n: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(prop_oneof![4 => -1e6..1e6f64, 1 => Just(f64::NAN)], n)
}

/// Stamps in nanoseconds with steps from 1 ns to 100 s, and as many samples.
fn stamped() -> impl Strategy<Value = Recording> {
    let steps =
        proptest::collection::vec(prop_oneof![1i64..1000, 500_000_000i64..1_500_000_000, 1..100_000_000_000i64], 2..80);
    steps.prop_flat_map(|steps| {
        let n = steps.len();
        samples(n..=n).prop_map(move |x| {
            let stamps = steps.iter().scan(1_767_225_600_000_000_000, |t, s| {
                *t += s;
                Some(*t)
            });
            Recording::stamped_nanos(stamps.collect()).unwrap().with_channel("x", "V", x).unwrap()
        })
    })
}

fn bits(x: &[f64]) -> Vec<u64> {
    x.iter().map(|v| v.to_bits()).collect()
}

proptest! {
    #[test]
    fn a_uniform_recording_at_its_own_rate_is_itself(
        x in samples(0..200),
        rate in prop_oneof![Just(1.0), Just(1.0 / 3.0), 1e-4..1e4f64],
        start in -2e9..4e9f64,
    ) {
        let rate = SampleRate::hz(rate).unwrap();
        let recording = Recording::uniform(rate).starting_at(start).unwrap().with_channel("x", "V", x.clone()).unwrap();
        for method in METHODS {
            // A limit below one step bridges nothing, so that missing samples stay missing.
            let policy = ResamplePolicy::new(rate, method).max_gap_seconds(0.5 * rate.period());
            let (same, report) = recording.resample_uniform(&policy).unwrap();
            prop_assert_eq!(bits(same.samples("x").unwrap()), bits(&x));
            prop_assert_eq!(same.stamps(), recording.stamps());
            prop_assert_eq!(report.channels[0].computed, 0);
        }
    }

    #[test]
    fn a_resampling_accounts_for_every_row(recording in stamped(), period in 0.05..50.0f64, gap in 0.0..200.0f64) {
        let rate = SampleRate::every_seconds(period).unwrap();
        let x = recording.samples("x").unwrap();
        let (low, high) = x.iter().filter(|v| !v.is_nan()).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        for method in METHODS {
            let policy = ResamplePolicy::new(rate, method).max_gap_seconds(gap);
            let (uniform, report) = recording.resample_uniform(&policy).unwrap();
            let fill = &report.channels[0];
            let out = uniform.samples("x").unwrap();
            prop_assert_eq!(report.rows_after, out.len());
            prop_assert_eq!(fill.measured + fill.computed + fill.missing, out.len());
            prop_assert_eq!(fill.missing, uniform.missing("x").unwrap().count);
            prop_assert_eq!(uniform.nanos_of(0), recording.nanos_of(0));
            prop_assert!(uniform.nanos_of(out.len() - 1) <= recording.nanos_of(recording.len() - 1));
            prop_assert!(recording.duration() - uniform.duration() < period + 1e-8);
            // No method reaches beyond what was measured (a rounding of the last bit allowed).
            let slack = 1e-9 * (high - low).abs();
            prop_assert!(out.iter().all(|v| v.is_nan() || (*v >= low - slack && *v <= high + slack)));
        }
    }

    #[test]
    fn steps_and_gaps_add_up_to_the_duration(recording in stamped(), limit in 0.0..100.0f64) {
        let all = recording.gaps(StepLimit::Seconds(0.0)).unwrap();
        prop_assert_eq!(all.len(), recording.len() - 1);
        prop_assert!((all.iter().map(|g| g.seconds).sum::<f64>() - recording.duration()).abs() < 1e-6);
        let long = recording.gaps(StepLimit::Seconds(limit)).unwrap();
        prop_assert!(long.iter().all(|g| g.seconds > limit && g.after == g.before + 1));
        prop_assert_eq!(long.len(), all.iter().filter(|g| g.seconds > limit).count());
        let sampling = recording.sampling(f64::INFINITY).unwrap();
        prop_assert!(sampling.is_regular());
        prop_assert!(sampling.shortest_step <= sampling.median_step && sampling.median_step <= sampling.longest_step);
    }

    #[test]
    fn slices_joined_are_the_whole(recording in stamped(), cut in 0usize..90) {
        let joined = recording.slice(0, cut).append(&recording.slice(cut, usize::MAX)).unwrap();
        prop_assert_eq!(joined.stamps(), recording.stamps());
        prop_assert_eq!(bits(joined.samples("x").unwrap()), bits(recording.samples("x").unwrap()));
        let t = recording.time_of(cut.min(recording.len() - 1)).unwrap();
        let (a, b) = (recording.between(f64::NEG_INFINITY, t).unwrap(), recording.between(t, f64::INFINITY).unwrap());
        prop_assert_eq!(a.len() + b.len(), recording.len());
    }

    #[test]
    fn fills_touch_missing_cells_only(recording in stamped(), limit in 0.0..300.0f64, value in -5.0..5.0f64) {
        let x = recording.samples("x").unwrap();
        let policies = [
            FillPolicy::Leave,
            FillPolicy::Hold { max_seconds: limit },
            FillPolicy::Linear { max_seconds: limit },
            FillPolicy::Value(value),
        ];
        for policy in policies {
            let (filled, report) = recording.fill_gaps(policy).unwrap();
            let y = filled.samples("x").unwrap();
            prop_assert!(x.iter().zip(y).all(|(a, b)| a.is_nan() || a.to_bits() == b.to_bits()));
            let changed = x.iter().zip(y).filter(|(a, b)| a.is_nan() && !b.is_nan()).count();
            prop_assert_eq!(report[0].computed, changed);
            prop_assert_eq!(report[0].missing, filled.missing("x").unwrap().count);
            prop_assert_eq!(report[0].measured + report[0].computed + report[0].missing, x.len());
        }
    }
}

/// A slow and obvious resampling: for every grid time look at all rows.
fn twin(times: &[f64], x: &[f64], grid: &[f64], period: f64, method: ResampleMethod, gap: f64) -> Vec<f64> {
    let known: Vec<(f64, f64)> = times.iter().copied().zip(x.iter().copied()).filter(|p| !p.1.is_nan()).collect();
    let value = |&g: &f64| {
        let before = known.iter().rfind(|p| p.0 <= g);
        let after = known.iter().find(|p| p.0 >= g);
        match method {
            ResampleMethod::Hold => before.filter(|p| g - p.0 <= gap).map(|p| p.1),
            ResampleMethod::Nearest => {
                let near = known.iter().min_by(|a, b| (a.0 - g).abs().total_cmp(&(b.0 - g).abs()));
                near.filter(|p| (p.0 - g).abs() <= gap).map(|p| p.1)
            }
            ResampleMethod::Linear => before.zip(after).and_then(|(a, b)| {
                if a.0 == b.0 {
                    Some(a.1)
                } else {
                    (b.0 - a.0 <= gap).then(|| a.1 + (b.1 - a.1) * (g - a.0) / (b.0 - a.0))
                }
            }),
            _ => {
                let bin: Vec<f64> = known.iter().filter(|p| p.0 >= g && p.0 < g + period).map(|p| p.1).collect();
                (!bin.is_empty()).then(|| bin.iter().sum::<f64>() / bin.len() as f64)
            }
        }
    };
    grid.iter().map(|g| value(g).unwrap_or(f64::NAN)).collect()
}

proptest! {
    // Times are whole numbers of 1/8 s, so that the twin's doubles are exact.
    #[test]
    fn resampling_equals_its_twin(steps in proptest::collection::vec(1u32..40, 1..60), x in samples(60..61), k in 1u32..30, gap in 0u32..80) {
        let times: Vec<f64> = steps.iter().scan(0u32, |t, s| { *t += s; Some(f64::from(*t) / 8.0) }).collect();
        let x = &x[..times.len()];
        let (period, gap) = (f64::from(k) / 8.0, f64::from(gap) / 8.0);
        let recording = Recording::stamped(&times).unwrap().with_channel("x", "", x.to_vec()).unwrap();
        for method in METHODS {
            let policy = ResamplePolicy::new(SampleRate::every_seconds(period).unwrap(), method).max_gap_seconds(gap);
            let (uniform, _) = recording.resample_uniform(&policy).unwrap();
            let n = ((times[times.len() - 1] - times[0]) / period).floor() as usize + 1;
            let grid: Vec<f64> = (0..n).map(|i| times[0] + i as f64 * period).collect();
            let expected = twin(&times, x, &grid, period, method, gap);
            let found = uniform.samples("x").unwrap();
            prop_assert_eq!(found.len(), n);
            for (a, b) in found.iter().zip(&expected) {
                prop_assert!(a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-12 * 1e6, "{:?}: {} {}", method, a, b);
            }
        }
    }
}
