//! How fluctuation grows with the length of the stretch looked at, and where that growth bends.

use super::Version;
use super::series::Series;
use crate::features::shared::Scratch;
use crate::math::lanes::LANES;

/// What is measured in a stretch of the profile, less its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Largest less smallest value.
    Range,
    /// Root mean square.
    Rms,
}

/// Scales at most.
const SCALES: usize = 50;

/// Shortest stretch.
const SHORTEST: f64 = 5.0;

/// Least scales of version 0.4, and on a side of the bend.
const LEAST_V0_4: (usize, usize) = (12, 6);

/// Least scales on a side of the bend in version 1.
const SIDE_V1: usize = 8;

/// Share of the scales before the bend of the two lines that fit best to the logarithm of the fluctuation over that of
/// the scale. Range: rescaled range; Rms: detrended fluctuation analysis (C.-K. Peng et al., 1994) of every second
/// sample. Up to 50 scales, evenly in the logarithm, from 5 to n/2.
///
/// Version 0.4: n is that of the series, the sum of the root squared errors is the least, six scales a side, 0 for
/// fewer than twelve. Version 1: n is that of the profile, the sum of the squared errors is the least, a quarter of the
/// scales a side and at least eight, NaN for fewer than sixteen.
///
/// O(n) a scale.
pub(super) fn bend(version: Version, measure: Measure, s: &Series<'_>, scratch: &mut Scratch) -> f64 {
    let n = s.len();
    let (lag, room) = match measure {
        Measure::Range => (1, n),
        Measure::Rms => (2, n.div_ceil(2)),
    };
    let profile = scratch.floats(room);
    let mut sum = 0.0;
    for (p, z) in profile.iter_mut().zip(s.z.iter().step_by(lag)) {
        sum += z;
        *p = sum;
    }
    let (profile, longest) = match version {
        Version::V0_4 => (&profile[..n / lag], n / 2),
        Version::V1 => (&*profile, profile.len() / 2),
    };
    let mut scales = [0; SCALES];
    let count = scales_to(longest, &mut scales);
    let too_few = match version {
        Version::V0_4 => count < LEAST_V0_4.0,
        Version::V1 => count < 2 * SIDE_V1,
    };
    if too_few {
        return if version == Version::V0_4 { 0.0 } else { f64::NAN };
    }
    let (mut t, mut f) = ([0.0; SCALES], [0.0; SCALES]);
    for (i, &scale) in scales[..count].iter().enumerate() {
        t[i] = (scale as f64).ln();
        f[i] = fluctuation(profile, scale, measure).ln();
    }
    let (t, f) = (&t[..count], &f[..count]);
    let split = match version {
        Version::V0_4 => best_split(t, f, LEAST_V0_4.1, LEAST_V0_4.1 + 1, f64::sqrt),
        Version::V1 => {
            let side = ((count as f64 / 4.0).round() as usize).max(SIDE_V1);
            best_split(t, f, side, side + 1, |e| e)
        }
    };
    match (split, version) {
        (Some(split), _) => split as f64 / count as f64,
        // No error is a number: a fluctuation was 0.
        (None, Version::V0_4) => 1.0 / count as f64,
        (None, Version::V1) => f64::NAN,
    }
}

/// Fills the different scales from 5 to `longest`, evenly in the logarithm; returns how many.
fn scales_to(longest: usize, scales: &mut [usize; SCALES]) -> usize {
    if (longest as f64) < SHORTEST {
        return 0;
    }
    let low = SHORTEST.ln();
    let step = ((longest as f64).ln() - low) / (SCALES - 1) as f64;
    let mut count = 0;
    for i in 0..SCALES {
        let scale = (low + i as f64 * step).exp().round() as usize;
        if count == 0 || scale != scales[count - 1] {
            scales[count] = scale;
            count += 1;
        }
    }
    count
}

/// Below this length four stretches are looked at side by side: adding up the lanes of one would cost more than it has
/// values.
const SHORT: usize = 48;

/// Root mean square, over the stretches of `scale` values, of what is measured in them.
fn fluctuation(profile: &[f64], scale: usize, measure: Measure) -> f64 {
    let line = Line::new(scale);
    let stretches = profile.len() / scale;
    let mut total = 0.0;
    let mut rest = profile;
    if scale < SHORT {
        let four = profile.chunks_exact(4 * scale);
        rest = four.remainder();
        total += four.map(|four| line.four(four, measure)).sum::<f64>();
    }
    total += rest.chunks_exact(scale).map(|stretch| line.one(stretch, measure)).sum::<f64>();
    (total / stretches as f64).sqrt()
}

/// Fits lines to stretches of one length. Everything is taken from the first value of the stretch, so that a far
/// profile costs no digits.
struct Line {
    length: usize,
    /// Mean of the places 0..length.
    middle: f64,
    /// Sum of the squares of the places less their mean.
    spread: f64,
}

impl Line {
    fn new(length: usize) -> Self {
        let l = length as f64;
        Self { length, middle: (l - 1.0) / 2.0, spread: l * (l * l - 1.0) / 12.0 }
    }

