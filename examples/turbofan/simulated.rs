//! A fleet that was never built: engines with two flight regimes whose efficiency falls faster and faster.

use crate::{Failure, Task};
use prognos::ndarray::Array2;
use prognos::rul::Fleet;

/// A repeatable stream of numbers, roughly normal.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

const NAMES: [&str; 8] =
    ["altitude", "speed", "exhaust_temp", "pressure_ratio", "fan_speed", "fuel_flow", "vibration", "cabin"];

fn fleet(engines: usize, seed: u64) -> Result<Fleet, Failure> {
    let mut noise = Noise(seed);
    let (mut units, mut cycles, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for engine in 0..engines {
        let life = (130.0 + 120.0 * noise.uniform()) as usize;
        let start = 0.08 * noise.uniform();
        let shape = 2.0 + 2.0 * noise.uniform();
        let offsets: Vec<f64> = (0..6).map(|_| 0.3 * noise.normal()).collect();
        for cycle in 1..=life {
            let wear = start + (1.0 - start) * (cycle as f64 / life as f64).powf(shape);
            let high = noise.uniform() < 0.4;
            let load = if high { 1.0 } else { 0.0 };
            units.push(engine + 1);
            cycles.push(cycle as f64);
            values.push(if high { 35.0 } else { 10.0 } + 0.003 * noise.normal());
            values.push(if high { 0.84 } else { 0.25 } + 0.0003 * noise.normal());
            let gains = [12.0, -6.0, 3.0, 9.0, 2.5, 0.0];
            let levels = [600.0, 40.0, 2388.0, 520.0, 4.0, 23.0];
            for j in 0..6 {
                let condition = gains[j] * wear + offsets[j] + noise.normal();
                values.push(levels[j] * (1.0 - 0.15 * load) + condition * (1.0 + 0.3 * load));
            }
        }
    }
    let rows = cycles.len();
    Ok(Fleet::new(&NAMES, &units, &cycles, Array2::from_shape_vec((rows, NAMES.len()), values)?)?)
}

/// 40 engines to learn from, 30 that were cut off at a random age.
pub(crate) fn task() -> Result<Task, Failure> {
    let (test, remaining) = fleet(30, 2)?.cut_off(25, 3)?;
    Ok(Task {
        name: "SIMULATED fleet (not NASA's data)".to_owned(),
        train: fleet(40, 1)?,
        test,
        remaining: Some(remaining),
        settings: vec!["altitude", "speed"],
    })
}
