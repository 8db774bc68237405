//! NumPy arrays: the `.npy` format, versions 1 to 3 (NumPy Enhancement Proposal 1), plain or gzip.

use super::bytes::{io, open, unpacked, whole};
use crate::error::{Error, Result};
use ndarray::Array2;
use std::io::Read;
use std::path::Path;

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Longest header that is read; NumPy's own limit for untrusted files is 10,000 bytes.
const MAX_HEADER: usize = 1 << 16;
/// Bytes that are decoded at a time.
const CHUNK: usize = 1 << 16;
/// Largest magnitude up to which every integer is a double.
const EXACT: u64 = 1 << 53;

/// An array of any dimension from a `.npy` file, as doubles in C order (the last index runs fastest).
///
/// It takes `f8 f4 i1 i2 i4 i8 u1 u2 u4 u8` and `bool` of either byte order, in C or Fortran order. A 64-bit integer
/// beyond 2^53, which no double holds, is an error and not a rounded number; structured, complex and object arrays are
/// errors. What a header declares is never allocated before the file has shown the bytes for it.
///
/// ```
/// use prognos::datasets::NpyArray;
/// let array = NpyArray::new(vec![2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// let file = array.to_bytes();
/// let same = NpyArray::read_bytes("a.npy", &file)?;
/// assert_eq!(same.shape(), [2, 3]);
/// assert_eq!(same.into_array2()?[[1, 0]], 4.0);
/// assert!(NpyArray::read_bytes("a.npy", &file[..file.len() - 1]).is_err());
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NpyArray {
    shape: Vec<usize>,
    data: Vec<f64>,
}

impl NpyArray {
    /// An array from its shape and its values in C order.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are not as many values as the shape says.
    pub fn new(shape: Vec<usize>, data: Vec<f64>) -> Result<Self> {
        match elements(&shape) {
            Some(n) if n == data.len() => Ok(Self { shape, data }),
            n => Err(Error::shape("values of an array", n.unwrap_or(usize::MAX), data.len())),
        }
    }

    /// Length of each dimension; empty for a single number.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The values in C order.
    #[must_use]
    pub fn data(&self) -> &[f64] {
        &self.data
    }

    /// The values in C order, given away, whatever the shape.
    #[must_use]
    pub fn into_vec(self) -> Vec<f64> {
        self.data
    }

    /// The array as rows by columns.
    ///
    /// # Errors
    /// [`Error::Shape`] when it has not two dimensions.
    pub fn into_array2(self) -> Result<Array2<f64>> {
        match *self.shape {
            [rows, columns] => Array2::from_shape_vec((rows, columns), self.data)
                .map_err(|_| Error::shape("values of an array", rows.saturating_mul(columns), 0)),
            _ => Err(Error::shape("dimensions of an array", 2, self.shape.len())),
        }
    }

    /// Reads a file, `.npy` or a gzip of one.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read; [`Error::Parse`] when it is no `.npy` file of a supported type, is
    /// shorter or longer than its header says, or holds an integer beyond 2^53.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::read_from(&path.display().to_string(), open(path)?)
    }

    /// Reads the content of a file from memory; `name` is what errors call it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_bytes(name: &str, bytes: &[u8]) -> Result<Self> {
        Self::read_from(name, unpacked(bytes).map_err(|e| io(name, e))?)
    }

    fn read_from(file: &str, mut source: impl Read) -> Result<Self> {
        let header = Header::read(file, &mut source)?;
        let size = header.kind.size();
        let too_large = || whole(file, format!("shape {:?} is more than memory can address", header.shape));
        let count = elements(&header.shape).ok_or_else(too_large)?;
        let bytes = count.checked_mul(size).filter(|&b| isize::try_from(b).is_ok()).ok_or_else(too_large)?;

        // Values are decoded as the bytes come: a false shape costs no memory.
        let mut data = Vec::with_capacity(count.min(CHUNK));
        let mut buffer = Vec::with_capacity(CHUNK);
        let mut left = bytes;
        while left > 0 {
            buffer.clear();
            let want = left.min(CHUNK);
            source.by_ref().take(want as u64).read_to_end(&mut buffer).map_err(|e| io(file, e))?;
            if buffer.len() < want {
                let reason = format!("ends {} bytes before its {count} values do", left - buffer.len());
                return Err(whole(file, reason));
            }
            header.kind.decode(&buffer, header.big_endian, &mut data).map_err(|reason| whole(file, reason))?;
            left -= want;
        }
        let mut next = [0];
        if source.read(&mut next).map_err(|e| io(file, e))? > 0 {
            return Err(whole(file, format!("more bytes follow after its {count} values")));
        }
        let data = if header.fortran { from_fortran(&header.shape, &data) } else { data };
        Ok(Self { shape: header.shape, data })
    }

    /// The array as the content of a `.npy` file: version 1, little-endian doubles, C order.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let dimensions: Vec<String> = self.shape.iter().map(|n| format!("{n},")).collect();
        let dict = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}), }}", dimensions.join(" "));
        // The values begin at a multiple of 64; the header ends in a line feed. Version 2 has room for many dimensions.
        let start = (MAGIC.len() + 6 + dict.len() + 1).next_multiple_of(64);
        let length = (start - MAGIC.len() - 6) as u32;
        let mut bytes = Vec::with_capacity(start + 8 * self.data.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&[2, 0]);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(dict.as_bytes());
        bytes.resize(start - 1, b' ');
        bytes.push(b'\n');
        self.data.iter().for_each(|v| bytes.extend_from_slice(&v.to_le_bytes()));
        bytes
    }
}

