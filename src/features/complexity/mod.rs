//! How hard the samples are to predict: entropies and complexities.
//!
//! MODULE DOC

mod approximate;
mod attention;
mod bubble;
mod cosine;
mod dispersion;
mod distribution;
mod fuzzy;
mod gridded;
mod increment;
mod lempel_ziv;
mod lz76;
mod matches;
mod multiscale;
mod ordinal;
mod phase;
mod sample;
mod slope;
mod spectral;
mod svd;
mod symbolic;
mod words;

use super::calculator::{Calculator, Kernel};
use super::shared::{Needs, Scratch, Shared};
use super::spec::Args;
use std::any::Any;

/// The longest distance between the samples of a template, samples.
const MAX_DELAY: i64 = 1_000_000;

/// The largest radius, standard deviations.
const MAX_RADIUS: f64 = 1e6;

/// The tables of this room.
pub(crate) fn calculators() -> Vec<Calculator> {
    [
        sample::calculators(),
        approximate::calculators(),
        fuzzy::calculators(),
        multiscale::calculators(),
        ordinal::calculators(),
        bubble::calculators(),
        dispersion::calculators(),
        symbolic::calculators(),
        slope::calculators(),
        increment::calculators(),
        phase::calculators(),
        attention::calculators(),
        gridded::calculators(),
        distribution::calculators(),
        cosine::calculators(),
        svd::calculators(),
        spectral::calculators(),
        lempel_ziv::calculators(),
        lz76::calculators(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A kernel that computes its specs one after the other, with arrays that it keeps.
struct Each<S, R> {
    specs: Vec<S>,
    needs: Needs,
    value: fn(&Shared<'_>, &S, &mut R) -> f64,
}

impl<S: Send + Sync + 'static, R: Any + Default + Send + Sync> Each<S, R> {
    fn boxed(
        args: &[&Args],
        spec: impl Fn(&Args) -> S,
        needs: Needs,
        value: fn(&Shared<'_>, &S, &mut R) -> f64,
    ) -> Box<dyn Kernel> {
        Box::new(Self { specs: args.iter().map(|a| spec(a)).collect(), needs, value })
    }
}

impl<S: Send + Sync, R: Any + Default + Send + Sync> Kernel for Each<S, R> {
    fn needs(&self) -> Needs {
        self.needs.clone()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let room = scratch.own();
        for (out, spec) in out.iter_mut().zip(&self.specs) {
            *out = (self.value)(shared, spec, room);
        }
    }
}

/// -Σ p ln p of counts, nats; NaN when all are 0.
fn entropy_of_counts(counts: &[u32]) -> f64 {
    let n: f64 = counts.iter().map(|&c| f64::from(c)).sum();
    let terms = counts.iter().filter(|c| **c > 0).map(|&c| {
        let p = f64::from(c) / n;
        -p * p.ln()
    });
    let sum: f64 = terms.sum();
    // Not -0 where one has all.
    if n > 0.0 { sum + 0.0 } else { f64::NAN }
}
