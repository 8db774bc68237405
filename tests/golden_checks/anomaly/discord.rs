//! Matrix profiles (stumpy). Discords by length and the left discord: `discord_search`.

use super::{Built, REL};
use crate::golden_checks::{Outcome, close, number, numbers};
use ndarray::Array2;
use prognos::anomaly::discord::{
    MatrixProfile, Measure, MultiProfile, Neighbours, Regimes, StreamingProfile, distance_profile,
};
use serde_json::Value;

/// Distance of two z-normalised stretches, or of two as they are, from its definition.
fn direct(measure: Measure, a: &[f64], b: &[f64]) -> f64 {
    if a.iter().chain(b).any(|v| !v.is_finite()) {
        return f64::INFINITY;
    }
    let normalised = |x: &[f64]| {
        let n = x.len() as f64;
        // Twice: the mean of a large offset is good to a unit in its last place only.
        let first = x.iter().sum::<f64>() / n;
        let mean = first + x.iter().map(|v| v - first).sum::<f64>() / n;
        let sd = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        x.iter().map(|v| (v - mean) / sd).collect::<Vec<_>>()
    };
    let constant = |x: &[f64]| x.iter().all(|v| *v == x[0]);
    match measure {
        Measure::Absolute { p } => a.iter().zip(b).map(|(x, y)| (x - y).abs().powf(p)).sum::<f64>().powf(1.0 / p),
        Measure::ZNormalised => match (constant(a), constant(b)) {
            (true, true) => 0.0,
            (false, false) => normalised(a).iter().zip(normalised(b)).map(|(u, v)| (u - v).powi(2)).sum::<f64>().sqrt(),
            _ => (a.len() as f64).sqrt(),
        },
    }
}

/// Why a distance of the reference does not count: proven pair by pair from the definition, and allowed only where an
/// offset leaves products of samples no digits.
const LOST: &str =
    "are not those of its own pairs: offset squared over variance has used up its digits; the rest agrees";

/// The stretches that are compared: rows of one series with rows of another.
struct Series<'a> {
    measure: Measure,
    m: usize,
    rows: &'a [f64],
    columns: &'a [f64],
}

impl Series<'_> {
    fn direct(&self, i: usize, j: usize) -> f64 {
        direct(self.measure, &self.rows[i..i + self.m], &self.columns[j..j + self.m])
    }

    /// What the root of rounding is worth near 0: distances of z-normalised stretches are `√(2m(1-r))` in the reference, and
    /// r has some 1e-15 of rounding; absolute ones are p-th roots of running sums there.
    fn near_zero(&self) -> f64 {
        let m = self.m as f64;
        match self.measure {
            Measure::ZNormalised => 1e-6 * m.sqrt(),
            Measure::Absolute { p } => {
                let finite = self.rows.iter().filter(|v| v.is_finite());
                let span = finite.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
                1e-7 * (span.1 - span.0) * m.powf(1.0 / p)
            }
        }
    }

    /// What the rounding of the samples to 12 digits in the file (which came after the reference had seen them) is worth in
    /// the distance of a pair. It counts where a large offset stands before a small noise.
    fn rounding(&self, i: usize, j: usize) -> f64 {
        let (a, b) = (&self.rows[i..i + self.m], &self.columns[j..j + self.m]);
        let largest = a.iter().chain(b).fold(0.0f64, |l, v| l.max(v.abs()));
        let unit = 0.5 * 10f64.powi(largest.log10().floor() as i32 - 11);
        let m = self.m as f64;
        match self.measure {
            Measure::Absolute { p } => 2.0 * unit * m.powf(1.0 / p),
            Measure::ZNormalised => {
                let sd = |x: &[f64]| {
                    let mean = x.iter().map(|v| v - x[0]).sum::<f64>() / m;
                    (x.iter().map(|v| (v - x[0] - mean).powi(2)).sum::<f64>() / m).sqrt()
                };
                let constant = |x: &[f64]| x.iter().all(|v| *v == x[0]);
                if constant(a) || constant(b) { 0.0 } else { m.sqrt() * unit * (1.0 / sd(a) + 1.0 / sd(b)) }
            }
        }
    }

    fn agree(&self, found: f64, expected: f64, slack: f64) -> bool {
        close(found, expected, REL, slack) || (found.abs() < self.near_zero() && expected.abs() < self.near_zero())
    }

    /// Compares distances and neighbours. Another neighbour is right when it is as near. A reference whose distance is not the
    /// distance of its own pair has lost its digits: proven pair by pair, and said.
    fn compare(&self, p: &[f64], i: &[Option<usize>], expected_p: &Value, expected_i: &Value) -> Outcome {
        self.compare_from(0, p, i, expected_p, expected_i)
    }

    /// The same for stretches whose first is `first`.
    fn compare_from(
        &self,
        first: usize,
        p: &[f64],
        i: &[Option<usize>],
        expected_p: &Value,
        expected_i: &Value,
    ) -> Outcome {
        let (distances, places) = (numbers(expected_p), numbers(expected_i));
        if distances.len() != p.len() || places.len() != p.len() {
            return Outcome::Failed(format!("{} values, expected {}", p.len(), distances.len()));
        }
        let k = p.len() / (self.rows.len() + 1 - self.m - first);
        let mut lost = 0;
        for at in 0..p.len() {
            // The rows of a table of k neighbours come one after the other.
            let row = first + at / k;
            let own = i[at].map_or(f64::INFINITY, |j| self.direct(row, j));
            if !self.agree(p[at], own, 0.0) {
                return Outcome::Failed(format!("[{at}] is {:e}, its pair is {own:e} apart", p[at]));
            }
            let (theirs, slack) = match places[at] {
                j if j >= 0.0 => (self.direct(row, j as usize), self.rounding(row, j as usize)),
                _ => (f64::INFINITY, 0.0),
            };
            if !self.agree(theirs, distances[at], slack) {
                lost += 1;
            } else if !self.agree(p[at], distances[at], slack) || !self.agree(theirs, own, 2.0 * slack) {
                let (found, expected) = (p[at], distances[at]);
                return Outcome::Failed(format!(
                    "[{at}] is {found:e} to {:?}, expected {expected:e} to {}",
                    i[at], places[at]
                ));
            }
        }
        match lost {
            0 => Outcome::Matched,
            n if n < p.len() / 20 => {
                Outcome::Failed(format!("{n} distances of the reference are not those of its pairs"))
            }
            n => Outcome::Skipped(format!(
                "{n} of {} distances of the reference are not those of its own pairs, the rest agrees",
                p.len()
            )),
        }
    }
}

