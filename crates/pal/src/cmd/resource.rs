//! `pal resource find`, and how a resource is named on the command line.

use pal_rules::facts::{Facts, Resource as Found};
use pal_rules::id::{Id, ResourceId};
use pal_rules::names::Names;

use crate::cli::Resource;
use crate::exit::{Exit, Failure, Outcome};
use crate::render::{Answer, Items, draw};
use crate::shell::Shell;
use crate::stored::facts;

pub(crate) fn run(resource: &Resource, shell: &Shell) -> Outcome {
    let Resource::Find { text } = resource;
    let workspace = shell.read()?;
    let facts = facts(&workspace, shell)?;
    let mut found = matches(&facts, text);
    if found.is_empty() {
        found = by_place(&facts, text);
    }
    if found.is_empty() {
        return Err(none(&facts, text));
    }
    shell.output.write(&Answer::list(Vec::new(), "resources", &items(&found, Names(&facts))))?;
    Ok(Exit::Ok)
}

/// The one resource that an id, an address or a name means.
pub(crate) fn resolve(facts: &Facts, text: &str) -> Result<ResourceId, Failure> {
    let found = matches(facts, text);
    match found.as_slice() {
        [] => Err(none(facts, text)),
        [one] => Ok(one.id.clone()),
        several => {
            let table = draw(&items(several, Names(facts)).table());
            Err(Failure::new(
                Exit::Usage,
                format!("`{text}` means {} resources:\n{table}", several.len()),
                "name the one you mean by its id",
            ))
        }
    }
}

fn none(facts: &Facts, text: &str) -> Failure {
    let message = format!("no resource has `{text}` as its id, in its address or in its name");
    let hint = most_like(facts, text).map_or_else(
        || "look at all of them with `pal resource find \"\"`".to_owned(),
        |name| format!("did you mean \"{name}\"?"),
    );
    Failure::new(Exit::NotFound, message, hint)
}

/// The name most like a text, if one is: each is compared as a whole, and without what stands in brackets.
fn most_like<'a>(facts: &'a Facts, text: &str) -> Option<&'a str> {
    /// Below this likeness (0 to 1, by Jaro and Winkler) a hint would only distract.
    const LIKE: f64 = 0.85;
    let text = text.to_lowercase();
    let names = facts.resources.iter().filter_map(|resource| resource.name.as_deref());
    let like = names.map(|name| {
        let lower = name.to_lowercase();
        let short = lower.split('(').next().unwrap_or_default().trim();
        (strsim::jaro_winkler(&text, &lower).max(strsim::jaro_winkler(&text, short)), name)
    });
    like.filter(|(likeness, _)| *likeness >= LIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

/// Resources by id, then by an address that holds the id, then by whole name, then by part of a name.
fn matches<'a>(facts: &'a Facts, text: &str) -> Vec<&'a Found> {
    let by_id =
        |id: &str| facts.resource(&ResourceId::new(id)).and_then(|position| facts.resources.get(position));
    if let Some(resource) = by_id(text) {
        return vec![resource];
    }
    if text.contains('/') && ids_in(text).next().is_some() {
        // An address names an environment before it names what lies in it, so the last known id is the one meant.
        let last = ids_in(text).filter_map(|id| by_id(&id)).last();
        return last.into_iter().collect();
    }
    let wanted = text.to_lowercase();
    let name = |resource: &Found| resource.name.as_deref().map(str::to_lowercase).unwrap_or_default();
    let whole: Vec<&Found> = facts.resources.iter().filter(|resource| name(resource) == wanted).collect();
    if !whole.is_empty() {
        return whole;
    }
    let part =
        |resource: &&Found| name(resource).contains(&wanted) || resource.id.to_string().starts_with(&wanted);
    facts.resources.iter().filter(part).collect()
}

/// Resources by part of the name of their tenant or environment, for looking around.
fn by_place<'a>(facts: &'a Facts, text: &str) -> Vec<&'a Found> {
    let (wanted, names) = (text.to_lowercase(), Names(facts));
    let lies_there = |resource: &&Found| {
        let environment = resource.environment.as_ref().map(|id| names.environment(id)).unwrap_or_default();
        [names.tenant(&resource.tenant), environment].iter().any(|name| name.to_lowercase().contains(&wanted))
    };
    facts.resources.iter().filter(lies_there).collect()
}

/// The GUIDs of an address, in order.
fn ids_in(address: &str) -> impl Iterator<Item = String> {
    address
        .split(|character: char| !(character.is_ascii_hexdigit() || character == '-'))
        .filter(|part| Id::new(part).guid().is_some())
        .map(str::to_owned)
}

fn items(found: &[&Found], names: Names<'_>) -> Items {
    let mut items = Items::new(["resource_id", "name", "product", "tenant", "environment"]);
    let mut sorted = found.to_vec();
    sorted.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    for resource in sorted {
        items.push(vec![
            resource.id.to_string().into(),
            resource.name.as_deref().into(),
            resource.product.as_str().into(),
            names.tenant(&resource.tenant).into(),
            resource.environment.as_ref().map(|id| names.environment(id)).into(),
        ]);
    }
    items
}
