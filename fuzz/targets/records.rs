//! One record of any kind, as JSON in a list: every shape that is known is among the seeds.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pal_fuzz::file("file.json", &[b"[", bytes, b"]"].concat());
    pal_fuzz::cells(bytes);
});
