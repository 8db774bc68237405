//! Level and trend of slow sensors: is it drifting, how fast, and is that more than chance?
//!
//! # Which one
//! | question | take |
//! |---|---|
//! | how fast, clean data | `linear_trend`, in units a sample; `linear_trend_timewise`, in units an hour |
//! | how fast, with outliers and faulty readings | `theil_sen_slope` (29 % of the samples may be wrong) |
//! | does it drift at all, whatever the shape | `kendall_tau`, `mann_kendall_s`, `mann_kendall_z`, `spearman_rho` |
//! | does the spread or the upper edge drift | `agg_linear_trend` over chunks |
//!
//! # Formulas
//! With t = 0..n-1: slope = Σ(t - t̄)(x - x̄) / Σ(t - t̄)², r their correlation, stderr = √((1 - r²) Σ(x - x̄)² /
//! Σ(t - t̄)² / (n - 2)), p two-sided by Student's t with n - 2 degrees of freedom. The p-value assumes independent
//! residuals; slow sensors are autocorrelated, so it says "drift" too often: rank trends by it, do not test with it.
//! Theil-Sen is the median of the n(n-1)/2 slopes between two samples. Kendall's τ-b against time is
//! S / √(N (N - T)), N pairs, T of them tied in x, S = pairs that rise - pairs that fall.
//!
//! # Sources
//! H. Theil, A rank-invariant method of linear and polynomial regression analysis (1950); P. K. Sen, JASA 63 (1968);
//! H. B. Mann, Econometrica 13 (1945); M. G. Kendall, *Rank Correlation Methods* (1948); W. R. Knight, A computer
//! method for calculating Kendall's tau, JASA 61 (1966). `linear_trend` and `agg_linear_trend` are those of tsfresh.
//!
//! # Cost and NaN
//! O(n) for lines, O(n log n) for ranks, O(n²) time and O(n^(4/3)) memory for Theil-Sen. A constant has slope 0 and no
//! correlation (NaN); a window of one sample has NaN, and so have r, its p-value and the error of the slope where the
//! squares leave the range of f64.

use super::theil_sen::theil_sen;
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::math::lanes::{self, LANES};
use crate::math::student::correlation_p_value;

const ATTRIBUTES: &[&str] = &["intercept", "pvalue", "rvalue", "slope", "stderr"];
const AGGREGATES: &[&str] = &["max", "mean", "min", "std", "var"];
const SECONDS_PER_HOUR: f64 = 3600.0;

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    const ATTR: &[Param] = &[Param::word("attr", ATTRIBUTES)];
    const CHUNKS: &[Param] =
        &[Param::word("attr", ATTRIBUTES), Param::int("chunk_len", 1, 1_000_000_000), Param::word("f_agg", AGGREGATES)];
    let ranks: fn(&Args) -> Needs = |_| Needs::new().ranks();
    vec![
        Calculator::group(
            "linear_trend",
            ATTR,
            "least squares line through the samples over 0..n-1; slope in units a sample",
            |args| Box::new(Lines::new(args, false)),
        ),
        Calculator::group(
            "linear_trend_timewise",
            ATTR,
            "least squares line through the samples over hours; slope in units an hour",
            |args| Box::new(Lines::new(args, true)),
        ),
        Calculator::group(
            "agg_linear_trend",
            CHUNKS,
            "least squares line through an aggregate of consecutive chunks, over 0, 1, 2, ..; NaN unless the window \
             is longer than a chunk",
            |args| Box::new(Aggregates::new(args)),
        ),
        Calculator::group(
            "theil_sen_slope",
            &[],
            "median of all slopes between two samples, units a sample; O(n²)",
            |args| Box::new(TheilSen { specs: args.len(), per_hour: false }),
        ),
        Calculator::group(
            "theil_sen_slope_per_hour",
            &[],
            "median of all slopes between two samples, units an hour; O(n²)",
            |args| Box::new(TheilSen { specs: args.len(), per_hour: true }),
        ),
        Calculator::scalar("kendall_tau", &[], "Kendall's τ-b of the samples against time", ranks, |s, _| {
            s.ranks().tau_b()
        }),
        Calculator::scalar(
            "spearman_rho",
            &[],
            "rank correlation of the samples with time, ties ranked by their mean",
            ranks,
            |s, _| s.ranks().spearman,
        ),
        Calculator::scalar("mann_kendall_s", &[], "pairs that rise less pairs that fall", ranks, |s, _| s.ranks().s()),
        Calculator::scalar(
            "mann_kendall_z",
            &[],
            "S, moved by 1 towards 0, over its deviation without trend, with the correction for ties",
            ranks,
            |s, _| s.ranks().z(),
        ),
        Calculator::scalar(
            "level_shift_halves",
            &[],
            "mean of the last n/2 samples less mean of the first n/2, unit of the signal",
            |_| Needs::new(),
            |s, _| {
                let (x, half) = (s.samples(), s.len() / 2);
                lanes::mean(&x[s.len() - half..]) - lanes::mean(&x[..half])
            },
        ),
    ]
}

