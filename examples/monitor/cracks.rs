//! Specimens with growing cracks: how long will each one last, from what was seen so far?

use crate::Failure;
use prognos::datasets::Specimen;
use prognos::decision::{CostModel, Decision};
use prognos::rul::degradation::{FailureThreshold, LinearDegradation, Transform};
use prognos::rul::{History, Level, RulModel};

/// Specimens on record.
pub(crate) const SPECIMENS: u64 = 21;

/// Failure: a crack of 1.6 inch, in units of the initial notch of 0.9 inch.
pub(crate) const FAILURE: f64 = 1.6 / 0.9;

/// The moment of the prediction, in thousand cycles: the middle of the record.
pub(crate) const NOW: f64 = 60.0;

/// How a specimen ended.
#[derive(Clone, Copy)]
pub(crate) enum End {
    /// Reached the failure length, by linear interpolation between two measurements, so many thousand cycles from now.
    Failed(f64),
    /// Was stopped before that, so many thousand cycles from now.
    Stopped(f64),
}

/// One specimen, predicted with a prior from the other twenty.
pub(crate) struct Predicted {
    pub(crate) id: u32,
    /// Thousand cycles and relative length, the whole record.
    pub(crate) path: Vec<(f64, f64)>,
    /// How many of these were seen.
    pub(crate) seen: usize,
    pub(crate) median: f64,
    pub(crate) interval: (f64, f64),
    /// For growing lengths: the thousand cycles (from the start) at which they are reached, 5 %, 50 %, 95 %.
    pub(crate) band: Vec<(f64, [f64; 3])>,
    pub(crate) end: End,
    pub(crate) decision: Decision,
}

impl Predicted {
    /// Whether the record does not contradict the interval. A specimen that was stopped contradicts it only when it
    /// had outlived its upper end.
    pub(crate) fn covered(&self) -> bool {
        match self.end {
            End::Failed(life) => self.interval.0 <= life && life <= self.interval.1,
            End::Stopped(life) => life <= self.interval.1,
        }
    }
}

/// All specimens.
pub(crate) struct Study {
    pub(crate) predicted: Vec<Predicted>,
    /// Smallest and largest power of the length that the fleets chose.
    pub(crate) powers: (f64, f64),
}

impl Study {
    pub(crate) fn covered(&self) -> usize {
        self.predicted.iter().filter(|p| p.covered()).count()
    }

    pub(crate) fn failed(&self) -> impl Iterator<Item = (&Predicted, f64)> {
        self.predicted.iter().filter_map(|p| match p.end {
            End::Failed(life) => Some((p, life)),
            End::Stopped(_) => None,
        })
    }

    /// Median absolute error of the medians, over the specimens that failed.
    pub(crate) fn median_error(&self) -> f64 {
        let mut errors: Vec<f64> = self.failed().map(|(p, life)| (p.median - life).abs()).collect();
        errors.sort_unstable_by(f64::total_cmp);
        errors.get(errors.len() / 2).copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn mean_width(&self) -> f64 {
        self.predicted.iter().map(|p| p.interval.1 - p.interval.0).sum::<f64>() / self.predicted.len() as f64
    }
}

/// Predicts every specimen from what was seen of it until now and from the records of the others.
pub(crate) fn study(specimens: &[Specimen], tick: impl Fn()) -> Result<Study, Failure> {
    let times: Vec<Vec<f64>> =
        specimens.iter().map(|s| s.cycles_millions.iter().map(|t| 1000.0 * t).collect()).collect();
    let level = Level::new(0.9)?;
    // A planned replacement costs one, a failure in service ten; parts take 25 thousand cycles, and one looks again
    // after another 15 thousand.
    let costs = CostModel::new(1.0, 10.0).lead_time(25.0).review(15.0);
    let mut predicted = Vec::new();
    let mut scales = Vec::new();
    for (i, specimen) in specimens.iter().enumerate() {
        let lengths = &specimen.crack_length_relative;
        let others = (0..specimens.len())
            .filter(|&j| j != i)
            .map(|j| History::new(&times[j], &specimens[j].crack_length_relative))
            .collect::<Result<Vec<_>, _>>()?;
        let model = LinearDegradation::params(FailureThreshold::above(FAILURE)?).choose_transform().fit(&others)?;
        if let Transform::Power(power) = model.transform() {
            scales.push(power);
        }
        let seen = times[i].iter().filter(|t| **t <= NOW).count();
        let history = History::new(&times[i], lengths)?.first(seen);
        let rul = model.estimate(&history)?.for_unit(format!("specimen {}", specimen.id));

        // The same model with other thresholds: when is each length reached?
        let last = history.last();
        let mut band = vec![(last, [NOW; 3])];
        for step in 1..=24 {
            let length = last + (2.0 - last) * f64::from(step) / 24.0;
            let at = LinearDegradation::params(FailureThreshold::above(length)?)
                .prior(model.prior())
                .noise(model.noise())
                .discrepancy(model.discrepancy())
                .transform(model.transform())
                .build()?
                .estimate(&history)?;
            let (early, late) = at.interval(level);
            band.push((length, [NOW + early, NOW + at.median(), NOW + late]));
        }
        predicted.push(Predicted {
            id: specimen.id,
            path: times[i].iter().copied().zip(lengths.iter().copied()).collect(),
            seen,
            median: rul.median(),
            interval: rul.interval(level),
            band,
            end: end(&times[i], lengths),
            decision: costs.decide(&rul)?,
        });
        tick();
    }
    let (low, high) = scales.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(*p), h.max(*p)));
    Ok(Study { predicted, powers: (low, high) })
}

fn end(times: &[f64], lengths: &[f64]) -> End {
    match lengths.iter().position(|a| *a >= FAILURE) {
        Some(0) | None => End::Stopped(times.last().copied().unwrap_or(NOW) - NOW),
        Some(k) => {
            let share = (FAILURE - lengths[k - 1]) / (lengths[k] - lengths[k - 1]);
            End::Failed(times[k - 1] + share * (times[k] - times[k - 1]) - NOW)
        }
    }
}
