//! The pages of the authority: plain HTML that works without scripts and says that this is a sandbox. A form
//! is taken only with the token that belongs to the browser's cookie, so no other site can send one.

use aws_lc_rs::hmac;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HeaderName, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

use super::super::jws;
use super::super::secret::random;
use super::asked::Asked;
use super::{Authority, Failure};

const COOKIE_NAME: &str = "pal_sign_in";
const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem;\
    color:#1b1b1b;background:#fff}label{display:block;margin-top:1rem}input{box-sizing:border-box;width:100%;\
    padding:.5rem;font:inherit;border:1px solid #555}button{margin:1.5rem .5rem 0 0;padding:.5rem 1.5rem;\
    font:inherit}.note{border-left:.3rem solid #8a6100;padding-left:.7rem}\
    [role=alert]{border-left:.3rem solid #a80000;padding-left:.7rem}";

/// A page to be shown.
pub(super) struct Page {
    title: String,
    body: String,
    cookie: Option<String>,
    target: Option<String>,
    submits_itself: bool,
}

impl Page {
    /// A page of this title with this HTML below it.
    pub(super) fn new(title: &str, body: &str) -> Page {
        let (title, body) = (title.to_owned(), body.to_owned());
        Page { title, body, cookie: None, target: None, submits_itself: false }
    }

    /// Sets a cookie.
    pub(super) fn cookie(self, cookie: Option<String>) -> Page {
        Page { cookie, ..self }
    }

    /// Lets its form lead to this origin as well.
    pub(super) fn leading_to(self, origin: Option<String>) -> Page {
        Page { target: origin, ..self }
    }

    /// Sends its one form by itself, where scripts run.
    pub(super) fn submitting_itself(self) -> Page {
        Page { submits_itself: true, ..self }
    }

    /// The page as an answer.
    pub(super) fn answer(self, status: StatusCode) -> Response {
        let Ok(nonce) = random::<16>().map(jws::encode) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let script = if self.submits_itself {
            format!("<script nonce=\"{nonce}\">document.forms[0].submit()</script>")
        } else {
            String::new()
        };
        let title = escaped(&self.title);
        let html = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <title>{title} – pal sandbox</title><style nonce=\"{nonce}\">{STYLE}</style></head>\
             <body><main><h1>{title}</h1><p class=\"note\">This is a pal sandbox and not Microsoft. \
             Never enter a real password here.</p>{}</main>{script}</body></html>",
            self.body
        );
        let target = self.target.map(|target| format!(" {target}")).unwrap_or_default();
        let policy = format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; \
             form-action 'self'{target}; frame-ancestors 'none'; base-uri 'none'"
        );
        let mut response = (status, Html(html)).into_response();
        set(response.headers_mut(), CONTENT_SECURITY_POLICY, &policy);
        set(response.headers_mut(), CACHE_CONTROL, "no-store");
        set(response.headers_mut(), X_FRAME_OPTIONS, "DENY");
        set(response.headers_mut(), X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(response.headers_mut(), REFERRER_POLICY, "same-origin");
        if let Some(cookie) = self.cookie {
            set(response.headers_mut(), SET_COOKIE, &cookie);
        }
        response
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// A page that only says no.
pub(super) fn refusal(failure: &Failure) -> Response {
    Page::new("Sign-in is not possible", &alert(Some(failure))).answer(failure.status())
}

/// The sentence of a failure, read out by screen readers at once.
pub(super) fn alert(failure: Option<&Failure>) -> String {
    failure.map_or_else(String::new, |failure| {
        format!("<p role=\"alert\" id=\"problem\">{}</p>", escaped(&failure.described()))
    })
}

/// The fields for name and password.
pub(super) fn account_fields(upn: &str) -> String {
    format!(
        "<label for=\"upn\">User name</label>\
         <input id=\"upn\" name=\"upn\" required autocomplete=\"username\" spellcheck=\"false\" \
         autocapitalize=\"none\" value=\"{}\">\
         <label for=\"password\">Password</label>\
         <input id=\"password\" name=\"password\" type=\"password\" required autocomplete=\"current-password\">",
        escaped(upn)
    )
}

/// Text as HTML, for content and for attributes in quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

/// What ties a form to a browser: a random cookie, and in the form what only we can make of it.
pub(super) struct Guard {
    token: String,
    cookie: Option<String>,
}

impl Guard {
    /// The hidden field.
    pub(super) fn field(&self) -> String {
        format!("<input type=\"hidden\" name=\"csrf\" value=\"{}\">", self.token)
    }

    /// The cookie, when the browser does not have one yet.
    pub(super) fn cookie(&self) -> Option<String> {
        self.cookie.clone()
    }
}

/// The guard of a form for the browser that asks.
pub(super) fn guard(authority: &Authority, asked: &Asked) -> Result<Guard, Failure> {
    let known = cookie(&asked.headers).map(str::to_owned);
    let value = match &known {
        Some(value) => value.clone(),
        None => jws::encode(random::<32>()?),
    };
    let secure = if asked.origin.starts_with("https:") { "; Secure" } else { "" };
    let cookie = match known {
        Some(_) => None,
        None => Some(format!("{COOKIE_NAME}={value}; Path=/; HttpOnly; SameSite=Lax{secure}")),
    };
    let token = jws::encode(hmac::sign(&authority.0.page_key, value.as_bytes()));
    Ok(Guard { token, cookie })
}

/// Whether the form that came is one that we made for this browser.
pub(super) fn is_own(authority: &Authority, asked: &Asked) -> bool {
    let token = asked.fields.get("csrf").and_then(jws::decode);
    match (cookie(&asked.headers), token) {
        (Some(value), Some(token)) => hmac::verify(&authority.0.page_key, value.as_bytes(), &token).is_ok(),
        _ => false,
    }
}

/// The value of our cookie, if it is one that we could have set.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut pairs = all.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == COOKIE_NAME)?;
    jws::decode(value).filter(|bytes| bytes.len() == 32).map(|_| value)
}
