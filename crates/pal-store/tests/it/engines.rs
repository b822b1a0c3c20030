//! What every engine must do in the same way.

use pal_store::registry::{Created, PartnerPolicy, Request, Updated};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::place::places;
use crate::world::{TestClock, World, directory, object, partner, principal, request, sent, tenant};
use crate::{conformance, model};

#[tokio::test]
async fn it_does_what_every_engine_must() {
    for place in places().await {
        let clock = TestClock::at("2026-01-05T10:00:00Z");
        let registry = place.open(&clock, PartnerPolicy::Directory).await;
        conformance::all(&World { registry, clock }).await;
    }
}

/// `PAL_SEED` runs one seed instead of the usual ones.
#[tokio::test]
async fn random_operations_agree_with_a_model() {
    let seeds = match std::env::var("PAL_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => (1..=6).collect(),
    };
    for seed in seeds {
        for place in places().await {
            let clock = TestClock::at("2026-02-02T02:40:00Z");
            let registry = place.open(&clock, PartnerPolicy::Directory).await;
            model::agrees_with_the_model(&World { registry, clock }, seed, 400).await;
        }
    }
}

#[tokio::test]
async fn a_sandbox_takes_any_id() {
    for place in places().await {
        let clock = TestClock::at("2026-01-05T10:00:00Z");
        let registry = place.open(&clock, PartnerPolicy::AnyPartnerId).await;
        registry.put_partners(directory(), None, request()).await.unwrap();
        assert_eq!(registry.partner_problem(partner("9000")).await.unwrap(), None);
        let created = registry.create_link(principal(1, 1), partner("9000"), request()).await.unwrap();
        let Created::Made(link) = created else { panic!("{created:?}") };
        assert_eq!(link.partner_name.as_deref(), Some("Contoso Group"));
        let updated = registry.update_link(principal(1, 1), partner("4711"), request()).await.unwrap();
        let Updated::Changed(link) = updated else { panic!("{updated:?}") };
        assert_eq!(link.partner_name, None);
    }
}

#[tokio::test]
async fn everything_is_there_after_reopening() {
    for place in places().await {
        let clock = TestClock::at("2026-01-05T10:00:00Z");
        let registry = place.open(&clock, PartnerPolicy::AnyPartnerId).await;
        let created = registry.create_link(principal(1, 1), partner("1"), sent("a")).await.unwrap();
        let Created::Made(link) = created else { panic!("{created:?}") };
        drop(registry);
        let registry = place.open(&clock, PartnerPolicy::AnyPartnerId).await;
        let again = registry.create_link(principal(1, 1), partner("1"), sent("a")).await.unwrap();
        assert_eq!(again, Created::Repeated(link));
        assert!(registry.verify(Vec::new()).await.unwrap().sound());
    }
}

/// The bytes of decision 0016, and their hash: neither may ever change.
#[tokio::test]
async fn a_record_is_these_bytes() {
    for place in places().await {
        let clock = TestClock::at("2026-01-05T10:00:00.25Z");
        let registry = place.open(&clock, PartnerPolicy::AnyPartnerId).await;
        let asked = Request { request_id: Uuid::from_u128(1), client_id: None, ..sent("a\"b") };
        registry.create_link(principal(1, 2), partner("0012"), asked).await.unwrap();
        let (record, hash) = place.texts("select record, hash from audit_record").await;
        let expected = [
            r#"{"tenant":"TENANT","sequence":1,"previous":"NONE","at":"2026-01-05T10:00:00.25Z","#,
            r#""who":{"tenant":"TENANT","object_id":"OBJECT","name":"Ada Ünal","client_id":null},"#,
            r#""what":"link_created","before":null,"#,
            r#""after":{"object_id":"OBJECT","partner_id":"0012","state":"Active","version":1,"#,
            r#""created_at":"2026-01-05T10:00:00.25Z","updated_at":"2026-01-05T10:00:00.25Z"},"#,
            r#""request_id":"00000000-0000-0000-0000-000000000001","client_request_id":"a\"b","via":"provider"}"#,
        ];
        let expected = expected.concat().replace("TENANT", &tenant(1).to_string());
        let expected = expected.replace("OBJECT", &object(2).to_string()).replace("NONE", &"0".repeat(64));
        assert_eq!(record, expected);
        let sum = Sha256::new().chain_update([0; 32]).chain_update(&record).finalize();
        let half = |bytes: &[u8]| u128::from_be_bytes(bytes.try_into().unwrap());
        assert_eq!(hash, format!("{:032x}{:032x}", half(&sum[..16]), half(&sum[16..])));
    }
}

/// PostgreSQL cannot store the letter NUL; a token's name may have one all the same.
#[tokio::test]
async fn a_name_with_a_letter_that_cannot_be_stored_is_kept_without_it() {
    for place in places().await {
        let clock = TestClock::at("2026-01-05T10:00:00Z");
        let registry = place.open(&clock, PartnerPolicy::AnyPartnerId).await;
        let asked = Request { caller_name: Some("A\0da".to_owned()), ..sent("\0a") };
        registry.create_link(principal(1, 1), partner("1"), asked).await.unwrap();
        let history = registry.history(crate::world::everything(), tenant(1), object(1)).await.unwrap();
        assert_eq!(history[0].caller_name.as_deref(), Some("Ada"));
        assert_eq!(history[0].client_request_id.as_deref(), Some("a"));
        assert!(registry.verify(Vec::new()).await.unwrap().sound());
    }
}
