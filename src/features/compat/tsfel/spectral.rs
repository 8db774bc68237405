//! TSFEL's numbers of one spectrum.
//!
//! Most are of the magnitude `|X_k|` of the window as it is: mean not taken out, no window function, `k` from 0 to `n /
//! 2` at `k rate / n` hertz. With a mean that is not 0 the first bin dominates centroid, spread, decrease, slope and
//! the cumulative frequencies: high-pass filter the signal first, or take the `welch_*` features, where the mean is
//! out. The power of [Welch's estimate](crate::signal::spectral::Welch) with one piece and a Hann window stands behind
//! the maximum of the power spectrum and the power bandwidth.
//!
//! Answers for a window without power are TSFEL's: 0 for nearly all. A constant has power in bin 0 alone here; TSFEL's
//! transform leaves rounding noise in the other bins for some lengths, and its skewness, kurtosis, decrease and
//! turning points are then numbers of that noise.
//!
//! Source: G. Peeters et al., "The Timbre Toolbox: extracting audio descriptors from musical signals", J. Acoust. Soc.
//! Am. 130 (2011); M. Barandas et al., "TSFEL: time series feature extraction library", SoftwareX 11 (2020).

use super::numpy;
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::features::spectrum::spectra::{Parts, Source, Values};
use crate::math::lanes;
use crate::signal::spectral::{Complex64, Welch, WelchScratch, WindowFunction};

/// A piece as long as the window, whatever its length.
const WHOLE: Source = Source::Welch(1 << 27);
/// Share of a spectrum that counts as all of it.
const MOST: f64 = 0.95;

