//! TSFEL's names of columns, read and written.

use super::catalogue::{BINS, Entry, FEATURES, Form, OUTSIDE, PERCENTILES, WIDTHS, default_names};
use crate::error::{Error, Result};
use crate::features::spec::Value;
use crate::features::{FeatureSet, FeatureSpec};
use crate::signal::SampleRate;

/// The column in which TSFEL puts a feature of a single series sampled at `rate` and cut into windows of `len` samples:
/// `0_Mean`, `0_ECDF Percentile_0`, `0_Spectrogram mean coefficient_1.61Hz`. `None` for a feature that is not TSFEL's
/// (of another name than `tsfel_..`).
///
/// TSFEL writes frequencies with two decimals. Where that makes one name of two columns (below about 3 Hz; TSFEL itself
/// stops with an error there), where it has no such column (a spectrogram bin beyond a short window), and for settings
/// that are not those of its configuration, the parameters stand in place of the frequency or number, as they stand in
/// the names of this crate: `0_Wavelet energy_width_3`, `0_Spectrogram mean coefficient_bin_7__bins_32`.
///
/// ```
/// use prognos::features::compat::tsfel;
/// use prognos::signal::SampleRate;
/// let name = |spec: &str, hz| Ok::<_, prognos::Error>(tsfel::column_name(&spec.parse()?, SampleRate::hz(hz)?, 1000));
/// assert_eq!(name("tsfel_wavelet_energy__width_2", 100.0)?.as_deref(), Some("0_Wavelet energy_12.5Hz"));
/// assert_eq!(name("tsfel_wavelet_energy__width_9", 0.1)?.as_deref(), Some("0_Wavelet energy_width_9"));
/// assert_eq!(name("tsfel_mfcc__coeff_3", 100.0)?.as_deref(), Some("0_MFCC_3"));
/// assert_eq!(name("mean", 100.0)?, None);
/// # Ok::<(), prognos::Error>(())
/// ```
#[must_use]
pub fn column_name(spec: &FeatureSpec, rate: SampleRate, len: usize) -> Option<String> {
    let entry = entries().find(|e| e.calculator == spec.calculator())?;
    let column = entry.column;
    Some(match short_form(entry, spec, rate, len) {
        Some(suffix) if suffix.is_empty() => format!("0_{column}"),
        Some(suffix) => format!("0_{column}_{suffix}"),
        None => {
            let name = spec.to_string();
            format!("0_{column}_{}", name.split_once("__").map_or("", |(_, parameters)| parameters))
        }
    })
}

/// TSFEL's names of all columns of a set, as [`column_name`] gives them.
///
/// # Errors
/// [`Error::UnknownFeature`] naming the first feature of the set that is not TSFEL's.
pub fn column_names(set: &FeatureSet, rate: SampleRate, len: usize) -> Result<Vec<String>> {
    let named = set.specs().iter().map(|spec| {
        column_name(spec, rate, len).ok_or_else(|| Error::UnknownFeature {
            name: spec.to_string(),
            reason: "TSFEL has no column of this feature; those of the set `tsfel` have".to_owned(),
        })
    });
    let names = named.collect::<Result<Vec<_>>>()?;
    match set.names().get(set.specs().len()) {
        None => Ok(names),
        Some(custom) => Err(Error::UnknownFeature {
            name: custom.clone(),
            reason: "TSFEL has no column of a user's own feature".to_owned(),
        }),
    }
}