impl Series<'_> {
    /// Distances of one stretch to all.
    fn compare_query(&self, query: usize, found: &[f64], expected: &Value) -> Outcome {
        let expected = numbers(expected);
        if expected.len() != found.len() {
            return Outcome::Failed(format!("{} values, expected {}", found.len(), expected.len()));
        }
        let mut lost = 0;
        for (j, (&d, &e)) in found.iter().zip(&expected).enumerate() {
            let own = self.direct(query, j);
            if !self.agree(d, own, 0.0) {
                return Outcome::Failed(format!("[{j}] is {d:e}, by its definition {own:e}"));
            }
            if !self.agree(d, e, self.rounding(query, j)) {
                lost += 1;
            }
        }
        match (lost, self.lost_digits()) {
            (0, _) => Outcome::Matched,
            (n, true) => Outcome::Skipped(format!("{n} of {} distances of the reference {LOST}", found.len())),
            (n, false) => Outcome::Failed(format!("{n} distances differ")),
        }
    }

    /// Whether products of the samples as they are (which MASS sums) leave fewer than five digits of what differs.
    fn lost_digits(&self) -> bool {
        let finite: Vec<f64> = self.rows.iter().copied().filter(|v| v.is_finite()).collect();
        let mean = finite.iter().sum::<f64>() / finite.len() as f64;
        let variance = finite.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / finite.len() as f64;
        f64::EPSILON * mean * mean / variance > 1e-5
    }
}

/// Places of a one-sided profile: no distances in the file, so that an other place must be as near.
fn places(series: &Series<'_>, found: &Neighbours, expected: &Value) -> Outcome {
    let expected = numbers(expected);
    if expected.len() != found.len() {
        return Outcome::Failed(format!("{} places, expected {}", found.len(), expected.len()));
    }
    for (at, (j, wanted)) in found.indices().iter().zip(expected).enumerate() {
        let same = match j {
            None => wanted == -1.0,
            Some(j) => {
                let j = *j;
                let other = wanted as usize;
                wanted == j as f64
                    || wanted >= 0.0
                        && series.agree(series.direct(at, other), series.direct(at, j), 2.0 * series.rounding(at, j))
            }
        };
        if !same {
            return Outcome::Failed(format!("[{at}]: neighbour {j:?}, expected {wanted}"));
        }
    }
    Outcome::Matched
}

