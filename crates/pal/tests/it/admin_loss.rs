//! A registry that lost records is not signed over unseen, and a damaged one is told as such.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::admin_verify::{ANN, TENANT, registered, tamper};
use crate::command::{Place, example};
use crate::registry_world::RegistryWorld;
use crate::serve::{started, stop};

/// A registry whose newest checkpoint knows a record that is gone: an older file was put back.
fn fallen_behind() -> Place {
    let place = registered();
    let older = fs::read(place.path("pal-data/registry.sqlite")).unwrap();
    RegistryWorld::open(&place).unlink("2026-03-06T00:00:00Z", ANN);
    place.pal(&["admin", "checkpoint"]).exits(0);
    for rest in ["registry.sqlite-wal", "registry.sqlite-shm"] {
        let _ = fs::remove_file(place.path("pal-data").join(rest));
    }
    fs::write(place.path("pal-data/registry.sqlite"), older).unwrap();
    place
}

#[test]
fn nothing_is_signed_over_a_loss_by_a_command() {
    let place = fallen_behind();
    let lost = format!("record 5 of tenant {TENANT} is lost");
    for command in [
        &["admin", "checkpoint"][..],
        &["admin", "backup", "--out", "copy.sqlite"],
        &["admin", "migrate", "--to", "postgres://pal@127.0.0.1:1/pal"],
    ] {
        place.pal(command).exits(5).tells(&lost).tells("pal admin verify");
    }
    let names = place.names("");
    assert!(!names.iter().any(|name| name.contains("copy.sqlite")), "{names:?}");
    let checkpoints = place.names("pal-data/checkpoints");
    assert_eq!(checkpoints.len(), 1);
    place.pal(&["admin", "verify"]).exits(6).tells("record 5: it is missing");
    // Once it is written down why, the checkpoint is moved away, and work goes on.
    fs::rename(place.path(&format!("pal-data/checkpoints/{}", checkpoints[0])), place.path("kept.json"))
        .unwrap();
    place.pal(&["admin", "backup", "--out", "copy.sqlite"]).exits(0);
    place.pal(&["admin", "checkpoint"]).exits(0);
}

#[test]
fn a_head_of_another_hash_is_a_loss() {
    let place = registered();
    place.pal(&["admin", "checkpoint"]).exits(0);
    tamper(
        &place,
        "update audit_head set hash = (select hash from audit_head where sequence <> 1) where sequence = 1",
    );
    place.pal(&["admin", "checkpoint"]).exits(5).tells("record 1 of the operator's chain was replaced");
}

#[test]
fn a_server_on_a_registry_that_lost_records_says_so_at_each_start_and_each_signing() {
    let place = fallen_behind();
    for start in 1..=2 {
        let (mut server, _, said) = started(&place, &["--log", "json"]);
        // Signed when it stops, because something changed.
        place.write("partners.csv", format!("partner_id,name,kind\n{start},Name,location\n"));
        place.pal(&["admin", "partners", "import", "partners.csv"]).exits(0);
        stop(&mut server);
        let said = said.join().unwrap();
        let warned = |text: &str| {
            let warnings = said.iter().filter(|line| line.contains("\"level\":\"warning\""));
            warnings.filter(|line| line.contains(text) && line.contains("record 5 of tenant")).count()
        };
        assert_eq!(warned("do not go on before you know why"), 1, "{said:?}");
        assert!(warned("is signed over a loss") > 0, "{said:?}");
    }
    let over =
        place.names("pal-data/checkpoints").into_iter().filter(|name| name.ends_with(".over-a-loss.json"));
    assert!(over.count() >= 2);
    let sound = registered();
    let (mut server, _, said) = started(&sound, &[]);
    stop(&mut server);
    assert!(!said.join().unwrap().iter().any(|line| line.contains("warning")));
}

#[test]
fn a_damaged_file_is_a_finding() {
    let place = registered();
    tamper(&place, "drop table link_history");
    let ran = place
        .pal(&["admin", "verify"])
        .exits(6)
        .tells("the database is damaged: no such table: link_history");
    let found = ran.tells("all 5 rows of `audit_record` can be read").json();
    assert_eq!((&found["sound"], &found["findings"][0]["flaw"]), (&false.into(), &"damaged".into()));
    assert_eq!(found["findings"][0]["tenant_id"], serde_json::Value::Null);
    place.write("pal-data/registry.sqlite", "no database");
    place.pal(&["admin", "verify", "-o", "table"]).exits(6).tells("the database is damaged: ");
    let place = registered();
    tamper(&place, "create trigger quiet after insert on audit_record begin delete from audit_record; end");
    let found = place.pal(&["admin", "verify"]).exits(6).tells("trigger `quiet` on `audit_record`").json();
    assert_eq!(found["findings"][0]["flaw"], "foreign");
}

#[test]
fn a_registry_that_went_into_a_database_is_not_gone_on_with() {
    let place = registered();
    place.write(
        "pal-data/registry.sqlite.migrated",
        "2026-03-06T00:00:00Z: copied into postgres://pal@db.example/pal\n",
    );
    place.write("partners.csv", "partner_id,name,kind\n");
    let serve = ["serve", "--authority", &example("sandbox.toml"), "--http", "--listen", "127.0.0.1:0"];
    for command in [&serve[..], &["admin", "partners", "import", "partners.csv"]] {
        let ran = place.pal(command).exits(5).tells("copied into postgres://pal@db.example/pal");
        ran.tells("name that database with `--store`").tells("pal-data/registry.sqlite.migrated");
    }
    place.pal(&["admin", "verify"]).exits(0);
}

#[test]
fn what_is_made_is_for_its_owner_and_what_others_can_read_is_told_once() {
    let place = Place::new();
    place.write("partners.csv", "partner_id,name,kind\n1,One,location\n");
    place.pal(&["admin", "partners", "import", "partners.csv"]).exits(0);
    let mode = |name: &str| fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("pal-data"), mode("pal-data/registry.sqlite")), (0o700, 0o600));
    let warning = "warning: other accounts can read `pal-data/registry.sqlite`";
    let set =
        |name: &str, mode| fs::set_permissions(place.path(name), fs::Permissions::from_mode(mode)).unwrap();
    set("pal-data/registry.sqlite", 0o644);
    assert!(
        !place.pal(&["admin", "verify"]).exits(0).stderr.contains(warning),
        "the folder keeps others out"
    );
    set("pal-data", 0o755);
    assert_eq!(place.pal(&["admin", "verify"]).exits(0).stderr.matches(warning).count(), 1);
    let (mut server, _, said) = started(&place, &[]);
    stop(&mut server);
    assert_eq!(said.join().unwrap().iter().filter(|line| line.contains(warning)).count(), 1);
    assert_eq!((mode("pal-data"), mode("pal-data/registry.sqlite")), (0o755, 0o644));
}

#[test]
fn a_data_folder_that_is_no_folder_is_a_wrong_command_line() {
    let place = Place::new();
    place.write("taken", "a file");
    for command in [&["admin", "verify"][..], &["init"], &["import", "list"], &["serve"]] {
        let ran = place.pal(&[command, &["--data", "taken"]].concat()).exits(2);
        ran.tells("the data folder `taken` is no folder");
    }
}
