//! The partner directory from CSV: read whole, or every line that is wrong.

use pal_rules::word::PartnerKind;
use pal_store::registry::{PartnerCsvRefused, read_partners};

use crate::world::{location, partner, time};

#[test]
fn reads_columns_in_any_order_whatever_ends_the_lines() {
    for end in ["\n", "\r\n"] {
        let lines = [
            "\u{feff}name,partner_id,active_from,kind,global_partner_id",
            "\"A, B\",1001,2026-01-01T01:00:00+01:00,location,9000",
            "Group,9000,,global,",
            "",
        ];
        let read = read_partners(lines.join(end).as_bytes()).unwrap();
        let mut first = location("1001", "A, B");
        first.active_from = Some(time("2026-01-01T00:00:00Z"));
        first.global_partner_id = Some(partner("9000"));
        let mut second = location("9000", "Group");
        second.kind = PartnerKind::Global;
        assert_eq!(read, [first, second]);
    }
    assert_eq!(read_partners(b"partner_id,name,kind\n").unwrap(), []);
}

#[test]
fn names_the_line_on_which_a_record_starts() {
    for end in ["\n", "\r\n"] {
        let lines =
            ["partner_id,name,kind", "1,\"Two", "lines\",location", "", "x,One,location", "2,Two,place"];
        let mut bytes = lines.join(end).into_bytes();
        bytes.extend_from_slice(end.as_bytes());
        bytes.extend_from_slice(b"3,\xff,location");
        let Err(PartnerCsvRefused::Lines(problems)) = read_partners(&bytes) else { panic!("{end:?}") };
        let places: Vec<_> = problems.iter().map(|problem| (problem.line, problem.column)).collect();
        assert_eq!(places, [(5, Some("partner_id")), (6, Some("kind")), (7, Some("name"))], "{problems:?}");
    }
}

#[test]
fn a_header_is_taken_at_its_word() {
    for (header, said) in [
        ("", "the file is empty"),
        ("partner_id,name\n1,One\n", "`kind` is missing"),
        ("partner_id,name,kind,observed_at\n", "no column `observed_at`"),
        ("partner_id;name;kind\n", "no column `partner_id;name;kind`"),
        ("partner_id,name,kind,kind\n", "`kind` stands there twice"),
        ("partner_id,name,kind,changed_at,changed_at\n", "`changed_at` stands there twice"),
        ("\u{7f}ELF\u{2}\u{1}\u{1b}[31m\n", "this is no CSV file of partners"),
    ] {
        match read_partners(header.as_bytes()) {
            Err(PartnerCsvRefused::Header(problem)) => assert!(problem.reason.contains(said), "{problem}"),
            other => panic!("{header}: {other:?}"),
        }
    }
}

/// The list of the directory has when each entry changed; that is the registry's to say.
#[test]
fn what_was_listed_can_be_read_again() {
    let listed = b"partner_id,changed_at,name,kind\n1001,2026-01-01T00:00:00Z,Two,location\n1002,never,Three,location\n";
    assert_eq!(read_partners(listed).unwrap(), [location("1001", "Two"), location("1002", "Three")]);
    let short = read_partners(b"partner_id,name,kind,changed_at\n1001,Two,location\n");
    assert!(matches!(short, Err(PartnerCsvRefused::Lines(_))), "{short:?}");
}

#[test]
fn a_name_that_is_too_long_is_told_with_its_line() {
    let csv =
        |length: usize| format!("partner_id,name,kind\n1,One,location\n2,{},location\n", "é".repeat(length));
    assert_eq!(read_partners(csv(256).as_bytes()).unwrap().len(), 2);
    let Err(PartnerCsvRefused::Lines(problems)) = read_partners(csv(257).as_bytes()) else { panic!("taken") };
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["line 3: the name has 257 characters, and no more than 256 are taken"]);
}
