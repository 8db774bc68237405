//! Coefficients of the continuous wavelet transform with the Mexican hat, as tsfresh takes them from PyWavelets.
//!
//! # Formula
//! ψ(t) = 2 / (√3 π^¼) (1 - t²) exp(-t²/2). The coefficient `coeff` of the width w is √w Σ x[m] d_w[m - coeff], where d_w are the
//! differences of the integral of ψ: the integral is tabulated at 4,096 places from -8 to 8 and read at the place below, as
//! PyWavelets has it, so that narrow wavelets have the steps of that table. Outside of the window the samples are 0.
//!
//! Only what is asked for is computed: a coefficient costs 16 w products. tsfresh asks for the first fifteen samples of four
//! widths, which is what lies at the start of a window and little else; the parameter `widths` is part of the name and does
//! not change a number, but a width w that is not among them gives NaN.
//!
//! # Source
//! tsfresh 0.21; PyWavelets 1.9 for the table; Mallat, *A Wavelet Tour of Signal Processing* (1999), 4.3.

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::math::lanes;
use std::f64::consts::PI;

/// Widest wavelet: its support is sixteen times as long.
const WIDEST: i64 = 1 << 14;

/// The wavelet is tabulated from -REACH to REACH at PLACES places.
const REACH: f64 = 8.0;
const PLACES: usize = 1 << 12;

/// The table of this family.
pub(super) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[
        Param::int("coeff", 0, 1 << 27),
        Param::int("w", 1, WIDEST),
        Param::tuple("widths", 1, WIDEST).or("(2, 5, 10, 20)"),
    ];
    vec![Calculator::group(
        "cwt_coefficients",
        PARAMS,
        "coefficient of the Mexican hat of width w at sample `coeff`; NaN beyond the window and for a w not in widths",
        |args| Box::new(Coefficients::new(args)),
    )]
}

struct Coefficients {
    /// One for each width.
    jobs: Vec<Job>,
}

struct Job {
    width: usize,
    steps: Vec<f64>,
    /// Sample and place in the output.
    outputs: Vec<(usize, usize)>,
    /// Places of those that are not defined.
    undefined: Vec<usize>,
}

impl Coefficients {
    fn new(args: &[&Args]) -> Self {
        let mut jobs: Vec<Job> = Vec::new();
        for (place, a) in args.iter().enumerate() {
            let (coeff, width) = (a.count(0), a.count(1).max(1));
            let at = jobs.iter().position(|j| j.width == width).unwrap_or_else(|| {
                jobs.push(Job { width, steps: steps(width), outputs: Vec::new(), undefined: Vec::new() });
                jobs.len() - 1
            });
            if a.tuple(2).contains(&a.int(1)) {
                jobs[at].outputs.push((coeff, place));
            } else {
                jobs[at].undefined.push(place);
            }
        }
        Self { jobs }
    }
}

impl Kernel for Coefficients {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, _: &mut Scratch, out: &mut [f64]) {
        let x = shared.samples();
        for job in &self.jobs {
            for &(coeff, place) in &job.outputs {
                out[place] = if coeff < x.len() { coefficient(x, &job.steps, job.width, coeff) } else { f64::NAN };
            }
            for &place in &job.undefined {
                out[place] = f64::NAN;
            }
        }
    }
}

/// The sum over the samples under the wavelet that stands at `coeff`.
fn coefficient(x: &[f64], steps: &[f64], width: usize, coeff: usize) -> f64 {
    let half = 8 * width;
    // Sample m meets the step m + half + 1 - coeff.
    let from = (coeff).saturating_sub(half + 1);
    let to = (coeff + half + 1).min(x.len());
    let first = from + half + 1 - coeff;
    let reached = steps.get(first..).unwrap_or(&[]);
    -(width as f64).sqrt() * lanes::dot(&x[from..to], reached)
}

/// The differences of the tabulated integral, stretched to `width`, in the order of the samples.
fn steps(width: usize) -> Vec<f64> {
    let spacing = 2.0 * REACH / (PLACES - 1) as f64;
    let step = (spacing - REACH) + REACH; // as between the first two places of the table
    let scale = 2.0 / (3f64.sqrt() * PI.sqrt().sqrt());
    let mut sum = 0.0;
    let integral: Vec<f64> = (0..PLACES)
        .map(|i| {
            let t = if i == PLACES - 1 { REACH } else { i as f64 * spacing - REACH };
            sum += (1.0 - t * t) * (-0.5 * t * t).exp() * scale;
            sum * step
        })
        .collect();
    let length = 16 * width + 1;
    let stride = width as f64 * step;
    let stretched: Vec<f64> = (0..length).map_while(|k| integral.get((k as f64 / stride) as usize).copied()).collect();
    let at = |k: usize| stretched.get(k).copied().unwrap_or(0.0);
    // The convolution turns the table round, and so does this list: twice is as it was.
    (0..=stretched.len()).map(|k| if k == 0 { -at(0) } else { at(k - 1) - at(k) }).collect()
}
