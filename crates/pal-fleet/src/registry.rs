//! Our own API: all links in reach, the history of one, and what the partner directory says of an id.

use serde_json::Value;

use crate::http::{Answer, Method};
use crate::links::{Answered, Client, encoded};
use crate::problem::Problem;

/// Which links are asked for; what is absent is not asked about.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those of a tenant.
    pub tenant_id: Option<String>,
    /// Those to a partner.
    pub partner_id: Option<String>,
    /// Those that have this text in a name or id.
    pub text: Option<String>,
}

/// What the directory says of a partner id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The partner's name.
    pub name: Option<String>,
    /// What stands against linking to it, in words.
    pub hint: Option<String>,
    /// The location ids to link to instead.
    pub locations: Vec<String>,
}

/// The most links of one page.
const PAGE: u32 = 1000;
/// The most pages that are walked: a cursor that never ends is a fault of the server.
const PAGES: u32 = 10_000;

impl Client<'_> {
    /// All links in the caller's reach that fit, page by page.
    ///
    /// # Errors
    ///
    /// Every refusal, and [`Problem::Strange`] for pages that do not end.
    pub fn list(&self, filter: &Filter) -> Result<Vec<Value>, Problem> {
        let mut links = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("limit", &PAGE.to_string());
            let given = [
                ("tenant_id", &filter.tenant_id),
                ("partner_id", &filter.partner_id),
                ("text", &filter.text),
                ("cursor", &cursor),
            ];
            for (name, value) in given {
                if let Some(value) = value {
                    query.append_pair(name, value);
                }
            }
            let (answer, page) = self.own(&format!("links?{}", query.finish()))?;
            links.extend(self.items(&answer, &page)?);
            let next = page.get("next").and_then(Value::as_str).map(str::to_owned);
            match next {
                None => return Ok(links),
                Some(next) if cursor.as_ref() == Some(&next) => {
                    return Err(self.strange(&answer, "answered the same page twice"));
                }
                next => cursor = next,
            }
        }
        Err(Problem::Strange {
            host: self.endpoint.host().to_owned(),
            answered: "answered pages without end".to_owned(),
            request_id: None,
        })
    }

    /// The changes of one principal's link, by version, if there are any in reach.
    ///
    /// # Errors
    ///
    /// Every refusal but 404.
    pub fn history(&self, tenant_id: &str, object_id: &str) -> Result<Answered<Vec<Value>>, Problem> {
        let path = format!("links/{}/{}/history", encoded(tenant_id), encoded(object_id));
        match self.own(&path) {
            Ok((answer, page)) => {
                Ok(Answered { found: Some(self.items(&answer, &page)?), request_id: answer.request_id() })
            }
            Err(Problem::Refused(refusal)) if refusal.status == 404 => {
                Ok(Answered { found: None, request_id: refusal.request_id })
            }
            Err(problem) => Err(problem),
        }
    }

    /// What the directory says of a partner id.
    ///
    /// # Errors
    ///
    /// Every refusal: 404 for an id that it does not know.
    pub fn known_partner(&self, partner_id: &str) -> Result<Known, Problem> {
        let (_, partner) = self.own(&format!("partners/{}", encoded(partner_id)))?;
        let text = |pointer: &str| partner.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let locations = partner.pointer("/problem/locations").and_then(Value::as_array);
        let location = |location: &Value| location.as_str().map(str::to_owned);
        Ok(Known {
            name: text("/name"),
            hint: text("/problem/hint"),
            locations: locations.into_iter().flatten().filter_map(location).collect(),
        })
    }

    fn own(&self, path: &str) -> Result<(Answer, Value), Problem> {
        let answer = self.send(Method::Get, format!("{}/api/v1/{path}", self.endpoint))?;
        let json = self.json(&answer)?;
        Ok((answer, json))
    }

    fn items(&self, answer: &Answer, page: &Value) -> Result<Vec<Value>, Problem> {
        let items = page.get("items").and_then(Value::as_array);
        items.cloned().ok_or_else(|| self.strange(answer, "answered what is no list"))
    }
}
