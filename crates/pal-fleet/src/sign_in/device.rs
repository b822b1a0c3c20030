//! A person signs in with a browser, on this machine or any other, by a code that is shown here.

use std::time::Duration;

use serde_json::Value;

use super::authority::{Authority, access_token, refused};
use super::{Secret, failed};
use crate::problem::{Problem, one_line};

/// The app of the Azure CLI, which every tenant knows.
const AZURE_CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/// How long a code may be good for, in seconds, whatever the authority says.
const LONGEST: u64 = 3600;

/// Shows a code and waits until somebody has used it.
pub(super) fn token(authority: &Authority<'_>, client_id: Option<&str>) -> Result<String, Problem> {
    let client_id = client_id.unwrap_or(AZURE_CLI);
    let scope = authority.cloud.scope();
    let asked = [("client_id", client_id), ("scope", scope.as_str())];
    let answer = authority.http.send(&authority.request("devicecode", &asked, &[]))?;
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |name: &str| json.get(name).and_then(Value::as_str);
    let (Some(code), Some(message), 200) = (text("device_code"), text("message"), answer.status) else {
        return Err(refused(&answer, &json, &[]));
    };
    let number = |name: &str, otherwise: u64| json.get(name).and_then(Value::as_u64).unwrap_or(otherwise);
    let machine = authority.http.machine();
    (machine.tell)(&one_line(message));
    let code = Secret::new(code);
    let fields = [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("client_id", client_id)];
    let request = authority.request("token", &fields, &[("device_code", &code)]);
    let (mut interval, left) = (number("interval", 5).max(1), number("expires_in", 900).min(LONGEST));
    let mut waited = 0;
    while waited < left {
        (machine.wait)(Duration::from_secs(interval));
        waited += interval;
        let answer = authority.http.send(&request)?;
        let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match json.get("error").and_then(Value::as_str) {
            Some("authorization_pending") => {}
            Some("slow_down") => interval += 5,
            Some("authorization_declined" | "access_denied") => {
                return Err(failed("the person declined", "run it again, and sign in"));
            }
            Some("expired_token") => break,
            _ => return access_token(&answer, &request.secrets),
        }
    }
    Err(failed("nobody entered the code in time", "run it again, and enter the code that it shows"))
}
