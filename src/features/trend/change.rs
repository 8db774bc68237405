//! How a window changes from sample to sample: size of the steps, complexity, asymmetry in time.
//!
//! # Formulas
//! dx[i] = x[i+1] - x[i]. `cid_ce` = √Σdx² (of the z-scored window when normalised): a line is simple, a jagged curve
//! complex. `c3(l)` = mean of x[i+2l] x[i+l] x[i], the asymmetry statistic(l) = mean of x[i+2l]² x[i+l] - x[i+l] x[i]²:
//! both are 0 in the mean for linear Gaussian processes. `change_quantiles` takes the steps that begin and end in the
//! corridor between two quantiles of the window.
//!
//! # Sources
//! tsfresh for the definitions under its names; Batista et al., CID: an efficient complexity-invariant distance for
//! time series (2014); Schreiber & Schmitz, Discrimination power of measures for nonlinearity (1997); Fulcher & Jones
//! (2014). `signal_distance`, `area_under_curve` and `energy_centroid` are those of TSFEL.
//!
//! # Cost and NaN
//! O(n) each, the quantiles from the shared sort. A window with too few samples has NaN, or 0 where tsfresh has 0.

use crate::features::autoregression::autocorrelation::median;
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::math::lanes::{self, LANES};

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    const LAG: &[Param] = &[Param::int("lag", 1, 1_000_000_000)];
    const NORMALIZE: &[Param] = &[Param::bool("normalize")];
    const SPAN: &[Param] = &[Param::int("span", 1, 1_000_000_000).or("1")];
    const CORRIDOR: &[Param] = &[
        Param::word("f_agg", &["mean", "std", "var"]),
        Param::bool("isabs"),
        Param::float("qh", 0.0, 1.0),
        Param::float("ql", 0.0, 1.0),
    ];
    const SEGMENTS: &[Param] =
        &[Param::int("num_segments", 1, 1_000_000_000), Param::int("segment_focus", 0, 999_999_999)];
    const MAXIMA: &[Param] = &[Param::int("number_of_maxima", 1, 1_000_000_000)];
    let plain: fn(&Args) -> Needs = |_| Needs::new();
    let diff: fn(&Args) -> Needs = |_| Needs::new().diff();
    vec![
        Calculator::scalar(
            "mean_change",
            &[],
            "(last x - first x) / (n - 1), unit of the signal",
            plain,
            |s, _| match s.samples() {
                [first, .., last] => (last - first) / (s.len() - 1) as f64,
                _ => f64::NAN,
            },
        ),
        Calculator::scalar("mean_abs_change", &[], "mean |dx|, unit of the signal", diff, |s, _| {
            lanes::sum_by(s.diff(), f64::abs) / s.diff().len() as f64
        }),
        Calculator::scalar("absolute_sum_of_changes", &[], "sum |dx|, unit of the signal", diff, |s, _| {
            lanes::sum_by(s.diff(), f64::abs)
        }),
        Calculator::group("median_diff", &[], "median dx, unit of the signal", |args| {
            Box::new(MedianChange { specs: args.len(), absolute: false })
        }),
        Calculator::group("median_abs_diff", &[], "median |dx|, unit of the signal", |args| {
            Box::new(MedianChange { specs: args.len(), absolute: true })
        }),
        Calculator::scalar(
            "mean_second_derivative_central",
            &[],
            "(x[n-1] - x[n-2] - x[1] + x[0]) / (2 (n - 2)), unit of the signal",
            plain,
            |s, _| match s.samples() {
                x @ [first, second, ..] if x.len() > 2 => {
                    (x[x.len() - 1] - x[x.len() - 2] - second + first) / (2.0 * (x.len() - 2) as f64)
                }
                _ => f64::NAN,
            },
        ),
        Calculator::scalar(
            "cid_ce",
            NORMALIZE,
            "sqrt(sum dx²), of the z-scored window if normalised (0 for a constant)",
            |a| if a.bool(0) { Needs::new().diff().moments() } else { Needs::new().diff() },
            |s, a| {
                let raw = s.diff_energy().sqrt();
                match (a.bool(0), s.moments().is_constant()) {
                    (false, _) => raw,
                    (true, true) => 0.0,
                    (true, false) => raw / s.variance().sqrt(),
                }
            },
        ),
        Calculator::scalar("c3", LAG, "mean x[i+2 lag] x[i+lag] x[i]; 0 if 2 lag >= n", plain, |s, a| {
            mean_of_three(s.samples(), a.count(0), |x, y, z| x * y * z)
        }),
        Calculator::scalar(
            "time_reversal_asymmetry_statistic",
            LAG,
            "mean x[i+2 lag]² x[i+lag] - x[i+lag] x[i]²; 0 if 2 lag >= n",
            plain,
            |s, a| mean_of_three(s.samples(), a.count(0), |x, y, z| z * z * y - y * x * x),
        ),
        Calculator::group(
            "change_quantiles",
            CORRIDOR,
            "aggregate of dx (or |dx|) from and to samples between the quantiles ql and qh; 0 if there are none",
            |args| Box::new(Corridors::new(args)),
        ),
        Calculator::scalar(
            "energy_ratio_by_chunks",
            SEGMENTS,
            "sum x² of one of equal segments over sum x²; NaN if the window is all 0 or has no such segment",
            |_| Needs::new().moments(),
            |s, a| energy_ratio(s, a.count(0), a.count(1)),
        ),
        Calculator::scalar(
            "mean_n_absolute_max",
            MAXIMA,
            "mean of the largest |x|, unit of the signal; NaN unless there are more samples",
            |_| Needs::new().sorted(),
            |s, a| mean_of_largest(s.sorted(), a.count(0)),
        ),
        Calculator::scalar("signal_distance", &[], "sum sqrt(1 + dx²), length of the curve", diff, |s, _| {
            lanes::sum_by(s.diff(), |d| (1.0 + d * d).sqrt())
        }),
        Calculator::scalar(
            "area_under_curve",
            &[],
            "sum |x[i] + x[i+1]| / 2 over the sample rate, unit of the signal times second",
            plain,
            |s, _| match s.samples() {
                x @ [_, rest @ ..] => 0.5 * lanes::sum_by2(x, rest, |a, b| (a + b).abs()) * s.rate().period(),
                [] => f64::NAN,
            },
        ),
        Calculator::scalar(
            "energy_centroid",
            &[],
            "sum t x² / sum x², seconds from the start of the window; NaN if all are 0",
            plain,
            |s, _| energy_centroid(s),
        ),
        Calculator::scalar(
            "maximum_rise",
            SPAN,
            "largest x[i+span] - x[i], unit of the signal; NaN if there is none",
            plain,
            |s, a| lanes_max(s.samples(), a.count(0), |from, to| to - from),
        ),
        Calculator::scalar(
            "maximum_fall",
            SPAN,
            "largest x[i] - x[i+span], unit of the signal; NaN if there is none",
            plain,
            |s, a| lanes_max(s.samples(), a.count(0), |from, to| from - to),
        ),
    ]
}

