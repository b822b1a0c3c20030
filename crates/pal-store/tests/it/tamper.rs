//! Whoever changes the database behind the registry's back is found, and the place named.

use std::path::Path;

use pal_store::registry::audit::{Flaw, Hash, OPERATOR_CHAIN, Report};
use pal_store::registry::verify_file;
use proptest::prelude::*;
use rusqlite::Connection;

use crate::tampered::{COVERED, Copy, copies, params};
use crate::world::tenant;

/// The places that a chain's findings name.
fn named(report: &Report, chain: &str) -> Vec<i64> {
    report.findings.iter().filter(|found| found.tenant == chain).map(|found| found.sequence).collect()
}

/// Changes one letter into another of the same kind, so that JSON stays JSON more often than not.
fn flipped(text: &str, place: usize) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let place = place % letters.len();
    letters[place] = if letters[place] == '7' { '8' } else { '7' };
    letters.into_iter().collect()
}

fn record() -> impl Strategy<Value = (String, i64)> {
    (0..COVERED.len()).prop_map(|place| COVERED[place].clone())
}

#[test]
fn a_whole_registry_is_sound_and_what_no_checkpoint_covers_is_told() {
    for copy in copies() {
        let report = copy.verify();
        assert!(report.sound(), "{:?}", report.findings);
        assert_eq!((report.chains, report.records), (4, 36));
        let beyond: Vec<_> =
            report.beyond.iter().map(|rest| (rest.tenant.clone(), rest.after, rest.last)).collect();
        let expected = [(1, 6, 12), (2, 4, 6), (3, 6, 12)];
        assert_eq!(beyond, expected.map(|(t, after, last)| (tenant(t).to_string(), after, last)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_record_is_found((chain, at) in record(), place in 0_usize..10_000) {
        for copy in copies() {
            let (record, _) = copy.record(&chain, at);
            let sql = "update audit_record set record = $3 where tenant_id = $1 and sequence = $2";
            copy.run(sql, params![chain, at, flipped(&record, place)]);
            prop_assert!(named(&copy.verify(), &chain).contains(&at));
        }
    }

    #[test]
    fn a_flipped_hash_is_found((chain, at) in record(), place in 0_usize..64) {
        for copy in copies() {
            let (_, hash) = copy.record(&chain, at);
            let sql = "update audit_record set hash = $3 where tenant_id = $1 and sequence = $2";
            copy.run(sql, params![chain, at, flipped(&hash, place)]);
            prop_assert_eq!(named(&copy.verify(), &chain)[0], at);
        }
    }

    #[test]
    fn a_bit_flipped_in_the_file_is_found((chain, at) in record(), place in 0_usize..10_000, bit in 0_u32..8) {
        let copy = Copy::file();
        let (record, _) = copy.record(&chain, at);
        let path = copy.path();
        let Copy::File { connection, folder } = copy else { unreachable!("a file") };
        connection.close().unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let places: Vec<usize> =
            bytes.windows(record.len()).enumerate().filter(|(_, found)| *found == record.as_bytes())
                .map(|(start, _)| start).collect();
        prop_assert!(!places.is_empty());
        for start in places {
            bytes[start + place % record.len()] ^= 1_u8 << bit;
        }
        std::fs::write(&path, bytes).unwrap();
        let tampered = Copy::File { connection: Connection::open(&path).unwrap(), folder };
        prop_assert!(named(&tampered.verify(), &chain).contains(&at));
    }

    #[test]
    fn a_deleted_record_is_found((chain, at) in record()) {
        for copy in copies() {
            copy.run("delete from audit_record where tenant_id = $1 and sequence = $2", params![chain, at]);
            let report = copy.verify();
            let missing = report.findings.iter().find(|found| found.tenant == chain).unwrap();
            prop_assert_eq!((missing.sequence, &missing.flaw), (at, &Flaw::Missing { until: at }));
        }
    }

    #[test]
    fn a_deleted_record_with_the_gap_closed_is_found((chain, at) in record(), rebuilt: bool) {
        for copy in copies() {
            copy.run("delete from audit_record where tenant_id = $1 and sequence = $2", params![chain, at]);
            let away = "update audit_record set sequence = -sequence where tenant_id = $1 and sequence > $2";
            copy.run(away, params![chain, at]);
            copy.run("update audit_record set sequence = -1 - sequence where tenant_id = $1 and sequence < 0", params![chain]);
            if rebuilt {
                copy.rebuild(&chain, at);
            } else {
                copy.fit_head(&chain, copy.last(&chain));
        }
        let covered = COVERED.iter().filter(|(other, _)| *other == chain).count();
        let named = named(&copy.verify(), &chain);
        // A rebuilt chain is sound in itself: the checkpoint's own place is the first that can be named.
        let expected = if rebuilt { i64::try_from(covered).unwrap() } else { at };
        prop_assert!(named.contains(&expected), "{} {:?}", at, named);
        }
    }

    #[test]
    fn an_inserted_record_is_found((chain, at) in record(), forged: bool, rebuilt: bool) {
        let covered = i64::try_from(COVERED.iter().filter(|(other, _)| *other == chain).count()).unwrap();
        // Put in behind the last record that the checkpoint covers, it lies after it.
        prop_assume!(!rebuilt || at < covered);
        for copy in copies() {
            let taken = copy.record(&chain, at);
            copy.make_room(&chain, at);
            copy.insert(&chain, at, taken);
            match (forged, rebuilt) {
                (_, true) => copy.rebuild(&chain, at),
                (false, false) => copy.fit_head(&chain, copy.last(&chain)),
                (true, false) => {}
        }
        let named = named(&copy.verify(), &chain);
        // A copy put in before its original is a forgery without flaw; what it pushed on is not.
        let expected = if rebuilt { covered } else { at + 1 };
        prop_assert!(named.contains(&expected), "{} {:?}", at, named);
        }
    }

    #[test]
    fn a_record_appended_is_found((chain, at) in record(), fitted: bool) {
        for copy in copies() {
            let next = copy.last(&chain) + 1;
            let taken = copy.record(&chain, at);
            copy.insert(&chain, next, taken);
            if fitted {
                copy.fit_head(&chain, next);
        }
        prop_assert!(named(&copy.verify(), &chain).contains(&next));
        }
    }

    #[test]
    fn records_in_another_order_are_found((chain, at) in record(), (other_chain, other) in record()) {
        prop_assume!((&chain, at) != (&other_chain, other));
        for copy in copies() {
            let (one, two) = (copy.record(&chain, at), copy.record(&other_chain, other));
            let sql = "update audit_record set record = $3, hash = $4 where tenant_id = $1 and sequence = $2";
            copy.run(sql, params![chain, at, two.0, two.1]);
            copy.run(sql, params![other_chain, other, one.0, one.1]);
            let report = copy.verify();
            prop_assert!(named(&report, &chain).contains(&at) && named(&report, &other_chain).contains(&other));
        }
    }

    #[test]
    fn a_chain_cut_off_is_found((chain, at) in record(), fitted: bool) {
        for copy in copies() {
            copy.run("delete from audit_record where tenant_id = $1 and sequence >= $2", params![chain, at]);
            if fitted {
                copy.fit_head(&chain, at - 1);
        }
        prop_assert!(named(&copy.verify(), &chain).contains(&at));
        }
    }

    #[test]
    fn a_history_written_anew_is_found_by_its_checkpoint((chain, at) in record()) {
        for copy in copies() {
            let (record, _) = copy.record(&chain, at);
            let sql = "update audit_record set record = $3 where tenant_id = $1 and sequence = $2";
            copy.run(sql, params![chain, at, record.replace("Ada", "Eve")]);
            copy.rebuild(&chain, at);
            let report = copy.verify();
            let rewritten = |flaw: &Flaw| matches!(flaw, Flaw::Rewritten { after: 0, .. });
            prop_assert!(report.findings.iter().any(|found| found.tenant == chain && rewritten(&found.flaw)));
        }
    }
}

#[test]
fn a_row_changed_beside_the_audit_is_found() {
    let one = tenant(1).to_string();
    for (sql, chain, table) in [
        ("update link set partner_id = '1001' where tenant_id = $1", &one, "link"),
        ("update link set state = 'Active' where tenant_id = $1", &one, "link"),
        ("update link set version = 3 where tenant_id = $1", &one, "link"),
        ("update link set made_by = 'x' where tenant_id = $1", &one, "link"),
        ("update link set state = 'Odd' where tenant_id = $1", &one, "link"),
        ("delete from link where tenant_id = $1", &one, "link"),
        ("update link_history set caller_name = 'Eve' where tenant_id = $1", &one, "link_history"),
        ("delete from link_history where tenant_id = $1 and version = 2", &one, "link_history"),
        (
            "insert into link_history select tenant_id, object_id, 99, kind, partner_id, partner_before, changed_at, \
             audit_sequence, caller_name, client_id, request_id, client_request_id, via from link_history \
             where tenant_id = $1 and version = 1",
            &one,
            "link_history",
        ),
        (
            "update partner set active_until = null where partner_id = '1004' and $1 <> ''",
            &OPERATOR_CHAIN.to_string(),
            "partner",
        ),
        (
            "update partner set changed_at = changed_at + 1 where partner_id = '1001' and $1 <> ''",
            &OPERATOR_CHAIN.to_string(),
            "partner",
        ),
        (
            "insert into partner select '77', name, name_folded, kind, null, null, null, changed_at from partner \
             where partner_id = '1001' and $1 <> ''",
            &OPERATOR_CHAIN.to_string(),
            "partner",
        ),
        ("delete from partner where $1 <> ''", &OPERATOR_CHAIN.to_string(), "partner"),
    ] {
        for copy in copies() {
            copy.run(sql, params![chain]);
            let report = copy.verify();
            let found = report.findings.iter().any(|found| {
                let (Flaw::RowDiffers { table: named, .. } | Flaw::RowsDiffer { table: named, .. }) =
                    found.flaw
                else {
                    return false;
                };
                found.tenant == *chain && named == table
            });
            assert!(found, "{sql}: {:?}", report.findings);
        }
    }
}

#[test]
fn a_lost_head_and_a_lost_chain_are_found() {
    let one = tenant(1).to_string();
    for headless in copies() {
        headless.run("delete from audit_head where tenant_id = $1", params![one]);
        let found = headless.verify().findings[0].to_string();
        assert_eq!(found, format!("tenant {one}, record 12: the chain has no head row"));
    }
    for lost in copies() {
        lost.run("delete from audit_head where tenant_id = $1", params![one]);
        lost.run("delete from audit_record where tenant_id = $1", params![one]);
        let found = lost.verify().findings[0].to_string();
        assert_eq!(found, format!("tenant {one}, record 1: it and those up to 6 are missing"));
    }
    assert!(verify_file(Path::new("nowhere"), &[]).is_err());
}

#[test]
fn a_record_replaced_with_its_hash_does_not_fit_the_next() {
    let one = tenant(1).to_string();
    for copy in copies() {
        // Behind the checkpoint, where nothing but the chain itself can tell.
        let record = copy.record(&one, 8).0.replace("Ada", "Eve");
        let hash = Hash::of(Hash::parse(&copy.record(&one, 7).1).unwrap(), record.as_bytes()).to_string();
        let sql = "update audit_record set record = $3, hash = $4 where tenant_id = $1 and sequence = $2";
        copy.run(sql, params![one, 8_i64, record, hash]);
        let report = copy.verify();
        assert_eq!((report.findings[0].sequence, &report.findings[0].flaw), (9, &Flaw::Unchained));
    }
}

#[test]
fn a_record_before_the_first_is_found() {
    let one = tenant(1).to_string();
    for copy in copies() {
        let record = copy.record(&one, 1).0.replace("\"sequence\":1", "\"sequence\":0");
        let hash = Hash::of(Hash::NONE, record.as_bytes()).to_string();
        copy.insert(&one, 0, (record, hash));
        let report = copy.verify();
        assert_eq!((report.findings[0].sequence, &report.findings[0].flaw), (0, &Flaw::Misplaced));
    }
}

#[test]
fn a_head_that_tells_another_time_or_hash_is_found() {
    let one = tenant(1).to_string();
    for change in ["recorded_at = recorded_at + 1", "hash = replace(hash, substr(hash, 1, 1), 'f0')"] {
        for copy in copies() {
            copy.run(&format!("update audit_head set {change} where tenant_id = $1"), params![one]);
            let report = copy.verify();
            assert_eq!((report.findings[0].sequence, &report.findings[0].flaw), (12, &Flaw::HeadDiffers));
        }
    }
}
