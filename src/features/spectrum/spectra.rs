//! The spectra of one window, computed once for all features that read them.
//!
//! One real transform of the samples less their mean serves the magnitude spectrum, the periodogram, harmonics and
//! cepstrum: taking the mean off changes bin 0 only, where the exact values are known (`|sum x|` and 0), and a large
//! offset costs no digits. Each length of Welch's pieces has one plan. What several features read of a spectrum (sums,
//! moments, logarithms, the running sum) is computed once a spectrum.

use crate::math::lanes::{self, LANES};
use crate::signal::SampleRate;
use crate::signal::spectral::{
    Complex64, FftScratch, RealFft, Stft, StftScratch, TonePlan, ToneQuality, ToneScratch, Welch, WelchScratch,
    log_magnitude, magnitude,
};

/// Which spectrum a feature reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// `|X_k|` of the samples as they are, bins 0 to n/2.
    Magnitude,
    /// Periodogram: one-sided density, boxcar, mean taken out.
    Power,
    /// Welch's density with pieces of this length, Hann, half overlap, mean of each piece taken out.
    Welch(usize),
}

/// What is computed of a spectrum besides its values, sums and peak.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) moments: bool,
    pub(crate) logs: bool,
    pub(crate) cumulative: bool,
}

impl Parts {
    pub(crate) const NONE: Self = Self { moments: false, logs: false, cumulative: false };
    pub(crate) const MOMENTS: Self = Self { moments: true, ..Self::NONE };
    pub(crate) const LOGS: Self = Self { logs: true, ..Self::NONE };
    pub(crate) const CUMULATIVE: Self = Self { cumulative: true, ..Self::NONE };
}

/// What the features of a window read of its spectra.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct SpectralNeeds {
    fourier: bool,
    cepstrum: bool,
    spectra: Vec<(Source, Parts)>,
    /// Piece and hop of every spectral flux.
    flux: Vec<(usize, usize)>,
    /// Number of harmonics of every tone.
    tones: Vec<usize>,
}

impl SpectralNeeds {
    pub(crate) fn fourier(&mut self) {
        self.fourier = true;
    }

    pub(crate) fn cepstrum(&mut self) {
        self.cepstrum = true;
    }

    pub(crate) fn flux(&mut self, piece: usize, hop: usize) {
        if !self.flux.contains(&(piece, hop)) {
            self.flux.push((piece, hop));
        }
    }

    pub(crate) fn tone(&mut self, harmonics: usize) {
        if !self.tones.contains(&harmonics) {
            self.tones.push(harmonics);
        }
    }

    pub(crate) fn spectrum(&mut self, source: Source, parts: Parts) {
        if let Some((_, all)) = self.spectra.iter_mut().find(|(s, _)| *s == source) {
            all.moments |= parts.moments;
            all.logs |= parts.logs;
            all.cumulative |= parts.cumulative;
        } else {
            self.spectra.push((source, parts));
        }
    }

    pub(crate) fn join(&mut self, other: &Self) {
        self.fourier |= other.fourier;
        self.cepstrum |= other.cepstrum;
        for &(source, parts) in &other.spectra {
            self.spectrum(source, parts);
        }
        for &(piece, hop) in &other.flux {
            self.flux(piece, hop);
        }
        for &harmonics in &other.tones {
            self.tone(harmonics);
        }
    }
}

/// One spectrum and what is known of it. Moments are in bins.
#[derive(Debug)]
pub(crate) struct Values {
    source: Source,
    parts: Parts,
    welch: Option<(Welch, WelchScratch)>,
    /// Bin 0 first.
    pub(crate) values: Vec<f64>,
    /// Running sum; empty unless asked for.
    pub(crate) cumulative: Vec<f64>,
    /// Hertz from bin to bin.
    pub(crate) step: f64,
    /// Sum of the values.
    pub(crate) sum: f64,
    /// `sum k P_k / sum P_k`; NaN without power.
    pub(crate) centre: f64,
    /// `sum (k - centre)^j P_k / sum P_k`, j = 2, 3, 4.
    pub(crate) moments: [f64; 3],
    /// `-sum p ln p` and mean of `ln p` over the bins with power, `p = P / sum P`.
    pub(crate) entropy: f64,
    pub(crate) mean_log: f64,
    /// How many bins have power.
    pub(crate) positive: usize,
    /// The largest value and its bin, the first of equals.
    pub(crate) peak: f64,
    pub(crate) peak_bin: usize,
}

