//! Continue, inspect, plan or act: one rule, from the remaining life of one unit and the costs.
//!
//! For the planner who must decide today and again at the next review. With the costs of a planned and an unplanned
//! replacement, the lead time L (parts, people, a slot) and the time R until the next review:
//!
//! | action | when | why |
//! |---|---|---|
//! | act now | P(failure within L) >= p* | even a replacement ordered now comes too late to be the cheaper way |
//! | plan | P(failure within L + R) >= p* | ordered only at the next review it would come too late |
//! | inspect | unplanned x P(failure within L + R) >= cost of an inspection | the failure risked costs more than looking |
//! | continue | otherwise | |
//!
//! The limit p* is planned / unplanned: waiting through a span risks `unplanned x P(failure in it)`, replacing costs
//! `planned`, and both are equal at P = planned / unplanned. This is the threshold policy "replace at the first review at
//! which P(RUL <= tau) >= p", whose best p is set by the ratio of the costs (one-shot newsvendor bound; cf. Jardine & Tsang,
//! Maintenance, Replacement and Reliability). A planned replacement falls on the last date at which the probability of an
//! earlier failure is still p*, but not before L.
//!
//! The rule reads two failure probabilities only. So of two units the one more likely to fail within every span never gets
//! the laxer action nor the later date. The cost per time of both alternatives (renewal reward: expected cost of this life
//! by its expected length) stands beside it for the planner to see; it does not decide. It needs the age of the unit, see
//! [`RulEstimate::at_age`].
//!
//! Times are in the unit of the remaining life, costs in one currency. Cost: a few evaluations of the distribution. Not for
//! safety: where a failure has no price, set `risk_limit`.

use crate::error::{Error, Result, check_fraction, check_positive};
use crate::rul::RulEstimate;
use std::fmt;

/// Costs and times of one kind of replacement.
///
/// ```
/// use prognos::decision::{Action, CostModel};
/// use prognos::rul::RulEstimate;
/// let costs = CostModel::new(2_000.0, 20_000.0).lead_time(14.0).review(7.0).inspection(300.0);
/// // Weibull life of 400 days, shape 4; ages in days.
/// let young = RulEstimate::weibull(400.0, 4.0, 30.0)?;
/// let old = RulEstimate::weibull(400.0, 4.0, 330.0)?;
/// assert_eq!(costs.decide(&young)?.action, Action::Continue);
/// let decision = costs.decide(&old)?;
/// assert!(matches!(decision.action, Action::Plan { .. }));
/// println!("{decision}");
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct CostModel {
    planned: f64,
    unplanned: f64,
    lead_time: f64,
    review: Option<f64>,
    inspection: Option<f64>,
    risk_limit: Option<f64>,
}

/// What to do, in order of urgency.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Action {
    /// Nothing until the next review.
    Continue,
    /// Look at the unit before the next review.
    Inspect,
    /// Order a replacement now, to be done at this time from now.
    Plan {
        /// Time from now.
        at: f64,
    },
    /// Stop, or expedite a replacement.
    Act,
}

impl Action {
    /// 0 for continue to 3 for act.
    #[must_use]
    pub fn urgency(&self) -> u8 {
        match self {
            Self::Continue => 0,
            Self::Inspect => 1,
            Self::Plan { .. } => 2,
            Self::Act => 3,
        }
    }
}

/// An action and the figures it rests on.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Decision {
    /// Name of the unit; empty when the estimate has none.
    pub unit: String,
    /// What to do.
    pub action: Action,
    /// Probability of a failure within the lead time.
    pub failure_in_lead_time: f64,
    /// Probability of a failure within the lead time and the time to the next review.
    pub failure_before_next_chance: f64,
    /// The limit both are compared with.
    pub risk_limit: f64,
    /// The last time from now at which the probability of an earlier failure does not exceed the limit; `None`: never
    /// reached.
    pub replace_by: Option<f64>,
    /// Expected cost per time of this life when it is replaced at `replace_by`, or after the lead time if that is later;
    /// `None` when there is no such time, no life to divide by, or the estimate does not know the age of the unit
    /// ([`RulEstimate::at_age`]).
    pub cost_rate_planned: Option<f64>,
    /// Expected cost per time of this life when it is run to failure; `None` when the expected life is infinite or the
    /// age of the unit is not known.
    pub cost_rate_failure: Option<f64>,
    /// The rule in words, with its numbers.
    pub reason: String,
}

impl CostModel {
    /// Costs of a planned and of an unplanned replacement, all consequences included. Lead time 0, no inspection.
    /// Where the unplanned one costs no more than the planned one, waiting is never dearer: run to failure, and
    /// [`Decision::reason`] says so.
    #[must_use]
    pub fn new(planned: f64, unplanned: f64) -> Self {
        Self { planned, unplanned, lead_time: 0.0, review: None, inspection: None, risk_limit: None }
    }

    /// Time from order to replacement. Default 0.
    #[must_use]
    pub fn lead_time(mut self, time: f64) -> Self {
        self.lead_time = time;
        self
    }

