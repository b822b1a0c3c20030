//! The path from SQLite to PostgreSQL: everything, or nothing.

use pal_store::registry::audit::OPERATOR_CHAIN;
use pal_store::registry::{PartnerPolicy, RegistryFault, migrate_to_postgres};

use crate::checkpoint::key;
use crate::place::{Place, client, settings};
use crate::world::{TestClock, World, object, partner, principal, request, sent, tenant};
use crate::{conformance, model};

#[tokio::test]
async fn a_registry_goes_on_in_postgresql_where_it_ended_in_its_file() {
    let Some(Place::Database(url)) = Place::database().await else { return };
    let (file, clock) = (Place::file(), TestClock::at("2026-02-02T02:40:00Z"));
    let registry = file.open(&clock, PartnerPolicy::Directory).await;
    let world = World { registry, clock: clock.clone() };
    model::agrees_with_the_model(&world, 1, 1500).await;
    let checkpoint = world.registry.checkpoint(&key(tempfile::tempdir().unwrap().path())).await.unwrap();
    let before = world.registry.verify(Vec::new()).await.unwrap();
    let now = { move || clock.now() };
    let copied = migrate_to_postgres(&file.path(), &settings(&url), now, request()).await.unwrap();
    assert_eq!(copied.report, before);
    assert_eq!(copied.rows.iter().find(|(table, _)| *table == "audit_record").unwrap().1, before.records);
    // Every row is there as it was; the operator's chain has one record more.
    let behind = client(&url).await;
    let old = rusqlite::Connection::open(file.path()).unwrap();
    for (table, columns) in [
        (
            "link",
            "tenant_id || object_id || partner_id || state || version || created_at || updated_at || coalesce(made_by, '-') || caller_folded",
        ),
        (
            "link_history",
            "tenant_id || object_id || version || kind || coalesce(partner_before, '-') || changed_at || audit_sequence || caller_name || request_id || coalesce(client_request_id, '-')",
        ),
        (
            "partner",
            "partner_id || name || name_folded || kind || coalesce(active_from, 0) || coalesce(active_until, 0) || changed_at",
        ),
        ("audit_record", "tenant_id || sequence || record || hash"),
    ] {
        let (sql, nil) = (format!("select {columns} from {table}"), OPERATOR_CHAIN.to_string());
        let mut statement = old.prepare(&sql).unwrap();
        let mut expected: Vec<String> =
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let rows = behind.query(&sql, &[]).await.unwrap();
        let mut found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        found.retain(|row| {
            table != "audit_record" || !row.contains("\"what\":\"migrated\"") || !row.starts_with(&nil)
        });
        expected.sort_unstable();
        found.sort_unstable();
        assert!(!found.is_empty() && found == expected, "{table}");
    }
    let registry = Place::Database(url.clone()).open(&world.clock, PartnerPolicy::Directory).await;
    let report = registry.verify(vec![checkpoint]).await.unwrap();
    assert!(report.sound(), "{:?}", report.findings);
    assert_eq!(report.records, before.records + 1);
    // It is a registry like any other.
    let again =
        migrate_to_postgres(&file.path(), &settings(&url), move || world.clock.now(), request()).await;
    assert!(matches!(again, Err(RegistryFault::NotEmpty { .. })), "{again:?}");
}

#[tokio::test]
async fn a_registry_that_is_not_sound_leaves_nothing() {
    let Some(Place::Database(url)) = Place::database().await else { return };
    let (file, clock) = (Place::file(), TestClock::at("2026-01-05T10:00:00Z"));
    let registry = file.open(&clock, PartnerPolicy::AnyPartnerId).await;
    for number in 1..=700 {
        registry.create_link(principal(1, number), partner("1"), sent("a")).await.unwrap();
    }
    let other = format!("update link set version = 7 where object_id = '{}'", object(3));
    file.run(&other).await;
    let now = {
        let clock = clock.clone();
        move || clock.now()
    };
    let refused = migrate_to_postgres(&file.path(), &settings(&url), now, request()).await.unwrap_err();
    let RegistryFault::NotSound { first, more: 0 } = &refused else { panic!("{refused:?}") };
    assert!(first.contains(&tenant(1).to_string()) && first.contains(&object(3).to_string()), "{first}");
    let registry = Place::Database(url).open(&clock, PartnerPolicy::Directory).await;
    assert_eq!(registry.verify(Vec::new()).await.unwrap().records, 0);
    // The database can still be used.
    conformance::all(&World { registry, clock }).await;
}
