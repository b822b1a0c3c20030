//! The descriptions of both interfaces (`OpenAPI` 3.1), made from the handlers; `docs/` has them as files, held by tests.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi};
use utoipa::{Modify, OpenApi as _};

use crate::{arm, front};

/// What our own API is called and needs; its routes add themselves.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(
    info(
        title = "pal: own API",
        description = "Links over all tenants, their history, and the partner directory.\n\nA link listed here is known on this server only: it is not a link at Microsoft. `make_real` says what makes it one. Whoever was given no role sees its own link and nothing else; what is out of reach looks like what is not there.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    modifiers(&Bearer),
    security(("bearer" = [])),
    tags(
        (name = "caller", description = "Who is asking"),
        (name = "links", description = "Links and their history"),
        (name = "partners", description = "The partner directory"),
        (name = "health", description = "For supervisors, load balancers and scrapers"),
    )
)]
pub(crate) struct OwnApi;

/// The provider, and the front door around it.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(
    info(
        title = "pal: Microsoft.ManagementPartner",
        description = "The wire of Microsoft's partner admin link service, as its clients know it.\n\nOne resource per caller: its own link, known on this server only. Bodies of requests are accepted and ignored.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    modifiers(&Bearer),
    security(("bearer" = [])),
    tags(
        (name = "provider", description = "The caller's own link"),
        (name = "front door", description = "What clients ask around it"),
    ),
    paths(
        arm::partners::partners_get,
        arm::partners::partner_get,
        arm::partners::partner_create,
        arm::partners::partner_update,
        arm::partners::partner_delete,
        arm::operations::operation_list,
        front::metadata,
        front::subscriptions,
        front::tenants,
    )
)]
struct Provider;

/// Every operation takes a bearer token, unless it says otherwise.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = document.components.get_or_insert_with(Components::default);
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// The description of the provider.
pub fn provider_api() -> OpenApi {
    Provider::openapi()
}

/// A description, as it is sent.
pub(crate) fn answer(document: &OpenApi) -> Response {
    let text = document.to_pretty_json().unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}
