//! In which state is the machine: off, idle, running?
//!
//! One level signal (vibration, current, power, flow) usually tells: its values gather around a few levels. The
//! levels are found by k-means in one dimension, which has an exact answer (dynamic programming over the sorted
//! values), so there is no start value, no seed and no local optimum. The number of states is the smallest that
//! explains the asked-for share of the variance; when none up to the largest allowed number does, the machine has
//! one state. With the default of 90 % and three states, Gaussian and uniform noise have one state (two levels
//! explain 64 % and 75 % of them, three 81 % and 89 %).
//!
//! Source: Wang & Song, *Ckmeans.1d.dp: optimal k-means clustering in one dimension by dynamic programming*, The R
//! Journal 3 (2011) 29-33. Cost: O(n log n) to sort and O(k n log n) to cluster n values; memory O(k n).
//! When not to use: states that differ in several signals at once, or in rhythm and not in level.

use crate::error::{Error, Result, check_fraction};

/// Settings of [`OperatingStates`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OperatingStatesParams {
    max_states: usize,
    explained: f64,
}

impl OperatingStatesParams {
    /// Largest number of states, 1 to 16 (default 3: off, idle, running).
    #[must_use]
    pub fn max_states(mut self, states: usize) -> Self {
        self.max_states = states;
        self
    }

    /// Share of the variance that the states must explain, strictly between 0 and 1 (default 0.9).
    #[must_use]
    pub fn explained(mut self, share: f64) -> Self {
        self.explained = share;
        self
    }

    /// Finds the states in the values of a level signal. NaN values are passed over.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of range; [`Error::TooFew`] without a finite value;
    /// [`Error::NonFinite`] for an infinite one; [`Error::Numeric`] when a level exceeds the range of numbers.
    pub fn fit(&self, values: &[f64]) -> Result<OperatingStates> {
        if !(1..=16).contains(&self.max_states) {
            return Err(Error::parameter("max_states", self.max_states, "must be from 1 to 16"));
        }
        check_fraction("explained", self.explained)?;
        if let Some(row) = values.iter().position(|v| v.is_infinite()) {
            return Err(Error::NonFinite {
                what: "level".into(),
                row,
                column: "values".to_owned(),
                value: values[row],
            });
        }
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        if sorted.is_empty() {
            return Err(Error::too_few("values of the level signal", 1, 0));
        }
        sorted.sort_unstable_by(f64::total_cmp);
        let levels = levels(&sorted, self.max_states, self.explained);
        if levels.iter().any(|level| !level.is_finite()) {
            return Err(Error::numeric("operating states", "a level exceeds the range of numbers: scale the signal"));
        }
        Ok(OperatingStates { levels })
    }
}

/// The levels around which a signal gathers.
///
/// ```
/// use prognos::health::OperatingStates;
/// let vibration = [0.1, 0.1, 0.12, 2.0, 2.1, 1.9, 2.0, 0.1, 0.11];
/// let states = OperatingStates::params().fit(&vibration)?;
/// assert_eq!(states.levels().len(), 2);
/// assert_eq!(states.assign(&[0.2, 1.7, f64::NAN]), [Some(0), Some(1), None]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct OperatingStates {
    levels: Vec<f64>,
}

