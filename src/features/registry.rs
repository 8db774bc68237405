//! All calculators: the families' tables, one after the other.

use super::calculator::Calculator;
use std::collections::HashMap;
use std::sync::LazyLock;

static CALCULATORS: LazyLock<HashMap<String, Calculator>> = LazyLock::new(|| {
    let families = [
        super::distribution::calculators(),
        super::vibration::calculators(),
        super::spectrum::calculators(),
        super::lines::calculators(),
        super::trend::calculators(),
        super::change::calculators(),
        super::crossings::calculators(),
        super::monitoring::calculators(),
        super::autocorrelation::calculators(),
    ];
    families.into_iter().flatten().map(|c| (c.name.to_string(), c)).collect()
});

/// The calculator of a name.
pub(crate) fn find(name: &str) -> Option<&'static Calculator> {
    CALCULATORS.get(name)
}

/// Every calculator, by name.
pub(crate) fn all() -> Vec<&'static Calculator> {
    let mut all: Vec<_> = CALCULATORS.values().collect();
    all.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    all
}
