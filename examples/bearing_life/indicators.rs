//! From snapshots to a health index.

use crate::common::{Failure, find};
use prognos::datasets::{CsvReader, NpyArray};
use prognos::features::FeatureSet;
use prognos::signal::{SampleRate, Signal, WindowSpec};
use std::path::Path;

pub(crate) const SOURCE: &str = "FEMTO / PRONOSTIA (Nectoux et al., IEEE PHM 2012): for each bearing an array snapshots x 2560 of \
the horizontal accelerometer in g at 25.6 kHz, one snapshot every 10 s (Bearing1_2_h_all.npy.gz) or every tenth of them \
(Bearing1_1_h_every10.npy.gz), and index.csv with the columns bearing and life_s.";

const SAMPLES: usize = 2560;

/// Seconds between the snapshots that are used.
const STEP: f64 = 100.0;

/// The indicators of one run to failure.
pub(crate) struct Bearing {
    pub(crate) name: String,
    /// Seconds of each snapshot.
    pub(crate) times: Vec<f64>,
    /// End of life, in seconds.
    pub(crate) life: f64,
    /// Logarithm of the RMS over that of the beginning, smoothed.
    pub(crate) index: Vec<f64>,
    pub(crate) kurtosis: Vec<f64>,
    pub(crate) crest: Vec<f64>,
    /// Snapshot from which the index stays outside of what was usual.
    pub(crate) first_prediction: Option<usize>,
}

/// Median of the last five, looking back only.
fn smooth(x: &[f64]) -> Vec<f64> {
    (0..x.len())
        .map(|i| {
            let mut last = x[(i + 1).saturating_sub(5)..=i].to_vec();
            last.sort_unstable_by(f64::total_cmp);
            last[last.len() / 2]
        })
        .collect()
}

fn bearing(name: String, snapshots: &[f64], step: f64, life: f64) -> Result<Bearing, Failure> {
    let set = FeatureSet::from_names(["root_mean_square", "kurtosis_pearson", "crest_factor"])?;
    let rate = SampleRate::hz(25_600.0)?;
    let table = set.extract(Signal::new(snapshots, rate).windows(WindowSpec::sliding(SAMPLES, SAMPLES))?)?;
    let column = |name: &str| -> Result<Vec<f64>, Failure> { Ok(table.column(name)?.to_vec()) };
    let rms = column("root_mean_square")?;
    let count = rms.len();
    // The first snapshots are run in; the next ten are the bearing's own beginning.
    let healthy = 2..12.min(count);
    let start = rms[healthy.clone()].iter().map(|v| v.ln()).sum::<f64>() / healthy.len() as f64;
    let index = smooth(&rms.iter().map(|v| v.ln() - start).collect::<Vec<_>>());
    let spread = (index[healthy.clone()].iter().map(|v| v * v).sum::<f64>() / healthy.len() as f64).sqrt();
    // Three snapshots in a row beyond four spreads, at least 10 % louder.
    let limit = (4.0 * spread).max(0.1);
    let first_prediction =
        (12..count.saturating_sub(2)).find(|&i| index[i..i + 3].iter().all(|v| *v > limit)).map(|i| i + 2);
    Ok(Bearing {
        name,
        times: (0..count).map(|i| i as f64 * step).collect(),
        life,
        index,
        kurtosis: smooth(&column("kurtosis_pearson")?),
        crest: smooth(&column("crest_factor")?),
        first_prediction,
    })
}

pub(crate) fn femto(folder: &Path) -> Result<Vec<Bearing>, Failure> {
    let index = CsvReader::new().read(find(folder, "index.csv", SOURCE)?)?;
    let (names, lives) = (index.texts("bearing")?, index.numbers("life_s")?);
    let mut all = Vec::new();
    for (name, &life) in names.iter().zip(lives) {
        let whole = folder.join(format!("{name}_h_all.npy.gz"));
        let (path, step) = if whole.exists() {
            (whole, 10.0)
        } else {
            (find(folder, &format!("{name}_h_every10.npy"), SOURCE)?, 100.0)
        };
        let array = NpyArray::read(&path)?;
        if array.shape().get(1) != Some(&SAMPLES) {
            return Err(format!("{}: expected snapshots x {SAMPLES}, found {:?}", path.display(), array.shape()).into());
        }
        let every = (STEP / step).round() as usize;
        let samples: Vec<f64> = array.data().chunks_exact(SAMPLES).step_by(every).flatten().copied().collect();
        all.push(bearing((*name).to_owned(), &samples, STEP, life)?);
    }
    Ok(all)
}

/// Noise that grows louder and more impulsive towards the end.
pub(crate) fn simulated() -> Result<Vec<Bearing>, Failure> {
    let mut state = 7u64;
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    (0..6)
        .map(|k| {
            let count = 60 + 25 * k;
            let mut samples = Vec::with_capacity(count * SAMPLES);
            for i in 0..count {
                let used = i as f64 / count as f64;
                let wear = used.powi(4) * 3.0;
                for s in 0..SAMPLES {
                    let hit = if s % 230 < 6 { 4.0 * wear } else { 0.3 * wear };
                    samples.push(0.5 * (uniform() + uniform() + uniform()) * (1.0 + hit));
                }
            }
            bearing(format!("S{k}"), &samples, STEP, count as f64 * STEP)
        })
        .collect()
}
