//! Where the regime changes: few stretches have their nearest neighbour across the place.

use super::MatrixProfile;
use crate::error::{Error, Result};

/// Semantic segmentation by the arcs of a matrix profile (FLUSS).
///
/// **What it answers.** Where does a machine change from one way of running to another? Stretches of a regime find their nearest
/// neighbour in the same regime, so that few arcs (stretch to neighbour) cross the change.
///
/// **Formula.** Arcs over place i, divided by what neighbours drawn by chance would give, `2 i (n - i) / n`, cut to 1: the
/// corrected arc curve. It is 1 within a margin of the ends, where arcs are few anyhow. Changes are its least values, each
/// with a margin around it taken out before the next.
///
/// **Source.** S. Gharghabi et al., "Matrix Profile VIII: domain agnostic online semantic segmentation at superhuman
/// performance levels", ICDM 2017. stumpy divides by a beta density fitted to a simulation instead of the parabola, some
/// per cent away from it: give it to [`against`](Self::against).
///
/// **Cost.** O(n) after the profile. **When not to use it.** Regimes that do not repeat within themselves (one ramp, one
/// start-up), or that come back: arcs then leap over what lies between.
///
/// ```
/// use prognos::anomaly::discord::{MatrixProfile, Regimes};
/// let x: Vec<f64> = (0..1200)
///     .map(|i| i as f64)
///     .map(|t| if t < 700.0 { (t * 0.31).sin() } else { (t * 0.13).sin().signum() * (t * 0.5).cos() })
///     .collect();
/// let profile = MatrixProfile::params(40).self_join(&x)?;
/// let regimes = Regimes::of(&profile, 200)?;
/// assert!(regimes.changes(1)[0].abs_diff(680) < 60);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Regimes {
    margin: usize,
    arcs: Vec<usize>,
    curve: Vec<f64>,
}

impl Regimes {
    /// The corrected arc curve of a self-join; `margin` samples at the ends, and around a change, hold no other: five windows
    /// are usual.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an AB-join, whose neighbours lie in another series.
    pub fn of(profile: &MatrixProfile, margin: usize) -> Result<Self> {
        if profile.exclusion().is_none() {
            return Err(Error::parameter("profile", "an AB-join", "must be a self-join"));
        }
        let n = profile.indices().len();
        let ideal: Vec<f64> = (0..n).map(|i| 2.0 * i as f64 * (n - i) as f64 / n as f64).collect();
        Self::against(profile.indices(), margin, &ideal)
    }

    /// The same of any neighbours, divided by an expectation of your own: arcs over every stretch.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of stretches, or a neighbour that is not among them.
    pub fn against(indices: &[Option<usize>], margin: usize, ideal: &[f64]) -> Result<Self> {
        let n = indices.len();
        if let Some(j) = indices.iter().flatten().find(|j| **j >= n) {
            return Err(Error::shape("stretches that are neighbours", n, *j));
        }
        if ideal.len() != n {
            return Err(Error::shape("stretches of the expected arc curve", n, ideal.len()));
        }
        // Arcs that begin less arcs that end.
        let mut steps = vec![0isize; n + 1];
        for (i, j) in indices.iter().enumerate() {
            if let Some(j) = *j {
                steps[i.min(j)] += 1;
                steps[i.max(j)] -= 1;
            }
        }
        let mut over = 0;
        let arcs: Vec<usize> = steps[..n]
            .iter()
            .map(|s| {
                over += s;
                over.unsigned_abs()
            })
            .collect();
        let corrected = |i: usize| {
            let ratio = arcs[i] as f64 / ideal[i];
            let inside = i >= margin && n - i > margin;
            if inside && ratio < 1.0 { ratio.max(0.0) } else { 1.0 }
        };
        Ok(Self { margin, curve: (0..n).map(corrected).collect(), arcs })
    }

    /// Arcs over every stretch.
    #[must_use]
    pub fn arcs(&self) -> &[usize] {
        &self.arcs
    }

    /// The corrected arc curve, 0 to 1: low where the regime changes.
    #[must_use]
    pub fn curve(&self) -> &[f64] {
        &self.curve
    }

    /// The likeliest changes, the likeliest first: `count` of them, or fewer when margins leave no place.
    #[must_use]
    pub fn changes(&self, count: usize) -> Vec<usize> {
        let mut free = vec![true; self.curve.len()];
        let mut found = Vec::new();
        while found.len() < count {
            let places = (0..free.len()).filter(|&i| free[i] && self.curve[i] < 1.0);
            let Some(least) = places.min_by(|&a, &b| self.curve[a].total_cmp(&self.curve[b])) else { break };
            found.push(least);
            let to = least.saturating_add(self.margin).min(free.len()).max(least + 1);
            free[least.saturating_sub(self.margin)..to].fill(false);
        }
        found
    }
}
