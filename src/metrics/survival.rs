//! How good are risks and survival curves of units of which some are still running?
//!
//! Ages with a mark whether the unit failed at it (`true`) or was last seen alive (censored). A *risk* is higher for units
//! that should fail earlier; a *survival probability* is that of living beyond an age.
//!
//! Metrics with *inverse probability of censoring weights* (IPCW) count a failure at age t as 1 / G(t) failures, G the
//! Kaplan-Meier estimate of not being censored by t, to make up for those that were censored before they could fail.
//!
//! **Sources.** Harrell et al. 1982 (concordance); Uno et al. 2011 (IPCW concordance); Graf et al. 1999 (Brier score); Uno et
//! al. 2007, Hung & Chiang 2010 (time-dependent AUC).
//!
//! **Cost.** O(n log n) for both concordances and a time of the AUC; O(n) for a time of the Brier score.
//!
//! **Errors.** [`Error::Shape`] when lengths differ, [`Error::TooFew`] for no units or no comparable pair,
//! [`Error::NonFinite`] for a value that is not finite, [`Error::Numeric`] where a weight would be infinite: all units at
//! risk at an age that is asked for are censored.

use crate::error::{Error, Result, check_finite};

/// Pairs of units of which it is known who failed first, and what the risks say of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Concordance {
    /// Share of the comparable pairs in the right order, ties of the risk half: 0.5 is guessing, 1 is best.
    pub index: f64,
    /// Pairs in the right order.
    pub concordant: u64,
    /// Pairs in the wrong order.
    pub discordant: u64,
    /// Pairs with equal risks.
    pub tied_risk: u64,
    /// Comparable pairs of one age: one failed at it, the other was then seen alive.
    pub tied_time: u64,
}

fn check(ages: &[f64], failed: &[bool], risks: &[f64]) -> Result<()> {
    if failed.len() != ages.len() || risks.len() != ages.len() {
        return Err(Error::shape("failure marks and risks of the ages", ages.len(), failed.len().min(risks.len())));
    }
    if ages.is_empty() {
        return Err(Error::too_few("ages", 1, 0));
    }
    check_finite("ages", "age", ages)?;
    check_finite("risks", "risk", risks)
}

/// Counts by rank, with sums of all lower ranks in O(log n) (Fenwick 1994).
struct Counts(Vec<f64>);

impl Counts {
    fn add(&mut self, rank: usize) {
        let mut i = rank + 1;
        while i < self.0.len() {
            self.0[i] += 1.0;
            i += i & i.wrapping_neg();
        }
    }

    /// Number with a rank below.
    fn below(&self, rank: usize) -> f64 {
        let (mut i, mut sum) = (rank, 0.0);
        while i > 0 {
            sum += self.0[i];
            i &= i - 1;
        }
        sum
    }
}

/// Rank of every risk, equal risks sharing one; number of ranks.
fn ranks(risks: &[f64]) -> (Vec<usize>, usize) {
    let mut sorted: Vec<f64> = risks.iter().map(|r| r + 0.0).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.dedup_by(|a, b| a.total_cmp(b).is_eq());
    (risks.iter().map(|r| sorted.partition_point(|s| s < r)).collect(), sorted.len())
}

/// For every failure: the units that outlived it, split by lower, equal and higher risk.
fn outlived(ages: &[f64], failed: &[bool], risks: &[f64], mut each: impl FnMut(usize, f64, f64, f64)) -> u64 {
    let (rank, count) = ranks(risks);
    let mut order: Vec<usize> = (0..ages.len()).collect();
    order.sort_by(|&a, &b| ages[b].total_cmp(&ages[a]));
    let mut counts = Counts(vec![0.0; count + 1]);
    let (mut total, mut tied) = (0.0, 0);
    let mut start = 0;
    while start < order.len() {
        let age = ages[order[start]];
        let end = start + order[start..].iter().take_while(|&&i| ages[i] >= age).count();
        let group = &order[start..end];
        // Who was alive when last seen at this age has outlived those that failed at it.
        for &i in group.iter().filter(|&&i| !failed[i]) {
            counts.add(rank[i]);
            total += 1.0;
        }
        let deaths: Vec<usize> = group.iter().copied().filter(|&i| failed[i]).collect();
        for &i in &deaths {
            let (lower, up_to) = (counts.below(rank[i]), counts.below(rank[i] + 1));
            each(i, lower, up_to - lower, total - up_to);
        }
        tied += (deaths.len() * (group.len() - deaths.len())) as u64;
        for &i in &deaths {
            counts.add(rank[i]);
            total += 1.0;
        }
        start = end;
    }
    tied
}