/// Number of values of a shape, when it can be counted.
fn elements(shape: &[usize]) -> Option<usize> {
    // A zero anywhere makes the array empty, however long the rest is.
    if shape.contains(&0) { Some(0) } else { shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d)) }
}

/// Values in Fortran order (first index fastest) into C order.
fn from_fortran(shape: &[usize], data: &[f64]) -> Vec<f64> {
    let mut out = Vec::with_capacity(data.len());
    let mut index = vec![0usize; shape.len()];
    let mut place = 0;
    // Distance of neighbours along each dimension in `data`.
    let strides: Vec<usize> = shape
        .iter()
        .scan(1usize, |next, &d| {
            let stride = *next;
            *next = stride.saturating_mul(d);
            Some(stride)
        })
        .collect();
    for _ in 0..data.len() {
        out.push(data[place]);
        for k in (0..shape.len()).rev() {
            index[k] += 1;
            place += strides[k];
            if index[k] < shape[k] {
                break;
            }
            place -= strides[k] * index[k];
            index[k] = 0;
        }
    }
    out
}

/// Types of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    F8,
    F4,
    Signed(usize),
    Unsigned(usize),
    Bool,
}

impl Kind {
    fn size(self) -> usize {
        match self {
            Self::F8 => 8,
            Self::F4 => 4,
            Self::Signed(n) | Self::Unsigned(n) => n,
            Self::Bool => 1,
        }
    }

    /// Decodes whole values; the error is the reason.
    fn decode(self, bytes: &[u8], big: bool, out: &mut Vec<f64>) -> Result<(), String> {
        match self {
            Self::F8 => {
                let values = bytes.as_chunks::<8>().0.iter();
                if big {
                    out.extend(values.map(|&b| f64::from_be_bytes(b)));
                } else {
                    out.extend(values.map(|&b| f64::from_le_bytes(b)));
                }
            }
            Self::F4 => {
                let values = bytes.as_chunks::<4>().0.iter();
                if big {
                    out.extend(values.map(|&b| f64::from(f32::from_be_bytes(b))));
                } else {
                    out.extend(values.map(|&b| f64::from(f32::from_le_bytes(b))));
                }
            }
            Self::Bool => out.extend(bytes.iter().map(|&b| f64::from(u8::from(b != 0)))),
            Self::Unsigned(size) => {
                for b in bytes.chunks_exact(size) {
                    let v = ordered(b, big);
                    if v > EXACT {
                        return Err(format!("the integer {v} is beyond 2^53, no double holds it"));
                    }
                    out.push(v as f64);
                }
            }
            Self::Signed(size) => {
                let unused = 64 - 8 * size as u32;
                for b in bytes.chunks_exact(size) {
                    // Shifted up and back down: the sign fills the upper bits.
                    let v = ((ordered(b, big) << unused) as i64) >> unused;
                    if v.unsigned_abs() > EXACT {
                        return Err(format!("the integer {v} is beyond 2^53, no double holds it"));
                    }
                    out.push(v as f64);
                }
            }
        }
        Ok(())
    }
}

/// Up to eight bytes as one integer.
#[inline]
fn ordered(bytes: &[u8], big: bool) -> u64 {
    let add = |v: u64, &b: &u8| v << 8 | u64::from(b);
    if big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) }
}

struct Header {
    kind: Kind,
    big_endian: bool,
    fortran: bool,
    shape: Vec<usize>,
}

