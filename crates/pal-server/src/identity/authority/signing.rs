//! The key that signs a sandbox's tokens: RSA 2048, made once, kept in the data folder.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use pal_rules::time::Timestamp;
use serde_json::{Value, json};

use super::super::key::{Jwk, PublicKey};
use super::super::trust::TrustedKey;
use super::super::{jws, secret};
use super::AuthorityProblem;
use crate::private_file;

/// The file of the key, in PKCS#8 DER.
const FILE: &str = "authority-signing-key.der";

/// The key pair of a sandbox.
pub(super) struct SigningKey {
    pair: RsaKeyPair,
    public: Arc<TrustedKey>,
}

impl SigningKey {
    /// Opens the key of this folder, which is made if it is not there.
    pub(super) fn open(folder: &Path) -> Result<SigningKey, AuthorityProblem> {
        let path = folder.join(FILE);
        let problem = |source| AuthorityProblem::File { path: path.clone(), source };
        let pkcs8 = match private_file::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| AuthorityProblem::NoKey)?;
                let pkcs8 = pair.as_der().map_err(|_| AuthorityProblem::NoKey)?;
                private_file::create(&path, pkcs8.as_ref()).map_err(problem)?;
                private_file::read(&path)
            }
            read => read,
        };
        SigningKey::from_pkcs8(&pkcs8.map_err(problem)?).ok_or(AuthorityProblem::SigningKey {
            path: path.clone(),
            reason: "is not an RSA key of 2048 bits or more",
        })
    }

    fn from_pkcs8(pkcs8: &[u8]) -> Option<SigningKey> {
        let pair = RsaKeyPair::from_pkcs8(pkcs8).ok()?;
        let key = PublicKey::from_der(pair.public_key().as_ref())?;
        let jwk = Jwk { kid: thumbprint(&key), issuer: None, key };
        Some(SigningKey { pair, public: Arc::new(TrustedKey::new(jwk, Timestamp::from_micros(i64::MAX))) })
    }

    /// The public half, if that is its name.
    pub(super) fn named(&self, kid: &str) -> Option<Arc<TrustedKey>> {
        (self.public.jwk().kid == kid).then(|| Arc::clone(&self.public))
    }

    /// The JWK set that clients and other servers read.
    pub(super) fn key_set(&self) -> Value {
        let Jwk { kid, key, .. } = self.public.jwk();
        let key = json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "x5t": kid, "n": key.n(), "e": "AQAB",
        });
        json!({ "keys": [key] })
    }

    /// Signs claims as a token. `None` when the key cannot sign, which no key does that was opened.
    pub(super) fn sign(&self, claims: &Value) -> Option<String> {
        let kid = &self.public.jwk().kid;
        let header = json!({ "typ": "JWT", "alg": "RS256", "x5t": kid, "kid": kid });
        let signed = format!("{}.{}", jws::encode(header.to_string()), jws::encode(claims.to_string()));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .ok()
            .map(|()| format!("{signed}.{}", jws::encode(signature)))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

/// The name of a key: its digest in the form of RFC 7638.
fn thumbprint(key: &PublicKey) -> String {
    let members = format!(r#"{{"e":"AQAB","kty":"RSA","n":"{}"}}"#, key.n());
    jws::encode(secret::sha256(members.as_bytes()))
}
