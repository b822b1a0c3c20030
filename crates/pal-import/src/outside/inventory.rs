//! What inventories become, whoever took them: things that are there, by which names they are known, and who holds them
//! (`formats.md` §10.8, `facts.md`, Listings).

use pal_rules::facts::{Table, Value};
use pal_rules::id::Id;
use pal_rules::time::Timestamp;

use super::facts::{Facts, Outcome, flag, id, text, time, word};
use super::{Context, normal};

pub(super) const CANVAS: &str = "power_apps_canvas";
pub(super) const MODEL_DRIVEN: &str = "power_apps_model_driven";
pub(super) const FLOW: &str = "power_automate";
/// Pages and libraries are parts of apps: kept, so that their use is no riddle, and out of scope.
pub(super) const PAGE: &str = "power_apps_page";
pub(super) const LIBRARY: &str = "power_apps_component_library";

/// What an app is by a source's label for its kind, whatever is around the word; none of a label that says no kind.
pub(super) fn kind_of_app(label: &str) -> Option<&'static str> {
    let kinds = [("library", LIBRARY), ("page", PAGE), ("model", MODEL_DRIVEN), ("canvas", CANVAS)];
    let label = label.to_ascii_lowercase();
    kinds.into_iter().find(|(word, _)| label.contains(word)).map(|(_, kind)| kind)
}

/// An app, a flow, or something else that an inventory names.
#[derive(Debug)]
pub(super) struct Thing<'a> {
    pub(super) id: &'a Id,
    pub(super) product: &'a str,
    pub(super) tenant: &'a Id,
    pub(super) environment: Option<&'a Id>,
    pub(super) name: Option<&'a str>,
    pub(super) created: Option<Timestamp>,
    pub(super) observed: Timestamp,
}

/// An environment that an inventory names.
#[derive(Debug)]
pub(super) struct Environment<'a> {
    pub(super) id: &'a Id,
    pub(super) tenant: &'a Id,
    pub(super) name: Option<&'a str>,
    /// The word of the source for its kind.
    pub(super) kind: &'a str,
    /// When it was seen to be of that kind.
    pub(super) seen: Timestamp,
    pub(super) observed: Timestamp,
    /// Addresses of its Dataverse.
    pub(super) addresses: &'a [Option<&'a str>],
}

impl Thing<'_> {
    /// Adds the thing.
    pub(super) fn push(&self, facts: &mut Facts) -> bool {
        let cells = [
            ("resource_id", id(self.id)),
            ("product", Some(Value::Text(self.product.into()))),
            ("tenant_id", id(self.tenant)),
            ("environment_id", self.environment.and_then(id)),
            ("name", self.name.and_then(text)),
            ("created_at", self.created.and_then(time)),
            ("observed_at", time(self.observed)),
        ];
        facts.push(Table::Resources, &cells)
    }

    /// Adds the name by which solutions know it in its environment.
    pub(super) fn known_as(&self, name: Option<&str>, facts: &mut Facts) -> bool {
        let (Some(environment), Some(name)) = (self.environment, name) else { return true };
        alias(facts, self.tenant, "resource", &normal::named(environment, name), self.id)
    }

    /// Adds that it was deleted: a row of its own, which contradicts none that tells more.
    pub(super) fn deleted(&self, at: Option<Timestamp>, facts: &mut Facts) -> bool {
        let Some(at) = at else { return true };
        let cells = [
            ("resource_id", id(self.id)),
            ("product", Some(Value::Text(self.product.into()))),
            ("tenant_id", id(self.tenant)),
            ("deleted_at", time(at)),
            ("observed_at", time(at)),
        ];
        facts.push(Table::Resources, &cells)
    }

    /// Adds who is said to own it, of what can have an owner.
    pub(super) fn owned_by(&self, who: Option<Id>, seen: &[Timestamp], facts: &mut Facts) -> bool {
        let Some(who) = who.filter(|_| matches!(self.product, CANVAS | MODEL_DRIVEN | FLOW)) else {
            return true;
        };
        listing(facts, seen, self.id, "owner", &who)
    }
}

