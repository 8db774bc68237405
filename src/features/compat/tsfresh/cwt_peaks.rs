//! Peaks that show at several widths of a wavelet, as tsfresh counts them with scipy's `find_peaks_cwt`.
//!
//! # Algorithm
//! The window is smoothed with the Ricker wavelet of the widths 1..=n, each cut to 10 widths and to the window. Local maxima of
//! a row are joined to ridges, from the widest row with a maximum down: a maximum joins the ridge whose last column is nearest,
//! within a quarter of the width, else it begins one; a ridge that misses two rows in a row ends. A ridge counts that has at
//! least n / 4 points, and whose last value is not smaller in size than the noise: the 10th percentile of the row of width 1
//! over a twentieth of the window around it.
//!
//! For clear peaks `number_peaks`, with a support, is cheaper and says more plainly what it counts.
//!
//! # Source
//! P. Du, W. A. Kibbe, S. M. Lin, Bioinformatics 22 (2006) 2059; the details are those of scipy 1.17 (defaults).
//!
//! # Cost
//! 5 w products a sample for each width w; a comparison with a twentieth of the window for each ridge. All n of a set share the
//! rows.

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use std::f64::consts::PI;

/// The table of this family.
pub(super) fn calculators() -> Vec<Calculator> {
    const N: &[Param] = &[Param::int("n", 1, 64)];
    vec![Calculator::group(
        "number_cwt_peaks",
        N,
        "number of ridges of maxima over the Ricker wavelets of width 1..=n that stand out of the noise",
        |args| {
            let widths: Vec<usize> = args.iter().map(|a| a.count(0).max(1)).collect();
            Box::new(WaveletPeaks { widths })
        },
    )]
}

struct WaveletPeaks {
    /// The largest width of each spec.
    widths: Vec<usize>,
}

/// What stays from window to window.
#[derive(Default)]
struct Rooms {
    /// For windows of `len` samples.
    wavelets: Vec<Wavelet>,
    len: usize,
    padded: Vec<f64>,
    narrow: Vec<f64>,
    row: Vec<f64>,
    maxima: Vec<u32>,
    /// Whether the row of width 1 stands out of the noise here, where that was asked.
    verdicts: Vec<Option<bool>>,
    /// The first ridge whose last column this is.
    owner: Vec<u32>,
    ridges: Vec<Vec<Ridge>>,
    sorting: Vec<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Ridge {
    column: u32,
    points: u32,
    missed: u32,
    value: f64,
}

const NONE: u32 = u32::MAX;

/// Places of the convolution that are computed together.
const BLOCK: usize = 16;

/// Rows in a row without a maximum that end a ridge: more than this.
const GAP: u32 = 1;

impl Kernel for WaveletPeaks {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let x = shared.samples();
        let n = x.len();
        if n == 0 || u32::try_from(n).is_err() {
            out.fill(f64::NAN);
            return;
        }
        let rooms: &mut Rooms = scratch.own();
        rooms.prepare(n, &self.widths);
        let widest = rooms.wavelets.len();
        let pad = 5 * widest;
        rooms.padded[pad..pad + n].copy_from_slice(x);
        smooth(&rooms.padded, pad, &rooms.wavelets[0], &mut rooms.narrow);
        out.fill(0.0);
        for width in (1..=widest).rev() {
            if width == 1 {
                rooms.row.copy_from_slice(&rooms.narrow);
            } else {
                smooth(&rooms.padded, pad, &rooms.wavelets[width - 1], &mut rooms.row);
            }
            let count = find_maxima(&rooms.row, &mut rooms.maxima);
            for (spec, &most) in self.widths.iter().enumerate().filter(|(_, most)| **most >= width) {
                let ridges = &mut rooms.ridges[spec];
                extend(ridges, &rooms.maxima[..count], &rooms.row, &mut rooms.owner, width / 4);
                let ended = |r: &Ridge| r.missed > GAP || width == 1;
                let enough = |r: &Ridge| r.points as usize >= most.div_ceil(4);
                for ridge in ridges.iter().filter(|r| ended(r) && enough(r)) {
                    let judge = |sorting: &mut Vec<f64>| stands_out(ridge, &rooms.narrow, sorting);
                    // Ridges that end in the last row have its value: the same question for every n.
                    let stands = if ridge.missed == 0 && width == 1 {
                        let verdict = &mut rooms.verdicts[ridge.column as usize];
                        *verdict.get_or_insert_with(|| judge(&mut rooms.sorting))
                    } else {
                        judge(&mut rooms.sorting)
                    };
                    out[spec] += f64::from(u8::from(stands));
                }
                ridges.retain(|r| !ended(r));
            }
        }
        if !rooms.narrow.iter().all(|v| v.is_finite()) {
            out.fill(f64::NAN);
        }
    }
}

impl Rooms {
    fn prepare(&mut self, n: usize, widths: &[usize]) {
        let widest = widths.iter().copied().max().unwrap_or(1);
        if self.len != n || self.wavelets.len() != widest {
            self.len = n;
            self.wavelets = (1..=widest).map(|w| Wavelet::ricker((10 * w).min(n), w)).collect();
            self.padded = vec![0.0; n + 10 * widest];
            self.narrow = vec![0.0; n];
            self.row = vec![0.0; n];
            self.maxima = vec![0; n];
            self.verdicts = vec![None; n];
            self.owner = vec![NONE; n];
            // Ridges of this row and of the one before, each with half of the samples at most, and new ones.
            self.ridges = widths.iter().map(|_| Vec::with_capacity(2 * n)).collect();
            self.sorting = Vec::with_capacity(n.div_ceil(20) + 1);
        }
        self.ridges.iter_mut().for_each(Vec::clear);
        self.verdicts.fill(None);
    }
}

