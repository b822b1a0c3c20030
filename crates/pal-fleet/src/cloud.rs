//! Where to sign in for an endpoint, and what a token must be for.

use serde_json::Value;

use crate::endpoint::{Endpoint, PUBLIC};
use crate::http::{Http, Request};
use crate::problem::Problem;

/// Where Microsoft's public cloud signs in.
const PUBLIC_LOGIN: &str = "https://login.microsoftonline.com";
/// What a token of the public cloud is for.
const PUBLIC_AUDIENCE: &str = "https://management.azure.com/";
/// How the name of an app's own interface begins, which nothing of Microsoft's goes by.
const APP: &str = "api://";
/// How the one begins all the same by which a token of one identity is changed for that of another, in any cloud.
const EXCHANGE: &str = "azureadtokenexchange";

/// Where to sign in, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// The authority.
    pub login: Endpoint,
    /// What the token is for.
    pub audience: String,
    /// Whether an endpoint that is not Microsoft's asks for a token that may open something else than itself to whoever
    /// runs it, without anybody having said so.
    pub asks_for_more: bool,
    /// Whether the endpoint signs in itself, or this machine does: then the token is none of Microsoft's.
    pub signs_in_itself: bool,
}

/// What the user says of it.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// The authority.
    pub login: Option<Endpoint>,
    /// What the token is for.
    pub audience: Option<String>,
}

impl Cloud {
    /// What the user says, else what is fixed for the public cloud, else what the endpoint's metadata says.
    ///
    /// # Errors
    ///
    /// Those of asking, and [`Problem::Strange`] for metadata without what is needed.
    pub fn find(http: &Http, endpoint: &Endpoint, said: &Said) -> Result<Self, Problem> {
        let (login, audience) = if let (Some(login), Some(audience)) = (&said.login, &said.audience) {
            (login.clone(), audience.clone())
        } else {
            let (login, audience) = told(http, endpoint)?;
            (said.login.clone().unwrap_or(login), said.audience.clone().unwrap_or(audience))
        };
        let told_by_others = said.audience.is_none() && !endpoint.is_microsoft();
        Ok(Self {
            asks_for_more: told_by_others && !is_harmless(&audience, endpoint),
            signs_in_itself: login == *endpoint || login.is_loopback(),
            login,
            audience,
        })
    }

    /// The scope that asks for the audience.
    pub(crate) fn scope(&self) -> String {
        format!("{}/.default", self.audience)
    }
}

/// Whether a token for this audience opens nothing but the endpoint, or an app that somebody registered for it. What
/// opens Microsoft's services has many names, so these are the only ones that are taken.
fn is_harmless(audience: &str, endpoint: &Endpoint) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte);
    let is_app = |app: &str| {
        !app.is_empty() && app.bytes().all(plain) && !app.to_ascii_lowercase().starts_with(EXCHANGE)
    };
    audience.strip_prefix(APP).is_some_and(is_app)
        || Endpoint::parse(audience).is_ok_and(|origin| origin == *endpoint)
}

fn told(http: &Http, endpoint: &Endpoint) -> Result<(Endpoint, String), Problem> {
    if endpoint.url() == PUBLIC {
        return Ok((Endpoint::parse(PUBLIC_LOGIN)?, PUBLIC_AUDIENCE.to_owned()));
    }
    let url = format!("{endpoint}/metadata/endpoints?api-version=2022-09-01");
    let answer = http.send(&Request { url, ..Request::default() })?;
    if answer.status != 200 {
        return Err(answer.refusal());
    }
    let strange = |answered: &str| Problem::Strange {
        host: endpoint.host().to_owned(),
        answered: answered.to_owned(),
        request_id: answer.request_id(),
    };
    let json: Value = serde_json::from_slice(&answer.body)
        .map_err(|_| strange("has no metadata: its answer at /metadata/endpoints is no JSON"))?;
    let login = json.pointer("/authentication/loginEndpoint").and_then(Value::as_str);
    let audience = json.pointer("/authentication/audiences/0").and_then(Value::as_str);
    let (Some(login), Some(audience)) = (login, audience) else {
        return Err(strange("does not say in its metadata where to sign in, and for what"));
    };
    Ok((Endpoint::parse(login)?, audience.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::is_harmless;
    use crate::endpoint::Endpoint;

    #[test]
    fn only_apps_and_the_endpoint_itself_are_harmless() {
        let endpoint = Endpoint::parse("https://pal.example:8443").unwrap();
        for own in [
            "api://7e0f0000",
            "api://pal.example/links",
            "https://pal.example:8443",
            "https://PAL.example:8443/",
        ] {
            assert!(is_harmless(own, &endpoint), "{own}");
        }
        for other in [
            "",
            "api://",
            "API://x",
            "api://AzureADTokenExchange",
            "api://azureadtokenexchangeusgov",
            "api://x https://management.azure.com",
            "797f4846-ba00-4fd7-ba43-dac1f8f63013",
            "https://pal.example",
            "https://pal.example:8443/x",
            "https://pal.example:8443@management.azure.com",
            "https://management.azure.com/",
            "https://management.azure.com:443/",
            "https://management.azure.com/x/..",
            "https://pal.example:8443 https://management.azure.com",
            "https://graph.microsoft.com",
            "https://vault.azure.net",
        ] {
            assert!(!is_harmless(other, &endpoint), "{other}");
        }
    }
}
