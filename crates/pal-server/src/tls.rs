//! TLS: the certificates that this server shows. Either they are given, or a small authority of this machine makes
//! them, and clients are told to trust that one (`REQUESTS_CA_BUNDLE`, `NODE_EXTRA_CA_CERTS`).

mod local;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

pub use local::LocalCertificates;

/// Why TLS cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TlsProblem {
    /// A file cannot be read or written.
    #[error("{path}: cannot be read or written")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file does not hold what it must.
    #[error("{path}: {reason}")]
    Content {
        /// Which.
        path: PathBuf,
        /// What.
        reason: &'static str,
    },
    /// A certificate cannot be made.
    #[error("a certificate for `{name}` cannot be made")]
    Certificate {
        /// For whom.
        name: String,
        /// Why.
        #[source]
        source: rcgen::Error,
    },
    /// Certificate and key are refused.
    #[error("certificate and key cannot be used")]
    Rustls(#[source] rustls::Error),
}

/// The one implementation of TLS's cryptography here.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Serves with the certificate chain and key of these files, both in PEM.
///
/// # Errors
/// A file cannot be read, or the two do not belong together.
pub fn given(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsProblem> {
    let chain = pem_file(certificate)?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&chain)
        .collect::<Result<_, _>>()
        .map_err(|_| content(certificate, "is not PEM"))?;
    if chain.is_empty() {
        return Err(content(certificate, "holds no certificate in PEM"));
    }
    let key_pem = pem_file(key)?;
    let key = PrivateKeyDer::from_pem_slice(&key_pem)
        .map_err(|_| content(key, "holds no private key in PEM without a passphrase"))?;
    let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(TlsProblem::Rustls)?;
    config(Arc::new(Shown::new(certified)))
}

fn pem_file(path: &Path) -> Result<Vec<u8>, TlsProblem> {
    std::fs::read(path).map_err(|source| TlsProblem::File { path: path.to_owned(), source })
}

fn content(path: &Path, reason: &'static str) -> TlsProblem {
    TlsProblem::Content { path: path.to_owned(), reason }
}

/// HTTP/1.1 and HTTP/2 over TLS 1.2 and 1.3.
fn config(shown: Arc<Shown>) -> Result<ServerConfig, TlsProblem> {
    let builder = ServerConfig::builder_with_provider(provider());
    let builder = builder.with_safe_default_protocol_versions().map_err(TlsProblem::Rustls)?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(shown);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The certificate that is shown now; it may be changed while the server runs.
struct Shown(RwLock<Arc<CertifiedKey>>);

impl Shown {
    fn new(certified: CertifiedKey) -> Shown {
        Shown(RwLock::new(Arc::new(certified)))
    }

    fn change(&self, certified: CertifiedKey) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certified);
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}
