//! `Microsoft.ManagementPartner/operations`: what the provider can do, for role editors.

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use super::Call;
use super::describe::{ApiVersion, ErrorBody, Refusals};
use super::envelope::Reply;
use super::error::ArmError;

/// Last segment of the name, verb, and what follows it in the description; the list of the public swagger.
const OPERATIONS: [(&str, &str, &str); 4] = [
    ("read", "Get", "Read All"),
    ("write", "Create", "Create any"),
    ("action", "Update", "Update any"),
    ("delete", "Delete", "Delete any"),
];

/// `…/operations`.
pub(super) fn answer(call: &Call) -> Result<Reply, ArmError> {
    match call.method {
        Method::GET => Ok(operation_list()),
        _ => Err(call.method_refused("GET, HEAD")),
    }
}

/// List what the provider can do
#[utoipa::path(
    get,
    path = "/providers/Microsoft.ManagementPartner/operations",
    tag = "provider",
    params(ApiVersion),
    responses(
        (status = 200, body = OperationList, description = "The operations"),
        (status = 400, body = ErrorBody, description = "`api-version` is missing"),
        (status = 404, body = ErrorBody, description = "No such `api-version`"),
        Refusals,
    )
)]
pub(crate) fn operation_list() -> Reply {
    let operation = |(name, verb, of): (&str, &str, &str)| Operation {
        name: format!("Microsoft.ManagementPartner/partners/{name}"),
        display: Display {
            provider: "Microsoft ManagementPartner",
            resource: "ManagementPartner",
            operation: format!("{verb} ManagementPartner"),
            description: format!("{of} ManagementPartner"),
        },
    };
    Reply::ok(&OperationList { value: OPERATIONS.into_iter().map(operation).collect() })
}

/// What the provider can do.
#[derive(Debug, Serialize, ToSchema)]
struct OperationList {
    value: Vec<Operation>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
struct Operation {
    name: String,
    display: Display,
}

/// An operation for people to read.
#[derive(Debug, Serialize, ToSchema)]
struct Display {
    provider: &'static str,
    resource: &'static str,
    operation: String,
    description: String,
}
