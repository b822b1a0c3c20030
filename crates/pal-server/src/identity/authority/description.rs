//! The file that describes a sandbox, as it is written: `pal serve --authority FILE`.

use serde::Deserialize;

use super::super::secret::Secret;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    pub(super) operator_tenant: Option<String>,
    pub(super) auto_approve_device_codes_as: Option<String>,
    pub(super) device_code_interval: Option<u32>,
    #[serde(default, rename = "partner")]
    pub(super) partners: Vec<PartnerEntry>,
    #[serde(default, rename = "tenant")]
    pub(super) tenants: Vec<TenantEntry>,
}

/// A `[[partner]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartnerEntry {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: PartnerKind,
    pub(super) global_partner_id: Option<String>,
}

/// What kind of account a partner id is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartnerKind {
    /// An account of one place: the one that links may name.
    Location,
    /// The account above them.
    Global,
}

/// A `[[tenant]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantEntry {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) domain: String,
    #[serde(default, rename = "user")]
    pub(super) users: Vec<UserEntry>,
    #[serde(default, rename = "app")]
    pub(super) apps: Vec<AppEntry>,
}

/// A `[[tenant.user]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserEntry {
    pub(super) object_id: String,
    pub(super) upn: String,
    pub(super) password: Secret,
    #[serde(default)]
    pub(super) roles: Vec<String>,
}

/// A `[[tenant.app]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AppEntry {
    pub(super) client_id: String,
    pub(super) object_id: String,
    pub(super) secret: Option<Secret>,
    pub(super) certificate: Option<String>,
    pub(super) federated: Option<FederatedEntry>,
    #[serde(default)]
    pub(super) roles: Vec<String>,
}

/// A `federated` table of an app.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FederatedEntry {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) jwks_file: String,
}
