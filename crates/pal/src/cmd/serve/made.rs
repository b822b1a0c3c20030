//! The service, put together from what the command line and the data folder say.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;
use pal_rules::id::PartnerId;
use pal_rules::word::PartnerKind;
use pal_server::identity::{
    self, Authenticator, Authority, AuthorityProblem, Fetch, Origins, TrustedIssuers,
};
use pal_server::{App, Clock, Door, Ids, Limits, Quota, SignIn, TenantNames};
use pal_store::registry::{DirectoryPartner, Registry};
use uuid::Uuid;

use super::issuers::Issuers;
use super::log::Log;
use crate::cli::Serve;
use crate::exit::{Exit, Failure};
use crate::registry::own_request;
use crate::shell::Shell;

/// What to do about a sandbox that cannot be used.
const SANDBOX: &str = "`examples/sandbox.toml` is a file that works; docs/operating.md, The sandbox file, has all that may stand there";

/// The service and where it is.
pub(super) struct Made {
    pub(super) service: Door,
    pub(super) authenticator: Authenticator,
    pub(super) url: String,
}

pub(super) async fn service(
    arguments: &Serve,
    (origins, issuers): (&[String], Option<&Issuers>),
    shell: &Shell,
    (registry, clock, log): (&Registry, &Clock, Log),
) -> Result<Made, Failure> {
    let (url, others) = origins.split_first().context("an origin")?;
    let all = Origins::new(url, others.iter().map(String::as_str)).map_err(usage)?;
    let authority = match &arguments.authority {
        Some(file) => Some(sandbox(file, shell.data(), all, (clock, log))?),
        None => None,
    };
    if let Some(authority) = &authority {
        directory(registry, authority).await?;
    }
    let trusted = issuers.map(Issuers::settings);
    let trusted =
        trusted.map(|settings| TrustedIssuers::new(settings, Fetch::https()).map_err(usage)).transpose()?;
    let authenticator = Authenticator::trusting(trusted, authority.clone()).map_err(usage)?;
    let operator_tenant = issuers.and_then(|issuers| issuers.operator_tenant);
    let app = App {
        registry: registry.clone(),
        authenticator: authenticator.clone(),
        clock: clock.clone(),
        ids: Ids::random(),
        limits: Limits { quota: quota(arguments), ..Limits::default() },
        public_origin: url.clone(),
        sign_in: sign_in(url, authority.as_ref(), issuers),
        tenants: authority.as_ref().map(tenants).unwrap_or_default(),
        operator_tenant: operator_tenant.or(authority.as_ref().and_then(Authority::operator_tenant)),
        open_metrics: arguments.open_metrics,
        observer: Some(log.observer()),
        // A browser would refuse plain HTTP on this machine's own name for everything else, too.
        hsts_seconds: arguments.hsts.filter(|_| !arguments.listen.ip().is_loopback()),
    };
    let beside = authority.as_ref().map(Authority::router).unwrap_or_default();
    Ok(Made { service: Door::new(app, beside), authenticator, url: url.clone() })
}

fn quota(arguments: &Serve) -> Option<Quota> {
    let quota = Quota { writes_per_hour: arguments.quota_writes, reads_per_hour: arguments.quota_reads };
    (!arguments.no_quota).then_some(quota)
}

/// A setting that cannot be used.
fn usage(problem: impl Into<anyhow::Error>) -> Failure {
    Failure { exit: Exit::Usage, error: problem.into(), hint: None }
}

/// The built-in authority; it says what it is.
fn sandbox(
    file: &Path,
    data: &Path,
    origins: Origins,
    (clock, log): (&Clock, Log),
) -> Result<Authority, Failure> {
    let keys = data.join("authority");
    fs::create_dir_all(&keys).with_context(|| format!("cannot make the folder `{}`", keys.display()))?;
    let authority = Authority::open(file, &keys, origins, [], clock.clone()).map_err(|problem| {
        let described =
            matches!(problem, AuthorityProblem::File { .. } | AuthorityProblem::Description { .. });
        usage(problem).or_advise(described.then_some(SANDBOX))
    })?;
    let tenants: Vec<String> = authority.tenants().iter().map(|tenant| tenant.domain.clone()).collect();
    log.say(format!("sandbox: sign-in for {} is made up; links here are only here", tenants.join(", ")));
    Ok(authority)
}

/// Takes the sandbox's partners into the directory, as far as it says otherwise.
async fn directory(registry: &Registry, authority: &Authority) -> Result<(), Failure> {
    let known: Vec<DirectoryPartner> =
        registry.partners().await?.into_iter().map(|known| known.partner).collect();
    let told = authority.partners().iter().filter_map(partner);
    let new: Vec<DirectoryPartner> = told.filter(|partner| !known.contains(partner)).collect();
    for partner in &new {
        partner.check().map_err(|why| {
            Failure::new(Exit::Usage, format!("sandbox: partner {}: {why}", partner.partner_id), SANDBOX)
        })?;
    }
    if !new.is_empty() {
        registry.put_partners(new, None, own_request()).await?;
    }
    Ok(())
}

fn partner(partner: &identity::Partner) -> Option<DirectoryPartner> {
    Some(DirectoryPartner {
        partner_id: PartnerId::new(&partner.id)?,
        name: partner.name.clone(),
        kind: match partner.kind {
            identity::PartnerKind::Location => PartnerKind::Location,
            identity::PartnerKind::Global => PartnerKind::Global,
        },
        global_partner_id: partner.global_partner_id.as_deref().and_then(PartnerId::new),
        active_from: None,
        active_until: None,
    })
}

fn tenants(authority: &Authority) -> BTreeMap<Uuid, TenantNames> {
    let names = |tenant: identity::Tenant| TenantNames { display_name: tenant.name, domain: tenant.domain };
    authority.tenants().into_iter().map(|tenant| (tenant.id, names(tenant))).collect()
}

/// Where clients sign in: here, if the authority is built in, else at the trusted issuer.
fn sign_in(url: &str, authority: Option<&Authority>, issuers: Option<&Issuers>) -> SignIn {
    match (authority, issuers) {
        (None, Some(issuers)) => SignIn {
            origin: issuers.settings().authority_host,
            tenant: issuers.only_tenant(),
            audiences: issuers.audiences(),
        },
        _ => SignIn {
            origin: url.to_owned(),
            tenant: None,
            audiences: ["https://management.core.windows.net/", "https://management.azure.com/"]
                .map(str::to_owned)
                .to_vec(),
        },
    }
}
