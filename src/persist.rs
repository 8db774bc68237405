//! Model files: versioned, named, checked when they are read.
//!
//! Two forms of the same content. JSON is for people: one object with `format`, `version`, `kind`,
//! `feature_names` and `model`. The binary form (postcard) is for machines: smaller, faster, with a checksum.
//! A saved and reloaded model gives the same bits. A file that is damaged, of another version or of another
//! kind is an [`Error::Model`], never a panic.
//!
//! ```
//! use prognos::persist::{self, Persist};
//! # use prognos::features::FeatureMatrix;
//! #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
//! struct Limit { names: Vec<String>, value: f64 }
//! impl Persist for Limit {
//!     const KIND: &'static str = "limit";
//!     fn feature_names(&self) -> &[String] { &self.names }
//! }
//! let limit = Limit { names: vec!["rms".into()], value: 0.1 + 0.2 };
//! let text = persist::to_json(&limit)?;
//! assert_eq!(persist::from_json::<Limit>(&text)?, limit);
//! assert!(persist::from_bytes::<Limit>(text.as_bytes()).is_err());
//! # Ok::<(), prognos::Error>(())
//! ```

use crate::error::{Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;

/// Version of the envelope and of every model in it. Files of another version are refused.
pub const VERSION: u32 = 1;

const FORMAT: &str = "prognos-model";
const MAGIC: &[u8; 8] = b"PROGNOS\x01";

/// A model that can be saved and loaded.
pub trait Persist: Serialize + DeserializeOwned {
    /// What the file calls this kind of model, in snake case.
    const KIND: &'static str;

    /// The columns the model was fitted on; empty when it does not read columns.
    fn feature_names(&self) -> &[String];
}

#[derive(Serialize)]
struct Written<'a, M> {
    format: &'a str,
    version: u32,
    kind: &'a str,
    feature_names: &'a [String],
    model: &'a M,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<M> {
    format: String,
    version: u32,
    kind: String,
    feature_names: Vec<String>,
    model: M,
}

fn refuse(reason: impl Into<String>) -> Error {
    Error::Model { reason: reason.into() }
}

fn check_header(format: &str, version: u32, kind: &str, wanted: &str) -> Result<()> {
    if format != FORMAT {
        return Err(refuse(format!("format is `{format}`, expected `{FORMAT}`")));
    }
    if version != VERSION {
        return Err(refuse(format!("version is {version}, this library reads version {VERSION}")));
    }
    if kind != wanted {
        return Err(refuse(format!("holds a `{kind}`, expected a `{wanted}`")));
    }
    Ok(())
}

fn check_names<M: Persist>(model: M, names: &[String]) -> Result<M> {
    if model.feature_names() == names {
        Ok(model)
    } else {
        Err(refuse("the feature names of the header and of the model differ"))
    }
}

/// The model as JSON text. The text is read once before it is given away: what cannot be loaded is not saved.
///
/// # Errors
/// [`Error::Model`] when the model cannot be written as JSON, which has no NaN and no infinities, or cannot be read
/// again. A NaN or infinity within an `Option` goes unnoticed (it is read as `None`); the binary form holds both.
pub fn to_json<M: Persist>(model: &M) -> Result<String> {
    let written =
        Written { format: FORMAT, version: VERSION, kind: M::KIND, feature_names: model.feature_names(), model };
    let text = serde_json::to_string_pretty(&written).map_err(|e| refuse(e.to_string()))?;
    // A number that is not finite is written as `null`, which no number is read from.
    from_json::<M>(&text).map_err(|e| refuse(format!("a `{}` that could not be read again: {e}", M::KIND)))?;
    Ok(text)
}

/// The model that JSON text holds.
///
/// # Errors
/// [`Error::Model`] when the text is not JSON, not a model file, of another version or kind, or inconsistent.
pub fn from_json<M: Persist>(text: &str) -> Result<M> {
    let header: Header<serde_json::Value> = serde_json::from_str(text).map_err(|e| refuse(e.to_string()))?;
    check_header(&header.format, header.version, &header.kind, M::KIND)?;
    let model: M = serde_json::from_value(header.model).map_err(|e| refuse(e.to_string()))?;
    check_names(model, &header.feature_names)
}

/// The model in the binary form.
///
/// # Errors
/// [`Error::Model`] when the model cannot be serialised.
pub fn to_bytes<M: Persist>(model: &M) -> Result<Vec<u8>> {
    let body =
        postcard::to_stdvec(&(VERSION, M::KIND, model.feature_names(), model)).map_err(|e| refuse(e.to_string()))?;
    let mut bytes = Vec::with_capacity(MAGIC.len() + 8 + body.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&checksum(&body).to_le_bytes());
    bytes.extend_from_slice(&body);
    Ok(bytes)
}

