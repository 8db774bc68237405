//! What is usual at this time of the day or of the week.
//!
//! Machines follow shifts: a fan that stands still on Sunday is well, on Monday it is not. A [`SeasonalProfile`] keeps
//! the usual value (median) and scatter (median absolute deviation) of a signal for every phase of a period; what is
//! left after taking off the usual value is what a detector should look at.
//!
//! The period is chosen among candidates by predicting every value from the same phase in the other periods (smallest
//! mean absolute error); a candidate under which fewer than half of the values were seen at their phase in two periods
//! cannot be tested and is not chosen, unless none can. Cost: O(n log n) a candidate. When not to use: periods that drift against the clock.

use crate::error::{Error, Result, check_positive};
use crate::features::quantile_of_sorted;

/// Factor that makes the median absolute deviation of a Gaussian its standard deviation.
const MAD_TO_SIGMA: f64 = 1.482_602_218_505_602;

/// Settings of [`SeasonalProfile`].
#[derive(Debug, Clone, PartialEq)]
pub struct SeasonalProfileParams {
    periods: Vec<f64>,
    bin: f64,
}

impl SeasonalProfileParams {
    /// Candidate periods in seconds (default one day and one week).
    #[must_use]
    pub fn periods(mut self, seconds: &[f64]) -> Self {
        self.periods = seconds.to_vec();
        self
    }

    /// Width of a phase bin in seconds (default one hour). The last bin of a period may be shorter.
    #[must_use]
    pub fn bin(mut self, seconds: f64) -> Self {
        self.bin = seconds;
        self
    }

    /// Learns the usual value of every phase. `times` are seconds since any epoch (with Unix time, days begin at
    /// midnight UTC and weeks on Thursday; only the phase matters). NaN values are passed over.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are not as many times as values; [`Error::NonFinite`] for a time that is not finite
    /// or an infinite value; [`Error::TooFew`] without a value; [`Error::Parameter`] for a period or bin that is not
    /// greater than 0, or more than a million bins; [`Error::Numeric`] when values lie so far apart that their median or
    /// scatter exceeds the range of numbers.
    pub fn fit(&self, times: &[f64], values: &[f64]) -> Result<SeasonalProfile> {
        if times.len() != values.len() {
            return Err(Error::shape("times of the values", values.len(), times.len()));
        }
        crate::error::check_finite("times", "times", times)?;
        check_positive("bin", self.bin)?;
        if self.periods.is_empty() {
            return Err(Error::too_few("candidate periods", 1, 0));
        }
        if let Some(row) = values.iter().position(|v| v.is_infinite()) {
            return Err(Error::NonFinite {
                what: "values".into(),
                row,
                column: "values".to_owned(),
                value: values[row],
            });
        }
        let rows: Vec<(f64, f64)> =
            times.iter().copied().zip(values.iter().copied()).filter(|(_, v)| !v.is_nan()).collect();
        if rows.is_empty() {
            return Err(Error::too_few("values that are not NaN", 1, 0));
        }
        let mut best: Option<(f64, f64)> = None;
        for &period in &self.periods {
            check_positive("period", period)?;
            if period / self.bin > 1e6 {
                return Err(Error::parameter("bin", self.bin, "a period may have at most a million bins"));
            }
            let error = self.left_out_error(&rows, period);
            if best.is_none_or(|(least, _)| error < least) {
                best = Some((error, period));
            }
        }
        let period = best.map_or(self.periods[0], |(_, period)| period);
        let profile = SeasonalProfile::of(rows.iter().copied(), period, self.bin);
        if profile.medians.iter().chain(&profile.scatters).any(|v| !v.is_finite()) {
            let reason = "a median or scatter exceeds the range of numbers: scale the values";
            return Err(Error::numeric("seasonal profile", reason));
        }
        Ok(profile)
    }

    /// Mean absolute error of values predicted from the same phase in other periods; infinite when fewer than half of
    /// the values have such a twin.
    fn left_out_error(&self, rows: &[(f64, f64)], period: f64) -> f64 {
        // + 0.0: -0.0 is the same period as 0.0.
        let number = |t: f64| (t / period).floor() + 0.0;
        let bins = bins(period, self.bin);
        let mut phases = vec![Vec::new(); bins];
        for &(t, v) in rows {
            phases[phase(t, period, self.bin, bins)].push((number(t), v));
        }
        let (mut sum, mut count) = (0.0, 0usize);
        for group in &phases {
            for ((_, v), others) in group.iter().zip(medians_of_the_others(group)) {
                if let Some(median) = others {
                    sum += (v - median).abs();
                    count += 1;
                }
            }
        }
        if 2 * count < rows.len() { f64::INFINITY } else { sum / count as f64 }
    }
}

