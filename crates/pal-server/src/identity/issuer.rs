//! Trusted issuers: Microsoft Entra, in the tenants that are listed.
//!
//! Source: `clients.md` §9. Keys are kept per tenant and version, from each tenant's own metadata, or all from one
//! file where the server has no way out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{collections::BTreeMap, fs};

use pal_rules::time::Timestamp;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::fetch::Fetch;
use super::json;
use super::key::{self, Jwk};
use super::key_store::{Found, KeyStore};
use super::token::{Demands, Origin, Version};

/// How many issuers are asked at once.
const AT_ONCE: usize = 8;
/// What stands for the tenant in documents that are for all of them.
const TENANT: &str = "{tenantid}";
/// The audiences of Azure Resource Manager, in all spellings that clients use.
pub(crate) const ARM_AUDIENCES: [&str; 4] = [
    "https://management.azure.com",
    "https://management.azure.com/",
    "https://management.core.windows.net",
    "https://management.core.windows.net/",
];

/// Whose tokens are believed, and for whom.
#[derive(Debug, Clone)]
pub struct IssuerSettings {
    /// Where metadata is and v2 issuers begin: `https://login.microsoftonline.com`.
    pub authority_host: String,
    /// Where v1 issuers begin: `https://sts.windows.net`.
    pub v1_issuer_host: String,
    /// The tenants that may sign in.
    pub tenants: Vec<Uuid>,
    /// Audiences of our own: `api://<app id>`, which stands for the app id too, or anything else, exactly.
    pub audiences: Vec<String>,
    /// Whether tokens for Azure Resource Manager are taken. Such a token can be used against Azure itself, so
    /// this must be asked for.
    pub arm_audiences: bool,
    /// The scopes of which a person's token needs one.
    pub scopes: Vec<String>,
    /// The app role that an application's token needs, if any.
    pub app_role: Option<String>,
    /// A JWK set on disk, instead of each tenant's metadata.
    pub keys_file: Option<PathBuf>,
}

impl IssuerSettings {
    /// Microsoft's public cloud, for these tenants and audiences.
    pub fn public_cloud(tenants: Vec<Uuid>, audiences: Vec<String>) -> IssuerSettings {
        IssuerSettings {
            authority_host: "https://login.microsoftonline.com".to_owned(),
            v1_issuer_host: "https://sts.windows.net".to_owned(),
            tenants,
            audiences,
            arm_audiences: false,
            scopes: vec!["user_impersonation".to_owned()],
            app_role: None,
            keys_file: None,
        }
    }
}

/// What of the settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerProblem {
    /// A host is not the beginning of an address.
    #[error("`{0}` is not an origin of the form https://host")]
    Host(String),
    /// Nothing could ever be accepted.
    #[error("no audience is accepted; give the server's own, for example `api://<app id>`")]
    NoAudience,
    /// A file of keys that cannot be used.
    #[error("`keys_file` {}: {reason}", path.display())]
    KeysFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An audience of Azure Resource Manager, which takes a word of its own.
    #[error(
        "`{0}` is an audience of Azure itself: tokens for it are good against Azure; say `arm_audiences = true` if that is meant"
    )]
    ArmAudience(String),
}

/// Trusted issuers with their keys; cheap to clone.
#[derive(Debug, Clone)]
pub struct TrustedIssuers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: IssuerSettings,
    audiences: BTreeSet<String>,
    stores: BTreeMap<(Uuid, Version), KeyStore>,
    fetch: Fetch,
}

