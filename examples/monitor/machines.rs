//! Machines without a failure on record: what is normal, what is not, and why.

use crate::Failure;
use prognos::anomaly::{Attribution, Detector, Events, PcaMonitor, PcaMonitorParams, Threshold};
use prognos::features::{FeatureMatrix, FeatureSet, NanPolicy};
use prognos::health::{OperatingStates, SeasonalProfile};
use prognos::learners::Scaler;
use prognos::signal::{Recording, ResampleMethod, ResamplePolicy, SampleRate, WindowSpec};

const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;

/// An abnormal period.
pub(crate) struct Finding {
    /// Seconds since the Unix epoch at which the period begins and ends.
    pub(crate) from: f64,
    pub(crate) to: f64,
    /// When it was worst, and how many times the limit the score was then.
    pub(crate) peak: f64,
    pub(crate) score: f64,
    /// In words, and by column.
    pub(crate) reason: String,
    pub(crate) attribution: Attribution,
}

impl Finding {
    pub(crate) fn hours(&self) -> f64 {
        (self.to - self.from) / HOUR
    }

    pub(crate) fn severity(&self) -> &'static str {
        match self.score {
            s if s < 3.0 => "minor",
            s if s < 10.0 => "clear",
            _ => "severe",
        }
    }
}

/// What was found out about one machine.
pub(crate) struct Machine {
    pub(crate) name: String,
    pub(crate) quantity: String,
    /// Facts for the reader, a line each.
    pub(crate) facts: Vec<String>,
    /// The measured signal: seconds, value (NaN: missing).
    pub(crate) signal: Vec<(f64, f64)>,
    /// Where learning ends, in seconds.
    pub(crate) learned_until: f64,
    /// Score of each window, at the window's end, in units of the limit.
    pub(crate) scores: Vec<(f64, f64)>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) action: String,
    pub(crate) why: String,
}

