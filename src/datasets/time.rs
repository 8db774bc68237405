//! Time stamps as loggers write them, into whole nanoseconds since the Unix epoch.

use jiff::fmt::temporal::DateTimeParser;
use jiff::{civil, tz};

static ISO: DateTimeParser = DateTimeParser::new();

/// How the cells of a time column are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TimeFormat {
    /// Found out from the first time cell: a plain number is a count since the Unix epoch, taken as seconds below 1e11 in
    /// magnitude, as milliseconds below 1e14, as microseconds below 1e17 and as nanoseconds from there on (so dates from
    /// 1973 to 5138 are told apart; small numbers such as elapsed seconds are seconds). Anything else is `Iso`.
    #[default]
    Auto,
    /// ISO 8601 / RFC 3339: `2026-03-01T12:00:00Z`, `2026-03-01 12:00:00.250+01:00`, without offset, or a date alone.
    Iso,
    /// Seconds since the Unix epoch (or any other zero), with or without a fraction.
    EpochSeconds,
    /// Milliseconds since the Unix epoch.
    EpochMillis,
    /// Microseconds since the Unix epoch.
    EpochMicros,
    /// Nanoseconds since the Unix epoch.
    EpochNanos,
    /// A pattern of `strptime`, for example `%d.%m.%Y %H:%M:%S`; `%.f` is an optional fraction, `%z` an offset.
    Pattern(String),
}

impl TimeFormat {
    /// `Auto` resolved by a first cell.
    pub(super) fn resolve(&self, cell: &str) -> Self {
        if *self != Self::Auto {
            return self.clone();
        }
        match cell.parse::<f64>().map(f64::abs) {
            Ok(v) if v < 1e11 => Self::EpochSeconds,
            Ok(v) if v < 1e14 => Self::EpochMillis,
            Ok(v) if v < 1e17 => Self::EpochMicros,
            Ok(_) => Self::EpochNanos,
            Err(_) => Self::Iso,
        }
    }

    /// The cell in nanoseconds; a time without offset is that of `offset`. The error says what was expected.
    pub(super) fn parse(&self, cell: &str, offset: tz::Offset) -> Result<i64, String> {
        let found = match self {
            Self::Auto | Self::Iso => iso(cell, offset),
            Self::EpochSeconds => scaled(cell, 9),
            Self::EpochMillis => scaled(cell, 6),
            Self::EpochMicros => scaled(cell, 3),
            Self::EpochNanos => scaled(cell, 0),
            Self::Pattern(pattern) => by_pattern(pattern, cell, offset),
        };
        found.ok_or_else(|| format!("expected a time ({}) in the years 1678 to 2261", self.describe()))
    }

    fn describe(&self) -> &str {
        match self {
            Self::Auto | Self::Iso => "ISO 8601, as 2026-03-01T12:00:00Z",
            Self::EpochSeconds => "seconds since 1970",
            Self::EpochMillis => "milliseconds since 1970",
            Self::EpochMicros => "microseconds since 1970",
            Self::EpochNanos => "nanoseconds since 1970",
            Self::Pattern(pattern) => pattern,
        }
    }
}

fn nanos(stamp: jiff::Timestamp) -> Option<i64> {
    i64::try_from(stamp.as_nanosecond()).ok()
}

fn at_offset(time: civil::DateTime, offset: tz::Offset) -> Option<i64> {
    offset.to_timestamp(time).ok().and_then(nanos)
}

fn iso(cell: &str, offset: tz::Offset) -> Option<i64> {
    // With an offset first: the parser of civil times would pass it over.
    match ISO.parse_timestamp(cell) {
        Ok(stamp) => nanos(stamp),
        Err(_) => at_offset(ISO.parse_datetime(cell).ok()?, offset),
    }
}

fn by_pattern(pattern: &str, cell: &str, offset: tz::Offset) -> Option<i64> {
    let parts = jiff::fmt::strtime::parse(pattern, cell).ok()?;
    match parts.to_timestamp() {
        Ok(stamp) => nanos(stamp),
        Err(_) => {
            let date = parts.to_date().ok()?;
            let time = parts.to_time().unwrap_or_else(|_| civil::Time::midnight());
            at_offset(date.to_datetime(time), parts.offset().unwrap_or(offset))
        }
    }
}

/// A decimal number times 10^`power` as an integer, digit by digit: no rounding through a double, which would cost
/// microseconds. Digits below one nanosecond are cut off.
fn scaled(cell: &str, power: usize) -> Option<i64> {
    let (negative, digits) = match cell.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
    let point = digits.iter().position(|&b| b == b'.');
    let (whole, fraction) = match point {
        Some(i) => (&digits[..i], &digits[i + 1..]),
        None => (digits, &digits[digits.len()..]),
    };
    if whole.is_empty() && fraction.is_empty() || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return exponent(cell, power);
    }
    let padded = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(power);
    let mut value: i64 = 0;
    for digit in whole.iter().copied().chain(padded) {
        value = value.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
    }
    Some(if negative { -value } else { value })
}

/// Numbers such as `1.7e9`: through a double.
fn exponent(cell: &str, power: usize) -> Option<i64> {
    let value = cell.parse::<f64>().ok()? * 10f64.powi(i32::try_from(power).ok()?);
    (value.abs() < 9.2e18).then_some(value.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(format: TimeFormat, cell: &str) -> Option<i64> {
        format.resolve(cell).parse(cell, tz::Offset::UTC).ok()
    }

    #[test]
    fn every_way_to_write_one_instant() {
        let t = 1_772_366_400_250_000_000;
        for cell in [
            "2026-03-01T12:00:00.25Z",
            "2026-03-01 12:00:00.250",
            "2026-03-01T13:00:00.250+01:00",
            "2026-03-01 13:00:00,250+01",
            "1772366400.25",
            "1772366400250",
            "1772366400250000",
            "1772366400250000000",
        ] {
            assert_eq!(parse(TimeFormat::Auto, cell), Some(t), "{cell}");
        }
        assert_eq!(parse(TimeFormat::Pattern("%d.%m.%Y %H:%M:%S%.f".into()), "01.03.2026 12:00:00.25"), Some(t));
        assert_eq!(parse(TimeFormat::Pattern("%d/%m/%Y".into()), "01/03/2026"), Some(1_772_323_200_000_000_000));
        assert_eq!(parse(TimeFormat::Auto, "2026-03-01"), Some(1_772_323_200_000_000_000));
        assert_eq!(TimeFormat::Iso.parse("2026-03-01 13:00:00.250", tz::offset(1)), Ok(t));
    }

    #[test]
    fn microseconds_survive_and_nonsense_does_not() {
        assert_eq!(parse(TimeFormat::EpochSeconds, "1772366400.123456789"), Some(1_772_366_400_123_456_789));
        assert_eq!(parse(TimeFormat::EpochSeconds, "-0.5"), Some(-500_000_000));
        assert_eq!(parse(TimeFormat::EpochSeconds, "1.5e3"), Some(1_500_000_000_000));
        for cell in
            ["", ".", "-", "12:00", "2026-13-01", "99999999999", "1e300", "nan", "2026-02-30 00:00:00", "9999-01-01"]
        {
            assert_eq!(TimeFormat::EpochSeconds.parse(cell, tz::Offset::UTC).ok(), None, "{cell}");
            assert_eq!(TimeFormat::Iso.parse(cell, tz::Offset::UTC).ok(), None, "{cell}");
        }
        assert!(TimeFormat::Pattern("%Q%".into()).parse("x", tz::Offset::UTC).is_err());
    }
}
