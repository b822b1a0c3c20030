//! GET and POST `/{t}/oauth2/v2.0/authorize`: the sign-in page, and the code that comes of it. PKCE with S256 is
//! asked of every client, and codes go to this machine only.

use axum::extract::{Path, Request, State};
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::asked::{Asked, Fields};
use super::grants::{Code, Grant};
use super::page::{self, Page};
use super::{Authority, Failure, Place, after, locked};

/// How long a code holds, in seconds.
const LIFETIME: i64 = 600;
const TITLE: &str = "Sign in";
/// The longest `state` or `nonce` that is kept and given back.
const LONGEST: usize = 4_096;

/// Where the answer goes, which must be known before anything else may be told to anybody but the person.
struct Reply {
    uri: String,
    origin: String,
    state: Option<String>,
    posted: bool,
}

/// A request that can be signed in to.
struct Ask<'a> {
    place: Place<'a>,
    client_id: Uuid,
    scope: String,
    challenge: String,
    nonce: Option<String>,
}

/// Shows the page.
pub(super) async fn show(
    State(authority): State<Authority>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    let asked = Asked::plain(&authority, request);
    respond(&authority, &tenant, &asked, false)
}

/// Takes name and password.
pub(super) async fn answer(
    State(authority): State<Authority>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    match Asked::form(&authority, request).await {
        Ok(asked) => respond(&authority, &tenant, &asked, true),
        Err(failure) => page::refusal(&failure),
    }
}

fn respond(authority: &Authority, tenant: &str, asked: &Asked, entered: bool) -> Response {
    let read = asked.query_fields().and_then(|query| Ok((authority.reply(tenant, &query)?, query)));
    let (reply, query) = match read {
        Ok(read) => read,
        Err(failure) => return page::refusal(&failure),
    };
    let ask = match authority.ask(tenant, &query) {
        Ok(ask) => ask,
        Err(failure) => return reply.failed(&failure),
    };
    if !entered {
        return form(authority, asked, &query, &reply, None);
    }
    if !page::is_own(authority, asked) {
        return page::refusal(&Failure::Stale);
    }
    match authority.code(&ask, &reply, asked) {
        Ok(code) => reply.answer(&[("code", &code)]),
        Err(failure) => form(authority, asked, &query, &reply, Some(&failure)),
    }
}

impl Authority {
    fn reply(&self, tenant: &str, query: &Fields) -> Result<Reply, Failure> {
        self.client(self.place(tenant)?, query)?;
        let uri = query.need("redirect_uri")?;
        let origin = on_this_machine(uri).ok_or(Failure::ReplyAddress)?;
        let posted = match query.get("response_mode") {
            None | Some("query") => false,
            Some("form_post") => true,
            Some(_) => return Err(Failure::ResponseMode),
        };
        let state = query.get("state").map(str::to_owned);
        if state.as_ref().is_some_and(|state| state.len() > LONGEST) {
            return Err(Failure::Malformed);
        }
        Ok(Reply { uri: uri.to_owned(), origin, state, posted })
    }

    fn ask<'a>(&'a self, tenant: &'a str, query: &Fields) -> Result<Ask<'a>, Failure> {
        let place = self.place(tenant)?;
        if query.need("response_type")? != "code" {
            return Err(Failure::ResponseType);
        }
        let challenge = query.get("code_challenge").filter(|challenge| challenge.len() == 43);
        let challenge = challenge.filter(|_| query.get("code_challenge_method") == Some("S256"));
        let scope = query.need("scope")?;
        self.audience(scope, tenant)?;
        let nonce = query.get("nonce").map(str::to_owned);
        if nonce.as_ref().is_some_and(|nonce| nonce.len() > LONGEST) {
            return Err(Failure::Malformed);
        }
        if query.get("prompt") == Some("none") {
            return Err(Failure::LoginRequired);
        }
        Ok(Ask {
            place,
            client_id: self.client(place, query)?,
            scope: scope.to_owned(),
            challenge: challenge.ok_or(Failure::Challenge)?.to_owned(),
            nonce,
        })
    }

    fn code(&self, ask: &Ask<'_>, reply: &Reply, asked: &Asked) -> Result<String, Failure> {
        let (upn, password) = (asked.fields.need("upn")?, asked.fields.need("password")?);
        let (realm, user) = self.sign_in(ask.place, upn, password, asked)?;
        let grant = Grant {
            tenant: realm.tenant.id,
            upn: user.upn.clone(),
            client_id: ask.client_id,
            scope: ask.scope.clone(),
        };
        let code = Code {
            grant,
            redirect_uri: reply.uri.clone(),
            challenge: ask.challenge.clone(),
            nonce: ask.nonce.clone(),
        };
        Ok(locked(&self.0.codes).put(code, after(asked.now, LIFETIME))?)
    }
}

impl Reply {
    fn failed(&self, failure: &Failure) -> Response {
        self.answer(&[("error", failure.error()), ("error_description", &failure.described())])
    }

    /// Sends the browser on to the client, with these values and the client's `state`.
    fn answer(&self, values: &[(&str, &str)]) -> Response {
        let state = self.state.as_deref().map(|state| ("state", state));
        let values: Vec<(&str, &str)> = values.iter().copied().chain(state).collect();
        if self.posted { self.posted(&values) } else { self.redirected(&values) }
    }

    fn redirected(&self, values: &[(&str, &str)]) -> Response {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(values).finish();
        let joint = if self.uri.contains('?') { '&' } else { '?' };
        let headers =
            [(LOCATION, format!("{}{joint}{query}", self.uri)), (CACHE_CONTROL, "no-store".to_owned())];
        (StatusCode::FOUND, headers).into_response()
    }

    fn posted(&self, values: &[(&str, &str)]) -> Response {
        let field = |(name, value): &(&str, &str)| {
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", page::escaped(value))
        };
        let fields: String = values.iter().map(field).collect();
        let action = page::escaped(&self.uri);
        let body = format!("<form method=\"post\" action=\"{action}\">{fields}<button>Go on</button></form>");
        Page::new(TITLE, &body)
            .leading_to(Some(self.origin.clone()))
            .submitting_itself()
            .answer(StatusCode::OK)
    }
}

fn form(
    authority: &Authority,
    asked: &Asked,
    query: &Fields,
    reply: &Reply,
    failure: Option<&Failure>,
) -> Response {
    let guard = match page::guard(authority, asked) {
        Ok(guard) => guard,
        Err(failure) => return page::refusal(&failure),
    };
    let upn = asked.fields.get("upn").or_else(|| query.get("login_hint")).unwrap_or_default();
    let body = format!(
        "{alert}<form method=\"post\" action=\"?{query}\">{csrf}{account}<button>Sign in</button></form>",
        alert = page::alert(failure),
        query = page::escaped(&asked.query),
        csrf = guard.field(),
        account = page::account_fields(upn),
    );
    let status = failure.map_or(StatusCode::OK, Failure::status);
    Page::new(TITLE, &body).cookie(guard.cookie()).leading_to(Some(reply.origin.clone())).answer(status)
}

/// The origin of an address on this machine, over plain HTTP, as command-line clients use it.
fn on_this_machine(uri: &str) -> Option<String> {
    let plain = uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>\\;,#".contains(&byte));
    let parsed: Uri = uri.parse().ok().filter(|_| plain)?;
    let authority = parsed.authority()?;
    let here = ["localhost", "127.0.0.1", "[::1]"].contains(&authority.host());
    let fits = parsed.scheme_str() == Some("http") && here && !authority.as_str().contains('@');
    fits.then(|| format!("http://{authority}"))
}
