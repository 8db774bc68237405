//! Wavelet packets: bands of equal width, by splitting the details as well.
//!
//! After j levels there are 2^j bands of width f/2^(j+1) each (f the sample rate). For faults that ring at a known
//! resonance, and for energies that are comparable from band to band.
//!
//! # Order
//! A node's path says which filter was taken at each level, `a` low or `d` high. In [`PacketOrder::Natural`] the paths
//! count up as binary numbers (`aa`, `ad`, `da`, `dd`). Splitting a high band turns its frequencies round, so that rising
//! frequency is the order of the Gray code (`aa`, `ad`, `dd`, `da`): [`PacketOrder::Frequency`].
//!
//! # Sources
//! R. Coifman, M. V. Wickerhauser, Entropy-based algorithms for best basis selection, *IEEE Trans. Inf. Theory* 38 (1992);
//! S. Mallat, *A Wavelet Tour of Signal Processing* (1999), 8.1.
//!
//! # Cost
//! O(n taps) a level; memory of one signal a level, as all levels are kept.

use super::bank::{Bank, Halves};
use super::boundary::Boundary;
use super::dwt::{MAX_LEN, check_len, check_levels, check_same};
use super::family::Wavelet;
use crate::error::{Error, Result};
use crate::math::lanes;
use std::ops::Range;

/// How the nodes of a level are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "snake_case"))]
pub enum PacketOrder {
    /// By rising frequency: node i of level j holds `i f / 2^(j+1)` to `(i + 1) f / 2^(j+1)`.
    #[default]
    Frequency,
    /// By path, the low band first.
    Natural,
}

impl PacketOrder {
    /// The natural number of node `index`.
    fn natural(self, index: usize) -> usize {
        match self {
            Self::Frequency => index ^ (index >> 1),
            Self::Natural => index,
        }
    }
}

/// A plan for wavelet packets of signals of one length: `pywt.WaveletPacket`.
///
/// ```
/// use prognos::signal::wavelet::{Boundary, PacketOrder, WaveletPackets};
/// // A tone at 0.28 of the sample rate: 0.28 / (0.5 / 8) = 4.48, so node 4 of 8.
/// let x: Vec<f64> = (0..512).map(|i| (std::f64::consts::TAU * 0.28 * f64::from(i)).sin()).collect();
/// let plan = WaveletPackets::new("db8".parse()?, Boundary::Symmetric, 512, 3)?;
/// let tree = plan.decompose(&x)?;
/// let energies = tree.energies(3, PacketOrder::Frequency);
/// assert!(energies.iter().all(|e| *e <= energies[4]));
/// let basis = tree.best_basis();
/// assert!(plan.reconstruct(&tree, &basis)?.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-12));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct WaveletPackets {
    wavelet: Wavelet,
    bank: Bank,
    /// Length of the signal, then of the nodes of each level.
    lengths: Vec<usize>,
    /// Where each level begins among the coefficients.
    starts: Vec<usize>,
}

/// Working memory of [`WaveletPackets`].
#[derive(Debug, Clone)]
pub struct PacketScratch {
    halves: Halves,
}

impl WaveletPackets {
    /// A plan for `len` samples and that many levels.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `len` lies in 1..=2^27 and `levels` in 1..=30, and when all nodes together would have
    /// more than 2^28 coefficients (long filters on many short nodes).
    pub fn new(wavelet: Wavelet, boundary: Boundary, len: usize, levels: usize) -> Result<Self> {
        check_len(len)?;
        check_levels(levels)?;
        let bank = Bank::new(wavelet, boundary);
        let (mut lengths, mut starts) = (vec![len], vec![0]);
        let (mut n, mut end) = (len, len);
        for level in 1..=levels {
            n = bank.band_len(n);
            starts.push(end);
            end += n << level;
            lengths.push(n);
            if end > 2 * MAX_LEN {
                let rule = "more than 2^28 coefficients: take fewer levels or a shorter filter";
                return Err(Error::parameter("levels", levels, rule));
            }
        }
        starts.push(end);
        Ok(Self { wavelet, bank, lengths, starts })
    }

    /// The wavelet.
    #[must_use]
    pub fn wavelet(&self) -> Wavelet {
        self.wavelet
    }

    /// How signals go on beyond their ends.
    #[must_use]
    pub fn boundary(&self) -> Boundary {
        self.bank.boundary()
    }

    /// Number of samples of a signal.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // a plan is never empty
    pub fn len(&self) -> usize {
        self.lengths[0]
    }

    /// Number of levels.
    #[must_use]
    pub fn levels(&self) -> usize {
        self.lengths.len() - 1
    }

    /// Number of coefficients of the whole tree; level 0, the signal itself, among them.
    #[must_use]
    pub fn coefficients(&self) -> usize {
        self.starts[self.levels() + 1]
    }

