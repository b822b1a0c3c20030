//! `--issuers FILE`: whose tokens are believed (`clients.md` §9).

use std::fs;
use std::path::{Path, PathBuf};

use pal_server::identity::IssuerSettings;
use serde::Deserialize;
use uuid::Uuid;

use crate::exit::{Exit, Failure};

/// What to do about a file that cannot be used.
const HINT: &str = "see docs/operating.md, The issuers file";

/// The file, in TOML.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Issuers {
    /// The tenants that may sign in.
    tenants: Vec<Uuid>,
    /// Audiences of our own, such as `api://<app id>`.
    #[serde(default)]
    audiences: Vec<String>,
    /// Whether tokens for Azure Resource Manager are taken; they are good against Azure itself.
    #[serde(default)]
    arm_audiences: bool,
    authority_host: Option<String>,
    v1_issuer_host: Option<String>,
    scopes: Option<Vec<String>>,
    app_role: Option<String>,
    keys_file: Option<PathBuf>,
    /// The origins at which clients reach this server; the first is the one that is told.
    #[serde(default)]
    pub(super) public_origins: Vec<String>,
    /// The tenant in whose tokens the roles `operator` and `auditor` count.
    pub(super) operator_tenant: Option<Uuid>,
}

pub(super) fn read(path: &Path) -> Result<Issuers, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        let error = anyhow::Error::new(error).context(format!("cannot read `{}`", path.display()));
        Failure::of(Exit::Usage, error).or_advise(HINT)
    })?;
    toml::from_str(&text).map_err(|error| {
        let words = error.to_string();
        Failure::new(Exit::Usage, format!("`{}`: {}", path.display(), words.trim_end()), HINT)
    })
}

impl Issuers {
    /// The settings for the verifier.
    pub(super) fn settings(&self) -> IssuerSettings {
        let usual = IssuerSettings::public_cloud(self.tenants.clone(), self.audiences.clone());
        IssuerSettings {
            authority_host: self.authority_host.clone().unwrap_or(usual.authority_host),
            v1_issuer_host: self.v1_issuer_host.clone().unwrap_or(usual.v1_issuer_host),
            arm_audiences: self.arm_audiences,
            scopes: self.scopes.clone().unwrap_or(usual.scopes),
            app_role: self.app_role.clone(),
            keys_file: self.keys_file.clone(),
            tenants: usual.tenants,
            audiences: usual.audiences,
        }
    }

    /// The tenant, if there is only one.
    pub(super) fn only_tenant(&self) -> Option<Uuid> {
        if let [tenant] = self.tenants.as_slice() { Some(*tenant) } else { None }
    }

    /// What clients are told to ask tokens for.
    pub(super) fn audiences(&self) -> Vec<String> {
        let arm = self.arm_audiences.then(|| "https://management.core.windows.net/".to_owned());
        self.audiences.iter().cloned().chain(arm).collect()
    }
}
