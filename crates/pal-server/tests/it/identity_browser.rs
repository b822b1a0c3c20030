//! A browser at the pages of the built-in authority, and what must come of a sign-in.

use axum::body::Body;
use axum::http::{Request, header};
use pal_server::{Caller, Kind};
use serde_json::{Value, json};

use crate::identity_world::*;

pub(crate) const SCOPE: &str = "https://management.core.windows.net//.default openid profile offline_access";
pub(crate) const ANN: &str = "ann@contoso.example";

/// A browser: the page it has open, and its cookie.
pub(crate) struct Browser {
    pub(crate) path: String,
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

impl Browser {
    pub(crate) async fn open(sandbox: &Sandbox, path: &str) -> Browser {
        let page = sandbox.get(path).await;
        assert_eq!(page.status, 200, "{page:?}");
        let cookie = page.header(header::SET_COOKIE).split(';').next().unwrap().to_owned();
        Browser { path: path.to_owned(), cookie, csrf: between(&page.text, "name=\"csrf\" value=\"", "\"") }
    }

    pub(crate) async fn send(&self, sandbox: &Sandbox, fields: &[(&str, &str)]) -> Answer {
        let fields: Vec<(&str, &str)> =
            fields.iter().copied().chain([("csrf", self.csrf.as_str())]).collect();
        let request = Request::post(&self.path).header(header::HOST, "127.0.0.1:8443");
        let request = request.header(header::COOKIE, &self.cookie).body(Body::from(form(&fields)));
        sandbox.send(request.unwrap()).await
    }
}

pub(crate) fn between(text: &str, from: &str, to: &str) -> String {
    text.split_once(from)
        .and_then(|(_, rest)| rest.split_once(to))
        .unwrap_or_else(|| panic!("{text}"))
        .0
        .to_owned()
}

/// All that a client and this server need of a person's answer.
pub(crate) async fn check_user(sandbox: &Sandbox, body: &Value, tenant: &str, object: &str) {
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 3599);
    let scope = body["scope"].as_str().unwrap();
    assert!(scope.contains("https://management.core.windows.net//.default"), "{scope}");
    let token = body["access_token"].as_str().unwrap();
    let access = claims(token);
    assert_eq!((&access["tid"], &access["oid"]), (&json!(tenant), &json!(object)));
    assert_eq!(access["aud"], "https://management.core.windows.net/");
    assert_eq!((&access["scp"], &access["appid"]), (&json!("user_impersonation"), &json!(AZ)));
    let id = claims(body["id_token"].as_str().unwrap());
    assert_eq!((&id["aud"], &id["ver"]), (&json!(AZ), &json!("2.0")));
    assert_eq!(id["iss"], format!("{ORIGIN}/{tenant}/v2.0"));
    for name in ["iat", "nbf", "exp", "sub", "oid", "tid", "preferred_username", "name"] {
        assert!(!id[name].is_null(), "{name}");
    }
    let info = claims(&format!("x.{}.x", body["client_info"].as_str().unwrap()));
    assert_eq!(info, json!({ "uid": USER_OBJECT, "utid": TENANT }), "the account is the one at home");
    let verified = sandbox.authenticator.verify(token, sandbox.hands.now()).await.unwrap();
    assert_eq!(Caller::authenticated(&verified, None).kind(), Kind::User);
    for other in [&body["id_token"], &body["refresh_token"]] {
        let refused = sandbox.authenticator.verify(other.as_str().unwrap(), sandbox.hands.now()).await;
        assert!(refused.is_err(), "only the access token is one");
    }
}
