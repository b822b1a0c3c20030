//! Every refusal of the provider and its front door: status, code, message and form, here and nowhere else.
//!
//! The provider's own errors carry code and message twice, nested and flat; the front door's do not
//! (`wire.md` §2). Messages that were recorded are verbatim.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use pal_rules::time::Timestamp;
use pal_store::registry::RegistryFault;
use serde_json::json;

use super::envelope::Reply;
use super::throttle::{Draw, UsedUp};
use crate::caller::Unknown;
use crate::identity::Refused;
use crate::observe::Faulted;

/// Why a request was not done.
#[derive(Debug)]
pub(crate) enum ArmError {
    /// No route has this path, or nothing may have it.
    NoSuchPath,
    /// There is no `Authorization` header.
    NoAuthorization,
    /// The token is not believed.
    Token { refused: Refused, at: Timestamp },
    /// The tenant asked too often.
    TooManyRequests { draw: Draw, used_up: UsedUp },
    /// The body is longer than a body that nobody reads may be.
    BodyTooLarge { limit: usize },
    /// The body ended before its end.
    BodyBroken,
    /// No `api-version`, or an empty one.
    MissingApiVersion,
    /// An `api-version` of `/metadata/endpoints` that it does not have.
    MetadataVersion { version: String },
    /// A type that the provider does not have, at all or in this version.
    ResourceType { kind: String, version: String },
    /// A provider that is not here.
    Namespace { namespace: String },
    /// There are no subscriptions here.
    Subscription { subscription: String },
    /// The path is known and has other methods.
    Method { method: String, allow: &'static str },
    /// The provider: not a partner id, or none that may be linked to.
    PartnerIdInvalid,
    /// The provider: the caller has no link, or not to this id.
    NotLinked,
    /// The provider: the caller has a link already.
    AlreadyLinked,
    /// The provider: something that we must fix, or wait for.
    Fault { may_pass: bool, chain: String },
}

/// Whose error it is, which decides the form of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    FrontDoor,
    Provider,
}

impl ArmError {
    /// A fault of ours, with all its causes.
    pub(crate) fn registry(fault: &RegistryFault) -> ArmError {
        ArmError::Fault { may_pass: fault.may_pass(), chain: Faulted::of(fault).chain }
    }

    /// Nobody is known to be asking.
    pub(crate) fn unknown(unknown: Unknown, at: Timestamp) -> ArmError {
        match unknown {
            Unknown::NoAuthorization => ArmError::NoAuthorization,
            Unknown::Token(refused) => ArmError::Token { refused, at },
        }
    }