/// The form in a file, before it is checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    levels: Vec<f64>,
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for OperatingStates {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self> {
        let rising = raw.levels.windows(2).all(|p| p[0] < p[1]);
        if raw.levels.is_empty() || !rising || raw.levels.iter().any(|v| !v.is_finite()) {
            return Err(Error::Model { reason: "the levels of operating states must be finite and rising".to_owned() });
        }
        Ok(Self { levels: raw.levels })
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for OperatingStates {
    const KIND: &'static str = "operating_states";

    fn feature_names(&self) -> &[String] {
        &[]
    }
}

impl OperatingStates {
    /// Settings with their defaults.
    #[must_use]
    pub fn params() -> OperatingStatesParams {
        OperatingStatesParams { max_states: 3, explained: 0.9 }
    }

    /// The level of each state, rising, in the unit of the signal. State 0 is the lowest.
    #[must_use]
    pub fn levels(&self) -> &[f64] {
        &self.levels
    }

    /// The state whose level is nearest, for each value; `None` for NaN. A tie goes to the lower state.
    #[must_use]
    pub fn assign(&self, values: &[f64]) -> Vec<Option<usize>> {
        values
            .iter()
            .map(|v| {
                let above = |pair: &&[f64]| v - pair[0] > pair[1] - v;
                (!v.is_nan()).then(|| self.levels.windows(2).take_while(above).count())
            })
            .collect()
    }

    /// The stretches of time in one state. Visits shorter than `min_rows` join the stretch before them (the first
    /// one joins the next), so that a single odd reading is no change of state. Missing values join too.
    #[must_use]
    pub fn stretches(&self, values: &[f64], min_rows: usize) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut begun: Option<Stretch> = None;
        for (row, state) in self.assign(values).into_iter().enumerate() {
            let Some(state) = state else {
                if let Some(b) = begun.as_mut() {
                    b.end = row + 1;
                }
                continue;
            };
            match begun.as_mut() {
                Some(b) if b.state == state => b.end = row + 1,
                Some(b) => {
                    push(&mut stretches, *b, min_rows);
                    *b = Stretch { state, start: row, end: row + 1 };
                }
                None => begun = Some(Stretch { state, start: 0, end: row + 1 }),
            }
        }
        if let Some(last) = begun {
            push(&mut stretches, last, min_rows);
        }
        if let [first, second, ..] = stretches[..]
            && first.end - first.start < min_rows
        {
            stretches.remove(0);
            stretches[0] = Stretch { start: first.start, ..second };
        }
        stretches
    }
}

/// Adds a stretch, or lets it join the one before.
fn push(stretches: &mut Vec<Stretch>, next: Stretch, min_rows: usize) {
    match stretches.last_mut() {
        Some(last) if last.state == next.state || next.end - next.start < min_rows => last.end = next.end,
        _ => stretches.push(next),
    }
}

/// A stretch of rows in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Number of the state, 0 the lowest level.
    pub state: usize,
    /// First row.
    pub start: usize,
    /// The row after the last.
    pub end: usize,
}

impl Stretch {
    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.end - self.start
    }
}

/// Sums that give the squared error of any run of sorted values in O(1).
struct Sums {
    sum: Vec<f64>,
    squares: Vec<f64>,
}

impl Sums {
    /// Sums of the deviations from the middle value: the offset costs no digits.
    fn new(sorted: &[f64], scale: f64) -> Self {
        let centre = sorted[sorted.len() / 2];
        let (mut sum, mut squares) = (vec![0.0], vec![0.0]);
        let (mut s, mut q) = (0.0, 0.0);
        for v in sorted {
            let d = (v - centre) / scale;
            s += d;
            q += d * d;
            sum.push(s);
            squares.push(q);
        }
        Self { sum, squares }
    }

    /// Squared error about their mean of the values from `i` up to but not including `j`.
    fn error(&self, i: usize, j: usize) -> f64 {
        let n = (j - i) as f64;
        let s = self.sum[j] - self.sum[i];
        (self.squares[j] - self.squares[i] - s * s / n).max(0.0)
    }
}

/// Means of the optimal groups of sorted values.
fn levels(sorted: &[f64], max_states: usize, explained: f64) -> Vec<f64> {
    let n = sorted.len();
    // From the first value on, and divided before they are added: exact for equal values, and no overflow.
    let group_mean = |from: usize, to: usize| {
        let size = (to - from) as f64;
        let first = sorted[from];
        first + sorted[from..to].iter().map(|v| v / size - first / size).sum::<f64>()
    };
    // Halves, so that the range of +-1e308 does not overflow.
    let scale = 2.0 * (sorted[n - 1] / 2.0 - sorted[0] / 2.0);
    if scale <= 0.0 || !scale.is_finite() {
        return vec![group_mean(0, n)];
    }
    let sums = Sums::new(sorted, scale);
    let total = sums.error(0, n);
    // best[j]: least error of the first j values in `groups` groups; cut[groups][j]: where the last one begins.
    let mut best: Vec<f64> = (0..=n).map(|j| if j == 0 { 0.0 } else { sums.error(0, j) }).collect();
    let mut cuts: Vec<Vec<usize>> = vec![vec![0; n + 1]];
    for groups in 2..=max_states.min(n) {
        let mut next = vec![f64::INFINITY; n + 1];
        let mut cut = vec![0; n + 1];
        split(&sums, &best, &mut next, &mut cut, (groups, n), (groups - 1, n - 1));
        best = next;
        cuts.push(cut);
        if best[n] <= (1.0 - explained) * total {
            let mut means = Vec::with_capacity(groups);
            let mut end = n;
            for cut in cuts.iter().rev() {
                means.push(group_mean(cut[end], end));
                end = cut[end];
            }
            means.reverse();
            // Ties can leave groups of equal values apart; they are one state.
            means.dedup_by(|b, a| *b <= *a);
            return means;
        }
    }
    vec![group_mean(0, n)]
}

