//! `pal demo`: what it tells, and that it keeps to a folder of its own.

use crate::command::Place;
use crate::snapshot::says;

#[test]
fn a_demo_is_made_anew_in_a_folder_of_its_own_only() {
    let place = Place::new();
    says(&place, "demo_report", &["demo"]).exits(0);
    let first = place.files("pal-demo/statements");
    assert_eq!(place.pal(&["demo"]).exits(0).words, "demo");
    assert!(first == place.files("pal-demo/statements"), "the same again");
    place.write("mine/notes.txt", "keep");
    says(&place, "demo_folder_of_others", &["demo", "--folder", "mine"]).exits(5);
    assert_eq!(place.names("mine"), ["notes.txt"]);
    assert!(!place.path("pal-data").exists(), "a demo makes no workspace but its own");
}
