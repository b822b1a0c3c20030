//! What every sign-in at an authority has in common: the token endpoint, and what it refuses.

use serde_json::Value;

use super::{Secret, failed};
use crate::cloud::Cloud;
use crate::http::{Answer, Http, Method, Request};
use crate::links::encoded;
use crate::problem::{Problem, one_line};
use crate::redact;

/// An authority, asked for one tenant.
pub(super) struct Authority<'a> {
    pub(super) http: &'a Http,
    pub(super) cloud: &'a Cloud,
    pub(super) tenant: Option<&'a str>,
}

/// What a client sends beside its name when it proves itself with a signed statement.
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl Authority<'_> {
    /// The address of an endpoint of the authority, for the tenant; people without one are sent to their own.
    pub(super) fn address(&self, endpoint: &str) -> String {
        let tenant = encoded(self.tenant.unwrap_or("organizations"));
        format!("{}/{tenant}/oauth2/v2.0/{endpoint}", self.cloud.login)
    }

    /// The request for a form; the values under secret names are told nowhere.
    pub(super) fn request(
        &self,
        endpoint: &str,
        open: &[(&str, &str)],
        secret: &[(&str, &Secret)],
    ) -> Request {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(open).extend_pairs(secret.iter().map(|(name, secret)| (name, secret.text())));
        Request {
            method: Method::Post,
            url: self.address(endpoint),
            form: Some(form.finish().into_bytes()),
            secrets: secret.iter().map(|(_, secret)| secret.text().to_owned()).collect(),
            private: true,
            ..Request::default()
        }
    }

    /// The request by which an app asks for its token.
    pub(super) fn app_request(&self, client_id: &str, proof: &[(&str, &Secret)]) -> Result<Request, Problem> {
        if self.tenant.is_none() {
            return Err(Problem::Given {
                message: "an app signs in to a tenant, and none is named".to_owned(),
                hint: "name it with `--tenant ID` or `AZURE_TENANT_ID`".to_owned(),
            });
        }
        let scope = self.cloud.scope();
        let mut open =
            vec![("grant_type", "client_credentials"), ("client_id", client_id), ("scope", &scope)];
        if proof.iter().any(|(name, _)| *name == "client_assertion") {
            open.push(("client_assertion_type", ASSERTION_TYPE));
        }
        Ok(self.request("token", &open, proof))
    }

    /// Signs an app in.
    pub(super) fn app(&self, client_id: &str, proof: &[(&str, &Secret)]) -> Result<String, Problem> {
        let request = self.app_request(client_id, proof)?;
        let secrets = request.secrets.clone();
        access_token(&self.http.send(&request)?, &secrets)
    }

    /// Signs an app in with a token of an issuer that it trusts.
    pub(super) fn federated(&self, client_id: &str, token: &Secret) -> Result<String, Problem> {
        self.app(client_id, &[("client_assertion", token)])
    }
}

/// The access token of an answer, or why there is none.
pub(super) fn access_token(answer: &Answer, secrets: &[String]) -> Result<String, Problem> {
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match json.get("access_token").and_then(Value::as_str) {
        Some(token) if answer.status == 200 => Ok(token.to_owned()),
        _ => Err(refused(answer, &json, secrets)),
    }
}

/// What an authority says when it refuses: the first line of its description.
pub(super) fn refused(answer: &Answer, json: &Value, secrets: &[String]) -> Problem {
    let text = |name: &str| json.get(name).and_then(Value::as_str);
    let description = text("error_description").and_then(|text| text.lines().next());
    let message = match description.or_else(|| text("error")) {
        // The rest of the line are ids and a time, which stand below it anyway.
        Some(line) => one_line(line.split(" Trace ID:").next().unwrap_or(line)),
        None => format!("the authority answered {} without saying why", answer.status),
    };
    let message = redact::without(&message, secrets);
    let hint = advice(&message);
    match failed(&message, hint) {
        Problem::SignIn { message, hint, .. } => {
            let said = json.get("trace_id").and_then(Value::as_str).map(one_line);
            Problem::SignIn { message, hint, request_id: answer.request_id().or(said) }
        }
        other => other,
    }
}

/// What to do about the refusals that people meet; by the number in their text.
fn advice(message: &str) -> &'static str {
    let known = [
        (
            "AADSTS7000215",
            "give the secret itself, not its id, from a file, standard input or the environment",
        ),
        ("AADSTS7000222", "the secret has ended: make a new one for the app"),
        ("AADSTS700016", "check `--client-id`: the tenant does not know this app"),
        ("AADSTS900023", "check `--tenant`: it is a tenant's id or domain"),
        ("AADSTS90002", "check `--tenant`: there is no such tenant"),
        ("AADSTS500011", "the tenant has not consented to what the token is for: check `--audience`"),
        ("AADSTS700027", "register the certificate of `--certificate` with the app"),
        ("AADSTS700024", "check this machine's clock"),
        (
            "AADSTS70021",
            "register the token's issuer, subject and audience with the app as a federated credential",
        ),
        ("AADSTS50020", "the account is no user of that tenant: have it invited, or name another tenant"),
    ];
    let found = known.iter().find(|(code, _)| message.contains(code));
    found.map_or("check `--tenant`, `--client-id` and what it signs in with", |(_, advice)| advice)
}
