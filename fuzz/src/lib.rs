//! What every target holds: whatever a file is, reading it ends, its account adds up, and its facts can be read again.
#![forbid(unsafe_code)]

use std::fs;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::sync::OnceLock;

use pal_import::outside::{Context, Dates, inputs, normal, read};
use pal_rules::facts::{Row, Table, Value};
use pal_rules::time::Timestamp;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

/// What a user may say of files that do not say it, or nothing.
pub fn context(said: bool) -> Context {
    let tenant = normal::guid("1557f771-4c8e-4dbd-8b80-dd00a88e833e").filter(|_| said);
    Context {
        now: Timestamp::parse("2026-03-06T12:00:00Z").expect("a time"),
        as_of: Timestamp::parse("2026-02-28T00:00:00Z").filter(|_| said),
        assume_since: Timestamp::parse("2025-01-01T00:00:00Z").filter(|_| said),
        environment: tenant.clone(),
        tenant,
        dates: said.then_some(Dates { day_first: true, zone_minutes: 60 }),
        complete: said,
    }
}

/// Where the file of this process is, in memory if it can be.
fn place(name: &str) -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
    });
    folder.path().join(name)
}

/// Reads these bytes as a file of an export.
pub fn file(name: &str, bytes: &[u8]) {
    let path = place(name);
    fs::write(&path, bytes).expect("written");
    for said in [false, true] {
        for input in inputs(std::slice::from_ref(&path)).expect("the file is there") {
            let mut facts = 0;
            let (account, covered) = read(&input, None, &context(said), &mut |taken| {
                facts += 1;
                for (table, row) in &taken.rows {
                    can_be_read_again(*table, row);
                }
            });
            let sum = |reasons: &std::collections::BTreeMap<_, u64>| reasons.values().sum::<u64>();
            assert_eq!(account.facts, facts);
            assert_eq!(account.read, facts + sum(&account.ignored) + sum(&account.refused), "{account:?}");
            assert!(account.rejects.iter().all(|reject| reject.raw.len() <= 3 * 4096));
            assert!(covered.iter().all(|covered| !covered.tenant.to_string().contains('\0')));
        }
    }
}

/// Reads each line of these bytes as an audit record in a cell, in the quick way and in the general one, which a table goes
/// that has a column twice: what comes of it is the same.
pub fn cells(bytes: &[u8]) {
    let path = place("cells.csv");
    let told = |columns: &str| {
        let mut text = format!("RecordId,AuditData,{columns}\n").into_bytes();
        // The first row says what the others are.
        let first = br#"{"Id":"x","CreationTime":"x","Operation":"x","RecordType":1}"#;
        for line in std::iter::once(first.as_slice()).chain(bytes.split(|byte| *byte == b'\n')) {
            text.extend_from_slice(b"x,\"");
            text.extend(
                line.iter().flat_map(|byte| std::iter::repeat_n(*byte, 1 + usize::from(*byte == b'"'))),
            );
            text.extend_from_slice(b"\"\n");
        }
        fs::write(&path, text).expect("written");
        let input = inputs(std::slice::from_ref(&path)).expect("the file is there").remove(0);
        let mut facts = Vec::new();
        let (account, covered) = read(&input, None, &context(false), &mut |taken| {
            facts.push((taken.line, taken.rows, taken.identity, taken.parts));
        });
        (facts, covered, account.read, account.ignored, account.refused, account.rejects)
    };
    assert_eq!(told("one,two"), told("service,Service"));
}

/// What is stored as text is the same when it is read.
fn can_be_read_again(table: Table, row: &Row) {
    let texts: Vec<String> = row.values().iter().map(Value::text).collect();
    let places: Vec<usize> = (0..texts.len()).collect();
    let again = Row::parse(table, &places, texts.iter().map(String::as_str));
    assert_eq!(again.as_ref().ok(), Some(row), "{}: {texts:?}", table.name());
}

/// A zip archive with these entries, stored as they are.
pub fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in entries {
        archive.start_file(*name, stored).expect("an entry");
        archive.write_all(bytes).expect("its bytes");
    }
    archive.finish().expect("an archive").into_inner()
}

/// Two parts of the input, at its first zero byte.
pub fn parts(bytes: &[u8]) -> (&[u8], &[u8]) {
    let place = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (one, other) = bytes.split_at(place);
    (one, other.get(1..).unwrap_or_default())
}