    fn parts(&self) -> (StatusCode, &'static str, Form) {
        use Form::{FrontDoor, Provider};
        match self {
            Self::NoSuchPath => (StatusCode::NOT_FOUND, "NotFound", FrontDoor),
            Self::NoAuthorization => (StatusCode::UNAUTHORIZED, "AuthenticationFailed", FrontDoor),
            Self::Token { refused, .. } => {
                let (status, code) = token_parts(refused);
                (status, code, FrontDoor)
            }
            Self::TooManyRequests { .. } => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", FrontDoor),
            Self::BodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", FrontDoor),
            Self::BodyBroken => (StatusCode::BAD_REQUEST, "InvalidRequestContent", FrontDoor),
            Self::MissingApiVersion => (StatusCode::BAD_REQUEST, "MissingApiVersionParameter", FrontDoor),
            Self::MetadataVersion { .. } => {
                (StatusCode::BAD_REQUEST, "InvalidApiVersionParameter", FrontDoor)
            }
            Self::ResourceType { .. } => (StatusCode::NOT_FOUND, "InvalidResourceType", FrontDoor),
            Self::Namespace { .. } => (StatusCode::NOT_FOUND, "InvalidResourceNamespace", FrontDoor),
            Self::Subscription { .. } => (StatusCode::NOT_FOUND, "SubscriptionNotFound", FrontDoor),
            Self::Method { .. } => (StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", FrontDoor),
            Self::PartnerIdInvalid => (StatusCode::BAD_REQUEST, "PartnerIdInvalid", Provider),
            Self::NotLinked => (StatusCode::NOT_FOUND, "ManagementPartnerNotFound", Provider),
            Self::AlreadyLinked => (StatusCode::CONFLICT, "PartnerIdAlreadyLinked", Provider),
            Self::Fault { may_pass: true, .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", Provider)
            }
            Self::Fault { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", Provider),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NoSuchPath => "No resource or operation has this path.".to_owned(),
            Self::NoAuthorization => {
                "Authentication failed. The 'Authorization' header is missing.".to_owned()
            }
            Self::Token { refused, at } => token_message(refused, *at),
            Self::TooManyRequests { draw, used_up: UsedUp { limit, retry_after_s } } => format!(
                "The tenant's {} requests exceed the limit of {limit} an hour. Please try again after \
                 {retry_after_s} seconds.",
                draw.word()
            ),
            Self::BodyTooLarge { limit } => {
                format!("The request content exceeds the limit of {limit} bytes.")
            }
            Self::BodyBroken => "The request content could not be read to its end.".to_owned(),
            Self::MissingApiVersion => {
                "The api-version query parameter (?api-version=) is required for all requests.".to_owned()
            }
            Self::MetadataVersion { version } => format!(
                "The api-version '{version}' is invalid. The supported versions are \
                 '2022-09-01,2019-05-01,1.0'."
            ),
            Self::ResourceType { kind, version } => format!(
                "The resource type '{kind}' could not be found in the namespace \
                 'Microsoft.ManagementPartner' for api version '{version}'. The supported api-versions are \
                 '2018-02-01'."
            ),
            Self::Namespace { namespace } => format!("The resource namespace '{namespace}' is invalid."),
            Self::Subscription { subscription } => {
                format!("The subscription '{subscription}' could not be found.")
            }
            Self::Method { method, .. } => {
                format!("The HTTP method '{method}' is not supported by this resource.")
            }
            Self::PartnerIdInvalid => "The Partner ID is not valid".to_owned(),
            Self::NotLinked => "This user or service principal is not linked with a Partner ID".to_owned(),
            Self::AlreadyLinked => {
                "This user or service principal is already linked with a Partner ID".to_owned()
            }
            Self::Fault { may_pass: true, .. } => {
                "The server cannot do this now. Please try again; its log has the cause under the request-id \
                 of this answer."
                    .to_owned()
            }
            Self::Fault { .. } => {
                "The server met an error of its own. Its log has it under the request-id of this answer."
                    .to_owned()
            }
        }
    }

    /// The answer; `authority` is where a caller without a believed token can get one.
    pub(crate) fn reply(self, authority: &str) -> Reply {
        let (status, code, form) = self.parts();
        let message = self.message();
        let nested = json!({ "code": code, "message": message });
        let body = match form {
            Form::FrontDoor => json!({ "error": nested }),
            Form::Provider => json!({ "error": nested, "code": code, "message": message }),
        };
        let mut reply =
            Reply { status, body: Some(body.to_string().into_bytes()), headers: Vec::new(), fault: None };
        if status == StatusCode::UNAUTHORIZED {
            let challenge = format!(
                "Bearer authorization_uri=\"{authority}\", error=\"invalid_token\", \
                 error_description=\"{message}\""
            );
            reply.headers.extend(header(header::WWW_AUTHENTICATE, &challenge));
        }
        match self {
            Self::Method { allow, .. } => reply.headers.extend(header(header::ALLOW, allow)),
            Self::TooManyRequests { used_up, .. } => {
                reply.headers.extend(header(header::RETRY_AFTER, &used_up.retry_after_s.to_string()));
            }
            Self::Fault { chain, .. } => reply.fault = Some(chain),
            _ => {}
        }
        reply
    }
}

fn header(name: HeaderName, value: &str) -> Option<(HeaderName, HeaderValue)> {
    HeaderValue::from_str(value).ok().map(|value| (name, value))
}

fn token_parts(refused: &Refused) -> (StatusCode, &'static str) {
    match refused {
        Refused::Token => (StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken"),
        Refused::Audience => (StatusCode::UNAUTHORIZED, "InvalidAuthenticationTokenAudience"),
        Refused::Expired { .. } => (StatusCode::UNAUTHORIZED, "ExpiredAuthenticationToken"),
        // Not the caller's doing, and over in a while: SDKs ask again after a 503.
        Refused::KeysUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
    }
}

fn token_message(refused: &Refused, at: Timestamp) -> String {
    match refused {
        Refused::Token => "The access token is invalid.".to_owned(),
        Refused::Audience => {
            "The access token has been obtained for the wrong audience or resource.".to_owned()
        }
        Refused::Expired { expired_at } => format!(
            "The access token expiry UTC time '{}' is earlier than current UTC time '{}'.",
            us_time(*expired_at),
            us_time(at)
        ),
        Refused::KeysUnavailable => {
            "The keys that the access token is checked with cannot be read now.".to_owned()
        }
    }
}

/// A time as the real service writes it in this one message: `8/21/2018 3:22:00 PM`.
fn us_time(at: Timestamp) -> String {
    let (year, month, day) = at.day().civil();
    let second = (at.micros() - at.day().start().micros()) / 1_000_000;
    let (hour, half) = (second / 3600, if second < 12 * 3600 { "AM" } else { "PM" });
    let of_half = (hour + 11) % 12 + 1;
    format!("{month}/{day}/{year} {of_half}:{:02}:{:02} {half}", second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use pal_rules::time::Timestamp;

    use axum::http::StatusCode;
    use pal_store::registry::RegistryFault;

    use super::{ArmError, us_time};

    #[test]
    fn a_fault_tells_the_log_its_causes_and_the_caller_nothing() {
        let damaged = RegistryFault::DamagedRow { table: "link", value: "x".to_owned() };
        for (fault, status, code) in [
            (damaged, StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
            (RegistryFault::Stopped, StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
        ] {
            let reply = ArmError::registry(&fault).reply("https://login.example/common");
            let body: serde_json::Value = serde_json::from_slice(reply.body.as_deref().unwrap()).unwrap();
            assert_eq!((reply.status, &body["code"]), (status, &body["error"]["code"]));
            assert_eq!(body["code"], code);
            assert!(!body.to_string().contains("registry"), "{body}");
            assert_eq!(reply.fault.as_deref(), Some(fault.to_string().as_str()));
        }
    }

    #[test]
    fn noon_and_midnight_are_twelve() {
        for (at, text) in [
            ("2018-08-21T15:22:00Z", "8/21/2018 3:22:00 PM"),
            ("2018-12-01T00:00:09.9Z", "12/1/2018 12:00:09 AM"),
            ("2018-12-01T12:30:00Z", "12/1/2018 12:30:00 PM"),
            ("2018-12-01T11:59:59Z", "12/1/2018 11:59:59 AM"),
        ] {
            assert_eq!(us_time(Timestamp::parse(at).unwrap()), text);
        }
    }
}
