//! TLS to PostgreSQL: what each `sslmode` takes and refuses, against a server that takes nothing else.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use pal_rules::time::Timestamp;
use pal_store::registry::{PartnerPolicy, Registry, RegistryFault};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::cluster::Cluster;
use crate::place::settings;

/// An authority, with its certificate in a file.
fn authority(path: &Path) -> Issuer<'static, KeyPair> {
    let key = KeyPair::generate().unwrap();
    let mut about = CertificateParams::new(Vec::new()).unwrap();
    about.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    fs::write(path, about.self_signed(&key).unwrap().pem()).unwrap();
    Issuer::new(about, key)
}

/// Puts a file where the server, which runs as another account, can read it and others cannot.
fn give(path: &PathBuf, text: &str, owner: &fs::Metadata) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
}

/// A server that is reached by TLS only, with a certificate for `localhost`; its port.
fn serve_by_tls(cluster: &Cluster, authority: &Issuer<'_, KeyPair>) -> u16 {
    let owner = fs::metadata(cluster.data()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, authority).unwrap();
    give(&cluster.data().join("server.crt"), &certificate.pem(), &owner);
    give(&cluster.data().join("server.key"), &key.serialize_pem(), &owner);
    give(
        &cluster.data().join("pg_hba.conf"),
        "local all all trust\nhostssl all all 127.0.0.1/32 trust\n",
        &owner,
    );
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    cluster.restart_with(&format!("-c ssl=on -c listen_addresses=127.0.0.1 -c port={port}"));
    port
}

#[tokio::test]
async fn each_sslmode_takes_what_libpq_takes() {
    let Some(cluster) = Cluster::start() else { return };
    let (ours, other) = (cluster.folder.path().join("ca.pem"), cluster.folder.path().join("other.pem"));
    let port = serve_by_tls(&cluster, &authority(&ours));
    authority(&other);
    let (ours, other) = (ours.display(), other.display());
    for (host, options, works) in [
        ("localhost", "sslmode=disable".to_owned(), false),
        ("localhost", "sslmode=prefer".to_owned(), true),
        ("localhost", "sslmode=require".to_owned(), true),
        ("localhost", format!("sslmode=require&sslrootcert={ours}"), true),
        ("localhost", format!("sslmode=require&sslrootcert={other}"), false),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={ours}"), true),
        ("localhost", format!("sslmode=verify-ca&sslrootcert={other}"), false),
        ("localhost", format!("sslmode=verify-full&sslrootcert={ours}"), true),
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={ours}"), false),
        ("localhost", format!("sslmode=verify-full&sslrootcert={other}"), false),
        ("localhost", format!("sslmode=verify-full&sslrootcert={other}.missing"), false),
    ] {
        let url = format!("postgres://pal@{host}:{port}/postgres?hostaddr=127.0.0.1&{options}");
        let now = || Timestamp::from_micros(0);
        let opened = Registry::open_postgres(&settings(&url), now, PartnerPolicy::Directory).await;
        match opened {
            Ok(registry) => {
                assert!(works && registry.partners().await.unwrap().is_empty(), "{host} {options}");
            }
            Err(fault) => {
                let said = matches!(fault, RegistryFault::Postgres(_) | RegistryFault::PostgresSettings(_));
                assert!(!works && said, "{host} {options}: {fault:?}");
            }
        }
    }
}
