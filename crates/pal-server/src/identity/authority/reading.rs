//! Reading the file of a sandbox: what it must be to be used, and what is told when it is not.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use uuid::Uuid;

use super::super::key::{self, PublicKey};
use super::super::{der, jws, secret, token};
use super::description::{AppEntry, Description, FederatedEntry, PartnerEntry, TenantEntry, UserEntry};
use super::directory::{App, Certificate, Directory, Federated, Realm, User};
use super::{Partner, PartnerKind, Tenant};

/// Names of tenants that are no tenant.
const RESERVED: [&str; 3] = ["common", "organizations", "consumers"];
/// Seconds between polls when the file does not say.
const INTERVAL: u32 = 5;

/// Why a sandbox's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityProblem {
    /// A file cannot be read or written.
    #[error("{path}: cannot be read or written")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not as it must be.
    #[error("{path}{}: {reason}", line.map(|line| format!(" line {line}")).unwrap_or_default())]
    Description {
        /// Which.
        path: PathBuf,
        /// Where, when it can be told.
        line: Option<usize>,
        /// What.
        reason: String,
    },
    /// The signing key is not one, or others can read it.
    #[error("{path}: {reason}")]
    SigningKey {
        /// Where.
        path: PathBuf,
        /// What.
        reason: &'static str,
    },
    /// No signing key can be made.
    #[error("no signing key can be made")]
    NoKey,
}

impl Directory {
    /// Reads the file; paths in it are relative to its folder.
    pub(super) fn read(path: &Path) -> Result<Directory, AuthorityProblem> {
        let text = read(path)?;
        let text = String::from_utf8(text).map_err(|_| told(path, "is not UTF-8"))?;
        let description: Description = toml::from_str(&text).map_err(|error| {
            // Only the message: the snippet that usually comes with it could show a secret.
            let line =
                error.span().map(|span| text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1);
            AuthorityProblem::Description { path: path.to_owned(), line, reason: error.message().to_owned() }
        })?;
        Reading { path }.directory(description)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, AuthorityProblem> {
    fs::read(path).map_err(|source| AuthorityProblem::File { path: path.to_owned(), source })
}

fn told(path: &Path, reason: impl Into<String>) -> AuthorityProblem {
    AuthorityProblem::Description { path: path.to_owned(), line: None, reason: reason.into() }
}

/// One reading of a file, for messages that say where.
struct Reading<'a> {
    path: &'a Path,
}

impl Reading<'_> {
    fn problem(&self, reason: impl Into<String>) -> AuthorityProblem {
        told(self.path, reason)
    }

    fn directory(&self, description: Description) -> Result<Directory, AuthorityProblem> {
        let operator_tenant =
            description.operator_tenant.map(|id| self.guid("operator_tenant", &id)).transpose()?;
        let partners = description.partners.into_iter().map(|entry| self.partner(entry));
        let partners: Vec<Partner> = partners.collect::<Result<_, _>>()?;
        self.once("partner id", partners.iter().map(|partner| &partner.id))?;
        let realms = description.tenants.into_iter().map(|entry| self.realm(entry));
        let realms: Vec<Realm> = realms.collect::<Result<_, _>>()?;
        if realms.is_empty() {
            return Err(self.problem("names no [[tenant]]"));
        }
        self.once("tenant id", realms.iter().map(|realm| realm.tenant.id))?;
        self.once("domain", realms.iter().map(|realm| realm.tenant.domain.to_lowercase()))?;
        self.companies(&partners)?;
        let directory = Directory {
            operator_tenant,
            auto_approve: description.auto_approve_device_codes_as,
            interval: description.device_code_interval.unwrap_or(INTERVAL),
            partners,
            realms,
        };
        match &directory.auto_approve {
            Some(upn) if directory.home(upn).is_none() => {
                Err(self.problem(format!("auto_approve_device_codes_as: no tenant has a user `{upn}`")))
            }
            _ => Ok(directory),
        }
    }