/// The rows of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const BIN: &[Param] = &[Param::int("bin", 0, (1 << 20) - 1), Param::int("bins", 2, 1 << 20).or("32")];
    let plain: fn(&Args) -> Needs = |_| spectrum(Source::Magnitude, Parts::NONE);
    let moments: fn(&Args) -> Needs = |_| spectrum(Source::Magnitude, Parts::MOMENTS);
    let running: fn(&Args) -> Needs = |_| spectrum(Source::Magnitude, Parts::CUMULATIVE);
    let row = |name, about, needs, value| Calculator::scalar(name, &[], about, needs, value);
    vec![
        Calculator::group(
            "tsfel_spectrogram_mean",
            BIN,
            "mean power density of bin < bins over pieces of 2 bins - 2 samples, Tukey 0.25, overlap 1/8, unit²/Hz",
            |args| Box::new(Spectrogram(args.iter().map(|a| (a.count(0), a.count(1))).collect())),
        ),
        row(
            "tsfel_fundamental_frequency",
            "lowest local maximum of |X| that reaches 0.3 of the largest, mean taken out, Hz; 0 if none",
            plain,
            |s, _| magnitude(s, fundamental),
        ),
        row("tsfel_human_range_energy", "share of sum |X|² from 0.6 to 2.5 Hz", plain, |s, _| {
            magnitude(s, |v| human_range(v, 1.0 / (s.len() as f64 * s.rate().period())))
        }),
        row(
            "tsfel_max_power_spectrum",
            "largest power density of the window over its standard deviation, Hann, 1/Hz",
            |_| spectrum(WHOLE, Parts::NONE).moments(),
            |s, _| s.spectrum(WHOLE).map_or(f64::NAN, |v| v.peak / unless_constant(s)),
        ),
        row(
            "tsfel_maximum_frequency",
            "first f below and at which more than 95 % of sum |X| lies, Hz",
            running,
            |s, _| magnitude(s, |v| beyond(v, MOST)),
        ),
        row(
            "tsfel_median_frequency",
            "first f below and at which more than half of sum |X| lies, Hz",
            running,
            |s, _| magnitude(s, |v| beyond(v, 0.5)),
        ),
        row(
            "tsfel_power_bandwidth",
            "distance between where 95 % of the power are reached from below and from above, Hz; Hann",
            |_| spectrum(WHOLE, Parts::CUMULATIVE),
            |s, _| s.spectrum(WHOLE).map_or(f64::NAN, bandwidth),
        ),
        row("tsfel_spectral_centroid", "c = sum f |X| / sum |X|, Hz; 0 without power", plain, |s, _| {
            magnitude(s, |v| if v.sum == 0.0 { 0.0 } else { v.centre * v.step })
        }),
        row("tsfel_spectral_decrease", "sum (|X_k| - |X_0|) / k over sum |X_k|, k from 1", plain, |s, _| {
            magnitude(s, decrease)
        }),
        row(
            "tsfel_spectral_distance",
            "sum of the chord less the running sum of |X|, chord: line from 0 to the last of it",
            running,
            |s, _| magnitude(s, distance),
        ),
        Calculator::group(
            "tsfel_spectral_entropy",
            &[],
            "-sum p ln p / ln K over the K bins with power, p: share of |X|², mean taken out, 0 to 1",
            |_| Box::new(Entropy),
        ),
        row(
            "tsfel_spectral_kurtosis",
            "sum (f - c)⁴ |X| / (spread⁴ sum |X|); 0 without spread",
            moments,
            |s, _| magnitude(s, |v| standardised(v, v.moments[2], v.moments[0] * v.moments[0])),
        ),
        row("tsfel_spectral_positive_turning_points", "number of local maxima of |X| inside", plain, |s, _| {
            magnitude(s, |v| v.values.windows(3).filter(|p| p[1] - p[0] > 0.0 && p[2] - p[1] < 0.0).count() as f64)
        }),
        row("tsfel_spectral_roll_off", "first f below and at which 95 % of sum |X| lie, Hz", running, |s, _| {
            magnitude(s, |v| reach(v, MOST))
        }),
        row("tsfel_spectral_roll_on", "first f below and at which 5 % of sum |X| lie, Hz", running, |s, _| {
            magnitude(s, |v| reach(v, 0.05))
        }),
        row("tsfel_spectral_skewness", "sum (f - c)³ |X| / (spread³ sum |X|); 0 without spread", moments, |s, _| {
            magnitude(s, |v| standardised(v, v.moments[1], v.moments[0] * v.moments[0].sqrt()))
        }),
        row("tsfel_spectral_slope", "slope of the line through |X| / sum |X| over f, 1/Hz", plain, |s, _| {
            magnitude(s, slope)
        }),
        row("tsfel_spectral_spread", "sqrt(sum (f - c)² |X| / sum |X|), Hz; 0 without power", moments, |s, _| {
            magnitude(s, |v| if v.sum == 0.0 { 0.0 } else { v.moments[0].sqrt() * v.step })
        }),
        row(
            "tsfel_spectral_variation",
            "1 - correlation (mean not taken out) of |X_k| and |X_k+1| within the one spectrum",
            plain,
            |s, _| magnitude(s, variation),
        ),
    ]
}

fn spectrum(source: Source, parts: Parts) -> Needs {
    let mut needs = Needs::new();
    needs.spectral.spectrum(source, parts);
    needs
}

/// The answer of the magnitude spectrum; NaN when it overflowed or there is none.
fn magnitude(s: &Shared<'_>, answer: impl FnOnce(&Values) -> f64) -> f64 {
    s.spectrum(Source::Magnitude).filter(|v| !v.values.is_empty() && v.sum.is_finite()).map_or(f64::NAN, answer)
}

/// What TSFEL divides a power spectrum by: the variance, or 1 for a constant.
fn unless_constant(s: &Shared<'_>) -> f64 {
    if s.moments().min < s.moments().max { s.variance() } else { 1.0 }
}

