//! What a family of features is made of: a table of calculators.
//!
//! A calculator is one function with parameters. Its row in the table says its name, its parameters, what it needs
//! to have computed beforehand ([`Needs`]), and how to compute it: either as one number from what is shared
//! ([`Build::Scalar`]), or as a kernel for all specs of that calculator at once ([`Build::Group`]: all quantiles from
//! one sort, all radii of an entropy in one pass).

use super::shared::{Needs, Scratch, Shared};
use super::spec::Args;
use std::borrow::Cow;

/// Size up to which samples are moderate, 2^250: fourth powers and products of squares stay within f64. A plausible
/// reading is never larger; beyond, a calculator that takes powers could give a number that is wrong and looks right.
pub(crate) const MODERATE: f64 = 1.809_251_394_333_065_6e75;

/// One row of a family's table.
pub(crate) struct Calculator {
    pub(crate) name: Cow<'static, str>,
    /// In the order of the alphabet, which is their order in the name.
    pub(crate) params: &'static [Param],
    /// Formula and unit, in a line.
    pub(crate) about: Cow<'static, str>,
    pub(crate) build: Build,
    /// Whether it reads windows with missing samples (NaN) and counts them. All others give NaN there.
    pub(crate) reads_missing: bool,
    /// Whether it is computed for moderate samples only ([`MODERATE`]), and NaN for larger ones.
    pub(crate) moderate: bool,
}

/// A parameter of a calculator.
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The value when a name leaves the parameter out, as it would stand in the name.
    pub(crate) default: Option<&'static str>,
    /// Whether a name is written without the parameter when it has its default value.
    pub(crate) silent: bool,
}

/// What values a parameter takes.
pub(crate) enum Kind {
    Int {
        min: i64,
        max: i64,
    },
    Float {
        min: f64,
        max: f64,
    },
    Bool,
    Word(&'static [&'static str]),
    /// Whole numbers, one at least.
    Tuple {
        min: i64,
        max: i64,
    },
    /// Finite numbers, or `None`.
    List,
}

/// How a calculator computes.
pub(crate) enum Build {
    /// One number. `needs` says what it reads.
    Scalar { needs: fn(&Args) -> Needs, value: fn(&Shared<'_>, &Args) -> f64 },
    /// A kernel for a list of argument sets; it fills one number for each, in order.
    Group(fn(&[&Args]) -> Box<dyn Kernel>),
}

/// A compiled computation: reads what is shared, fills its numbers. Allocates nothing and cannot fail; what is
/// undefined is NaN.
pub(crate) trait Kernel: Send + Sync {
    /// What must be computed before.
    fn needs(&self) -> Needs;

    /// Fills `out`, one number for each argument set.
    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]);
}

impl Calculator {
    /// A calculator of one number.
    pub(crate) const fn scalar(
        name: &'static str,
        params: &'static [Param],
        about: &'static str,
        needs: fn(&Args) -> Needs,
        value: fn(&Shared<'_>, &Args) -> f64,
    ) -> Self {
        Self {
            name: Cow::Borrowed(name),
            params,
            about: Cow::Borrowed(about),
            build: Build::Scalar { needs, value },
            reads_missing: false,
            moderate: false,
        }
    }

    /// A calculator whose specs are computed together.
    pub(crate) const fn group(
        name: &'static str,
        params: &'static [Param],
        about: &'static str,
        build: fn(&[&Args]) -> Box<dyn Kernel>,
    ) -> Self {
        Self {
            name: Cow::Borrowed(name),
            params,
            about: Cow::Borrowed(about),
            build: Build::Group(build),
            reads_missing: false,
            moderate: false,
        }
    }

    /// The name with its parameters, as `name__param_value`, values left open.
    pub(crate) fn signature(&self) -> String {
        let mut text = self.name.to_string();
        for param in self.params {
            text.push_str(&format!("__{}_{}", param.name, param.default.map_or("?".to_owned(), |d| format!("[{d}]"))));
        }
        text
    }

    /// The same calculator, which also reads windows with missing samples.
    pub(crate) const fn reading_missing(mut self) -> Self {
        self.reads_missing = true;
        self
    }

    /// The same calculator, NaN for windows with a sample beyond [`MODERATE`].
    pub(crate) const fn moderate(mut self) -> Self {
        self.moderate = true;
        self
    }
}

impl Param {
    /// A whole number from `min` to `max`.
    pub(crate) const fn int(name: &'static str, min: i64, max: i64) -> Self {
        Self { name, kind: Kind::Int { min, max }, default: None, silent: false }
    }

    /// A number from `min` to `max`.
    pub(crate) const fn float(name: &'static str, min: f64, max: f64) -> Self {
        Self { name, kind: Kind::Float { min, max }, default: None, silent: false }
    }

    /// A truth value.
    pub(crate) const fn bool(name: &'static str) -> Self {
        Self { name, kind: Kind::Bool, default: None, silent: false }
    }

    /// One of some words.
    pub(crate) const fn word(name: &'static str, words: &'static [&'static str]) -> Self {
        Self { name, kind: Kind::Word(words), default: None, silent: false }
    }

    /// Whole numbers from `min` to `max`.
    pub(crate) const fn tuple(name: &'static str, min: i64, max: i64) -> Self {
        Self { name, kind: Kind::Tuple { min, max }, default: None, silent: false }
    }

    /// A list of numbers, or none.
    pub(crate) const fn list(name: &'static str) -> Self {
        Self { name, kind: Kind::List, default: None, silent: false }
    }

    /// The parameter, which a name does not show when it has the value `default`.
    pub(crate) const fn silently(mut self, default: &'static str) -> Self {
        self.silent = true;
        self.or(default)
    }

    /// The parameter, with the value it has when a name leaves it out.
    pub(crate) const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }
}
