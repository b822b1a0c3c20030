//! The requests of clients that no test can run, as `wire.md` and `clients.md` give them, and of each answer what that
//! client reads. Whoever runs one of them against this server sends these and no others.

use axum::body::Body;
use serde_json::Value;

use crate::world::{ALICE, Answer, OTHER_PARTNER, PARTNER, PARTNER_NAME, TENANT, UNKNOWN, World, request};

const PROVIDER: &str = "/providers/Microsoft.ManagementPartner/partners";
const VERSION: &str = "?api-version=2018-02-01";

/// A client: the headers that all its requests have, and the body that it writes with.
struct Client {
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
}

/// Az.ManagementPartner: generated .NET, newtonsoft, one request per cmdlet.
const POWERSHELL: Client = Client {
    headers: &[
        (
            "User-Agent",
            "FxVersion/9.0.326.7603 OSName/Linux Microsoft.Azure.Management.ManagementPartner/0.7.5",
        ),
        ("Accept", "application/json"),
        ("accept-language", "en-US"),
        ("CommandName", "New-AzManagementPartner"),
        ("ParameterSetName", "__AllParameterSets"),
        ("ChangeSafety", "unknown"),
        ("x-ms-client-request-id", "0f6ad0c7-3f0c-4bb4-8c2b-0d2f3f6c1a11"),
    ],
    body: "",
};

/// The Azure CLI's extension 1.0.0.
const EXTENSION: Client = Client {
    headers: &[
        ("User-Agent", "AZURECLI/2.91.0 (PIP) azsdk-python-core/1.39.0 Python/3.11.7 (Linux-6.1.0-x86_64)"),
        ("Accept", "application/json"),
        ("Accept-Encoding", "gzip, deflate"),
        ("CommandName", "managementpartner create"),
        ("ParameterSetName", "--partner-id"),
        ("x-ms-client-request-id", "7f3c8a52-0b0e-11f0-9c3e-0242ac120002"),
    ],
    body: "",
};

/// Terraform's azapi: `azapi_resource_action` and the data source.
const AZAPI: Client = Client {
    headers: &[
        (
            "User-Agent",
            "HashiCorp Terraform/1.13.0 (+https://www.terraform.io) terraform-provider-azapi/2.8.0",
        ),
        ("Accept", "application/json"),
        ("Content-Type", "application/json"),
        ("x-ms-correlation-request-id", "b7d1a3c0-9a55-4d0e-8f8a-3f2f0d7a6b10"),
    ],
    body: "{}",
};

/// A .NET tool that says the partner in the body, too.
const DOTNET_TOOL: Client = Client {
    headers: &[("Accept", "application/json"), ("Content-Type", "application/json; charset=utf-8")],
    body: r#"{"properties":{"partnerId":"5127255"}}"#,
};

/// `az rest` and `curl`, as pages on the web have them.
const BY_HAND: Client = Client {
    headers: &[("Accept", "*/*"), ("Content-Type", "application/json")],
    body: r#"{"partnerId":"5127255"}"#,
};

const ALL: [&Client; 5] = [&POWERSHELL, &EXTENSION, &AZAPI, &DOTNET_TOOL, &BY_HAND];

impl Client {
    async fn send(&self, world: &World, method: &str, address: &str) -> Answer {
        let mut request = request(method, address).header("Authorization", "Bearer alice");
        for (name, value) in self.headers {
            request = request.header(*name, *value);
        }
        let writes = matches!(method, "PUT" | "PATCH");
        let body = if writes { self.body } else { "" };
        let request = request.header("Content-Length", body.len());
        world.send(request.body(Body::from(body)).unwrap()).await
    }

    /// A request that must be done; every generated client takes 200 and nothing else.
    async fn done(&self, world: &World, method: &str, address: &str) -> Answer {
        let answer = self.send(world, method, address).await;
        assert_eq!(answer.status, 200, "{method} {address}: {answer:?}");
        answer
    }

    /// A request that must be refused. PowerShell reads `error.message` without looking whether it is there, older
    /// clients read the outer members.
    async fn refused(&self, world: &World, method: &str, address: &str) -> (u16, String) {
        let answer = self.send(world, method, address).await;
        let body = answer.json();
        for member in ["code", "message"] {
            let inner = body["error"][member].as_str().unwrap_or_default();
            assert!(!inner.is_empty(), "{method} {address}: {answer:?}");
            assert_eq!(body[member], inner, "{method} {address}");
        }
        (answer.status, answer.code())
    }
}

