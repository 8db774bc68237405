//! How worn is the machine, and in which state does it run?
//!
//! [`quality`] says which features are worth fusing, [`HealthIndex`] fuses them to a number that is 0 for a healthy unit
//! and 1 at the end of its life. [`OperatingStates`] tells off from running, [`SeasonalProfile`] what is usual at this
//! time of the day or the week, [`OperatingRegimes`] takes the load out of the sensors.

mod index;
pub mod quality;
mod regimes;
mod seasonal;
mod states;

pub use index::{Fusion, HealthIndex, HealthIndexParams, HealthIndexValidParams, HealthUnit};
pub use quality::{monotonicity, prognosability, rank_features, trendability};
pub use regimes::{OperatingRegimes, RegimeParams, RegimeValidParams};
pub use seasonal::{SeasonalProfile, SeasonalProfileParams};
pub use states::{OperatingStates, OperatingStatesParams, Stretch};
