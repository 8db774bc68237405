//! Hostile input to the datasets room: no bytes make a reader panic or allocate what the file does not hold.
#![cfg(feature = "datasets")]

use prognos::datasets::{CsvReader, NpyArray, StampPolicy, Table, TimeFormat};

/// A seeded stream of numbers (SplitMix64).
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// A few random changes: a byte set, cut out, put in, a piece doubled, the end cut off.
    fn mutate(&mut self, bytes: &[u8], spice: &[u8]) -> Vec<u8> {
        let mut out = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(out.len());
            let new = if self.below(2) == 0 { self.next() as u8 } else { spice[self.below(spice.len())] };
            match self.below(5) {
                _ if out.is_empty() => out.push(new),
                0 => out[at] = new,
                1 => drop(out.remove(at)),
                2 => out.insert(at, new),
                3 => {
                    let piece = out[at..(at + 1 + self.below(20)).min(out.len())].to_vec();
                    out.splice(at..at, piece);
                }
                _ => out.truncate(at),
            }
        }
        out
    }
}

fn readers() -> Vec<CsvReader> {
    let plain = CsvReader::new();
    vec![
        plain.clone(),
        plain.clone().header(false).decimal_comma(true),
        plain.clone().time_column("t").comment(b'#').missing(&["1.5", "x"]),
        plain.clone().time_column_as("t", TimeFormat::Pattern("%Y-%m-%dT%H:%M:%SZ".into())).latin1(true),
        plain.clone().time_column_as("t", TimeFormat::EpochMillis),
        plain.clone().whitespace().header(false),
        plain.clone().separator(b';').skip_lines(1),
        plain.columns(&["a"]).number_columns(&["b"]).text_columns(&["unit"]),
    ]
}

/// Whatever was read keeps its promises.
fn exercise(table: &Table) {
    for name in table.names() {
        let kinds = [
            table.numbers(name).map(<[f64]>::len).ok(),
            table.texts(name).map(|t| t.len()).ok(),
            table.times(name).map(<[i64]>::len).ok(),
        ];
        assert_eq!(kinds.iter().flatten().collect::<Vec<_>>(), [&table.nrows()]);
        if let Ok(groups) = table.groups(name) {
            assert_eq!(groups.iter().map(|g| g.1.nrows()).sum::<usize>(), table.nrows());
        }
    }
    assert!(table.numbers("no such column").is_err());
    let numbers = table.number_columns();
    for policy in [StampPolicy::Error, StampPolicy::Sort, StampPolicy::DropDuplicates] {
        if let Ok((recording, report)) = table.recording_with(&numbers, policy) {
            assert_eq!(recording.len() + report.duplicates_dropped, table.nrows());
        }
    }
}

const CSV: &[u8] = b"t,unit,a,b\r\n2026-03-01T00:00:00Z,P7,1.5,2\r\n2026-03-01T00:10:00Z,\"P,8\",,-3e4\n\
    #note\n2026-03-01T00:20:00.5Z,P7,NaN,7\n2026-03-01T00:30:00+01:00,P9,2.5,0\n";

#[test]
fn mutated_csv_never_panics() {
    let mut stream = Stream(7);
    let readers = readers();
    let mut read = 0;
    for i in 0..10_000 {
        let bytes = stream.mutate(CSV, b"\n\r,;\"\t #|.-:Z\0\xff");
        if let Ok(table) = readers[i % readers.len()].read_bytes("mutated", &bytes) {
            exercise(&table);
            read += 1;
        }
    }
    // Both outcomes must really occur, or the test looks at one half only.
    assert!((500..9_500).contains(&read), "{read} of 10,000 were read");
}

