//! Which certificates are trusted.

use std::path::Path;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use crate::problem::Problem;

/// Trusts what the machine trusts, and the certificates of a file.
pub(super) fn config(ca_file: Option<&Path>) -> Result<TlsConfig, Problem> {
    let machine = rustls_native_certs::load_native_certs().certs;
    let given = ca_file.map_or(Ok(Vec::new()), read)?;
    let roots = machine.iter().chain(&given).map(|der| Certificate::from_der(der.as_ref()).to_owned());
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::from(roots.collect::<Vec<_>>()))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .build())
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let wrong = |reason: String| Problem::Given {
        message: format!("`{}`: {reason}", path.display()),
        hint: "`--ca-file` names certificates in PEM, such as `tls/ca.pem` of a data folder".to_owned(),
    };
    let bytes = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let found = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| wrong(error.to_string()))?;
    if found.is_empty() {
        return Err(wrong("holds no certificate".to_owned()));
    }
    Ok(found)
}