/// Every member that a generated client declares, with its type.
fn shown(answer: &Answer, id: &str, version: i64) {
    let body = answer.json();
    let properties = &body["properties"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    assert_eq!(
        [&body["id"], &body["type"], &body["name"]].map(text),
        [
            format!("/providers/microsoft.managementpartner/partners/{id}"),
            "Microsoft.ManagementPartner/partners".to_owned(),
            id.to_owned(),
        ]
    );
    let name = if id == PARTNER { PARTNER_NAME } else { "Other" };
    assert_eq!(
        ["partnerId", "partnerName", "tenantId", "objectId", "state"].map(|name| text(&properties[name])),
        [id, name, &TENANT.to_string(), &ALICE.to_string(), "Active"]
    );
    assert_eq!((body["etag"].as_i64(), properties["version"].as_i64()), (Some(version), Some(version)));
    for time in ["createdTime", "updatedTime"] {
        assert!(text(&properties[time]).ends_with('Z'), "{properties}");
    }
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
}

fn at(id: &str) -> String {
    format!("{PROVIDER}/{id}{VERSION}")
}

#[tokio::test]
async fn each_client_makes_reads_moves_and_removes_its_link() {
    for client in ALL {
        let world = World::new().await;
        shown(&client.done(&world, "PUT", &at(PARTNER)).await, PARTNER, 1);
        shown(&client.done(&world, "GET", &at(PARTNER)).await, PARTNER, 1);
        // The cmdlet and both extensions ask for no id with a slash at the end, azapi and people without.
        for address in [format!("{PROVIDER}/{VERSION}"), format!("{PROVIDER}{VERSION}")] {
            shown(&client.done(&world, "GET", &address).await, PARTNER, 1);
        }
        shown(&client.done(&world, "PATCH", &at(OTHER_PARTNER)).await, OTHER_PARTNER, 2);
        let deleted = client.done(&world, "DELETE", &at(OTHER_PARTNER)).await;
        assert_eq!((deleted.body.as_str(), deleted.header("content-type")), ("", None));
    }
}

#[tokio::test]
async fn each_client_is_told_why_not_in_the_form_that_it_reads() {
    for client in ALL {
        let world = World::new().await;
        let not_linked = (404, "ManagementPartnerNotFound".to_owned());
        let invalid = (400, "PartnerIdInvalid".to_owned());
        for address in [format!("{PROVIDER}/{VERSION}"), at(PARTNER)] {
            assert_eq!(client.refused(&world, "GET", &address).await, not_linked, "{address}");
        }
        assert_eq!(client.refused(&world, "PATCH", &at(PARTNER)).await, not_linked);
        assert_eq!(client.refused(&world, "PUT", &at(UNKNOWN)).await, invalid);
        client.done(&world, "DELETE", &at(PARTNER)).await;
        client.done(&world, "PUT", &at(PARTNER)).await;
        assert_eq!(client.refused(&world, "PATCH", &at(UNKNOWN)).await, invalid);
        let already = (409, "PartnerIdAlreadyLinked".to_owned());
        assert_eq!(client.refused(&world, "PUT", &at(OTHER_PARTNER)).await, already);
    }
}

/// `Add-AzEnvironment -ARMEndpoint` and `Connect-AzAccount`. The cmdlet wants every one of the five, none empty, and a
/// sign-in address that does not end in `/adfs`.
#[tokio::test]
async fn powershell_finds_the_cloud_its_tenant_and_its_subscriptions() {
    let world = World::new().await;
    let cloud = POWERSHELL.done(&world, "GET", "/metadata/endpoints?api-version=1.0").await.json();
    let authentication = &cloud["authentication"];
    for value in [
        &cloud["galleryEndpoint"],
        &cloud["graphEndpoint"],
        &cloud["portalEndpoint"],
        &authentication["loginEndpoint"],
        &authentication["audiences"][0],
    ] {
        assert!(value.as_str().is_some_and(|value| value.starts_with("https://")), "{cloud}");
    }
    assert!(!authentication["loginEndpoint"].as_str().unwrap().trim_end_matches('/').ends_with("/adfs"));
    let discovered =
        POWERSHELL.done(&world, "GET", "/metadata/endpoints?api-version=2019-05-01").await.json();
    assert_eq!(discovered[0]["resourceManager"], "https://pal.example");
    // The second is how the .NET tool asks.
    for version in ["2022-12-01", "2020-01-01"] {
        let address = format!("/tenants?api-version={version}");
        let tenants = POWERSHELL.done(&world, "GET", &address).await.json();
        assert_eq!(tenants["value"][0]["tenantId"], TENANT.to_string());
    }
    let address = "/subscriptions?api-version=2016-06-01";
    assert_eq!(POWERSHELL.done(&world, "GET", address).await.body, r#"{"value":[]}"#);
}

/// A script of the web writes with a slash at the end; the azapi data source takes 404, and only that, for "not there".
#[tokio::test]
async fn odd_addresses_of_scripts_work() {
    let world = World::new().await;
    let slash = |id: &str| format!("{}/{id}/{VERSION}", PROVIDER.to_lowercase());
    shown(&BY_HAND.done(&world, "PUT", &slash(PARTNER)).await, PARTNER, 1);
    assert_eq!(BY_HAND.send(&world, "PUT", &slash(PARTNER)).await.status, 409);
    shown(&BY_HAND.done(&world, "PATCH", &slash(OTHER_PARTNER)).await, OTHER_PARTNER, 2);
    BY_HAND.done(&world, "DELETE", &slash(OTHER_PARTNER)).await;
    assert_eq!(AZAPI.send(&world, "GET", &at(OTHER_PARTNER)).await.status, 404);
    assert_eq!(AZAPI.send(&world, "GET", &format!("{PROVIDER}{VERSION}")).await.status, 404);
}

/// The cmdlet and the extension send a write again with the id of the first time.
#[tokio::test]
async fn a_write_that_is_sent_again_is_done_once() {
    for client in [&POWERSHELL, &EXTENSION] {
        let world = World::new().await;
        let first = client.done(&world, "PUT", &at(PARTNER)).await;
        world.pass(1);
        assert_eq!(client.done(&world, "PUT", &at(PARTNER)).await.body, first.body);
        for _ in 0..2 {
            client.done(&world, "DELETE", &at(PARTNER)).await;
        }
        assert_eq!(client.done(&world, "PUT", &at(PARTNER)).await.version(), 3);
    }
}