/// Harrell's concordance of risks with the order of failures.
///
/// ```
/// use prognos::metrics::survival::concordance;
/// let c = concordance(&[3.0, 5.0, 8.0, 9.0], &[true, false, true, true], &[0.9, 0.1, 0.5, 0.6])?;
/// assert_eq!((c.concordant, c.discordant), (3, 1));
/// assert_eq!(c.index, 0.75);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// See the [module](self).
pub fn concordance(ages: &[f64], failed: &[bool], risks: &[f64]) -> Result<Concordance> {
    check(ages, failed, risks)?;
    let (mut concordant, mut tied_risk, mut discordant) = (0.0, 0.0, 0.0);
    let tied_time = outlived(ages, failed, risks, |_, lower, equal, higher| {
        concordant += lower;
        tied_risk += equal;
        discordant += higher;
    });
    let pairs = concordant + tied_risk + discordant;
    if pairs < 0.5 {
        return Err(Error::too_few("pairs of units with a known order of failure", 1, 0));
    }
    Ok(Concordance {
        index: (concordant + 0.5 * tied_risk) / pairs,
        concordant: concordant as u64,
        discordant: discordant as u64,
        tied_risk: tied_risk as u64,
        tied_time,
    })
}

/// Estimate of not being censored up to an age, a step function.
#[derive(Debug)]
struct Uncensored {
    /// Ages of censorings, ascending, and the probability from each on.
    steps: Vec<(f64, f64)>,
}

impl Uncensored {
    fn new(ages: &[f64], failed: &[bool]) -> Self {
        let mut order: Vec<usize> = (0..ages.len()).collect();
        order.sort_by(|&a, &b| ages[a].total_cmp(&ages[b]));
        let (mut steps, mut probability) = (Vec::new(), 1.0);
        let mut start = 0;
        while start < order.len() {
            let age = ages[order[start]];
            let end = start + order[start..].iter().take_while(|&&i| ages[i] <= age).count();
            let deaths = order[start..end].iter().filter(|&&i| failed[i]).count();
            let censored = end - start - deaths;
            // Those that fail at an age are gone before others are censored at it.
            let at_risk = order.len() - start - deaths;
            if censored > 0 {
                probability *= 1.0 - censored as f64 / at_risk as f64;
                steps.push((age, probability));
            }
            start = end;
        }
        Self { steps }
    }

    /// The weight of an age, 1 / G.
    fn weight(&self, age: f64) -> Result<f64> {
        let place = self.steps.partition_point(|s| s.0 <= age);
        let probability = if place == 0 { 1.0 } else { self.steps[place - 1].1 };
        if probability > 0.0 {
            Ok(1.0 / probability)
        } else {
            Err(Error::numeric(
                "weights of censoring",
                format!("nobody is known beyond age {age}: ask for earlier ages"),
            ))
        }
    }
}

/// Uno's concordance: Harrell's with pairs weighted by 1 / G² at the failure, which does not depend on who was censored.
///
/// # Errors
/// See the [module](self).
pub fn concordance_ipcw(ages: &[f64], failed: &[bool], risks: &[f64]) -> Result<f64> {
    check(ages, failed, risks)?;
    let uncensored = Uncensored::new(ages, failed);
    let mut weights = vec![0.0; ages.len()];
    for ((weight, &age), _) in weights.iter_mut().zip(ages).zip(failed).filter(|(_, failed)| **failed) {
        *weight = uncensored.weight(age)?.powi(2);
    }
    let (mut right, mut all) = (0.0, 0.0);
    outlived(ages, failed, risks, |i, lower, equal, higher| {
        right += weights[i] * (lower + 0.5 * equal);
        all += weights[i] * (lower + equal + higher);
    });
    if all > 0.0 { Ok(right / all) } else { Err(Error::too_few("pairs of units with a known order of failure", 1, 0)) }
}

/// Brier score at each of `times`: mean squared distance of the survival probabilities from what happened, weighted for
/// censoring. `survival` has a row a unit and a column a time. 0 is best, 0.25 is saying one half.
///
/// # Errors
/// See the [module](self).
pub fn brier(ages: &[f64], failed: &[bool], survival: ndarray::ArrayView2<'_, f64>, times: &[f64]) -> Result<Vec<f64>> {
    check(ages, failed, ages)?;
    if survival.nrows() != ages.len() {
        return Err(Error::shape("rows of survival probabilities", ages.len(), survival.nrows()));
    }
    if survival.ncols() != times.len() {
        return Err(Error::shape("columns of survival probabilities", times.len(), survival.ncols()));
    }
    check_finite("times", "time", times)?;
    if let Some(((row, j), &value)) = survival.indexed_iter().find(|(_, s)| !(0.0..=1.0).contains(*s)) {
        return Err(Error::parameter("survival", value, format!("row {row}, column {j}: a probability lies in 0..=1")));
    }
    let uncensored = Uncensored::new(ages, failed);
    times
        .iter()
        .enumerate()
        .map(|(k, &time)| {
            let mut sum = 0.0;
            for (i, &age) in ages.iter().enumerate() {
                let alive = survival[[i, k]];
                if age > time {
                    sum += (1.0 - alive).powi(2) * uncensored.weight(time)?;
                } else if failed[i] {
                    sum += alive * alive * uncensored.weight(age)?;
                }
            }
            Ok(sum / ages.len() as f64)
        })
        .collect()
}

