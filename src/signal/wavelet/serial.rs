//! Wavelets and boundaries in serialised settings: by their names.

use super::boundary::Boundary;
use super::family::Wavelet;
use super::mother::ContinuousWavelet;
use crate::error::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::str::FromStr;

fn read<'de, T: FromStr<Err = Error>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let name = <Cow<'de, str>>::deserialize(deserializer)?;
    name.parse().map_err(serde::de::Error::custom)
}

impl Serialize for Wavelet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Wavelet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer)
    }
}

impl Serialize for ContinuousWavelet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContinuousWavelet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer)
    }
}

impl Serialize for Boundary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Boundary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Cwt, CwtParams, Denoiser, Shrinkage, ThresholdRule};
    use super::*;

    #[test]
    fn settings_come_back() {
        let denoiser = Denoiser::new("sym8".parse().unwrap())
            .boundary(Boundary::Periodization)
            .rule(ThresholdRule::Sure)
            .shrinkage(Shrinkage::Garrote)
            .sigma(0.25);
        let text = serde_json::to_string(&denoiser).unwrap();
        assert!(text.contains("\"sym8\"") && text.contains("\"periodization\"") && text.contains("\"sure\""), "{text}");
        assert_eq!(serde_json::from_str::<Denoiser>(&text).unwrap(), denoiser);
        assert!(serde_json::from_str::<Denoiser>(&text.replace("sym8", "sym99")).is_err());
        let params = Cwt::params("cmor0.00000001-2.5".parse().unwrap()).scales(&[1.5, 8.0]);
        let text = serde_json::to_string(&params).unwrap();
        assert_eq!(serde_json::from_str::<CwtParams>(&text).unwrap(), params, "{text}");
    }
}