/// Mean of f(x[i], x[i+lag], x[i+2 lag]); 0 when there is no such triple, as tsfresh has it.
fn mean_of_three(x: &[f64], lag: usize, f: impl Fn(f64, f64, f64) -> f64) -> f64 {
    let n = x.len().saturating_sub(lag.saturating_mul(2));
    if n == 0 {
        return 0.0;
    }
    let (a, ar) = x[..n].as_chunks::<LANES>();
    let (b, br) = x[lag..lag + n].as_chunks::<LANES>();
    let (c, cr) = x[2 * lag..].as_chunks::<LANES>();
    let mut acc = [0.0; LANES];
    for ((a, b), c) in a.iter().zip(b).zip(c) {
        for k in 0..LANES {
            acc[k] += f(a[k], b[k], c[k]);
        }
    }
    for (((acc, &a), &b), &c) in acc.iter_mut().zip(ar).zip(br).zip(cr) {
        *acc += f(a, b, c);
    }
    lanes::sum(&acc) / n as f64
}

/// Largest f(x[i], x[i+span]); NaN when there is no such pair.
fn lanes_max(x: &[f64], span: usize, f: impl Fn(f64, f64) -> f64) -> f64 {
    let Some(later) = x.get(span..) else { return f64::NAN };
    let mut lanes = [f64::NEG_INFINITY; LANES];
    let (a, ar) = x[..later.len()].as_chunks::<LANES>();
    let (b, br) = later.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for k in 0..LANES {
            let v = f(a[k], b[k]);
            lanes[k] = if v > lanes[k] { v } else { lanes[k] };
        }
    }
    for ((lane, &a), &b) in lanes.iter_mut().zip(ar).zip(br) {
        *lane = lane.max(f(a, b));
    }
    // Minus infinity where there was no pair: not finite, so NaN in the row.
    lanes.into_iter().fold(f64::NEG_INFINITY, f64::max)
}

