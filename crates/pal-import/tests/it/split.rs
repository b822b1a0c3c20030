//! JSON in every form, cut into records.

use std::io::Read;

use pal_import::outside::{Piece, Splitter};

/// Gives few bytes at a time, as networks and decompressors do.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let number = self.1.min(self.0.len()).min(buffer.len());
        buffer[..number].copy_from_slice(&self.0[..number]);
        self.0 = &self.0[number..];
        Ok(number)
    }
}

fn pieces(text: &[u8], at_a_time: usize) -> Vec<(u64, String)> {
    let mut splitter = Splitter::new(Slow(text, at_a_time));
    let mut found = Vec::new();
    while let Some(piece) = splitter.next_piece().unwrap() {
        found.push(match piece {
            Piece::Record { line, bytes, .. } => (line, String::from_utf8(bytes.to_vec()).unwrap()),
            Piece::Broken { line, reason, .. } => (line, format!("! {reason}")),
        });
        assert!(found.len() < 100, "it does not end: {found:?}");
    }
    found
}

/// The text gives these records, however it arrives.
fn gives(text: &str, expected: &[(u64, &str)]) {
    for at_a_time in [1, 2, 3, 7, 100_000] {
        let found = pieces(text.as_bytes(), at_a_time);
        let found: Vec<(u64, &str)> = found.iter().map(|(line, text)| (*line, text.as_str())).collect();
        assert_eq!(found, expected, "{at_a_time} bytes at a time: {text}");
    }
}

#[test]
fn every_form_gives_its_records() {
    gives("", &[]);
    gives(" \n\t", &[]);
    gives(r#"{"Id":"1"}"#, &[(1, r#"{"Id":"1"}"#)]);
    gives("[]", &[]);
    gives("\u{feff}[{\"a\":1},\n {\"b\":[2,{}]} ]", &[(1, r#"{"a":1}"#), (2, r#"{"b":[2,{}]}"#)]);
    gives("{\"a\":1}\n{\"b\":2}\r\n\n{\"c\":3}", &[(1, r#"{"a":1}"#), (2, r#"{"b":2}"#), (4, r#"{"c":3}"#)]);
    gives(r#"{"a":1}{"b":2}"#, &[(1, r#"{"a":1}"#), (1, r#"{"b":2}"#)]);
    gives(
        "{\n\"@odata.context\":\"x\",\n\"value\":[\n{\"a\":1}, {\"b\":2}],\"next\":null}",
        &[(4, r#"{"a":1}"#), (4, r#"{"b":2}"#)],
    );
    gives(r#"{"totalRecords":1,"data":[{"a":1}],"skipToken":{"x":[1]}}"#, &[(1, r#"{"a":1}"#)]);
    gives(r#"{"value":[]}"#, &[]);
    gives(r#"{"value":"text","data":{"a":[1]}}"#, &[(1, r#"{"value":"text","data":{"a":[1]}}"#)]);
    gives("{\"value\":[{\"a\":1}]}\n{\"value\":[{\"b\":2}]}", &[(1, r#"{"a":1}"#), (2, r#"{"b":2}"#)]);
}

#[test]
fn what_stands_in_texts_is_no_structure() {
    let record = r#"{"a":"]}\"[{,\\","b":"\\"}"#;
    gives(&format!("[{record},{record}]"), &[(1, record), (1, record)]);
    gives(&format!("{record}\n{record}\n"), &[(1, record), (2, record)]);
}

#[test]
fn what_is_broken_is_told_and_what_follows_it_is_found() {
    gives(
        "{\"a\":1}\nnot JSON\n{\"b\":2}",
        &[(1, r#"{"a":1}"#), (2, "! the line is no JSON object"), (3, r#"{"b":2}"#)],
    );
    gives(
        "[{\"a\":1},{\"b\":",
        &[(1, r#"{"a":1}"#), (1, "! the file ends before its JSON does: fetch it again")],
    );
    gives(
        "{\"value\":[{\"a\":1}",
        &[(1, r#"{"a":1}"#), (1, "! the file ends before its JSON does: fetch it again")],
    );
    gives("{\"a\":\"", &[(1, "! the file ends before its JSON does: fetch it again")]);
    gives("hello\n", &[(1, "! the line is no JSON object")]);
}

#[test]
fn what_stands_where_nothing_can_begin_is_passed() {
    let end = "! the file ends before its JSON does: fetch it again";
    gives("[:,{\"a\":1}]", &[(1, ":"), (1, "{\"a\":1}")]);
    gives("[}]", &[(1, "}")]);
    gives("{\"value\":[{\"a\":1}]]:", &[(1, "{\"a\":1}"), (1, end)]);
}

#[test]
fn a_record_without_end_takes_no_room() {
    let long = format!("[{{\"a\":\"{}\"}},{{\"b\":1}}]", "x".repeat(40 << 20));
    let found = pieces(long.as_bytes(), 1 << 20);
    assert_eq!(found, [(1, "! the record is longer than 8 MiB".to_owned()), (1, r#"{"b":1}"#.to_owned())]);
    let deep = format!("{{\"c\":2}}\n{}\n{{\"b\":1}}", "[".repeat(40 << 20));
    let found: Vec<String> = pieces(deep.as_bytes(), 1 << 20).into_iter().map(|(_, text)| text).collect();
    assert_eq!(found, [r#"{"c":2}"#, "! the line is longer than 8 MiB", r#"{"b":1}"#]);
}
