//! Facts as they are supposed to be: the rows of the workspace with some changed, taken out or added.

use std::collections::BTreeSet;

use pal_rules::facts::{Address, Entry, Facts, Gathered, Keeping, LinksFrom, Row, Table, Value, settle};
use pal_rules::id::{EnvironmentId, Id, ObjectId, PartnerId, ResourceId, TenantId};
use pal_rules::time::Timestamp;
use pal_rules::word::{ImportResult, KnownFrom, OwnershipKind, PrincipalKind, Product};

use crate::cli::{Change, WhatIf};
use crate::cmd::account::{account, anywhere, environment};
use crate::cmd::resource::resolve;
use crate::exit::{Exit, Failure};
use crate::load::Loaded;
use crate::shell::Shell;

/// What is supposed, and what has to be told of it.
#[derive(Debug)]
pub(super) struct Supposed {
    pub(super) facts: Facts,
    /// The tenants in which anything can change by it, unless it can in all: what happens in one concerns no other.
    pub(super) tenants: Option<BTreeSet<TenantId>>,
    pub(super) told: Vec<String>,
}

/// Makes every change that is asked for.
///
/// - `facts`: as they are, to look names up.
pub(super) fn suppose(
    facts: &Facts,
    gathered: Gathered,
    (what_if, overlay): (&WhatIf, Option<&Loaded>),
    shell: &Shell,
) -> Result<Supposed, Failure> {
    let from = what_if.month.first.start();
    // Supposed facts may be about anything.
    let tenants = overlay.is_none().then(BTreeSet::new);
    let mut supposing = Supposing { facts, gathered, from, tenants, told: Vec::new(), events: 0 };
    if let Some(overlay) = overlay {
        supposing.lay_over(overlay)?;
    }
    for change in &what_if.unlink {
        let principal = supposing.principal(change)?;
        if !supposing.end_links(&principal, change.at) {
            supposing.told.push(format!("`{}` has no link to end", change.account));
        }
    }
    for change in &what_if.link {
        let known_from = match shell.links_from() {
            LinksFrom::Registry => KnownFrom::ThisServer,
            LinksFrom::Microsoft | LinksFrom::Both => KnownFrom::Declared,
        };
        supposing.link(change, known_from)?;
    }
    for change in &what_if.disable {
        supposing.disable(change)?;
    }
    for change in &what_if.owner {
        supposing.own(change)?;
    }
    for change in &what_if.import {
        supposing.import(change)?;
    }
    Ok(supposing.finish())
}

struct Supposing<'a> {
    facts: &'a Facts,
    gathered: Gathered,
    /// When a change without a time begins.
    from: Timestamp,
    tenants: Option<BTreeSet<TenantId>>,
    told: Vec<String>,
    events: u32,
}

/// Where supposed rows stand: nowhere.
const SUPPOSED: Address = Address { file: u32::MAX, line: 0 };

/// A tenant and a principal in it.
type Principal = (TenantId, ObjectId);

