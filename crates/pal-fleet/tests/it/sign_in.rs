//! Signing in, against an authority of a few lines: what is sent, what is refused, what is never shown.

use std::path::PathBuf;

use pal_fleet::cloud::Cloud;
use pal_fleet::endpoint::Endpoint;
use pal_fleet::problem::Problem;
use pal_fleet::sign_in::{Secret, Token, Way, sign_in};

use crate::loopback::{Asked, Loopback, Reply};
use crate::{http, waits, words};

fn signs_in(server: &Loopback, tenant: Option<&str>, way: &Way) -> Result<Token, Problem> {
    let cloud = Cloud {
        login: Endpoint::parse(&server.url()).unwrap(),
        audience: "https://management.azure.com/".to_owned(),
        asks_for_more: false,
        signs_in_itself: true,
    };
    sign_in(&http(), &cloud, tenant, way)
}

fn app() -> Way {
    Way::Secret { client_id: "c1".to_owned(), secret: Secret::new("hush-hush") }
}

/// The message and the hint.
fn refused(problem: &Problem) -> (String, String) {
    assert!(matches!(problem, Problem::SignIn { .. }), "{problem:?}");
    (problem.to_string(), problem.hint().unwrap().to_owned())
}

#[test]
fn an_app_sends_its_secret_and_it_is_shown_nowhere() {
    let server = Loopback::new(|asked, _| {
        Reply::json(200, format!(r#"{{"access_token":"t0ken","echo":"{}"}}"#, asked.body))
    });
    let token = signs_in(&server, Some("contoso.example"), &app()).unwrap();
    assert_eq!(token.caller(), None);
    let asked = &server.asked()[0];
    assert_eq!(asked.line, "POST /contoso.example/oauth2/v2.0/token");
    assert_eq!(
        asked.body,
        "grant_type=client_credentials&client_id=c1&scope=https%3A%2F%2Fmanagement.azure.com%2F%2F.default\
         &client_secret=hush-hush"
    );
    let words = words();
    assert!(words.contains("client_id=c1") && words.contains("client_secret=[redacted]"), "{words}");
    assert!(!words.contains("hush") && !words.contains("t0ken"), "{words}");
}

#[test]
fn a_refusal_is_its_first_line_with_what_to_do() {
    let answer = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided: hush-hush. Trace ID: 1\r\nCorrelation ID: 2","trace_id":"1"}"#;
    let server = Loopback::new(move |_, _| Reply::json(401, answer));
    let problem = signs_in(&server, Some("t"), &app()).unwrap_err();
    let (message, hint) = refused(&problem);
    assert_eq!(message, "cannot sign in: AADSTS7000215: Invalid client secret provided: [redacted].");
    assert!(hint.starts_with("give the secret itself"), "{hint}");
    assert_eq!(problem.request_id(), Some("1"));
    for (status, body) in [(200, "<html>"), (200, "{}"), (400, "null"), (500, "x")] {
        let server = Loopback::new(move |_, _| Reply::json(status, body));
        let (message, _) = refused(&signs_in(&server, Some("t"), &app()).unwrap_err());
        assert!(message.contains(&status.to_string()), "{message}");
    }
    let server = Loopback::new(|_, _| Reply::Cut);
    let (message, _) = refused(&signs_in(&server, Some("t"), &app()).unwrap_err());
    assert!(message.starts_with("cannot sign in: 127.0.0.1 cannot be reached"), "{message}");
    let nowhere = signs_in(&server, None, &app()).unwrap_err();
    assert!(matches!(&nowhere, Problem::Given { .. }), "{nowhere:?}");
}

#[test]
fn a_certificates_statement_that_is_sent_again_is_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.pem");
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let made = rcgen::CertificateParams::new(["app.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    std::fs::write(&file, format!("{}{}", made.pem(), key.serialize_pem())).unwrap();
    let server = Loopback::new(|_, before| match before {
        0 => Reply::Cut,
        _ => Reply::json(200, r#"{"access_token":"t0ken"}"#),
    });
    let way = Way::Certificate { client_id: "c1".to_owned(), file };
    signs_in(&server, Some("t"), &way).unwrap();
    let sent = server.asked();
    assert_eq!(sent.len(), 2);
    assert_ne!(sent[0].body, sent[1].body, "a statement is good once");
    assert!(!words().contains("eyJ"), "{}", words());
    for (content, wrong) in [
        ("", "no certificate"),
        (made.pem().as_str(), "no private key"),
        (&format!("{}{}", made.pem(), rcgen::KeyPair::generate().unwrap().serialize_pem()), "no RSA key"),
    ] {
        let file = folder.path().join("wrong.pem");
        std::fs::write(&file, content).unwrap();
        let way = Way::Certificate { client_id: "c1".to_owned(), file };
        let problem = signs_in(&server, Some("t"), &way).unwrap_err();
        assert!(problem.to_string().contains(wrong), "{problem}");
    }
}

const CODE: &str = r#"{"device_code":"d3vice","user_code":"ABC","message":"Go there, enter ABC","interval":2,"expires_in":20}"#;

fn device(
    polls: impl Fn(usize) -> (u16, &'static str) + Send + 'static,
) -> (Loopback, Result<Token, Problem>) {
    let server = Loopback::new(move |asked: &Asked, before| {
        if asked.line.ends_with("/devicecode") {
            return Reply::json(200, CODE);
        }
        let (status, body) = polls(before);
        Reply::json(status, body)
    });
    let token = signs_in(&server, None, &Way::DeviceCode { client_id: None });
    (server, token)
}

#[test]
fn a_device_code_is_shown_and_asked_for_as_often_as_the_authority_says() {
    let (server, token) = device(|before| match before {
        1 => (400, r#"{"error":"authorization_pending"}"#),
        2 => (400, r#"{"error":"slow_down"}"#),
        _ => (200, r#"{"access_token":"t0ken"}"#),
    });
    token.unwrap();
    assert_eq!(waits(), [2000, 2000, 7000]);
    assert!(words().contains("Go there, enter ABC"));
    let asked = server.asked();
    assert_eq!(asked[0].line, "POST /organizations/oauth2/v2.0/devicecode");
    assert!(asked[0].body.starts_with("client_id=04b07795-8ddb-461a-bbee-02f9e1bf7b46&scope="), "{asked:?}");
    assert!(asked[1].body.contains("device_code=d3vice"), "{asked:?}");
    let exchange = words().replace("\nGo there, enter ABC\n", "\n");
    assert!(!exchange.contains("d3vice") && !exchange.contains("ABC"), "{exchange}");
}

#[test]
fn a_device_code_that_nobody_uses_ends() {
    for (error, said) in [
        (r#"{"error":"authorization_pending"}"#, "in time"),
        (r#"{"error":"expired_token"}"#, "in time"),
        (r#"{"error":"authorization_declined"}"#, "declined"),
        (r#"{"error":"invalid_grant","error_description":"AADSTS50020: a"}"#, "AADSTS50020: a"),
    ] {
        let (_, token) = device(move |_| (400, error));
        let (message, _) = refused(&token.unwrap_err());
        assert!(message.contains(said), "{message}");
    }
    assert_eq!(waits().iter().filter(|wait| **wait == 2000).count(), 10 + 1 + 1 + 1);
    let server = Loopback::new(|_, _| Reply::json(400, r#"{"error":"unauthorized_client"}"#));
    let way = Way::DeviceCode { client_id: Some("c1".to_owned()) };
    assert!(signs_in(&server, None, &way).unwrap_err().to_string().contains("unauthorized_client"));
}

#[test]
fn identities_that_come_with_the_machine() {
    let server = Loopback::new(|asked, _| match asked.header("x-identity-header") {
        "h3ader" => Reply::json(200, r#"{"access_token":"t0ken"}"#),
        _ => Reply::json(400, r#"{"error":"x","error_description":"Identity not found"}"#),
    });
    let way = |header: &str| Way::ManagedIdentity {
        client_id: Some("c1".to_owned()),
        service: Some((format!("{}/msi/token", server.url()), Secret::new(header))),
    };
    signs_in(&server, None, &way("h3ader")).unwrap();
    assert_eq!(
        server.asked()[0].line,
        "GET /msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com%2F&client_id=c1"
    );
    let (message, _) = refused(&signs_in(&server, None, &way("wrong")).unwrap_err());
    assert_eq!(message, "cannot sign in: the identity service answered 400: Identity not found");
    assert!(!words().contains("h3ader"), "{}", words());

    let server = Loopback::new(|asked, _| {
        let reads = asked.line.starts_with("GET ");
        Reply::json(200, if reads { r#"{"value":"g1thub"}"# } else { r#"{"access_token":"t0ken"}"# })
    });
    let url = format!("{}/oidc?v=2", server.url());
    let github = Way::GitHub { client_id: "c1".to_owned(), url, token: Secret::new("w0rkflow") };
    signs_in(&server, Some("t"), &github).unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].line, "GET /oidc?v=2&audience=api%3A%2F%2FAzureADTokenExchange");
    assert_eq!(asked[0].header("authorization"), "Bearer w0rkflow");
    assert!(asked[1].body.contains("client_assertion=g1thub"), "{asked:?}");
    assert!(!words().contains("g1thub") && !words().contains("w0rkflow"), "{}", words());
}

#[test]
fn a_missing_azure_cli_is_said_to_be_missing() {
    let server = Loopback::new(|_, _| Reply::Cut);
    let way = Way::Az { program: PathBuf::from("/nowhere/az") };
    let (message, hint) = refused(&signs_in(&server, None, &way).unwrap_err());
    assert!(message.contains("/nowhere/az") && hint == "install the Azure CLI", "{message}");
}
