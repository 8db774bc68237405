//! How samples depend on those before them: autocorrelation, autoregression, stationarity.

pub(crate) mod autocorrelation;
mod dickey_fuller;
mod least_squares;
mod recursions;
mod stationarity;

use super::calculator::Calculator;
use super::spec::Args;

/// The tables of this room.
pub(crate) fn calculators() -> Vec<Calculator> {
    let models = [
        least_squares::calculators(),
        recursions::calculators(),
        dickey_fuller::calculators(),
        stationarity::calculators(),
    ];
    let mut all = autocorrelation::calculators();
    all.extend(models.into_iter().flatten().map(Calculator::moderate));
    all
}

/// Computations by their key, each with what is wanted of it and the place in the output.
pub(super) type Jobs<K, V> = Vec<(K, Vec<(V, usize)>)>;

/// What is wanted of each computation, with its place in the output: one computation for each key.
pub(super) fn by_key<K: PartialEq, V>(args: &[&Args], split: impl Fn(&Args) -> (K, V)) -> Jobs<K, V> {
    let mut jobs: Jobs<K, V> = Vec::new();
    for (place, args) in args.iter().enumerate() {
        let (key, wanted) = split(args);
        match jobs.iter_mut().find(|(known, _)| *known == key) {
            Some((_, outputs)) => outputs.push((wanted, place)),
            None => jobs.push((key, vec![(wanted, place)])),
        }
    }
    jobs
}
