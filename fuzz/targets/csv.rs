//! Tables as text, with any header.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pal_fuzz::file("file.csv", bytes));
