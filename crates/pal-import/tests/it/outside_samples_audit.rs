//! Every sample of the audit log, Power BI and Customer Insights, and the facts that it yields.

use std::path::Path;

use pal_import::outside::Context;
use pal_rules::id::Id;

use super::outside_audit::{context, told};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/samples");

#[test]
fn placeholder() {
    let folder = Path::new(SAMPLES);
    if !folder.is_dir() {
        println!("skipped: there is no {SAMPLES}");
        return;
    }
    let declared = Context { tenant: Some(Id::new("99ca106f-36df-429e-9998-b6131ea7cc86")), ..context() };
    for part in ["audit", "powerbi", "constructed"] {
        let mut files: Vec<_> =
            std::fs::read_dir(folder.join(part)).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        for file in files {
            println!("== {part}/{}", file.file_name().unwrap().to_string_lossy());
            for line in told(&file, &declared) {
                println!("{line}");
            }
        }
    }
}