/// Usual value and scatter of a signal for every phase of a period.
///
/// ```
/// use prognos::health::SeasonalProfile;
/// // Ten days, one value an hour: 1 from 8 to 17 o'clock, else 0.
/// let times: Vec<f64> = (0..240).map(|h| f64::from(h) * 3600.0).collect();
/// let values: Vec<f64> = (0..240).map(|h| f64::from((8..17).contains(&(h % 24)))).collect();
/// let profile = SeasonalProfile::params().fit(&times, &values)?;
/// assert_eq!(profile.period(), 86_400.0);
/// assert_eq!(profile.expected(12.0 * 3600.0), 1.0);
/// assert_eq!(profile.residual(3.0 * 3600.0, 1.0), 1.0); // running at night is not usual
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct SeasonalProfile {
    period: f64,
    bin: f64,
    medians: Vec<f64>,
    scatters: Vec<f64>,
}

/// The form in a file, before it is checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    period: f64,
    bin: f64,
    medians: Vec<f64>,
    scatters: Vec<f64>,
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for SeasonalProfile {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self> {
        let bad = |reason: &str| Error::Model { reason: format!("seasonal profile: {reason}") };
        if !(raw.period > 0.0 && raw.period.is_finite() && raw.bin > 0.0 && raw.bin.is_finite()) {
            return Err(bad("the period and the bin must be greater than 0"));
        }
        let bins = bins(raw.period, raw.bin);
        if raw.medians.len() != bins || raw.scatters.len() != bins {
            return Err(bad("there must be a median and a scatter for every bin"));
        }
        if raw.medians.iter().chain(&raw.scatters).any(|v| !v.is_finite()) || raw.scatters.iter().any(|v| *v < 0.0) {
            return Err(bad("medians and scatters must be finite, and no scatter below 0"));
        }
        Ok(Self { period: raw.period, bin: raw.bin, medians: raw.medians, scatters: raw.scatters })
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for SeasonalProfile {
    const KIND: &'static str = "seasonal_profile";

    fn feature_names(&self) -> &[String] {
        &[]
    }
}

/// Number of bins in a period.
fn bins(period: f64, bin: f64) -> usize {
    ((period / bin - 1e-9).ceil() as usize).max(1)
}

/// The bin of a time within its period.
fn phase(time: f64, period: f64, bin: f64, bins: usize) -> usize {
    ((time.rem_euclid(period) / bin) as usize).min(bins - 1)
}

impl SeasonalProfile {
    /// Settings with their defaults: one day or one week, in bins of one hour.
    #[must_use]
    pub fn params() -> SeasonalProfileParams {
        SeasonalProfileParams { periods: vec![86_400.0, 604_800.0], bin: 3600.0 }
    }

    /// Medians by phase. A phase never seen takes the median and scatter of all values.
    fn of(rows: impl Iterator<Item = (f64, f64)>, period: f64, bin: f64) -> Self {
        let (mut medians, mut scatters) = (Vec::new(), Vec::new());
        let mut groups = vec![Vec::new(); bins(period, bin)];
        let mut all = Vec::new();
        for (t, v) in rows {
            groups[phase(t, period, bin, bins(period, bin))].push(v);
            all.push(v);
        }
        let overall = median_and_scatter(&mut all);
        for group in &mut groups {
            let (median, scatter) = if group.is_empty() { overall } else { median_and_scatter(group) };
            medians.push(median);
            scatters.push(scatter);
        }
        Self { period, bin, medians, scatters }
    }

    /// The period, in seconds.
    #[must_use]
    pub fn period(&self) -> f64 {
        self.period
    }

    /// The usual value at a time (seconds, same epoch as learned). A time that is not finite counts as phase 0.
    #[must_use]
    pub fn expected(&self, time: f64) -> f64 {
        self.medians[phase(time, self.period, self.bin, self.medians.len())]
    }

    /// The usual scatter at a time: 1.4826 times the median absolute deviation; 0 where the signal was constant.
    #[must_use]
    pub fn scatter(&self, time: f64) -> f64 {
        self.scatters[phase(time, self.period, self.bin, self.scatters.len())]
    }

    /// The value less the usual one; NaN stays NaN.
    #[must_use]
    pub fn residual(&self, time: f64, value: f64) -> f64 {
        value - self.expected(time)
    }
}

/// For every (period number, value) of a phase the median of the values of other periods; `None` where there are none.
/// One median a period number, and each by its rank among all: O(g log g) for g values.
fn medians_of_the_others(group: &[(f64, f64)]) -> Vec<Option<f64>> {
    let mut medians = vec![None; group.len()];
    let mut by_value: Vec<usize> = (0..group.len()).collect();
    by_value.sort_by(|&i, &j| group[i].1.total_cmp(&group[j].1));
    let sorted: Vec<f64> = by_value.iter().map(|&i| group[i].1).collect();
    // Ranks (and who has them) by period number; the sort is stable, so that the ranks of one period rise.
    let mut ranks: Vec<(usize, usize)> = by_value.into_iter().enumerate().collect();
    ranks.sort_by(|a, b| group[a.1].0.total_cmp(&group[b.1].0));
    for own in ranks.chunk_by(|a, b| group[a.1].0.total_cmp(&group[b.1].0).is_eq()) {
        let others = group.len() - own.len();
        let Some(last) = others.checked_sub(1) else { continue };
        // The k-th of the others: every own rank up to it moves it on by one.
        let other = |k: usize| sorted[own.iter().fold(k, |at, &(rank, _)| if rank <= at { at + 1 } else { at })];
        let (low, high) = (other(last / 2), other(others / 2));
        let median = quantile_of_sorted(&[low, high], 0.5);
        for &(_, i) in own {
            medians[i] = Some(median);
        }
    }
    medians
}

fn median_and_scatter(values: &mut [f64]) -> (f64, f64) {
    values.sort_unstable_by(f64::total_cmp);
    let median = quantile_of_sorted(values, 0.5);
    let mut away: Vec<f64> = values.iter().map(|v| (v - median).abs()).collect();
    away.sort_unstable_by(f64::total_cmp);
    (median, MAD_TO_SIGMA * quantile_of_sorted(&away, 0.5))
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod tests {
    use super::*;

    /// Hours of `days` days that work from Monday to Friday, 8 to 17 o'clock.
    fn working_week(days: u32) -> (Vec<f64>, Vec<f64>) {
        let hours = 0..days * 24;
        let on = |h: u32| (8..17).contains(&(h % 24)) && (h / 24) % 7 < 5;
        (hours.clone().map(|h| f64::from(h) * 3600.0).collect(), hours.map(|h| f64::from(u8::from(on(h)))).collect())
    }

    #[test]
    fn weeks_are_told_from_days() {
        let (t, x) = working_week(21);
        let profile = SeasonalProfile::params().fit(&t, &x).unwrap();
        assert_eq!(profile.period(), 604_800.0);
        assert!(t.iter().zip(&x).all(|(t, x)| profile.residual(*t, *x).abs() < 1e-12));
        // One week is not enough to test a weekly rhythm.
        let (t, x) = working_week(5);
        assert_eq!(SeasonalProfile::params().fit(&t, &x).unwrap().period(), 86_400.0);
    }

    #[test]
    fn the_median_of_the_others_is_that_of_a_plain_search() {
        let group: Vec<(f64, f64)> =
            (0..60).map(|i| (f64::from(i * i % 7), f64::from((i * 37) % 23) - f64::from(i % 2) / 3.0)).collect();
        for group in [&group[..], &group[..1], &group[..2], &group[..9], &[(1.0, 2.0), (1.0, 3.0)], &[]] {
            let found = medians_of_the_others(group);
            assert_eq!(found.len(), group.len());
            for (&(mine, _), median) in group.iter().zip(found) {
                let mut others: Vec<f64> = group.iter().filter(|(n, _)| *n != mine).map(|(_, v)| *v).collect();
                others.sort_unstable_by(f64::total_cmp);
                assert_eq!(median, (!others.is_empty()).then(|| quantile_of_sorted(&others, 0.5)));
            }
        }
    }

    #[test]
    fn ten_days_at_one_hertz() {
        let times: Vec<f64> = (0..864_000).map(f64::from).collect();
        let on = |t: &f64| (8.0..17.0).contains(&(t / 3600.0).rem_euclid(24.0));
        let values: Vec<f64> = times.iter().map(|t| f64::from(u8::from(on(t))) + 0.1 * (t * 0.7).sin()).collect();
        let profile = SeasonalProfile::params().fit(&times, &values).unwrap();
        assert_eq!(profile.period(), 86_400.0);
        assert!((profile.expected(12.0 * 3600.0) - 1.0).abs() < 0.01);
    }

    #[test]
    fn bad_input_is_an_error() {
        let p = SeasonalProfile::params();
        assert!(p.fit(&[0.0], &[]).is_err());
        assert!(p.fit(&[], &[]).is_err());
        assert!(p.fit(&[f64::NAN], &[1.0]).is_err());
        assert!(p.fit(&[0.0], &[f64::INFINITY]).is_err());
        assert!(p.clone().bin(0.0).fit(&[0.0], &[1.0]).is_err());
        assert!(p.clone().bin(1e-9).fit(&[0.0], &[1.0]).is_err());
        assert!(p.clone().periods(&[]).fit(&[0.0], &[1.0]).is_err());
        let beyond = p.fit(&[0.0, 86_400.0, 172_800.0, 3600.0], &[1e308, -1e308, 1e308, 1.0]);
        assert!(matches!(beyond, Err(Error::Numeric { .. })));
        let one = p.fit(&[5.0], &[2.0]).unwrap();
        assert_eq!(one.expected(f64::NAN), 2.0);
        assert_eq!(one.expected(-1e300), 2.0);
    }
}
