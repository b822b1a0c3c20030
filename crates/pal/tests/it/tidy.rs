//! What keeps the house in order: crate arrows, file lengths, the code map, the glossary, nothing left open.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// For each crate the crates of this workspace that it may depend on; arrows point right only.
const ARROWS: [(&str, &[&str]); 7] = [
    ("pal-rules", &[]),
    ("pal-import", &["pal-rules"]),
    ("pal-metering", &["pal-rules"]),
    ("pal-store", &["pal-rules"]),
    ("pal-fleet", &["pal-rules"]),
    ("pal-server", &["pal-rules", "pal-store", "pal-metering"]),
    ("pal", &["pal-rules", "pal-import", "pal-metering", "pal-store", "pal-fleet", "pal-server"]),
];

/// What a crate's wall forbids (`ARCHITECTURE.md`).
const FORBIDDEN: [(&str, &[&str]); 5] = [
    ("pal-rules", &["serde", "serde_json", "tokio", "rusqlite", "axum", "arrow-array", "parquet", "csv"]),
    ("pal-import", &["rusqlite", "tokio-postgres", "axum"]),
    ("pal-metering", &["rusqlite", "tokio-postgres", "axum", "csv"]),
    ("pal-store", &["axum", "arrow-array", "parquet"]),
    ("pal-fleet", &["rusqlite", "tokio-postgres", "axum"]),
];

/// The longest a file of code may be.
const LINES: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files of the repository, as git knows them; without git, everything outside build folders.
pub(crate) fn files() -> Vec<PathBuf> {
    let listed =
        Command::new("git").arg("-C").arg(root()).args(["ls-files", "-co", "--exclude-standard"]).output();
    let listed = listed.ok().filter(|output| output.status.success() && !output.stdout.is_empty());
    let Some(listed) = listed else {
        let mut found = Vec::new();
        walk(&root(), &mut found);
        return found;
    };
    let names = String::from_utf8(listed.stdout).unwrap();
    names.lines().map(PathBuf::from).filter(|path| root().join(path).is_file()).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", ".git", ".local", "node_modules"].contains(&name.as_str()) {
                walk(&path, found);
            }
        } else {
            found.push(path.strip_prefix(root()).unwrap().to_owned());
        }
    }
}

pub(crate) fn text(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path.as_ref()))
        .unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

fn is_code(path: &Path) -> bool {
    let endings = ["rs", "py", "sh", "js", "mjs", "ts", "sql", "toml"];
    path.extension().is_some_and(|ending| endings.iter().any(|code| ending == *code))
}

/// The names in a table of a manifest.
fn dependencies(manifest: &str, table: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line == format!("[{table}]");
        } else if let (true, Some((name, _))) = (inside, line.split_once('=')) {
            names.push(name.trim().trim_end_matches(".workspace").to_owned());
        }
    }
    names
}

#[test]
fn crates_depend_only_on_what_stands_right_of_them() {
    for (name, allowed) in ARROWS {
        let path = format!("crates/{name}/Cargo.toml");
        if !root().join(&path).exists() {
            continue;
        }
        let manifest = text(&path);
        let found = dependencies(&manifest, "dependencies");
        for dependency in found.iter().filter(|dependency| dependency.starts_with("pal-")) {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not depend on {dependency}");
        }
        let forbidden = FORBIDDEN.iter().find(|(of, _)| *of == name).map_or(&[][..], |(_, names)| names);
        for dependency in &found {
            assert!(!forbidden.contains(&dependency.as_str()), "the wall of {name} forbids {dependency}");
        }
    }
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(ARROWS.iter().any(|(known, _)| *known == name), "crate {name} has no arrows here");
    }
}

#[test]
fn no_file_of_code_is_longer_than_it_may_be() {
    let long: BTreeMap<String, usize> = files()
        .into_iter()
        .filter(|path| is_code(path))
        .map(|path| (path.display().to_string(), text(&path).lines().count()))
        .filter(|(_, lines)| *lines > LINES)
        .collect();
    assert!(long.is_empty(), "longer than {LINES} lines: {long:?}");
}

#[test]
fn every_crate_forbids_unsafe_code_or_says_where_it_stands() {
    for path in files().iter().filter(|path| path.ends_with("src/lib.rs") || path.ends_with("src/main.rs")) {
        let source = text(path);
        let kernel = path.starts_with("crates/pal-metering");
        assert!(kernel || source.contains("#![forbid(unsafe_code)]"), "{}", path.display());
    }
}