impl Header {
    fn read(file: &str, source: &mut impl Read) -> Result<Self> {
        let mut exactly = |n: usize| {
            let mut bytes = Vec::new();
            source.by_ref().take(n as u64).read_to_end(&mut bytes).map_err(|e| io(file, e))?;
            if bytes.len() == n { Ok(bytes) } else { Err(whole(file, "ends within its .npy header")) }
        };
        let start = exactly(8)?;
        let Some([major, _]) = start.strip_prefix(MAGIC) else {
            return Err(whole(file, "does not begin as a .npy file does"));
        };
        let length = match major {
            1 => ordered(&exactly(2)?, false),
            2 | 3 => ordered(&exactly(4)?, false),
            _ => return Err(whole(file, format!(".npy version {major}, versions 1 to 3 are known"))),
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > MAX_HEADER {
            return Err(whole(file, format!("a .npy header of {length} bytes, at most {MAX_HEADER} are read")));
        }
        let text = exactly(length)?;
        let text = std::str::from_utf8(&text).map_err(|_| whole(file, "the .npy header is not text"))?;
        Self::parse(text).map_err(|reason| whole(file, format!(".npy header: {reason}")))
    }

    /// The header is a literal of Python: `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`.
    fn parse(text: &str) -> Result<Self, String> {
        let mut rest = Literal(text);
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        rest.expect("{")?;
        while !rest.eat("}") {
            let key = rest.string()?;
            rest.expect(":")?;
            let fresh = match key {
                "descr" => descr.replace(rest.string()?).is_none(),
                "fortran_order" => fortran.replace(rest.boolean()?).is_none(),
                "shape" => shape.replace(rest.tuple()?).is_none(),
                _ => return Err(format!("unknown key `{key}`")),
            };
            if !fresh {
                return Err(format!("key `{key}` is there twice"));
            }
            if !rest.eat(",") {
                rest.expect("}")?;
                break;
            }
        }
        if !rest.0.trim().is_empty() {
            return Err("text follows after the closing brace".to_owned());
        }
        let (Some(descr), Some(fortran), Some(shape)) = (descr, fortran, shape) else {
            return Err("`descr`, `fortran_order` and `shape` must all be there".to_owned());
        };
        let (order, name) = match descr.split_at_checked(1) {
            Some((order @ ("<" | ">" | "|" | "="), name)) => (order, name),
            _ => ("=", descr),
        };
        let kind = match name {
            "f8" => Kind::F8,
            "f4" => Kind::F4,
            "b1" | "?" => Kind::Bool,
            "i1" => Kind::Signed(1),
            "i2" => Kind::Signed(2),
            "i4" => Kind::Signed(4),
            "i8" => Kind::Signed(8),
            "u1" => Kind::Unsigned(1),
            "u2" => Kind::Unsigned(2),
            "u4" => Kind::Unsigned(4),
            "u8" => Kind::Unsigned(8),
            _ => return Err(format!("type `{descr}`, known are f8 f4 i1 i2 i4 i8 u1 u2 u4 u8 and bool")),
        };
        // `=` and `|` carry no order; NumPy writes `|` for single bytes only.
        if kind.size() > 1 && matches!(order, "|" | "=") {
            return Err(format!("type `{descr}` does not say its byte order"));
        }
        Ok(Self { kind, big_endian: order == ">", fortran, shape })
    }
}

/// What is left of a literal.
struct Literal<'a>(&'a str);

