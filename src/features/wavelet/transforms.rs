//! The wavelet transforms of one window, computed once for all features that read them.
//!
//! A transform is named by its kind, wavelet and boundary; the deepest level that any feature asks for is computed, and
//! serves the shallower ones: a level's coefficients do not depend on how far the cascade goes on. Levels that the
//! boundary spoils altogether (beyond [`Wavelet::max_level`], for the maximal overlap transform beyond log2 of the
//! length) are not computed; their features are NaN.

use crate::math::lanes;
use crate::signal::wavelet::{
    Boundary, ContinuousWavelet, Cwt, CwtScratch, Dwt, DwtScratch, Modwt, PacketOrder, PacketScratch,
    StationaryScratch, Wavelet, WaveletPackets,
};

/// Which transform a feature reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Transform {
    /// Octaves.
    Dwt(Wavelet, Boundary),
    /// Bands of equal width.
    Packets(Wavelet, Boundary),
    /// Octaves without decimation.
    Modwt(Wavelet),
}

impl Transform {
    /// The deepest level of a window of `len` samples that has a meaning.
    fn deepest(self, len: usize) -> usize {
        match self {
            Self::Dwt(w, _) | Self::Packets(w, _) => w.max_level(len),
            Self::Modwt(_) => len.checked_ilog2().unwrap_or(0) as usize,
        }
    }
}

/// What the features of a window read of its wavelet transforms.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct WaveletNeeds {
    /// Each transform with its deepest level.
    levels: Vec<(Transform, usize)>,
    /// Each scale, and whether its entropy is wanted.
    scales: Vec<(ContinuousWavelet, f64, bool)>,
}

impl WaveletNeeds {
    pub(crate) fn level(&mut self, transform: Transform, level: usize) {
        match self.levels.iter_mut().find(|(t, _)| *t == transform) {
            Some((_, deepest)) => *deepest = level.max(*deepest),
            None => self.levels.push((transform, level)),
        }
    }

    pub(crate) fn scale(&mut self, wavelet: ContinuousWavelet, scale: f64, entropy: bool) {
        match self.scales.iter_mut().find(|(w, s, _)| *w == wavelet && s.to_bits() == scale.to_bits()) {
            Some((.., wanted)) => *wanted |= entropy,
            None => self.scales.push((wavelet, scale, entropy)),
        }
    }

    pub(crate) fn join(&mut self, other: &Self) {
        other.levels.iter().for_each(|&(t, level)| self.level(t, level));
        other.scales.iter().for_each(|&(w, s, entropy)| self.scale(w, s, entropy));
    }
}

/// Plans, coefficients and energies for windows of one length.
#[derive(Debug, Default)]
pub(crate) struct Wavelets {
    levels: Vec<Levels>,
    scales: Vec<Scales>,
}

#[derive(Debug)]
enum Plan {
    Dwt(Dwt, DwtScratch),
    Packets(WaveletPackets, PacketScratch),
    Modwt(Modwt, StationaryScratch),
}

/// One transform with its levels.
#[derive(Debug)]
pub(crate) struct Levels {
    transform: Transform,
    plan: Plan,
    count: usize,
    values: Vec<f64>,
    /// Octaves: sum of squares of the details of level 1, 2, ... Packets: of node i of level j at 2^j + i, natural order.
    energies: Vec<f64>,
    /// Octaves: sum of squares of the approximation of level 1, 2, ...
    approximations: Vec<f64>,
    /// Sum of squares of the window.
    total: f64,
}

impl Levels {
    fn new(transform: Transform, wanted: usize, len: usize) -> Option<Self> {
        let count = wanted.min(transform.deepest(len));
        let (plan, room) = match transform {
            Transform::Dwt(w, b) => {
                let plan = Dwt::new(w, b, len, count).ok()?;
                let (room, scratch) = (plan.coefficients(), plan.scratch());
                (Plan::Dwt(plan, scratch), room)
            }
            Transform::Packets(w, b) => {
                let plan = WaveletPackets::new(w, b, len, count).ok()?;
                let (room, scratch) = (plan.coefficients(), plan.scratch());
                (Plan::Packets(plan, scratch), room)
            }
            Transform::Modwt(w) => {
                let plan = Modwt::new(w, len, count).ok()?;
                let (room, scratch) = (plan.coefficients(), plan.scratch());
                (Plan::Modwt(plan, scratch), room)
            }
        };
        let bands = if matches!(transform, Transform::Packets(..)) { 2 << count } else { count };
        let (energies, approximations) = (vec![f64::NAN; bands], vec![f64::NAN; count]);
        Some(Self { transform, plan, count, values: vec![0.0; room], energies, approximations, total: f64::NAN })
    }