impl Environment<'_> {
    /// Adds the environment and the addresses by which Dataverse exports name it.
    pub(super) fn becomes(&self, facts: &mut Facts) -> Outcome {
        let Some(kind) = kind(self.kind) else {
            return Outcome::Refused("the kind of the environment is none that is known".into());
        };
        let name = self.name.map_or_else(|| self.id.to_string(), str::to_owned);
        let cells = [
            ("environment_id", id(self.id)),
            ("tenant_id", id(self.tenant)),
            ("name", text(&name)),
            ("kind", word(kind)),
            ("kind_from", time(self.seen)),
            ("observed_at", time(self.observed)),
        ];
        let mut whole = facts.push(Table::Environments, &cells);
        for host in self.addresses.iter().flatten().filter_map(|address| normal::host(address)) {
            whole &= alias(facts, self.tenant, "environment", &host, self.id);
        }
        done(whole)
    }
}

/// The kind of an environment by the word of a source.
fn kind(source: &str) -> Option<&'static str> {
    Some(match source.to_ascii_lowercase().as_str() {
        "production" => "production",
        "default" => "default",
        "sandbox" => "sandbox",
        "developer" => "developer",
        "trial" | "subscriptionbasedtrial" => "trial",
        "teams" | "microsoftteams" => "teams",
        _ => return None,
    })
}

/// Adds that an inventory lists somebody. No export says that it lists all of them: it may be filtered, or one page.
pub(super) fn listing(
    facts: &mut Facts,
    seen: &[Timestamp],
    resource: &Id,
    role: &'static str,
    who: &Id,
) -> bool {
    seen.iter().all(|at| {
        let cells = [
            ("observed_at", time(*at)),
            ("resource_id", id(resource)),
            ("role", word(role)),
            ("object_id", id(who)),
            ("complete", flag(false)),
        ];
        facts.push(Table::Listings, &cells)
    })
}

/// Adds that a list of the co-owners of an app, which is declared to be whole, names somebody; or that it names nobody.
pub(super) fn whole_list(facts: &mut Facts, context: &Context, app: &Id, who: Option<&Id>) -> bool {
    let cells = [
        ("observed_at", time(context.observed(None))),
        ("resource_id", id(app)),
        ("role", word("co_owner")),
        ("object_id", who.and_then(id)),
        ("complete", flag(true)),
    ];
    facts.push(Table::Listings, &cells)
}

/// Adds another name of something.
pub(super) fn alias(facts: &mut Facts, tenant: &Id, kind: &'static str, alias: &Id, of: &Id) -> bool {
    let cells = [("tenant_id", id(tenant)), ("kind", word(kind)), ("alias", id(alias)), ("id", id(of))];
    facts.push(Table::Aliases, &cells)
}

/// The first of several texts that names somebody, by id or by name; the platform itself is nobody.
pub(super) fn somebody(texts: &[Option<&str>]) -> Option<Id> {
    let who = texts.iter().flatten().find_map(|text| normal::guid(text).or_else(|| normal::person(text)))?;
    (!normal::system(&who)).then_some(who)
}

/// The tenant: of a default environment that in its name, else what the record names, else the declared one.
pub(super) fn tenant(environment: Option<&Id>, named: &[Option<&str>], context: &Context) -> Option<Id> {
    let of_environment = environment.map(ToString::to_string);
    let of_environment = of_environment.as_deref().and_then(|text| text.strip_prefix("default-"));
    let mut texts = std::iter::once(of_environment).chain(named.iter().copied()).flatten();
    texts.find_map(normal::guid).or_else(|| context.tenant.clone())
}

/// A time that may be missing, but not be unreadable: a local date is not guessed at. What is older than these products
/// stands for "none".
pub(super) fn dated(text: Option<&str>, context: &Context) -> Result<Option<Timestamp>, Outcome> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    match context.time(text) {
        Some(at) => Ok(Some(at)),
        None if Timestamp::parse(text).is_some_and(|at| at < context.now) => Ok(None),
        None => Err(Outcome::Refused(
            "a time of the record is a local date, or none between 2015 and tomorrow: say with `--dates` how it is \
             written"
                .into(),
        )),
    }
}

pub(super) fn no_tenant() -> Outcome {
    Outcome::Refused("the record names no tenant: say which with `--tenant`".into())
}

pub(super) fn done(whole: bool) -> Outcome {
    if whole { Outcome::Facts } else { Outcome::Refused("the record lacks what its facts need".into()) }
}