/// The model that the binary form holds.
///
/// # Errors
/// As [`from_json`], and when the checksum does not fit.
pub fn from_bytes<M: Persist>(bytes: &[u8]) -> Result<M> {
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| refuse("does not begin as a binary model file does"))?;
    let (sum, body) = rest.split_first_chunk::<8>().ok_or_else(|| refuse("ends within its header"))?;
    if u64::from_le_bytes(*sum) != checksum(body) {
        return Err(refuse("the checksum does not fit: the file is damaged"));
    }
    let ((version, kind), rest): ((u32, String), _) =
        postcard::take_from_bytes(body).map_err(|e| refuse(e.to_string()))?;
    check_header(FORMAT, version, &kind, M::KIND)?;
    let ((names, model), rest): ((Vec<String>, M), _) =
        postcard::take_from_bytes(rest).map_err(|e| refuse(e.to_string()))?;
    if !rest.is_empty() {
        return Err(refuse(format!("{} bytes follow after the model", rest.len())));
    }
    check_names(model, &names)
}

/// Writes the model to a file: JSON when the name ends in `.json`, the binary form otherwise.
///
/// The content goes to a file of the same name with `.tmp` added, which then takes the name: whoever loads, and
/// whenever the power fails, the file is the old or the new one and never a half.
///
/// # Errors
/// [`Error::Model`] as [`to_json`] and [`to_bytes`]; [`Error::Io`] when the file cannot be written, the old one being
/// left as it was.
pub fn save<M: Persist>(model: &M, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let bytes = if is_json(path) { to_json(model)?.into_bytes() } else { to_bytes(model)? };
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    replace(path, Path::new(&beside), &bytes).map_err(|source| Error::Io { file: path.display().to_string(), source })
}

/// Puts a file with these bytes in the place of `path`, by way of `beside` in the same directory.
fn replace(path: &Path, beside: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::File::create(beside)?;
    let done = file.write_all(bytes).and_then(|()| file.sync_all());
    drop(file);
    done.and_then(|()| std::fs::rename(beside, path)).inspect_err(|_| {
        // The error that is told is the first one.
        let _ = std::fs::remove_file(beside);
    })
}

/// Reads a model from a file written by [`save`].
///
/// # Errors
/// [`Error::Io`] when the file cannot be read; [`Error::Model`] as [`from_json`] and [`from_bytes`].
pub fn load<M: Persist>(path: impl AsRef<Path>) -> Result<M> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|source| Error::Io { file: path.display().to_string(), source })?;
    if is_json(path) {
        let text = std::str::from_utf8(&bytes).map_err(|e| refuse(e.to_string()))?;
        from_json(text)
    } else {
        from_bytes(&bytes)
    }
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"))
}

/// FNV-1a, 64 bits: catches damage, not malice.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Limit {
        value: f64,
    }

    impl Persist for Limit {
        const KIND: &'static str = "limit";
        fn feature_names(&self) -> &[String] {
            &[]
        }
    }

    #[test]
    fn json_holds_finite_numbers_only() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = to_json(&Limit { value }).unwrap_err();
            assert!(matches!(error, Error::Model { .. }) && error.to_string().contains("limit"), "{error}");
            let again: Limit = from_bytes(&to_bytes(&Limit { value }).unwrap()).unwrap();
            assert_eq!(again.value.to_bits(), value.to_bits());
        }
        for value in [f64::MAX, -f64::MAX, 5e-324, -0.0, 0.1 + 0.2] {
            let again: Limit = from_json(&to_json(&Limit { value }).unwrap()).unwrap();
            assert_eq!(again.value.to_bits(), value.to_bits());
        }
    }

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let folder = std::env::temp_dir().join(format!("prognos-persist-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for name in ["limit.json", "limit.model", "limit"] {
            let path = folder.join(name);
            for value in [1.0, 2.5] {
                save(&Limit { value }, &path).unwrap();
                assert_eq!(load::<Limit>(&path).unwrap(), Limit { value });
            }
            assert!(!folder.join(format!("{name}.tmp")).exists());
        }
        // What cannot be saved leaves the old file alone.
        assert!(save(&Limit { value: f64::NAN }, folder.join("limit.json")).is_err());
        assert_eq!(load::<Limit>(folder.join("limit.json")).unwrap(), Limit { value: 2.5 });
        // A directory is not a file to replace, and one that is not there holds none.
        std::fs::create_dir_all(folder.join("taken").join("full")).unwrap();
        for path in [folder.join("taken"), folder.join("nowhere").join("limit.json")] {
            let error = save(&Limit { value: 1.0 }, &path).unwrap_err();
            assert!(matches!(&error, Error::Io { file, .. } if *file == path.display().to_string()), "{error}");
        }
        assert!(!folder.join("taken.tmp").exists());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
