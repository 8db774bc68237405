//! Any bytes into the CSV reader and on to a recording: never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prognos::datasets::{CsvReader, StampPolicy};

fuzz_target!(|data: &[u8]| {
    // The first byte picks the reader's settings.
    let Some((&settings, bytes)) = data.split_first() else { return };
    let mut reader = CsvReader::new()
        .header(settings & 1 == 0)
        .decimal_comma(settings & 2 != 0)
        .latin1(settings & 4 != 0)
        .max_bytes(1 << 20);
    if settings & 8 != 0 {
        reader = reader.comment(b'#');
    }
    if settings & 16 != 0 {
        reader = reader.whitespace();
    }
    if settings & 32 != 0 {
        reader = reader.time_column(if settings & 1 == 0 { "t" } else { "column_0" });
    }
    if let Ok(table) = reader.read_bytes("fuzz", bytes) {
        let columns = table.number_columns();
        let _ = table.recording_with(&columns, StampPolicy::DropDuplicates);
        for name in table.names() {
            let _ = table.groups(name);
        }
    }
});
