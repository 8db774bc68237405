//! How hard the samples are to predict: entropies and complexities.
//!
//! A healthy machine that runs steadily repeats itself; looseness, rubbing, cavitation and friction make the signal
//! harder to predict, a dominant fault rhythm makes it easier. These features put a number on that, one a window, without
//! a model of the machine. They do not say *what* is wrong: take them beside spectra and indicators, as inputs of
//! a detector or a trend.
//!
//! # Which one
//! Time for 2,048 samples on one thread of a 2020s server core, and how it grows.
//!
//! | question | feature | time | notes |
//! |---|---|---|---|
//! | has the order of the samples changed? | `permen`, order 3 to 6 | 0.03 ms for five orders, O(n) | the first to try: no threshold, blind to scale, offset and spikes' height |
//! | ... and impacts shall count more | `weighted_permen` | O(n) | sees amplitudes too |
//! | has the pattern of amplitudes changed? | `dispersion_entropy` | 0.01 ms, O(n) | `fluctuation` ignores drift |
//! | do alike pieces go on alike? | `sampen` | 0.3 ms, O(n²) | the reference among regularities; some hundred samples at least |
//! | the same on short windows (50 to 200 samples) | `fuzzy_entropy` | 19 ms, O(n²) | no pair lost to a threshold |
//! | ... on several time scales | `refined_composite_sampen`, `multiscale_permen` | falls with the scale | bearing and gear faults change the curve; RCMSE scatters least |
//! | ... and in the fast part of each | `hierarchical_sampen` | falls with the level | a tree of sums and differences; means alone hide bursts |
//! | does the series repeat its own past? | `lz76_complexity` | 0.02 ms, O(n) | above the mean or not only; sturdy |
//! | how many components drive it? | `svd_entropy`, `spectral_entropy` | 0.1 ms | linear; take the mean out first for `svd_entropy` |
//! | what did tsfresh have? | `approximate_entropy`, `sample_entropy`, `permutation_entropy`, `lempel_ziv_complexity` | 1.1 ms for five radii, 0.3, 0.03 for five orders, 0.05 for five alphabets | its numbers, quirks included |
//! | variants from the literature | `bubble_entropy`, `slope_entropy`, `increment_entropy`, `phase_entropy`, `attention_entropy`, `symbolic_dynamic_entropy`, `gridded_entropy` | 0.02 to 0.06 ms, O(n) or O(n log n) | |
//! | ... over all pairs of pieces | `cosine_similarity_entropy`, `distribution_entropy`, `apen` | 1.4 ms, 8 ms, 0.3 ms, O(n²) | |
//!
//! The quadratic ones keep to O(n) memory: a window of 2^20 samples takes minutes, not gigabytes.
//!
//! # Where packages differ
//! * `sample_entropy` (tsfresh) counts one template more over m samples than over m + 1: 2.2162 where the definition, and
//!   `sampen`, have 2.2121 for 1,000 samples of noise.
//! * `permutation_entropy` (tsfresh): tau is the step from one pattern to the next; the delay inside a pattern is
//!   `delay` of `permen`. Nats there, bits here.
//! * Equal samples in a pattern: the earlier comes first, here and in antropy; numpy's default sort, which tsfresh and
//!   EntropyHub call, leaves them in an order that depends on the processor.
//! * `lempel_ziv_complexity` (tsfresh) is the dictionary of 1978 over n; antropy's is the history of 1976 over n / log₂ n.
//! * Radii: standard deviations with divisor n throughout. MATLAB's `approximateEntropy` takes 0.2 *variances*,
//!   nolds a deviation with n - 1.
//!
//! Each file says its formula, source, names elsewhere and the windows for which it is NaN.
//!
//! # NaN
//! A window too short for one pattern, template or pair; a ratio without counts (no template of a length matches);
//! where the standard deviation is the unit and the window is constant, unless r = 0 still has a meaning (`sampen` and
//! `apen` of a constant are 0: all templates match). A missing sample makes all of them NaN.

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
    .map(Calculator::moderate)
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

#[cfg(test)]
mod tests {
    use crate::features::FeatureSet;
    use crate::signal::SampleRate;

