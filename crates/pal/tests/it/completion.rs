//! `pal version` and `pal completion`.

use crate::command::Place;
use crate::snapshot::{holds, says};

#[test]
fn tells_its_versions_and_completes_its_verbs() {
    let place = Place::new();
    for (name, format) in [("version_json", "json"), ("version_table", "table")] {
        let ran = place.pal(&["version", "-o", format]).exits(0);
        holds(&place, name, &ran.stdout.replace(env!("CARGO_PKG_VERSION"), "[version]"));
    }
    for shell in ["bash", "zsh", "fish", "powershell", "PowerShell", "man"] {
        let script = place.pal(&["completion", shell]).exits(0).stdout;
        for verb in ["attribute", "import", "close", "statement", "explain", "resource", "export", "demo"] {
            assert!(script.contains(verb), "{shell} does not know {verb}");
        }
    }
    says(&place, "completion_unknown_shell", &["completion", "tcsh"]).exits(2);
}

#[test]
fn a_query_that_finds_nothing_is_an_empty_line_or_no_row() {
    let place = Place::new();
    let formats =
        [("tsv", "\n"), ("csv", "value\n"), ("table", "(none)\n"), ("json", "null\n"), ("ndjson", "null\n")];
    for (format, expected) in formats {
        let ran = place.pal(&["version", "--query", "nothing", "-o", format]).exits(0);
        assert_eq!(ran.stdout, expected, "{format}");
    }
}