pub fn check(name: &str, file: &Value, built: &mut Built) {
    if name == "mstump" {
        for (section, content) in file.as_object().unwrap() {
            if content.get("input").is_some() {
                several_channels(section, content, built);
            }
        }
        return;
    }
    if !name.starts_with("mp_") {
        return;
    }
    let x = numbers(&file["T"]);
    let m = number(&file["settings"]["m"]).unwrap() as usize;
    let ours = MatrixProfile::params(m).self_join(&x).unwrap().exclusion();
    built.insert(
        "settings/excl_zone".to_owned(),
        match file["settings"]["excl_zone"].as_str() {
            Some("ceil(m/4)") if ours == Some(m.div_ceil(4)) => Outcome::Matched,
            other => Outcome::Failed(format!("{other:?}, ours {ours:?}")),
        },
    );
    let series = |measure| Series { measure, m, rows: &x, columns: &x };
    let mut joined = |section: &str, measure: Measure, k: usize| {
        let Some(expected) = file.get(section) else { return };
        let series = series(measure);
        let profile = MatrixProfile::params(m).measure(measure).neighbours(k).self_join(&x).unwrap();
        let all = profile.neighbours();
        // The file has the neighbours of a stretch in a row.
        let (mut p, mut i) = (Vec::new(), Vec::new());
        for at in 0..all.len() {
            for rank in 0..k {
                p.push(all.distances_of(rank)[at]);
                i.push(all.indices_of(rank)[at]);
            }
        }
        built.insert(format!("{section}/P"), series.compare(&p, &i, &expected["P"], &expected["I"]));
        built.insert(format!("{section}/I"), series.compare(&p, &i, &expected["P"], &expected["I"]));
        for (key, side) in [("left_I", profile.left()), ("right_I", profile.right())] {
            if let Some(wanted) = expected.get(key) {
                built.insert(format!("{section}/{key}"), places(&series, side.unwrap(), wanted));
            }
        }
        if let Some(wanted) = expected.get("left_P") {
            let left = profile.left().unwrap();
            let outcome = match numbers(wanted).is_empty() {
                true => Outcome::Skipped("the file has no values here".to_owned()),
                false => series.compare(left.distances(), left.indices(), wanted, &expected["left_I"]),
            };
            built.insert(format!("{section}/left_P"), outcome);
        }
    };
    joined("stump", Measure::ZNormalised, 1);
    joined("stump_k3", Measure::ZNormalised, 3);
    joined("aamp_p2", Measure::EUCLIDEAN, 1);
    joined("aamp_p1", Measure::Absolute { p: 1.0 }, 1);

    for (section, measure, egress) in [
        ("stumpi_last30_no_egress", Measure::ZNormalised, false),
        ("stumpi_last30_egress", Measure::ZNormalised, true),
        ("aampi_last30_no_egress", Measure::EUCLIDEAN, false),
    ] {
        let Some(expected) = file.get(section) else { continue };
        let series = series(measure);
        let (history, rest) = x.split_at(x.len() - 30);
        let params = StreamingProfile::params(m).measure(measure);
        let params = if egress { params.keep(history.len()) } else { params };
        let mut stream = params.start(history).unwrap();
        for v in rest {
            stream.push(*v).unwrap();
        }
        let first = stream.first();
        assert_eq!(first, if egress { 30 } else { 0 });
        let (p, i) = (stream.distances(), stream.indices());
        let outcome = series.compare_from(first, p, i, &expected["P"], &expected["I"]);
        built.insert(format!("{section}/P"), outcome.clone());
        built.insert(format!("{section}/I"), outcome);
        let (p, i) = (stream.left_distances(), stream.left_indices());
        let outcome = series.compare_from(first, p, i, &expected["left_P"], &expected["left_I"]);
        built.insert(format!("{section}/left_P"), outcome.clone());
        built.insert(format!("{section}/left_I"), outcome);
    }

    if let Some(expected) = file.get("fluss_regimes3_L=m") {
        let outcome = regimes(&file["stump"]["I"], m, expected);
        built.insert("fluss_regimes3_L=m/cac".to_owned(), outcome.clone());
        built.insert("fluss_regimes3_L=m/regimes".to_owned(), outcome);
    }

    for (id, measure) in [("mass_query_0_m", Measure::ZNormalised), ("mass_absolute_query", Measure::EUCLIDEAN)] {
        if let Some(expected) = file.get(id) {
            // Whatever the name says: the stretch that the file has at distance 0 of the query is the one at 10.
            let found = distance_profile(&x[10..10 + m], &x, measure).unwrap();
            built.insert(id.to_owned(), series(measure).compare_query(10, &found, expected));
        }
    }

    if let Some(expected) = file.get("ab_join_second_half_vs_first_half") {
        let (first, second) = x.split_at(x.len() / 2);
        let profile = MatrixProfile::params(m).ab_join(second, first).unwrap();
        let series = Series { measure: Measure::ZNormalised, m, rows: second, columns: first };
        let outcome = series.compare(profile.distances(), profile.indices(), &expected["P"], &expected["I"]);
        built.insert("ab_join_second_half_vs_first_half/P".to_owned(), outcome.clone());
        built.insert("ab_join_second_half_vs_first_half/I".to_owned(), outcome);
    }
}

