//! What commands say, held as files in `snapshots/`; `INSTA_UPDATE=always` writes them anew.

use std::collections::BTreeSet;
use std::path::Path;

use crate::command::{Place, Ran, read};

/// Runs a command and holds its whole answer: stdout, stderr and exit code.
#[track_caller]
pub(crate) fn says(place: &Place, name: &str, arguments: &[&str]) -> Ran {
    says_of(place, name, place.pal(arguments), &[])
}

/// Holds the whole answer of a command that was run, without texts that vary from run to run.
#[track_caller]
pub(crate) fn says_of(place: &Place, name: &str, ran: Ran, varying: &[(&str, &str)]) -> Ran {
    let exit = ran.exit.map_or_else(|| "none".to_owned(), |code| code.to_string());
    let text =
        format!("$ pal {}\nexit {exit}\n-- stdout\n{}-- stderr\n{}", ran.words, ran.stdout, ran.stderr);
    let text = varying.iter().fold(text, |text, (varies, stands)| text.replace(varies, stands));
    holds(place, name, &text);
    ran
}

/// Holds a text, without what varies from run to run.
pub(crate) fn holds(place: &Place, name: &str, text: &str) {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").canonicalize().unwrap();
    let text = text
        .replace(place.path("").to_str().unwrap().trim_end_matches('/'), "[here]")
        .replace(examples.to_str().unwrap(), "[examples]")
        .replace(env!("CARGO_BIN_EXE_pal"), "pal");
    let mut settings = insta::Settings::new();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, without_ids(&without_now(&text))));
}

/// The server's ids of requests come from chance.
fn without_ids(text: &str) -> String {
    const BEFORE: &str = "request id: ";
    let line = |line: &str| match line.split_once(BEFORE) {
        Some((start, id)) if id.len() == 36 => format!("{start}{BEFORE}[id]"),
        _ => line.to_owned(),
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Times with a fraction come from the clock: the demo world has only whole seconds.
fn without_now(text: &str) -> String {
    let pattern = "0000-00-00T00:00:00.";
    let mut kept = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let fits = rest.len() > pattern.len()
            && pattern.bytes().zip(rest.bytes()).all(|(expected, found)| match expected {
                b'0' => found.is_ascii_digit(),
                _ => found == expected,
            });
        if fits {
            kept.push_str("[now]");
            rest = rest[pattern.len()..].trim_start_matches(|digit: char| digit.is_ascii_digit());
            rest = rest.strip_prefix('Z').unwrap_or(rest);
        } else {
            let length = rest.chars().next().map_or(1, char::len_utf8);
            kept.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    kept
}

#[test]
fn no_snapshot_is_left_that_no_test_holds() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let of = |folder: &Path, ending: &str| -> BTreeSet<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|found| found == ending)).collect()
    };
    let sources: Vec<String> = of(&tests, "rs").iter().map(|path| read(path)).collect();
    let snapshots = of(&tests.join("snapshots"), "snap");
    assert!(!snapshots.is_empty());
    for path in snapshots {
        let name = format!("\"{}\"", path.file_stem().unwrap().to_str().unwrap());
        let named = sources.iter().map(|source| source.matches(&name).count()).sum::<usize>();
        assert_eq!(named, 1, "{} is held by no test, or by several", path.display());
    }
}
