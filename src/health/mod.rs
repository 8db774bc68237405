//! Many features to one health index; how good an indicator is for prognosis; operating states and usual rhythms.

mod seasonal;
mod states;

pub use seasonal::{SeasonalProfile, SeasonalProfileParams};
pub use states::{OperatingStates, OperatingStatesParams, Stretch};
