//! The 84 kernels at one dilation: what their convolutions share is computed once.
//!
//! A kernel has nine weights, six of -1 and three of 2. Written as -1 everywhere plus 3 in three places, its output is
//! `alpha + g_a + g_b + g_c`, where `alpha` (minus the sum of the nine shifted copies of the window) and the nine
//! `g_i` (three times a shifted copy) are the same for all kernels of a dilation. Kernels go in lexicographic order of
//! (a, b, c), so `alpha + g_a + g_b` is one array for all kernels of a pair: one addition a sample and kernel is left.

/// Number of kernels: three of nine positions.
pub(super) const KERNELS: usize = 84;
/// Weights of a kernel.
pub(super) const WEIGHTS: usize = 9;
/// Samples that are worked on at once: nine shifted pieces and their sums stay in the first cache.
pub(super) const BLOCK: usize = 1024;

/// The kernels as the three positions of the weight 2, in order.
pub(super) const POSITIONS: [[u8; 3]; KERNELS] = positions();

const fn positions() -> [[u8; 3]; KERNELS] {
    let mut all = [[0; 3]; KERNELS];
    let (mut k, mut a) = (0, 0);
    while a < 9 {
        let mut b = a + 1;
        while b < 9 {
            let mut c = b + 1;
            while c < 9 {
                all[k] = [a, b, c];
                k += 1;
                c += 1;
            }
            b += 1;
        }
        a += 1;
    }
    all
}

/// The part of the output that kernel `k` at dilation number `j` pools: all of it, the window taken as zero outside,
/// or only where the kernel lies within the window. The two alternate over kernels and dilations.
pub(super) fn valid_range(len: usize, dilation: usize, j: usize, k: usize) -> (usize, usize) {
    if (j + k).is_multiple_of(2) { (0, len) } else { (4 * dilation, len - 4 * dilation) }
}

/// A window with zeros on both sides, and room for the sums that kernels share.
#[derive(Debug, Clone)]
pub(super) struct Padded {
    len: usize,
    pad: usize,
    /// Samples by which the positions before the centre read later than a kernel's would; see [`super::MultiRocket`].
    late: usize,
    /// The window between `pad` zeros.
    plain: Vec<f32>,
    /// Three times that.
    triple: Vec<f32>,
    alpha: Vec<f32>,
    one: Vec<f32>,
    two: Vec<f32>,
}

/// The outputs of one kernel over a piece of the window, as two summands.
pub(super) struct Output<'a> {
    /// Number of the kernel.
    pub kernel: usize,
    /// First sample of the piece.
    pub start: usize,
    /// `alpha + g_a + g_b`.
    pub pair: &'a [f32],
    /// `g_c`.
    pub last: &'a [f32],
}

impl Padded {
    /// Room for windows of `len` samples and dilations up to `max_dilation`.
    pub(super) fn new(len: usize, max_dilation: usize, late: usize) -> Self {
        let pad = 4 * max_dilation;
        let block = len.min(BLOCK);
        Self {
            len,
            pad,
            late,
            plain: vec![0.0; len + 2 * pad],
            triple: vec![0.0; len + 2 * pad],
            alpha: vec![0.0; block],
            one: vec![0.0; block],
            two: vec![0.0; block],
        }
    }

    /// Whether it was made with these lengths.
    pub(super) fn fits(&self, len: usize, max_dilation: usize, late: usize) -> bool {
        (self.len, self.pad, self.late) == (len, 4 * max_dilation, late)
    }

    /// Where position `i` of a kernel begins to read for an output that begins at `start`.
    #[inline]
    fn origin(&self, start: usize, dilation: usize, i: usize) -> usize {
        self.pad + start + i * dilation - 4 * dilation + if i < 4 { self.late } else { 0 }
    }

    /// The place of the window. What is written there counts after [`Padded::ready`].
    pub(super) fn window(&mut self) -> &mut [f32] {
        &mut self.plain[self.pad..self.pad + self.len]
    }

    /// Prepares the window that was written.
    pub(super) fn ready(&mut self) {
        for (t, v) in self.triple.iter_mut().zip(&self.plain) {
            *t = 3.0 * v;
        }
    }

    /// Hands the output of every kernel at `dilation` to `f`, block by block.
    pub(super) fn outputs(&mut self, dilation: usize, mut f: impl FnMut(Output<'_>)) {
        let mut start = 0;
        while start < self.len {
            let n = BLOCK.min(self.len - start);
            let from: [usize; WEIGHTS] = std::array::from_fn(|i| self.origin(start, dilation, i));
            let plain = |i: usize| &self.plain[from[i]..][..n];
            let gamma = |i: usize| &self.triple[from[i]..][..n];
            let alpha = &mut self.alpha[..n];
            for (a, v) in alpha.iter_mut().zip(plain(4)) {
                *a = -v;
            }
            for i in [0, 1, 2, 3, 5, 6, 7, 8] {
                for (a, v) in alpha.iter_mut().zip(plain(i)) {
                    *a -= v;
                }
            }
            let mut kernel = 0;
            for a in 0..WEIGHTS - 2 {
                let one = &mut self.one[..n];
                add(one, alpha, gamma(a));
                for b in a + 1..WEIGHTS - 1 {
                    let two = &mut self.two[..n];
                    add(two, one, gamma(b));
                    for c in b + 1..WEIGHTS {
                        f(Output { kernel, start, pair: two, last: gamma(c) });
                        kernel += 1;
                    }
                }
            }
            start += n;
        }
    }

    /// The whole output of one kernel.
    pub(super) fn output(&self, kernel: usize, dilation: usize, out: &mut Vec<f32>) {
        let shifted = |i: usize| &self.plain[self.origin(0, dilation, i)..][..self.len];
        out.clear();
        out.extend(shifted(4).iter().map(|v| -v));
        for i in [0, 1, 2, 3, 5, 6, 7, 8] {
            out.iter_mut().zip(shifted(i)).for_each(|(o, v)| *o -= v);
        }
        for i in POSITIONS[kernel] {
            let gamma = &self.triple[self.origin(0, dilation, usize::from(i))..];
            out.iter_mut().zip(gamma).for_each(|(o, g)| *o += g);
        }
    }
}

fn add(to: &mut [f32], a: &[f32], b: &[f32]) {
    for ((t, a), b) in to.iter_mut().zip(a).zip(b) {
        *t = a + b;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_are_in_lexicographic_order() {
        assert_eq!(POSITIONS[0], [0, 1, 2]);
        assert_eq!(POSITIONS[83], [6, 7, 8]);
        assert!(POSITIONS.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn blocks_and_whole_outputs_have_the_same_bits() {
        for (len, dilation) in [(9, 1), (64, 7), (2500, 31), (1025, 128), (1024, 1)] {
            let mut padded = Padded::new(len, (len - 1) / 8, len % 2);
            for (i, v) in padded.window().iter_mut().enumerate() {
                *v = (i as f32 * 0.37).sin() + 0.2;
            }
            padded.ready();
            let mut blocks = vec![Vec::new(); KERNELS];
            padded.outputs(dilation, |o| {
                assert_eq!(blocks[o.kernel].len(), o.start);
                blocks[o.kernel].extend(o.pair.iter().zip(o.last).map(|(p, g)| p + g));
            });
            let mut whole = Vec::new();
            for (k, block) in blocks.iter().enumerate() {
                padded.output(k, dilation, &mut whole);
                assert_eq!(&whole, block, "{len} {dilation} {k}");
            }
        }
    }
}
