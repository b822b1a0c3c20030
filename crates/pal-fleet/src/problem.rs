//! Why something could not be done, each with what to do about it.

use serde_json::Value;

/// Why something could not be done.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Problem {
    /// An address or a file that was given is not what it should be.
    #[error("{message}")]
    Given {
        /// What is wrong, and where.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// The server answered with an error.
    #[error("{}", .0.message)]
    Refused(Box<Refusal>),
    /// Nobody could be signed in.
    #[error("cannot sign in: {message}")]
    SignIn {
        /// Why.
        message: String,
        /// What to do about it.
        hint: String,
        /// The server's id of the request, where it answered.
        request_id: Option<String>,
    },
    /// The server did not answer.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable {
        /// Who.
        host: String,
        /// Why.
        reason: String,
    },
    /// The server answered something that is no answer to what was asked.
    #[error("{host} {answered}")]
    Strange {
        /// Who.
        host: String,
        /// What it did.
        answered: String,
        /// The server's id of the request.
        request_id: Option<String>,
    },
}

/// An error that a server answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The server's word for it; empty where it has none.
    pub code: String,
    /// What it says.
    pub message: String,
    /// What it advises; only our own API does.
    pub hint: Option<String>,
    /// The server's id of the request.
    pub request_id: Option<String>,
}

impl Problem {
    /// What to do about it, where that is known here.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Given { hint, .. } | Self::SignIn { hint, .. } => Some(hint),
            Self::Refused(refusal) => refusal.hint.as_deref(),
            Self::Unreachable { .. } => {
                Some("check the address, the proxy (`HTTPS_PROXY`) and what is trusted (`--ca-file`)")
            }
            Self::Strange { .. } => Some("check that the endpoint is one of Azure Resource Manager's shape"),
        }
    }

    /// The server's id of the request, where it answered.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => refusal.request_id.as_deref(),
            Self::SignIn { request_id, .. } | Self::Strange { request_id, .. } => request_id.as_deref(),
            Self::Given { .. } | Self::Unreachable { .. } => None,
        }
    }
}

impl Refusal {
    /// Reads the error of the provider, of ARM's front door, or of our own API.
    pub(crate) fn read(status: u16, body: &[u8], request_id: Option<String>) -> Self {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = json.get("error").filter(|error| error.is_object()).unwrap_or(&json);
        let text = |name: &str| error.get(name).and_then(Value::as_str).map(one_line);
        Self {
            status,
            code: text("code").unwrap_or_default(),
            message: text("message")
                .or_else(|| text("detail"))
                .or_else(|| text("title"))
                .unwrap_or_else(|| format!("the server answered {status}")),
            hint: text("hint"),
            request_id,
        }
    }
}

/// Text of a server as one line without control characters: it goes to a terminal.
pub fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    plain.trim().to_owned()
}