impl TrustedIssuers {
    /// Trusts what the settings say; reads nothing yet.
    ///
    /// # Errors
    /// A setting cannot be used.
    pub fn new(settings: IssuerSettings, fetch: Fetch) -> Result<TrustedIssuers, IssuerProblem> {
        for host in [&settings.authority_host, &settings.v1_issuer_host] {
            if !host.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.contains('/')) {
                return Err(IssuerProblem::Host(host.clone()));
            }
        }
        let audiences = audiences(&settings);
        if audiences.is_empty() {
            return Err(IssuerProblem::NoAudience);
        }
        let arm = |audience: &&String| ARM_AUDIENCES.contains(&audience.as_str());
        if let Some(audience) = settings.audiences.iter().find(arm).filter(|_| !settings.arm_audiences) {
            return Err(IssuerProblem::ArmAudience(audience.clone()));
        }
        if let Some(path) = &settings.keys_file {
            let problem = |reason| IssuerProblem::KeysFile { path: path.clone(), reason };
            let document = fs::read(path).map_err(|_| problem("cannot be read"))?;
            let keys = key::key_set(&document).filter(|keys| !keys.is_empty());
            keys.ok_or(problem("holds no RSA signing key in a JWK set"))?;
        }
        let versions = |tenant: &Uuid| [(*tenant, Version::V1), (*tenant, Version::V2)];
        let stores = settings.tenants.iter().flat_map(versions).map(|of| (of, KeyStore::default())).collect();
        Ok(TrustedIssuers(Arc::new(Inner { settings, audiences, stores, fetch })))
    }

    /// Whether tokens of this tenant are theirs to sign.
    pub(crate) fn serves(&self, tenant: Uuid) -> bool {
        self.0.settings.tenants.contains(&tenant)
    }

    /// The tenants that may sign in.
    pub fn tenants(&self) -> &[Uuid] {
        &self.0.settings.tenants
    }

    /// Reads the keys whose hour is over; at the start, all of them. To be called every minute or so.
    pub async fn refresh(&self, now: Timestamp) {
        let mut running = JoinSet::new();
        for (of, store) in &self.0.stores {
            if !store.due(now) {
                continue;
            }
            if running.len() >= AT_ONCE {
                running.join_next().await;
            }
            let (issuers, of) = (self.clone(), *of);
            running.spawn(async move {
                if let Some(store) = issuers.0.stores.get(&of) {
                    store.refresh(now, || issuers.0.read(of)).await;
                }
            });
        }
        while running.join_next().await.is_some() {}
    }

    /// The tenants whose keys are not at hand, in any version.
    pub fn without_keys(&self, now: Timestamp) -> Vec<Uuid> {
        let without = |tenant: &&Uuid| {
            let usable = |version| self.0.stores.get(&(**tenant, version)).is_some_and(|s| s.usable(now));
            !usable(Version::V1) && !usable(Version::V2)
        };
        self.0.settings.tenants.iter().filter(without).copied().collect()
    }

    /// The key that signs tokens of this origin under this name.
    pub(crate) async fn key(&self, origin: Origin, kid: &str, now: Timestamp) -> Found {
        let of = (origin.tenant, origin.version);
        match self.0.stores.get(&of) {
            Some(store) => store.find(kid, now, || self.0.read(of)).await,
            None => Found::Unknown,
        }
    }

    /// The issuer of tokens of this origin.
    pub(crate) fn issuer(&self, origin: Origin) -> String {
        self.0.issuer(origin.tenant, origin.version)
    }

    /// What is asked of their tokens.
    pub(crate) fn demands<'a>(&'a self, issuers: &'a [String]) -> Demands<'a> {
        let settings = &self.0.settings;
        let (scopes, app_role) = (&settings.scopes[..], settings.app_role.as_deref());
        Demands { issuers, audiences: &self.0.audiences, scopes, app_role }
    }
}

impl Inner {
    fn issuer(&self, tenant: Uuid, version: Version) -> String {
        match version {
            Version::V1 => format!("{}/{tenant}/", self.settings.v1_issuer_host),
            Version::V2 => format!("{}/{tenant}/v2.0", self.settings.authority_host),
        }
    }

    /// Reads the keys of one tenant; `None` when they cannot be had.
    async fn read(&self, (tenant, version): (Uuid, Version)) -> Option<Vec<Jwk>> {
        let document = match &self.settings.keys_file {
            Some(path) => read_file(path.clone()).await?,
            None => self.fetch_keys(tenant, version).await?,
        };
        let keys: Vec<Jwk> = key::key_set(&document)?;
        let keys: Vec<Jwk> = keys.into_iter().filter(|key| self.may_sign(key, tenant)).collect();
        (!keys.is_empty()).then_some(keys)
    }

    async fn fetch_keys(&self, tenant: Uuid, version: Version) -> Option<Vec<u8>> {
        let host = &self.settings.authority_host;
        let path = match version {
            Version::V1 => ".well-known/openid-configuration",
            Version::V2 => "v2.0/.well-known/openid-configuration",
        };
        let metadata = self.fetch.get(format!("{host}/{tenant}/{path}")).await.ok()?;
        let metadata = json::object(&metadata)?;
        let text = |name: &str| metadata.get(name).and_then(serde_json::Value::as_str);
        let issuer = text("issuer")?.replace(TENANT, &tenant.to_string());
        let keys = text("jwks_uri")?;
        // Keys stand at the authority itself: metadata cannot send this server anywhere else.
        let at_home = keys.strip_prefix(host.as_str()).is_some_and(|path| path.starts_with('/'));
        if issuer != self.issuer(tenant, version) || !at_home {
            return None;
        }
        self.fetch.get(keys.to_owned()).await.ok()
    }

    /// A key may name whose tokens alone it signs. Microsoft writes the v2 form there, for keys of v1 tokens too.
    fn may_sign(&self, key: &Jwk, tenant: Uuid) -> bool {
        key.issuer.as_deref().is_none_or(|issuer| {
            let issuer = issuer.replace(TENANT, &tenant.to_string());
            [Version::V1, Version::V2].into_iter().any(|version| self.issuer(tenant, version) == issuer)
        })
    }
}

async fn read_file(path: PathBuf) -> Option<Vec<u8>> {
    let read = |path: &Path| fs::read(path).ok();
    tokio::task::spawn_blocking(move || read(&path)).await.ok()?
}

fn audiences(settings: &IssuerSettings) -> BTreeSet<String> {
    let mut audiences: BTreeSet<String> = settings.audiences.iter().cloned().collect();
    let app_ids = settings.audiences.iter().filter_map(|audience| audience.strip_prefix("api://"));
    audiences.extend(app_ids.filter(|id| super::token::guid_of(id).is_some()).map(str::to_owned));
    if settings.arm_audiences {
        audiences.extend(ARM_AUDIENCES.map(str::to_owned));
    }
    audiences
}
