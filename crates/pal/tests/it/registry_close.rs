//! The registry read at close: which links count by `links_from`, what the partner directory says, and what late changes
//! are named as the cause of (D11).

use serde_json::{Value, json};

use crate::admin_verify::{ANN, BEN, TENANT};
use crate::command::Place;
use crate::registry_world::RegistryWorld;

const EXPLAIN: [&str; 6] = ["explain", "Boat Hire", "--month", "2026-03", "-o", "table"];

/// A workspace with one app of ann's, and no link in its facts.
fn workspace() -> Place {
    let place = Place::with_workspace();
    place.write("facts/tenants.csv", format!("tenant_id,name\n{TENANT},Bellmere\n"));
    let people =
        format!("tenant_id,object_id,kind,name\n{TENANT},{},user,Ann\n{TENANT},{},user,Ben\n", ANN.1, BEN.1);
    place.write("facts/principals.csv", people);
    let resource = format!(
        "resource_id,product,tenant_id,name,created_at\nboat,power_apps_canvas,{TENANT},Boat Hire,2026-01-05T00:00:00Z\n"
    );
    place.write("facts/resources.csv", resource);
    let created = format!(
        "event_id,resource_id,kind,object_id,occurred_at\ne1,boat,created,{},2026-01-05T00:00:00Z\n",
        ANN.1
    );
    place.write("facts/ownership.csv", created);
    place.pal(&["import", "facts", "facts"]).exits(0);
    place
}

/// Two partners, and ann linked to the first since February.
fn linked(place: &Place) -> RegistryWorld {
    let world = RegistryWorld::open(place);
    world.put("2026-02-01T00:00:00Z", "6000110", "Brackenfold", None);
    world.put("2026-02-01T00:00:00Z", "6000210", "Quillhaven", None);
    world.link("2026-02-02T00:00:00Z", ANN, "6000110");
    world
}

fn preview(place: &Place, links_from: &str) -> Value {
    let preview = ["preview", "2026-03", "--links-from", links_from, "--query", "lines[0]"];
    place.pal(&preview).exits(0).json()
}

#[track_caller]
fn close(place: &Place, links_from: &str) -> Value {
    let close = ["close", "2026-03", "--links-from", links_from, "--query", "closed[0]"];
    place.pal(&close).exits(0).json()
}

/// The causes of the one changed line.
fn causes(place: &Place) -> Vec<(String, String)> {
    let diff = place.pal(&["statement", "diff", "2026-03"]).exits(0).json();
    let facts = diff["adjustments"][0]["facts"].as_array().unwrap();
    let text = |fact: &Value, key: &str| fact[key].as_str().unwrap().to_owned();
    facts.iter().map(|fact| (text(fact, "table"), text(fact, "address"))).collect()
}

fn tenant_change(sequence: i64) -> (String, String) {
    ("links".to_owned(), format!("registry, change of tenant {TENANT}:{sequence}"))
}

#[test]
fn links_of_the_registry_count_where_they_are_set_to() {
    let place = workspace();
    drop(linked(&place));
    for (links_from, partner) in
        [("microsoft", Value::Null), ("registry", json!("6000110")), ("both", json!("6000110"))]
    {
        assert_eq!(preview(&place, links_from)["partner_id"], partner, "{links_from}");
        let fresh = workspace();
        drop(linked(&fresh));
        let closed = close(&fresh, links_from);
        assert_eq!(closed["credited"], i64::from(!partner.is_null()), "{links_from}");
        let explained = fresh.pal(&EXPLAIN).exits(0).stdout;
        let words = explained.split_whitespace().collect::<Vec<_>>().join(" ");
        for said in [
            "is only here, not at Microsoft",
            &format!("`az login --tenant {TENANT}`"),
            "`az managementpartner create --partner-id 6000110`",
            "https://portal.azure.com/#blade/Microsoft_Azure_Billing/managementpartnerblade",
            "Brackenfold (6000110)",
        ] {
            assert!(words.contains(said), "{links_from}: `{said}` is not in\n{explained}");
        }
    }
}

#[test]
fn periods_begin_and_end_with_the_changes() {
    let place = workspace();
    let world = linked(&place);
    world.relink("2026-02-10T00:00:00Z", ANN, "6000210");
    assert_eq!(preview(&place, "registry")["partner_id"], "6000210");
    world.unlink("2026-03-31T23:59:59Z", ANN);
    assert_eq!(preview(&place, "registry")["partner_id"], Value::Null);
    world.link("2026-04-01T00:00:00Z", ANN, "6000210");
    assert_eq!(preview(&place, "registry")["partner_id"], Value::Null, "too late for March");
    let april = ["preview", "2026-04", "--links-from", "registry", "--query", "lines[0].partner_id"];
    assert_eq!(place.pal(&april).exits(0).json(), "6000210");
}