/// Energy of segment `focus` of `segments` (the first n mod segments have one sample more) over the whole.
fn energy_ratio(s: &Shared<'_>, segments: usize, focus: usize) -> f64 {
    let total = s.moments().sum_squares;
    if focus >= segments || total <= 0.0 {
        return f64::NAN;
    }
    let (size, longer) = (s.len() / segments, s.len() % segments);
    let from = focus * size + focus.min(longer);
    let to = from + size + usize::from(focus < longer);
    lanes::sum_squares(&s.samples()[from..to]) / total
}

/// Mean of the `n` largest |x|, taken from both ends of the sorted samples.
fn mean_of_largest(sorted: &[f64], n: usize) -> f64 {
    if sorted.len() <= n {
        return f64::NAN;
    }
    let (mut low, mut high) = (0, sorted.len());
    let mut sum = 0.0;
    for _ in 0..n {
        let (below, above) = (sorted[low].abs(), sorted[high - 1].abs());
        if below > above {
            sum += below;
            low += 1;
        } else {
            sum += above;
            high -= 1;
        }
    }
    sum / n as f64
}

fn energy_centroid(s: &Shared<'_>) -> f64 {
    let (mut weighted, mut energy) = ([0.0; LANES], [0.0; LANES]);
    let (chunks, rest) = s.samples().as_chunks::<LANES>();
    let mut t: [f64; LANES] = std::array::from_fn(|k| k as f64);
    for c in chunks {
        for k in 0..LANES {
            let e = c[k] * c[k];
            weighted[k] += t[k] * e;
            energy[k] += e;
            t[k] += LANES as f64;
        }
    }
    for (k, v) in rest.iter().enumerate() {
        weighted[k] += t[k] * v * v;
        energy[k] += v * v;
    }
    lanes::sum(&weighted) / lanes::sum(&energy) * s.rate().period()
}

struct MedianChange {
    specs: usize,
    absolute: bool,
}

impl Kernel for MedianChange {
    fn needs(&self) -> Needs {
        Needs::new().diff()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let diff = shared.diff();
        let values = scratch.floats(diff.len());
        for (value, d) in values.iter_mut().zip(diff) {
            *value = if self.absolute { d.abs() } else { *d };
        }
        let value = median(values);
        for out in out.iter_mut().take(self.specs) {
            *out = value;
        }
    }
}

/// All corridors: the steps of a corridor are gathered once for all its aggregates.
///
/// Corridors between fifths, which tsfresh asks for, are read from one table, however many there are: that only the
/// parameters decide this keeps a feature the same in any company.
struct Corridors {
    jobs: Vec<Corridor>,
    /// Whether some are between fifths.
    fifths: bool,
}

