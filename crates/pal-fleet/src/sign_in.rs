//! Signing in: of what somebody has, a token for what is asked.

mod assertion;
mod authority;
mod device;
mod machine_identity;
mod program;

use std::fmt;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use self::authority::Authority;
use crate::cloud::Cloud;
use crate::http::Http;
use crate::problem::Problem;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret; blanks and line ends around it are no part of it.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The text, to be sent.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// How to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// As an app, with its secret.
    Secret {
        /// The app.
        client_id: String,
        /// Its secret.
        secret: Secret,
    },
    /// As an app, with its certificate.
    Certificate {
        /// The app.
        client_id: String,
        /// Certificate and private key (PEM).
        file: PathBuf,
    },
    /// As an app, with a token of an issuer that the app trusts.
    Federated {
        /// The app.
        client_id: String,
        /// The issuer's token.
        token: Secret,
    },
    /// As an app, with the token that a GitHub workflow may ask for.
    GitHub {
        /// The app.
        client_id: String,
        /// Where to ask.
        url: String,
        /// What to ask with.
        token: Secret,
    },
    /// As the identity that the cloud keeps for this machine or service.
    ManagedIdentity {
        /// Which, where there are several.
        client_id: Option<String>,
        /// The service's own endpoint and what it wants to see; absent: the virtual machine's.
        service: Option<(String, Secret)>,
    },
    /// As a person, in a browser anywhere.
    DeviceCode {
        /// The app that asks; the Azure CLI's where none is named.
        client_id: Option<String>,
    },
    /// As whoever is signed in to the Azure CLI.
    Az {
        /// The program.
        program: PathBuf,
    },
    /// With a token that is there already.
    Token(Secret),
}

/// An access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(Secret);

/// Whom a token is about, as it says itself: good enough to show, never to decide by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The tenant.
    pub tenant_id: String,
    /// The object id.
    pub object_id: String,
}

impl Token {
    fn new(text: &str) -> Result<Self, Problem> {
        let token = Secret::new(text);
        if token.0.is_empty() || !token.0.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(failed("what was given is no token", "give the access token alone, on one line"));
        }
        Ok(Self(token))
    }

    pub(crate) fn secret(&self) -> &str {
        self.0.text()
    }

    pub(crate) fn header(&self) -> String {
        format!("Bearer {}", self.0.text())
    }

    /// Whom it is about; `None` for a token that only its receiver can read.
    pub fn caller(&self) -> Option<Caller> {
        let payload = self.secret().split('.').nth(1)?;
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let claim = |name: &str| claims.get(name)?.as_str().map(str::to_ascii_lowercase);
        Some(Caller { tenant_id: claim("tid")?, object_id: claim("oid")? })
    }
}

/// Signs in.
///
/// - `tenant`: the tenant to sign in to, by id or domain; people may leave it to the authority.
///
/// # Errors
///
/// [`Problem::SignIn`] with what stood against it, and [`Problem::Given`] for what cannot be used.
pub fn sign_in(http: &Http, cloud: &Cloud, tenant: Option<&str>, way: &Way) -> Result<Token, Problem> {
    // What the machine or the Azure CLI gives is a token of Microsoft's, wherever the endpoint says that one signs in.
    let lent = matches!(way, Way::ManagedIdentity { .. } | Way::Az { .. });
    let given = matches!(way, Way::Token(_));
    if cloud.asks_for_more && !given && (lent || !cloud.signs_in_itself) {
        return Err(failed(
            "the endpoint is not Microsoft's, yet asks for a token that may open Azure or something else of Microsoft's",
            "name what the token is for with `--audience api://APP_ID`; with `--audience https://management.azure.com/` \
             the endpoint gets it all the same",
        ));
    }
    let authority = Authority { http, cloud, tenant };
    let token = match way {
        Way::Secret { client_id, secret } => {
            authority.app(client_id, &[("client_secret", secret)]).map(Secret)
        }
        Way::Certificate { client_id, file } => {
            assertion::certificate(&authority, client_id, file).map(Secret)
        }
        Way::Federated { client_id, token } => authority.federated(client_id, token).map(Secret),
        Way::GitHub { client_id, url, token } => machine_identity::github(http, url, token)
            .and_then(|token| authority.federated(client_id, &token).map(Secret)),
        Way::ManagedIdentity { client_id, service } => {
            machine_identity::token(http, &cloud.audience, client_id.as_deref(), service.as_ref())
        }
        Way::DeviceCode { client_id } => device::token(&authority, client_id.as_deref()).map(Secret),
        Way::Az { program } => program::token(program, &cloud.audience, tenant),
        Way::Token(token) => Ok(token.clone()),
    };
    Token::new(token.map_err(as_sign_in)?.text())
}

/// Whatever happened on the way: nobody is signed in.
fn as_sign_in(problem: Problem) -> Problem {
    match problem {
        Problem::Given { .. } | Problem::SignIn { .. } => problem,
        other => Problem::SignIn {
            message: other.to_string(),
            hint: "check the authority (`--authority-host`), and the way there".to_owned(),
            request_id: other.request_id().map(str::to_owned),
        },
    }
}

fn failed(message: &str, hint: &str) -> Problem {
    Problem::SignIn { message: message.to_owned(), hint: hint.to_owned(), request_id: None }
}

#[cfg(test)]
mod tests {
    use super::{Caller, Secret, Token};

    #[test]
    fn a_secret_is_never_shown() {
        let token = Token::new(" eyJ0 \n").unwrap();
        assert_eq!(format!("{token:?} {:?}", Secret::new("s")), "Token(Secret) Secret");
        assert_eq!(token.header(), "Bearer eyJ0");
        assert!(Token::new("a b").is_err() && Token::new("\n").is_err() && Token::new("a\u{7f}").is_err());
    }

    #[test]
    fn a_token_says_whom_it_is_about_if_it_can_be_read() {
        // {"tid":"T1","oid":"O1"}
        let token = Token::new("e30.eyJ0aWQiOiJUMSIsIm9pZCI6Ik8xIn0.x").unwrap();
        assert_eq!(token.caller(), Some(Caller { tenant_id: "t1".to_owned(), object_id: "o1".to_owned() }));
        assert_eq!(Token::new("opaque").unwrap().caller(), None);
    }
}