    fn compute(&mut self, x: &[f64]) {
        self.total = lanes::sum_squares(x);
        let (values, energies, approximations) = (&mut self.values, &mut self.energies, &mut self.approximations);
        let done = match &mut self.plan {
            Plan::Dwt(plan, scratch) => {
                let each = |level: usize, a: &[f64]| approximations[level - 1] = lanes::sum_squares(a);
                plan.process_with(x, values, scratch, each)
            }
            Plan::Packets(plan, scratch) => plan.process(x, values, scratch),
            Plan::Modwt(plan, scratch) => plan.process(x, values, scratch),
        };
        if done.is_err() {
            values.fill(f64::NAN);
        }
        match &self.plan {
            Plan::Packets(plan, _) => {
                for level in 0..=self.count {
                    for i in 0..1 << level {
                        let node = &values[plan.node(level, i, PacketOrder::Natural)];
                        energies[(1 << level) + i] = lanes::sum_squares(node);
                    }
                }
            }
            _ => {
                for level in 1..=self.count {
                    self.energies[level - 1] = lanes::sum_squares(self.detail(level).unwrap_or(&[]));
                }
            }
        }
    }

    /// Which one.
    pub(crate) fn transform(&self) -> Transform {
        self.transform
    }

    /// Details of a level of octaves.
    pub(crate) fn detail(&self, level: usize) -> Option<&[f64]> {
        if !(1..=self.count).contains(&level) {
            return None;
        }
        match &self.plan {
            Plan::Dwt(plan, _) => self.values.get(plan.band(self.count + 1 - level)),
            Plan::Modwt(plan, _) => self.values.get((level - 1) * plan.len()..level * plan.len()),
            Plan::Packets(..) => None,
        }
    }

    /// Energy of the details of a level of octaves; NaN where there is none.
    pub(crate) fn energy(&self, level: usize) -> f64 {
        level.checked_sub(1).and_then(|i| self.energies.get(i)).copied().unwrap_or(f64::NAN)
    }

    /// Energy of the approximation of a level of octaves; NaN where there is none.
    pub(crate) fn approximation_energy(&self, level: usize) -> f64 {
        level.checked_sub(1).and_then(|i| self.approximations.get(i)).copied().unwrap_or(f64::NAN)
    }

    /// Energies of the approximation and of the details of `levels` levels of octaves, the finest first.
    pub(crate) fn octaves(&self, levels: usize) -> Option<(f64, &[f64])> {
        Some((*self.approximations.get(levels.checked_sub(1)?)?, self.energies.get(..levels)?))
    }

    /// Unbiased wavelet variance of a level of the maximal overlap transform.
    pub(crate) fn variance(&self, level: usize) -> f64 {
        match (&self.plan, self.detail(level)) {
            (Plan::Modwt(plan, _), Some(detail)) => plan.variance_of(detail, level),
            _ => f64::NAN,
        }
    }

    /// Node of a level of packets, counted by frequency.
    pub(crate) fn node(&self, level: usize, index: usize) -> Option<&[f64]> {
        match &self.plan {
            Plan::Packets(plan, _) if level <= self.count && index < 1 << level => {
                self.values.get(plan.node(level, index, PacketOrder::Frequency))
            }
            _ => None,
        }
    }

    /// Energies of all nodes of a level of packets, in natural order.
    pub(crate) fn nodes(&self, level: usize) -> Option<&[f64]> {
        if level > self.count {
            return None;
        }
        self.energies.get(1 << level..2 << level)
    }

    /// Whether an energy is more than the rounding of a signal of this energy: below it a band has no shape. Nor has one
    /// whose squares overflow.
    pub(crate) fn is_sound(&self, energy: f64) -> bool {
        is_sound(energy, self.total)
    }
}

/// Whether the energy of a band is a number, and more than the rounding of a signal of the energy `total`.
fn is_sound(energy: f64, total: f64) -> bool {
    energy > 1e-28 * total && energy.is_finite()
}

/// What the coefficients of one scale say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScaleValues {
    /// Σ |c|².
    pub(crate) energy: f64,
    /// Mean of |c|.
    pub(crate) mean_abs: f64,
    /// √ mean |c - mean c|².
    pub(crate) std: f64,
    /// -Σ q ln q, q = |c|² / Σ |c|²; NaN unless asked for.
    pub(crate) entropy: f64,
}

/// All scales of one continuous wavelet.
#[derive(Debug)]
struct Scales {
    wavelet: ContinuousWavelet,
    plan: Cwt,
    scratch: CwtScratch,
    re: Vec<f64>,
    im: Vec<f64>,
    entropy: Vec<bool>,
    values: Vec<ScaleValues>,
}

