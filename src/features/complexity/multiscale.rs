//! Entropy over scales: the same question to the series, to the means of two samples, of three, ...
//!
//! # Formula
//! At scale s the coarse series has the means of s samples each, one after the other; the entropy of that series, with
//! the radius of the *original* one, is the multiscale entropy. White noise falls with the scale, 1/f noise keeps its level,
//! a periodic signal rises once the means mix its phases: the curve tells what one scale cannot.
//!
//! * `multiscale_sampen(m, r, scale)`: sample entropy of the coarse series (Costa).
//! * `composite_sampen`: the mean over the s coarse series that begin at samples 0 to s - 1: less scatter.
//! * `refined_composite_sampen`: the matches of all s coarse series together, -ln(ΣA / ΣB): less scatter, and defined where
//!   a single coarse series has no match (RCMSE). The one to take. (EntropyHub's `cMSEn` leaves a last mean out of
//!   some of the coarse series, so that all have one length; here each has all its means.)
//! * `hierarchical_sampen(level, m, node, r)`: sample entropy of a node of a tree that keeps the fast part as well. Node 0
//!   of level 0 is the series; the children of node i are 2i, the halved sums of neighbours, and 2i + 1, their halved
//!   differences. Node 0 of each level is the multiscale entropy at scale 2^level; odd nodes see what means hide, such as
//!   the high-frequency bursts of a bearing. Only the first 2^⌊log₂ n⌋ samples count (EntropyHub's `hMSEn`).
//! * `multiscale_permen(delay, normalised, order, scale)`: permutation entropy of the coarse series, bits.
//!
//! A scale needs n / s samples to count from: some hundred for sample entropy with m = 2.
//!
//! # Sources
//! M. Costa, A. L. Goldberger & C.-K. Peng, Multiscale entropy analysis of complex physiologic time series, *Phys. Rev. Lett.*
//! 89 (2002) 068102; S.-D. Wu et al., Time series analysis using composite multiscale entropy, *Entropy* 15 (2013) 1069; S.-D.
//! Wu et al., Analysis of complex time series using refined composite multiscale entropy, *Phys. Lett. A* 378 (2014) 1369;
//! Y. Jiang, C.-K. Peng & Y. Xu, Hierarchical entropy analysis for biological signals, *J. Comput. Appl. Math.* 236 (2011) 728;
//! W. Aziz & M. Arif, Multiscale permutation entropy of physiological time series, *INMIC* (2005).
//!
//! # Cost
//! Sample entropy of n / s samples, (n / s)², for each of the 1 or s series. All radii of one scale share a pass.
//!
//! # NaN
//! Where the entropy of the coarse series is; a composite where one of its series is; a node that its level does not have
//! (node >= 2^level) or with fewer than 8 samples.

use super::matches::{Matcher, Pass, Templates};
use super::ordinal::Patterns;
use super::sample::entropy;
use super::words::Words;
use super::{Each, MAX_DELAY, MAX_RADIUS};
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;

const MAX_SCALE: i64 = 1000;

/// Fewest samples of a node of the tree.
const LEAST_NODE: usize = 8;

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const SAMPLE: &[Param] = &[
        Param::int("m", 0, 20).or("2"),
        Param::float("r", 0.0, MAX_RADIUS).or("0.2"),
        Param::int("scale", 1, MAX_SCALE),
    ];
    const ORDER: &[Param] = &[
        Param::int("delay", 1, MAX_DELAY).or("1"),
        Param::bool("normalised").or("False"),
        Param::int("order", 2, 12).or("3"),
        Param::int("scale", 1, MAX_SCALE),
    ];
    const NODE: &[Param] = &[
        Param::int("level", 0, 20),
        Param::int("m", 0, 20).or("2"),
        Param::int("node", 0, (1 << 20) - 1),
        Param::float("r", 0.0, MAX_RADIUS).or("0.2"),
    ];
    vec![
        Calculator::group(
            "hierarchical_sampen",
            NODE,
            "sample entropy of a node of the tree of halved sums and differences of neighbours, radius r std of the original, nats",
            |args| {
                let spec = |a: &Args| Node { level: a.count(0), m: a.count(1), node: a.count(2), r: a.float(3) };
                Each::boxed(args, spec, Needs::new().moments(), of_node)
            },
        ),
        Calculator::group(
            "multiscale_sampen",
            SAMPLE,
            "sample entropy of the means of `scale` samples, radius r std of the original, nats",
            |args| Scales::boxed(args, Kind::First),
        ),
        Calculator::group(
            "composite_sampen",
            SAMPLE,
            "mean sample entropy of the `scale` series of means of `scale` samples, radius r std of the original, nats",
            |args| Scales::boxed(args, Kind::Mean),
        ),
        Calculator::group(
            "refined_composite_sampen",
            SAMPLE,
            "-ln(ΣA/ΣB) over the `scale` series of means of `scale` samples, radius r std of the original, nats",
            |args| Scales::boxed(args, Kind::Together),
        ),
        Calculator::group(
            "multiscale_permen",
            ORDER,
            "permutation entropy of the means of `scale` samples, bits; normalised: over log2(order!)",
            |args| {
                let spec = |a: &Args| Orders {
                    delay: a.count(0),
                    normalised: a.bool(1),
                    order: a.count(2),
                    scale: a.count(3),
                };
                Each::boxed(args, spec, Needs::new(), permutation)
            },
        ),
    ]
}

/// What is done with the coarse series of a scale.
#[derive(Debug, Clone, Copy)]
enum Kind {
    First,
    Mean,
    Together,
}

