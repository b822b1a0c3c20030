//! `pal init`: makes one workspace, once.

use crate::command::Place;
use crate::snapshot::says;

#[test]
fn makes_a_workspace_once() {
    let place = Place::new();
    says(&place, "init_made", &["init"]).exits(0);
    says(&place, "init_twice", &["init"]).exits(5);
    says(&place, "init_elsewhere", &["init", "--data", "below/here"]).exits(0);
    assert_eq!(place.names(""), ["below/here/workspace.sqlite", "pal-data/workspace.sqlite"]);
}

#[test]
fn nothing_else_makes_one() {
    let place = Place::new();
    for (name, arguments) in [
        ("no_workspace_import", &["import", "facts", "facts"][..]),
        ("no_workspace_import_list", &["import", "list"]),
        ("no_workspace_preview", &["preview", "2026-03"]),
        ("no_workspace_close", &["close", "2026-03"]),
        ("no_workspace_show", &["statement", "show", "2026-03"]),
        ("no_workspace_explain", &["explain", "x", "--month", "2026-03"]),
        ("no_workspace_find", &["resource", "find", "x"]),
        ("no_workspace_export", &["export", "2026-03", "--out", "out"]),
    ] {
        says(&place, name, arguments).exits(3);
    }
    assert!(place.names("").is_empty());
}
