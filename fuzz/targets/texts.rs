//! Ids, names, addresses and times as texts: what they are read as is read as the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pal_import::outside::normal;

fuzz_target!(|text: &str| {
    for said in [false, true] {
        if let Some(at) = pal_fuzz::context(said).time(text) {
            assert_eq!(pal_rules::time::Timestamp::parse(&at.to_string()), Some(at), "{text}");
        }
    }
    for read in [normal::guid, normal::person, normal::environment, normal::host] {
        if let Some(id) = read(text) {
            let again = id.to_string();
            assert!(!again.is_empty() && !again.contains('\0'), "{text:?}");
        }
    }
});
