//! A request at the authority, read: its form or query, the origin it was sent to, and where it came from.

use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use pal_rules::time::Timestamp;
use uuid::Uuid;

use super::super::token;
use super::{Authority, Failure};
use crate::serve::peer;

/// The longest form that is read; an assertion is the longest thing in one.
const LONGEST: usize = 64 * 1024;

/// Names and values of a form or a query, each name once.
#[derive(Debug, Default)]
pub(super) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Reads `name=value&…`; a name that stands twice is refused.
    pub(super) fn parse(text: &[u8]) -> Result<Fields, Failure> {
        let mut fields = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text) {
            if fields.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(Failure::Malformed);
            }
        }
        Ok(Fields(fields))
    }

    /// A value that is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A value that must be there.
    pub(super) fn need(&self, name: &'static str) -> Result<&str, Failure> {
        self.get(name).ok_or(Failure::Missing(name))
    }

    /// The client id, a GUID. What is no GUID names no app.
    pub(super) fn client_id(&self) -> Result<Uuid, Failure> {
        let client = self.need("client_id")?;
        token::guid_of(client).ok_or_else(|| Failure::UnknownApp {
            client: client.to_owned(),
            tenant: "organizations".to_owned(),
        })
    }
}

/// What every endpoint needs to know of a request.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) origin: String,
    pub(super) address: Option<IpAddr>,
    pub(super) headers: HeaderMap,
    pub(super) query: String,
    pub(super) fields: Fields,
    pub(super) now: Timestamp,
}

impl Asked {
    /// Reads a request that carries a form.
    pub(super) async fn form(authority: &Authority, request: Request) -> Result<Asked, Failure> {
        let (parts, body) = request.into_parts();
        let body = body::to_bytes(body, LONGEST).await.map_err(|_| Failure::Malformed)?;
        Ok(Asked::new(authority, parts, Fields::parse(&body)?))
    }

    /// Reads a request that carries nothing but its address.
    pub(super) fn plain(authority: &Authority, request: Request) -> Asked {
        Asked::new(authority, request.into_parts().0, Fields::default())
    }

    /// The fields of the query.
    pub(super) fn query_fields(&self) -> Result<Fields, Failure> {
        Fields::parse(self.query.as_bytes())
    }

    fn new(authority: &Authority, parts: Parts, fields: Fields) -> Asked {
        let address = peer(&parts.extensions).map(|address| address.ip());
        Asked {
            origin: authority.0.origins.asked(&parts.uri, &parts.headers).to_owned(),
            address,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            fields,
            now: authority.0.clock.now(),
        }
    }
}
