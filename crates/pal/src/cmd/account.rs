//! How accounts, and the environments they work in, are named on the command line.

use std::collections::{BTreeMap, BTreeSet};

use pal_import::outside::normal;
use pal_rules::facts::Facts;
use pal_rules::id::{EnvironmentId, ObjectId, TenantId};
use pal_rules::names::Names;
use pal_rules::time::Timestamp;

use super::import;
use crate::exit::{Exit, Failure};

/// The account that an id, a sign-in name or a name means in a tenant.
pub(crate) fn account(
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
    for (object, principal) in facts.principals.within(tenant) {
        if object.to_string() == wanted || is(principal.upn.as_deref()) {
            by_sign_in.insert(object);
        }
        if is(principal.name.as_deref()) {
            by_name.insert(object, names.sign_in(tenant, object));
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
    if !facts.principals.has(tenant, &object) {
        let tenant = names.tenant(tenant);
        warnings
            .push(format!("`{text}` is not in the directory of {tenant}: it counts there if it is linked"));
    }
    Ok(object)
}

/// Every environment that something is known of.
pub(crate) fn environments(facts: &Facts) -> BTreeSet<&EnvironmentId> {
    let of_resources = facts.resources.iter().filter_map(|resource| resource.environment.as_ref());
    facts.environments.keys().chain(of_resources).collect()
}

/// The environment that an id, an address or a name means.
pub(crate) fn environment(facts: &Facts, text: &String, at: Timestamp) -> Result<EnvironmentId, Failure> {
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
    Err(Failure::new(Exit::NotFound, message, "import the list of environments, or name it by its id"))
}

/// The account that a text means in whatever tenant: `ACCOUNT`, or `TENANT/ACCOUNT` where several have it.
pub(crate) fn anywhere(
    facts: &Facts,
    text: &str,
    at: Timestamp,
    warnings: &mut Vec<String>,
) -> Result<(TenantId, ObjectId), Failure> {
    if let Some((tenant, rest)) = text.split_once('/') {
        let tenant = tenant_named(facts, tenant)?;
        let object = account(facts, &tenant, rest, at, warnings)?;
        return Ok((tenant, object));
    }
    let names = Names(facts);
    let wanted = text.trim().to_lowercase();
    let is = |name: Option<&str>| name.is_some_and(|name| name.to_lowercase() == wanted);
    let known = facts.principals.iter().filter(|((_, object), principal)| {
        object.to_string() == wanted || is(principal.upn.as_deref()) || is(principal.name.as_deref())
    });
    let linked = facts.links.keys().filter(|(_, object)| object.to_string() == wanted);
    let found: BTreeSet<(&TenantId, &ObjectId)> = known.map(|(key, _)| key).chain(linked).collect();
    match Vec::from_iter(found).as_slice() {
        [(tenant, object)] => Ok(((*tenant).clone(), (*object).clone())),
        [] => Err(Failure::new(
            Exit::NotFound,
            format!("no account is called `{text}`"),
            "name it by its object id with its tenant before it, `TENANT/OBJECT_ID`, or import the directory",
        )),
        several => {
            let shown =
                several.iter().map(|(of, object)| format!("{of}/{object} ({})", names.sign_in(of, object)));
            let shown: Vec<String> = shown.collect();
            Err(Failure::new(
                Exit::Usage,
                format!("`{text}` means {} accounts: {}", several.len(), shown.join(", ")),
                "name the one you mean with its tenant before it, `TENANT/ACCOUNT`",
            ))
        }
    }
}

/// The tenant that an id, a domain or a name means.
fn tenant_named(facts: &Facts, text: &str) -> Result<TenantId, Failure> {
    let wanted = text.to_lowercase();
    let is = |name: Option<&str>| name.is_some_and(|name| name.to_lowercase() == wanted);
    let found = facts.tenants.iter().find(|(id, tenant)| {
        id.to_string() == wanted || is(tenant.domain.as_deref()) || is(Some(&tenant.name))
    });
    found.map(|(id, _)| id.clone()).ok_or_else(|| {
        let message = format!("no tenant has `{text}` as its id, its domain or its name");
        Failure::new(Exit::NotFound, message, "import the facts of the tenant first")
    })
}