struct Corridor {
    ql: f64,
    qh: f64,
    /// The edges as numbers of fifths.
    fifths: Option<(usize, usize)>,
    /// Aggregate, of the absolute values, place in the output.
    outputs: Vec<(Aggregate, bool, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Aggregate {
    Mean,
    Std,
    Var,
}

impl Corridors {
    fn new(args: &[&Args]) -> Self {
        let mut jobs: Vec<Corridor> = Vec::new();
        for (place, a) in args.iter().enumerate() {
            let aggregate = match a.word(0) {
                "std" => Aggregate::Std,
                "var" => Aggregate::Var,
                _ => Aggregate::Mean,
            };
            let (absolute, qh, ql) = (a.bool(1), a.float(2), a.float(3));
            let same = |j: &Corridor| j.ql.to_bits() == ql.to_bits() && j.qh.to_bits() == qh.to_bits();
            let at = jobs.iter().position(same).unwrap_or_else(|| {
                let fifths = super::fifths::edge(ql).zip(super::fifths::edge(qh)).filter(|(l, h)| l < h);
                jobs.push(Corridor { ql, qh, fifths, outputs: Vec::new() });
                jobs.len() - 1
            });
            jobs[at].outputs.push((aggregate, absolute, place));
        }
        let fifths = jobs.iter().any(|j| j.fifths.is_some());
        Self { jobs, fifths }
    }
}

impl Kernel for Corridors {
    fn needs(&self) -> Needs {
        Needs::new().sorted().diff()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let (x, diff) = (shared.samples(), shared.diff());
        if self.fifths {
            let table = super::fifths::Table::new(shared, scratch);
            for job in self.jobs.iter().filter(|j| j.fifths.is_some()) {
                let (l, h) = job.fifths.unwrap_or_default();
                let [plain, absolute] = table.corridor(l, h);
                for &(aggregate, of_absolute, place) in &job.outputs {
                    let steps = if of_absolute { absolute } else { plain };
                    out[place] = match aggregate {
                        _ if steps.count <= 0.0 => 0.0,
                        Aggregate::Mean => steps.mean,
                        Aggregate::Var => steps.squares / steps.count,
                        Aggregate::Std => (steps.squares / steps.count).sqrt(),
                    };
                }
            }
        }
        let (steps, absolutes) = scratch.two(diff.len(), diff.len());
        for job in self.jobs.iter().filter(|j| j.fifths.is_none()) {
            let mut count = 0;
            if job.ql < job.qh {
                let (low, high) = (shared.quantile(job.ql), shared.quantile(job.qh));
                let inside = |v: f64| (v >= low) & (v <= high);
                let mut before = x.first().is_some_and(|&v| inside(v));
                for (&d, &v) in diff.iter().zip(x.iter().skip(1)) {
                    let now = inside(v);
                    // Written in any case, kept if it counts: no branch to mispredict.
                    steps[count] = d;
                    count += usize::from(before & now);
                    before = now;
                }
            }
            if count == 0 {
                for &(_, _, place) in &job.outputs {
                    out[place] = 0.0;
                }
                continue;
            }
            let steps = &steps[..count];
            for absolute in [false, true] {
                if !job.outputs.iter().any(|o| o.1 == absolute) {
                    continue;
                }
                let values = if absolute {
                    for (a, s) in absolutes.iter_mut().zip(steps) {
                        *a = s.abs();
                    }
                    &absolutes[..count]
                } else {
                    steps
                };
                let mean = lanes::mean(values);
                let spread = job.outputs.iter().any(|o| o.1 == absolute && o.0 != Aggregate::Mean);
                let var = if spread { lanes::sum_squared_deviations(values, mean) / count as f64 } else { f64::NAN };
                for &(aggregate, _, place) in job.outputs.iter().filter(|o| o.1 == absolute) {
                    out[place] = match aggregate {
                        Aggregate::Mean => mean,
                        Aggregate::Var => var,
                        Aggregate::Std => var.sqrt(),
                    };
                }
            }
        }
    }
}
