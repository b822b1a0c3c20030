//! What keeps documents true to the code: names of types, paths, figures.

use std::path::{Path, PathBuf};

use crate::tidy::{files, text};

/// The words in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let outside_blocks = text.split("```").step_by(2);
    outside_blocks.flat_map(|part| part.split('`').skip(1).step_by(2))
}

fn pages() -> Vec<PathBuf> {
    files().into_iter().filter(|path| ends_in(path, "md")).collect()
}

fn ends_in(path: impl AsRef<Path>, ending: &str) -> bool {
    path.as_ref().extension().is_some_and(|found| found == ending)
}

/// Whether a line of code, not of documentation, holds this name as a word of its own.
fn names(source: &str, name: &str) -> bool {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split(|sign: char| !sign.is_alphanumeric() && sign != '_'))
        .any(|word| word == name)
}

#[test]
fn every_type_of_the_glossary_is_in_the_code() {
    let code: Vec<String> = files()
        .iter()
        .filter(|path| path.starts_with("crates") && ends_in(path, "rs"))
        .filter(|path| path.components().any(|part| part.as_os_str() == "src"))
        .map(text)
        .collect();
    let mut types = 0;
    for row in text("docs/glossary.md").lines().filter(|line| line.starts_with('|')) {
        let cell = row.split('|').nth(2).unwrap_or_default();
        for name in quoted(cell).filter(|name| name.starts_with(|first: char| first.is_ascii_uppercase())) {
            assert!(code.iter().any(|source| names(source, name)), "docs/glossary.md: there is no `{name}`");
            types += 1;
        }
    }
    assert!(types > 20, "the glossary names {types} types");
}

#[test]
fn every_path_of_the_code_map_is_there() {
    let known: Vec<String> = files().iter().map(|path| format!("/{}", path.display())).collect();
    let map = text("ARCHITECTURE.md");
    for path in quoted(&map).filter(|path| path.contains('/') || ends_in(path, "rs")) {
        let folder = format!("/{}/", path.trim_end_matches('/'));
        let there = |file: &String| file.ends_with(&format!("/{path}")) || file.contains(&folder);
        assert!(known.iter().any(there), "ARCHITECTURE.md: there is no `{path}`");
    }
}

/// A cell such as that of a figure still to be measured.
fn is_placeholder(cell: &str) -> bool {
    cell.len() > 4 && cell.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

#[test]
fn no_table_waits_for_its_figures() {
    for page in pages() {
        for row in text(&page).lines().filter(|line| line.starts_with('|')) {
            let open = row.split('|').map(str::trim).find(|cell| is_placeholder(cell));
            assert!(open.is_none(), "{}: {} is no figure", page.display(), open.unwrap_or_default());
        }
    }
}
