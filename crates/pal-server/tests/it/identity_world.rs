//! A sandbox with a clock of its own, keys that are made once, and tokens of any form.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, KeyPair as _, RsaKeyPair};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pal_rules::time::Timestamp;
use pal_server::Clock;
use pal_server::identity::{Authenticator, Authority, Origins};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

pub(crate) const ORIGIN: &str = "https://127.0.0.1:8443";
pub(crate) const TENANT: &str = "11111111-1111-4111-8111-111111111111";
pub(crate) const OTHER_TENANT: &str = "22222222-2222-4222-8222-222222222222";
pub(crate) const APP: &str = "aaaaaaaa-0000-4000-8000-000000000001";
pub(crate) const APP_OBJECT: &str = "aaaaaaaa-0000-4000-8000-0000000000f1";
pub(crate) const USER_OBJECT: &str = "bbbbbbbb-0000-4000-8000-000000000001";
pub(crate) const AZ: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
pub(crate) const POWERSHELL: &str = "1950a258-227b-4e31-a9cf-717495945fc2";
pub(crate) const SECRET: &str = "-s3cret with spaces+and=signs";
pub(crate) const PASSWORD: &str = "correct horse";
/// 2026-08-01T00:00:00Z.
pub(crate) const START: i64 = 1_785_542_400;

pub(crate) struct Key {
    pub(crate) pair: RsaKeyPair,
}

impl Key {
    pub(crate) fn new(size: KeySize) -> Key {
        Key { pair: RsaKeyPair::generate(size).unwrap() }
    }

    /// The modulus out of `RSAPublicKey`: after the headers of sequence and integer, and a zero.
    pub(crate) fn n(&self) -> String {
        let der = self.pair.public_key().as_ref();
        let length = self.pair.public_modulus_len();
        b64(&der[der.len() - 5 - length..der.len() - 5])
    }

    pub(crate) fn jwk(&self, kid: &str) -> Value {
        json!({ "kty": "RSA", "use": "sig", "kid": kid, "n": self.n(), "e": "AQAB" })
    }

    pub(crate) fn signature(&self, message: &str, alg: &str) -> Vec<u8> {
        let encoding: &dyn signature::RsaEncoding = match alg {
            "RS384" => &signature::RSA_PKCS1_SHA384,
            "RS512" => &signature::RSA_PKCS1_SHA512,
            "PS256" => &signature::RSA_PSS_SHA256,
            _ => &signature::RSA_PKCS1_SHA256,
        };
        let mut bytes = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(encoding, &SystemRandom::new(), message.as_bytes(), &mut bytes).unwrap();
        bytes
    }

    /// A token of this header and these claims, signed as the header says.
    pub(crate) fn token(&self, header: &Value, claims: &Value) -> String {
        self.token_of_text(
            &header.to_string(),
            &claims.to_string(),
            header["alg"].as_str().unwrap_or("RS256"),
        )
    }

    pub(crate) fn token_of_text(&self, header: &str, claims: &str, alg: &str) -> String {
        let message = format!("{}.{}", b64(header.as_bytes()), b64(claims.as_bytes()));
        let signature = self.signature(&message, alg);
        format!("{message}.{}", b64(&signature))
    }
}

pub(crate) static KEY: LazyLock<Key> = LazyLock::new(|| Key::new(KeySize::Rsa2048));
pub(crate) static OTHER_KEY: LazyLock<Key> = LazyLock::new(|| Key::new(KeySize::Rsa2048));

pub(crate) fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The claims of a token, unchecked.
pub(crate) fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A clock that a test moves.
#[derive(Clone)]
pub(crate) struct Hands(Arc<AtomicI64>);

