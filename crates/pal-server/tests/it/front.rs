//! Metadata, subscriptions, tenants.

use crate::world::{TENANT, World};

#[tokio::test]
async fn the_cloud_is_described_in_three_shapes_to_everybody() {
    let world = World::new().await;
    let object = r#"{"name":"Pal","portal":"https://pal.example","resourceManager":"https://pal.example","graph":"https://pal.example/graph/","graphAudience":"https://pal.example/graph/","authentication":{"loginEndpoint":"https://login.example","audiences":["https://management.core.windows.net/","https://management.azure.com/"],"tenant":"common","identityProvider":"AAD"},"suffixes":{}}"#;
    let legacy = r#"{"galleryEndpoint":"https://pal.example/gallery/","graphEndpoint":"https://pal.example/graph/","portalEndpoint":"https://pal.example/","authentication":{"loginEndpoint":"https://login.example/","audiences":["https://management.core.windows.net/","https://management.azure.com/"]}}"#;
    for (address, expected) in [
        ("/metadata/endpoints?api-version=2022-09-01", object.to_owned()),
        ("/Metadata/Endpoints/?api-version=2022-09-01&x=1", object.to_owned()),
        ("/metadata/endpoints?api-version=2019-05-01", format!("[{object}]")),
        ("/metadata/endpoints?api-version=1.0", legacy.to_owned()),
        ("/metadata/endpoints?api-version=2015-01-01", legacy.replace("login.example/", "login.example")),
    ] {
        for token in ["alice", "nobody"] {
            let answer = world.ask_as(token, "GET", address).await;
            assert_eq!((answer.status, answer.body), (200, expected.clone()), "{address}");
        }
    }
}

#[tokio::test]
async fn other_metadata_is_not_there() {
    let world = World::new().await;
    for (address, status, code) in [
        ("/metadata/endpoints", 400, "MissingApiVersionParameter"),
        ("/metadata/endpoints?api-version=2011-01-01", 400, "InvalidApiVersionParameter"),
        ("/metadata?api-version=1.0", 404, "NotFound"),
        ("/metadata/instance?api-version=1.0", 404, "NotFound"),
        ("/metadata/endpoints/x?api-version=1.0", 404, "NotFound"),
    ] {
        let answer = world.ask("GET", address).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{address}");
        assert!(answer.json().get("code").is_none(), "single form");
    }
}

#[tokio::test]
async fn a_caller_sees_its_own_tenant_and_no_subscriptions() {
    let world = World::new().await;
    let named = format!(
        r#"{{"value":[{{"id":"/tenants/{TENANT}","tenantId":"{TENANT}","displayName":"Contoso","defaultDomain":"contoso.example","domains":[],"tenantCategory":"Home"}}]}}"#
    );
    let other = crate::world::OTHER_TENANT;
    let nameless = format!(
        r#"{{"value":[{{"id":"/tenants/{other}","tenantId":"{other}","domains":[],"tenantCategory":"Home"}}]}}"#
    );
    for (token, address, expected) in [
        ("alice", "/tenants?api-version=2022-12-01", named.as_str()),
        ("bob", "/Tenants/?api-version=2020-01-01", named.as_str()),
        ("alice-elsewhere", "/tenants?api-version=2022-12-01", nameless.as_str()),
        ("alice", "/subscriptions?api-version=2022-12-01", r#"{"value":[]}"#),
        ("alice", "/SUBSCRIPTIONS/?api-version=2016-06-01", r#"{"value":[]}"#),
    ] {
        let answer = world.ask_as(token, "GET", address).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, expected), "{token} {address}");
    }
    for address in
        ["/tenants?api-version=1", "/subscriptions?api-version=1", "/subscriptions/s?api-version=1"]
    {
        assert_eq!(world.ask_as("nobody", "GET", address).await.status, 401, "{address}");
    }
}
