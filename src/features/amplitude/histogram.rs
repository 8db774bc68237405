//! Histograms of a window: entropy and the fullest bin.
//!
//! Bins are those of numpy: `bins` of equal width from the smallest to the largest sample, each with its left edge,
//! the last one with both; a constant lies in the middle of a histogram one unit wide. The entropy says how evenly
//! the amplitudes fill their range: ln(bins) for a uniform distribution, 0 when all samples lie in one bin; a few
//! large peaks over a quiet signal make it small.
//!
//! Cost: `bins` comparisons a sample, or `bins` binary searches where the set sorts the window anyway (it always does
//! for more than 32 bins). Both give the same counts.
//!
//! # NaN
//! An empty window, a range that is not finite, and more bins than there are numbers between smallest and largest.

use super::counts::count_low;
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};

/// Above this, sorting costs less than comparing every sample with every edge.
const SORT_ABOVE: usize = 32;

const MAX_BINS: i64 = 10_000;

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    const MAX_BINS_10: &[Param] = &[Param::int("max_bins", 1, MAX_BINS).or("10")];
    const BINS: &[Param] = &[Param::int("bins", 1, MAX_BINS).or("10")];
    vec![
        Calculator::group(
            "binned_entropy",
            MAX_BINS_10,
            "-sum p ln p over a histogram of max_bins equal bins, nats",
            |args| Histogram::boxed(args.iter().map(|a| a.count(0)).collect(), entropy),
        ),
        Calculator::group(
            "histogram_mode",
            BINS,
            "centre of the first fullest of equal bins, unit of the signal",
            |args| Histogram::boxed(args.iter().map(|a| a.count(0)).collect(), mode),
        ),
    ]
}

/// What is asked of each histogram: a number from its counts, the number of samples, and the bins.
type Answer = fn(&mut dyn Iterator<Item = usize>, usize, &Bins) -> f64;

struct Histogram {
    bins: Vec<usize>,
    answer: Answer,
}

impl Histogram {
    fn boxed(bins: Vec<usize>, answer: Answer) -> Box<dyn Kernel> {
        Box::new(Self { bins, answer })
    }
}

impl Kernel for Histogram {
    fn needs(&self) -> Needs {
        let needs = Needs::new().moments();
        if self.bins.iter().any(|&b| b > SORT_ABOVE) { needs.sorted() } else { needs }
    }

    fn run(&self, shared: &Shared<'_>, _: &mut Scratch, out: &mut [f64]) {
        let m = shared.moments();
        for (out, &count) in out.iter_mut().zip(&self.bins) {
            *out = match Bins::new(m.min, m.max, count) {
                None => f64::NAN,
                Some(bins) => {
                    let mut below = 0;
                    let mut counts = (1..=count).map(|k| {
                        let upto = if k == count {
                            shared.len()
                        } else {
                            let edge = bins.edge(k);
                            count_low(shared, |v| v < edge)
                        };
                        let here = upto - below;
                        below = upto;
                        here
                    });
                    (self.answer)(&mut counts, shared.len(), &bins)
                }
            };
        }
    }
}

/// `count` equal bins, their edges computed as `numpy.linspace` does.
pub(crate) struct Bins {
    start: f64,
    end: f64,
    step: f64,
    per_unit: f64,
    count: usize,
}

impl Bins {
    /// `None` when the edges are not finite or not all different.
    pub(crate) fn new(min: f64, max: f64, count: usize) -> Option<Self> {
        let (start, end) = if min < max { (min, max) } else { (min - 0.5, max + 0.5) };
        let step = (end - start) / count as f64;
        let bins = Self { start, end, step, per_unit: 1.0 / step, count };
        let rising = (0..count).all(|k| bins.edge(k) < bins.edge(k + 1));
        (step.is_finite() && rising).then_some(bins)
    }

    fn edge(&self, k: usize) -> f64 {
        if k >= self.count { self.end } else { k as f64 * self.step + self.start }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The bin of a value between the ends: a product guesses, the edges decide.
    pub(crate) fn place(&self, v: f64) -> usize {
        let last = self.count - 1;
        let mut k = (((v - self.start) * self.per_unit) as usize).min(last);
        while k > 0 && v < self.edge(k) {
            k -= 1;
        }
        while k < last && v >= self.edge(k + 1) {
            k += 1;
        }
        k
    }
}

pub(crate) fn entropy(counts: &mut dyn Iterator<Item = usize>, samples: usize, _: &Bins) -> f64 {
    let terms = counts.filter(|&c| c > 0).map(|c| {
        let p = c as f64 / samples as f64;
        -p * p.ln()
    });
    terms.sum()
}

fn mode(counts: &mut dyn Iterator<Item = usize>, _: usize, bins: &Bins) -> f64 {
    let mut fullest = (0, 0);
    for (k, c) in counts.enumerate() {
        if c > fullest.1 {
            fullest = (k, c);
        }
    }
    0.5 * bins.edge(fullest.0) + 0.5 * bins.edge(fullest.0 + 1)
}
