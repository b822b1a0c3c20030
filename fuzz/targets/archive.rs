//! Zip archives as they come, with lists that need not be true.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pal_fuzz::file("file.zip", &[b"PK\x03\x04", bytes].concat());
});