impl Values {
    fn new(source: Source, parts: Parts, len: usize, rate: SampleRate) -> Self {
        let mut step = rate.as_hz() / len as f64;
        let mut bins = if len == 0 { 0 } else { len / 2 + 1 };
        let mut welch = None;
        if let Source::Welch(piece) = source
            && let Some(plan) = (len > 0).then(|| Welch::params().segment(piece).plan_for(len, rate).ok()).flatten()
        {
            (step, bins) = (plan.step(), plan.bins());
            let scratch = plan.scratch();
            welch = Some((plan, scratch));
        }
        let cumulative = vec![0.0; if parts.cumulative { bins } else { 0 }];
        Self {
            source,
            parts,
            welch,
            values: vec![0.0; bins],
            cumulative,
            step,
            sum: f64::NAN,
            centre: f64::NAN,
            moments: [f64::NAN; 3],
            entropy: f64::NAN,
            mean_log: f64::NAN,
            positive: 0,
            peak: f64::NAN,
            peak_bin: 0,
        }
    }

    fn fill(&mut self, x: &[f64], fourier: &[Complex64], rate: SampleRate) {
        let bins = self.values.len();
        match self.source {
            Source::Magnitude => {
                self.values.iter_mut().zip(fourier).for_each(|(m, z)| *m = magnitude(z));
            }
            Source::Power => {
                let scale = 1.0 / (rate.as_hz() * x.len() as f64);
                self.values.iter_mut().zip(fourier).for_each(|(p, z)| *p = 2.0 * scale * z.norm_sqr());
                if x.len().is_multiple_of(2)
                    && let Some(last) = self.values.last_mut()
                {
                    *last *= 0.5;
                }
                if let Some(first) = self.values.first_mut() {
                    *first = 0.0; // the mean is out
                }
            }
            Source::Welch(_) => {
                let done = self.welch.as_mut().map(|(plan, scratch)| plan.process(x, &mut self.values, scratch));
                if !matches!(done, Some(Ok(()))) {
                    self.values.fill(f64::NAN);
                }
            }
        }
        debug_assert_eq!(bins, self.values.len());
    }

    fn summarise(&mut self, ramp: &[f64]) {
        let p = &self.values;
        self.sum = lanes::sum(p);
        self.centre = lanes::dot(p, ramp) / self.sum;
        (self.peak, self.peak_bin) = (f64::NAN, 0);
        if !p.is_empty() {
            self.peak = lanes::min_max(p).1;
            self.peak_bin = p.iter().position(|&v| v >= self.peak).unwrap_or(0);
        }
        if self.parts.moments {
            self.moments = central_moments(p, ramp, self.centre).map(|m| m / self.sum);
        }
        if self.parts.logs {
            let (mut entropy, mut logs, mut positive) = (0.0, 0.0, 0);
            let sum = self.sum;
            for p in p.iter().map(|p| p / sum).filter(|&p| p > 0.0) {
                let log = p.ln();
                entropy -= p * log;
                logs += log;
                positive += 1;
            }
            (self.entropy, self.mean_log, self.positive) = (entropy, logs / f64::from(positive), positive as usize);
        }
        if self.parts.cumulative {
            let mut running = 0.0;
            for (c, p) in self.cumulative.iter_mut().zip(p) {
                running += p;
                *c = running;
            }
        }
    }
}

/// `sum (k - centre)^j p_k` for j = 2, 3, 4 in one pass, in eight lanes each.
fn central_moments(p: &[f64], ramp: &[f64], centre: f64) -> [f64; 3] {
    let n = p.len().min(ramp.len());
    let (values, rest) = p[..n].as_chunks::<LANES>();
    let (places, last) = ramp[..n].as_chunks::<LANES>();
    let (mut two, mut three, mut four) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    for (p, k) in values.iter().zip(places) {
        for i in 0..LANES {
            let d = k[i] - centre;
            let square = d * d * p[i];
            two[i] += square;
            three[i] += d * square;
            four[i] += d * d * square;
        }
    }
    for (i, (p, k)) in rest.iter().zip(last).enumerate() {
        let d = k - centre;
        let square = d * d * p;
        two[i] += square;
        three[i] += d * square;
        four[i] += d * d * square;
    }
    [lanes::sum(&two), lanes::sum(&three), lanes::sum(&four)]
}

/// Buffers and plans for the spectra of windows of one length.
#[derive(Debug)]
pub(crate) struct Spectra {
    rate: SampleRate,
    fft: Option<(RealFft, FftScratch)>,
    /// Transform of the samples less their mean, with bin 0 as of the samples themselves.
    pub(crate) fourier: Vec<Complex64>,
    /// Real cepstrum; empty unless asked for.
    pub(crate) cepstrum: Vec<f64>,
    logs: Vec<Complex64>,
    spectra: Vec<Values>,
    flux: Vec<Flux>,
    tone: Option<(TonePlan, ToneScratch)>,
    tones: Vec<(usize, Option<ToneQuality>)>,
    ramp: Vec<f64>,
}

/// Fewest samples in which a tone, its harmonics and noise can be told apart.
const TONE: usize = 64;

#[derive(Debug)]
struct Flux {
    piece: usize,
    hop: usize,
    stft: Option<(Stft, StftScratch)>,
    value: f64,
}

