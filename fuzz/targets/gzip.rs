//! Compressed files as they come.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pal_fuzz::file("file.gz", &[&[0x1f, 0x8b], bytes].concat());
});