struct Scales {
    kind: Kind,
    /// Every scale, its passes, and the places of its specs in the output.
    scales: Vec<(usize, Vec<Pass>)>,
}

impl Scales {
    fn boxed(args: &[&Args], kind: Kind) -> Box<dyn Kernel> {
        let mut scales: Vec<(usize, Vec<Pass>)> = Vec::new();
        for scale in args.iter().map(|a| a.count(2)) {
            if scales.iter().all(|s| s.0 != scale) {
                let places: Vec<usize> = (0..args.len()).filter(|&i| args[i].count(2) == scale).collect();
                let mut passes = Pass::group(places.iter().map(|&i| (args[i].count(0), 1, args[i].float(1))));
                passes.iter_mut().flat_map(|p| &mut p.places).for_each(|place| *place = places[*place]);
                scales.push((scale, passes));
            }
        }
        Box::new(Self { kind, scales })
    }
}

#[derive(Default)]
struct Room {
    matcher: Matcher,
    coarse: Vec<f64>,
    radii: Vec<f64>,
    /// Sums of B and A, and of the entropies, by place.
    sums: Vec<(u64, u64, f64)>,
}

impl Kernel for Scales {
    fn needs(&self) -> Needs {
        Needs::new().moments()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let Room { matcher, coarse, radii, sums } = scratch.own();
        let deviation = shared.variance().sqrt();
        out.fill(f64::NAN);
        if !deviation.is_finite() {
            return;
        }
        sums.clear();
        sums.resize(out.len(), (0, 0, 0.0));
        for (scale, passes) in &self.scales {
            let starts = if matches!(self.kind, Kind::First) { 1 } else { *scale };
            for start in 0..starts {
                coarsen(shared.samples(), *scale, start, coarse);
                matcher.read(coarse);
                for pass in passes {
                    radii.clear();
                    radii.extend(pass.radii.iter().map(|r| r * deviation));
                    matcher.count(pass.m, pass.delay, Templates::Continued, radii);
                    for (which, &place) in pass.places.iter().enumerate() {
                        let (short, long) = matcher.pairs(which);
                        let (b, a, sum) = &mut sums[place];
                        (*b, *a, *sum) = (*b + short, *a + long, *sum + entropy((short, long)));
                    }
                }
            }
            for &place in passes.iter().flat_map(|p| &p.places) {
                let (b, a, sum) = sums[place];
                out[place] = match self.kind {
                    Kind::First | Kind::Together => entropy((b, a)),
                    Kind::Mean => sum / *scale as f64,
                };
            }
        }
    }
}

/// The means of `scale` samples each, from `start`; a rest at the end is left out.
fn coarsen(x: &[f64], scale: usize, start: usize, coarse: &mut Vec<f64>) {
    coarse.clear();
    let pieces = x.get(start..).unwrap_or(&[]).chunks_exact(scale);
    coarse.extend(pieces.map(|piece| piece.iter().sum::<f64>() / scale as f64));
}

/// A node of the tree: the bits of its number, the highest first, say sum (0) or difference (1).
struct Node {
    level: usize,
    m: usize,
    node: usize,
    r: f64,
}

fn of_node(shared: &Shared<'_>, spec: &Node, room: &mut Room) -> f64 {
    let Room { matcher, coarse, radii, .. } = room;
    let deviation = shared.variance().sqrt();
    let whole = shared.len().checked_ilog2().map_or(0, |bits| 1 << bits);
    if !deviation.is_finite() || spec.node >> spec.level > 0 || whole >> spec.level < LEAST_NODE {
        return f64::NAN;
    }
    coarse.clear();
    coarse.extend_from_slice(&shared.samples()[..whole]);
    for bit in (0..spec.level).rev() {
        let sign = if spec.node >> bit & 1 == 0 { 1.0 } else { -1.0 };
        let half = coarse.len() / 2;
        for k in 0..half {
            coarse[k] = (coarse[2 * k] + sign * coarse[2 * k + 1]) / 2.0;
        }
        coarse.truncate(half);
    }
    matcher.read(coarse);
    radii.clear();
    radii.push(spec.r * deviation);
    matcher.count(spec.m, 1, Templates::Continued, radii);
    entropy(matcher.pairs(0))
}

struct Orders {
    delay: usize,
    normalised: bool,
    order: usize,
    scale: usize,
}

#[derive(Default)]
struct OrderRoom {
    coarse: Vec<f64>,
    patterns: Patterns,
    words: Words,
}

fn permutation(shared: &Shared<'_>, spec: &Orders, room: &mut OrderRoom) -> f64 {
    let OrderRoom { coarse, patterns, words } = room;
    coarsen(shared.samples(), spec.scale, 0, coarse);
    let most: u64 = (1..=spec.order as u64).product();
    let mut entropy = f64::NAN;
    patterns.walk(coarse, spec.delay, spec.order, |order, numbers| {
        if order == spec.order {
            entropy = words.entropy(numbers.iter().map(|&w| u64::from(w)), numbers.len(), most);
        }
    });
    entropy / if spec.normalised { (most as f64).ln() } else { 2_f64.ln() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarse_series() {
        let x = [1.0, 3.0, 5.0, 7.0, 9.0];
        let mut coarse = Vec::new();
        coarsen(&x, 2, 0, &mut coarse);
        assert_eq!(coarse, [2.0, 6.0]);
        coarsen(&x, 2, 1, &mut coarse);
        assert_eq!(coarse, [4.0, 8.0]);
        coarsen(&x, 7, 6, &mut coarse);
        assert!(coarse.is_empty());
    }
}
