//! The worlds whose statements are known, and what `pal attribute` makes of a folder of their facts.

use std::path::{Path, PathBuf};

use crate::command::{Place, Ran, read};
use crate::naive::{Tables, csv_record};
use crate::same::same;

pub(crate) const MONTHS: [&str; 4] = ["2026-01", "2026-02", "2026-03", "2026-04"];
pub(crate) const RANGE: &str = "2026-01..2026-04";
const AS_OF: (&str, &str) = ("2026-03-17T12:00:00Z", "2026-03.as-of-2026-03-17T12.statement.csv");

/// A world: its facts, and the files that they give.
#[derive(Clone, Debug)]
pub(crate) struct KnownWorld {
    pub(crate) folder: PathBuf,
}

/// The worlds that are always here, and those that are shared among developers where they are.
pub(crate) fn worlds() -> Vec<KnownWorld> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = here.join("../../../shared/data/worlds");
    let mut worlds = folders(&here.join("tests/worlds"));
    assert_eq!(worlds.len(), 2, "a world is missing from tests/worlds");
    if !shared.is_dir() {
        println!("skipped: {} is not there", shared.display());
    }
    worlds.extend(folders(&shared));
    worlds
}

/// The worlds that are always here: small enough to be told in every way there is.
pub(crate) fn small_worlds() -> Vec<KnownWorld> {
    folders(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/worlds"))
}

fn folders(above: &Path) -> Vec<KnownWorld> {
    let entries = std::fs::read_dir(above).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut worlds: Vec<_> =
        entries.filter(|path| path.is_dir()).map(|folder| KnownWorld { folder }).collect();
    worlds.sort_by(|a, b| a.folder.cmp(&b.folder));
    worlds
}

impl KnownWorld {
    /// Whether some of its rows are refused.
    pub(crate) fn dirty(&self) -> bool {
        self.folder.join("expected/refused.csv").exists()
    }

    pub(crate) fn facts(&self) -> String {
        self.folder.join("facts").to_str().unwrap().to_owned()
    }

    pub(crate) fn tables(&self) -> Tables {
        Tables::load(&self.folder.join("facts"))
    }

    pub(crate) fn expected(&self, file: &str) -> String {
        read(&self.folder.join("expected").join(file))
    }

    /// The lines of all months' statements under one header.
    pub(crate) fn expected_range(&self) -> String {
        let statements = MONTHS.map(|month| self.expected(&format!("{month}.statement.csv")));
        let (header, _) = statements[0].split_once('\n').unwrap();
        let lines = statements.iter().flat_map(|statement| statement.split_inclusive('\n').skip(1));
        std::iter::once(header).chain(["\n"]).chain(lines).collect()
    }

    /// Runs `pal attribute` on a folder of this world's facts.
    pub(crate) fn attribute(&self, place: &Place, facts: &str, rest: &[&str]) -> Ran {
        let allowed: &[&str] = if self.dirty() { &["--allow-refused", "500"] } else { &[] };
        place.pal(&[&["attribute", facts], rest, allowed].concat())
    }

    /// Fails unless a folder of facts gives this world's statements, of all months at once and as of an instant.
    pub(crate) fn holds(&self, place: &Place, facts: &str, about: &str) {
        self.attribute(place, facts, &["--month", RANGE, "--out", "range"]).exits(0);
        for month in MONTHS {
            self.holds_in(place, &format!("range/{month}"), month, about);
        }
        let (as_of, file) = AS_OF;
        self.attribute(place, facts, &["--month", "2026-03", "--as-of", as_of, "--out", "as-of"]).exits(0);
        same(&self.about(file, about), &self.expected(file), &place.read("as-of/statement.csv"));
    }

    /// Fails unless the files of a folder are those of the month.
    pub(crate) fn holds_in(&self, place: &Place, folder: &str, month: &str, about: &str) {
        for file in ["statement", "rollup", "company"] {
            let expected = format!("{month}.{file}.csv");
            let got = place.read(&format!("{folder}/{file}.csv"));
            same(&self.about(&expected, about), &self.expected(&expected), &got);
        }
    }

    fn about(&self, file: &str, about: &str) -> String {
        format!("{} {file}, {about}:", self.folder.display())
    }
}

/// Writes tables as CSV files with these line ends.
pub(crate) fn write_csv(place: &Place, folder: &str, tables: &Tables, end: &str) {
    for (name, table) in &tables.0 {
        let mut text = String::new();
        for cells in std::iter::once(&table.header).chain(table.rows.iter().map(|row| &row.cells)) {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            csv_record(&mut text, &cells);
            text.truncate(text.len() - 1);
            text.push_str(end);
        }
        place.write(&format!("{folder}/{name}.csv"), text);
    }
}