/// Profiles of several channels: for each number of channels a row.
fn several_channels(section: &str, file: &Value, built: &mut Built) {
    let channels: Vec<Vec<f64>> = file["input"].as_array().unwrap().iter().map(numbers).collect();
    let m = number(&file["m"]).unwrap() as usize;
    for (keys, measure, discords) in [
        (["P", "I"], Measure::ZNormalised, false),
        (["P_discords", "I_discords"], Measure::ZNormalised, true),
        (["P_absolute", "I_absolute"], Measure::EUCLIDEAN, false),
    ] {
        let profile = MultiProfile::params(m).measure(measure).discords(discords).self_join(&channels).unwrap();
        let mean = |k: usize, i: usize, j: usize| {
            let mut all: Vec<f64> = channels.iter().map(|c| direct(measure, &c[i..i + m], &c[j..j + m])).collect();
            all.sort_by(f64::total_cmp);
            if discords {
                all.reverse();
            }
            // A channel that repeats to the digit has the root of rounding as its distance in the reference.
            let near_zero = 1e-6 * (m as f64).sqrt();
            let slack = all[..k].iter().filter(|d| **d < near_zero).count() as f64 * near_zero / k as f64;
            (all[..k].iter().sum::<f64>() / k as f64, slack)
        };
        let mut outcome = Outcome::Matched;
        for k in 1..=channels.len() {
            let (p, i) = (numbers(&file[keys[0]][k - 1]), numbers(&file[keys[1]][k - 1]));
            let found = profile.distances(k).iter().zip(profile.indices(k));
            for (at, ((d, j), (p, i))) in found.zip(p.iter().zip(&i)).enumerate() {
                let (same, slack) = match j {
                    None => (*i == -1.0, 0.0),
                    Some(j) => {
                        let (own, slack) = mean(k, at, *j);
                        let as_near = *i >= 0.0 && close(mean(k, at, *i as usize).0, *d, REL, slack);
                        (close(own, *d, REL, 1e-13) && (*i == *j as f64 || as_near), slack)
                    }
                };
                if !close(*d, *p, REL, slack) || !same {
                    outcome = Outcome::Failed(format!("{k} channels, [{at}]: {d:e} to {j:?}, expected {p:e} to {i}"));
                }
            }
            assert_eq!(p.len(), profile.distances(k).len());
        }
        keys.iter().for_each(|key| drop(built.insert(format!("{section}/{key}"), outcome.clone())));
    }
}

