//! Every case is answered as it says, and says which rule it shows.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use pal_rules::facts::RefusalReason;
use pal_rules::word::{Basis, IneligibleReason, Reason};

use crate::answer::answer;
use crate::case::{Case, GivenRow};

/// Where the rules are written down: a case cites one of them.
const SOURCES: [&str; 2] = ["attribution.md §", "facts.md, "];

/// Held while a file is read or written: the tests run side by side, and a case may be written anew.
static FILES: Mutex<()> = Mutex::new(());

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases")
}

/// All cases; anything else that lies there is in the wrong place, or left over.
fn paths() -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("README.md") {
            continue;
        }
        let before = paths.len();
        paths.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        assert!(paths.len() > before, "{} is empty", path.display());
    }
    for path in &paths {
        assert!(path.extension().is_some_and(|ending| ending == "case"), "{} is no case", path.display());
    }
    assert!(!paths.is_empty(), "there is no case in {}", folder().display());
    paths.sort();
    paths
}

fn read(path: &Path) -> Case {
    let text = {
        let _held = FILES.lock().unwrap_or_else(PoisonError::into_inner);
        fs::read_to_string(path).unwrap()
    };
    Case::read(&text).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()))
}

/// What is wrong with a case, if something is; `UPDATE_CASES=1` writes its expected half anew.
fn check(path: &Path) -> Option<String> {
    let case = read(path);
    let got = answer(&case.asked, &case.rows);
    for seed in 1..4 {
        let other = answer(&case.asked, &shuffled_and_repeated(&case.rows, seed));
        assert_eq!(got, other, "{}: the order or repetition of rows matters", path.display());
    }
    if std::env::var_os("UPDATE_CASES").is_some_and(|update| update == "1") {
        let _held = FILES.lock().unwrap_or_else(PoisonError::into_inner);
        fs::write(path, case.with_expected(&got)).unwrap();
        return None;
    }
    if case.expected == got {
        return None;
    }
    let pairs = case.expected.lines().zip(got.lines());
    let line = pairs.take_while(|(expected, got)| expected == got).count();
    let at = |text: &str| text.lines().nth(line).unwrap_or("(nothing)").to_owned();
    let (expected, got) = (at(&case.expected), at(&got));
    Some(format!("{}\n    expected: {expected}\n    answered: {got}", path.display()))
}

/// The rows in another order, about every third of them twice.
fn shuffled_and_repeated(rows: &[GivenRow], seed: u64) -> Vec<GivenRow> {
    let mut state = seed;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let mut placed: Vec<(u64, GivenRow)> = Vec::new();
    for row in rows {
        for _ in 0..=u64::from(random() % 3 == 0) {
            placed.push((random(), row.clone()));
        }
    }
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, row)| row).collect()
}

#[test]
fn every_case_is_answered_as_it_says() {
    let wrong: Vec<String> = paths().iter().filter_map(|path| check(path)).collect();
    assert!(
        wrong.is_empty(),
        "{} cases differ; UPDATE_CASES=1 rewrites them:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_case_says_which_rule_it_shows_and_every_decision_has_one() {
    let mut decisions = BTreeSet::new();
    for path in paths() {
        let comment = read(&path).comment;
        assert!(SOURCES.iter().any(|source| comment.contains(source)), "{} cites nothing", path.display());
        let words = comment.split(|character: char| !character.is_ascii_alphanumeric());
        decisions.extend(words.filter_map(|word| word.strip_prefix('D')?.parse::<u8>().ok()));
    }
    assert_eq!(decisions, (1..=12).collect());
}

#[test]
fn every_basis_and_every_reason_is_the_outcome_of_some_case() {
    let expected: BTreeSet<String> = paths()
        .iter()
        .flat_map(|path| read(path).expected.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let shown = |line: &str| expected.contains(line);
    for basis in Basis::WORDS {
        assert!(shown(&format!("basis: {basis}")), "no case is credited through `{basis}`");
    }
    for reason in Reason::WORDS {
        assert!(shown(&format!("reason: {reason}")), "no case is uncredited for `{reason}`");
    }
    for reason in IneligibleReason::WORDS {
        assert!(shown(&format!("ineligible_reason: {reason}")), "no case is ineligible for `{reason}`");
    }
    for reason in RefusalReason::WORDS {
        let refused = |line: &String| line.starts_with("refused ") && line.ends_with(&format!(" {reason}"));
        assert!(expected.iter().any(refused), "no case refuses a row for `{reason}`");
    }
}

#[test]
fn what_is_no_case_is_refused() {
    let facts = "[resources]\nresource_id, product, tenant_id\norders-app, power_automate, contoso\n";
    let problem = |text: &str| Case::read(text).err().unwrap_or_default();
    assert_eq!(problem(&format!("# a rule\nmonth: 2026-03\n{facts}")), "");
    for (text, expected) in [
        (format!("month: 2026-03\n{facts}"), "a case has a comment, a month and facts"),
        (format!("# a rule\n{facts}"), "a case has a comment, a month and facts"),
        (format!("# a rule\nmonth: March\n{facts}"), "line 2: not understood: `month: March`"),
        ("# a rule\n[apps]\n".to_owned(), "line 2: no such table: `[apps]`"),
        ("# a rule\n[links]\nwho\n".to_owned(), "line 3: no column `who`: `who`"),
        (
            "# a rule\n[profiles]\nresource_id\n".to_owned(),
            "line 3: column `measured_at` is missing: `resource_id`",
        ),
    ] {
        assert_eq!(problem(&text), expected);
    }
}
