//! Extrema, zero crossings, and the extrema beyond the ends.

/// Where the extrema of a series are.
#[derive(Debug, Clone, Default)]
pub(super) struct Extrema {
    pub maxima: Vec<usize>,
    pub minima: Vec<usize>,
    /// Changes of sign; a stretch of zeros counts once.
    pub crossings: usize,
}

impl Extrema {
    /// Number of extrema.
    pub(super) fn count(&self) -> usize {
        self.maxima.len() + self.minima.len()
    }

    /// Finds the extrema of `x`: samples above (below) both neighbours, and the middle of a level stretch with lower
    /// (higher) samples on both sides. The ends are none.
    pub(super) fn find(&mut self, x: &[f64]) {
        self.maxima.clear();
        self.minima.clear();
        self.crossings = 0;
        // Direction of the last step that was not level, and where it arrived.
        let (mut rising, mut falling, mut arrived) = (false, false, 0_usize);
        for (i, pair) in x.windows(2).enumerate() {
            let (a, b) = (pair[0], pair[1]);
            if b > a {
                if falling {
                    self.minima.push(middle(arrived, i));
                }
                (rising, falling, arrived) = (true, false, i + 1);
            } else if b < a {
                if rising {
                    self.maxima.push(middle(arrived, i));
                }
                (rising, falling, arrived) = (false, true, i + 1);
            }
            self.crossings += usize::from(a * b < 0.0 || (b == 0.0 && a != 0.0));
        }
        self.crossings += usize::from(x.first() == Some(&0.0));
    }
}

/// The middle of a level stretch; between two samples the even one, so that neither side is preferred.
fn middle(first: usize, last: usize) -> usize {
    let half = first.midpoint(last);
    if (first + last) % 2 == 1 { half + half % 2 } else { half }
}

/// Knots of one envelope: positions and values, ascending.
#[derive(Debug, Clone, Default)]
pub(super) struct Knots {
    pub at: Vec<f64>,
    pub value: Vec<f64>,
}

impl Knots {
    fn push(&mut self, at: f64, value: f64) {
        if self.at.last().is_some_and(|last| at <= *last) {
            // A mirrored extremum that falls onto another: the later one stays.
            self.at.pop();
            self.value.pop();
        }
        self.at.push(at);
        self.value.push(value);
    }
}

/// Mirrored extrema at each end.
const MIRRORED: usize = 2;

/// Extrema beyond one end, in samples outside of it, nearest last.
#[derive(Debug, Clone, Copy, Default)]
struct Beyond {
    places: [(f64, usize); MIRRORED],
    len: usize,
}

impl Beyond {
    /// The extrema (distances from the end) mirrored about `about`, the farthest first.
    fn mirror(distances: impl Iterator<Item = usize>, about: usize) -> Self {
        let mut all = Self::default();
        for d in distances.take(MIRRORED) {
            all.places.rotate_right(1);
            all.places[0] = (2.0 * about as f64 - d as f64, d);
            all.len += 1;
        }
        all
    }

    fn places(&self) -> &[(f64, usize)] {
        &self.places[..self.len]
    }

    /// Whether the farthest one lies outside.
    fn reaches(&self) -> bool {
        self.places().first().is_some_and(|(at, _)| *at <= 0.0)
    }
}

/// The extrema beyond an end: first those like the one nearest to it, then the others. `near` and `far` are distances
/// from the end, ascending; the sample at distance d is `at(d)` in a signal turned so that `near` are maxima.
///
/// The mirror stands at the nearest extremum if the end lies above the first minimum, and at the end itself, which
/// then counts as a minimum, if it lies below (Rilling, Flandrin & Goncalves 2003).
fn beyond(near: &[usize], far: &[usize], at: impl Fn(usize) -> f64) -> (Beyond, Beyond) {
    let (Some(&first_near), Some(&first_far)) = (near.first(), far.first()) else { return Default::default() };
    let in_place = |list: &[usize], about| Beyond::mirror(list.iter().copied(), about);
    if at(0) > at(first_far) {
        let (n, f) = (in_place(&near[1..], first_near), in_place(far, first_near));
        if n.reaches() && f.reaches() {
            return (n, f);
        }
        // Too few extrema to reach beyond the end: mirror at the end.
        return (in_place(near, 0), in_place(far, 0));
    }
    let with_end = std::iter::once(0).chain(far.iter().copied());
    (in_place(near, 0), Beyond::mirror(with_end, 0))
}

/// Writes the knots of the upper and the lower envelope of `x`: its extrema, and two mirrored ones beyond each end.
/// `distances` is room.
pub(super) fn knots(
    x: &[f64],
    extrema: &Extrema,
    upper: &mut Knots,
    lower: &mut Knots,
    distances: &mut [Vec<usize>; 2],
) {
    for knots in [&mut *upper, &mut *lower] {
        knots.at.clear();
        knots.value.clear();
    }
    let (Some(last), Some(&first_max), Some(&first_min)) =
        (x.len().checked_sub(1), extrema.maxima.first(), extrema.minima.first())
    else {
        return;
    };
    let (maxima, minima) = (&extrema.maxima, &extrema.minima);
    let (max, min) = if first_max < first_min {
        beyond(maxima, minima, |d| x[d])
    } else {
        let (near, far) = beyond(minima, maxima, |d| -x[d]);
        (far, near)
    };
    for (knots, outside, inside) in [(&mut *upper, max, maxima), (&mut *lower, min, minima)] {
        for &(at, d) in outside.places() {
            knots.push(at, x[d]);
        }
        for &i in inside {
            knots.push(i as f64, x[i]);
        }
    }
    for (to, from) in distances.iter_mut().zip([maxima, minima]) {
        to.clear();
        to.extend(from.iter().rev().take(MIRRORED + 1).map(|i| last - i));
    }
    let [maxima, minima] = distances;
    let (max, min) = if maxima[0] < minima[0] {
        beyond(maxima, minima, |d| x[last - d])
    } else {
        let (near, far) = beyond(minima, maxima, |d| -x[last - d]);
        (far, near)
    };
    for (knots, outside) in [(upper, max), (lower, min)] {
        for &(at, d) in outside.places().iter().rev() {
            knots.push(last as f64 - at, x[last - d]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plateaus_zeros_and_ends() {
        let mut e = Extrema::default();
        e.find(&[0.0, 1.0, 1.0, 1.0, 0.0, -1.0, 2.0, 2.0]);
        assert_eq!((e.maxima.as_slice(), e.minima.as_slice()), (&[2][..], &[5][..]));
        assert_eq!(e.crossings, 3);
        e.find(&[]);
        assert_eq!(e.count(), 0);
    }

    #[test]
    fn mirrored_knots_reach_beyond_both_ends() {
        for phase in 0..12 {
            let x: Vec<f64> = (0..50).map(|i| ((i + phase) as f64 * 0.55).sin() + 0.02 * i as f64).collect();
            let (mut e, mut up, mut low) = (Extrema::default(), Knots::default(), Knots::default());
            e.find(&x);
            knots(&x, &e, &mut up, &mut low, &mut Default::default());
            for k in [&up, &low] {
                assert!(k.at[0] <= 0.0 && k.at[k.at.len() - 1] >= 49.0, "{k:?}");
                assert!(k.at.windows(2).all(|w| w[0] < w[1]), "{k:?}");
            }
        }
    }
}
