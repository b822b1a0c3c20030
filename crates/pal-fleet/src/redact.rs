//! What of an exchange may be shown: everything but what somebody could sign in with.

use serde_json::Value;

/// Stands for what is not shown.
pub const HIDDEN: &str = "[redacted]";

/// The fields of sign-in that are shown; everything else might open a door.
const SHOWN: [&str; 18] = [
    "api-version",
    "audience",
    "client_assertion_type",
    "client_id",
    "correlation_id",
    "error",
    "error_codes",
    "error_description",
    "expires_in",
    "expires_on",
    "ext_expires_in",
    "grant_type",
    "interval",
    "resource",
    "scope",
    "timestamp",
    "token_type",
    "trace_id",
];

/// Request headers whose values are shown.
const SHOWN_HEADERS: [&str; 7] =
    ["accept", "content-type", "metadata", "user-agent", "x-ms-client-request-id", "commandname", "host"];

/// Response headers whose values are not shown.
const HIDDEN_HEADERS: [&str; 4] = ["set-cookie", "authorization", "authentication-info", "location"];

/// The value of a request's header, if it may be shown.
pub fn request_header<'a>(name: &str, value: &'a str) -> &'a str {
    if SHOWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) { value } else { HIDDEN }
}

/// The value of an answer's header, if it may be shown.
pub fn answer_header<'a>(name: &str, value: &'a str) -> &'a str {
    if HIDDEN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) { HIDDEN } else { value }
}

/// A form of sign-in: the values of fields that are known to be harmless.
pub fn form(body: &[u8]) -> String {
    let field = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
        let shown = if SHOWN.contains(&name.as_ref()) { value.as_ref() } else { HIDDEN };
        format!("{name}={shown}")
    };
    form_urlencoded::parse(body).map(field).collect::<Vec<_>>().join("&")
}

/// An answer of sign-in: the values of fields that are known to be harmless.
pub fn answer(body: &[u8]) -> String {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => {
            let shown = |(name, value): (String, Value)| {
                let value = if SHOWN.contains(&name.as_str()) { value } else { HIDDEN.into() };
                (name, value)
            };
            Value::Object(fields.into_iter().map(shown).collect()).to_string()
        }
        _ => format!("[{} bytes, not shown]", body.len()),
    }
}

/// A text without these secrets, wherever they stand in it, and without anything that looks like a token.
pub fn without(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret.as_str(), HIDDEN);
    }
    without_tokens(&text)
}

/// JSON web tokens begin with `eyJ`, the brace and quote of their header.
fn without_tokens(text: &str) -> String {
    let is_part = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.' | '=');
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("eyJ") {
        let (before, token) = rest.split_at(at);
        kept.push_str(before);
        let length = token.find(|sign| !is_part(sign)).unwrap_or(token.len());
        let (token, after) = token.split_at(length);
        kept.push_str(if token.contains('.') { HIDDEN } else { token });
        rest = after;
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::{answer, form, request_header, without};

    #[test]
    fn nothing_that_opens_a_door_is_shown() {
        let sent =
            form(b"client_id=c1&client_secret=s+1&client_assertion=a&device_code=d&code=d&new=x&scope=y");
        assert_eq!(
            sent,
            "client_id=c1&client_secret=[redacted]&client_assertion=[redacted]&device_code=[redacted]\
             &code=[redacted]&new=[redacted]&scope=y"
        );
        let got = answer(br#"{"access_token":"t","message":"enter ABC","expires_in":1,"value":["t"]}"#);
        assert_eq!(
            got,
            r#"{"access_token":"[redacted]","message":"[redacted]","expires_in":1,"value":"[redacted]"}"#
        );
        assert_eq!(answer(b"<html>t</html>"), "[14 bytes, not shown]");
        for hidden in ["Authorization", "X-IDENTITY-HEADER", "Cookie", "x-new"] {
            assert_eq!(request_header(hidden, "v"), "[redacted]");
        }
        assert_eq!(request_header("User-Agent", "pal/1"), "pal/1");
        assert_eq!(
            without("the s 1 of eyJh.eyJi.x, eyJ", &["s 1".to_owned()]),
            "the [redacted] of [redacted], eyJ"
        );
    }
}