/// The lowest line, as `scipy.signal.find_peaks` sees them: a flat top stands at its middle, the ends are none.
fn fundamental(v: &Values) -> f64 {
    let p = &v.values;
    let limit = 0.3 * p.iter().skip(1).fold(0.0, |a: f64, &b| a.max(b));
    let below = |k: usize| if k == 0 { 0.0 } else { p[k] }; // the mean is out
    let mut k = 1;
    while k + 1 < p.len() {
        let mut end = k;
        if p[k] > below(k - 1) {
            while p.get(end + 1) == p.get(k) {
                end += 1;
            }
            if end + 1 < p.len() && p[end + 1] < p[k] && p[k] >= limit {
                return usize::midpoint(k, end) as f64 * v.step;
            }
        }
        k = end + 1;
    }
    0.0
}

/// Energy between the bins nearest to the two frequencies, the upper one not counted. `step` is rounded as NumPy rounds
/// it: it decides between two bins equally far.
fn human_range(v: &Values, step: f64) -> f64 {
    let all = lanes::sum_squares(&v.values);
    if all == 0.0 {
        return 0.0;
    }
    let nearest = |hz: f64| {
        let distance = |k: usize| (hz - k as f64 * step).abs();
        let mut best = 0;
        for k in 1..v.values.len() {
            if distance(k) < distance(best) {
                best = k;
            }
        }
        best
    };
    let (from, to) = (nearest(0.6), nearest(2.5));
    v.values.get(from..to).map_or(0.0, |p| lanes::sum_squares(p) / all)
}

/// First frequency at which the running sum is beyond a share of its end; that of its end if it never is.
fn beyond(v: &Values, share: f64) -> f64 {
    let Some(&last) = v.cumulative.last() else { return f64::NAN };
    let bin = v.cumulative.partition_point(|&c| c <= last * share);
    let bin = if bin < v.cumulative.len() { bin } else { v.cumulative.partition_point(|&c| c < last) };
    bin as f64 * v.step
}

/// First frequency at which the running sum reaches a share of the sum.
fn reach(v: &Values, share: f64) -> f64 {
    let bin = v.cumulative.partition_point(|&c| c < share * v.sum);
    if bin < v.cumulative.len() { bin as f64 * v.step } else { f64::NAN }
}

fn bandwidth(v: &Values) -> f64 {
    let Some(&all) = v.cumulative.last() else { return f64::NAN };
    if v.sum == 0.0 {
        return 0.0;
    }
    let limit = all * MOST;
    let lower = v.cumulative.partition_point(|&c| c < limit);
    let mut sum = 0.0;
    let from_above = v.values.iter().rev().position(|p| {
        sum += p;
        sum >= limit
    });
    let upper = from_above.map(|i| v.values.len() - 1 - i);
    upper.map_or(f64::NAN, |upper| lower.abs_diff(upper) as f64 * v.step)
}

fn decrease(v: &Values) -> f64 {
    let Some((first, rest)) = v.values.split_first() else { return f64::NAN };
    let sum = lanes::sum(rest);
    if sum == 0.0 {
        return 0.0;
    }
    let falls: f64 = rest.iter().enumerate().map(|(i, p)| (p - first) / (i + 1) as f64).sum();
    falls / sum
}

fn distance(v: &Values) -> f64 {
    let (count, last) = (v.cumulative.len(), v.cumulative.last().copied().unwrap_or(f64::NAN));
    let step = if count > 1 { last / (count - 1) as f64 } else { 0.0 };
    v.cumulative.iter().enumerate().map(|(k, c)| k as f64 * step - c).sum()
}

/// A moment over its power of the spread; 0 without spread.
fn standardised(v: &Values, moment: f64, spread: f64) -> f64 {
    if v.sum == 0.0 || v.moments[0] == 0.0 { 0.0 } else { moment / spread }
}

fn slope(v: &Values) -> f64 {
    let n = v.values.len() as f64;
    if v.sum == 0.0 || n < 2.0 {
        return 0.0;
    }
    let centre = 0.5 * (n - 1.0);
    let mean = v.sum / n;
    let rise: f64 = v.values.iter().enumerate().map(|(k, p)| (k as f64 - centre) * (p - mean)).sum();
    rise / v.sum / (n * (n * n - 1.0) / 12.0) / v.step
}