/// A least squares line y over 0..n-1.
#[derive(Debug, Clone, Copy)]
struct Line {
    n: f64,
    slope: f64,
    intercept: f64,
    r: f64,
    stderr: f64,
}

impl Line {
    fn through(y: &[f64]) -> Self {
        let n = y.len() as f64;
        if y.len() < 2 {
            return Self { n, slope: f64::NAN, intercept: f64::NAN, r: f64::NAN, stderr: f64::NAN };
        }
        let mean = lanes::mean(y);
        let middle = 0.5 * (n - 1.0);
        let sxx = n * (n * n - 1.0) / 12.0;
        let syy = lanes::sum_squared_deviations(y, mean);
        let sxy = sum_over_time(y, mean, middle);
        let slope = sxy / sxx;
        // Over a sum of squares that overflowed, anything would be 0.
        let defined = syy > 0.0 && syy.is_finite();
        let r = if defined { (sxy / sxx.sqrt() / syy.sqrt()).clamp(-1.0, 1.0) } else { f64::NAN };
        let stderr = if y.len() == 2 { 0.0 } else { ((1.0 - r) * (1.0 + r) * syy / sxx / (n - 2.0)).max(0.0).sqrt() };
        let stderr = if r.is_nan() && y.len() > 2 { f64::NAN } else { stderr };
        Self { n, slope, intercept: mean - slope * middle, r, stderr }
    }

    /// An attribute, with time counted in `step`s a sample.
    fn attribute(&self, attribute: Attribute, step: f64) -> f64 {
        match attribute {
            Attribute::Slope => self.slope / step,
            Attribute::Intercept => self.intercept,
            Attribute::R => self.r,
            Attribute::StdErr => self.stderr / step,
            // Two points lie on a line whatever they are; scipy calls that certain.
            Attribute::P if self.n <= 2.0 => {
                if self.n < 2.0 {
                    f64::NAN
                } else if self.r.is_nan() {
                    // Equal points; others left the range of f64.
                    if self.slope.abs() <= 0.0 { 1.0 } else { f64::NAN }
                } else {
                    0.0
                }
            }
            Attribute::P => correlation_p_value(self.r, self.n - 2.0),
        }
    }
}

/// Σ (i - middle)(y[i] - mean).
fn sum_over_time(y: &[f64], mean: f64, middle: f64) -> f64 {
    let (chunks, rest) = y.as_chunks::<LANES>();
    let mut acc = [0.0; LANES];
    let mut t: [f64; LANES] = std::array::from_fn(|k| k as f64 - middle);
    for c in chunks {
        for k in 0..LANES {
            acc[k] += t[k] * (c[k] - mean);
            t[k] += LANES as f64;
        }
    }
    for ((a, t), &v) in acc.iter_mut().zip(t).zip(rest) {
        *a += t * (v - mean);
    }
    lanes::sum(&acc)
}

#[derive(Debug, Clone, Copy)]
enum Attribute {
    Intercept,
    P,
    R,
    Slope,
    StdErr,
}

impl Attribute {
    fn from_word(word: &str) -> Self {
        match word {
            "intercept" => Self::Intercept,
            "pvalue" => Self::P,
            "rvalue" => Self::R,
            "stderr" => Self::StdErr,
            _ => Self::Slope,
        }
    }
}

/// One line through the samples for all its attributes.
struct Lines {
    attributes: Vec<Attribute>,
    timewise: bool,
}

impl Lines {
    fn new(args: &[&Args], timewise: bool) -> Self {
        Self { attributes: args.iter().map(|a| Attribute::from_word(a.word(0))).collect(), timewise }
    }
}

impl Kernel for Lines {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, _: &mut Scratch, out: &mut [f64]) {
        let line = Line::through(shared.samples());
        let step = if self.timewise { shared.rate().period() / SECONDS_PER_HOUR } else { 1.0 };
        for (out, &attribute) in out.iter_mut().zip(&self.attributes) {
            *out = line.attribute(attribute, step);
        }
    }
}

/// Which of the aggregates of a chunk; the place in the list is the place in the scratch.
fn aggregate_index(word: &str) -> usize {
    AGGREGATES.iter().position(|&w| w == word).unwrap_or(0)
}