impl Hands {
    pub(crate) fn new() -> Hands {
        Hands(Arc::new(AtomicI64::new(START * 1_000_000)))
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    pub(crate) fn clock(&self) -> Clock {
        let hands = self.clone();
        Clock::new(move || hands.now())
    }
}

/// Everything that an answer is.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status, OAuth word and first number of an error.
    pub(crate) fn error(&self) -> (u16, String, i64) {
        let body = self.json();
        let word = body["error"].as_str().unwrap_or_else(|| panic!("{self:?}")).to_owned();
        let number = body["error_codes"][0].as_i64().unwrap();
        assert!(body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{number}: ")));
        (self.status.as_u16(), word, number)
    }
}

pub(crate) struct Sandbox {
    pub(crate) folder: TempDir,
    pub(crate) hands: Hands,
    pub(crate) authority: Authority,
    pub(crate) authenticator: Authenticator,
    router: Router,
}

/// The file of most tests; `more` goes to its top.
pub(crate) fn description(more: &str) -> String {
    format!(
        r#"
operator_tenant = "{OTHER_TENANT}"
{more}

[[partner]]
id = "123456"
name = "Example"
kind = "location"
global_partner_id = "1"

[[tenant]]
id = "{TENANT}"
name = "Contoso"
domain = "contoso.example"

[[tenant.user]]
object_id = "{USER_OBJECT}"
upn = "ann@contoso.example"
password = "{PASSWORD}"
roles = ["tenant_reader"]

[[tenant.app]]
client_id = "{APP}"
object_id = "{APP_OBJECT}"
secret = "{SECRET}"

[[tenant]]
id = "{OTHER_TENANT}"
name = "Fabrikam"
domain = "fabrikam.example"

[[tenant.user]]
object_id = "bbbbbbbb-0000-4000-8000-000000000002"
upn = "Ann@contoso.example"
password = "guest password"

[[tenant.user]]
object_id = "bbbbbbbb-0000-4000-8000-000000000003"
upn = "bob@fabrikam.example"
password = "bob's"
roles = ["operator"]
"#
    )
}

impl Sandbox {
    pub(crate) fn new() -> Sandbox {
        Sandbox::described(&description("device_code_interval = 1"))
    }

    pub(crate) fn described(file: &str) -> Sandbox {
        let folder = tempfile::tempdir().unwrap();
        keep_signing_key(folder.path());
        Sandbox::in_folder(folder, file)
    }

    pub(crate) fn in_folder(folder: TempDir, file: &str) -> Sandbox {
        let hands = Hands::new();
        let path = write(&folder, "sandbox.toml", file);
        let origins = Origins::new(ORIGIN, ["https://localhost:8443"]).unwrap();
        let own = ["api://pal.example".to_owned()];
        let authority = Authority::open(&path, folder.path(), origins, own, hands.clock());
        let authority = authority.unwrap_or_else(|problem| panic!("{problem}"));
        let authenticator = Authenticator::trusting(None, Some(authority.clone())).unwrap();
        let router = authority.router();
        Sandbox { folder, hands, authority, authenticator, router }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header(header::HOST, "127.0.0.1:8443");
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_text(path, &form(fields)).await
    }

    pub(crate) async fn post_text(&self, path: &str, body: &str) -> Answer {
        let request = Request::post(path)
            .header(header::HOST, "127.0.0.1:8443")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    pub(crate) async fn token(&self, tenant: &str, fields: &[(&str, &str)]) -> Answer {
        self.post(&format!("/{tenant}/oauth2/v2.0/token"), fields).await
    }

    /// An access token of the app, by its secret.
    pub(crate) async fn app_token(&self) -> String {
        let answer = self.token(TENANT, &secret_fields(SECRET)).await;
        answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    }
}

pub(crate) fn secret_fields(secret: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "client_credentials"),
        ("client_id", APP),
        ("client_secret", secret),
        ("scope", "https://management.azure.com/.default"),
    ]
}

pub(crate) fn write(folder: &TempDir, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Sandboxes of the tests share a signing key: to make one takes longer than a test.
fn keep_signing_key(folder: &Path) {
    use aws_lc_rs::encoding::AsDer as _;
    let path = folder.join("authority-signing-key.der");
    std::fs::write(&path, KEY.pair.as_der().unwrap().as_ref()).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}
