//! A certificate proves an app: a short statement, signed with its key.

use std::path::Path;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;

use super::Secret;
use super::authority::{Authority, access_token};
use crate::problem::Problem;

/// How long a statement is good for, in seconds.
const LIFETIME: i64 = 600;

/// A certificate with its key.
struct Identity {
    thumbprint: String,
    key: RsaKeyPair,
}

/// Signs an app in with its certificate. Each statement is good once, so one that is sent again is made anew.
pub(super) fn certificate(
    authority: &Authority<'_>,
    client_id: &str,
    file: &Path,
) -> Result<String, Problem> {
    let identity = Identity::read(file)?;
    let answer = authority.http.send_made(|| {
        let statement = Secret(identity.statement(authority, client_id)?);
        authority.app_request(client_id, &[("client_assertion", &statement)])
    })?;
    access_token(&answer, &[])
}

impl Identity {
    fn read(file: &Path) -> Result<Self, Problem> {
        let bytes = std::fs::read(file).map_err(|error| wrong(file, &error.to_string()))?;
        let certificate =
            CertificateDer::from_pem_slice(&bytes).map_err(|_| wrong(file, "holds no certificate in PEM"))?;
        let key = match PrivateKeyDer::from_pem_slice(&bytes) {
            Ok(PrivateKeyDer::Pkcs8(key)) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).ok(),
            Ok(PrivateKeyDer::Pkcs1(key)) => RsaKeyPair::from_der(key.secret_pkcs1_der()).ok(),
            _ => return Err(wrong(file, "holds no private key in PEM, or one with a password")),
        };
        let key =
            key.ok_or_else(|| wrong(file, "holds a private key that is no RSA key of 2048 bits or more"))?;
        let thumbprint = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &certificate);
        Ok(Self { thumbprint: URL_SAFE_NO_PAD.encode(thumbprint.as_ref()), key })
    }

    /// The statement: who, to whom, until when, under a name of its own.
    fn statement(&self, authority: &Authority<'_>, client_id: &str) -> Result<String, Problem> {
        let machine = authority.http.machine();
        let now = machine.seconds();
        let header = json!({"alg": "RS256", "typ": "JWT", "x5t": self.thumbprint});
        let claims = json!({
            "aud": authority.address("token"), "iss": client_id, "sub": client_id, "jti": (machine.new_id)(),
            "iat": now, "nbf": now, "exp": now + LIFETIME,
        });
        let part = |json: &serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| {
                super::failed("the certificate's key cannot sign", "use an RSA key of 2048 bits or more")
            })?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn wrong(file: &Path, reason: &str) -> Problem {
    Problem::Given {
        message: format!("`{}`: {reason}", file.display()),
        hint: "`--certificate` names one file with the certificate and its RSA key, both in PEM".to_owned(),
    }
}
