//! What the authority answers when it says no: the error body of Entra, with a code that clients know.

use axum::Json;
use axum::http::header::{CACHE_CONTROL, PRAGMA, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use pal_rules::time::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::super::secret::NoRandomness;
use crate::observe::Asked;

/// Why a request at the authority is refused. `Display` is what a person reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    #[error(
        "Tenant '{0}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
    )]
    UnknownTenant(String),
    #[error(
        "No tenant-identifying information found in either the request or implied by any provided credentials."
    )]
    NoTenant,
    #[error("The request body must contain the following parameter: '{0}'.")]
    Missing(&'static str),
    #[error("Invalid request. Request is malformed or invalid.")]
    Malformed,
    #[error("The app requested an unsupported grant type '{0}'.")]
    GrantType(String),
    #[error("unsupported_response_type: only the response type 'code' is supported.")]
    ResponseType,
    #[error(
        "The provided value for the input parameter 'response_mode' is not allowed. Allowed values are 'query' and 'form_post'."
    )]
    ResponseMode,
    #[error(
        "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope '{0}' is not valid."
    )]
    Scope(String),
    #[error(
        "The provided value for scope '{0}' is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
    )]
    NotDefaultScope(String),
    #[error("The resource principal named {resource} was not found in the tenant named {tenant}.")]
    Resource { resource: String, tenant: String },
    #[error("Application with identifier '{client}' was not found in the directory '{tenant}'.")]
    UnknownApp { client: String, tenant: String },
    #[error(
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{0}'."
    )]
    Secret(String),
    #[error("The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")]
    NoCredential,
    #[error("The value of 'client_assertion_type' is not valid.")]
    AssertionType,
    #[error("The client assertion is malformed or invalid.")]
    Assertion,
    #[error(
        "Client assertion failed signature validation: the certificate with the identifier used to sign it is not registered on the application, has ended, or did not sign it."
    )]
    AssertionKey,
    #[error("Client assertion is not within its valid time range.")]
    AssertionTime,
    #[error("Client assertion audience claim does not match the token endpoint.")]
    AssertionAudience,
    #[error("Client assertion was used before: its 'jti' must be new.")]
    AssertionReplay,
    #[error("No matching federated identity record found for presented assertion {0}.")]
    Federated(&'static str),
    #[error("The authorization code or refresh token is not valid, has expired, or was used before.")]
    Grant,
    #[error("The Code_Verifier does not match the code_challenge supplied in the authorization request.")]
    Verifier,
    #[error(
        "The reply address does not match the reply address provided when requesting the authorization code."
    )]
    ReplyAddress,
    #[error("A code_challenge with the method S256 is required.")]
    Challenge,
    #[error(
        "The user account does not exist in tenant '{0}' and cannot access the application in that tenant."
    )]
    UserNotInTenant(String),
    #[error("Invalid username or password.")]
    Password,
    #[error("Silent sign-in is not possible: nobody is signed in.")]
    LoginRequired,
    #[error("OAuth 2.0 device flow error. Authorization is pending. Continue polling.")]
    Pending,
    #[error("OAuth 2.0 device flow error: the user declined.")]
    Declined,
    #[error("The provided device code has expired.")]
    DeviceExpired,
    #[error("The device code is not known or was used before.")]
    DeviceCode,
    #[error("This page is too old, or your browser keeps no cookies. Open it again.")]
    Stale,
    #[error("Too many sign-ins went wrong. Try again in {0} seconds.")]
    Throttled(u64),
    #[error("The service cannot answer now.")]
    Fault,
}

impl From<NoRandomness> for Failure {
    fn from(_: NoRandomness) -> Failure {
        Failure::Fault
    }
}

impl Failure {
    /// The OAuth word and Entra's number.
    fn code(&self) -> (&'static str, u32) {
        match self {
            Failure::UnknownTenant(_) => ("invalid_request", 90002),
            Failure::NoTenant => ("invalid_request", 50059),
            Failure::Missing(_) => ("invalid_request", 900_144),
            Failure::Malformed => ("invalid_request", 9_002_313),
            Failure::GrantType(_) => ("unsupported_grant_type", 70003),
            Failure::ResponseType => ("unsupported_response_type", 70005),
            Failure::ResponseMode => ("invalid_request", 70007),
            Failure::Scope(_) => ("invalid_scope", 70011),
            Failure::NotDefaultScope(_) => ("invalid_scope", 1_002_012),
            Failure::Resource { .. } => ("invalid_resource", 500_011),
            Failure::UnknownApp { .. } => ("unauthorized_client", 700_016),
            Failure::Secret(_) => ("invalid_client", 7_000_215),
            Failure::NoCredential => ("invalid_client", 7_000_218),
            Failure::AssertionType | Failure::Assertion => ("invalid_client", 50027),
            Failure::AssertionKey => ("invalid_client", 700_027),
            Failure::AssertionTime => ("invalid_client", 700_024),
            Failure::AssertionAudience => ("invalid_client", 700_023),
            Failure::AssertionReplay => ("invalid_client", 700_025),
            Failure::Federated(_) => ("invalid_client", 700_213),
            Failure::Grant => ("invalid_grant", 70008),
            Failure::Verifier => ("invalid_grant", 501_481),
            Failure::ReplyAddress => ("invalid_grant", 500_112),
            Failure::Challenge => ("invalid_request", 9_002_325),
            Failure::UserNotInTenant(_) => ("invalid_grant", 50020),
            Failure::Password => ("invalid_grant", 50126),
            Failure::LoginRequired => ("login_required", 50058),
            Failure::Pending => ("authorization_pending", 70016),
            Failure::Declined => ("authorization_declined", 65004),
            Failure::DeviceExpired => ("expired_token", 70020),
            Failure::DeviceCode => ("bad_verification_code", 70018),
            Failure::Stale => ("invalid_request", 90_013),
            Failure::Throttled(_) => ("temporarily_unavailable", 90055),
            Failure::Fault => ("server_error", 90033),
        }
    }

    /// The OAuth word.
    pub(super) fn error(&self) -> &'static str {
        self.code().0
    }

    /// The sentence with its number in front.
    pub(super) fn described(&self) -> String {
        format!("AADSTS{}: {self}", self.code().1)
    }

    /// The HTTP status.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Failure::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Failure::Fault => StatusCode::INTERNAL_SERVER_ERROR,
            _ if self.error() == "invalid_client" => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The whole answer, as client libraries read it.
    pub(super) fn answer(&self, now: Timestamp) -> Response {
        let (error, number) = self.code();
        let (trace, correlation) = (Uuid::new_v4(), Uuid::new_v4());
        let second = Timestamp::from_micros(now.micros() - now.micros().rem_euclid(1_000_000)).to_string();
        let timestamp = second.replace('T', " ");
        let description = format!(
            "{} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}",
            self.described()
        );
        let body = json!({
            "error": error,
            "error_description": description,
            "error_codes": [number],
            "timestamp": timestamp,
            "trace_id": trace.to_string(),
            "correlation_id": correlation.to_string(),
        });
        let headers = [(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
        let mut answer = (self.status(), headers, Json(body)).into_response();
        // People send in the line that they see: the log has the same id.
        answer.extensions_mut().insert(Asked { request_id: trace, caller: None });
        if let Failure::Throttled(seconds) = self {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*seconds));
        }
        answer
    }
}
