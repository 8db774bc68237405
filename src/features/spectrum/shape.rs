//! Numbers of a power spectrum: where the power lies, how it is spread, how much of it is in a band.
//!
//! The same table stands over three spectra, and the first word of a name says which:
//! * `welch_*__nperseg_N`: Welch's power density (unit²/Hz), Hann, half overlap, mean of each piece taken out, `N` cut to the
//!   window; equals `scipy.signal.welch(x, fs, nperseg=N)`. The steady one: take it for noise.
//! * `periodogram_*`: the power density at the finest resolution, mean taken out (bin 0 is exactly 0); equals
//!   `scipy.signal.periodogram(x, fs)`. Take it for lines.
//! * `magnitude_*`: `|rfft x|`, not scaled, mean not taken out: the convention of TSFEL and tsfresh. With a mean that is not zero,
//!   bin 0 dominates.
//!
//! `P_k` are the values at `f_k` Hz, `p = P / sum P`. Logarithms are natural. All features of one spectrum share its transform, its sums
//! and its running sum. NaN: standardised moments when all power is in one bin, and everything when the sum of the power
//! overflows (samples beyond 1e150 or so).
//!
//! No power at all (the first two spectra of a constant window: a sensor that is dead) is NaN in what is divided by it: centroid,
//! spread and the other moments, bandwidth, flatness, crest, decrease, shares of a band. The peak, median and rolloff frequencies are
//! then 0 Hz and the entropies 0, as in the implementations these rows are compared with: ask `total_power` before you read them.
//!
//! Source: G. Peeters, "A large set of audio features for sound description" (2004); Y. Lei, "Intelligent fault diagnosis and remaining
//! useful life prediction of rotating machinery" (2017), for the frequency-domain indicators; IEC 61260-1 for fractional octaves.

use super::spectra::{Parts, Source, Values};
use crate::features::calculator::{Build, Calculator, Param};
use crate::features::shared::{Needs, Shared};
use crate::features::spec::Args;
use crate::math::lanes;

/// Which spectrum a row of the table reads.
trait Which: 'static {
    /// First word of the names.
    const NAME: &'static str;
    /// The spectrum, when `before` parameters stand before its own.
    fn source(args: &Args, before: usize) -> Source;
    /// The parameters of its own.
    const WELCH: bool;
}

struct Magnitude;
struct Periodogram;
struct Welch;

impl Which for Magnitude {
    const NAME: &'static str = "magnitude";
    const WELCH: bool = false;
    fn source(_: &Args, _: usize) -> Source {
        Source::Magnitude
    }
}

impl Which for Periodogram {
    const NAME: &'static str = "periodogram";
    const WELCH: bool = false;
    fn source(_: &Args, _: usize) -> Source {
        Source::Power
    }
}

impl Which for Welch {
    const NAME: &'static str = "welch";
    const WELCH: bool = true;
    fn source(args: &Args, before: usize) -> Source {
        Source::Welch(args.count(before))
    }
}

const PIECE: Param = Param::int("nperseg", 1, 1 << 27).or("256");
const HIGHEST: f64 = 1e12;

/// Parameters of a row: without and with the length of the pieces, always in the order of the alphabet.
struct Params {
    plain: &'static [Param],
    welch: &'static [Param],
}

const NONE: Params = Params { plain: &[], welch: &[PIECE] };
const SHARE: Params = Params {
    plain: &[Param::float("q", 0.0, 1.0).or("0.95")],
    welch: &[PIECE, Param::float("q", 0.0, 1.0).or("0.95")],
};
const BAND: Params = Params {
    plain: &[Param::float("high_hz", 0.0, HIGHEST), Param::float("low_hz", 0.0, HIGHEST)],
    welch: &[Param::float("high_hz", 0.0, HIGHEST), Param::float("low_hz", 0.0, HIGHEST), PIECE],
};
const EQUAL: Params = Params {
    plain: &[Param::int("bands", 1, 1 << 27), Param::int("index", 0, 1 << 27)],
    welch: &[Param::int("bands", 1, 1 << 27), Param::int("index", 0, 1 << 27), PIECE],
};
const OCTAVE: Params = Params {
    plain: &[Param::float("centre_hz", 1e-12, HIGHEST), Param::int("fraction", 1, 96).or("3")],
    welch: &[Param::float("centre_hz", 1e-12, HIGHEST), Param::int("fraction", 1, 96).or("3"), PIECE],
};

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    let mut all = rows::<Magnitude>();
    all.extend(rows::<Periodogram>());
    all.extend(rows::<Welch>());
    all
}

fn needs<W: Which>(args: &Args, before: usize, parts: Parts) -> Needs {
    let mut needs = Needs::new();
    needs.spectral.spectrum(W::source(args, before), parts);
    needs
}

