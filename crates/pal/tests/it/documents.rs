//! What documents show as output is what the binary prints: `UPDATE_DOCS=1` writes it anew.
//!
//! A fenced block below `<!-- output -->` holds commands (`$ pal …`), each followed by what it prints on stdout in the
//! folder in which `pal demo` was run, with the examples beside it.

use std::path::{Path, PathBuf};

use crate::command::Place;

const MARK: &str = "<!-- output -->\n```\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn documents() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = docs.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    pages.chain([root().join("README.md")]).collect()
}

/// The words of a command line; double quotes keep blanks together.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    parts
        .flat_map(|(number, part)| {
            let quoted = number % 2 == 1;
            let words: Vec<&str> = if quoted { vec![part] } else { part.split_whitespace().collect() };
            words.into_iter().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

/// What the commands of a block print.
fn printed(place: &Place, block: &str) -> String {
    let mut out = String::new();
    for command in block.lines().filter_map(|line| line.strip_prefix("$ pal ")) {
        let words = words(command);
        let words: Vec<&str> = words.iter().map(String::as_str).chain(["-o", "table"]).collect();
        let ran = place.pal(&words).exits(0);
        out.push_str(&format!("$ pal {command}\n{}", ran.stdout));
    }
    out
}

#[test]
fn show_what_the_binary_prints() {
    let place = Place::new();
    place.pal(&["demo", "-o", "none"]).exits(0);
    let mut blocks = 0;
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut shown = String::new();
        let mut parts = text.split(MARK);
        shown.push_str(parts.next().unwrap());
        for part in parts {
            let (block, rest) = part.split_once("```").unwrap();
            shown.push_str(&format!("{MARK}{}```{rest}", printed(&place, block)));
            blocks += 1;
        }
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &shown).unwrap();
        } else {
            assert!(shown == text, "{}: not what the binary prints; run with UPDATE_DOCS=1", path.display());
        }
    }
    assert!(blocks > 1, "no document shows any output");
}
