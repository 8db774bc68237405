//! All calculators: the rooms' tables, one after the other.

use super::calculator::Calculator;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The rooms' tables.
fn families() -> Vec<Vec<Calculator>> {
    vec![
        super::amplitude::calculators(),
        super::trend::calculators(),
        super::autoregression::calculators(),
        super::profile::calculators(),
        super::spectrum::calculators(),
        super::wavelet::calculators(),
        super::complexity::calculators(),
        super::fractal::calculators(),
        super::compat::calculators(),
    ]
}

static CALCULATORS: LazyLock<HashMap<String, Calculator>> =
    LazyLock::new(|| families().into_iter().flatten().map(|c| (c.name.to_string(), c)).collect());

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_order() {
        let rows: Vec<Calculator> = families().into_iter().flatten().collect();
        let mut names: Vec<&str> = rows.iter().map(|c| c.name.as_ref()).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "two calculators have one name");
        for row in &rows {
            assert!(row.params.windows(2).all(|p| p[0].name < p[1].name), "{}: parameters by the alphabet", row.name);
            assert!(!row.name.contains("__") && !row.about.is_empty(), "{}", row.name);
            for param in row.params {
                assert!(
                    param.default.is_none_or(|text| param.accepts(text)),
                    "{}: default of {}",
                    row.name,
                    param.name
                );
            }
        }
    }
}
