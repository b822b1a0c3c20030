//! Solution packages: the XML of a solution and, behind a zero byte, of its customizations.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (solution, customizations) = pal_fuzz::parts(bytes);
    let entries = [("solution.xml", solution), ("customizations.xml", customizations)];
    pal_fuzz::file("file.zip", &pal_fuzz::zipped(&entries));
});
