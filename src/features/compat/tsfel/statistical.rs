//! TSFEL's statistics that are not those of the field, or have its edge cases.
//!
//! * `ECDF` is the empirical distribution function at the smallest `d` samples, that is `1/n, 2/n, ..`: the same
//!   numbers for every window of one length. For the distribution itself ask for quantiles.
//! * ECDF percentile and its count take a window whose differences add up to exactly 0 for a constant and answer with
//!   its first sample, the count as well. Every window of whole numbers that ends where it began is such a window.
//! * `Entropy` counts distinct values: 1 for any continuous signal without ties, and 0 for a window of 2.
//!   [`kde`](super::kde) has the two other forms.

use super::kde::{self, Density};
use super::numpy;
use crate::features::amplitude::robust::ecdf_count;
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;

/// The rows of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const INDEX: &[Param] = &[Param::int("index", 0, 1 << 27)];
    const P: &[Param] = &[Param::float("p", 0.0, 1.0)];
    const SLOPE: &[Param] = &[Param::float("p_end", 0.0, 1.0).or("0.75"), Param::float("p_init", 0.0, 1.0).or("0.5")];
    const PROB: &[Param] = &[Param::word("prob", &["standard", "kde", "gauss"]).or("\"standard\"")];
    let sorted: fn(&Args) -> Needs = |_| Needs::new().sorted();
    vec![
        Calculator::scalar(
            "tsfel_ecdf",
            INDEX,
            "(index + 1) / n, whatever the samples (see `quantile`); NaN beyond the window",
            |_| Needs::new(),
            |s, a| if a.count(0) < s.len() { (a.count(0) + 1) as f64 / s.len() as f64 } else { f64::NAN },
        ),
        Calculator::scalar(
            "tsfel_ecdf_percentile",
            P,
            "largest sample x_(i) with i / n <= p; the first sample if the differences add up to 0 (see `quantile`)",
            sorted,
            |s, a| percentile(s, a.float(0)),
        ),
        Calculator::scalar(
            "tsfel_ecdf_percentile_count",
            P,
            "number of samples x_(i) with i / n <= p; the first sample, not a count, if the differences add up to 0",
            sorted,
            |s, a| first_of_constant(s).unwrap_or_else(|| ecdf_count(s.len(), a.float(0)) as f64),
        ),
        Calculator::scalar(
            "tsfel_ecdf_slope",
            SLOPE,
            "(p_end - p_init) / (ecdf percentile p_end - ecdf percentile p_init); NaN for a constant",
            sorted,
            |s, a| {
                let (end, init) = (a.float(0), a.float(1));
                (end - init) / (percentile(s, end) - percentile(s, init))
            },
        ),
        Calculator::group(
            "tsfel_entropy",
            PROB,
            "-sum p ln p / ln n, p: shares of the distinct values, or of a density on n points; 0 if n = 2",
            |args| Box::new(Entropy(args.iter().map(|a| Density::from_word(a.word(0))).collect())),
        ),
    ]
}

/// The first sample, of a window that TSFEL takes for a constant; NaN when there is none.
fn first_of_constant(s: &Shared<'_>) -> Option<f64> {
    let x = s.samples();
    numpy::is_constant_to_tsfel(x).then(|| x.first().copied().unwrap_or(f64::NAN))
}

fn percentile(s: &Shared<'_>, p: f64) -> f64 {
    first_of_constant(s).unwrap_or_else(|| {
        let last = ecdf_count(s.len(), p).checked_sub(1);
        last.and_then(|i| s.sorted().get(i)).copied().unwrap_or(f64::NAN)
    })
}

/// Entropies with several densities.
struct Entropy(Vec<Density>);

impl Kernel for Entropy {
    fn needs(&self) -> Needs {
        let needs = Needs::new().sorted();
        if self.0.contains(&Density::Values) { needs.ties() } else { needs }
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let n = shared.len() as f64;
        for (out, density) in out.iter_mut().zip(&self.0) {
            *out = if shared.len() < 2 {
                f64::NAN
            } else {
                let nats = match density {
                    Density::Values => n.ln() - shared.ties().sum_c_ln_c / n,
                    Density::Gauss => kde::gauss(shared.samples(), shared.sorted(), scratch),
                    Density::Kde => kde::kernel(shared.samples(), shared.sorted(), scratch),
                };
                // TSFEL compares log2 n with 1 where it means the sum of the shares.
                if shared.len() == 2 && !nats.is_nan() { 0.0 } else { nats / n.ln() }
            };
        }
    }
}