#[test]
fn overlaps_with_links_of_the_facts_are_listed_with_the_change() {
    let place = workspace();
    drop(linked(&place));
    let links = format!(
        "tenant_id,object_id,partner_id,linked_at\n{TENANT},{},6000210,2026-02-01T00:00:00Z\n",
        ANN.1
    );
    place.write("more/links.csv", links);
    place.pal(&["import", "facts", "more"]).exits(0);
    let both = ["preview", "2026-03", "--links-from", "both", "--query", "lines[0].partner_id"];
    let refused = format!("refused: registry, change of tenant {TENANT}:1: overlap");
    assert_eq!(place.pal(&both).exits(0).tells(&refused).json(), "6000210");
    assert_eq!(preview(&place, "microsoft")["partner_id"], "6000210");
    assert_eq!(preview(&place, "registry")["partner_id"], "6000110");
}

#[test]
fn the_partner_directory_is_read_as_it_last_changed() {
    let place = workspace();
    let world = linked(&place);
    world.put("2026-03-20T00:00:00Z", "6000110", "Brackenfold Digital", Some("2026-03-15T00:00:00Z"));
    let line = preview(&place, "registry");
    assert_eq!((&line["partner_id"], &line["reason"]), (&Value::Null, &json!("partner_inactive")));
    // A later observation in the facts holds against it.
    let partners = "partner_id,name,kind,observed_at\n6000110,Brackenfold,location,2026-03-21T00:00:00Z\n";
    place.write("more/partners.csv", partners);
    place.pal(&["import", "facts", "more"]).exits(0);
    assert_eq!(preview(&place, "registry")["partner_id"], "6000110");
}

#[test]
fn equal_registries_give_equal_bytes_and_late_changes_name_themselves() {
    let (place, same) = (workspace(), workspace());
    let world = linked(&place);
    drop(linked(&same));
    let first = close(&place, "registry");
    assert_eq!(first["digest"], close(&same, "registry")["digest"]);
    assert_eq!(close(&place, "registry")["new"], false, "nothing changed");

    world.unlink("2026-03-30T00:00:00Z", ANN);
    let second = close(&place, "registry");
    assert_eq!((&second["version"], &second["adjustments"]), (&2.into(), &1.into()));
    assert_ne!(first["digest"], second["digest"]);
    assert_eq!(causes(&place), [tenant_change(1)]);

    world.link("2026-03-30T12:00:00Z", ANN, "6000210");
    world.link("2026-03-30T13:00:00Z", BEN, "6000210");
    close(&place, "registry");
    assert_eq!(causes(&place), [tenant_change(3)], "ben's link is beside the point");

    world.put("2026-03-31T00:00:00Z", "6000210", "Quillhaven", Some("2026-03-31T12:00:00Z"));
    close(&place, "registry");
    let partners = ("partners".to_owned(), "registry, change of the partner directory:3".to_owned());
    assert_eq!(causes(&place), [partners]);
    assert_eq!(close(&place, "registry")["new"], false);

    close(&place, "microsoft");
    place.pal(&["export", "2026-03", "--out", "march"]).exits(0);
    assert_eq!(place.read("march/registry.jsonl").lines().count(), 5);
}

#[test]
fn another_setting_is_a_cause_and_a_restore_too() {
    let place = workspace();
    place.pal(&["admin", "partners", "list"]).exits(3);
    drop(linked(&place));
    place.pal(&["admin", "backup", "--out", "before.sqlite"]).exits(0);
    assert_eq!(close(&place, "microsoft")["credited"], 0);
    assert_eq!(close(&place, "registry")["credited"], 1);
    assert_eq!(causes(&place), [("settings".to_owned(), "links_from".to_owned())]);

    RegistryWorld::open(&place).unlink("2026-02-20T00:00:00Z", ANN);
    RegistryWorld::open(&place).link("2026-02-21T00:00:00Z", ANN, "6000210");
    close(&place, "registry");
    place.pal(&["admin", "restore", "before.sqlite", "--replace"]).exits(0);
    assert_eq!(close(&place, "registry")["credited"], 1);
    let causes = causes(&place);
    let gone = ("links".to_owned(), format!("no longer in the registry, change of tenant {TENANT}:3"));
    assert!(causes.contains(&gone) && causes.contains(&tenant_change(1)), "{causes:?}");
}
