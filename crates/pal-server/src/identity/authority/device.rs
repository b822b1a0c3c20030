//! Device codes: POST `/{t}/oauth2/v2.0/devicecode` and the page where a person enters one.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, PRAGMA};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::secret::{NoRandomness, random};
use super::asked::Asked;
use super::grants::{Device, DeviceAnswer};
use super::page::{self, Page};
use super::{Authority, Failure, Place, after, locked};

/// How long a device code holds, in seconds.
const LIFETIME: i64 = 900;
/// How long it is remembered after that, to say that it ended.
const REMEMBERED: i64 = 900;
/// Letters of user codes: none that looks like another, no vowels.
const LETTERS: &[u8; 29] = b"BCDFGHJKLMNPQRSTVWXYZ23456789";
const TITLE: &str = "Sign in on another device";

/// Starts the device flow.
pub(super) async fn start(
    State(authority): State<Authority>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    let answer = match Asked::form(&authority, request).await {
        Ok(asked) => authority.start_device(&tenant, &asked),
        Err(failure) => Err(failure),
    };
    match answer {
        Ok(body) => ([(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")], Json(body)).into_response(),
        Err(failure) => failure.answer(authority.0.clock.now()),
    }
}

/// Shows the page.
pub(super) async fn show(State(authority): State<Authority>, request: Request) -> Response {
    form(&authority, &Asked::plain(&authority, request), None)
}

/// Takes what was entered.
pub(super) async fn answer(State(authority): State<Authority>, request: Request) -> Response {
    let asked = match Asked::form(&authority, request).await {
        Ok(asked) => asked,
        Err(failure) => return page::refusal(&failure),
    };
    if !page::is_own(&authority, &asked) {
        return page::refusal(&Failure::Stale);
    }
    let outcome = match asked.fields.get("answer") {
        Some("decline") => authority.decline(&asked).map(|()| "You declined. Nothing was signed in."),
        _ => authority
            .approve(&asked)
            .map(|()| "You are signed in on the other device. You can close this page."),
    };
    match outcome {
        Ok(text) => Page::new(TITLE, &format!("<p role=\"status\">{text}</p>")).answer(StatusCode::OK),
        Err(failure) => form(&authority, &asked, Some(&failure)),
    }
}

impl Authority {
    fn start_device(&self, tenant: &str, asked: &Asked) -> Result<Value, Failure> {
        let place = self.place(tenant)?;
        let client_id = self.client(place, &asked.fields)?;
        let scope = asked.fields.need("scope")?;
        self.audience(scope, tenant)?;
        let answer = match &self.0.directory.auto_approve {
            Some(upn) => self.approved(place, upn)?,
            None => DeviceAnswer::Waiting,
        };
        let ends = after(asked.now, LIFETIME);
        let device = Device { place: tenant.to_owned(), client_id, scope: scope.to_owned(), ends, answer };
        let device_code = locked(&self.0.devices).put(device, after(ends, REMEMBERED))?;
        let user_code = user_code()?;
        locked(&self.0.user_codes).put_behind(&user_code, device_code.clone(), ends);
        let page = format!("{}/devicelogin", asked.origin);
        Ok(json!({
            "user_code": user_code,
            "device_code": device_code,
            "verification_uri": page,
            "expires_in": LIFETIME,
            "interval": self.0.directory.interval,
            "message": format!("To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."),
        }))
    }

    fn approved(&self, place: Place<'_>, upn: &str) -> Result<DeviceAnswer, Failure> {
        let (realm, user) = self.person(place, upn)?;
        Ok(DeviceAnswer::Approved { tenant: realm.tenant.id, upn: user.upn.clone() })
    }

    fn approve(&self, asked: &Asked) -> Result<(), Failure> {
        let (device_code, device) = self.waiting(asked)?;
        let place = self.place(&device.place)?;
        let (upn, password) = (asked.fields.need("upn")?, asked.fields.need("password")?);
        let (realm, user) = self.sign_in(place, upn, password, asked)?;
        let answer = DeviceAnswer::Approved { tenant: realm.tenant.id, upn: user.upn.clone() };
        self.settle(&device_code, answer, asked)
    }

    fn decline(&self, asked: &Asked) -> Result<(), Failure> {
        let (device_code, _) = self.waiting(asked)?;
        self.settle(&device_code, DeviceAnswer::Declined, asked)
    }

    /// The device code behind the code that was entered. Guessing is counted against the address.
    fn waiting(&self, asked: &Asked) -> Result<(String, Device), Failure> {
        let entered = asked.fields.need("code")?;
        let code =
            entered.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
        let attempt = super::throttle::Attempt::new(&format!("device code {code}"), asked.address);
        self.attempt(attempt, asked.now, || {
            let device_code = locked(&self.0.user_codes).get_mut(&code, asked.now).cloned();
            let device_code = device_code.ok_or(Failure::DeviceCode)?;
            let device = locked(&self.0.devices).get_mut(&device_code, asked.now).cloned();
            let waiting = device.filter(|device| matches!(device.answer, DeviceAnswer::Waiting));
            waiting.map(|device| (device_code, device)).ok_or(Failure::DeviceCode)
        })
    }

    fn settle(&self, device_code: &str, answer: DeviceAnswer, asked: &Asked) -> Result<(), Failure> {
        let mut devices = locked(&self.0.devices);
        let device = devices.get_mut(device_code, asked.now).ok_or(Failure::DeviceCode)?;
        if !matches!(device.answer, DeviceAnswer::Waiting) {
            return Err(Failure::DeviceCode);
        }
        device.answer = answer;
        Ok(())
    }
}

fn user_code() -> Result<String, NoRandomness> {
    let letter = |byte: u8| LETTERS.get(usize::from(byte) % LETTERS.len()).map(|letter| char::from(*letter));
    Ok(random::<9>()?.into_iter().filter_map(letter).collect())
}

fn form(authority: &Authority, asked: &Asked, failure: Option<&Failure>) -> Response {
    let guard = match page::guard(authority, asked) {
        Ok(guard) => guard,
        Err(failure) => return page::refusal(&failure),
    };
    let body = format!(
        "<p>Enter the code that the other device shows. Go on only if you started this sign-in yourself.</p>\
         {alert}<form method=\"post\" action=\"/devicelogin\">{csrf}\
         <label for=\"code\">Code</label>\
         <input id=\"code\" name=\"code\" required autofocus autocomplete=\"off\" spellcheck=\"false\" value=\"{code}\">\
         {account}\
         <button name=\"answer\" value=\"approve\">Sign in</button>\
         <button name=\"answer\" value=\"decline\" formnovalidate>Decline</button></form>",
        alert = page::alert(failure),
        csrf = guard.field(),
        code = page::escaped(asked.fields.get("code").unwrap_or_default()),
        account = page::account_fields(asked.fields.get("upn").unwrap_or_default()),
    );
    let status = failure.map_or(StatusCode::OK, Failure::status);
    Page::new(TITLE, &body).cookie(guard.cookie()).answer(status)
}