/// Fills `next[j]` and `cut[j]` for `rows.0 <= j <= rows.1`. The best cut moves up with j, so the middle row halves
/// the range in which the others look.
fn split(sums: &Sums, best: &[f64], next: &mut [f64], cut: &mut [usize], rows: (usize, usize), range: (usize, usize)) {
    if rows.0 > rows.1 {
        return;
    }
    let j = rows.0.midpoint(rows.1);
    let last = range.1.min(j - 1);
    for (i, before) in best.iter().enumerate().take(last + 1).skip(range.0) {
        let error = before + sums.error(i, j);
        if error < next[j] {
            next[j] = error;
            cut[j] = i;
        }
    }
    let at = cut[j].max(range.0);
    split(sums, best, next, cut, (rows.0, j - 1), (range.0, at));
    split(sums, best, next, cut, (j + 1, rows.1), (at, range.1));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way to cut the sorted values into `k` runs.
    fn naive_error(x: &[f64], k: usize) -> f64 {
        let error = |v: &[f64]| {
            let m = v.iter().sum::<f64>() / v.len() as f64;
            v.iter().map(|a| (a - m) * (a - m)).sum::<f64>()
        };
        if k == 1 {
            return error(x);
        }
        (k - 1..x.len()).map(|i| naive_error(&x[..i], k - 1) + error(&x[i..])).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn the_levels_are_the_optimal_ones() {
        let mut x: Vec<f64> = (0..14).map(|i| f64::from((i * 37) % 11) + if i % 3 == 0 { 40.0 } else { 0.0 }).collect();
        x.sort_unstable_by(f64::total_cmp);
        for k in 2..=4 {
            let total = naive_error(&x, 1);
            let best = naive_error(&x, k);
            // Ask for exactly what k groups reach.
            let found = levels(&x, k, 1.0 - best / total - 1e-9);
            let states = OperatingStates { levels: found };
            let error: f64 =
                states.assign(&x).iter().zip(&x).map(|(s, v)| (v - states.levels[s.unwrap()]).powi(2)).sum();
            assert!(error <= best * (1.0 + 1e-9) && states.levels.len() <= k, "{k}: {error} against {best}");
        }
    }

    #[test]
    fn noise_has_one_state() {
        let uniform: Vec<f64> = (0..500).map(f64::from).collect();
        assert_eq!(OperatingStates::params().fit(&uniform).unwrap().levels().len(), 1);
        assert_eq!(OperatingStates::params().fit(&[2.5; 9]).unwrap().levels(), [2.5]);
    }

    #[test]
    fn short_visits_join() {
        let states = OperatingStates { levels: vec![0.0, 1.0] };
        let x = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, f64::NAN, 1.0, 1.0, 1.0];
        let stretches = states.stretches(&x, 2);
        assert_eq!(stretches, [Stretch { state: 0, start: 0, end: 8 }, Stretch { state: 1, start: 8, end: 11 }]);
        assert!(states.stretches(&[], 2).is_empty());
        assert!(states.stretches(&[f64::NAN], 2).is_empty());
    }

    #[test]
    fn bad_input_is_an_error() {
        assert!(OperatingStates::params().fit(&[]).is_err());
        assert!(OperatingStates::params().fit(&[f64::NAN]).is_err());
        assert!(OperatingStates::params().fit(&[1.0, f64::INFINITY]).is_err());
        assert!(OperatingStates::params().max_states(0).fit(&[1.0]).is_err());
        assert!(OperatingStates::params().explained(1.0).fit(&[1.0]).is_err());
        let beyond = OperatingStates::params().fit(&[1.7e308, -1.7e308, 1.7e308, 0.0]);
        assert!(matches!(beyond, Err(Error::Numeric { .. })));
        let huge = OperatingStates::params().fit(&[-f64::MAX, f64::MAX, f64::MAX, -f64::MAX]).unwrap();
        assert!(huge.levels().iter().all(|v| v.is_finite()));
    }
}
