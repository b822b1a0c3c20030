//! An import that is only supposed: the same facts, the same rules, and one import of the package per environment more.

use std::collections::BTreeSet;

use pal_import::outside::{Package, normal, part};
use pal_rules::facts::{Address, Entry, Facts, Gathered, Resource, Row, Table, Value, settle};
use pal_rules::fold::{Holder, fold, holder};
use pal_rules::id::{EnvironmentId, Id, ObjectId, ResourceId, TenantId};
use pal_rules::product::claims;
use pal_rules::standing::Verdict;
use pal_rules::time::Timestamp;
use pal_rules::usage::Usage;
use pal_rules::word::{Basis, ImportResult};
use pal_store::workspace::Workspace;

use crate::cli::Inspect;
use crate::cmd::account::{account, environment, environments};
use crate::exit::Failure;
use crate::shell::{Shell, workspace_failure};
use crate::stored::gathered;

/// The facts of a workspace with the package imported, once, into each environment that has something of it.
#[derive(Debug)]
pub(super) struct Supposed {
    pub(super) facts: Facts,
    pub(super) environments: BTreeSet<EnvironmentId>,
    pub(super) warnings: Vec<String>,
    at: Timestamp,
}

/// Who holds a resource at an instant.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) holder: Holder,
    pub(super) basis: Option<Basis>,
    pub(super) verdict: Verdict,
}

impl Supposed {
    pub(super) fn new(
        workspace: &Workspace,
        package: &Package,
        inspect: &Inspect,
        shell: &Shell,
    ) -> Result<Self, Failure> {
        let at = inspect.at.unwrap_or(shell.now());
        let last_import = workspace.last_import().map_err(workspace_failure)?;
        let (mut stored, ..) = gathered(workspace, shell, last_import)?;
        let facts = settle(&stored.gathered).facts;
        let environments = match &inspect.environment {
            Some(text) => BTreeSet::from([environment(&facts, text, at)?]),
            None => installed(&facts, package, at),
        };
        let mut warnings = Vec::new();
        for environment in &environments {
            let account = match (&inspect.account, tenant(&facts, environment, at)) {
                (Some(text), Some(tenant)) => account(&facts, &tenant, text, at, &mut warnings)?,
                (Some(text), None) => ObjectId::new(text),
                // Nobody is asked about: what the package has here is found all the same.
                (None, _) => ObjectId::new("nobody"),
            };
            suppose(&mut stored.gathered, package, (environment, &account), at);
        }
        Ok(Self { facts: settle(&stored.gathered).facts, environments, warnings, at })
    }

    /// Whether no environment has anything of the package.
    pub(super) fn is_nowhere(&self, package: &Package) -> bool {
        let has = |environment, key: &str| self.resource(environment, key).is_some();
        !self
            .environments
            .iter()
            .any(|environment| package.components.iter().any(|component| has(environment, &component.key)))
    }

    /// The resource that a component is in an environment: what an import of it there changes.
    pub(super) fn resource(&self, environment: &EnvironmentId, key: &str) -> Option<&Resource> {
        let resource = found(&self.facts, environment, key, self.at)?;
        let import = import_id(environment);
        resource.imports().iter().any(|known| known.id.0 == import).then_some(resource)
    }

    /// Who holds a resource now, and who would after the import.
    pub(super) fn held(&self, resource: &Resource) -> [Option<Held>; 2] {
        // Only what happened before an instant counts: at `at` the import has not.
        [self.at, Timestamp::from_micros(self.at.micros().saturating_add(1))]
            .map(|at| held(&self.facts, resource, at))
    }
}

fn held(facts: &Facts, resource: &Resource, at: Timestamp) -> Option<Held> {
    let steps = fold(facts, resource, at);
    let holder = holder(&steps)?;
    let claims = claims(facts, resource, &steps, &Usage::default(), at);
    let basis = claims.iter().find(|claim| claim.object == holder.object).map(|claim| claim.basis);
    let verdict = facts.standing(&resource.tenant, &holder.object, at).verdict();
    Some(Held { holder, basis, verdict })
}

/// The id of the supposed import into an environment; no real one has a space in it.
fn import_id(environment: &EnvironmentId) -> Id {
    Id::new(&format!("supposed {environment}"))
}

/// Adds an import of the package to the facts.
fn suppose(
    gathered: &mut Gathered,
    package: &Package,
    (environment, account): (&EnvironmentId, &ObjectId),
    at: Timestamp,
) {
    let import = import_id(environment);
    let row = Row::new(vec![
        Value::Id(import.clone()),
        Value::Id(environment.0.clone()),
        Value::Text(package.unique_name.as_str().into()),
        Value::Text(package.version.as_str().into()),
        // Managed or not makes no difference to credit.
        Value::Flag(package.managed.unwrap_or(true)),
        Value::Id(account.0.clone()),
        Value::Word(ImportResult::Succeeded.as_str()),
        Value::Time(at),
    ]);
    let components = part::components(&import, &environment.0, package);
    let address = Address { file: 0, line: 0 };
    for (table, row) in std::iter::once((Table::SolutionImports, row)).chain(components) {
        gathered.push(table, Entry { row, address });
    }
}

/// The resource that a component is in an environment, by the names that join packages with imports.
fn found<'a>(
    facts: &'a Facts,
    environment: &EnvironmentId,
    key: &str,
    at: Timestamp,
) -> Option<&'a Resource> {
    let id = facts.aliases.resource(&ResourceId(normal::named(&environment.0, key)), at);
    facts.resource(&id).and_then(|position| facts.resources.get(position))
}

/// The environments that have something of a package.
fn installed(facts: &Facts, package: &Package, at: Timestamp) -> BTreeSet<EnvironmentId> {
    let known: BTreeSet<&EnvironmentId> = environments(facts);
    let has = |environment: &&EnvironmentId| {
        package.components.iter().any(|component| found(facts, environment, &component.key, at).is_some())
    };
    known.into_iter().filter(has).cloned().collect()
}

/// The tenant that an environment lies in.
fn tenant(facts: &Facts, environment: &EnvironmentId, at: Timestamp) -> Option<TenantId> {
    let told = facts.environment(environment, at).map(|environment| environment.tenant.clone());
    let lies_there = |resource: &&Resource| resource.environment.as_ref() == Some(environment);
    told.or_else(|| facts.resources.iter().find(lies_there).map(|resource| resource.tenant.clone()))
}