impl Scales {
    fn compute(&mut self, x: &[f64]) {
        let ready = self.plan.prepare(x, &mut self.scratch).is_ok();
        let total = lanes::sum_squares(x);
        for (i, (values, &entropy)) in self.values.iter_mut().zip(&self.entropy).enumerate() {
            let (re, im) = (&mut self.re, &mut self.im);
            if !ready || self.plan.scale_into(i, re, im, &mut self.scratch).is_err() {
                re.fill(f64::NAN);
            }
            *values = summary(re, im, entropy, total);
        }
    }
}

/// `im` is empty for real wavelets; `total` is the energy of the window.
fn summary(re: &[f64], im: &[f64], entropy: bool, total: f64) -> ScaleValues {
    let n = re.len() as f64;
    let energy = lanes::sum_squares(re) + lanes::sum_squares(im);
    let spread = |x: &[f64]| if x.is_empty() { 0.0 } else { lanes::variance(x, 0) };
    let mean_abs = if im.is_empty() {
        lanes::sum_by(re, f64::abs) / n
    } else {
        lanes::sum_by2(re, im, |a, b| (a * a + b * b).sqrt()) / n
    };
    let share = |square: f64| {
        let q = square / energy;
        if q > 0.0 { -q * q.ln() } else { 0.0 }
    };
    let entropy = match (entropy && is_sound(energy, total), im.is_empty()) {
        (false, _) => f64::NAN,
        (true, true) => lanes::sum_by(re, |v| share(v * v)),
        (true, false) => lanes::sum_by2(re, im, |a, b| share(a * a + b * b)),
    };
    ScaleValues { energy, mean_abs, std: (spread(re) + spread(im)).sqrt(), entropy }
}

impl Wavelets {
    pub(crate) fn new(needs: &WaveletNeeds, len: usize) -> Self {
        let levels = needs.levels.iter().filter_map(|&(t, wanted)| Levels::new(t, wanted, len)).collect();
        let mut wavelets: Vec<ContinuousWavelet> = Vec::new();
        for (wavelet, ..) in &needs.scales {
            if !wavelets.contains(wavelet) {
                wavelets.push(*wavelet);
            }
        }
        let of = |wavelet: ContinuousWavelet| {
            let wanted = || needs.scales.iter().filter(move |s| s.0 == wavelet);
            let scales: Vec<f64> = wanted().map(|s| s.1).collect();
            let plan = Cwt::params(wavelet).scales(&scales).plan(len).ok()?;
            let empty = ScaleValues { energy: f64::NAN, mean_abs: f64::NAN, std: f64::NAN, entropy: f64::NAN };
            Some(Scales {
                wavelet,
                scratch: plan.scratch(),
                re: vec![0.0; len],
                im: vec![0.0; if wavelet.is_complex() { len } else { 0 }],
                entropy: wanted().map(|s| s.2).collect(),
                values: vec![empty; scales.len()],
                plan,
            })
        };
        Self { levels, scales: wavelets.into_iter().filter_map(of).collect() }
    }

    /// Computes everything for one window of finite samples.
    pub(crate) fn compute(&mut self, x: &[f64]) {
        self.levels.iter_mut().for_each(|l| l.compute(x));
        self.scales.iter_mut().for_each(|s| s.compute(x));
    }

    /// A transform that was declared and has a level.
    pub(crate) fn get(&self, transform: Transform) -> Option<&Levels> {
        self.levels.iter().find(|l| l.transform == transform)
    }

    /// A scale that was declared.
    pub(crate) fn scale(&self, wavelet: ContinuousWavelet, scale: f64) -> Option<&ScaleValues> {
        let scales = self.scales.iter().find(|s| s.wavelet == wavelet)?;
        let at = scales.plan.scales().iter().position(|s| s.to_bits() == scale.to_bits())?;
        scales.values.get(at)
    }
}

/// `m4 / m2²` of the coefficients about their mean, 3 for a normal distribution.
pub(crate) fn kurtosis(c: &[f64]) -> f64 {
    let mean = lanes::mean(c);
    let m2 = lanes::sum_squared_deviations(c, mean) / c.len() as f64;
    // Deviations in units of the spread: fourth powers neither overflow nor vanish.
    let unit = 1.0 / m2.sqrt();
    lanes::sum_by(c, |v| {
        let d = (v - mean) * unit;
        (d * d) * (d * d)
    }) / c.len() as f64
}

/// `part / whole` of energies; NaN without energy, and where it overflows: over infinity the others would be 0.
pub(crate) fn share(part: f64, whole: f64) -> f64 {
    if whole.is_finite() { part / whole } else { f64::NAN }
}

/// `-Σ p ln p` of energies, nats; NaN without energy.
pub(crate) fn energy_entropy(energies: impl Iterator<Item = f64> + Clone) -> f64 {
    let total: f64 = energies.clone().sum();
    if !(total > 0.0 && total.is_finite()) {
        return f64::NAN;
    }
    energies.map(|e| e / total).filter(|&p| p > 0.0).map(|p| -p * p.ln()).sum()
}
