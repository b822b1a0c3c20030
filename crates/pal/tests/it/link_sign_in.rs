//! Every way to sign in, against the sandbox.

use std::io::Write;
use std::process::Stdio;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, KeyPair as _, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::command::{Place, Ran};
use crate::loopback::{Loopback, Reply};
use crate::served::{APP, APP_OBJECT, SECRET, Served, TENANT, USER_OBJECT};

const SHOW: [&str; 2] = ["link", "verify"];

/// Nobody is linked yet: who is signed in is seen in the answer.
#[track_caller]
fn is(ran: Ran, object: &str) -> Ran {
    let ran = ran.exits(3);
    assert_eq!(ran.json()["object_id"], object);
    ran
}

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&SHOW[..], more].concat()
}

/// Runs a command with a text on stdin.
fn with_stdin(served: &Served, arguments: &[&str], text: &str) -> Ran {
    let mut command = served.place.command(arguments);
    command.env("PAL_ENDPOINT", &served.url).env("PAL_CA_FILE", &served.ca_file);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    running.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = running.wait_with_output().unwrap();
    Ran {
        words: arguments.join(" "),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        exit: output.status.code(),
    }
}

#[test]
fn an_app_with_its_secret_from_a_file_stdin_or_the_environment() {
    let served = Served::new();
    let app = ["--tenant", "bellmere.example", "--client-id", APP, "--client-secret-file"];
    is(served.run_with(&with(&[&app[..], &["secret"]].concat()), &[]), APP_OBJECT);
    is(with_stdin(&served, &with(&[&app[..], &["-"]].concat()), SECRET), APP_OBJECT);
    let named = [("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", APP), ("AZURE_CLIENT_SECRET", SECRET)];
    is(served.run_with(&SHOW, &named), APP_OBJECT)
        .tells("sign-in: app c11e0001-")
        .tells("`AZURE_CLIENT_SECRET`");
    served.place.write("wrong", "hush");
    let ran = served.run_with(&with(&[&app[..], &["wrong"]].concat()), &[]).exits(4);
    let ran = ran.tells("AADSTS7000215").tells("hint: give the secret itself");
    assert!(!ran.stderr.contains("hush"), "{}", ran.stderr);
    served.place.write("empty", "\n");
    served.run_with(&with(&[&app[..], &["empty"]].concat()), &[]).exits(2).tells("holds nothing");
    served.run_with(&with(&[&app[..], &["nowhere"]].concat()), &[]).exits(2).tells("cannot read `nowhere`");
    served
        .run_with(&with(&app[2..].iter().chain(&["secret"]).copied().collect::<Vec<_>>()), &[])
        .exits(2)
        .tells("--tenant");
    served.run_with(&with(&["--client-secret-file", "secret"]), &[]).exits(2).tells("--client-id");
}

#[test]
fn a_person_with_a_device_code() {
    let served = Served::new();
    let ran = is(served.run_with(&with(&["--device-code", "--tenant", TENANT]), &[]), USER_OBJECT);
    ran.tells("enter the code ");
}

#[test]
fn a_token_from_a_file_or_stdin() {
    let served = Served::new();
    let served_token = token(&served);
    served.place.write("token", &served_token);
    is(served.run_with(&with(&["--token-file", "token"]), &[]), APP_OBJECT);
    is(with_stdin(&served, &with(&["--token-stdin"]), &served_token), APP_OBJECT);
    served.place.write("token", "eyJhbGciOiJSUzI1NiJ9.e30.e30");
    let ran = served.run_with(&with(&["--token-file", "token"]), &[]).exits(4);
    let ran =
        ran.tells("(InvalidAuthenticationToken)").tells("request id: ").tells("hint: sign in as somebody");
    assert!(!ran.stderr.contains("eyJ"), "{}", ran.stderr);
}