    /// The square of the range of one stretch less its line, or the mean of its squares.
    fn one(&self, stretch: &[f64], measure: Measure) -> f64 {
        let first = stretch[0];
        let (mut sum, mut moment) = ([0.0; LANES], [0.0; LANES]);
        let (chunks, rest) = stretch.as_chunks::<LANES>();
        let start: [f64; LANES] = std::array::from_fn(|k| k as f64 - self.middle);
        let mut place = start;
        for chunk in chunks {
            for k in 0..LANES {
                let v = chunk[k] - first;
                sum[k] += v;
                moment[k] += v * place[k];
                place[k] += LANES as f64;
            }
        }
        for (k, v) in rest.iter().enumerate() {
            sum[k] += v - first;
            moment[k] += (v - first) * place[k];
        }
        let slope = moment.iter().sum::<f64>() / self.spread;
        let level = first + sum.iter().sum::<f64>() / self.length as f64;
        let mut place = start;
        match measure {
            Measure::Range => {
                let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
                for chunk in chunks {
                    for k in 0..LANES {
                        let r = chunk[k] - level - slope * place[k];
                        low[k] = if r < low[k] { r } else { low[k] };
                        high[k] = if r > high[k] { r } else { high[k] };
                        place[k] += LANES as f64;
                    }
                }
                for (k, v) in rest.iter().enumerate() {
                    let r = v - level - slope * place[k];
                    low[k] = if r < low[k] { r } else { low[k] };
                    high[k] = if r > high[k] { r } else { high[k] };
                }
                let high = high.iter().fold(f64::NEG_INFINITY, |a, &b| if b > a { b } else { a });
                let low = low.iter().fold(f64::INFINITY, |a, &b| if b < a { b } else { a });
                (high - low) * (high - low)
            }
            Measure::Rms => {
                let mut squares = [0.0; LANES];
                for chunk in chunks {
                    for k in 0..LANES {
                        let r = chunk[k] - level - slope * place[k];
                        squares[k] += r * r;
                        place[k] += LANES as f64;
                    }
                }
                for (k, v) in rest.iter().enumerate() {
                    let r = v - level - slope * place[k];
                    squares[k] += r * r;
                }
                squares.iter().sum::<f64>() / self.length as f64
            }
        }
    }

    /// The same of four stretches, one behind the other, added up.
    fn four(&self, values: &[f64], measure: Measure) -> f64 {
        let n = self.length;
        let (a, b) = values.split_at(2 * n);
        let ((a, b), (c, d)) = (a.split_at(n), b.split_at(n));
        let (b, c, d) = (&b[..a.len()], &c[..a.len()], &d[..a.len()]);
        let first = [a[0], b[0], c[0], d[0]];
        let (mut sum, mut moment) = ([0.0; 4], [0.0; 4]);
        let mut place = -self.middle;
        for j in 0..a.len() {
            let row = [a[j], b[j], c[j], d[j]];
            for k in 0..4 {
                let v = row[k] - first[k];
                sum[k] += v;
                moment[k] += v * place;
            }
            place += 1.0;
        }
        let slope = moment.map(|m| m / self.spread);
        let level: [f64; 4] = std::array::from_fn(|k| first[k] + sum[k] / n as f64);
        let mut place = -self.middle;
        match measure {
            Measure::Range => {
                let (mut low, mut high) = ([f64::INFINITY; 4], [f64::NEG_INFINITY; 4]);
                for j in 0..a.len() {
                    let row = [a[j], b[j], c[j], d[j]];
                    for k in 0..4 {
                        let r = row[k] - level[k] - slope[k] * place;
                        low[k] = if r < low[k] { r } else { low[k] };
                        high[k] = if r > high[k] { r } else { high[k] };
                    }
                    place += 1.0;
                }
                (0..4).map(|k| (high[k] - low[k]) * (high[k] - low[k])).sum()
            }
            Measure::Rms => {
                let mut squares = [0.0; 4];
                for j in 0..a.len() {
                    let row = [a[j], b[j], c[j], d[j]];
                    for k in 0..4 {
                        let r = row[k] - level[k] - slope[k] * place;
                        squares[k] += r * r;
                    }
                    place += 1.0;
                }
                squares.iter().sum::<f64>() / n as f64
            }
        }
    }
}

/// The split with the least error: points `..i` and `i-1..`, both lines having the point between; `None` where no error
/// is a number. At least `left` and `right` points a side; `weigh` turns a sum of squares into an error.
fn best_split(t: &[f64], f: &[f64], left: usize, right: usize, weigh: fn(f64) -> f64) -> Option<usize> {
    let count = t.len();
    let mut best = (f64::INFINITY, None);
    for i in left..=(count + 1).saturating_sub(right) {
        let error = weigh(line_error(&t[..i], &f[..i])) + weigh(line_error(&t[i - 1..], &f[i - 1..]));
        if error < best.0 {
            best = (error, Some(i));
        }
    }
    best.1
}

/// Sum of the squares that a line leaves.
fn line_error(x: &[f64], y: &[f64]) -> f64 {
    let n = x.len() as f64;
    let (mx, my) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let (mut xx, mut xy) = (0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        xx += (x - mx) * (x - mx);
        xy += (x - mx) * (y - my);
    }
    let slope = xy / xx;
    x.iter().zip(y).map(|(x, y)| (y - my - slope * (x - mx)) * (y - my - slope * (x - mx))).sum()
}
