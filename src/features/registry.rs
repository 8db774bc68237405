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

/// Names that may have been meant by one that is not known, by name: those that end in it behind the prefix of a
/// package, else those that are nearest, two letters apart at most.
pub(crate) fn similar(name: &str) -> Vec<&'static str> {
    const LONGEST: usize = 100;
    if name.is_empty() || name.len() > LONGEST {
        return Vec::new();
    }
    let mut names: Vec<&str> = CALCULATORS.keys().map(String::as_str).collect();
    names.sort_unstable();
    let prefixed = |long: &&str| long.strip_suffix(name).is_some_and(|prefix| prefix.ends_with('_'));
    let known: Vec<&str> =
        names.iter().copied().filter(|long| long.starts_with("catch22_") && prefixed(long)).collect();
    if !known.is_empty() {
        return known;
    }
    let distances: Vec<usize> = names.iter().map(|other| distance(name, other)).collect();
    let least = distances.iter().copied().min().unwrap_or(usize::MAX);
    if least > 2.min(name.len() / 3) {
        return Vec::new();
    }
    names.into_iter().zip(distances).filter(|(_, d)| *d == least).map(|(other, _)| other).take(3).collect()
}

/// Letters to change, insert or leave out to make one name of the other (V. I. Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let change = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = change.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelled_names_are_near() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "mean"), 4);
        assert_eq!(similar("quantil"), ["quantile"]);
        assert_eq!(similar("CO_FirstMin_ac"), ["catch22_v0_4_CO_FirstMin_ac", "catch22_v1_CO_FirstMin_ac"]);
        assert!(similar("no_such_feature").is_empty());
        assert!(similar("").is_empty() && similar(&"x".repeat(1000)).is_empty());
    }

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