/// A symmetric wavelet of `points` points, kept from its end to its middle.
struct Wavelet {
    points: usize,
    half: Vec<f64>,
}

impl Wavelet {
    fn ricker(points: usize, width: usize) -> Self {
        let a = width as f64;
        let scale = 2.0 / ((3.0 * a).sqrt() * PI.powf(0.25));
        let value = |k: usize| {
            let t = k as f64 - (points as f64 - 1.0) / 2.0;
            let square = t * t / (a * a);
            scale * (1.0 - square) * (-0.5 * square).exp()
        };
        Self { points, half: (0..points.div_ceil(2)).map(value).collect() }
    }
}

/// The convolution with the wavelet, in the middle `n` of its places: as long as the window, which is 0 outside.
fn smooth(padded: &[f64], pad: usize, wavelet: &Wavelet, out: &mut [f64]) {
    // An even number of points has its middle half a sample before the sample it is written to.
    let Wavelet { points, ref half } = *wavelet;
    let (pairs, reach) = (points / 2, (points - 1) / 2);
    let mut at = pad;
    let (chunks, rest) = out.as_chunks_mut::<BLOCK>();
    for chunk in chunks {
        let mut sums = [0.0; BLOCK];
        // The samples on both sides that have the same weight, from the ends of the wavelet inwards.
        let earlier = padded[at + reach + 1 - points..][..pairs + BLOCK - 1].windows(BLOCK);
        let later = padded[at + reach + 1 - pairs..][..pairs + BLOCK - 1].windows(BLOCK).rev();
        for ((weight, earlier), later) in half.iter().zip(earlier).zip(later) {
            for k in 0..BLOCK {
                sums[k] += weight * (later[k] + earlier[k]);
            }
        }
        if points % 2 == 1 {
            for (sum, v) in sums.iter_mut().zip(&padded[at..]) {
                *sum += half[pairs] * v;
            }
        }
        *chunk = sums;
        at += BLOCK;
    }
    for out in rest {
        let sides = half.iter().enumerate().take(pairs);
        *out = sides.map(|(t, w)| w * (padded[at + reach - t] + padded[at + reach + t + 1 - points])).sum();
        if points % 2 == 1 {
            *out += half[pairs] * padded[at];
        }
        at += 1;
    }
}

/// Places of the values that are larger than both neighbours; gives how many there are.
fn find_maxima(row: &[f64], maxima: &mut [u32]) -> usize {
    let mut count = 0;
    for (i, w) in (1_u32..).zip(row.windows(3)) {
        // Written in any case, kept if it counts: no branch to mispredict.
        maxima[count] = i;
        count += usize::from((w[1] > w[0]) & (w[1] > w[2]));
    }
    count
}

/// Joins the maxima of a row to the ridges, or begins new ones.
fn extend(ridges: &mut Vec<Ridge>, maxima: &[u32], row: &[f64], owner: &mut [u32], reach: usize) {
    for (i, ridge) in ridges.iter_mut().enumerate().rev() {
        ridge.missed += 1;
        owner[ridge.column as usize] = i as u32;
    }
    for &column in maxima {
        let place = column as usize;
        let at = |place: usize| owner.get(place).copied().unwrap_or(NONE);
        let nearest = (0..=reach)
            .map(|d| at(place + d).min(if d <= place { at(place - d) } else { NONE }))
            .find(|&ridge| ridge != NONE);
        let value = row[place];
        // `owner` still says where the ridges were before this row: that is what nearness is about.
        match nearest.and_then(|ridge| ridges.get_mut(ridge as usize)) {
            Some(ridge) => *ridge = Ridge { column, points: ridge.points + 1, missed: 0, value },
            None => ridges.push(Ridge { column, points: 1, missed: 0, value }),
        }
    }
    owner.fill(NONE);
}

/// Whether the last value of a ridge is at least as large in size as the noise around it.
fn stands_out(ridge: &Ridge, narrow: &[f64], sorting: &mut Vec<f64>) -> bool {
    let size = ridge.value.abs();
    let window = narrow.len().div_ceil(20);
    let column = ridge.column as usize;
    let from = column.saturating_sub(window / 2);
    let to = (column + window / 2 + window % 2).min(narrow.len());
    let values = &narrow[from..to];
    let place = 0.1 * (values.len() - 1) as f64;
    let low = place.floor() as usize;
    // The percentile lies between the values of rank `low` and `low + 1`: two counts mostly decide.
    let below = count_until(values, low + 2, |v| v < -size);
    let upto = count_until(values, low + 2, |v| v <= size);
    if upto <= low || below >= low + 2 {
        return false;
    }
    if upto >= low + 2 && below <= low {
        return true;
    }
    sorting.clear();
    sorting.extend_from_slice(values);
    let (_, &mut a, above) = sorting.select_nth_unstable_by(low, f64::total_cmp);
    let b = above.iter().copied().min_by(f64::total_cmp).unwrap_or(a);
    let t = place - low as f64;
    let noise = a * (1.0 - t) + b * t;
    size >= noise.abs()
}

/// How many values there are for which `counts`, or some number from `enough` on.
fn count_until(values: &[f64], enough: usize, counts: impl Fn(f64) -> bool) -> usize {
    let mut count = 0;
    for part in values.chunks(32) {
        count += part.iter().map(|&v| u64::from(counts(v))).sum::<u64>() as usize;
        if count >= enough {
            break;
        }
    }
    count
}
