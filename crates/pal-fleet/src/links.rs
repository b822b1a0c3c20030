//! The provider's four requests: one link per caller, made, read, changed, removed.

use serde_json::Value;

use crate::endpoint::Endpoint;
use crate::http::{Answer, Http, Method, Request};
use crate::problem::{Problem, one_line};
use crate::sign_in::Token;

/// The one version of the provider.
const VERSION: &str = "2018-02-01";

/// The caller's link, as a server shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The partner id.
    pub partner_id: String,
    /// The partner's name; old answers lack it.
    pub partner_name: Option<String>,
    /// The caller's tenant.
    pub tenant_id: String,
    /// The caller's object id.
    pub object_id: String,
    /// How often the link was written.
    pub version: Option<u64>,
    /// When it was first made; survives removal.
    pub created_time: Option<String>,
    /// When it was last written.
    pub updated_time: Option<String>,
    /// The whole answer.
    pub body: Value,
}

/// What a server has of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered<T> {
    /// What it has, if it has any.
    pub found: Option<T>,
    /// The server's id of the request: of "there is none", too.
    pub request_id: Option<String>,
}

/// Asks an endpoint as somebody who is signed in.
#[derive(Debug)]
pub struct Client<'a> {
    pub(crate) http: &'a Http,
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) token: &'a Token,
}

impl<'a> Client<'a> {
    /// A client of an endpoint.
    pub fn new(http: &'a Http, endpoint: &'a Endpoint, token: &'a Token) -> Self {
        Self { http, endpoint, token }
    }

    /// The caller's link, to this partner if one is named, if there is one.
    ///
    /// # Errors
    ///
    /// Every refusal but 404.
    pub fn show(&self, partner_id: Option<&str>) -> Result<Answered<Link>, Problem> {
        match self.ask(Method::Get, partner_id.unwrap_or_default()) {
            Ok(answer) => Ok(Answered { found: Some(self.link(&answer)?), request_id: answer.request_id() }),
            Err(Problem::Refused(refusal))
                if refusal.status == 404 && refusal.code == "ManagementPartnerNotFound" =>
            {
                Ok(Answered { found: None, request_id: refusal.request_id })
            }
            Err(problem) => Err(problem),
        }
    }

    /// The same, with 404 as the refusal that it is.
    ///
    /// # Errors
    ///
    /// Every refusal.
    pub fn read(&self, partner_id: Option<&str>) -> Result<Link, Problem> {
        self.link(&self.ask(Method::Get, partner_id.unwrap_or_default())?)
    }

    /// Links the caller to a partner.
    ///
    /// # Errors
    ///
    /// 409 where the caller is linked already, 400 where the id is none that can be linked to.
    pub fn create(&self, partner_id: &str) -> Result<Link, Problem> {
        self.link(&self.ask(Method::Put, partner_id)?)
    }

    /// Links the caller to another partner.
    ///
    /// # Errors
    ///
    /// 404 where the caller is not linked, 400 where the id is none that can be linked to.
    pub fn update(&self, partner_id: &str) -> Result<Link, Problem> {
        self.link(&self.ask(Method::Patch, partner_id)?)
    }

    /// Removes the caller's link to a partner.
    ///
    /// # Errors
    ///
    /// Every refusal; that there is no link is none.
    pub fn delete(&self, partner_id: &str) -> Result<(), Problem> {
        self.ask(Method::Delete, partner_id).map(|_| ())
    }

    fn ask(&self, method: Method, partner_id: &str) -> Result<Answer, Problem> {
        let url = format!(
            "{}/providers/Microsoft.ManagementPartner/partners/{}?api-version={VERSION}",
            self.endpoint,
            encoded(partner_id)
        );
        self.send(method, url)
    }

    /// Sends a request with the caller's token; any status but 200 is a refusal.
    pub(crate) fn send(&self, method: Method, url: String) -> Result<Answer, Problem> {
        let answer = self.http.send(&Request {
            method,
            url,
            headers: vec![("authorization", self.token.header())],
            secrets: vec![self.token.secret().to_owned()],
            ..Request::default()
        })?;
        if answer.status == 200 { Ok(answer) } else { Err(answer.refusal()) }
    }

    /// The JSON of an answer.
    pub(crate) fn json(&self, answer: &Answer) -> Result<Value, Problem> {
        serde_json::from_slice(&answer.body).map_err(|_| self.strange(answer, "answered what is no JSON"))
    }

    pub(crate) fn strange(&self, answer: &Answer, answered: &str) -> Problem {
        Problem::Strange {
            host: self.endpoint.host().to_owned(),
            answered: answered.to_owned(),
            request_id: answer.request_id(),
        }
    }

    fn link(&self, answer: &Answer) -> Result<Link, Problem> {
        let body = self.json(answer)?;
        Link::read(body).ok_or_else(|| self.strange(answer, "answered what is no link"))
    }
}

impl Link {
    /// Reads the provider's body; `None` if it is none.
    pub fn read(body: Value) -> Option<Self> {
        let properties = body.get("properties")?;
        let text = |name: &str| properties.get(name).and_then(Value::as_str).map(one_line);
        // Some examples of the description show the version as text.
        let version = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
        Some(Self {
            partner_id: text("partnerId")?,
            partner_name: text("partnerName"),
            tenant_id: text("tenantId")?.to_ascii_lowercase(),
            object_id: text("objectId")?.to_ascii_lowercase(),
            version: properties.get("version").and_then(version),
            created_time: text("createdTime"),
            updated_time: text("updatedTime"),
            body,
        })
    }
}

/// A text as one segment of a path.
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