    /// Where a node stands among the coefficients; empty where there is none.
    #[must_use]
    pub fn node(&self, level: usize, index: usize, order: PacketOrder) -> Range<usize> {
        if level > self.levels() || index >> level != 0 {
            return 0..0;
        }
        let n = self.lengths[level];
        let start = self.starts[level] + n * order.natural(index);
        start..start + n
    }

    /// Working memory for this plan.
    #[must_use]
    pub fn scratch(&self) -> PacketScratch {
        let longest = self.lengths.iter().copied().max().unwrap_or(0);
        PacketScratch { halves: Halves::with_room(longest, self.wavelet.len()) }
    }

    /// Writes the coefficients of all nodes, level by level in natural order. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` or `out` is of another size than the plan.
    pub fn process(&self, x: &[f64], out: &mut [f64], scratch: &mut PacketScratch) -> Result<()> {
        check_same("samples of a wavelet packet", self.len(), x.len())?;
        check_same("coefficients of a wavelet packet", self.coefficients(), out.len())?;
        out[..x.len()].copy_from_slice(x);
        for level in 1..=self.levels() {
            let (above, below) = out.split_at_mut(self.starts[level]);
            let parents = above[self.starts[level - 1]..].chunks_exact(self.lengths[level - 1]);
            let n = self.lengths[level];
            for (parent, children) in parents.zip(below.chunks_exact_mut(2 * n)) {
                let (low, high) = children.split_at_mut(n);
                self.bank.analyse(parent, low, high, &mut scratch.halves);
            }
        }
        Ok(())
    }

    /// The tree of `x`.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` has another length than the plan.
    pub fn decompose(&self, x: &[f64]) -> Result<PacketTree> {
        let mut values = vec![0.0; self.coefficients()];
        self.process(x, &mut values, &mut self.scratch())?;
        Ok(PacketTree { lengths: self.lengths.clone(), starts: self.starts.clone(), values })
    }

    /// The signal of the nodes of a basis (natural numbers): all nodes of one level, or [`PacketTree::best_basis`].
    /// What the tree holds in other nodes does not count.
    ///
    /// # Errors
    /// [`Error::Shape`] when the tree is that of another plan; [`Error::Parameter`] when the nodes of the basis overlap
    /// or leave a gap.
    pub fn reconstruct(&self, tree: &PacketTree, basis: &[(usize, usize)]) -> Result<Vec<f64>> {
        check_same("coefficients of a wavelet packet", self.coefficients(), tree.values.len())?;
        if tree.lengths != self.lengths {
            return Err(Error::shape("length of the nodes of a wavelet packet", self.lengths[1], tree.lengths[1]));
        }
        let levels = self.levels();
        // A node covers a stretch of the deepest level; a basis covers each place once.
        let mut stretches: Vec<(usize, usize)> = Vec::with_capacity(basis.len());
        for &(level, index) in basis {
            if level > levels || index >> level != 0 {
                return Err(Error::parameter("basis", format!("({level}, {index})"), "there is no such node"));
            }
            stretches.push((index << (levels - level), 1 << (levels - level)));
        }
        stretches.sort_unstable();
        let end = stretches.iter().try_fold(0, |end, &(start, n)| (start == end).then_some(end + n));
        if end != Some(1 << levels) {
            let rule = "the nodes of a basis cover the tree, each place once";
            return Err(Error::parameter("basis", format!("{} nodes", basis.len()), rule));
        }
        let mut values = tree.values.clone();
        let mut known = vec![false; 2 << levels];
        let number = |level: usize, index: usize| (1 << level) + index;
        for &(level, index) in basis {
            known[number(level, index)] = true;
        }
        let mut scratch = self.scratch();
        for level in (1..=levels).rev() {
            let n = self.lengths[level];
            for parent in 0..1 << (level - 1) {
                if known[number(level, 2 * parent)] && known[number(level, 2 * parent + 1)] {
                    let (above, below) = values.split_at_mut(self.starts[level]);
                    let (low, high) = below[2 * parent * n..2 * (parent + 1) * n].split_at(n);
                    let place = self.node(level - 1, parent, PacketOrder::Natural);
                    self.bank.synthesise(low, high, &mut above[place], &mut scratch.halves);
                    known[number(level - 1, parent)] = true;
                }
            }
        }
        values.truncate(self.len());
        Ok(values)
    }
}

/// All nodes of all levels of a signal; level 0 is the signal.
#[derive(Debug, Clone, PartialEq)]
pub struct PacketTree {
    lengths: Vec<usize>,
    starts: Vec<usize>,
    values: Vec<f64>,
}

impl PacketTree {
    /// Number of levels below the signal.
    #[must_use]
    pub fn levels(&self) -> usize {
        self.lengths.len() - 1
    }

    fn place(&self, level: usize, natural: usize) -> Range<usize> {
        if level > self.levels() || natural >> level != 0 {
            return 0..0;
        }
        let n = self.lengths[level];
        self.starts[level] + n * natural..self.starts[level] + n * (natural + 1)
    }

