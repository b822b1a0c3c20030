//! Where to sign in for an endpoint, and what a token must be for.

use serde_json::Value;

use crate::endpoint::{Endpoint, PUBLIC};
use crate::http::{Http, Request};
use crate::problem::Problem;

/// Where Microsoft's public cloud signs in.
const PUBLIC_LOGIN: &str = "https://login.microsoftonline.com";
/// What a token of the public cloud is for.
const PUBLIC_AUDIENCE: &str = "https://management.azure.com/";
/// The audiences that Azure Resource Manager itself takes, in any of Microsoft's clouds.
const AZURE_AUDIENCES: [&str; 6] = [
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://management.usgovcloudapi.net",
    "https://management.core.usgovcloudapi.net",
    "https://management.chinacloudapi.cn",
    "https://management.core.chinacloudapi.cn",
];

/// Where to sign in, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// The authority.
    pub login: Endpoint,
    /// What the token is for.
    pub audience: String,
    /// Whether the token may open Azure itself to whoever runs the endpoint, without anybody having said so.
    pub gives_azure_away: bool,
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
        let foreign = !endpoint.is_microsoft() && !endpoint.is_loopback();
        let gives_azure_away = foreign && said.audience.is_none() && is_azure(&audience);
        Ok(Self { login, audience, gives_azure_away })
    }

    /// The scope that asks for the audience.
    pub(crate) fn scope(&self) -> String {
        format!("{}/.default", self.audience)
    }
}

fn is_azure(audience: &str) -> bool {
    AZURE_AUDIENCES.iter().any(|azure| audience.trim_end_matches('/').eq_ignore_ascii_case(azure))
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
    use super::is_azure;

    #[test]
    fn tokens_for_azure_itself_are_known() {
        assert!(
            is_azure("https://management.azure.com/") && is_azure("https://management.core.windows.net/")
        );
        assert!(!is_azure("api://7e0f0000") && !is_azure("https://pal.example"));
    }
}
