//! Visibility graphs: the order of peaks and valleys, whatever their size.
//!
//! Every sample is a node. Two samples see each other when all samples between lie below the straight line from one
//! to the other (natural: L. Lacasa et al., PNAS 105 (2008), 4972), or below both (horizontal: B. Luque et al.,
//! Physical Review E 80 (2009), 046103). The degree of a node is how many it sees. Neither graph changes when the
//! samples are scaled or shifted; the horizontal one knows ranks alone, and the natural one does not change with a
//! drift along a line either.
//!
//! Attributes of the degrees: `mean` (horizontal: near 4 for distinct samples without a period, 4 (1 - 1/(2T)) for a
//! period of T samples), `std` (divisor n), `max`, `entropy` (Shannon, nats: 0 for a line, larger for manifold
//! scenes). NaN for fewer than 2 samples.
//!
//! Horizontal: O(n) with a stack. Natural: the largest sample hides the two sides of it from each other, so it is
//! compared with its stretch, and both sides go on alone (X. Lan et al., Chaos 25 (2015), 083105): O(n log n) for
//! usual signals, O(n²) for a steady slope. O(n) memory.

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;

pub(super) fn calculators() -> [Calculator; 2] {
    const PARAMS: &[Param] = &[Param::word("attr", &["entropy", "max", "mean", "std"])];
    fn attributes(args: &[&Args]) -> Vec<Attribute> {
        args.iter().map(|a| Attribute::from_word(a.word(0))).collect()
    }
    [
        Calculator::group(
            "visibility",
            PARAMS,
            "degrees of the natural visibility graph: samples seen from a sample over all between",
            |args| Box::new(Graph { attributes: attributes(args), degrees: natural }),
        ),
        Calculator::group(
            "horizontal_visibility",
            PARAMS,
            "degrees of the horizontal visibility graph: samples seen from a sample on a level line",
            |args| Box::new(Graph { attributes: attributes(args), degrees: horizontal }),
        ),
    ]
}

#[derive(Debug, Clone, Copy)]
enum Attribute {
    Entropy,
    Max,
    Mean,
    Std,
}

impl Attribute {
    fn from_word(word: &str) -> Self {
        match word {
            "entropy" => Self::Entropy,
            "max" => Self::Max,
            "std" => Self::Std,
            _ => Self::Mean,
        }
    }
}

struct Graph {
    attributes: Vec<Attribute>,
    degrees: fn(&[f64], &mut Room),
}

#[derive(Debug, Default)]
struct Room {
    degrees: Vec<u32>,
    /// How many nodes have the degree of the index.
    counts: Vec<u32>,
    /// Stretches to come, or samples that still see to the right.
    open: Vec<(u32, u32)>,
}

impl Kernel for Graph {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let x = shared.samples();
        if x.len() < 2 {
            out.fill(f64::NAN);
            return;
        }
        let room: &mut Room = scratch.own();
        room.degrees.clear();
        room.degrees.resize(x.len(), 0);
        room.open.clear();
        (self.degrees)(x, room);
        room.counts.clear();
        room.counts.resize(x.len(), 0);
        for &degree in &room.degrees {
            room.counts[degree as usize] += 1;
        }
        for (out, &attribute) in out.iter_mut().zip(&self.attributes) {
            *out = room.value(attribute);
        }
    }
}

impl Room {
    fn value(&self, attribute: Attribute) -> f64 {
        let n = self.degrees.len() as f64;
        let kinds =
            || self.counts.iter().enumerate().filter(|(_, c)| **c > 0).map(|(k, &c)| (k as f64, f64::from(c) / n));
        let mean = kinds().map(|(k, p)| p * k).sum::<f64>();
        match attribute {
            Attribute::Entropy => kinds().map(|(_, p)| -p * p.ln()).sum::<f64>().max(0.0),
            Attribute::Max => kinds().map(|(k, _)| k).fold(0.0, f64::max),
            Attribute::Mean => mean,
            Attribute::Std => kinds().map(|(k, p)| p * (k - mean) * (k - mean)).sum::<f64>().sqrt(),
        }
    }
}

/// Degrees of the natural graph.
fn natural(x: &[f64], room: &mut Room) {
    let Room { degrees, open, .. } = room;
    // The larger side waits: never more than log2(n) stretches do.
    open.reserve(x.len().ilog2() as usize + 2);
    open.push((0, x.len() as u32));
    while let Some((mut start, mut end)) = open.pop() {
        while end - start > 1 {
            let (s, e) = (start as usize, end as usize);
            let stretch = &x[s..e];
            let top = (1..stretch.len()).fold(0, |top, i| if stretch[i] > stretch[top] { i } else { top });
            let height = stretch[top];
            let mut seen = 0;
            let mut steepest = f64::NEG_INFINITY;
            for (k, &v) in stretch[top + 1..].iter().enumerate() {
                let slope = (v - height) / (k + 1) as f64;
                // Neighbours see each other even where the slope leaves the range of f64.
                if slope > steepest || k == 0 {
                    steepest = slope;
                    degrees[s + top + 1 + k] += 1;
                    seen += 1;
                }
            }
            steepest = f64::NEG_INFINITY;
            for (k, &v) in stretch[..top].iter().rev().enumerate() {
                let slope = (v - height) / (k + 1) as f64;
                if slope > steepest || k == 0 {
                    steepest = slope;
                    degrees[s + top - 1 - k] += 1;
                    seen += 1;
                }
            }
            degrees[s + top] += seen;
            let middle = start + top as u32;
            let (left, right) = ((start, middle), (middle + 1, end));
            let (small, large) = if middle - start < end - middle - 1 { (left, right) } else { (right, left) };
            open.push(large);
            (start, end) = small;
        }
    }
}

/// Degrees of the horizontal graph. The stack holds the samples that still see to the right, falling from the bottom.
fn horizontal(x: &[f64], room: &mut Room) {
    let Room { degrees, open, .. } = room;
    open.reserve(x.len());
    for (j, &v) in x.iter().enumerate() {
        while let Some(&(i, _)) = open.last() {
            degrees[i as usize] += 1;
            degrees[j] += 1;
            let hidden = x[i as usize] <= v;
            if hidden {
                open.pop();
            }
            if x[i as usize] >= v {
                break;
            }
        }
        open.push((j as u32, 0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn degrees(x: &[f64], graph: fn(&[f64], &mut Room)) -> Vec<u32> {
        let mut room = Room { degrees: vec![0; x.len()], ..Room::default() };
        graph(x, &mut room);
        room.degrees
    }

    #[test]
    fn small_scenes() {
        assert_eq!(degrees(&[1.0, 2.0, 1.0], natural), [1, 2, 1]);
        assert_eq!(degrees(&[2.0, 1.0, 2.0], natural), [2, 2, 2]);
        assert_eq!(degrees(&[1.0, 2.0, 3.0, 4.0], natural), [1, 2, 2, 1]);
        assert_eq!(degrees(&[4.0, 1.0, 0.0, 1.0, 4.0], natural), [4; 5]);
        assert_eq!(degrees(&[2.0, 1.0, 2.0], horizontal), [2, 2, 2]);
        assert_eq!(degrees(&[3.0, 1.0, 2.0, 4.0], horizontal), [3, 2, 3, 2]);
        assert_eq!(degrees(&[5.0, 5.0, 5.0], horizontal), [1, 2, 1]);
    }
}
