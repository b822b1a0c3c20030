//! Every route, method and role, with ids swapped across twenty tenants: what is out of reach looks in every way like
//! what is not there.

use axum::http::HeaderMap;

use crate::api_world::{OPERATORS, ROLES, link, listed, object, tenant, world};
use crate::world::{Answer, OTHER_PARTNER, PARTNER, World, own, partner};

const TENANTS: u128 = 20;
const METHODS: [&str; 7] = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "POST", "OPTIONS"];

/// An answer without what is of its own request only.
fn told(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let ids = ["request-id", "x-ms-request-id", "x-ms-correlation-request-id", "x-ms-routing-request-id"];
    let headers = |headers: &HeaderMap| {
        let named = headers.iter().filter(|(name, _)| !ids.contains(&name.as_str()));
        let mut all: Vec<_> =
            named.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        all.sort_unstable();
        all
    };
    let id = answer.header("request-id").unwrap_or_default();
    (answer.status, headers(&answer.headers), answer.body.replace(id, "ID"))
}

/// Addresses that name a principal.
fn addresses(tenant: uuid::Uuid, object_id: uuid::Uuid) -> [String; 5] {
    [
        link(tenant, object_id),
        format!("{}/history", link(tenant, object_id)),
        format!("/api/v1/links?tenant_id={tenant}"),
        format!("/api/v1/links?text={object_id}"),
        format!("/api/v1/links?tenant_id={tenant}&limit=1"),
    ]
}

/// Asks about a stranger and about nobody, at so many addresses: the answers must be the same.
async fn compare(world: &World, token: &str, stranger: (uuid::Uuid, uuid::Uuid), number: usize) -> usize {
    let nobody = (tenant(77), object(77, 0));
    let mut asked = 0;
    let none = addresses(nobody.0, nobody.1);
    for (theirs, none) in addresses(stranger.0, stranger.1).iter().zip(none).take(number) {
        for method in METHODS {
            let about = told(&world.ask_as(token, method, theirs).await);
            let absent = told(&world.ask_as(token, method, &none).await);
            assert_eq!(about, absent, "{token} {method} {theirs}");
            assert!(!about.2.contains(&stranger.1.to_string()), "{token} {method} {theirs}");
            asked += 1;
        }
    }
    asked
}

#[tokio::test]
async fn strangers_look_like_nobody() {
    let world = world(TENANTS).await;
    let mut asked = 0;
    for n in 1..=TENANTS {
        let other = n % TENANTS + 1;
        for (role, _) in ROLES {
            let token = format!("{role}-{n}");
            for place in [0, 3] {
                asked += compare(&world, &token, (tenant(other), object(other, place)), 5).await;
                // The object id of one tenant with the tenant id of another.
                asked += compare(&world, &token, (tenant(other), object(n, place)), 3).await;
            }
            if role != "reader" {
                let neighbour = u128::from(role == "plain");
                let of_neighbour = (tenant(n), object(n, neighbour));
                for address in &addresses(of_neighbour.0, of_neighbour.1)[..2] {
                    assert_eq!(world.ask_as(&token, "GET", address).await.status, 404, "{token} {address}");
                }
            }
        }
    }
    assert!(asked == (5 + 3) * 2 * 7 * 4 * 20, "{asked}");
}

#[tokio::test]
async fn lists_count_what_is_within_reach_and_nothing_else() {
    let world = world(TENANTS).await;
    let count = async |token: String, query: &str| {
        listed(&world.ask_as(&token, "GET", &format!("/api/v1/links?limit=1000{query}")).await)
    };
    assert_eq!(count("operator".to_owned(), "").await.len(), 60);
    assert_eq!(count("auditor".to_owned(), "").await.len(), 60);
    let foreign = world.ask_as("operator", "GET", "/api/v1/links?limit=31").await.json();
    let cursor = format!("&cursor={}", foreign["next"].as_str().unwrap());
    let before_all = format!("&cursor={}", "0".repeat(64));
    for n in 1..=TENANTS {
        let reader = count(format!("reader-{n}"), "").await;
        assert!(reader.len() == 3 && reader.iter().all(|(of, _)| *of == tenant(n).to_string()), "{reader:?}");
        for (role, expected) in [("plain", 1), ("impostor", 1), ("unlinked", 0)] {
            let token = format!("{role}-{n}");
            let own = count(token.clone(), "").await;
            assert_eq!(own.len(), expected, "{token}");
            assert!(own.iter().all(|(of, _)| *of == tenant(n).to_string()));
            assert_eq!(count(token.clone(), &before_all).await, own, "{token}");
            let later = count(token.clone(), &cursor).await;
            assert!(later.iter().all(|one| own.contains(one)), "{token}: {later:?}");
        }
    }
}

#[tokio::test]
async fn no_call_of_one_tenant_changes_another() {
    let world = world(TENANTS).await;
    let before = world.ask_as("operator", "GET", "/api/v1/links?limit=1000").await.json()["items"].clone();
    for (role, _) in ROLES {
        for method in METHODS {
            for address in addresses(tenant(2), object(2, 0)) {
                world.ask_as(&format!("{role}-1"), method, &address).await;
            }
            for address in ["/api/v1/partners", "/api/v1/me", "/metrics"] {
                let answer = world.ask_as(&format!("{role}-1"), method, address).await;
                assert!(
                    method == "GET" || answer.status != 200 || answer.body.is_empty(),
                    "{method} {address}"
                );
            }
        }
        for (method, address) in
            [("DELETE", partner(PARTNER)), ("PATCH", partner(OTHER_PARTNER)), ("GET", own())]
        {
            world.ask_as(&format!("{role}-1"), method, &address).await;
        }
    }
    let after = world.ask_as("operator", "GET", "/api/v1/links?limit=1000").await.json()["items"].clone();
    let others = |items: &serde_json::Value| {
        let mut others = items.as_array().unwrap().clone();
        others.retain(|item| item["tenant_id"] != tenant(1).to_string());
        others
    };
    assert_eq!((others(&before).len(), others(&after)), (57, others(&before)));
    assert_ne!(after, before, "the calls did something to their own tenant");
}

#[tokio::test]
async fn an_operator_of_another_tenant_is_none() {
    let world = world(2).await;
    for (token, reads) in [("impostor-1", "own"), ("operator", "everything")] {
        assert_eq!(world.ask_as(token, "GET", "/api/v1/me").await.json()["reads"], reads);
    }
    assert_eq!(world.ask_as("impostor-1", "GET", "/api/v1/partners").await.status, 403);
    assert_eq!(world.ask_as("operator", "GET", &link(OPERATORS, object(0, 0))).await.status, 404);
}