impl Spectra {
    pub(crate) fn new(needs: &SpectralNeeds, len: usize, rate: SampleRate) -> Self {
        let transformed = |(s, _): &(Source, Parts)| matches!(s, Source::Magnitude | Source::Power);
        let wanted = needs.fourier || needs.cepstrum || needs.spectra.iter().any(transformed);
        let fft = wanted.then(|| RealFft::new(len).ok()).flatten();
        let fft = fft.map(|fft| {
            let scratch = fft.scratch();
            (fft, scratch)
        });
        let bins = fft.as_ref().map_or(0, |(fft, _)| fft.bins());
        let spectra: Vec<_> = needs.spectra.iter().map(|&(s, parts)| Values::new(s, parts, len, rate)).collect();
        let longest = spectra.iter().map(|s| s.values.len()).max().unwrap_or(0);
        let cepstrum = needs.cepstrum && bins > 0;
        let flux = |&(piece, hop): &(usize, usize)| {
            let params = Welch::params().segment(piece).overlap(piece.saturating_sub(hop));
            let params = params.detrend(crate::signal::spectral::Detrend::None);
            // No plan, and no memory, for pieces longer than the window.
            let plan = if hop >= 1 && hop <= piece && piece <= len { Stft::plan(params, rate).ok() } else { None };
            let stft = plan.map(|p| {
                let scratch = p.scratch();
                (p, scratch)
            });
            Flux { piece, hop, stft, value: f64::NAN }
        };
        let tone = (!needs.tones.is_empty() && len >= TONE).then(|| TonePlan::new(len, rate).ok()).flatten();
        let tone = tone.map(|plan| {
            let scratch = plan.scratch();
            (plan, scratch)
        });
        Self {
            rate,
            fft,
            fourier: vec![Complex64::default(); bins],
            cepstrum: vec![0.0; if cepstrum { len } else { 0 }],
            logs: vec![Complex64::default(); if cepstrum { bins } else { 0 }],
            spectra,
            flux: needs.flux.iter().map(flux).collect(),
            tone,
            tones: needs.tones.iter().map(|&harmonics| (harmonics, None)).collect(),
            ramp: (0..longest).map(|k| k as f64).collect(),
        }
    }

    /// Computes everything for one window of finite samples.
    pub(crate) fn compute(&mut self, x: &[f64]) {
        if let Some((fft, scratch)) = &mut self.fft {
            let first = x.first().copied().unwrap_or(0.0);
            let mean = first + lanes::sum_by(x, |v| v - first) / x.len() as f64;
            let centred = |real: &mut [f64]| real.iter_mut().zip(x).for_each(|(r, v)| *r = v - mean);
            if fft.forward_with(centred, &mut self.fourier, scratch).is_err() {
                self.fourier.fill(Complex64::new(f64::NAN, f64::NAN));
            }
            if let Some(z) = self.fourier.first_mut() {
                *z = Complex64::new(lanes::sum(x), 0.0);
            }
            if !self.cepstrum.is_empty() {
                self.logs.iter_mut().zip(&self.fourier).for_each(|(l, z)| *l = Complex64::new(log_magnitude(z), 0.0));
                let finite = self.logs.iter().all(|l| l.re.is_finite());
                if !finite || fft.inverse(&self.logs, &mut self.cepstrum, scratch).is_err() {
                    self.cepstrum.fill(f64::NAN);
                }
            }
        }
        for spectrum in &mut self.spectra {
            spectrum.fill(x, &self.fourier, self.rate);
            spectrum.summarise(&self.ramp);
        }
        for flux in &mut self.flux {
            let value = flux.stft.as_mut().map(|(stft, scratch)| stft.flux_with(x, scratch));
            flux.value = value.and_then(Result::ok).unwrap_or(f64::NAN);
        }
        if let Some((plan, scratch)) = &mut self.tone {
            let done = plan.spectrum(x, scratch).is_ok();
            for (harmonics, quality) in &mut self.tones {
                *quality = if done { plan.quality(*harmonics, scratch) } else { None };
            }
        }
    }

    /// A spectrum that was declared.
    pub(crate) fn get(&self, source: Source) -> Option<&Values> {
        self.spectra.iter().find(|s| s.source == source)
    }

    /// Spectral flux that was declared; NaN otherwise.
    pub(crate) fn flux(&self, piece: usize, hop: usize) -> f64 {
        self.flux.iter().find(|f| f.piece == piece && f.hop == hop).map_or(f64::NAN, |f| f.value)
    }

    /// The tone that was declared; `None` when the window has none.
    pub(crate) fn tone(&self, harmonics: usize) -> Option<&ToneQuality> {
        self.tones.iter().find(|(h, _)| *h == harmonics).and_then(|(_, quality)| quality.as_ref())
    }
}