#[test]
fn no_test_file_is_forgotten() {
    let tests: Vec<PathBuf> = files()
        .into_iter()
        .filter(|path| {
            path.starts_with("crates") && path.components().any(|part| part.as_os_str() == "tests")
        })
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect();
    for path in &tests {
        let stem = path.file_stem().unwrap().to_string_lossy();
        if stem == "main" {
            assert!(text(path).starts_with("#![cfg(test)]"), "{}", path.display());
            continue;
        }
        let folder = path.parent().unwrap();
        let (name, parents) = if stem == "mod" {
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            (name, folder.parent().unwrap())
        } else {
            (stem.into_owned(), folder)
        };
        let sibling = parents.with_extension("rs");
        let parent = ["main.rs", "mod.rs"].map(|file| parents.join(file)).into_iter().chain([sibling]);
        let declared = parent.filter(|file| root().join(file).exists()).any(|file| {
            text(file).lines().any(|line| line.trim_start_matches("pub ").trim() == format!("mod {name};"))
        });
        assert!(declared, "{} is in no test binary", path.display());
    }
}

#[test]
fn nothing_is_left_open_in_the_code() {
    let open = ["TO", "FIX", "XX"].iter().zip(["DO", "ME", "X"]).map(|(a, b)| format!("{a}{b}"));
    let open: Vec<String> = open.chain(["#[ignore".to_owned() + "]"]).collect();
    for path in files().iter().filter(|path| is_code(path)) {
        let source = text(path);
        for word in &open {
            let found = source.lines().position(|line| line.contains(word.as_str()));
            assert!(found.is_none(), "{}:{}: {word}", path.display(), found.unwrap_or(0) + 1);
        }
    }
}

#[test]
fn the_code_map_names_every_crate_and_the_readme_every_document() {
    let architecture = text("ARCHITECTURE.md");
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(architecture.contains(&format!("`{name}`")), "ARCHITECTURE.md lacks {name}");
    }
    let lines = architecture.lines().count();
    assert!(lines <= 130, "ARCHITECTURE.md has {lines} lines: two pages are about 130");
    let readme = text("README.md");
    for page in files().iter().filter(|path| path.parent() == Some(Path::new("docs"))) {
        assert!(
            readme.contains(&page.display().to_string()),
            "README.md does not lead to {}",
            page.display()
        );
    }
}

#[test]
fn the_glossary_has_every_table_and_every_word_of_a_statement() {
    let glossary = text("docs/glossary.md").to_lowercase();
    let facts = text("docs/facts.md");
    for table in pal_rules::facts::Table::ALL {
        assert!(facts.contains(&format!("`{}`", table.name())), "docs/facts.md lacks `{}`", table.name());
        for column in table.columns() {
            let (table, column) = (table.name(), column.name);
            assert!(facts.contains(column), "docs/facts.md lacks `{table}.{column}`");
        }
    }
    let words = pal_rules::word::Basis::WORDS
        .iter()
        .chain(pal_rules::word::Reason::WORDS)
        .chain(pal_rules::word::IneligibleReason::WORDS)
        .chain(pal_rules::word::Workload::WORDS)
        .chain(pal_rules::facts::RefusalReason::WORDS);
    for word in words {
        assert!(glossary.contains(word) || facts.contains(word), "the glossary lacks `{word}`");
    }
}

#[test]
fn every_decision_has_its_record() {
    let index = text("docs/decisions/README.md");
    let records: Vec<PathBuf> = files()
        .into_iter()
        .filter(|path| path.starts_with("docs/decisions") && !path.ends_with("README.md"))
        .collect();
    for record in &records {
        let name = record.file_name().unwrap().to_string_lossy();
        assert!(index.contains(name.as_ref()), "docs/decisions/README.md lacks {name}");
    }
    for number in 1..=12 {
        let titled = |record: &PathBuf| text(record).starts_with(&format!("# D{number} "));
        assert!(records.iter().any(titled), "D{number} has no record");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    for page in files().iter().filter(|path| path.extension().is_some_and(|ending| ending == "md")) {
        let source = text(page);
        for target in source.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap();
            if target.is_empty() || target.contains("://") || target.contains(' ') {
                continue;
            }
            let path = root().join(page.parent().unwrap()).join(target);
            assert!(path.exists(), "{} leads to {target}, which is not there", page.display());
        }
    }
}