fn with<W: Which>(s: &Shared<'_>, a: &Args, before: usize, f: impl FnOnce(&Values) -> f64) -> f64 {
    s.spectrum(W::source(a, before)).filter(|v| !v.values.is_empty() && v.sum.is_finite()).map_or(f64::NAN, f)
}

/// Parameter `q` of a row with [`SHARE`].
fn share<W: Which>(a: &Args) -> f64 {
    a.float(usize::from(W::WELCH))
}

fn row<W: Which>(
    name: &str,
    params: Params,
    about: &'static str,
    needs: fn(&Args) -> Needs,
    value: fn(&Shared<'_>, &Args) -> f64,
) -> Calculator {
    Calculator {
        name: format!("{}_{name}", W::NAME).into(),
        params: if W::WELCH { params.welch } else { params.plain },
        about: about.into(),
        build: Build::Scalar { needs, value },
        reads_missing: false,
        moderate: false,
    }
}

fn rows<W: Which>() -> Vec<Calculator> {
    let plain: fn(&Args) -> Needs = |a| needs::<W>(a, 0, Parts::NONE);
    let moments: fn(&Args) -> Needs = |a| needs::<W>(a, 0, Parts::MOMENTS);
    let logs: fn(&Args) -> Needs = |a| needs::<W>(a, 0, Parts::LOGS);
    let running: fn(&Args) -> Needs = |a| needs::<W>(a, 0, Parts::CUMULATIVE);
    let banded: fn(&Args) -> Needs = |a| needs::<W>(a, 2, Parts::NONE);
    vec![
        row::<W>("centroid", NONE, "c = sum f p, Hz", plain, |s, a| with::<W>(s, a, 0, |v| v.centre * v.step)),
        row::<W>("spread", NONE, "sqrt(sum (f - c)² p), Hz", moments, |s, a| {
            with::<W>(s, a, 0, |v| v.moments[0].sqrt() * v.step)
        }),
        row::<W>("variance_frequency", NONE, "sum (f - c)² p, Hz²", moments, |s, a| {
            with::<W>(s, a, 0, |v| v.moments[0] * v.step * v.step)
        }),
        row::<W>("rms_frequency", NONE, "sqrt(sum f² p), Hz", moments, |s, a| {
            with::<W>(s, a, 0, |v| (v.moments[0] + v.centre * v.centre).sqrt() * v.step)
        }),
        row::<W>("skewness", NONE, "sum (f - c)³ p / spread³", moments, |s, a| {
            with::<W>(s, a, 0, |v| v.moments[1] / (v.moments[0] * v.moments[0].sqrt()))
        }),
        row::<W>("kurtosis", NONE, "sum (f - c)⁴ p / spread⁴", moments, |s, a| {
            with::<W>(s, a, 0, |v| v.moments[2] / (v.moments[0] * v.moments[0]))
        }),
        row::<W>("median_frequency", NONE, "first f below and at which half of sum P lies, Hz", running, |s, a| {
            with::<W>(s, a, 0, |v| v.step * reach(v, 0.5))
        }),
        row::<W>("rolloff", SHARE, "first f below and at which the share q of sum P lies, Hz", running, |s, a| {
            with::<W>(s, a, 0, |v| v.step * reach(v, share::<W>(a)))
        }),
        row::<W>("bandwidth", SHARE, "from the rolloff of (1-q)/2 to that of (1+q)/2, Hz", running, |s, a| {
            with::<W>(s, a, 0, |v| {
                let q = share::<W>(a);
                let width = v.step * (reach(v, 0.5 + 0.5 * q) - reach(v, 0.5 - 0.5 * q));
                if v.sum > 0.0 { width } else { f64::NAN }
            })
        }),
        row::<W>("entropy", NONE, "-sum p ln p over bins with power, nats", logs, |s, a| {
            with::<W>(s, a, 0, |v| v.entropy)
        }),
        row::<W>("entropy_normalised", NONE, "entropy / ln(number of bins), 0 to 1", logs, |s, a| {
            with::<W>(s, a, 0, |v| v.entropy / (v.values.len() as f64).ln())
        }),
        row::<W>("flatness", NONE, "geometric / arithmetic mean over bins with power, 0 to 1", logs, |s, a| {
            with::<W>(s, a, 0, |v| v.mean_log.exp() * v.positive as f64)
        }),
        row::<W>("crest", NONE, "max P / mean P", plain, |s, a| {
            with::<W>(s, a, 0, |v| v.peak / (v.sum / v.values.len() as f64))
        }),
        row::<W>("peak", NONE, "max P", plain, |s, a| with::<W>(s, a, 0, |v| v.peak)),
        row::<W>("peak_frequency", NONE, "f of max P, the first of equals, Hz", plain, |s, a| {
            with::<W>(s, a, 0, |v| v.peak_bin as f64 * v.step)
        }),
        row::<W>("total_power", NONE, "integral of P over f, trapezoids: mean square of a density", plain, |s, a| {
            with::<W>(s, a, 0, trapezoids)
        }),
        row::<W>("slope", NONE, "slope of the least-squares line of P over f, per Hz", plain, |s, a| {
            with::<W>(s, a, 0, slope)
        }),
        row::<W>("decrease", NONE, "sum (P_k - P_0) / k over sum P_k, k from 1", plain, |s, a| {
            with::<W>(s, a, 0, decrease)
        }),
        row::<W>("turning_points", NONE, "number of local maxima inside", plain, |s, a| {
            with::<W>(s, a, 0, |v| turning_points(&v.values))
        }),
        row::<W>("band_power", BAND, "sum P df over low <= f < high", banded, |s, a| {
            with::<W>(s, a, 2, |v| band(v, a.float(1), a.float(0)) * v.step)
        }),
        row::<W>("band_share", BAND, "sum P over low <= f < high, over sum P", banded, |s, a| {
            with::<W>(s, a, 2, |v| band(v, a.float(1), a.float(0)) / v.sum)
        }),
        row::<W>("band_peak", BAND, "max P over low <= f < high; NaN when no bin lies there", banded, |s, a| {
            with::<W>(s, a, 2, |v| lanes::min_max(&v.values[bins(v, a.float(1), a.float(0))]).1)
        }),
        row::<W>("equal_band_power", EQUAL, "sum P df over band `index` of `bands` with equal bins", banded, |s, a| {
            with::<W>(s, a, 2, |v| equal_band(v, a.count(0), a.count(1)))
        }),
        row::<W>(
            "octave_band_power",
            OCTAVE,
            "sum P df over the 1/fraction octave (base 10) at centre",
            banded,
            |s, a| {
                with::<W>(s, a, 2, |v| {
                    let half = 10.0_f64.powf(0.15 / a.float(1));
                    band(v, a.float(0) / half, a.float(0) * half) * v.step
                })
            },
        ),
    ]
}

/// First bin at which the running sum reaches the share `q`; bin 0 without power.
fn reach(v: &Values, q: f64) -> f64 {
    let bin = v.cumulative.partition_point(|c| c / v.sum < q);
    bin.min(v.values.len().saturating_sub(1)) as f64
}

fn trapezoids(v: &Values) -> f64 {
    let ends = |p: &[f64]| p.first().zip(p.last()).map_or(0.0, |(a, b)| 0.5 * (a + b));
    v.step * (v.sum - ends(&v.values))
}

fn slope(v: &Values) -> f64 {
    let n = v.values.len() as f64;
    let centre = 0.5 * (n - 1.0);
    let mean = v.sum / n;
    let rise: f64 = v.values.iter().enumerate().map(|(k, p)| (k as f64 - centre) * (p - mean)).sum();
    rise / (n * (n * n - 1.0) / 12.0) / v.step
}

fn decrease(v: &Values) -> f64 {
    let Some((first, rest)) = v.values.split_first() else { return f64::NAN };
    let falls: f64 = rest.iter().enumerate().map(|(i, p)| (p - first) / (i + 1) as f64).sum();
    falls / lanes::sum(rest)
}

fn turning_points(p: &[f64]) -> f64 {
    p.windows(3).filter(|w| w[1] > w[0] && w[1] > w[2]).count() as f64
}

/// The bins of `low <= f < high`.
fn bins(v: &Values, low: f64, high: f64) -> std::ops::Range<usize> {
    // A band edge that should fall on a bin must not miss it by a rounding error.
    let bin = |f: f64| {
        let place = f / v.step;
        let near = place.round();
        let bin = if (place - near).abs() <= 1e-9 * near { near } else { place.ceil() };
        (bin as usize).min(v.values.len())
    };
    let (from, to) = (bin(low), bin(high));
    from.min(to)..to
}

fn band(v: &Values, low: f64, high: f64) -> f64 {
    lanes::sum(&v.values[bins(v, low, high)])
}

/// Sum over part `index` when the bins are dealt into `bands` parts in a row, the first ones longer by one (`numpy.array_split`); NaN
/// for an index that does not exist.
fn equal_band(v: &Values, bands: usize, index: usize) -> f64 {
    if index >= bands {
        return f64::NAN;
    }
    let (size, longer) = (v.values.len() / bands, v.values.len() % bands);
    let from = index * size + index.min(longer);
    let to = from + size + usize::from(index < longer);
    v.values.get(from..to).map_or(f64::NAN, |p| lanes::sum(p) * v.step)
}
