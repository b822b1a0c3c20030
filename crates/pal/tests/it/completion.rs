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
    for shell in ["bash", "zsh", "fish", "powershell", "man"] {
        let script = place.pal(&["completion", shell]).exits(0).stdout;
        for verb in ["attribute", "import", "close", "statement", "explain", "resource", "export", "demo"] {
            assert!(script.contains(verb), "{shell} does not know {verb}");
        }
    }
    says(&place, "completion_unknown_shell", &["completion", "tcsh"]).exits(2);
}
