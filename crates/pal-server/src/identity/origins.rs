//! The origins under which clients reach this server. Documents name the one that was asked: client libraries
//! compare them.

use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};

/// The public origin, and others that reach the same server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins {
    public: String,
    others: Vec<String>,
}

/// A text is not the beginning of an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an origin of the form https://host or https://host:port")]
pub struct OriginProblem(pub String);

impl Origins {
    /// The public origin first, then the others.
    ///
    /// # Errors
    /// One is not an origin.
    pub fn new<'a>(
        public: &str,
        others: impl IntoIterator<Item = &'a str>,
    ) -> Result<Origins, OriginProblem> {
        let others = others.into_iter().map(origin).collect::<Result<_, _>>()?;
        Ok(Origins { public: origin(public)?, others })
    }

    /// The one that clients are told when it cannot be seen which they used.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// All of them, the public one first.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.public).chain(&self.others).map(String::as_str)
    }

    /// The one that a request was sent to, by its address (HTTP/2) or its `Host`; the public one when that is
    /// none of ours.
    pub fn asked(&self, uri: &Uri, headers: &HeaderMap) -> &str {
        let host = uri.authority().map(Authority::as_str);
        let host = host.or_else(|| headers.get(HOST)?.to_str().ok()).unwrap_or_default();
        let host = host.to_ascii_lowercase();
        self.all().find(|origin| names(origin, &host)).unwrap_or(&self.public)
    }
}

/// Whether `host` (with or without the usual port) is the host of `origin`.
fn names(origin: &str, host: &str) -> bool {
    let usual = if origin.starts_with("https:") { ":443" } else { ":80" };
    let own = origin.split_once("://").map_or("", |(_, own)| own);
    own.strip_suffix(usual).unwrap_or(own) == host.strip_suffix(usual).unwrap_or(host)
}

/// Lower-cases an origin and takes the slash at its end.
fn origin(text: &str) -> Result<String, OriginProblem> {
    let lower = text.to_ascii_lowercase();
    let origin = lower.strip_suffix('/').unwrap_or(&lower);
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let plain = |host: &str| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ', '\\']);
    match host {
        Some(host) if plain(host) && origin.parse::<Uri>().is_ok() => Ok(origin.to_owned()),
        _ => Err(OriginProblem(text.to_owned())),
    }
}