/// The channel, where the column names one, and the feature: `0_Mean` is the mean of the channel `0`, `Mean` the mean
/// of the only one. `rate` and `len` are those with which TSFEL made the column.
///
/// ```
/// use prognos::features::compat::tsfel;
/// use prognos::signal::SampleRate;
/// let rate = SampleRate::hz(100.0)?;
/// let (channel, spec) = tsfel::read_column("acc_x_Wavelet energy_12.5Hz", rate, 1000)?;
/// assert_eq!(channel.as_deref(), Some("acc_x"));
/// assert_eq!(spec.to_string(), "tsfel_wavelet_energy__width_2");
/// assert!(tsfel::read_column("0_Wavelet energy_12.6Hz", rate, 1000).is_err());
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::UnknownFeature`] naming the column, and saying what of it is not understood.
pub fn read_column(column: &str, rate: SampleRate, len: usize) -> Result<(Option<String>, FeatureSpec)> {
    let unknown = |reason: String| Error::UnknownFeature { name: column.to_owned(), reason };
    let whole = [(None, column)].into_iter();
    let split = column.match_indices('_').map(|(i, _)| (Some(&column[..i]), &column[i + 1..]));
    let mut why = None;
    for (channel, rest) in whole.chain(split) {
        let Some((entry, suffix)) = entry_of(rest) else { continue };
        match read_suffix(entry, suffix, rate, len) {
            Ok(spec) => return Ok((channel.map(str::to_owned), spec)),
            Err(reason) => why = Some(reason),
        }
    }
    Err(unknown(why.unwrap_or_else(|| "TSFEL 0.2.0 has no feature of this name".to_owned())))
}

/// The set of the columns of one series: a list of names chosen in Python runs here unchanged, in its order. `rate` and
/// `len` are those with which TSFEL made the columns; only the names with a frequency need them.
///
/// ```
/// use prognos::features::compat::tsfel;
/// use prognos::signal::SampleRate;
/// let chosen = ["0_Mean", "0_Spectrogram mean coefficient_1.61Hz", "0_LPCC_3"];
/// let set = tsfel::from_columns(chosen, SampleRate::hz(100.0)?, 1000)?;
/// assert_eq!(set.names()[1], "tsfel_spectrogram_mean__bin_1__bins_32");
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// As [`read_column`]; [`Error::UnknownFeature`] for a column of a second channel (see [`from_channel_columns`]);
/// [`Error::Parameter`] for a column that stands there twice.
pub fn from_columns<I>(columns: I, rate: SampleRate, len: usize) -> Result<FeatureSet>
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    let mut specs = Vec::new();
    let mut first: Option<Option<String>> = None;
    for column in columns {
        let column = column.as_ref();
        let (channel, spec) = read_column(column, rate, len)?;
        let expected = first.get_or_insert_with(|| channel.clone());
        if *expected != channel {
            return Err(Error::UnknownFeature {
                name: column.to_owned(),
                reason: "the columns before it are of another channel; see `from_channel_columns`".to_owned(),
            });
        }
        specs.push(spec);
    }
    FeatureSet::from_specs(specs)
}

/// The sets of all channels that the columns name, channels in the order in which they first appear.
///
/// ```
/// use prognos::features::compat::tsfel;
/// use prognos::signal::SampleRate;
/// let sets = tsfel::from_channel_columns(["0_Mean", "1_Max", "0_Kurtosis"], SampleRate::ONE_HZ, 100)?;
/// assert_eq!(sets[0].0, "0");
/// assert_eq!(sets[0].1.names(), ["tsfel_mean", "tsfel_kurtosis"]);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// As [`read_column`]; [`Error::UnknownFeature`] for a column without a channel; [`Error::Parameter`] for a column that
/// stands there twice.
pub fn from_channel_columns<I>(columns: I, rate: SampleRate, len: usize) -> Result<Vec<(String, FeatureSet)>>
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    FeatureSet::by_channel(columns, |column| read_column(column, rate, len), "`from_columns`")
}

fn entries() -> impl Iterator<Item = &'static Entry> {
    FEATURES.iter().chain(OUTSIDE)
}

/// The feature with which a column begins, and what stands behind it.
fn entry_of(column: &str) -> Option<(&'static Entry, &str)> {
    entries().find_map(|entry| match column.strip_prefix(entry.column)? {
        "" => Some((entry, "")),
        rest => Some((entry, rest.strip_prefix('_').filter(|suffix| !suffix.is_empty())?)),
    })
}

/// What TSFEL writes behind the name; `None` where that does not say which feature is meant.
fn short_form(entry: &Entry, spec: &FeatureSpec, rate: SampleRate, len: usize) -> Option<String> {
    let number = spec.parameters().find_map(|(name, value)| match (entry.form, value) {
        (Form::Numbered(param, _), Value::Int(i)) if name == param => usize::try_from(*i).ok(),
        (Form::Bins, Value::Int(i)) if name == "bin" => usize::try_from(*i).ok(),
        (Form::Widths, Value::Int(i)) if name == "width" => usize::try_from(*i).ok(),
        _ => None,
    });
    let suffix = match entry.form {
        Form::One => String::new(),
        Form::Percentiles => {
            let names = default_names(entry);
            names.iter().position(|name| is_written(name, spec))?.to_string()
        }
        Form::Numbered(..) => number?.to_string(),
        Form::Bins => frequency(number?, &bin_frequencies(rate, len))?,
        Form::Widths => frequency(number?.checked_sub(1)?, &width_frequencies(rate))?,
    };
    (read_short(entry, &suffix, rate, len).ok()? == *spec).then_some(suffix)
}