impl Supposing<'_> {
    /// The principal that something is supposed of.
    fn principal<T>(&mut self, change: &Change<T>) -> Result<Principal, Failure> {
        let at = change.at.unwrap_or(self.from);
        let principal = anywhere(self.facts, &change.account, at, &mut self.told)?;
        self.touch(&principal.0);
        Ok(principal)
    }

    /// Notes that something in a tenant may change.
    fn touch(&mut self, tenant: &TenantId) {
        self.tenants.iter_mut().for_each(|tenants| _ = tenants.insert(tenant.clone()));
    }

    fn push(&mut self, table: Table, values: Vec<Value>) {
        self.gathered.push(table, Entry { row: Row::new(values), address: SUPPOSED });
    }

    /// An id that no row has.
    fn event(&mut self) -> Value {
        self.events += 1;
        Value::Id(Id::new(&format!("supposed {}", self.events)))
    }

    /// Ends all links of a principal; whether there was one.
    fn end_links(&mut self, principal: &Principal, at: Option<Timestamp>) -> bool {
        let (facts, at) = (self.facts, at.unwrap_or(self.from));
        let theirs = |entry: &Entry| {
            let (Some(tenant), Some(object)) = (entry.row.id(0), entry.row.id(1)) else { return false };
            let tenant = TenantId(tenant.clone());
            let when = entry.row.time(3).unwrap_or(at);
            let object = facts.aliases.principal(Some(&tenant), &ObjectId(object.clone()), when);
            (tenant, object) == *principal
        };
        let links = self.gathered.extract(Table::Links, theirs);
        let any = !links.is_empty();
        for mut entry in links {
            if entry.row.time(3).is_some_and(|linked_at| linked_at >= at) {
                continue;
            }
            if entry.row.time(4).is_none_or(|unlinked_at| unlinked_at > at) {
                entry.row = entry.row.with(4, Value::Time(at));
            }
            self.gathered.push(Table::Links, entry);
        }
        any
    }

    fn link(&mut self, change: &Change<PartnerId>, known_from: KnownFrom) -> Result<(), Failure> {
        let principal = self.principal(change)?;
        let at = change.at.unwrap_or(self.from);
        self.end_links(&principal, change.at);
        let (tenant, object) = principal;
        self.push(
            Table::Links,
            vec![
                Value::Id(tenant.0),
                Value::Id(object.0),
                Value::Partner(change.to),
                Value::Time(at),
                Value::Absent,
                Value::Word(known_from.as_str()),
            ],
        );
        Ok(())
    }

    fn disable(&mut self, change: &Change<()>) -> Result<(), Failure> {
        let (tenant, object) = self.principal(change)?;
        let at = change.at.unwrap_or(self.from);
        let theirs = |entry: &Entry| entry.row.id(0) == Some(&tenant.0) && entry.row.id(1) == Some(&object.0);
        let known = self.gathered.extract(Table::Principals, theirs);
        let unknown = known.is_empty();
        for mut entry in known {
            entry.row = entry.row.with(5, Value::Time(at)).with(6, Value::Absent);
            self.gathered.push(Table::Principals, entry);
        }
        if unknown {
            let mut values =
                vec![Value::Id(tenant.0), Value::Id(object.0), Value::Word(PrincipalKind::User.as_str())];
            values.extend([Value::Absent, Value::Absent, Value::Time(at), Value::Absent, Value::Absent]);
            self.push(Table::Principals, values);
        }
        Ok(())
    }

    fn own(&mut self, change: &Change<String>) -> Result<(), Failure> {
        let id = resolve(self.facts, &change.to)?;
        let position = self.facts.resource(&id);
        let Some(resource) = position.and_then(|position| self.facts.resources.get(position)) else {
            return Ok(());
        };
        let kind = match resource.product {
            Product::PowerAppsCanvas | Product::PowerAutomate => OwnershipKind::OwnerSet,
            Product::PowerBi => OwnershipKind::Published,
            Product::PowerAppsModelDriven => {
                return Err(Failure::new(
                    Exit::Usage,
                    format!("`{}` is a model-driven app: its owner cannot be changed", change.to),
                    "suppose that its solution is imported again: `--import ENVIRONMENT/SOLUTION=ACCOUNT`",
                ));
            }
            _ => {
                return Err(Failure::new(
                    Exit::Usage,
                    format!("`{}` has no owner that counts", change.to),
                    "credit for Customer Insights goes by activity, and other products have none",
                ));
            }
        };
        let at = change.at.unwrap_or(self.from);
        let tenant = resource.tenant.clone();
        self.touch(&tenant);
        let object = account(self.facts, &tenant, &change.account, at, &mut self.told)?;
        let event = self.event();
        let row =
            vec![event, Value::Id(id.0), Value::Word(kind.as_str()), Value::Id(object.0), Value::Time(at)];
        self.push(Table::Ownership, row);
        Ok(())
    }

    fn import(&mut self, change: &Change<(String, String)>) -> Result<(), Failure> {
        let at = change.at.unwrap_or(self.from);
        let (place, solution) = &change.to;
        let environment = environment(self.facts, place, at)?;
        let of_environment = |entry: &&Entry| {
            let of = entry.row.id(1).map(|id| EnvironmentId(id.clone()));
            of.is_some_and(|of| self.facts.aliases.environment(&of, at) == environment)
        };
        let succeeded = |entry: &&Entry| entry.row.word(6) == Some(ImportResult::Succeeded.as_str());
        let imports = self.gathered.rows(Table::SolutionImports).filter(of_environment).filter(succeeded);
        let imports: Vec<&Entry> = imports.collect();
        let called = |entry: &&&Entry| {
            entry.row.text(2).is_some_and(|name| name.to_lowercase() == solution.to_lowercase())
        };
        let last = imports.iter().filter(called).max_by_key(|entry| entry.row.time(7));
        let Some(last) = last.map(|entry| entry.row.clone()) else {
            let known: BTreeSet<&str> =
                imports.iter().filter_map(|entry| entry.row.text(2)).map(AsRef::as_ref).collect();
            let hint = if known.is_empty() {
                "no import into it is known: import its import jobs or facts".to_owned()
            } else {
                format!("these were: {}", Vec::from_iter(known).join(", "))
            };
            return Err(Failure::new(
                Exit::NotFound,
                format!("no `{solution}` was imported into `{place}`"),
                hint,
            ));
        };
        let known = self.facts.environment(&environment, at);
        let Some(tenant) = known.map(|environment| environment.tenant.clone()) else {
            let message = format!("the tenant of `{place}` is not known");
            return Err(Failure::new(Exit::NotFound, message, "import the list of environments"));
        };
        let object = account(self.facts, &tenant, &change.account, at, &mut self.told)?;
        let components: Vec<Value> = self
            .gathered
            .rows(Table::SolutionComponents)
            .filter(|entry| entry.row.id(0) == last.id(0))
            .filter_map(|entry| entry.row.values().get(1).cloned())
            .collect();
        let import = self.event();
        self.touch(&tenant);
        for component in components {
            self.touch_component(&component, at);
            self.push(Table::SolutionComponents, vec![import.clone(), component]);
        }
        let row = last.with(0, import).with(5, Value::Id(object.0)).with(7, Value::Time(at));
        self.gathered.push(Table::SolutionImports, Entry { row, address: SUPPOSED });
        Ok(())
    }

    /// An app whose environment is not known may lie in another tenant than that of its import.
    fn touch_component(&mut self, component: &Value, at: Timestamp) {
        let Value::Id(id) = component else { return };
        let id = self.facts.aliases.resource(&ResourceId(id.clone()), at);
        let position = self.facts.resource(&id);
        if let Some(resource) = position.and_then(|position| self.facts.resources.get(position)) {
            self.touch(&resource.tenant);
        }
    }

    /// Lays the rows of a facts directory over those of the workspace: what has a key replaces what has it, too.
    fn lay_over(&mut self, overlay: &Loaded) -> Result<(), Failure> {
        if let Some(first) = overlay.refusals.first() {
            let place = format!("{}:{}", overlay.name(first.address), first.address.line);
            return Err(Failure::new(
                Exit::Usage,
                format!("{} supposed rows cannot be read (first: {place})", overlay.refusals.len()),
                "correct them; `pal attribute` lists them all",
            ));
        }
        for table in Table::ALL.into_iter().filter(|table| *table != Table::Activity) {
            let rows = overlay.gathered.rows(table);
            let key: &'static [usize] = match table.keeping() {
                Keeping::Entity(key) | Keeping::Period(key, _) => key,
                Keeping::Event => &[0],
                Keeping::Set => &[],
            };
            let keys: BTreeSet<Vec<&Value>> =
                rows.clone().map(|entry| entry.row.key(key).collect()).collect();
            if !key.is_empty() {
                self.gathered.extract(table, |entry| keys.contains(&entry.row.key(key).collect::<Vec<_>>()));
            }
            for entry in rows {
                self.gathered.push(table, Entry { address: SUPPOSED, ..entry.clone() });
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Supposed {
        let settled = settle(&self.gathered);
        for refusal in settled.refusals.iter().filter(|refusal| refusal.address == SUPPOSED) {
            self.told.push(format!(
                "a supposed row of `{}` counts for nothing: {}",
                refusal.table.name(),
                refusal.advice()
            ));
        }
        Supposed { facts: settled.facts, tenants: self.tenants, told: self.told }
    }
}
