//! Files into memory: gzip undone where it is there, never more than the caller allows.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// How gzip data begins (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// An [`Error::Io`] for a file.
pub(super) fn io(file: &str, source: std::io::Error) -> Error {
    Error::Io { file: file.to_owned(), source }
}

/// An [`Error::Parse`] that means the whole file.
pub(super) fn whole(file: &str, reason: impl Into<String>) -> Error {
    Error::Parse { file: file.to_owned(), line: 0, column: None, reason: reason.into() }
}

/// The content of a file as a stream, unpacked when its first bytes say gzip (whatever its name says).
pub(super) fn open(path: &Path) -> Result<Box<dyn Read>> {
    let name = path.display().to_string();
    unpacked(File::open(path).map_err(|e| io(&name, e))?).map_err(|e| io(&name, e))
}

/// A stream, unpacked when its first bytes say gzip.
pub(super) fn unpacked<'a>(mut source: impl Read + 'a) -> std::io::Result<Box<dyn Read + 'a>> {
    let mut head = Vec::with_capacity(2);
    source.by_ref().take(2).read_to_end(&mut head)?;
    let packed = head == GZIP;
    let source = BufReader::with_capacity(1 << 16, std::io::Cursor::new(head).chain(source));
    Ok(if packed { Box::new(flate2::bufread::MultiGzDecoder::new(source)) } else { Box::new(source) })
}

/// All of a stream, an error beyond `max_bytes`.
pub(super) fn read_all(file: &str, source: impl Read, max_bytes: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| io(file, e))?;
    if bytes.len() as u64 > max_bytes {
        return Err(whole(file, format!("holds more than the {max_bytes} bytes allowed (unpacked); see `max_bytes`")));
    }
    Ok(bytes)
}
