//! Any bytes into the NumPy reader: never a panic, and what was read can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prognos::datasets::NpyArray;

fuzz_target!(|data: &[u8]| {
    if let Ok(array) = NpyArray::read_bytes("fuzz", data) {
        assert_eq!(array.shape().iter().product::<usize>(), array.data().len());
        assert!(NpyArray::read_bytes("again", &array.to_bytes()).is_ok());
        let _ = array.into_array2();
    }
});