/// The corrected arc curve of the reference is ours over another expectation: a beta density fitted to arcs drawn by chance.
/// Its logarithm is linear in ln x and ln(1 - x); these three numbers come from the file, and with them every value of the
/// curve has to be met. From the neighbours of the file: where they tie, ours are others.
fn regimes(places: &Value, m: usize, expected: &Value) -> Outcome {
    let cac = numbers(&expected["cac"]);
    let neighbours: Vec<Option<usize>> = numbers(places).iter().map(|j| (*j >= 0.0).then_some(*j as usize)).collect();
    let arcs = Regimes::against(&neighbours, m, &vec![1.0; neighbours.len()]).unwrap().arcs().to_vec();
    if arcs.len() != cac.len() {
        return Outcome::Failed(format!("{} values, expected {}", arcs.len(), cac.len()));
    }
    let n = cac.len() as f64;
    let row = |i: usize| {
        let x = i as f64 / n;
        [1.0, x.ln(), (1.0 - x).ln()]
    };
    let inside: Vec<usize> = (0..cac.len()).filter(|&i| cac[i] < 1.0 && cac[i] > 0.0).collect();
    let at = |i: usize, column: usize| row(i)[column];
    let x = Array2::from_shape_fn((inside.len(), 3), |(k, c)| at(inside[k], c));
    let y: Vec<f64> = inside.iter().map(|&i| (arcs[i] as f64 / cac[i]).ln()).collect();
    let beta = least_squares(&x, &y);
    let ideal: Vec<f64> =
        (0..cac.len()).map(|i| row(i.max(1)).iter().zip(&beta).map(|(a, b)| a * b).sum::<f64>().exp()).collect();
    let ours = Regimes::against(&neighbours, m, &ideal).unwrap();
    for (i, (c, e)) in ours.curve().iter().zip(&cac).enumerate() {
        // The fit is as good as the twelve digits of the file.
        if !close(*c, *e, 1e-8, 0.0) {
            return Outcome::Failed(format!("arc curve [{i}] is {c:e}, expected {e:e}"));
        }
    }
    let changes: Vec<f64> = ours.changes(2).iter().map(|i| *i as f64).collect();
    if changes != numbers(&expected["regimes"]) {
        return Outcome::Failed(format!("changes {changes:?}, expected {}", expected["regimes"]));
    }
    Outcome::Matched
}

/// By Gram-Schmidt, twice for good measure.
fn least_squares(x: &Array2<f64>, y: &[f64]) -> Vec<f64> {
    let d = x.ncols();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(u, v)| u * v).sum::<f64>();
    let mut q: Vec<Vec<f64>> = Vec::new();
    let mut r = vec![vec![0.0; d]; d];
    for (j, column) in x.columns().into_iter().enumerate() {
        let mut v = column.to_vec();
        for _ in 0..2 {
            for (q, r) in q.iter().zip(&mut r) {
                let c = dot(q, &v);
                r[j] += c;
                v.iter_mut().zip(q).for_each(|(v, q)| *v -= c * q);
            }
        }
        let norm = dot(&v, &v).sqrt();
        r[j][j] = norm;
        q.push(v.iter().map(|v| v / norm).collect());
    }
    let mut b: Vec<f64> = q.iter().map(|q| dot(q, y)).collect();
    for i in (0..d).rev() {
        let rest: f64 = (i + 1..d).map(|j| r[i][j] * b[j]).sum();
        b[i] = (b[i] - rest) / r[i][i];
    }
    b
}

/// A test that cannot fail proves nothing: changed values must be seen.
#[test]
fn corrupted_profiles_are_seen() {
    use super::check_file;
    use crate::golden_checks::{load, own_dir};
    let failed = |name: &str, file: &Value| {
        let outcomes = check_file(name, file);
        outcomes.iter().filter(|(_, o)| matches!(o, Outcome::Failed(_))).map(|(id, _)| id.clone()).collect::<Vec<_>>()
    };
    let honest = load(&own_dir().join("anomaly/mp_walk.json"));
    assert!(failed("mp_walk", &honest).is_empty());
    for section in ["stump", "aamp_p2", "aamp_p1", "ab_join_second_half_vs_first_half", "stumpi_last30_egress"] {
        let mut file = honest.clone();
        let cell = &mut file[section]["P"][70];
        *cell = serde_json::json!(cell.as_f64().unwrap() * (1.0 + 1e-7));
        assert!(failed("mp_walk", &file).iter().any(|id| id.contains(section)), "{section}");
    }
    for (section, key, at) in [("stump", "I", 5), ("stump", "left_I", 90), ("fluss_regimes3_L=m", "regimes", 0)] {
        let mut file = honest.clone();
        let cell = &mut file[section][key][at];
        *cell = serde_json::json!(cell.as_i64().unwrap() + 1);
        assert!(failed("mp_walk", &file).iter().any(|id| id.contains(section)), "{section} {key}");
    }
    let honest = load(&own_dir().join("anomaly/mstump.json"));
    for key in ["P", "P_discords", "P_absolute"] {
        let mut file = honest.clone();
        let cell = &mut file["plain"][key][1][30];
        *cell = serde_json::json!(cell.as_f64().unwrap() * (1.0 + 1e-7));
        assert!(!failed("mstump", &file).is_empty(), "{key}");
    }
}
