//! `Microsoft.ManagementPartner/operations`: what the provider can do, for role editors.

use axum::http::Method;
use serde_json::{Value, json};

use super::Call;
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

fn operation_list() -> Reply {
    let operation = |(name, verb, of): (&str, &str, &str)| {
        json!({
            "name": format!("Microsoft.ManagementPartner/partners/{name}"),
            "display": {
                "provider": "Microsoft ManagementPartner",
                "resource": "ManagementPartner",
                "operation": format!("{verb} ManagementPartner"),
                "description": format!("{of} ManagementPartner"),
            },
        })
    };
    let value: Vec<Value> = OPERATIONS.into_iter().map(operation).collect();
    Reply::ok(&json!({ "value": value }))
}
