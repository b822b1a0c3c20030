//! Every refusal of our own API: status, code, words and what to do, here and nowhere else (RFC 9457).

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use pal_store::registry::RegistryFault;
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};
use uuid::Uuid;

use crate::arm::throttle::UsedUp;
use crate::caller::Unknown;
use crate::identity::Refused;
use crate::observe::Faulted;

/// Why a request was not done.
#[derive(Debug, Clone)]
pub(super) enum Problem {
    /// Nothing has this path.
    NoSuchPath,
    /// The path has other methods.
    Method,
    /// It is not there, or the caller may not know of it; the two look the same.
    NotFound { what: &'static str, hint: Option<String> },
    /// A parameter is not what it should be.
    Parameter { detail: String },
    /// The body is not what it should be.
    Body { detail: String },
    /// The body is of a kind that is not read here.
    MediaType,
    /// The body is longer than it may be.
    BodyTooLarge { limit: usize },
    /// The caller is not known.
    Unauthenticated { detail: String },
    /// The caller was not given a role that may.
    Forbidden { roles: Vec<&'static str> },
    /// The tenant asked too often.
    TooMany(UsedUp),
    /// It cannot be done now.
    Unavailable { fault: Option<String> },
    /// Something that we must fix.
    Internal { fault: String },
}

/// A refusal as it is sent: `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody {
    /// Always `about:blank`: the code tells problems apart.
    #[schema(example = "about:blank")]
    r#type: &'static str,
    /// The status in words.
    #[schema(example = "Not Found")]
    title: &'static str,
    /// The status.
    #[schema(example = 404)]
    status: u16,
    /// A word for programs.
    #[schema(example = "not_found")]
    code: &'static str,
    /// What is wrong, for people.
    detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    hint: Option<String>,
    /// The request's id, which the server's log has too.
    request_id: Uuid,
}

/// What every operation for signed-in callers may answer.
#[derive(Debug, IntoResponses)]
#[expect(dead_code, reason = "the description is made from it")]
pub(super) enum Refusals {
    /// No token, or one that is not believed
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemBody),
    /// The path does not take this method
    #[response(status = 405, content_type = "application/problem+json")]
    Method(ProblemBody),
    /// The tenant's quota is used up
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(ProblemBody),
    /// An error of the server's own
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemBody),
    /// The server cannot do it now
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

impl Problem {
    pub(super) fn unknown(unknown: Unknown) -> Problem {
        match unknown {
            Unknown::NoAuthorization => {
                Problem::Unauthenticated { detail: "there is no bearer token".to_owned() }
            }
            Unknown::Token(Refused::KeysUnavailable) => Problem::Unavailable { fault: None },
            Unknown::Token(refused) => Problem::Unauthenticated { detail: refused.to_string() },
        }
    }

    pub(super) fn registry(fault: &RegistryFault) -> Problem {
        let chain = Faulted::of(fault).chain;
        if fault.may_pass() {
            Problem::Unavailable { fault: Some(chain) }
        } else {
            Problem::Internal { fault: chain }
        }
    }

    fn parts(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoSuchPath | Self::NotFound { .. } => (StatusCode::NOT_FOUND, "not_found"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::Parameter { .. } => (StatusCode::BAD_REQUEST, "invalid_parameter"),
            Self::Body { .. } => (StatusCode::BAD_REQUEST, "invalid_body"),
            Self::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::BodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::Unauthenticated { .. } => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            Self::Forbidden { .. } => (StatusCode::FORBIDDEN, "forbidden"),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            Self::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Self::Internal { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    /// What is wrong, and what to do about it.
    fn words(&self) -> (String, Option<String>) {
        let with = |detail: &str, hint: &str| (detail.to_owned(), Some(hint.to_owned()));
        match self {
            Self::NoSuchPath => with("nothing has this path", "see `/api/docs` for what there is"),
            Self::Method => with("this path does not take this method", "see the header `Allow`"),
            Self::NotFound { what, hint } => (format!("there is no such {what} within reach"), hint.clone()),
            Self::Parameter { detail } | Self::Body { detail } => (detail.clone(), None),
            Self::MediaType => {
                with("the body is of a kind that is not read here", "send `application/json` or `text/csv`")
            }
            Self::BodyTooLarge { limit } => {
                (format!("the body is longer than {limit} bytes"), Some("send it in pieces".to_owned()))
            }
            Self::Unauthenticated { detail } => {
                (detail.clone(), Some("sign in, as the header `WWW-Authenticate` says".to_owned()))
            }
            Self::Forbidden { roles } => (
                format!("this takes one of the roles {}", roles.join(", ")),
                Some("the operator tenant's administrators assign them".to_owned()),
            ),
            Self::TooMany(UsedUp { limit, retry_after_s }) => (
                format!("the tenant's requests exceed the limit of {limit} an hour"),
                Some(format!("try again after {retry_after_s} seconds")),
            ),
            Self::Unavailable { .. } => with("the server cannot do this now", "try again in a while"),
            Self::Internal { .. } => with(
                "the server met an error of its own",
                "report the request id: the server's log has the cause under it",
            ),
        }
    }

    /// The answer.
    ///
    /// - `refused`: the answer without words; where methods are refused it says which there are.
    /// - `authority`: where a caller without a believed token can get one.
    pub(super) fn answer(self, refused: &Response, request_id: Uuid, authority: &str) -> Response {
        let (status, code) = self.parts();
        let (detail, hint) = self.words();
        let title = status.canonical_reason().unwrap_or_default();
        let status_code = status.as_u16();
        let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
        let mut tell =
            |name, value: &str| headers.extend(HeaderValue::from_str(value).map(|value| (name, value)));
        tell(CONTENT_TYPE, "application/problem+json");
        match &self {
            Self::Unauthenticated { .. } => tell(
                WWW_AUTHENTICATE,
                &format!(
                    "Bearer authorization_uri=\"{authority}\", error=\"invalid_token\", \
                     error_description=\"{detail}\""
                ),
            ),
            Self::TooMany(used_up) => tell(RETRY_AFTER, &used_up.retry_after_s.to_string()),
            _ => {}
        }
        let body =
            ProblemBody { r#type: "about:blank", title, status: status_code, code, detail, hint, request_id };
        let body = serde_json::to_string(&body).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        response.headers_mut().extend(headers);
        if let Some(allow) = refused.headers().get(ALLOW) {
            response.headers_mut().insert(ALLOW, allow.clone());
        }
        if let Self::Internal { fault: chain } | Self::Unavailable { fault: Some(chain) } = self {
            response.extensions_mut().insert(Faulted { chain });
        }
        response
    }
}

impl IntoResponse for Problem {
    /// The status alone: the layer around the API says the rest, which has the request's id.
    fn into_response(self) -> Response {
        let mut response = self.parts().0.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
