//! `pal admin verify` and `pal admin checkpoint`: what is found, and how far the proof reaches.

use rusqlite::Connection;

use crate::command::Place;
use crate::registry_world::RegistryWorld;
use crate::snapshot::says;

pub(crate) const TENANT: &str = "7e010000-0000-4000-8000-000000000001";
pub(crate) const ANN: (&str, &str) = (TENANT, "a0000000-0000-4000-8000-000000000001");
pub(crate) const BEN: (&str, &str) = (TENANT, "a0000000-0000-4000-8000-000000000002");

/// A registry of two chains with five records.
pub(crate) fn registered() -> Place {
    let place = Place::new();
    let world = RegistryWorld::open(&place);
    world.put("2026-03-01T00:00:00Z", "6000110", "Brackenfold", None);
    world.link("2026-03-02T00:00:00Z", ANN, "6000110");
    world.link("2026-03-03T00:00:00Z", BEN, "6000110");
    world.unlink("2026-03-04T00:00:00Z", ANN);
    world.link("2026-03-05T00:00:00Z", ANN, "6000110");
    place
}

/// Changes the database behind the registry's back.
pub(crate) fn tamper(place: &Place, sql: &str) {
    Connection::open(place.path("pal-data/registry.sqlite")).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn tells_what_is_sound_and_what_nobody_vouches_for() {
    let place = registered();
    says(&place, "admin_verify_sound", &["admin", "verify", "-o", "table"]).exits(0);
    says(&place, "admin_verify_json", &["admin", "verify"]).exits(0);
    place.pal(&["admin", "checkpoint"]).exits(0).tells("signed with ");
    let verified = place.pal(&["admin", "verify"]).exits(0).tells("up to the newest checkpoint").json();
    assert_eq!((&verified["records"], &verified["beyond"]), (&5.into(), &serde_json::json!([])));
    RegistryWorld::open(&place).unlink("2026-03-06T00:00:00Z", ANN);
    let ran = place.pal(&["admin", "verify"]).exits(0);
    ran.tells(&format!(
        "after the newest checkpoint: record 5 of tenant {TENANT}: whole in itself; what came later"
    ));
}

#[test]
fn finds_what_was_altered_and_with_a_checkpoint_what_was_cut_off() {
    let place = registered();
    place.pal(&["admin", "checkpoint", "--checkpoints", "elsewhere"]).exits(0);
    let cut = format!(
        "delete from audit_record where tenant_id = '{TENANT}' and sequence = 4; \
         delete from link_history where audit_sequence = 4; \
         update link set state = 'Deleted', version = 2, updated_at = (select changed_at from link_history where \
         version = 2) where object_id = '{}'; \
         update audit_head set sequence = 3, hash = (select hash from audit_record where tenant_id = '{TENANT}' and \
         sequence = 3), recorded_at = (select max(changed_at) from link_history) where tenant_id = '{TENANT}'",
        ANN.1
    );
    tamper(&place, &cut);
    place
        .pal(&["admin", "verify"])
        .exits(0)
        .tells("no checkpoint was given, so that nobody vouches for them");
    let found = place.pal(&["admin", "verify", "--checkpoint", "elsewhere"]).exits(6);
    let found = found.tells("record 4: it is missing").json();
    assert_eq!(found["findings"][0]["flaw"], "missing", "{found}");
    tamper(&place, "update audit_record set record = replace(record, 'Ada', 'Eve') where sequence = 2");
    says(&place, "admin_verify_altered", &["admin", "verify", "-o", "table"]).exits(6);
}

#[test]
fn a_checkpoint_proves_nothing_unless_the_expected_key_signed_it() {
    let place = registered();
    place.pal(&["admin", "checkpoint", "--checkpoints", "elsewhere"]).exits(0);
    let ours = place.read("pal-data/checkpoint.pub");
    let verify = ["admin", "verify", "--checkpoint", "elsewhere", "--key"];
    place.pal(&[&verify[..], &[ours.trim()]].concat()).exits(0);
    let other = registered();
    other.pal(&["admin", "checkpoint"]).exits(0);
    let theirs = other.read("pal-data/checkpoint.pub");
    let ran = place.pal(&[&verify[..], &[theirs.trim()]].concat()).exits(5);
    ran.tells(&format!("is signed by another key: {}, where {} is expected", ours.trim(), theirs.trim()));
    place.pal(&[&verify[..], &["00ff"]].concat()).exits(2).tells("is no public key of 64 hexadecimal digits");

    let name = format!("elsewhere/{}", place.names("elsewhere")[0]);
    let altered = place.read(&name).replace("\"sequence\":4", "\"sequence\":3");
    place.write(&name, altered);
    place.pal(&["admin", "verify", "--checkpoint", &name]).exits(5).tells("does not match its content");
    place.write(&name, "{}");
    place.pal(&["admin", "verify", "--checkpoint", &name]).exits(2).tells("this is no checkpoint");
    place.pal(&["admin", "verify", "--checkpoint", "nowhere.json"]).exits(3).tells("nowhere.json");
    std::fs::remove_file(place.path("pal-data/checkpoint.pub")).unwrap();
    place.pal(&["admin", "verify", "--checkpoint", &name]).exits(2).tells("which key signs here?");
}

#[test]
fn no_registry_is_not_found() {
    let place = Place::new();
    says(&place, "admin_verify_nothing", &["admin", "verify"]).exits(3);
    place.pal(&["admin", "checkpoint"]).exits(3);
    place.pal(&["admin", "backup", "--out", "copy.sqlite"]).exits(3);
    place.pal(&["admin", "partners", "list"]).exits(3);
    place.pal(&["admin", "restore", "nowhere.sqlite"]).exits(3).tells("there is no file");
    assert!(place.names("").is_empty());
}
