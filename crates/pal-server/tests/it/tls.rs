//! Certificates: made once, renewed in time, and strict enough for every client.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use pal_rules::time::Timestamp;
use pal_server::tls::{self, LocalCertificates};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};

const DAY: i64 = 86_400_000_000;

/// The real time: `openssl` and rustls look at the clock.
#[expect(clippy::disallowed_methods, reason = "certificates are checked against the real time by others")]
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap())
}

fn later(days: i64) -> Timestamp {
    Timestamp::from_micros(now().micros() + days * DAY)
}

/// Whether a client that trusts only `ca` shakes hands with the server as `name`; the protocol they choose.
fn shake(server: &Arc<ServerConfig>, ca: &Path, name: &str) -> Result<Option<Vec<u8>>, String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut client = client.with_root_certificates(roots).with_no_client_auth();
    client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(client), name).unwrap();
    let mut server = ServerConnection::new(server.clone()).unwrap();
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets().map_err(|error| error.to_string())?;
        let mut wire = Vec::new();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut wire.as_slice()).unwrap();
        client.process_new_packets().map_err(|error| error.to_string())?;
    }
    Ok(client.alpn_protocol().map(<[u8]>::to_vec))
}

#[test]
fn local_certificates_fit_their_names_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["pal.example".to_owned(), "192.0.2.7".to_owned()];
    let local = LocalCertificates::open(folder.path(), &names, now()).unwrap();
    let server = Arc::new(local.server_config().unwrap());
    for name in ["localhost", "127.0.0.1", "::1", "pal.example", "192.0.2.7"] {
        assert_eq!(shake(&server, &local.ca_file(), name), Ok(Some(b"h2".to_vec())), "{name}");
    }
    for name in ["evil.example", "192.0.2.8"] {
        assert!(shake(&server, &local.ca_file(), name).is_err(), "{name}");
    }
    #[cfg(unix)]
    for (file, mode) in [("ca.key", 0o600), ("server.key", 0o600), ("ca.pem", 0o644), ("server.pem", 0o644)] {
        use std::os::unix::fs::PermissionsExt as _;
        let found = std::fs::metadata(folder.path().join(file)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{file}");
    }
}

#[test]
fn the_authority_stays_and_the_certificate_is_renewed_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let first = LocalCertificates::open(folder.path(), &[], now()).unwrap();
    let read = |file: &str| std::fs::read(folder.path().join(file)).unwrap();
    let (authority, certificate) = (read("ca.pem"), read("server.pem"));
    let second = LocalCertificates::open(folder.path(), &[], now()).unwrap();
    assert_eq!(read("ca.pem"), authority);
    assert_ne!(read("server.pem"), certificate, "every start has its own");

    let before = read("server.pem");
    assert!(!second.renew(later(334)).unwrap());
    assert_eq!(read("server.pem"), before);
    assert!(second.renew(later(336)).unwrap());
    assert_ne!(read("server.pem"), before);
    assert_eq!(read("ca.pem"), authority);
    assert!(!second.renew(later(340)).unwrap());
    assert!(second.renew(later(3_400)).unwrap());
    assert_ne!(read("ca.pem"), authority, "an authority that would end first is made anew");
    drop(first);
}

#[test]
fn the_server_shows_the_new_certificate_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let local = LocalCertificates::open(folder.path(), &[], later(-350)).unwrap();
    let server = Arc::new(local.server_config().unwrap());
    assert!(shake(&server, &local.ca_file(), "localhost").is_ok());
    assert!(local.renew(now()).unwrap());
    assert!(shake(&server, &local.ca_file(), "localhost").is_ok());
    let ended = LocalCertificates::open(folder.path(), &[], later(-400)).unwrap();
    assert!(shake(&Arc::new(ended.server_config().unwrap()), &ended.ca_file(), "localhost").is_err());
}

#[test]
fn openssl_is_strict_and_content() {
    let folder = tempfile::tempdir().unwrap();
    LocalCertificates::open(folder.path(), &["pal.example".to_owned()], now()).unwrap();
    let openssl =
        |arguments: &[&str]| Command::new("openssl").args(arguments).current_dir(folder.path()).output();
    let verified =
        openssl(&["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.pem", "server.pem"]);
    let Ok(verified) = verified else {
        println!("skipped: openssl is not installed");
        return;
    };
    assert!(verified.status.success(), "{verified:?}");
    let of_authority = openssl(&["verify", "-x509_strict", "-CAfile", "ca.pem", "ca.pem"]).unwrap();
    assert!(of_authority.status.success(), "{of_authority:?}");
    for (name, kind) in [("localhost", "host"), ("pal.example", "host"), ("127.0.0.1", "ip"), ("::1", "ip")] {
        let check = format!("-verify_{}", if kind == "ip" { "ip" } else { "hostname" });
        let found =
            openssl(&["verify", "-x509_strict", &check, name, "-CAfile", "ca.pem", "server.pem"]).unwrap();
        assert!(found.status.success(), "{name}: {found:?}");
    }
    let text = openssl(&["x509", "-in", "ca.pem", "-noout", "-text"]).unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    for wanted in [
        "Basic Constraints: critical",
        "CA:TRUE",
        "Key Usage: critical",
        "Certificate Sign",
        "Subject Key Identifier",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let text = openssl(&["x509", "-in", "server.pem", "-noout", "-text"]).unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    for wanted in [
        "Key Usage: critical",
        "Digital Signature",
        "TLS Web Server Authentication",
        "Subject Key Identifier",
        "Authority Key Identifier",
        "DNS:localhost",
        "IP Address:127.0.0.1",
        "IP Address:0:0:0:0:0:0:0:1",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}

#[test]
fn given_certificates_are_used_and_wrong_ones_told() {
    let folder = tempfile::tempdir().unwrap();
    let local = LocalCertificates::open(folder.path(), &[], now()).unwrap();
    let path = |name: &str| folder.path().join(name);
    let given = Arc::new(tls::given(&path("server.pem"), &path("server.key")).unwrap());
    assert_eq!(shake(&given, &local.ca_file(), "localhost"), Ok(Some(b"h2".to_vec())));
    let told = |certificate: &str, key: &str| {
        let problem = tls::given(&path(certificate), &path(key)).map(drop).unwrap_err().to_string();
        problem.replace(&folder.path().display().to_string(), "")
    };
    assert_eq!(told("server.pem", "ca.key"), "certificate and key cannot be used");
    assert_eq!(told("server.key", "server.key"), "/server.key: holds no certificate in PEM");
    assert_eq!(
        told("server.pem", "server.pem"),
        "/server.pem: holds no private key in PEM without a passphrase"
    );
    assert_eq!(told("none.pem", "server.key"), "/none.pem: cannot be read or written");
}

#[test]
fn a_name_that_cannot_stand_in_a_certificate_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let problem = LocalCertificates::open(folder.path(), &["ünï.example".to_owned()], now()).map(drop);
    let problem = problem.unwrap_err().to_string();
    assert!(problem.contains("ünï.example"), "{problem}");
}
