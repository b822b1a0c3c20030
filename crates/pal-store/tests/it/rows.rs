//! The registry as facts: a row per period, and the directory as it last changed.

use pal_rules::facts::Table;
use pal_store::registry::audit::OPERATOR_CHAIN;
use pal_store::registry::{FILE_NAME, PartnerPolicy, rows_of_file};

use crate::world::{TestClock, location, object, open, partner, principal, request, tenant};

#[tokio::test(flavor = "multi_thread")]
async fn what_creates_or_moves_a_link_begins_a_period_and_what_moves_or_deletes_it_ends_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE_NAME);
    let clock = TestClock::at("2026-01-01T00:00:00Z");
    let registry = open(&file, &clock, PartnerPolicy::AnyPartnerId).await;
    registry
        .put_partners(vec![location("1001", "Old"), location("1002", "")], None, request())
        .await
        .unwrap();
    clock.set("2026-01-02T00:00:00Z");
    registry.put_partners(vec![location("1001", "New")], None, request()).await.unwrap();
    registry.create_link(principal(1, 1), partner("1001"), request()).await.unwrap();
    registry.create_link(principal(1, 2), partner("1002"), request()).await.unwrap();
    registry.create_link(principal(2, 1), partner("1002"), request()).await.unwrap();
    clock.set("2026-01-03T00:00:00Z");
    registry.update_link(principal(1, 1), partner("1002"), request()).await.unwrap();
    registry.delete_link(principal(2, 1), None, request()).await.unwrap();
    clock.set("2026-01-04T00:00:00Z");
    registry.delete_link(principal(1, 1), None, request()).await.unwrap();
    registry.create_link(principal(1, 1), partner("1001"), request()).await.unwrap();

    let rows = rows_of_file(&file, true).unwrap();
    let shown: Vec<(String, i64)> = rows
        .iter()
        .filter(|told| told.table == Table::Links)
        .map(|told| {
            assert_eq!(told.row.values()[0].text(), told.chain.to_string());
            let cells: Vec<String> =
                told.row.values()[1..].iter().map(pal_rules::facts::Value::text).collect();
            (cells.join(" "), told.sequence)
        })
        .collect();
    let (first, second) = (object(1), object(2));
    let expected = [
        (format!("{first} 1001 2026-01-02T00:00:00Z 2026-01-03T00:00:00Z this_server"), 1),
        (format!("{first} 1002 2026-01-03T00:00:00Z 2026-01-04T00:00:00Z this_server"), 3),
        (format!("{first} 1001 2026-01-04T00:00:00.000001Z  this_server"), 5),
        (format!("{second} 1002 2026-01-02T00:00:00.000001Z  this_server"), 2),
        (format!("{first} 1002 2026-01-02T00:00:00Z 2026-01-03T00:00:00Z this_server"), 1),
    ];
    assert_eq!(shown, expected);
    assert_eq!(rows.last().unwrap().chain, tenant(2));

    let partners = rows_of_file(&file, false).unwrap();
    assert_eq!(partners, rows[..2]);
    let shown: Vec<String> = partners
        .iter()
        .map(|told| {
            assert_eq!(told.chain, OPERATOR_CHAIN);
            let cells: Vec<String> = told.row.values().iter().map(pal_rules::facts::Value::text).collect();
            format!("{}: {}", told.sequence, cells.join(","))
        })
        .collect();
    let expected = [
        "3: 1001,New,location,,,,2026-01-02T00:00:00Z",
        "2: 1002,1002,location,,,,2026-01-01T00:00:00.000001Z",
    ];
    assert_eq!(shown, expected);
}