/// The Azure CLI stands in for itself: it hands out a token, and says what it was asked for.
#[test]
fn whoever_is_signed_in_to_the_azure_cli() {
    let served = Served::new();
    let token = token(&served);
    let script = |body: &str| {
        served.place.write("bin/az", format!("#!/bin/sh\necho \"$@\" > \"$HOME/asked\"\n{body}\n"));
        let path = served.place.path("bin/az");
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    };
    let path = served.place.path("bin").display().to_string();
    script(&format!("echo '{{\"accessToken\":\"{token}\"}}'"));
    // The sandbox asks for tokens of Azure, as real clients want it to: nobody lends it a real one.
    let refused = served.run_with(&with(&["--az"]), &[("PATH", &path)]).exits(4);
    refused
        .tells("the endpoint is not Microsoft's")
        .tells("hint: name what the token is for with `--audience");
    assert!(!served.place.path("asked").exists(), "the Azure CLI is not even asked");
    let own = ["--audience", &served.url];
    is(served.run_with(&with(&[&["--az"], &own[..]].concat()), &[("PATH", &path)]), APP_OBJECT);
    is(served.run_with(&with(&own), &[("PATH", &path), ("AZURE_TENANT_ID", TENANT)]), APP_OBJECT)
        .tells("sign-in: whoever is signed in to the Azure CLI");
    let asked = served.place.read("asked");
    let expected =
        format!("account get-access-token --output json --resource {} --tenant {TENANT}", served.url);
    assert_eq!(asked.trim(), expected);
    script("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    let ran = served.run_with(&with(&[&["--az"], &own[..]].concat()), &[("PATH", &path)]).exits(4);
    ran.tells("cannot sign in: az: Please run 'az login'").tells("hint: sign in with `az login --tenant");
}

#[test]
fn the_managed_identity_of_a_service() {
    let served = Served::new();
    let token = token(&served);
    let service = Loopback::new(move |asked, _| match asked.header("x-identity-header") {
        "door" => Reply::json(200, json!({ "access_token": token, "token_type": "Bearer" })),
        _ => Reply::json(401, "{}"),
    });
    let endpoint = format!("{}/msi/token", service.url());
    let around = [("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", "door")];
    served.run_with(&SHOW, &around).exits(4).tells("the endpoint is not Microsoft's");
    assert!(service.asked().is_empty());
    let own = ["--audience", &served.url];
    is(served.run_with(&with(&own), &around), APP_OBJECT)
        .tells("the managed identity that `IDENTITY_ENDPOINT` offers");
    is(served.run_with(&with(&[&["--managed-identity"], &own[..]].concat()), &around), APP_OBJECT);
}

/// A token of the sandbox's app, through a second program that prints the one it signed in with.
fn token(served: &Served) -> String {
    let echo = Loopback::new(|asked, _| {
        let token = asked.header("authorization").strip_prefix("Bearer ").unwrap();
        Reply::json(200, json!({"properties": {"partnerId": token, "tenantId": "t", "objectId": "o"}}))
    });
    let url = echo.url();
    let arguments =
        ["--endpoint", &url, "--authority-host", &served.url, "--audience", "https://management.azure.com/"];
    served.run(&with(&arguments)).exits(0).json()["partner_id"].as_str().unwrap().to_owned()
}

struct Key(RsaKeyPair);

impl Key {
    fn new() -> Self {
        Self(RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap())
    }

    fn jwk(&self) -> Value {
        // The modulus out of `RSAPublicKey`: before the exponent's five bytes.
        let (der, length) = (self.0.public_key().as_ref(), self.0.public_modulus_len());
        let modulus = &der[der.len() - 5 - length..der.len() - 5];
        json!({ "kty": "RSA", "use": "sig", "kid": "k1", "n": URL_SAFE_NO_PAD.encode(modulus), "e": "AQAB" })
    }

    fn token(&self, claims: &Value) -> String {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let message = format!("{}.{}", part(&json!({ "alg": "RS256", "kid": "k1" })), part(claims));
        let mut signed = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signed)
            .unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signed))
    }
}

#[test]
fn an_app_with_its_certificate() {
    let (place, key) = (Place::new(), Key::new());
    let der = key.0.as_der().unwrap();
    let pair =
        rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&der.as_ref().into(), &rcgen::PKCS_RSA_SHA256).unwrap();
    let made = rcgen::CertificateParams::new(["app.example".to_owned()]).unwrap().self_signed(&pair).unwrap();
    place.write("server/app.pem", made.pem());
    place.write("app.pem", format!("{}{}", pair.serialize_pem(), made.pem()));
    let served = Served::at(place, "certificate = \"app.pem\"\n");
    let app = ["--tenant", TENANT, "--client-id", APP, "--certificate", "app.pem"];
    is(served.run_with(&with(&app), &[]), APP_OBJECT);
    let named =
        [("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", APP), ("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem")];
    is(served.run_with(&SHOW, &named), APP_OBJECT).tells("`AZURE_CLIENT_CERTIFICATE_PATH` names");
    served.place.write("app.pem", made.pem());
    served.run_with(&with(&app), &[]).exits(2).tells("holds no private key");
}

#[test]
fn an_app_with_a_token_of_an_issuer_that_it_trusts() {
    let (place, key) = (Place::new(), Key::new());
    place.write("server/jwks.json", json!({ "keys": [key.jwk()] }).to_string());
    let federated = "federated = { issuer = \"https://token.example\", subject = \"repo:a/b\", jwks_file = \"jwks.json\" }\n";
    let served = Served::at(place, federated);
    let now = std::fs::metadata(served.place.path("server/jwks.json")).unwrap().modified().unwrap();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let claims = |subject: &str| json!({ "iss": "https://token.example", "sub": subject, "aud": "api://AzureADTokenExchange", "iat": now, "exp": now + 600 });
    served.place.write("federated", key.token(&claims("repo:a/b")));
    let app = ["--tenant", TENANT, "--client-id", APP, "--federated-token-file", "federated"];
    is(served.run_with(&with(&app), &[]), APP_OBJECT);
    let named = [("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", APP)];
    let file = [&named[..], &[("AZURE_FEDERATED_TOKEN_FILE", "federated")]].concat();
    is(served.run_with(&SHOW, &file), APP_OBJECT);
    let token = key.token(&claims("repo:a/b"));
    let github = Loopback::new(move |_, _| Reply::json(200, json!({ "value": token })));
    let url = github.url();
    let workflow = [("ACTIONS_ID_TOKEN_REQUEST_URL", url.as_str()), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "w")];
    is(served.run_with(&SHOW, &[&named[..], &workflow[..]].concat()), APP_OBJECT)
        .tells("this GitHub workflow");
    served.place.write("federated", key.token(&claims("repo:a/other")));
    served.run_with(&with(&app), &[]).exits(4).tells("AADSTS70021").tells("federated credential");
}