/// How one machine is watched.
struct Watch {
    name: String,
    /// Columns with their meaning for a reader: (column, text, factor, unit).
    columns: Vec<(&'static str, &'static str, f64, &'static str)>,
    learn: f64,
    min_hours: f64,
    merge_hours: f64,
}

/// A ventilation unit: when does it run, and how much does it shake while it runs?
pub(crate) fn ventilation(number: usize, raw: &Recording) -> Result<Machine, Failure> {
    // A commissioning week; two for the unit that rests at weekends, so that its week was seen twice.
    let learn = if number == 0 { 7.0 * DAY } else { 14.0 * DAY };
    let ten_minutes = SampleRate::every_seconds(600.0)?;
    let (even, resampled) = raw.resample_uniform(&ResamplePolicy::new(ten_minutes, ResampleMethod::Nearest))?;
    let start = even.start().unwrap_or(0.0);
    let vibration = even.samples("vibration")?;
    let learn_rows = ten_minutes.samples(learn)?.min(vibration.len());

    let states = OperatingStates::params().max_states(2).fit(&vibration[..learn_rows])?;
    let stretches = states.stretches(vibration, 1);
    let assigned = states.assign(vibration);
    let runs = |s: &Option<usize>| s.map_or(f64::NAN, |s| if s > 0 { 1.0 } else { 0.0 });
    let running: Vec<f64> = assigned.iter().map(runs).collect();
    let level = |(v, r): (&f64, &f64)| if *r > 0.5 { *v } else { f64::NAN };
    let level: Vec<f64> = vibration.iter().zip(&running).map(level).collect();
    let starts = stretches.iter().filter(|s| s.state > 0).count();
    let share =
        running.iter().filter(|r| **r > 0.5).count() as f64 / running.iter().filter(|r| !r.is_nan()).count() as f64;

    // The last 24 hours, every hour: how long and how often did it run, and how strongly did it vibrate meanwhile?
    let day = WindowSpec::sliding_seconds(DAY, HOUR);
    let rhythm = FeatureSet::from_names(["mean", "number_crossing_m__m_0.5"])?.nan_policy(NanPolicy::Omit);
    let strength = FeatureSet::from_names(["median", "standard_deviation"])?.nan_policy(NanPolicy::Omit);
    let channel = |name: &str, samples: Vec<f64>| {
        Recording::uniform(ten_minutes).starting_at(start)?.with_channel(name, "", samples)
    };
    let rhythm = rhythm.extract_channels(&channel("running", running)?, day)?;
    let strength = strength.extract_channels(&channel("level", level)?, day)?;
    let ends: Vec<f64> = rhythm.starts().iter().map(|s| start + ten_minutes.seconds(*s) + DAY).collect();
    let learned = ends.iter().filter(|t| **t <= start + learn).count();

    // Running is compared with what is usual at that hour of the day or the week.
    let mut values = FeatureMatrix::join(&[rhythm.clone(), strength])?.into_values();
    let names = ["running__mean", "running__number_crossing_m__m_0.5", "level__median", "level__standard_deviation"];
    let mut period = 0.0;
    for (j, mut column) in values.columns_mut().into_iter().enumerate() {
        let seen: Vec<f64> = column.iter().take(learned).copied().collect();
        if j < 2 {
            let profile = SeasonalProfile::params().fit(&ends[..learned], &seen)?;
            period = f64::max(period, profile.period());
            column.iter_mut().zip(&ends).for_each(|(v, t)| *v = profile.residual(*t, *v));
        } else {
            // A day without running says nothing about the level: it counts as usual.
            let usual = median(&seen);
            column.iter_mut().for_each(|v| *v = if v.is_nan() { 0.0 } else { *v - usual });
        }
    }
    let rows = FeatureMatrix::with_starts(
        names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>().into(),
        values,
        rhythm.starts().to_vec(),
    )?;

    let mut facts = vec![filled(&even, &resampled.channels[0].to_string(), resampled.gaps.len())];
    let off_and_on: Vec<String> = states.levels().iter().map(|l| format!("{l:.4}")).collect();
    facts.push(format!(
        "states: off and running, around {} (vibration as recorded); ran {:.0} % of the time, {starts} starts",
        off_and_on.join(" and "),
        100.0 * share
    ));
    let rhythm = if period > DAY { "week" } else { "day" };
    facts.push(format!("usual running time depends on the hour of the {rhythm}"));

    let watch = Watch {
        name: format!("ventilation unit {number}"),
        columns: vec![
            (names[0], "running time in 24 h", 24.0, "h"),
            (names[1], "switchings in 24 h", 1.0, ""),
            (names[2], "vibration while running", 1.0, ""),
            (names[3], "spread of vibration while running", 1.0, ""),
        ],
        learn,
        min_hours: 6.0,
        merge_hours: 24.0,
    };
    watch.machine("vibration", facts, &even, "vibration", &rows, &ends)
}

/// A pipeline branch: level and steadiness of the flow over the last six hours.
pub(crate) fn pipeline(raw: &Recording) -> Result<Machine, Failure> {
    let hourly = SampleRate::every_seconds(HOUR)?;
    let (even, resampled) = raw.resample_uniform(&ResamplePolicy::new(hourly, ResampleMethod::Nearest))?;
    let start = even.start().unwrap_or(0.0);
    let window = 6.0 * HOUR;
    let set = FeatureSet::from_names(["mean", "minimum", "standard_deviation"])?;
    let rows = set.extract_channels(&even, WindowSpec::sliding_seconds(window, HOUR))?.finite_rows();
    let ends: Vec<f64> = rows.starts().iter().map(|s| start + hourly.seconds(*s) + window).collect();
    let facts = vec![filled(&even, &resampled.channels[0].to_string(), resampled.gaps.len())];
    let watch = Watch {
        name: "pipeline branch".to_owned(),
        columns: vec![
            ("flow_l_per_s__mean", "mean flow over 6 h", 1.0, "l/s"),
            ("flow_l_per_s__minimum", "lowest flow in 6 h", 1.0, "l/s"),
            ("flow_l_per_s__standard_deviation", "unsteadiness over 6 h", 1.0, "l/s"),
        ],
        learn: 14.0 * DAY,
        min_hours: 3.0,
        merge_hours: 12.0,
    };
    watch.machine("flow in l/s", facts, &even, "flow_l_per_s", &rows, &ends)
}

impl Watch {
    /// Learns from the first rows, scores all, and puts the events into words.
    fn machine(
        &self,
        quantity: &str,
        mut facts: Vec<String>,
        even: &Recording,
        channel: &str,
        rows: &FeatureMatrix,
        ends: &[f64],
    ) -> Result<Machine, Failure> {
        let start = even.start().unwrap_or(0.0);
        let learned = ends.iter().filter(|t| **t <= start + self.learn).count();
        let first = rows.rows(0, learned);
        // The first weeks may hold faults too: rows far from the bulk do not define what is normal.
        let away = Scaler::robust().fit(&first)?.transform(&first)?;
        let baseline = first.filter_rows(|i, _| away.row(i).iter().all(|z| z.abs() < 8.0));
        let settings = PcaMonitor::params().explained(0.95);
        let model = settings.fit(&baseline)?;
        let (limit, days) = alarm_limit(&settings, &baseline, even)?;
        let scores: Vec<f64> = model.score(rows)?.iter().map(|s| s / limit).collect();
        facts.push(format!(
            "normal learned from {} windows of the first {:.0} days ({} far-off windows left out)",
            baseline.nrows(),
            self.learn / DAY,
            learned - baseline.nrows()
        ));
        facts.push(format!(
            "alarm limit: twice the worst score of {days} learning days, each left out of learning in turn"
        ));

        // An alarm holds until the score has fallen to half of the limit; rows are hours.
        let hours = |h: f64| h as usize;
        let rule = Events::above(1.0).off(0.5).min_duration(hours(self.min_hours)).merge_gap(hours(self.merge_hours));
        let usual = baseline.view().mean_axis(ndarray::Axis(0)).ok_or("no baseline")?;
        let mut findings = Vec::new();
        for event in rule.find(&scores)? {
            let row = rows.row(event.peak)?;
            let attribution = model.explain(row)?;
            let told: Vec<String> = attribution
                .top(2)
                .into_iter()
                .filter(|(_, share)| *share >= 0.15)
                .filter_map(|(name, share)| {
                    let (j, (_, text, factor, unit)) =
                        self.columns.iter().enumerate().find(|(_, (column, ..))| *column == name)?;
                    let change = (row[j] - usual[j]) * factor;
                    let more = if change < 0.0 { "less" } else { "more" };
                    Some(format!("{text}: {} {unit} {more} than usual ({:.0} %)", short(change.abs()), 100.0 * share))
                })
                .map(|t| t.replace("  ", " "))
                .collect();
            findings.push(Finding {
                from: ends[event.start],
                to: ends[event.end - 1],
                peak: ends[event.peak],
                score: event.peak_score,
                reason: told.join("; "),
                attribution,
            });
        }
        let last = ends.last().copied().unwrap_or(start);
        let (action, why) = match findings.last() {
            Some(f) if f.to >= last - HOUR => (
                "inspect now".to_owned(),
                format!("abnormal since {}: {}", crate::report::day_and_hour(f.from), f.reason),
            ),
            Some(f) => (
                "continue".to_owned(),
                format!("normal again since {}; look into the periods below", crate::report::day_and_hour(f.to)),
            ),
            None => ("continue".to_owned(), "nothing abnormal".to_owned()),
        };
        let samples = even.samples(channel)?;
        let time = |i: usize| even.time_of(i).unwrap_or(f64::NAN);
        Ok(Machine {
            name: self.name.clone(),
            quantity: quantity.to_owned(),
            facts,
            signal: samples.iter().enumerate().map(|(i, v)| (time(i), *v)).collect(),
            learned_until: start + self.learn,
            scores: ends.iter().copied().zip(scores.iter().copied()).collect(),
            findings,
            action,
            why,
        })
    }
}

/// The score to alarm at, and the number of days it rests on.
///
/// Overlapping windows of a few days are far fewer independent looks than rows, so textbook limits are too tight.
/// Instead every day is scored by a model that has not seen it (nor its neighbours, with which its windows overlap);
/// the limit is twice the worst of these scores.
fn alarm_limit(
    settings: &PcaMonitorParams,
    baseline: &FeatureMatrix,
    even: &Recording,
) -> Result<(f64, usize), Failure> {
    let rate = even.rate().ok_or("a recording without a rate")?;
    let day = |start: usize| (rate.seconds(start) / DAY) as usize;
    let of_day: Vec<usize> = baseline.starts().iter().map(|s| day(*s)).collect();
    let mut days = of_day.clone();
    days.dedup();
    let mut largest = Vec::new();
    for left_out in days {
        let others = baseline.filter_rows(|i, _| of_day[i].abs_diff(left_out) > 1);
        let own = baseline.filter_rows(|i, _| of_day[i] == left_out);
        largest.push(settings.fit(&others)?.score(&own)?.iter().copied().fold(0.0, f64::max));
    }
    Ok((2.0 * Threshold::quantile(1.0).fit(&largest)?.value(), largest.len()))
}

/// What the even time line rests on.
fn filled(even: &Recording, channel: &str, gaps: usize) -> String {
    format!("{} rows over {:.0} days; {channel}; gaps: {gaps}", even.len(), even.duration() / DAY)
}

fn median(values: &[f64]) -> f64 {
    let mut finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    finite.sort_unstable_by(f64::total_cmp);
    finite.get(finite.len() / 2).copied().unwrap_or(0.0)
}

/// Two significant digits or so.
fn short(v: f64) -> String {
    if v >= 10.0 {
        format!("{v:.0}")
    } else if v >= 1.0 {
        format!("{v:.1}")
    } else {
        format!("{v:.2}")
    }
}
