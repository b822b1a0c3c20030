//! What a tenant may ask in an hour.

use std::num::NonZeroU32;

use pal_server::Quota;

use crate::world::{PARTNER, Partners, World, own, partner};

async fn world(quota: Option<(u32, u32)>) -> World {
    let of = |number| NonZeroU32::new(number).unwrap();
    let quota = quota.map(|(writes, reads)| Quota { writes_per_hour: of(writes), reads_per_hour: of(reads) });
    World::with(Partners::Directory, &[], move |app| app.limits.quota = quota).await
}

#[tokio::test]
async fn beyond_the_quota_a_tenant_is_told_when_to_come_back() {
    let world = world(Some((2, 100))).await;
    let left = |answer: &crate::world::Answer| {
        answer.header("x-ms-ratelimit-remaining-tenant-writes").map(str::to_owned)
    };
    for expected in ["1", "0"] {
        let answer = world.ask("DELETE", &partner(PARTNER)).await;
        assert_eq!((answer.status, left(&answer).as_deref()), (200, Some(expected)));
    }
    let answer = world.ask("PUT", &partner(PARTNER)).await;
    let body = r#"{"error":{"code":"TooManyRequests","message":"The tenant's write requests exceed the limit of 2 an hour. Please try again after 1800 seconds."}}"#;
    assert_eq!((answer.status, answer.body.as_str()), (429, body));
    assert_eq!((answer.header("retry-after"), left(&answer).as_deref()), (Some("1800"), Some("0")));

    assert_eq!(world.ask_as("bob", "PUT", &partner(PARTNER)).await.status, 429, "the same tenant");
    assert_eq!(world.ask_as("alice-elsewhere", "PUT", &partner(PARTNER)).await.status, 200, "another");
    let read = world.ask("GET", &own()).await;
    assert_eq!((read.status, read.header("x-ms-ratelimit-remaining-tenant-reads")), (404, Some("99")));

    world.pass(1799);
    assert_eq!(world.ask("PUT", &partner(PARTNER)).await.header("retry-after"), Some("1"));
    world.pass(1);
    assert_eq!(world.ask("PUT", &partner(PARTNER)).await.status, 200);
}

#[tokio::test]
async fn nobody_uses_up_a_tenants_quota_without_its_token() {
    let world = world(Some((1, 1))).await;
    for _ in 0..5 {
        assert_eq!(world.ask_as("stale", "PUT", &partner(PARTNER)).await.status, 401);
    }
    assert_eq!(world.ask("PUT", &partner(PARTNER)).await.status, 200);
}

#[tokio::test]
async fn the_default_is_that_of_2018_and_it_can_be_off() {
    let on = World::new().await;
    let read = on.ask("GET", &own()).await;
    assert_eq!(read.header("x-ms-ratelimit-remaining-tenant-reads"), Some("14999"));
    let off = world(None).await;
    for _ in 0..1300 {
        assert_eq!(off.ask("DELETE", &partner(PARTNER)).await.status, 200);
    }
    let read = off.ask("GET", &own()).await;
    assert!(read.headers.keys().all(|name| !name.as_str().contains("ratelimit")), "{read:?}");
}
