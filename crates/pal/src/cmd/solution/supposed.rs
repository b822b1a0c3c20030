//! An import that is only supposed: the same facts, the same rules, and one import of the package per environment more.

use std::collections::{BTreeMap, BTreeSet};

use pal_import::outside::{Package, normal, part};
use pal_rules::facts::{Address, Entry, Facts, Gathered, Resource, Row, Table, Value, settle};
use pal_rules::fold::{Holder, fold, holder};
use pal_rules::id::{EnvironmentId, Id, ObjectId, ResourceId, TenantId};
use pal_rules::names::Names;
use pal_rules::product::claims;
use pal_rules::standing::Verdict;
use pal_rules::time::Timestamp;
use pal_rules::usage::Usage;
use pal_rules::word::{Basis, ImportResult};
use pal_store::workspace::Workspace;

use crate::cli::Inspect;
use crate::cmd::import;
use crate::exit::{Exit, Failure};
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
        let facts = settle(stored.gathered.clone()).facts;
        let environments = match &inspect.environment {
            Some(text) => BTreeSet::from([named(&facts, text, at)?]),
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
        Ok(Self { facts: settle(stored.gathered).facts, environments, warnings, at })
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
        resource.imports.iter().any(|known| known.id.0 == import).then_some(resource)
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

fn environments(facts: &Facts) -> BTreeSet<&EnvironmentId> {
    let of_resources = facts.resources.iter().filter_map(|resource| resource.environment.as_ref());
    facts.environments.keys().chain(of_resources).collect()
}

/// The environment that an id, an address or a name means.
fn named(facts: &Facts, text: &String, at: Timestamp) -> Result<EnvironmentId, Failure> {
    let names = Names(facts);
    let called = |id: &&EnvironmentId| names.environment(id).to_lowercase() == text.to_lowercase();
    let known = environments(facts);
    let by_name: Vec<&EnvironmentId> = known.iter().copied().filter(called).collect();
    match by_name.as_slice() {
        [one] => return Ok((*one).clone()),
        [] => {}
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            return Err(Failure::new(
                Exit::Usage,
                format!("`{text}` means {} environments: {}", several.len(), ids.join(", ")),
                "name the one you mean by its id",
            ));
        }
    }
    let id = facts.aliases.environment(&EnvironmentId(import::environment(text)?), at);
    if known.contains(&id) {
        return Ok(id);
    }
    let message = format!("no environment has `{text}` as its id, its address or its name");
    Err(Failure::new(
        Exit::NotFound,
        message,
        "import the list of environments, or leave `--environment` out",
    ))
}

/// The tenant that an environment lies in.
fn tenant(facts: &Facts, environment: &EnvironmentId, at: Timestamp) -> Option<TenantId> {
    let told = facts.environment(environment, at).map(|environment| environment.tenant.clone());
    let lies_there = |resource: &&Resource| resource.environment.as_ref() == Some(environment);
    told.or_else(|| facts.resources.iter().find(lies_there).map(|resource| resource.tenant.clone()))
}

/// The account that an id, a sign-in name or a name means in a tenant.
fn account(
    facts: &Facts,
    tenant: &TenantId,
    text: &str,
    at: Timestamp,
    warnings: &mut Vec<String>,
) -> Result<ObjectId, Failure> {
    let names = Names(facts);
    let wanted = text.trim().to_lowercase();
    let is = |name: Option<&str>| name.is_some_and(|name| name.to_lowercase() == wanted);
    let mut by_sign_in = BTreeSet::new();
    let mut by_name: BTreeMap<&ObjectId, String> = BTreeMap::new();
    for ((of, object), principal) in facts.principals.iter().filter(|((of, _), _)| of == tenant) {
        if object.to_string() == wanted || is(principal.upn.as_deref()) {
            by_sign_in.insert(object);
        }
        if is(principal.name.as_deref()) {
            by_name.insert(object, names.sign_in(of, object));
        }
    }
    let found: Vec<&ObjectId> = if by_sign_in.is_empty() {
        by_name.keys().copied().collect()
    } else {
        by_sign_in.into_iter().collect()
    };
    let told = match found.as_slice() {
        [one] => return Ok((*one).clone()),
        [] => normal::guid(text).or_else(|| normal::person(text)),
        several => {
            let shown: Vec<String> = several.iter().map(|object| names.sign_in(tenant, object)).collect();
            return Err(Failure::new(
                Exit::Usage,
                format!("`{text}` means {} accounts: {}", several.len(), shown.join(", ")),
                "name the one you mean by its sign-in name or object id",
            ));
        }
    };
    let Some(told) = told else {
        let message = format!("no account of {} is called `{text}`", names.tenant(tenant));
        return Err(Failure::new(
            Exit::NotFound,
            message,
            "name it by its object id, or import the directory",
        ));
    };
    let object = facts.aliases.principal(Some(tenant), &ObjectId(told), at);
    if !facts.principals.contains_key(&(tenant.clone(), object.clone())) {
        let tenant = names.tenant(tenant);
        warnings
            .push(format!("`{text}` is not in the directory of {tenant}: it counts there if it is linked"));
    }
    Ok(object)
}
