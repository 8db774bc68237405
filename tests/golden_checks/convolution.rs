//! Ids `conv/*`: MiniRocket with the parameters that aeon 1.6 fitted on up to eight segments of the series.

use super::{Outcome, compare, numbers};
use prognos::features::convolution::MiniRocket;
use serde_json::Value;

const FITTED: &str = "conv/minirocket_segments_64x8_float32";
const PPV: &str = "conv/minirocket_ppv_first2_segments";
const LEN: usize = 64;

/// What became of an id of this family; `None` where nothing here computes it. The whole series file is there for ids
/// that read the values of another.
pub fn check(id: &str, expected: &Value, x: &[f64], _fs: f64, file: &Value) -> Option<Outcome> {
    match id {
        FITTED => Some(fitted(expected, x)),
        PPV => Some(shares(expected, x, &file["expected"][FITTED])),
        _ => None,
    }
}

fn parameters(fitted: &Value) -> Option<(Vec<usize>, Vec<usize>, Vec<f32>)> {
    let all = fitted.as_object()?.iter().find(|(k, _)| k.starts_with("parameters_from_fit"))?.1;
    let counts = |v: &Value| numbers(v).iter().map(|c| *c as usize).collect();
    Some((counts(&all[2]), counts(&all[3]), numbers(&all[4]).iter().map(|b| *b as f32).collect()))
}

/// Dilations and features per dilation are the same; biases come from segments that another generator draws, so they
/// are held between the extremes of what the kernels give on these segments (sums of |w| times the largest sample).
fn fitted(expected: &Value, x: &[f64]) -> Outcome {
    let Some((dilations, counts, biases)) = parameters(expected) else {
        return Outcome::Failed("no parameters".to_owned());
    };
    let segments = 8.min((x.len() - LEN) / 40 + 1);
    let rows: Vec<f64> = (0..segments).flat_map(|i| x[40 * i..][..LEN].iter().map(|v| f64::from(*v as f32))).collect();
    let rows = ndarray::Array2::from_shape_vec((segments, LEN), rows).unwrap();
    let model = match MiniRocket::params().features(168).fit(&rows) {
        Ok(model) => model,
        Err(e) => return Outcome::Failed(e.to_string()),
    };
    if model.dilations() != dilations || model.features_per_dilation() != counts {
        return Outcome::Failed(format!("{:?} {:?}", model.dilations(), model.features_per_dilation()));
    }
    if model.biases().len() != biases.len() {
        return Outcome::Failed(format!("{} biases, expected {}", model.biases().len(), biases.len()));
    }
    let largest = 12.0 * rows.iter().fold(0.0_f64, |a, v| a.max(v.abs())) * (1.0 + 1e-6);
    match model.biases().iter().chain(&biases).position(|b| f64::from(b.abs()) > largest) {
        None => Outcome::Matched,
        Some(i) => Outcome::Failed(format!("bias {i} lies outside of what the kernels give")),
    }
}

/// The shares of the first two segments, to one sample: the reference adds in f32 in an order of its compiler.
fn shares(expected: &Value, x: &[f64], fitted: &Value) -> Outcome {
    let Some((dilations, counts, biases)) = parameters(fitted) else {
        return Outcome::Failed("no parameters".to_owned());
    };
    let model = match MiniRocket::from_parameters(LEN, dilations, counts, biases) {
        Ok(model) => model,
        Err(e) => return Outcome::Failed(e.to_string()),
    };
    let (mut scratch, mut row) = (model.scratch(), vec![0.0; model.n_features()]);
    let mut found = Vec::new();
    for i in 0..2 {
        model.transform_into(&x[40 * i..][..LEN], &mut row, &mut scratch).unwrap();
        found.extend(row.iter().map(|v| f64::from(*v)));
    }
    compare(&found, expected, 0.0, 1.0 / LEN as f64)
}