/// All lines through aggregates: one pass over the samples for each length of the chunks.
struct Aggregates {
    jobs: Vec<ChunkJob>,
}

struct ChunkJob {
    chunk_len: usize,
    wanted: [bool; AGGREGATES.len()],
    /// Aggregate, attribute, place in the output.
    outputs: Vec<(usize, Attribute, usize)>,
}

impl Aggregates {
    fn new(args: &[&Args]) -> Self {
        let mut jobs: Vec<ChunkJob> = Vec::new();
        for (place, a) in args.iter().enumerate() {
            let (attribute, chunk_len, aggregate) =
                (Attribute::from_word(a.word(0)), a.count(1).max(1), aggregate_index(a.word(2)));
            let at = jobs.iter().position(|j| j.chunk_len == chunk_len).unwrap_or_else(|| {
                jobs.push(ChunkJob { chunk_len, wanted: [false; AGGREGATES.len()], outputs: Vec::new() });
                jobs.len() - 1
            });
            jobs[at].wanted[aggregate] = true;
            jobs[at].outputs.push((aggregate, attribute, place));
        }
        Self { jobs }
    }
}

/// Chunks below this are too short for sums in lanes.
const SHORT_CHUNK: usize = 32;

/// The aggregates of a chunk in plain loops.
struct ShortChunk {
    max: f64,
    mean: f64,
    min: f64,
    var: f64,
}

impl ShortChunk {
    fn of(chunk: &[f64]) -> Self {
        let first = chunk.first().copied().unwrap_or(f64::NAN);
        let n = chunk.len() as f64;
        let (mut max, mut min, mut sum) = (first, first, 0.0);
        for &v in chunk {
            max = if v > max { v } else { max };
            min = if v < min { v } else { min };
            sum += v - first;
        }
        let mean = first + sum / n;
        let squares: f64 = chunk.iter().map(|v| (v - mean) * (v - mean)).sum();
        Self { max, mean, min, var: squares / n }
    }
}

impl Kernel for Aggregates {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let x = shared.samples();
        for job in &self.jobs {
            if job.chunk_len >= x.len() {
                for &(_, _, place) in &job.outputs {
                    out[place] = f64::NAN;
                }
                continue;
            }
            let count = x.len().div_ceil(job.chunk_len);
            let table = scratch.floats(AGGREGATES.len() * count);
            let extremes = job.wanted[0] || job.wanted[2];
            let spread = job.wanted[3] || job.wanted[4];
            for (i, chunk) in x.chunks(job.chunk_len).enumerate() {
                if job.chunk_len < SHORT_CHUNK {
                    let short = ShortChunk::of(chunk);
                    let all = [short.max, short.mean, short.min, short.var.sqrt(), short.var];
                    for (row, value) in all.into_iter().enumerate() {
                        table[row * count + i] = value;
                    }
                    continue;
                }
                if extremes {
                    (table[2 * count + i], table[i]) = lanes::min_max(chunk);
                }
                let mean = lanes::mean(chunk);
                table[count + i] = mean;
                if spread {
                    let var = lanes::sum_squared_deviations(chunk, mean) / chunk.len() as f64;
                    table[3 * count + i] = var.sqrt();
                    table[4 * count + i] = var;
                }
            }
            for (aggregate, &wanted) in job.wanted.iter().enumerate() {
                if wanted {
                    let line = Line::through(&table[aggregate * count..(aggregate + 1) * count]);
                    for &(_, attribute, place) in job.outputs.iter().filter(|o| o.0 == aggregate) {
                        out[place] = line.attribute(attribute, 1.0);
                    }
                }
            }
        }
    }
}

struct TheilSen {
    specs: usize,
    per_hour: bool,
}

impl Kernel for TheilSen {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let step = if self.per_hour { shared.rate().period() / SECONDS_PER_HOUR } else { 1.0 };
        let slope = theil_sen(shared.samples(), scratch) / step;
        for out in out.iter_mut().take(self.specs) {
            *out = slope;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_whatever_its_offset() {
        for n in [3_usize, 7, 8, 9, 100] {
            let y: Vec<f64> = (0..n).map(|i| 1e6 + 0.01 * i as f64).collect();
            let line = Line::through(&y);
            assert!((line.slope / 0.01 - 1.0).abs() < 1e-7, "{n} {}", line.slope);
            assert!((line.r - 1.0).abs() < 1e-9);
        }
        let flat = Line::through(&[0.1; 10]);
        assert_eq!((flat.slope, flat.intercept), (0.0, 0.1));
        assert!(flat.r.is_nan() && flat.stderr.is_nan() && flat.attribute(Attribute::P, 1.0).is_nan());
    }
}
