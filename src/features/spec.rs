//! A feature and its parameters, written and read as its name.
//!
//! A name is the calculator, then every parameter as `__parameter_value`, in the order of the alphabet:
//! `quantile__q_0.9`, `agg_linear_trend__attr_"slope"__chunk_len_10__f_agg_"mean"`. This is the convention of
//! tsfresh, down to the quotes, `True` and `False`; a name that tsfresh has means what tsfresh computes.

use super::calculator::{Calculator, Kind};
use super::registry;
use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// The value of one parameter, as it stands in a name.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A whole number: `5`.
    Int(i64),
    /// A number with a decimal point or an exponent: `0.9`, `1e-05`.
    Float(f64),
    /// `True` or `False`.
    Bool(bool),
    /// A word in quotes: `"mean"`.
    Word(String),
    /// Whole numbers: `(2, 5, 10, 20)`.
    Tuple(Vec<i64>),
    /// Numbers: `[1.0, 2.5, 1.0]`.
    List(Vec<f64>),
    /// Nothing given: `None`.
    None,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(v) => write!(f, "{v}"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Word(v) => write!(f, "\"{v}\""),
            Self::Float(v) => write_float(f, *v),
            Self::Tuple(items) => {
                // A single one keeps its comma: without it, it would be a number in brackets.
                f.write_str("(")?;
                write_joined(f, items, |f, v| write!(f, "{v}"))?;
                f.write_str(if items.len() == 1 { ",)" } else { ")" })
            }
            Self::List(items) => {
                f.write_str("[")?;
                write_joined(f, items, |f, v| write_float(f, *v))?;
                f.write_str("]")
            }
            Self::None => f.write_str("None"),
        }
    }
}

/// Python's `repr` of a number: shortest digits, at least two in an exponent, and a sign.
fn write_float(f: &mut fmt::Formatter<'_>, v: f64) -> fmt::Result {
    let text = format!("{v:?}");
    match text.split_once('e') {
        None => f.write_str(&text),
        Some((mantissa, exponent)) => {
            let (sign, digits) = exponent.strip_prefix('-').map_or(("+", exponent), |digits| ("-", digits));
            write!(f, "{mantissa}e{sign}{digits:0>2}")
        }
    }
}

fn write_joined<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    items.iter().enumerate().try_for_each(|(i, item)| {
        f.write_str(if i == 0 { "" } else { ", " })?;
        write(f, item)
    })
}

/// The numbers between brackets; a comma may stand behind the last.
fn items<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, ()> {
    let text = text.trim();
    let text = text.strip_suffix(',').unwrap_or(text);
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(',').map(|item| read(item.trim()).ok_or(())).collect()
}

/// A number of a name is finite: what overflows to an infinity could not be written and read again.
fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|v: &f64| v.is_finite())
}

impl FromStr for Value {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some(word) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
            return if word.contains('"') { Err(()) } else { Ok(Self::Word(word.to_owned())) };
        }
        if let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
            return items(inner, |item| item.parse().ok()).map(Self::Tuple);
        }
        if let Some(inner) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            return items(inner, finite).map(Self::List);
        }
        match text {
            "True" => Ok(Self::Bool(true)),
            "False" => Ok(Self::Bool(false)),
            "None" => Ok(Self::None),
            _ if text.contains(['.', 'e', 'E']) => finite(text).map(Self::Float).ok_or(()),
            _ => text.parse().map(Self::Int).map_err(|_| ()),
        }
    }
}

/// One feature: a calculator with all its parameters. Shown, read and serialised as its name.
///
/// ```
/// use prognos::features::FeatureSpec;
/// let spec: FeatureSpec = "quantile__q_0.9".parse()?;
/// assert_eq!(spec.to_string(), "quantile__q_0.9");
/// assert!("quantile__q_1.5".parse::<FeatureSpec>().is_err()); // a quantile lies in 0..=1
/// assert!("no_such_feature".parse::<FeatureSpec>().is_err());
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Clone)]
pub struct FeatureSpec {
    pub(crate) calculator: &'static Calculator,
    pub(crate) args: Args,
}

