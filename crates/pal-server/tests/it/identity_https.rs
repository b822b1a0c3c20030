//! Keys of an issuer over a real connection: HTTPS only, from whom the machine trusts, and nothing else.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use pal_rules::time::Timestamp;
use pal_server::identity::{Authenticator, Fetch, Refused, TrustedIssuers};
use pal_server::tls::LocalCertificates;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{RootCertStore, ServerConnection, StreamOwned};
use serde_json::json;

use crate::identity_tokens::*;
use crate::tls::now;

/// Answers each connection with what `answer` makes of the path that is asked.
fn serve(local: &LocalCertificates, answer: impl Fn(&str, u16) -> String + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(local.server_config().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                request.push(byte[0]);
            }
            let request = String::from_utf8(request).unwrap();
            if let Some(path) = request.split(' ').nth(1) {
                assert!(request.contains(&format!("host: localhost:{port}\r\n")), "{request}");
                let _ = stream.write_all(answer(path, port).as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    port
}

fn found(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// The documents of an issuer at `localhost`.
fn documents(path: &str, port: u16) -> String {
    let document =
        document(&format!("https://login.microsoftonline.com{path}"), &json!([ISSUER_KEY.jwk(KID)]));
    let text = document.unwrap().to_string();
    found(&text.replace("https://login.microsoftonline.com", &format!("https://localhost:{port}")))
}

async fn verify(port: u16, trusted: &LocalCertificates) -> Result<(), Refused> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(trusted.ca_file()).unwrap()).unwrap();
    let mut settings = settings();
    settings.authority_host = format!("https://localhost:{port}");
    let issuers = TrustedIssuers::new(settings, Fetch::https_trusting(roots)).unwrap();
    let authenticator = Authenticator::trusting(Some(issuers), None).unwrap();
    let issuer = format!("https://localhost:{port}/{ENTRA_TENANT}/v2.0");
    let token = ISSUER_KEY.token(&header(), &with(&base("2.0", true), "iss", json!(issuer)));
    let at = Timestamp::from_micros(crate::identity_world::START * 1_000_000);
    authenticator.verify(&token, at).await.map(drop)
}

#[tokio::test]
async fn keys_come_over_https_from_whom_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let local = LocalCertificates::open(folder.path(), &[], now()).unwrap();
    let port = serve(&local, documents);
    assert_eq!(verify(port, &local).await, Ok(()));

    let elsewhere = tempfile::tempdir().unwrap();
    let other = LocalCertificates::open(elsewhere.path(), &[], now()).unwrap();
    assert_eq!(verify(port, &other).await, Err(Refused::KeysUnavailable), "an authority nobody trusts");
}

#[tokio::test]
async fn only_a_plain_and_short_answer_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let local = LocalCertificates::open(folder.path(), &[], now()).unwrap();
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(3 << 20));
    for answer in [
        "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".to_owned(),
        documents("/x/discovery/keys", 1).replace("200 OK", "404 Not Found"),
        "SSH-2.0-OpenSSH\r\n".to_owned(),
        endless,
    ] {
        let port =
            serve(
                &local,
                move |path, port| {
                    if path.contains("/discovery/") { answer.clone() } else { documents(path, port) }
                },
            );
        assert_eq!(verify(port, &local).await, Err(Refused::KeysUnavailable));
    }
}
