//! `Microsoft.ManagementPartner/partners`: the caller's own link, and only that. Functions bear the names of
//! the operations.

use axum::http::Method;
use pal_rules::id::PartnerId;
use pal_store::registry::{Created, Link, Request, Updated};

use super::Call;
use super::describe::{ApiVersion, ErrorBody, Refusals};
use super::envelope::{LinkBody, Reply};
use super::error::ArmError;
use crate::App;

/// `…/partners`.
pub(super) async fn answer_own(app: &App, call: &Call) -> Result<Reply, ArmError> {
    match call.method {
        Method::GET => partners_get(app, call).await,
        _ => Err(call.method_refused("GET, HEAD")),
    }
}

/// `…/partners/{partnerId}`; the id is any text here.
pub(super) async fn answer(app: &App, call: &Call, id: &str) -> Result<Reply, ArmError> {
    match call.method {
        Method::GET => partner_get(app, call, id).await,
        Method::PUT => partner_create(app, call, id).await,
        Method::PATCH => partner_update(app, call, id).await,
        Method::DELETE => partner_delete(app, call, id).await,
        _ => Err(call.method_refused("GET, HEAD, PUT, PATCH, DELETE")),
    }
}

/// Read the caller's link
///
/// One object, not a list.
#[utoipa::path(
    get,
    path = "/providers/Microsoft.ManagementPartner/partners",
    tag = "provider",
    params(ApiVersion),
    responses(
        (status = 200, body = LinkBody, description = "The link"),
        (status = 400, body = ErrorBody, description = "`api-version` is missing"),
        (status = 404, body = ErrorBody, description = "Not linked, not to this id, or no such `api-version`"),
        Refusals,
    )
)]
pub(crate) async fn partners_get(app: &App, call: &Call) -> Result<Reply, ArmError> {
    let link = own_link(app, call).await?.ok_or(ArmError::NotLinked)?;
    Ok(Reply::link(&link))
}

/// Read the caller's link, if it is to this partner
#[utoipa::path(
    get,
    path = "/providers/Microsoft.ManagementPartner/partners/{partnerId}",
    tag = "provider",
    params(("partnerId" = String, Path, description = "Any text; a partner id has 1 to 10 digits"), ApiVersion),
    responses(
        (status = 200, body = LinkBody, description = "The link"),
        (status = 400, body = ErrorBody, description = "`api-version` is missing"),
        (status = 404, body = ErrorBody, description = "Not linked, not to this id, or no such `api-version`"),
        Refusals,
    )
)]
pub(crate) async fn partner_get(app: &App, call: &Call, id: &str) -> Result<Reply, ArmError> {
    let asked = PartnerId::new(id);
    let link = own_link(app, call).await?.filter(|link| asked == Some(link.partner_id));
    Ok(Reply::link(&link.ok_or(ArmError::NotLinked)?))
}

/// Link the caller to a partner
///
/// Not an upsert: who is linked already has to PATCH.
#[utoipa::path(
    put,
    path = "/providers/Microsoft.ManagementPartner/partners/{partnerId}",
    tag = "provider",
    params(("partnerId" = String, Path, description = "Any text; a partner id has 1 to 10 digits"), ApiVersion),
    responses(
        (status = 200, body = LinkBody, description = "The link"),
        (status = 400, body = ErrorBody, description = "The partner id cannot be linked to, or `api-version` is missing"),
        (status = 404, body = ErrorBody, description = "No such `api-version` or path"),
        (status = 409, body = ErrorBody, description = "Linked already"),
        Refusals,
    )
)]
pub(crate) async fn partner_create(app: &App, call: &Call, id: &str) -> Result<Reply, ArmError> {
    let Some(partner_id) = PartnerId::new(id) else {
        return Err(own_link(app, call)
            .await?
            .map_or(ArmError::PartnerIdInvalid, |_| ArmError::AlreadyLinked));
    };
    let created = app.registry.create_link(call.caller.principal_scope(), partner_id, call.request()).await;
    match created.map_err(|fault| ArmError::registry(&fault))? {
        Created::Made(link) | Created::Repeated(link) => Ok(Reply::link(&link)),
        Created::AlreadyLinked(_) => Err(ArmError::AlreadyLinked),
        Created::UnknownPartner => Err(ArmError::PartnerIdInvalid),
    }
}

/// Move the caller's link to a partner
///
/// The path holds the new id; the old one is not sent.
#[utoipa::path(
    patch,
    path = "/providers/Microsoft.ManagementPartner/partners/{partnerId}",
    tag = "provider",
    params(("partnerId" = String, Path, description = "Any text; a partner id has 1 to 10 digits"), ApiVersion),
    responses(
        (status = 200, body = LinkBody, description = "The link"),
        (status = 400, body = ErrorBody, description = "The partner id cannot be linked to, or `api-version` is missing"),
        (status = 404, body = ErrorBody, description = "Not linked, not to this id, or no such `api-version`"),
        Refusals,
    )
)]
pub(crate) async fn partner_update(app: &App, call: &Call, id: &str) -> Result<Reply, ArmError> {
    let Some(partner_id) = PartnerId::new(id) else {
        return Err(own_link(app, call).await?.map_or(ArmError::NotLinked, |_| ArmError::PartnerIdInvalid));
    };
    let updated = app.registry.update_link(call.caller.principal_scope(), partner_id, call.request()).await;
    match updated.map_err(|fault| ArmError::registry(&fault))? {
        Updated::Changed(link) | Updated::Unchanged(link) => Ok(Reply::link(&link)),
        Updated::NotLinked => Err(ArmError::NotLinked),
        Updated::UnknownPartner => Err(ArmError::PartnerIdInvalid),
    }
}

/// Remove the caller's link, if it is to this partner
///
/// Only a link to the id in the path goes away: a client that names another one is mistaken.
#[utoipa::path(
    delete,
    path = "/providers/Microsoft.ManagementPartner/partners/{partnerId}",
    tag = "provider",
    params(("partnerId" = String, Path, description = "Any text; a partner id has 1 to 10 digits"), ApiVersion),
    responses(
        (status = 200, description = "Without a body, also where there was nothing to remove"),
        (status = 400, body = ErrorBody, description = "`api-version` is missing"),
        (status = 404, body = ErrorBody, description = "No such `api-version` or path"),
        Refusals,
    )
)]
pub(crate) async fn partner_delete(app: &App, call: &Call, id: &str) -> Result<Reply, ArmError> {
    if let Some(partner_id) = PartnerId::new(id) {
        let scope = call.caller.principal_scope();
        let deleted = app.registry.delete_link(scope, Some(partner_id), call.request()).await;
        deleted.map_err(|fault| ArmError::registry(&fault))?;
    }
    Ok(Reply::empty())
}

async fn own_link(app: &App, call: &Call) -> Result<Option<Link>, ArmError> {
    let link = app.registry.link(call.caller.principal_scope()).await;
    link.map_err(|fault| ArmError::registry(&fault))
}

impl Call {
    /// What history and audit keep of the request.
    fn request(&self) -> Request {
        Request {
            client_request_id: self.client_request_id.clone(),
            request_id: self.request_id,
            caller_name: self.caller.name().map(str::to_owned),
            client_id: self.caller.client_id().map(str::to_owned),
            via: "provider",
        }
    }
}