    /// Coefficients of a node; empty where there is none.
    #[must_use]
    pub fn node(&self, level: usize, index: usize, order: PacketOrder) -> &[f64] {
        &self.values[self.place(level, order.natural(index))]
    }

    /// Coefficients of a node, to change.
    pub fn node_mut(&mut self, level: usize, index: usize, order: PacketOrder) -> &mut [f64] {
        let place = self.place(level, order.natural(index));
        &mut self.values[place]
    }

    /// Sum of squares of every node of a level; nothing where there is none.
    #[must_use]
    pub fn energies(&self, level: usize, order: PacketOrder) -> Vec<f64> {
        let count = if level > self.levels() { 0 } else { 1 << level };
        (0..count).map(|i| lanes::sum_squares(self.node(level, i, order))).collect()
    }

    /// The basis of the smallest Shannon cost `-Σ c² ln c²` (c relative to the norm of the signal), as (level, natural
    /// number) from left to right: each pair of children is kept when its cost is below its parent's.
    #[must_use]
    pub fn best_basis(&self) -> Vec<(usize, usize)> {
        let total = lanes::sum_squares(&self.values[..self.lengths[0]]);
        let cost = |level: usize, i: usize| {
            let of_one = |c: f64| {
                let p = c * c / total;
                if p > 0.0 { -p * p.ln() } else { 0.0 }
            };
            lanes::sum_by(&self.values[self.place(level, i)], of_one)
        };
        let levels = self.levels();
        let mut best: Vec<f64> = (0..1 << levels).map(|i| cost(levels, i)).collect();
        let mut split: Vec<Vec<bool>> = vec![vec![false; 1 << levels]];
        for level in (0..levels).rev() {
            let choices: Vec<(f64, bool)> = best
                .chunks_exact(2)
                .enumerate()
                .map(|(i, children)| {
                    let (own, below) = (cost(level, i), children[0] + children[1]);
                    if below < own { (below, true) } else { (own, false) }
                })
                .collect();
            split.push(choices.iter().map(|c| c.1).collect());
            best = choices.iter().map(|c| c.0).collect();
        }
        split.reverse();
        let (mut basis, mut open) = (Vec::new(), vec![(0, 0)]);
        while let Some((level, i)) = open.pop() {
            if split[level][i] {
                open.extend([(level + 1, 2 * i + 1), (level + 1, 2 * i)]);
            } else {
                basis.push((level, i));
            }
        }
        basis
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chirp(n: usize) -> Vec<f64> {
        (0..n).map(|i| (1e-3 * (i * i) as f64).sin() + 0.2).collect()
    }

    #[test]
    fn any_basis_gives_the_signal_back() {
        for name in ["haar", "db4", "bior2.4"] {
            for boundary in Boundary::ALL {
                for n in [33, 100] {
                    let x = chirp(n);
                    let plan = WaveletPackets::new(name.parse().unwrap(), boundary, n, 3).unwrap();
                    let tree = plan.decompose(&x).unwrap();
                    let whole: Vec<(usize, usize)> = (0..8).map(|i| (3, i)).collect();
                    for basis in [tree.best_basis(), whole, vec![(1, 1), (2, 0), (2, 1)], vec![(0, 0)]] {
                        let back = plan.reconstruct(&tree, &basis).unwrap();
                        let worst = x.iter().zip(&back).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                        assert!(worst < 1e-10, "{name} {boundary} {n} {basis:?}: {worst:e}");
                    }
                    for basis in
                        [vec![], vec![(1, 0)], vec![(1, 0), (1, 0)], vec![(1, 0), (1, 1), (2, 3)], vec![(9, 0)]]
                    {
                        assert!(plan.reconstruct(&tree, &basis).is_err());
                    }
                }
            }
        }
    }

    #[test]
    fn tones_fall_into_their_band() {
        let plan = WaveletPackets::new("sym20".parse().unwrap(), Boundary::Periodization, 1024, 4).unwrap();
        for node in 0..16 {
            let turns = (node as f64 + 0.5) / 32.0;
            let x: Vec<f64> = (0..1024).map(|i| (std::f64::consts::TAU * turns * i as f64).sin()).collect();
            let tree = plan.decompose(&x).unwrap();
            let energies = tree.energies(4, PacketOrder::Frequency);
            assert!(energies[node] > 0.7 * 512.0, "{node}: {energies:?}");
            assert!((energies.iter().sum::<f64>() / lanes::sum_squares(&x) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn trees_too_large_are_refused() {
        let db38 = "db38".parse().unwrap();
        assert!(WaveletPackets::new(db38, Boundary::Symmetric, 100, 30).is_err());
        assert!(WaveletPackets::new(db38, Boundary::Symmetric, 100, 0).is_err());
        let plan = WaveletPackets::new(db38, Boundary::Symmetric, 100, 2).unwrap();
        assert_eq!(plan.node(3, 0, PacketOrder::Natural), 0..0);
        assert_eq!(plan.node(2, 4, PacketOrder::Natural), 0..0);
    }
}
