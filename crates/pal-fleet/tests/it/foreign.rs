//! Endpoints that are not Microsoft's, and what they are not given: a token that opens something else than themselves.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pal_fleet::cloud::{Cloud, Said};
use pal_fleet::endpoint::Endpoint;
use pal_fleet::problem::Problem;
use pal_fleet::sign_in::{Secret, Way, sign_in};
use serde_json::json;

use crate::http;
use crate::loopback::{Loopback, Reply};

/// Everything that opens something of Microsoft's, or might.
const OTHERS: [&str; 10] = [
    "api://AzureADTokenExchange",
    "https://management.azure.com/",
    "https://MANAGEMENT.core.windows.net",
    "https://management.azure.com:443/",
    "https://management.azure.com/x/..",
    "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    "https://graph.microsoft.com",
    "https://vault.azure.net",
    "https://127.0.0.1.example",
    "api://x/.default https://management.azure.com",
];
const MICROSOFT: &str = "https://login.microsoftonline.com";

/// An endpoint whose metadata say where to sign in, itself if nothing is said, and for what; it gives everybody a token.
fn endpoint(login: Option<&str>, audience: &str) -> Loopback {
    let (login, audience) = (login.map(str::to_owned), audience.to_owned());
    Loopback::new(move |asked, _| {
        let login = login.clone().unwrap_or_else(|| format!("http://{}", asked.header("host")));
        if asked.line.starts_with("GET /metadata") {
            Reply::json(200, json!({"authentication": {"loginEndpoint": login, "audiences": [audience]}}))
        } else {
            Reply::json(200, json!({"access_token": "t0ken"}))
        }
    })
}

fn signs_in(server: &Loopback, audience: Option<&str>, way: &Way) -> Result<(), Problem> {
    let said = Said { login: None, audience: audience.map(str::to_owned) };
    let cloud = Cloud::find(&http(), &Endpoint::parse(&server.url()).unwrap(), &said)?;
    sign_in(&http(), &cloud, Some("t"), way).map(|_| ())
}

#[track_caller]
fn refused(problem: &Problem, audience: &str) {
    assert!(matches!(problem, Problem::SignIn { .. }), "{audience}: {problem:?}");
    assert!(problem.to_string().contains("the endpoint is not Microsoft's"), "{audience}: {problem}");
    assert!(problem.hint().unwrap().contains("--audience api://APP_ID"), "{audience}: {problem}");
}

/// A stand-in for the Azure CLI that leaves a file behind.
fn az(folder: &Path) -> Way {
    let program = folder.join("az");
    std::fs::write(
        &program,
        "#!/bin/sh\ntouch \"$(dirname \"$0\")/asked\"\necho '{\"accessToken\":\"t0ken\"}'\n",
    )
    .unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    Way::Az { program }
}

#[test]
fn the_azure_cli_and_managed_identities_are_not_asked_for_what_opens_more_than_the_endpoint() {
    let folder = tempfile::tempdir().unwrap();
    let (az, asked) = (az(folder.path()), folder.path().join("asked"));
    let service = Loopback::new(|_, _| Reply::json(200, json!({"access_token": "t0ken"})));
    let identity = Way::ManagedIdentity {
        client_id: None,
        service: Some((format!("{}/msi/token", service.url()), Secret::new("h"))),
    };
    // Where the endpoint says that one signs in is nothing to them.
    for (audience, login) in
        OTHERS.iter().flat_map(|audience| [(audience, None), (audience, Some(MICROSOFT))])
    {
        let server = endpoint(login, audience);
        refused(&signs_in(&server, None, &az).unwrap_err(), audience);
        refused(&signs_in(&server, None, &identity).unwrap_err(), audience);
    }
    assert!(!asked.exists() && service.asked().is_empty());
    for (audience, said) in [
        ("api://7e0f0000/pal", None),
        ("https://management.azure.com/", Some("https://management.azure.com/")),
    ] {
        let server = endpoint(Some(MICROSOFT), audience);
        signs_in(&server, said, &az).unwrap();
        signs_in(&server, said, &identity).unwrap();
    }
    assert!(asked.exists() && service.asked().len() == 2);
}

#[test]
fn who_signs_in_elsewhere_asks_for_nothing_but_the_endpoint_and_who_signs_in_there_for_anything() {
    let secret = Way::Secret { client_id: "c".to_owned(), secret: Secret::new("s") };
    let federated = Way::Federated { client_id: "c".to_owned(), token: Secret::new("f") };
    let certificate = Way::Certificate { client_id: "c".to_owned(), file: "none.pem".into() };
    let person = Way::DeviceCode { client_id: None };
    for audience in OTHERS {
        for login in [MICROSOFT, "https://sts.windows.net", "https://sts.example"] {
            let server = endpoint(Some(login), audience);
            for way in [&secret, &federated, &certificate, &person] {
                refused(&signs_in(&server, None, way).unwrap_err(), audience);
            }
        }
        let server = endpoint(None, audience);
        for way in [&secret, &federated] {
            signs_in(&server, None, way).unwrap();
        }
        let sent = server.asked();
        assert_eq!(
            sent.iter().filter(|asked| asked.line == "POST /t/oauth2/v2.0/token").count(),
            2,
            "{sent:?}"
        );
    }
}