impl FeatureSpec {
    /// The channel, where there is one, and the feature that a column's name says: `pressure__mean` is the mean of
    /// the channel `pressure`, `mean` the mean of the only one.
    ///
    /// ```
    /// use prognos::features::FeatureSpec;
    /// let (channel, spec) = FeatureSpec::from_column("pressure__quantile__q_0.9")?;
    /// assert_eq!(channel.as_deref(), Some("pressure"));
    /// assert_eq!(spec.to_string(), "quantile__q_0.9");
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownFeature`] saying which part is not understood.
    pub fn from_column(column: &str) -> Result<(Option<String>, Self)> {
        match (column.parse(), column.split_once("__")) {
            (Ok(spec), _) => Ok((None, spec)),
            (Err(error), Some((channel, rest))) => match rest.parse() {
                Ok(spec) => Ok((Some(channel.to_owned()), spec)),
                Err(inner) => Err(if registry::find(channel).is_some() { error } else { inner }),
            },
            (Err(error), None) => Err(error),
        }
    }

    /// Name of the calculator, without parameters.
    #[must_use]
    pub fn calculator(&self) -> &str {
        &self.calculator.name
    }

    /// What the calculator computes: formula and unit, in a line.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.calculator.about
    }

    /// Whether it reads windows with missing samples (NaN), whatever the policy: a share of gaps, for example.
    #[must_use]
    pub fn reads_missing(&self) -> bool {
        self.calculator.reads_missing
    }

    /// Some specs of a calculator, all different: together they go through the examples of every parameter.
    pub(crate) fn examples(calculator: &'static Calculator) -> Vec<Self> {
        let choices: Vec<Vec<Value>> = calculator.params.iter().map(|p| p.kind.examples(p.default)).collect();
        let count = choices.iter().map(Vec::len).max().unwrap_or(1);
        let pick = |i: usize| choices.iter().filter_map(|c| c.get(i % c.len().max(1)).cloned()).collect();
        (0..count).map(|i| Self { calculator, args: Args(pick(i)) }).collect()
    }

    /// Names and values of the parameters, in the order of the name.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.calculator.params.iter().map(|p| p.name).zip(&self.args.0)
    }
}

impl PartialEq for FeatureSpec {
    fn eq(&self, other: &Self) -> bool {
        self.calculator.name == other.calculator.name && self.args == other.args
    }
}

impl fmt::Debug for FeatureSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FeatureSpec({self})")
    }
}

impl fmt::Display for FeatureSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.calculator.name)?;
        for (param, value) in self.calculator.params.iter().zip(&self.args.0) {
            let silent = param.silent && param.default.and_then(|text| text.parse().ok()).as_ref() == Some(value);
            if !silent {
                write!(f, "__{}_{value}", param.name)?;
            }
        }
        Ok(())
    }
}

impl FromStr for FeatureSpec {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let unknown = |reason: String| Error::UnknownFeature { name: name.to_owned(), reason };
        let mut parts = name.split("__");
        let head = parts.next().unwrap_or_default();
        let calculator = registry::find(head).ok_or_else(|| {
            let rest = name.split_once("__").map_or("", |(_, rest)| rest);
            let hint = match registry::find(rest.split("__").next().unwrap_or_default()) {
                Some(_) => format!("; if it is a channel, use `from_column`, or leave it out: `{rest}`"),
                None => match registry::similar(head)[..] {
                    [] => "; `FeatureSet::available` lists all".to_owned(),
                    ref names => format!("; did you mean `{}`?", names.join("` or `")),
                },
            };
            unknown(format!("there is no calculator `{head}`{hint}"))
        })?;
        let mut values: Vec<Option<Value>> = vec![None; calculator.params.len()];
        for part in parts {
            // A parameter's name may hold underscores, and one name may begin as another does: take the longest.
            let (i, text) = calculator
                .params
                .iter()
                .enumerate()
                .filter_map(|(i, p)| Some((i, part.strip_prefix(p.name)?.strip_prefix('_')?)))
                .min_by_key(|(_, text)| text.len())
                .ok_or_else(|| unknown(format!("`{head}` has no parameter like `{part}`")))?;
            let param = &calculator.params[i];
            let value: Value = text
                .parse()
                .map_err(|()| unknown(format!("`{text}` is not a value of the parameter `{}`", param.name)))?;
            param.check(&value).map_err(|rule| unknown(format!("parameter `{}` = {value}: {rule}", param.name)))?;
            if values[i].replace(value).is_some() {
                return Err(unknown(format!("parameter `{}` stands there twice", param.name)));
            }
        }
        let args = values
            .into_iter()
            .zip(calculator.params)
            .map(|(value, param)| {
                value
                    .or_else(|| param.default.map(|text| text.parse().unwrap_or(Value::Int(0))))
                    .ok_or_else(|| unknown(format!("parameter `{}` is missing", param.name)))
            })
            .collect::<Result<_>>()?;
        Ok(Self { calculator, args: Args(args) })
    }
}

/// The checked values of a calculator's parameters, in the order of its table row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Args(Box<[Value]>);

impl Args {
    /// Parameter `i` as a number; whole numbers count.
    pub(crate) fn float(&self, i: usize) -> f64 {
        match self.0.get(i) {
            Some(Value::Float(v)) => *v,
            Some(Value::Int(v)) => *v as f64,
            _ => f64::NAN,
        }
    }

    /// Parameter `i` as a whole number.
    pub(crate) fn int(&self, i: usize) -> i64 {
        match self.0.get(i) {
            Some(Value::Int(v)) => *v,
            _ => 0,
        }
    }

    /// Parameter `i` as a count; negative numbers, which the tables do not admit, count as 0.
    pub(crate) fn count(&self, i: usize) -> usize {
        usize::try_from(self.int(i)).unwrap_or(0)
    }

    /// Parameter `i` as a truth value.
    pub(crate) fn bool(&self, i: usize) -> bool {
        matches!(self.0.get(i), Some(Value::Bool(true)))
    }

    /// Parameter `i` as whole numbers.
    pub(crate) fn tuple(&self, i: usize) -> &[i64] {
        match self.0.get(i) {
            Some(Value::Tuple(v)) => v,
            _ => &[],
        }
    }

    /// Parameter `i` as numbers; none where it is `None`.
    pub(crate) fn list(&self, i: usize) -> &[f64] {
        match self.0.get(i) {
            Some(Value::List(v)) => v,
            _ => &[],
        }
    }

    /// Parameter `i` as a word.
    pub(crate) fn word(&self, i: usize) -> &str {
        match self.0.get(i) {
            Some(Value::Word(v)) => v,
            _ => "",
        }
    }
}

/// Most numbers in a value that is a list.
const LONGEST_LIST: usize = 10_000;

impl super::calculator::Param {
    /// Whether `text` is an admissible value.
    #[cfg(test)]
    pub(crate) fn accepts(&self, text: &str) -> bool {
        text.parse().is_ok_and(|value| self.check(&value).is_ok())
    }

    /// The rule that `value` breaks, if it breaks one.
    fn check(&self, value: &Value) -> Result<(), String> {
        match (&self.kind, value) {
            (Kind::Int { min, max }, Value::Int(v)) if (*min..=*max).contains(v) => Ok(()),
            (Kind::Int { min, max }, _) => Err(format!("must be a whole number from {min} to {max}")),
            (Kind::Float { min, max }, Value::Float(_) | Value::Int(_)) => {
                let v = match value {
                    Value::Float(v) => *v,
                    Value::Int(v) => *v as f64,
                    _ => f64::NAN,
                };
                if v >= *min && v <= *max { Ok(()) } else { Err(format!("must lie from {min} to {max}")) }
            }
            (Kind::Float { .. }, _) => Err("must be a number".to_owned()),
            (Kind::Bool, Value::Bool(_)) => Ok(()),
            (Kind::Bool, _) => Err("must be True or False".to_owned()),
            (Kind::Word(words), Value::Word(v)) if words.contains(&v.as_str()) => Ok(()),
            (Kind::Word(words), _) => Err(format!("must be one of \"{}\"", words.join("\", \""))),
            (Kind::Tuple { min, max }, Value::Tuple(v))
                if (1..=LONGEST_LIST).contains(&v.len()) && v.iter().all(|v| (*min..=*max).contains(v)) =>
            {
                Ok(())
            }
            (Kind::Tuple { min, max }, _) => Err(format!("must be whole numbers from {min} to {max} like (2, 5)")),
            (Kind::List, Value::None) => Ok(()),
            (Kind::List, Value::List(v)) if v.len() <= LONGEST_LIST && v.iter().all(|v| v.is_finite()) => Ok(()),
            (Kind::List, _) => {
                Err(format!("must be None, or at most {LONGEST_LIST} finite numbers like [1.0, 2.5, 1.0]"))
            }
        }
    }
}

impl Kind {
    /// A few admissible values, each once: the default first, every word (of a long list about sixteen), small numbers.
    fn examples(&self, default: Option<&str>) -> Vec<Value> {
        let mut values: Vec<Value> = default.and_then(|text| text.parse().ok()).into_iter().collect();
        match self {
            Self::Bool => values.extend([Value::Bool(true), Value::Bool(false)]),
            Self::Word(words) => {
                let some = words.iter().step_by(words.len().div_ceil(16).max(1));
                values.extend(some.map(|w| Value::Word((*w).to_owned())));
            }
            Self::Int { min, max } => {
                values.extend([1, 2, 3, 5, 10].map(|v: i64| Value::Int(v.clamp(*min, *max))));
            }
            Self::Tuple { min, max } => {
                values.extend(
                    [vec![2, 5, 10, 20], vec![1, 3]]
                        .map(|v: Vec<i64>| Value::Tuple(v.into_iter().map(|v| v.clamp(*min, *max)).collect())),
                );
            }
            Self::List => {
                values.extend([Value::None, Value::List(vec![1.0, 0.5, -1.0, 0.25]), Value::List(vec![0.0; 3])])
            }
            Self::Float { min, max } => values.extend([0.5, 0.1, 2.0].map(|v: f64| Value::Float(v.clamp(*min, *max)))),
        }
        let mut seen: Vec<Value> = Vec::new();
        for value in values {
            if !seen.contains(&value) {
                seen.push(value);
            }
        }
        seen
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for FeatureSpec {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for FeatureSpec {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let name = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}
