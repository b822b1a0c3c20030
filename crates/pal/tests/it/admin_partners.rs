//! `pal admin partners`: the directory from CSV, all or nothing, also while a server runs.

use crate::command::{Place, example};
use crate::serve::{started, stop};
use crate::snapshot::says;

const IMPORT: [&str; 4] = ["admin", "partners", "import", "partners.csv"];

#[test]
fn imports_and_lists() {
    let place = Place::new();
    let demo = example("demo-world/partners.csv");
    let import = ["admin", "partners", "import", &demo];
    says(&place, "admin_partners_import", &import).exits(0);
    says(&place, "admin_partners_again", &import).exits(0);
    says(&place, "admin_partners_list", &["admin", "partners", "list", "-o", "csv", "--query", LISTED])
        .exits(0);
    let bytes = "\u{feff}kind,name,partner_id,active_until\r\nlocation,\"Two, and more\",6000110,2026-06-01T02:00:00+02:00\r\n";
    place.write("partners.csv", bytes);
    assert_eq!(place.pal(&IMPORT).exits(0).json()["changed"], 1);
    let listed = place.pal(&["admin", "partners", "list", "--query", "partners[1]"]).exits(0).json();
    assert_eq!(
        (&listed["name"], &listed["active_until"]),
        (&"Two, and more".into(), &"2026-06-01T00:00:00Z".into())
    );
    place.pal(&["admin", "verify"]).exits(0);
}

#[test]
fn what_is_listed_can_be_imported_and_what_is_no_text_is_not_echoed() {
    let place = Place::new();
    place.pal(&["admin", "partners", "import", &example("demo-world/partners.csv")]).exits(0);
    let listed = place.pal(&["admin", "partners", "list", "-o", "csv"]).exits(0).stdout;
    place.write("partners.csv", listed);
    assert_eq!(place.pal(&IMPORT).exits(0).json()["changed"], 0);
    for bytes in [
        &b"\x7fELF\x02\x01\x1b[31m,\x9b\xff\n"[..],
        b"partner_id,name,kind\n\x1b]0;x\x07,\xc2\x9b,\xe2\x80\xae\n",
    ] {
        place.write("partners.csv", bytes);
        let ran = place.pal(&IMPORT);
        assert!([Some(2), Some(6)].contains(&ran.exit), "{ran:?}");
        assert!(!ran.stderr.contains(|sign: char| sign != '\n' && sign.is_control()), "{}", ran.stderr);
        assert!(!ran.stderr.contains('\u{202e}'), "{}", ran.stderr);
    }
    place.write("partners.csv", "partner_id,name,kind\n1,\u{1b}[31mRed\u{9b}\u{202e},location\n");
    let refused = place.pal(&IMPORT).exits(6);
    assert!(refused.stderr.contains("characters that cannot be shown"), "{}", refused.stderr);
}

#[test]
fn what_does_not_fit_the_directory_is_refused() {
    let place = Place::new();
    place.pal(&["admin", "partners", "import", &example("demo-world/partners.csv")]).exits(0);
    place.write("partners.csv", "partner_id,name,kind,global_partner_id\n7,Seven,location,6000110\n");
    let refused = place.pal(&IMPORT).exits(6);
    assert!(refused.stderr.contains("entry 1: 6000110 is a location"), "{}", refused.stderr);
    place.write("partners.csv", "partner_id,name,kind\n6000100,No company now,location\n");
    let refused = place.pal(&IMPORT).exits(6);
    assert!(refused.stderr.contains("it is the company of 6000110"), "{}", refused.stderr);
}

/// Without the time of the change.
const LISTED: &str = "partners[].[partner_id, name, kind, global_partner_id]";

#[test]
fn refuses_the_whole_file_and_tells_each_line() {
    let place = Place::new();
    let lines = [
        "partner_id,name,kind,global_partner_id,active_from,active_until",
        "6000110,Good,location,,,",
        "60001100000,Too long,location,,,",
        "6000120,,location,,,",
        "6000130,Kind,loc,,,",
        "6000140,Time,location,,2026-03-01,",
        "6000150,Ends,location,,2026-03-01T00:00:00Z,2026-02-01T00:00:00Z",
        "6000110,Twice,location,,,",
        "6000160,Company,location,6000110,,",
        "6000170,Short,location",
    ];
    place.write("partners.csv", lines.join("\r\n"));
    says(&place, "admin_partners_refused", &IMPORT).exits(6);
    for (name, header) in [
        ("admin_partners_empty", ""),
        ("admin_partners_unknown_column", "partner_id,name,kind,colour\n"),
        ("admin_partners_missing_column", "partner_id,name\n"),
        ("admin_partners_column_twice", "partner_id,name,kind,name\n"),
    ] {
        place.write("partners.csv", header);
        says(&place, name, &IMPORT).exits(2);
    }
    place.pal(&["admin", "partners", "import", "nowhere.csv"]).exits(3).tells("nowhere.csv");
    assert_eq!(place.names(""), ["partners.csv"], "nothing was made");
}

#[test]
fn a_server_goes_on_while_its_directory_is_changed() {
    let place = Place::new();
    let (mut server, ..) = started(&place, &[]);
    place.write("partners.csv", "partner_id,name,kind\n7000001,New,location\n");
    assert_eq!(place.pal(&IMPORT).exits(0).json()["changed"], 1);
    let count = place.pal(&["admin", "partners", "list", "--query", "length(partners)"]).exits(0);
    assert_eq!(count.stdout, "6\n");
    stop(&mut server);
    place.pal(&["admin", "verify"]).exits(0);
}
