//! catch22, in the two meanings that it has had.

mod correlation;
mod distribution;
mod fluctuation;
mod information;
mod resample;
mod series;
mod spectrum;
pub(crate) mod standardised;
mod symbols;
mod table;

use crate::features::FeatureSet;
use crate::features::calculator::Calculator;
use table::{ROWS_V0_4, ROWS_V1, Row};

/// Which meaning of catch22.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Version {
    /// catch22 0.1 to 0.4 (2019 to 2025).
    V0_4,
    /// catch22 1.
    V1,
}

impl Version {
    const fn rows(self) -> &'static [Row; 24] {
        match self {
            Self::V0_4 => &ROWS_V0_4,
            Self::V1 => &ROWS_V1,
        }
    }

    /// What the columns' names begin with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::V0_4 => "catch22_v0_4_",
            Self::V1 => "catch22_v1_",
        }
    }

    /// The package's names, in its order.
    #[must_use]
    pub fn names(self) -> [&'static str; 24] {
        std::array::from_fn(|i| self.rows()[i].name)
    }

    /// The package's short names, in its order.
    #[must_use]
    pub fn short_names(self) -> [&'static str; 24] {
        std::array::from_fn(|i| self.rows()[i].short)
    }
}

impl FeatureSet {
    /// The 22 features of catch22.
    #[must_use]
    pub fn catch22(version: Version) -> Self {
        Self::of_rows(version, 22)
    }

    /// The 22 features of catch22, mean and standard deviation.
    #[must_use]
    pub fn catch24(version: Version) -> Self {
        Self::of_rows(version, 24)
    }

    fn of_rows(version: Version, count: usize) -> Self {
        let names: Vec<String> =
            version.names()[..count].iter().map(|name| format!("{}{name}", version.prefix())).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Self::of_known(&names)
    }
}

/// The tables of this room.
pub(crate) fn calculators() -> Vec<Calculator> {
    [Version::V0_4, Version::V1]
        .into_iter()
        .flat_map(|version| version.rows().iter().map(move |row| row.calculator(version.prefix())))
        .collect()
}