fn is_written(name: &str, spec: &FeatureSpec) -> bool {
    name.parse::<FeatureSpec>().is_ok_and(|other| other == *spec)
}

/// The feature that stands behind the name of a feature in a column.
fn read_suffix(entry: &Entry, suffix: &str, rate: SampleRate, len: usize) -> Result<FeatureSpec, String> {
    let exact = format!("{}__{suffix}", entry.calculator);
    match (suffix.is_empty(), exact.parse()) {
        (false, Ok(spec)) => Ok(spec),
        _ => read_short(entry, suffix, rate, len),
    }
}

/// The feature that TSFEL means by what it writes behind the name.
fn read_short(entry: &Entry, suffix: &str, rate: SampleRate, len: usize) -> Result<FeatureSpec, String> {
    let column = entry.column;
    let number = || suffix.parse::<usize>().ok().filter(|i| i.to_string() == suffix);
    let calculator = entry.calculator;
    let name = match entry.form {
        Form::One if suffix.is_empty() => calculator.to_owned(),
        Form::One => return Err(format!("`{column}` is one column, nothing stands behind it")),
        Form::Numbered(param, count) => {
            let i = number().ok_or_else(|| format!("`{column}_` is followed by a number from 0"))?;
            // The values of the ECDF do not depend on how many are asked for; coefficients do.
            if i >= count && column != "ECDF" {
                return Err(format!("TSFEL's configuration has {count} columns of `{column}`, numbered from 0"));
            }
            format!("{calculator}__{param}_{i}")
        }
        Form::Percentiles => {
            let p = number().and_then(|i| PERCENTILES.get(i));
            let p = p.ok_or_else(|| format!("TSFEL's configuration has `{column}_0` and `{column}_1`"))?;
            format!("{calculator}__p_{p}")
        }
        Form::Bins => {
            let bin = place_of(suffix, &bin_frequencies(rate, len), rate, len)?;
            format!("{calculator}__bin_{bin}")
        }
        Form::Widths => {
            let width = place_of(suffix, &width_frequencies(rate), rate, len)? + 1;
            format!("{calculator}__width_{width}")
        }
    };
    name.parse().map_err(|e: Error| e.to_string())
}

/// The frequency at a place as TSFEL writes it.
fn frequency(place: usize, frequencies: &[f64]) -> Option<String> {
    frequencies.get(place).map(|hz| written(*hz))
}

/// The only place whose frequency is written like this.
fn place_of(text: &str, frequencies: &[f64], rate: SampleRate, len: usize) -> Result<usize, String> {
    let mut places = frequencies.iter().enumerate().filter(|(_, hz)| written(**hz) == text).map(|(i, _)| i);
    match (places.next(), places.next()) {
        (Some(place), None) => Ok(place),
        (None, _) => Err(format!("no column is written `{text}` at {rate} in windows of {len} samples")),
        (Some(_), Some(_)) => Err(format!("two columns are written `{text}` at {rate}: write their parameters")),
    }
}

/// Two decimals, as `str(numpy.round(hz, 2))` writes them.
fn written(hz: f64) -> String {
    let scaled = hz * 100.0;
    let rounded = if scaled.is_finite() { scaled.round_ties_even() / 100.0 } else { hz };
    format!("{}Hz", Value::Float(rounded))
}

/// Frequencies of the spectrogram's bins; fewer in short windows.
fn bin_frequencies(rate: SampleRate, len: usize) -> Vec<f64> {
    let bins = BINS.min(len / 2 + 1);
    if bins < 2 {
        return Vec::new();
    }
    let step = 1.0 / ((2 * bins - 2) as f64 * (1.0 / rate.as_hz()));
    (0..bins).map(|k| k as f64 * step).collect()
}

/// Centre frequencies of the widths, that of the Mexican hat being a quarter of a cycle a sample.
fn width_frequencies(rate: SampleRate) -> Vec<f64> {
    (1..=WIDTHS).map(|w| 0.25 / w as f64 / (1.0 / rate.as_hz())).collect()
}
