//! Identities that come with where the program runs: the cloud's managed ones, and a workflow's token at GitHub.

use serde_json::Value;

use super::{Secret, failed};
use crate::http::{Answer, Http, Request};
use crate::problem::Problem;

/// The identity service of virtual machines; it is never routed.
const MACHINE: &str = "http://169.254.169.254/metadata/identity/oauth2/token";
/// What a token from elsewhere must be for, so that an authority takes it.
const EXCHANGE: &str = "api://AzureADTokenExchange";

/// The token of a managed identity.
pub(super) fn token(
    http: &Http,
    audience: &str,
    client_id: Option<&str>,
    service: Option<&(String, Secret)>,
) -> Result<Secret, Problem> {
    let (endpoint, version) = match service {
        Some((endpoint, _)) => (endpoint.as_str(), "2019-08-01"),
        None => (MACHINE, "2018-02-01"),
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("api-version", version).append_pair("resource", audience);
    if let Some(client_id) = client_id {
        query.append_pair("client_id", client_id);
    }
    let headers = match service {
        Some((_, header)) => vec![("x-identity-header", header.text().to_owned())],
        None => vec![("metadata", "true".to_owned())],
    };
    let answer = http.send(&Request {
        url: format!("{endpoint}{}{}", if endpoint.contains('?') { "&" } else { "?" }, query.finish()),
        headers,
        secrets: service.iter().map(|(_, header)| header.text().to_owned()).collect(),
        private: true,
        identity: true,
        ..Request::default()
    })?;
    read(
        &answer,
        "access_token",
        "let this machine or service have a managed identity; `--client-id` names one of several",
    )
}

/// The token by which a GitHub workflow proves itself elsewhere.
pub(super) fn github(http: &Http, url: &str, token: &Secret) -> Result<Secret, Problem> {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("audience", EXCHANGE).finish();
    let answer = http.send(&Request {
        url: format!("{url}{}{query}", if url.contains('?') { "&" } else { "?" }),
        headers: vec![("authorization", format!("Bearer {}", token.text()))],
        secrets: vec![token.text().to_owned()],
        private: true,
        ..Request::default()
    })?;
    read(&answer, "value", "give the job `permissions: id-token: write`")
}

fn read(answer: &Answer, field: &str, hint: &str) -> Result<Secret, Problem> {
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match json.get(field).and_then(Value::as_str) {
        Some(token) if answer.status == 200 => Ok(Secret::new(token)),
        _ => {
            let said = json.get("error_description").or_else(|| json.get("message")).and_then(Value::as_str);
            let said = said.and_then(|text| text.lines().next()).map(crate::problem::one_line);
            let said = said.map(|said| format!(": {said}")).unwrap_or_default();
            Err(failed(&format!("the identity service answered {}{said}", answer.status), hint))
        }
    }
}
