//! What MultiRocket keeps of an output and a bias: how often, how far, where and how long one exceeds the other.
//!
//! Counts, sums and indices go in four lanes; distances between negative values by words of 64 signs.

use super::bank::Bank;
use super::kernels::{KERNELS, Padded, valid_range};
use wide::bytemuck::cast;
use wide::{f32x4, i32x4};

/// Numbers that are pooled from one output and one bias.
pub(super) const POOLS: usize = 4;

/// What is known of one output and bias so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pool {
    positive: u32,
    /// Sum of the indices of positive values.
    places: u64,
    /// Sum of the positive outputs.
    sum: f64,
    /// Index of the last negative value, and the longest distance between two.
    last: u32,
    longest: u32,
}

/// Hands the four numbers of every feature to `put`: all shares, then all distances, means and places.
pub(super) fn pool(
    bank: &Bank,
    window: &mut Padded,
    pools: &mut [Pool],
    output: &mut [f32],
    mut put: impl FnMut(usize, f32),
) {
    window.ready();
    let (len, features) = (bank.len(), bank.biases().len());
    let mut first = 0;
    for (j, (&dilation, &count)) in bank.dilations().iter().zip(bank.counts()).enumerate() {
        let biases = &bank.biases()[first..first + KERNELS * count];
        let pools = &mut pools[..KERNELS * count];
        pools.fill(Pool::default());
        window.outputs(dilation, |o| {
            let (from, to) = valid_range(len, dilation, j, o.kernel);
            let low = from.clamp(o.start, o.start + o.pair.len()) - o.start;
            let high = to.clamp(o.start, o.start + o.pair.len()) - o.start;
            if low < high {
                let output = &mut output[..high - low];
                for (c, (a, b)) in output.iter_mut().zip(o.pair[low..high].iter().zip(&o.last[low..high])) {
                    *c = a + b;
                }
                let place = o.start + low - from;
                let these = o.kernel * count..(o.kernel + 1) * count;
                for (pool, &bias) in pools[these.clone()].iter_mut().zip(&biases[these]) {
                    pool.add(output, bias, place);
                }
            }
        });
        for (i, (pool, &bias)) in pools.iter().zip(biases).enumerate() {
            let (from, to) = valid_range(len, dilation, j, i / count);
            let n = to - from;
            let positive = f64::from(pool.positive);
            // In the sum of C + b the bias counts once a positive value.
            let (mean, place) = match pool.positive {
                0 => (0.0, -1.0),
                _ => (pool.sum / positive + f64::from(bias), pool.places as f64 / positive),
            };
            let at = first + i;
            put(at, (positive / n as f64) as f32);
            put(at + features, pool.longest.max((n - 1) as u32 - pool.last) as f32);
            put(at + 2 * features, mean as f32);
            put(at + 3 * features, place as f32);
        }
        first += KERNELS * count;
    }
}

impl Pool {
    /// Adds a block of outputs, of at most [`BLOCK`] samples, whose first has index `place`.
    fn add(&mut self, output: &[f32], bias: f32, place: usize) {
        let (fours, rest) = output.as_chunks::<4>();
        let threshold = f32x4::splat(bias);
        let (mut sum, mut positive, mut places) = (f32x4::ZERO, i32x4::ZERO, i32x4::ZERO);
        // Both indices stay below 2^20: a block has 2^10 samples.
        let mut index = i32x4::new([0, 1, 2, 3]);
        let step = i32x4::splat(4);
        let mut at = place as u32;
        for sixteen in fours.chunks(16) {
            let mut negative = 0_u64;
            for (i, four) in sixteen.iter().enumerate() {
                let c = f32x4::new(*four);
                let above = c.simd_gt(threshold);
                let mask: i32x4 = cast(above);
                sum += above & c;
                positive -= mask;
                places += mask & index;
                index += step;
                negative |= u64::from(c.simd_lt(threshold).to_bitmask()) << (4 * i);
            }
            self.stretch(negative, at);
            at += 4 * sixteen.len() as u32;
        }
        let (sums, counts, indices) = (sum.to_array(), positive.to_array(), places.to_array());
        let mut total = f64::from((sums[0] + sums[2]) + (sums[1] + sums[3]));
        let mut count = counts.iter().sum::<i32>() as u32;
        let mut weighted = indices.iter().map(|&i| u64::from(i as u32)).sum::<u64>();
        for (i, &c) in rest.iter().enumerate() {
            if c > bias {
                total += f64::from(c);
                count += 1;
                weighted += (4 * fours.len() + i) as u64;
            } else if c < bias {
                self.stretch(1, at + i as u32);
            }
        }
        self.sum += total;
        self.positive += count;
        self.places += weighted + u64::from(count) * place as u64;
    }

    /// Takes in negative values: bit i of `negative` is the sample with index `at + i`.
    #[inline]
    fn stretch(&mut self, mut negative: u64, at: u32) {
        if negative == 0 {
            return;
        }
        let first = at + negative.trailing_zeros();
        let last = at + 63 - negative.leading_zeros();
        self.longest = self.longest.max(first - self.last);
        self.last = last;
        // Gaps within the word: doubling shifts close every gap of up to `longest` at once; what stays open is longer.
        if self.longest < 64 {
            let mut closed = negative;
            let mut width = 1;
            while width < self.longest {
                let by = width.min(self.longest - width);
                closed |= closed << by;
                width += by;
            }
            let open = !closed & (u64::MAX >> (63 - (last - at))) & (u64::MAX << (first - at));
            if open != 0 || self.longest == 0 {
                while negative & (negative - 1) != 0 {
                    let low = negative.trailing_zeros();
                    negative &= negative - 1;
                    self.longest = self.longest.max(negative.trailing_zeros() - low);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_as_sample_by_sample() {
        let mut state = 1_u64;
        for round in 0..300 {
            let density = 1 + round % 40;
            let x: Vec<f32> = (0..round + 1)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    if (state >> 33).is_multiple_of(density) { -1.0 } else { 1.0 }
                })
                .collect();
            let mut pool = Pool::default();
            pool.add(&x[..x.len() / 3], 0.0, 0);
            pool.add(&x[x.len() / 3..], 0.0, x.len() / 3);
            let (mut last, mut longest) = (0, 0);
            for (i, _) in x.iter().enumerate().filter(|(_, v)| **v < 0.0) {
                longest = longest.max(i - last);
                last = i;
            }
            assert_eq!((pool.last as usize, pool.longest as usize), (last, longest), "{round}");
            assert_eq!(pool.positive as usize, x.iter().filter(|v| **v > 0.0).count());
        }
    }
}