/// Integrated Brier score: the mean of the [`brier`] score over the times from the first to the last, by trapezoids.
///
/// # Errors
/// As [`brier`]; [`Error::Parameter`] unless there are at least 2 times and they increase.
pub fn integrated_brier(
    ages: &[f64],
    failed: &[bool],
    survival: ndarray::ArrayView2<'_, f64>,
    times: &[f64],
) -> Result<f64> {
    increasing(times, 2)?;
    let scores = brier(ages, failed, survival, times)?;
    let area: f64 = times.windows(2).zip(scores.windows(2)).map(|(t, s)| 0.5 * (t[1] - t[0]) * (s[0] + s[1])).sum();
    Ok(area / (times[times.len() - 1] - times[0]))
}

fn increasing(times: &[f64], least: usize) -> Result<()> {
    if times.len() < least {
        return Err(Error::too_few("times", least, times.len()));
    }
    check_finite("times", "time", times)?;
    match times.windows(2).find(|w| w[1] <= w[0]) {
        None => Ok(()),
        Some(w) => Err(Error::parameter("times", w[1], "must increase")),
    }
}

/// Cumulative dynamic AUC: at each time, how well risks tell those that failed by then from those that outlived it; and its
/// mean, weighted by how many fail between the times.
#[derive(Debug, Clone, PartialEq)]
pub struct DynamicAuc {
    /// One value a time.
    pub values: Vec<f64>,
    /// Mean over the times.
    pub mean: f64,
}

/// Cumulative dynamic AUC of risks at increasing times, all of them before the last age.
///
/// # Errors
/// See the [module](self); [`Error::Parameter`] for times that do not increase; [`Error::TooFew`] for a time by which nobody
/// failed or that nobody outlived.
pub fn dynamic_auc(ages: &[f64], failed: &[bool], risks: &[f64], times: &[f64]) -> Result<DynamicAuc> {
    check(ages, failed, risks)?;
    increasing(times, 1)?;
    let uncensored = Uncensored::new(ages, failed);
    let mut order: Vec<usize> = (0..ages.len()).collect();
    order.sort_by(|&a, &b| risks[a].total_cmp(&risks[b]));
    let mut values = Vec::with_capacity(times.len());
    for &time in times {
        let (mut right, mut cases, mut controls) = (0.0, 0.0, 0.0);
        let mut start = 0;
        while start < order.len() {
            let risk = risks[order[start]];
            let end = start + order[start..].iter().take_while(|&&i| risks[i] <= risk).count();
            let (mut tied_cases, mut tied_controls) = (0.0, 0.0);
            for &i in &order[start..end] {
                if ages[i] > time {
                    tied_controls += 1.0;
                } else if failed[i] {
                    tied_cases += uncensored.weight(ages[i])?;
                }
            }
            right += tied_cases * (controls + 0.5 * tied_controls);
            cases += tied_cases;
            controls += tied_controls;
            start = end;
        }
        if cases <= 0.0 || controls < 0.5 {
            return Err(Error::too_few(format!("failures before and survivors after {time}"), 1, 0));
        }
        values.push(right / (cases * controls));
    }
    let survival = survival_at(ages, failed, times);
    let (mut sum, mut before) = (0.0, 1.0);
    for (value, now) in values.iter().zip(&survival) {
        sum += value * (before - now);
        before = *now;
    }
    let mean = sum / (1.0 - before);
    Ok(DynamicAuc { values, mean })
}

/// Kaplan-Meier estimate at increasing times.
fn survival_at(ages: &[f64], failed: &[bool], times: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ages.len()).collect();
    order.sort_by(|&a, &b| ages[a].total_cmp(&ages[b]));
    let (mut probability, mut start) = (1.0, 0);
    times
        .iter()
        .map(|&time| {
            while start < order.len() && ages[order[start]] <= time {
                let age = ages[order[start]];
                let end = start + order[start..].iter().take_while(|&&i| ages[i] <= age).count();
                let deaths = order[start..end].iter().filter(|&&i| failed[i]).count();
                probability *= 1.0 - deaths as f64 / (order.len() - start) as f64;
                start = end;
            }
            probability
        })
        .collect()
}
