//! Left discord after a third, and the discord of every length (from stumpy's profiles).

use super::{Built, REL};
use crate::golden_checks::{Outcome, close, number, numbers};
use prognos::anomaly::discord::{Damp, Merlin};
use serde_json::Value;

/// Mean and standard deviation about it.
fn moments(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x[0] + x.iter().map(|v| v - x[0]).sum::<f64>() / n;
    (mean, (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt())
}

/// What the rounding of the samples to 12 digits in the file, which came after the reference had seen them, is worth in a
/// z-normalised distance of this stretch: it counts where a large offset stands before a small noise.
fn rounding(x: &[f64]) -> f64 {
    let largest = x.iter().fold(0.0f64, |l, v| l.max(v.abs()));
    let unit = 0.5 * 10f64.powi(largest.log10().floor() as i32 - 11);
    let (_, sd) = moments(x);
    if sd > 0.0 { 2.0 * (x.len() as f64).sqrt() * unit / sd } else { 0.0 }
}

pub fn check(name: &str, file: &Value, built: &mut Built) {
    if !name.starts_with("mp_") {
        return;
    }
    let x = numbers(&file["T"]);
    let m = number(&file["settings"]["m"]).unwrap() as usize;
    if let Some(expected) = file.get("left_discord_after_third") {
        let number = |key: &str| number(&expected[key]).unwrap();
        let split = number("split") as usize;
        let damp = Damp::params(m).search(&x, split).unwrap();
        let found = damp.discords()[0];
        let at = number("location") as usize;
        let slack = rounding(&x[found.location..found.location + m]);
        // No two z-normalised stretches are farther apart than this.
        let most = 2.0 * (m as f64).sqrt();
        let outcome = if number("distance") > most {
            Outcome::Skipped(format!("{} is more than 2 sqrt(m) = {most}, the most there is", number("distance")))
        } else if close(found.distance, number("distance"), REL, slack)
            && (found.location == at || close(damp.profile()[at], found.distance, REL, slack))
        {
            Outcome::Matched
        } else {
            Outcome::Failed(format!("{found:?}, expected {expected}"))
        };
        for key in ["location", "distance"] {
            built.insert(format!("left_discord_after_third/{key}"), outcome.clone());
        }
        let third = if split == x.len() / 3 {
            Outcome::Matched
        } else {
            Outcome::Failed(format!("{split} is not a third of {}", x.len()))
        };
        built.insert("left_discord_after_third/split".to_owned(), third);
    }
    let section = "merlin_top1_discord_per_length_exclusion_m";
    if let Some(expected) = file.get(section) {
        let rows: Vec<Vec<f64>> = expected.as_array().unwrap().iter().map(numbers).collect();
        let (first, last) = (rows[0][0] as usize, rows[rows.len() - 1][0] as usize);
        let merlin = Merlin::params(first, last).search(&x).unwrap();
        let mut outcome = Outcome::Matched;
        assert_eq!(merlin.lengths().len(), rows.len());
        for (found, row) in merlin.lengths().iter().zip(&rows) {
            let discord = found.discords[0];
            let stretch = |i: usize| &x[i..i + found.length];
            let slack = rounding(stretch(discord.location)) + rounding(stretch(discord.neighbour.unwrap()));
            let same = discord.location as f64 == row[1] && close(discord.distance, row[2], REL, slack);
            if found.length as f64 != row[0] || !same {
                outcome = Outcome::Failed(format!("length {}: {discord:?}, expected {row:?}", found.length));
            }
        }
        built.insert(section.to_owned(), outcome);
    }
}
