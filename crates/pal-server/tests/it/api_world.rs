//! A service with an operator tenant and many customers' tenants, each with people of every role.

use pal_rules::time::Timestamp;
use pal_server::Kind;
use pal_server::identity::{Authenticator, FixedPrincipal};
use serde_json::Value;
use uuid::Uuid;

use crate::world::{Answer, PARTNER, Partners, World, partner, request};

/// The tenant whose operators and auditors count.
pub(crate) const OPERATORS: Uuid = Uuid::from_u128(0x7e0f_0000_0000_4000_8000_0000_0000_0000);

/// The n-th customer.
pub(crate) fn tenant(n: u128) -> Uuid {
    Uuid::from_u128(0x7e00_0000_0000_4000_8000_0000_0000_0000 | n << 96)
}

/// The principal of a place in the n-th customer's tenant.
pub(crate) fn object(n: u128, place: u128) -> Uuid {
    Uuid::from_u128(0x0b00_0000_0000_4000_8000_0000_0000_0000 | n << 64 | place)
}

/// The places: what a principal is given, whatever it is worth in its tenant.
pub(crate) const ROLES: [(&str, &[&str]); 4] = [
    ("plain", &[]),
    ("reader", &["tenant_reader"]),
    ("impostor", &["operator", "auditor"]),
    ("unlinked", &[]),
];

fn principal(token: String, tenant: Uuid, object_id: Uuid, roles: &[&str]) -> FixedPrincipal {
    FixedPrincipal {
        token,
        tenant,
        object_id,
        kind: Kind::Application,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        expires_at: Timestamp::parse("2027-01-01T00:00:00Z").unwrap(),
    }
}

/// So many customers; in each, everybody but `unlinked` is linked.
pub(crate) async fn world(tenants: u128) -> World {
    let mut principals = vec![
        principal("operator".to_owned(), OPERATORS, object(0, 0), &["operator"]),
        principal("auditor".to_owned(), OPERATORS, object(0, 1), &["auditor"]),
    ];
    for n in 1..=tenants {
        for (place, (role, given)) in (0..).zip(ROLES) {
            principals.push(principal(format!("{role}-{n}"), tenant(n), object(n, place), given));
        }
    }
    let authenticator = Authenticator::fixed(principals);
    let world = World::with(Partners::Directory, &[], move |app| {
        app.authenticator = authenticator;
        app.operator_tenant = Some(OPERATORS);
        app.limits.quota = None;
    });
    let world = world.await;
    for n in 1..=tenants {
        for (role, _) in ROLES.iter().filter(|(role, _)| *role != "unlinked") {
            assert_eq!(world.ask_as(&format!("{role}-{n}"), "PUT", &partner(PARTNER)).await.status, 200);
        }
    }
    world
}

/// The addresses of a link and of its history.
pub(crate) fn link(tenant: Uuid, object_id: Uuid) -> String {
    format!("/api/v1/links/{tenant}/{object_id}")
}

/// The tenant and object ids that a list shows.
pub(crate) fn listed(answer: &Answer) -> Vec<(String, String)> {
    let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
    let answer = answer.json();
    let items = answer["items"].as_array().unwrap();
    items.iter().map(|item| (text(item, "tenant_id"), text(item, "object_id"))).collect()
}

/// A PUT of partners.
pub(crate) async fn put_partners(world: &World, token: &str, kind: &str, body: &str) -> Answer {
    let put = request("PUT", "/api/v1/partners").header("Authorization", format!("Bearer {token}"));
    let put = put.header("Content-Type", kind).body(axum::body::Body::from(body.to_owned())).unwrap();
    world.send(put).await
}