    /// Time until the next decision. Default: the lead time; it must be given when there is none.
    #[must_use]
    pub fn review(mut self, time: f64) -> Self {
        self.review = Some(time);
        self
    }

    /// Cost of an inspection. Default: inspection is no option.
    #[must_use]
    pub fn inspection(mut self, cost: f64) -> Self {
        self.inspection = Some(cost);
        self
    }

    /// Another limit of the failure probability than planned / unplanned, for example where safety is at stake.
    #[must_use]
    pub fn risk_limit(mut self, probability: f64) -> Self {
        self.risk_limit = Some(probability);
        self
    }

    fn check(&self) -> Result<(f64, f64)> {
        check_positive("planned", self.planned)?;
        check_positive("unplanned", self.unplanned)?;
        if !self.lead_time.is_finite() || self.lead_time < 0.0 {
            return Err(Error::parameter("lead_time", self.lead_time, "must be finite and at least 0"));
        }
        if let Some(cost) = self.inspection
            && (!cost.is_finite() || cost < 0.0)
        {
            return Err(Error::parameter("inspection", cost, "must be finite and at least 0"));
        }
        let review = match self.review {
            Some(review) => check_positive("review", review)?,
            None if self.lead_time > 0.0 => self.lead_time,
            None => return Err(Error::parameter("review", "none", "give a lead time or a review time")),
        };
        let limit = match self.risk_limit {
            Some(limit) => check_fraction("risk_limit", limit)?,
            None if self.unplanned <= self.planned => 1.0,
            None => self.planned / self.unplanned,
        };
        Ok((review, limit))
    }

    /// The action for one unit. With an unplanned replacement no dearer than a planned one the limit is 1: run to failure.
    ///
    /// # Errors
    /// [`Error::Parameter`] for costs or times out of range, or neither a lead time nor a review time.
    pub fn decide(&self, rul: &RulEstimate) -> Result<Decision> {
        let (review, limit) = self.check()?;
        let lead = self.lead_time;
        let in_lead = rul.failure_within(lead);
        let before_next = rul.failure_within(lead + review);
        if in_lead.is_nan() || before_next.is_nan() {
            return Err(Error::numeric("decision", "the failure probabilities of the estimate are not numbers"));
        }
        let by = rul.quantile(limit)?;
        let replace_by = Some(by).filter(|t| t.is_finite());
        let at = by.max(lead);
        let span = lead + review;
        let (p1, p2, p) = (percent(in_lead), percent(before_next), percent(limit));
        let (lead, span) = (plain(lead), plain(span));
        let (action, mut reason) = if in_lead >= limit {
            (
                Action::Act,
                format!("it fails within the lead time of {lead} with probability {p1}, at or above the limit of {p}"),
            )
        } else if before_next >= limit {
            let reason = format!(
                "it fails within {span}, before a replacement ordered at the next review, with probability {p2}, at or above the limit of {p}"
            );
            (Action::Plan { at }, reason)
        } else if let Some(cost) =
            self.inspection.filter(|cost| before_next > 0.0 && self.unplanned * before_next >= *cost)
        {
            let (risk, cost) = (plain(self.unplanned * before_next), plain(cost));
            let reason = format!("the failure risked within {span} costs {risk} on average, an inspection {cost}");
            (Action::Inspect, reason)
        } else {
            (Action::Continue, format!("it fails within {span} with probability {p2}, below the limit of {p}"))
        };
        if self.risk_limit.is_none() && self.unplanned <= self.planned {
            reason.push_str("; an unplanned replacement costs no more than a planned one: run to failure");
        }
        // A clock that shows less than 0 does not count the age.
        let age = rul.age().filter(|age| *age >= 0.0);
        let rate = |cost: f64, life: f64| age.map(|age| cost / (age + life)).filter(|r| r.is_finite());
        Ok(Decision {
            unit: rul.unit().to_owned(),
            action,
            failure_in_lead_time: in_lead,
            failure_before_next_chance: before_next,
            risk_limit: limit,
            replace_by,
            cost_rate_planned: if at.is_finite() {
                rate(self.planned * rul.survival(at) + self.unplanned * rul.cdf(at), rul.restricted_mean(at))
            } else {
                None
            },
            cost_rate_failure: rate(self.unplanned, rul.mean()).filter(|r| *r > 0.0),
            reason,
        })
    }
}

/// A number with at most four decimals, and none that say nothing.
fn plain(v: f64) -> String {
    let text = format!("{v:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A probability as a planner reads it.
fn percent(p: f64) -> String {
    let p = 100.0 * p;
    if p > 0.0 && p < 0.01 { "below 0.01 %".to_owned() } else { format!("{p:.2} %") }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.unit.is_empty() {
            write!(f, "{}: ", self.unit)?;
        }
        match self.action {
            Action::Continue => write!(f, "continue")?,
            Action::Inspect => write!(f, "inspect before the next review")?,
            Action::Plan { at } => write!(f, "order now and replace in {}", plain(at))?,
            Action::Act => write!(f, "act now")?,
        }
        write!(f, ", because {}.", self.reason)
    }
}
