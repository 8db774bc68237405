//! The largest Lyapunov exponent: how fast neighbouring paths part.
//!
//! Every delay vector (`dim` samples, `lag` apart) that can be followed for `steps` steps, the start being the first,
//! is followed together with its nearest neighbour among those more than `separation` samples away; the exponent is
//! the slope of the mean logarithm of their Euclidean distance over the step, in 1/sample (times the sample rate:
//! 1/s). M. T. Rosenstein, J. J. Collins & C. J. De Luca, A practical method for calculating largest Lyapunov
//! exponents from small data sets, Physica D 65 (1993), 117; conventions of nolds. Above 0 speaks for chaos, and so
//! does noise: with few
//! `steps` it shows the exponent of a clean map, with many the curve has bent and the slope is too small.
//!
//! NaN when a vector has no neighbour: fewer than `(dim - 1) lag + steps + 2 separation + 1` samples.
//!
//! [`crate::signal::phase_space::Divergence`] has the curve. n²/2 distances; O(n) memory.

use super::correlation_dimension::{DIM, LAG};
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::signal::phase_space::{Embedding, Follower};

pub(super) fn calculator() -> Calculator {
    const PARAMS: &[Param] = &[
        DIM.or("5"),
        LAG.or("1"),
        Param::int("separation", 0, 1_000_000_000).or("10"),
        Param::int("steps", 2, 1000).or("20"),
    ];
    Calculator::group(
        "lyapunov_rosenstein",
        PARAMS,
        "largest Lyapunov exponent by Rosenstein, 1/sample: growth of the distance of neighbouring paths",
        |args| {
            let specs = args.iter().map(|a| [a.count(0), a.count(1), a.count(2), a.count(3)]).collect();
            Box::new(Exponents { specs })
        },
    )
}

struct Exponents {
    specs: Vec<[usize; 4]>,
}

impl Kernel for Exponents {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let follower: &mut Follower = scratch.own();
        for (out, &[dim, lag, separation, steps]) in out.iter_mut().zip(&self.specs) {
            *out = match Embedding::of(shared.samples(), dim, lag) {
                Some(embedding) if follower.follow(&embedding, separation, steps) => follower.exponent(0..steps),
                _ => f64::NAN,
            };
        }
    }
}