fn variation(v: &Values) -> f64 {
    let (Some((_, above)), Some((_, below))) = (v.values.split_first(), v.values.split_last()) else {
        return f64::NAN;
    };
    let (squares_above, squares_below) = (lanes::sum_squares(above), lanes::sum_squares(below));
    if squares_above == 0.0 || squares_below == 0.0 {
        return 1.0;
    }
    1.0 - lanes::dot(below, above) / (squares_above.sqrt() * squares_below.sqrt())
}

/// Shannon entropy of the power, over that of equal shares. Bins without any power do not count, so one bin more or
/// less moves the number: bin 0 holds what rounding leaves of the mean, and counts unless that is exactly 0.
struct Entropy;

impl Kernel for Entropy {
    fn needs(&self) -> Needs {
        Needs::new().fourier()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let x = shared.samples();
        out.fill(match shared.fourier().split_first() {
            None => f64::NAN,
            Some(_) if numpy::all_equal(x) => 0.0,
            Some((_, bins)) => {
                let mean = numpy::mean(x);
                let rest = scratch.floats(x.len());
                rest.iter_mut().zip(x).for_each(|(r, v)| *r = v - mean);
                entropy(numpy::sum_of_transform(rest), bins)
            }
        });
    }
}

/// Entropy of the powers of bin 0 and the others; 0 without power, and when one bin has all of it.
fn entropy(first: f64, bins: &[Complex64]) -> f64 {
    let powers = || bins.iter().map(Complex64::norm_sqr).chain([first * first]);
    let total: f64 = powers().sum();
    if total == 0.0 {
        return 0.0;
    }
    let (mut sum, mut count) = (0.0, 0.0);
    for p in powers().map(|p| p / total).filter(|&p| p > 0.0) {
        sum -= p * p.ln();
        count += 1.0;
    }
    if count > 1.0 {
        sum / f64::ln(count)
    } else if total.is_finite() {
        0.0
    } else {
        f64::NAN
    }
}

/// Mean spectrograms for bins of one or several resolutions.
struct Spectrogram(Vec<(usize, usize)>);

/// A plan for each resolution, made on the first window.
#[derive(Default)]
struct Pieces(Vec<Piece>);

struct Piece {
    bins: usize,
    plan: Option<(Welch, WelchScratch)>,
    mean: Vec<f64>,
}

impl Piece {
    /// Pieces are cut to the window as TSFEL cuts them: an even number of samples.
    fn new(bins: usize, s: &Shared<'_>) -> Self {
        let cut = bins.min(s.len() / 2 + 1);
        let piece = 2 * cut - 2;
        let params = Welch::params().segment(piece).overlap(piece / 8).window(WindowFunction::Tukey(0.25));
        let plan = params.plan(s.rate()).ok().map(|plan| {
            let scratch = plan.scratch();
            (plan, scratch)
        });
        let mean = vec![f64::NAN; plan.as_ref().map_or(0, |(plan, _)| plan.bins())];
        Self { bins, plan, mean }
    }
}

impl Kernel for Spectrogram {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let Pieces(pieces) = scratch.own();
        for &(_, bins) in &self.0 {
            if pieces.iter().all(|p| p.bins != bins) {
                pieces.push(Piece::new(bins, shared));
            }
        }
        for piece in pieces.iter_mut() {
            let Some((plan, scratch)) = &mut piece.plan else { continue };
            if plan.process(shared.samples(), &mut piece.mean, scratch).is_err() {
                piece.mean.fill(f64::NAN);
            }
        }
        for (out, &(bin, bins)) in out.iter_mut().zip(&self.0) {
            let mean = pieces.iter().find(|p| p.bins == bins).and_then(|p| p.mean.get(bin));
            *out = mean.copied().unwrap_or(f64::NAN);
        }
    }
}