#[test]
fn odd_csv_files_never_panic() {
    let long = [b"a\n".as_slice(), &[b'9'; 100_000], b"\n"].concat();
    let wide = [b",".repeat(1_000), b"\n".to_vec(), b",".repeat(1_000)].concat();
    let quoted = [b"a\n\"".as_slice(), &[b'x'; 10_000]].concat();
    let files: Vec<&[u8]> = vec![
        b"",
        b"\n",
        b"\r\n\r\n",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbfa\n1",
        b"\"",
        b"a",
        b"a\n",
        b",\n,\n",
        b"\0\0\0",
        b"\xff\xfe",
        b"a,b\n1\n",
        b"a\n1,2\n",
        b"t\n99999999999999999999\n",
        b"t\n-9223372036854775808\n",
        b"t\nnan\n",
        b"\x1f\x8b",
        b"\x1f\x8b\x08\0\0\0\0\0\0\0",
        &long,
        &wide,
        &quoted,
        CSV,
    ];
    for file in files {
        for reader in readers() {
            if let Ok(table) = reader.read_bytes("odd", file) {
                exercise(&table);
            }
        }
    }
}

/// A `.npy` file by hand.
fn npy(dict: &str, data: &[u8]) -> Vec<u8> {
    let length = (dict.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\0".as_slice(), &length, dict.as_bytes(), data].concat()
}

#[test]
fn mutated_npy_never_panics() {
    let mut stream = Stream(8);
    let dict = "{'descr': '<i2', 'fortran_order': True, 'shape': (3, 4), }\n";
    let valid = npy(dict, &[7; 24]);
    assert!(NpyArray::read_bytes("valid", &valid).is_ok());
    let mut read = 0;
    for i in 0..10_000 {
        // Half of the changes in the values, where they keep the file readable.
        let bytes = if i % 2 == 0 {
            stream.mutate(&valid, b"'(){},:0123456789<>|fiubLTF \n")
        } else {
            let (head, data) = valid.split_at(valid.len() - 24);
            let mut data = data.to_vec();
            data[stream.below(24)] = stream.next() as u8;
            [head, &data].concat()
        };
        if let Ok(array) = NpyArray::read_bytes("mutated", &bytes) {
            assert_eq!(array.shape().iter().product::<usize>(), array.data().len());
            assert!(NpyArray::read_bytes("again", &array.to_bytes()).is_ok());
            let _ = array.into_array2();
            read += 1;
        }
    }
    assert!((4_000..9_500).contains(&read), "{read} of 10,000 were read");
}

#[test]
fn huge_declared_shapes_are_errors_at_once() {
    for shape in
        ["(1152921504606846976,)", "(137438953472,)", "(99999999999999999999,)", "(65536, 65536, 65536, 65536)"]
    {
        for order in ["True", "False"] {
            let dict = format!("{{'descr': '<f8', 'fortran_order': {order}, 'shape': {shape}}}");
            assert!(NpyArray::read_bytes("huge", &npy(&dict, &[0; 4096])).is_err(), "{shape}");
        }
    }
    let many = format!("{{'descr': '|u1', 'fortran_order': True, 'shape': ({})}}", "1, ".repeat(20_000));
    let array = NpyArray::read_bytes("many", &npy(&many, &[5])).unwrap();
    assert_eq!(array.shape().len(), 20_000);
    assert_eq!(NpyArray::read_bytes("again", &array.to_bytes()).map(|a| a.into_vec()).ok(), Some(vec![5.0]));
}

#[test]
fn every_truncation_of_a_valid_file_is_an_error_or_a_shorter_table() {
    for end in 0..CSV.len() {
        for reader in readers() {
            if let Ok(table) = reader.read_bytes("cut", &CSV[..end]) {
                exercise(&table);
            }
        }
    }
    let array = NpyArray::new(vec![2, 3], vec![1.0; 6]).unwrap().to_bytes();
    for end in 0..array.len() {
        assert!(NpyArray::read_bytes("cut", &array[..end]).is_err(), "{end}");
    }
}

#[test]
fn nan_and_repeated_stamps_are_named() {
    let reader = CsvReader::new().time_column("t");
    let error =
        |text: &str| reader.read_bytes("f", text.as_bytes()).and_then(|t| t.recording(&["x"])).unwrap_err().to_string();
    assert!(error("t,x\n1,1\nNaN,2\n").contains("line 3, column `t`"));
    assert!(error("t,x\n1,1\n,2\n").contains("line 3, column `t`"));
    assert!(error("t,x\n1,1\n1,2\n").contains("line 3, column `t`: the time is that of line 2"));
}
