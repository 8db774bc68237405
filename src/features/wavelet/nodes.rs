//! Wavelet packets: energies and shapes of bands of equal width.
//!
//! Node i of level j, counted by rising frequency, holds i f/2^(j+1) to (i+1) f/2^(j+1) (f the sample rate). A resonance
//! that a fault excites is one node whose share of the energy and whose kurtosis grow.
//!
//! # Formulas
//! With c the coefficients of a node: energy Σ c²; relative energy Σ c² over that of all nodes of the level; energy
//! entropy -Σ p ln p of these shares; Pearson's kurtosis of c about its mean; the largest kurtosis of a level and the middle
//! frequency of its node.
//!
//! # Sources
//! R. Coifman, M. V. Wickerhauser (1992); G. Yen, K. Lin, Wavelet packet feature extraction for vibration monitoring
//! (2000); Y. Lei et al., Application of an improved kurtogram method for fault diagnosis (2011) for the kurtosis of nodes.
//!
//! # Undefined
//! NaN where the level has no coefficient free of the boundary or no such node; kurtosis of a node with no more than
//! rounding noise.
//!
//! # Cost
//! One tree for all features of one wavelet and mode, O(n taps) a level.

use super::bands::filters;
use super::transforms::{Levels, Transform, energy_entropy, kurtosis, share};
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::math::lanes;
use crate::signal::wavelet::{BOUNDARY_NAMES, NAMES};

/// Deepest level: 4,096 nodes.
const LEVEL: Param = Param::int("level", 1, 12);
const MODE: Param = Param::word("mode", BOUNDARY_NAMES).or("\"symmetric\"");
const WAVELET: Param = Param::word("wavelet", NAMES).or("\"db4\"");

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    const OF_NODE: &[Param] = &[LEVEL, MODE, Param::int("node", 0, 4095), WAVELET];
    const OF_LEVEL: &[Param] = &[LEVEL, MODE, WAVELET];
    vec![
        Calculator::group("wpt_energy", OF_NODE, "Σ c² of a node of wavelet packets, unit²", |a| of_node(energy, a)),
        Calculator::group(
            "wpt_relative_energy",
            OF_NODE,
            "energy of a node of wavelet packets over that of all nodes of the level",
            |a| of_node(|l, s| share(energy(l, s), l.nodes(s.level).map_or(f64::NAN, lanes::sum)), a),
        ),
        Calculator::group("wpt_kurtosis", OF_NODE, "m4 / m2² of a node of wavelet packets; NaN without any", |a| {
            of_node(|l, s| shape(l, s.level, s.node), a)
        }),
        Calculator::group(
            "wpt_energy_entropy",
            OF_LEVEL,
            "-Σ p ln p of the relative energies of the nodes of a level, nats",
            |a| of_whole(|l, s, _| l.nodes(s.level).map_or(f64::NAN, |e| energy_entropy(e.iter().copied())), a),
        ),
        Calculator::group("wpt_max_kurtosis", OF_LEVEL, "largest kurtosis of the nodes of a level", |a| {
            of_whole(|l, s, _| peaked(l, s.level).1, a)
        }),
        Calculator::group(
            "wpt_max_kurtosis_frequency",
            OF_LEVEL,
            "middle frequency of the node with the largest kurtosis, Hz",
            |a| {
                of_whole(
                    |l, s, rate| match peaked(l, s.level) {
                        (_, k) if k.is_nan() => f64::NAN,
                        (node, _) => (node as f64 + 0.5) * rate / (2_u64 << s.level) as f64,
                    },
                    a,
                )
            },
        ),
    ]
}

fn energy(l: &Levels, spec: &Spec) -> f64 {
    // Node numbers are by frequency, energies by path.
    let natural = spec.node ^ (spec.node >> 1);
    l.nodes(spec.level).and_then(|e| e.get(natural)).copied().unwrap_or(f64::NAN)
}

fn shape(l: &Levels, level: usize, node: usize) -> f64 {
    if l.is_sound(energy(l, &Spec::new(l.transform(), level, node))) {
        l.node(level, node).map_or(f64::NAN, kurtosis)
    } else {
        f64::NAN
    }
}

/// The node of the largest kurtosis, the first of equals, and that; NaN when no node has one.
fn peaked(l: &Levels, level: usize) -> (usize, f64) {
    // Where one node overflows, the others say nothing of it.
    let whole = l.nodes(level).filter(|e| lanes::sum(e).is_finite());
    let count = whole.map_or(0, <[f64]>::len);
    let better = |best: (usize, f64), node: usize| {
        let k = shape(l, level, node);
        if k > best.1 || (best.1.is_nan() && !k.is_nan()) { (node, k) } else { best }
    };
    (0..count).fold((0, f64::NAN), better)
}

/// One feature of packets.
struct Spec {
    transform: Transform,
    level: usize,
    node: usize,
}

impl Spec {
    fn new(transform: Transform, level: usize, node: usize) -> Self {
        Self { transform, level, node }
    }
}

/// Value of a spec from its transform and the sample rate in hertz.
type Value = fn(&Levels, &Spec, f64) -> f64;

/// All features of one calculator.
struct Nodes<F> {
    specs: Vec<Spec>,
    value: F,
}

impl<F: Fn(&Levels, &Spec, f64) -> f64 + Send + Sync> Kernel for Nodes<F> {
    fn needs(&self) -> Needs {
        let mut needs = Needs::new();
        self.specs.iter().for_each(|s| needs.wavelet.level(s.transform, s.level));
        needs
    }

    fn run(&self, shared: &Shared<'_>, _: &mut Scratch, out: &mut [f64]) {
        let rate = shared.rate().as_hz();
        for (out, spec) in out.iter_mut().zip(&self.specs) {
            *out = shared.wavelets().get(spec.transform).map_or(f64::NAN, |l| (self.value)(l, spec, rate));
        }
    }
}

fn packets(args: &Args, at: usize) -> Transform {
    let (wavelet, boundary) = filters(args, at);
    Transform::Packets(wavelet, boundary)
}

fn of_node(value: fn(&Levels, &Spec) -> f64, args: &[&Args]) -> Box<dyn Kernel> {
    // The word `mode` stands before the number `node`, the word `wavelet` after it.
    let spec = |a: &&Args| {
        let wavelet = a.word(3).parse().unwrap_or(crate::signal::wavelet::Wavelet::haar());
        Spec::new(Transform::Packets(wavelet, a.word(1).parse().unwrap_or_default()), a.count(0), a.count(2))
    };
    Box::new(Nodes { specs: args.iter().map(spec).collect(), value: move |l: &Levels, s: &Spec, _: f64| value(l, s) })
}

fn of_whole(value: Value, args: &[&Args]) -> Box<dyn Kernel> {
    let spec = |a: &&Args| Spec::new(packets(a, 1), a.count(0), 0);
    Box::new(Nodes { specs: args.iter().map(spec).collect(), value })
}