    fn partner(&self, entry: PartnerEntry) -> Result<Partner, AuthorityProblem> {
        for id in std::iter::once(&entry.id).chain(&entry.global_partner_id) {
            if !(1..=10).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(self.problem(format!("partner id `{id}` is not 1 to 10 digits")));
            }
        }
        let PartnerEntry { id, name, kind, global_partner_id } = entry;
        Ok(Partner { id, name, kind, global_partner_id })
    }

    /// A company that the file has is one; it need not have it.
    fn companies(&self, partners: &[Partner]) -> Result<(), AuthorityProblem> {
        for partner in partners {
            let company = partners.iter().find(|other| Some(&other.id) == partner.global_partner_id.as_ref());
            if let Some(company) = company.filter(|company| company.kind == PartnerKind::Location) {
                let (of, id) = (&partner.id, &company.id);
                return Err(self.problem(format!("partner {of}: its company {id} is a location")));
            }
        }
        Ok(())
    }

    fn realm(&self, entry: TenantEntry) -> Result<Realm, AuthorityProblem> {
        let id = self.guid("tenant id", &entry.id)?;
        let domain = entry.domain;
        let plain = domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        let reserved = RESERVED.iter().any(|name| domain.eq_ignore_ascii_case(name));
        if domain.is_empty() || !plain || reserved || token::guid_of(&domain).is_some() {
            return Err(self.problem(format!("domain `{domain}` cannot name a tenant")));
        }
        let users = entry.users.into_iter().map(|user| self.user(user));
        let users: Vec<User> = users.collect::<Result<_, _>>()?;
        let apps = entry.apps.into_iter().map(|app| self.app(app)).collect::<Result<Vec<App>, _>>()?;
        self.once("upn", users.iter().map(|user| user.upn.to_lowercase()))?;
        self.once("client id", apps.iter().map(|app| app.client_id))?;
        let objects = users.iter().map(|user| user.object_id).chain(apps.iter().map(|app| app.object_id));
        self.once("object id", objects)?;
        Ok(Realm { tenant: Tenant { id, name: entry.name, domain }, users, apps })
    }

    fn user(&self, entry: UserEntry) -> Result<User, AuthorityProblem> {
        let UserEntry { object_id, upn, password, roles } = entry;
        if upn.trim() != upn || upn.is_empty() {
            return Err(self.problem(format!("upn `{upn}` is empty or has spaces around it")));
        }
        Ok(User { object_id: self.guid("object_id", &object_id)?, upn, password, roles })
    }

    fn app(&self, entry: AppEntry) -> Result<App, AuthorityProblem> {
        Ok(App {
            client_id: self.guid("client_id", &entry.client_id)?,
            object_id: self.guid("object_id", &entry.object_id)?,
            secret: entry.secret,
            certificate: entry.certificate.map(|path| self.certificate(&path)).transpose()?,
            federated: entry.federated.map(|entry| self.federated(entry)).transpose()?,
            roles: entry.roles,
        })
    }

    fn certificate(&self, name: &str) -> Result<Certificate, AuthorityProblem> {
        let path = self.beside(name);
        let pem = read(&path)?;
        let found = CertificateDer::from_pem_slice(&pem).ok();
        let read = |der: &CertificateDer<'_>| {
            let found = der::certificate(der)?;
            Some((PublicKey::from_der(found.key)?, found.not_after))
        };
        let Some((der, (key, not_after))) = found.and_then(|der| read(&der).map(|read| (der, read))) else {
            return Err(told(&path, "holds no certificate of an RSA key of 2048 bits or more in PEM"));
        };
        let x5t = jws::encode(secret::sha1(&der));
        let x5t_s256 = jws::encode(secret::sha256(&der));
        Ok(Certificate { key, x5t, x5t_s256, not_after })
    }

    fn federated(&self, entry: FederatedEntry) -> Result<Federated, AuthorityProblem> {
        let path = self.beside(&entry.jwks_file);
        let keys = key::key_set(&read(&path)?).filter(|keys| !keys.is_empty());
        let keys = keys.ok_or_else(|| told(&path, "holds no RSA signing key in a JWK set"))?;
        Ok(Federated { issuer: entry.issuer, subject: entry.subject, keys })
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new(".")).join(name)
    }

    fn guid(&self, of: &str, text: &str) -> Result<Uuid, AuthorityProblem> {
        token::guid_of(text).ok_or_else(|| self.problem(format!("{of} `{text}` is not a GUID")))
    }

    fn once<T: Ord + std::fmt::Display>(
        &self,
        what: &str,
        all: impl Iterator<Item = T>,
    ) -> Result<(), AuthorityProblem> {
        let mut seen = BTreeSet::new();
        for one in all {
            if let Some(twice) = seen.replace(one) {
                return Err(self.problem(format!("{what} `{twice}` stands twice")));
            }
        }
        Ok(())
    }
}