impl<'a> Literal<'a> {
    fn eat(&mut self, token: &str) -> bool {
        match self.0.trim_start().strip_prefix(token) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) { Ok(()) } else { Err(format!("expected `{token}`")) }
    }

    fn string(&mut self) -> Result<&'a str, String> {
        let text = self.0.trim_start();
        let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"')).ok_or("expected a quoted text")?;
        let (inside, rest) = text[1..].split_once(quote).ok_or("a quoted text does not end")?;
        self.0 = rest;
        Ok(inside)
    }

    fn boolean(&mut self) -> Result<bool, String> {
        if self.eat("True") {
            Ok(true)
        } else if self.eat("False") {
            Ok(false)
        } else {
            Err("expected True or False".to_owned())
        }
    }

    fn tuple(&mut self) -> Result<Vec<usize>, String> {
        self.expect("(")?;
        let mut items = Vec::new();
        while !self.eat(")") {
            let text = self.0.trim_start();
            let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let item = text[..digits].parse().map_err(|_| "expected the length of a dimension".to_owned())?;
            items.push(item);
            // Version 1 files of Python 2 write `3L`.
            self.0 = text[digits..].strip_prefix('L').unwrap_or(&text[digits..]);
            if !self.eat(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
        let fortran = if fortran { "True" } else { "False" };
        let dict = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let length = (dict.len() as u16).to_le_bytes();
        [MAGIC.as_slice(), &[1, 0], &length, dict.as_bytes(), data].concat()
    }

    fn values(descr: &str, shape: &str, data: &[u8]) -> Vec<f64> {
        NpyArray::read_bytes("t", &file(descr, false, shape, data)).unwrap().into_vec()
    }

    #[test]
    fn every_type_and_byte_order() {
        assert_eq!(values("<f8", "(2,)", &[1.5f64.to_le_bytes(), (-2.0f64).to_le_bytes()].concat()), [1.5, -2.0]);
        assert_eq!(values(">f8", "()", &1.5f64.to_be_bytes()), [1.5]);
        assert_eq!(values(">f4", "(1,)", &0.25f32.to_be_bytes()), [0.25]);
        assert_eq!(values("<i2", "(2,)", &[0xff, 0xff, 1, 0]), [-1.0, 1.0]);
        assert_eq!(values(">i2", "(1, 1)", &[0xff, 0xfe]), [-2.0]);
        assert_eq!(values("|i1", "(2,)", &[0x80, 5]), [-128.0, 5.0]);
        assert_eq!(values("|u1", "(1L,)", &[0x80]), [128.0]);
        assert_eq!(values("<u4", "(1,)", &u32::MAX.to_le_bytes()), [f64::from(u32::MAX)]);
        assert_eq!(values("<i8", "(1,)", &(-(1i64 << 53)).to_le_bytes()), [-(EXACT as f64)]);
        assert_eq!(values("|b1", "(2,)", &[0, 1]), [0.0, 1.0]);
        for (descr, v) in [("<i8", EXACT + 1), ("<u8", EXACT + 1), ("<i8", 1 << 63)] {
            let bytes = file(descr, false, "(1,)", &v.to_le_bytes());
            assert!(NpyArray::read_bytes("t", &bytes).unwrap_err().to_string().contains("2^53"));
        }
    }

    #[test]
    fn fortran_order_is_turned() {
        let bytes = file("|u1", true, "(2, 3, 2)", &(0..12).collect::<Vec<u8>>());
        let array = NpyArray::read_bytes("t", &bytes).unwrap();
        // Element (i, j, k) stands at i + 2 j + 6 k.
        let expected = [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11].map(f64::from);
        assert_eq!(array.data(), expected);
        assert!(array.into_array2().is_err());
    }

    #[test]
    fn hostile_headers_are_errors_and_cost_nothing() {
        let shapes = ["(9223372036854775807,)", "(4294967296, 4294967296, 4)", "(1000000000000,)", "(-1,)", "(1", "1"];
        for shape in shapes {
            assert!(NpyArray::read_bytes("t", &file("<f8", false, shape, &[0; 64])).is_err(), "{shape}");
        }
        for descr in ["<f2", "<c16", "|O", "f8", "|f8", "<U5", "", "\u{e9}8"] {
            assert!(NpyArray::read_bytes("t", &file(descr, false, "(1,)", &[0; 8])).is_err(), "{descr}");
        }
        for text in ["", "{", "{}", "{'descr': '<f8'}", "{'shape': (1,), 'shape': (1,)}", "[]", "{'x': 1}", "{'"] {
            assert!(Header::parse(text).is_err(), "{text}");
        }
        assert!(values("<f8", "(0, 9223372036854775807)", &[]).is_empty());
        assert!(NpyArray::read_bytes("t", &file("|u1", false, "(2,)", &[1, 2, 3])).is_err());
        assert!(
            NpyArray::read_bytes("t", b"\x93NUMPY\x02\x00\xff\xff\xff\xff").unwrap_err().to_string().contains("header")
        );
    }

    #[test]
    fn written_equals_read() {
        for shape in [vec![], vec![0], vec![4], vec![2, 2], vec![1, 2, 2]] {
            let n = elements(&shape).unwrap();
            let array = NpyArray::new(shape, (0..n).map(|i| 0.1 * i as f64).collect()).unwrap();
            assert_eq!(NpyArray::read_bytes("t", &array.to_bytes()).unwrap(), array);
        }
        assert!(NpyArray::new(vec![3], vec![0.0; 2]).is_err());
    }
}