    /// EntropyHub 2.0 and antropy 0.2.3 beyond their defaults, which the golden files have.
    #[test]
    fn numbers_of_the_packages() {
        let wave = |i: f64| (0.37 * i).sin() + 0.3 * (1.9 * i).cos() + 0.1 * (0.05 * i * i).sin();
        let x: Vec<f64> = (0..300).map(|i| wave(f64::from(i))).collect();
        let expected = [
            ("increment_entropy__m_2__resolution_4", 4.507935961161465),
            ("increment_entropy__m_3__resolution_4", 7.18125338189115),
            ("weighted_permen__delay_1__order_3", 2.2039717745392085),
            ("weighted_permen__delay_1__order_4", 3.7243451928548335),
            ("weighted_permen__delay_2__order_3", 2.0273733040240773),
            ("dispersion_entropy__c_3__fluctuation_True__m_2", 0.8032729845892314),
            ("dispersion_entropy__c_4__fluctuation_True__m_3", 2.1375881230718345),
            ("dispersion_entropy__c_4__fluctuation_True__m_3__normalised_True", 0.5492514965579413),
            ("dispersion_entropy__c_4__delay_2__normalised_True", 0.8745417036896421),
            ("slope_entropy__delay_2__m_4", 4.88051855),
            ("bubble_entropy__delay_2__m_2", 0.54687916),
            ("bubble_entropy__delay_2__m_5", 0.57753414),
            ("phase_entropy__delay_2__sectors_6", 0.8968021013002804),
            ("attention_entropy", 1.6188889110864828),
            ("symbolic_dynamic_entropy__c_4__delay_2__m_3", 2.193298267067446),
            ("gridded_entropy__delay_3__m_5", 2.9563045730667845),
            ("distribution_entropy__bins_20__delay_2__m_3__normalised_False", 4.102717574758344),
            ("cosine_similarity_entropy__delay_2__m_3__r_0.2", 0.6589502678080433),
            ("cosine_similarity_entropy__centred_True__m_3__r_0.2", 0.8019706196805498),
            ("sampen__delay_3__m_2__r_0.2", 0.90302954),
            ("apen__delay_3__m_2__r_0.2", 0.75746611),
            ("svd_entropy__delay_3__order_5", 1.7240097659022695),
            ("svd_entropy__normalised_True__order_4", 0.8323294468847511),
        ];
        // Scales: at 299 samples EntropyHub leaves no mean out of the coarse series of 3 and of 4.
        let scales = [
            ("multiscale_sampen__scale_2", 1.01083668),
            ("multiscale_sampen__scale_4", 0.0703808),
            ("composite_sampen__scale_3", 0.09874148),
            ("composite_sampen__scale_4", 0.07251733),
            ("refined_composite_sampen__scale_3", 0.09838711),
            ("refined_composite_sampen__scale_4", 0.07190209),
        ];
        let nodes = [
            ("hierarchical_sampen__level_0__node_0", 1.2842451067657203),
            ("hierarchical_sampen__level_1__node_0", 1.1221427860783038),
            ("hierarchical_sampen__level_1__node_1", 0.9640451631700551),
            ("hierarchical_sampen__level_2__node_0", 0.06538275926285174),
            ("hierarchical_sampen__level_2__node_1", 0.19992526121220253),
            ("hierarchical_sampen__level_2__node_2", 0.15782408519356722),
            ("hierarchical_sampen__level_2__node_3", 0.20467756974116574),
        ];
        for (x, expected) in [(&x[..], &expected[..]), (&x[..299], &scales[..]), (&x[..], &nodes[..])] {
            let set = FeatureSet::from_names(expected.iter().map(|e| e.0)).unwrap();
            let mut row = vec![0.0; expected.len()];
            set.extractor(x.len(), SampleRate::ONE_HZ).unwrap().extract_into(x, &mut row).unwrap();
            for ((name, expected), found) in expected.iter().zip(row) {
                // Some were written with eight digits.
                assert!((found - expected).abs() < 1e-8, "{name}: {found} and {expected}");
            }
        }
    }
}
