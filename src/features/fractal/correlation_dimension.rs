//! The correlation dimension: how many variables move what the sensor sees.
//!
//! The slope of ln C(r) over ln r, C(r) the share of pairs of delay vectors (`dim` samples, `lag` apart) within a
//! Euclidean distance r, over the 55 radii 0.1 s · 1.03^i up to half of the standard deviation s (divisor n - 1);
//! radii without a pair do not count. P. Grassberger & I. Procaccia, Physica D 9 (1983), 189; the grid is that of
//! nolds. Pairs at most `theiler` samples apart are left out. With `self_pairs` every vector is counted as near
//! itself, as nolds does: small radii then never run empty, and the dimension of few or noisy samples comes out far
//! too small; it is there for comparison. NaN for a constant and with fewer than two radii that hold a pair.
//!
//! [`crate::signal::phase_space::CorrelationSums`] has the curve, for radii of your own.
//!
//! O(n² dim) at worst; O(n dim) memory.

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::signal::phase_space::{Embedding, PairCounter, slope};

pub(super) const DIM: Param = Param::int("dim", 1, 20);
pub(super) const LAG: Param = Param::int("lag", 1, 1_000_000);

const RADII: usize = 55;

pub(super) fn calculator() -> Calculator {
    const PARAMS: &[Param] = &[
        DIM.or("3"),
        LAG.or("1"),
        Param::bool("self_pairs").or("False"),
        Param::int("theiler", 0, 1_000_000_000).or("0"),
    ];
    Calculator::group(
        "correlation_dimension",
        PARAMS,
        "growth of the number of near pairs of delay vectors with the radius: 1 a cycle, 2 two tones",
        |args| {
            let specs = args.iter().map(|a| (a.count(0), a.count(1), a.bool(2), a.count(3))).collect();
            Box::new(Dimensions { specs })
        },
    )
}

struct Dimensions {
    specs: Vec<(usize, usize, bool, usize)>,
}

#[derive(Debug, Default)]
struct Room {
    counter: PairCounter,
    radii: Vec<f64>,
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Kernel for Dimensions {
    fn needs(&self) -> Needs {
        Needs::new().moments()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let room: &mut Room = scratch.own();
        let moments = shared.moments();
        let spread = (moments.m2 * moments.n / (moments.n - 1.0)).sqrt();
        out.fill(f64::NAN);
        if moments.is_constant() || !(spread > 0.0 && spread.is_finite()) {
            return;
        }
        room.radii.clear();
        room.radii.extend((0..RADII).map(|i| 0.1 * spread * 1.03_f64.powi(i as i32)));
        for (out, &(dim, lag, self_pairs, theiler)) in out.iter_mut().zip(&self.specs) {
            let Some(embedding) = Embedding::of(shared.samples(), dim, lag) else { continue };
            room.x.clear();
            room.y.clear();
            room.x.reserve(RADII);
            room.y.reserve(RADII);
            let counts = room.counter.count(&embedding, &room.radii, theiler);
            // A pair counts for both of its vectors.
            let own = if self_pairs { 0.5 * embedding.len() as f64 } else { 0.0 };
            for (&radius, &count) in room.radii.iter().zip(counts) {
                let count = count as f64 + own;
                if count > 0.0 {
                    room.x.push(radius.ln());
                    room.y.push(count.ln());
                }
            }
            *out = slope(&room.x, &room.y);
        }
    }
}
