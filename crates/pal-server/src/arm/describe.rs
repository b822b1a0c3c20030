//! What the description of the provider says of every operation.

use utoipa::{IntoParams, IntoResponses, ToSchema};

/// The one query parameter.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description is made from it")]
pub(crate) struct ApiVersion {
    /// `2018-02-01`; `/tenants` and `/subscriptions` take any, `/metadata/endpoints` has its own.
    #[param(rename = "api-version", example = "2018-02-01", min_length = 1)]
    api_version: String,
}

/// An error. The provider's own say code and message twice, nested and flat; the front door's only nested.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the description is made from it")]
#[schema(as = Error)]
pub(crate) struct ErrorBody {
    error: ErrorDetail,
    #[schema(nullable = false)]
    code: Option<String>,
    #[schema(nullable = false)]
    message: Option<String>,
}

/// What went wrong.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the description is made from it")]
struct ErrorDetail {
    code: String,
    message: String,
}

/// What every operation may answer.
#[derive(Debug, IntoResponses)]
#[expect(dead_code, reason = "the description is made from it")]
pub(crate) enum Refusals {
    /// No token, or one that is not believed
    #[response(status = 401)]
    Unauthenticated(ErrorBody),
    /// The path does not take this method
    #[response(status = 405)]
    Method(ErrorBody),
    /// The body is longer than 4 MiB
    #[response(status = 413)]
    BodyTooLarge(ErrorBody),
    /// The tenant's quota is used up
    #[response(status = 429)]
    TooMany(ErrorBody),
    /// An error of the server's own
    #[response(status = 500)]
    Internal(ErrorBody),
    /// The server cannot do it now
    #[response(status = 503)]
    Unavailable(ErrorBody),
}
