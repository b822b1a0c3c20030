//! What came since a version of a month: new rows, the facts as they were, links that another setting lets in.

use std::collections::{BTreeMap, BTreeSet};

use pal_rules::facts::{Facts, Keeping, LinksFrom, NewRowScope, RefusalReason, Row, Table, Value, settle};
use pal_rules::id::{ObjectId, ResourceId};
use pal_rules::meter::Activity;
use pal_rules::time::{Month, Timestamp};
use pal_store::workspace::{Closing, NewRow, StoredFacts, Workspace};
use serde_json::Value as Json;

use super::CausingFact;
use crate::cmd::config::links_from_word;
use crate::exit::Failure;
use crate::outside_facts::{self, Derived};
use crate::progress::Progress;
use crate::registry_facts::RegistryFacts;
use crate::shell::workspace_failure;
use crate::stored::{Judged, file_name, read_activity};

/// The changed lines by resource.
pub(super) type Scopes<'a> = BTreeMap<&'a ResourceId, NewRowScope<'a>>;

/// The facts as earlier versions saw them: the last asked for, as months that are closed together mostly share it.
#[derive(Debug, Default)]
pub(crate) struct EarlierFacts(Option<((i64, String), Earlier)>);

/// The facts as an earlier version saw them.
#[derive(Debug)]
struct Earlier {
    facts: Facts,
    /// Of each entity when it was observed last, by rows that still hold.
    observed: Observed,
    /// What the registry told.
    registry: RegistryFacts,
    /// What followed from several files together.
    derived: Derived,
}

impl EarlierFacts {
    fn of(
        &mut self,
        workspace: &Workspace,
        last: &Closing,
        refused: &Refused<'_>,
    ) -> Result<&Earlier, Failure> {
        let registry = RegistryFacts::of_closing(last)?;
        let key = (last.last_import, last.links_from.clone());
        let kept = match self.0.take() {
            Some(kept) if kept.0 == key && kept.1.registry == registry => kept,
            _ => {
                let (mut stored, derived) = outside_facts::read(workspace, last.last_import)?;
                registry.add_to(&mut stored);
                stored.gathered.keep_links(links_from(last));
                let observed = observed(&stored, refused);
                (key, Earlier { facts: settle(stored.gathered).facts, observed, registry, derived })
            }
        };
        Ok(&self.0.insert(kept).1)
    }
}

/// Rows that do not hold, by file and line.
type Refused<'a> = BTreeMap<(&'a str, u64), RefusalReason>;

/// The table and the key of an entity.
type EntityKey = (Table, Vec<Value>);

/// For each entity when it was observed last.
type Observed = BTreeMap<EntityKey, Option<Timestamp>>;

/// The key of an entity, and when a row observed it.
fn entity(table: Table, row: &Row) -> Option<(EntityKey, Option<Timestamp>)> {
    let Keeping::Entity(key) = table.keeping() else { return None };
    let key = key.iter().filter_map(|place| row.values().get(*place).cloned()).collect();
    Some(((table, key), row.time(table.columns().len() - 1)))
}

fn observed(stored: &StoredFacts, refused: &Refused<'_>) -> Observed {
    let mut observed = BTreeMap::new();
    for table in Table::ALL {
        for entry in stored.gathered.rows(table) {
            let name = file_name(&stored.names, entry.address.file);
            let Some((key, at)) = entity(table, &entry.row) else { break };
            if !refused.contains_key(&(name.as_str(), entry.address.line)) && !is_deletion(table, &entry.row)
            {
                let latest = observed.entry(key).or_insert(at);
                *latest = at.max(*latest);
            }
        }
    }
    observed
}

/// Whether a row only reports a deletion: that holds whenever it was observed.
fn is_deletion(table: Table, row: &Row) -> bool {
    table == Table::Resources && row.only_reports_deletion()
}

/// Which links counted for a version.
fn links_from(closing: &Closing) -> LinksFrom {
    let all = [LinksFrom::Microsoft, LinksFrom::Registry, LinksFrom::Both];
    all.into_iter().find(|word| links_from_word(*word) == closing.links_from).unwrap_or_default()
}

/// All that came since a version.
#[derive(Debug)]
pub(crate) struct Since<'a> {
    workspace: &'a Workspace,
    judged: &'a Judged,
    pub(super) last: &'a Closing,
    links_from: LinksFrom,
    old: &'a Facts,
    rows: Vec<(NewRow, Option<RefusalReason>)>,
    /// Links that count for one of the two versions only, by their setting.
    reset_links: Vec<Row>,
}

impl<'a> Since<'a> {
    pub(crate) fn read(
        workspace: &'a Workspace,
        judged: &'a Judged,
        last: &'a Closing,
        links_from: LinksFrom,
        earlier: &'a mut EarlierFacts,
    ) -> Result<Self, Failure> {
        let refused: Refused<'_> = (judged.refusals.iter())
            .map(|(file, refusal)| ((file.as_str(), refusal.address.line), refusal.reason))
            .collect();
        let Earlier { facts: old, observed, registry, derived } = earlier.of(workspace, last, &refused)?;
        let mut rows = workspace.new_rows(last.last_import, judged.last_import).map_err(workspace_failure)?;
        rows.extend(judged.registry.since(registry));
        rows.extend(judged.derived.since(derived));
        let rows =
            rows.into_iter().filter(|new| new.table != Table::Links || links_from.counts_row(&new.row));
        let overtaken = |new: &NewRow| {
            entity(new.table, &new.row)
                .is_some_and(|(key, at)| observed.get(&key).is_some_and(|latest| at < *latest))
                && !is_deletion(new.table, &new.row)
        };
        let rows = rows.filter(|new| !overtaken(new)).map(|new| {
            let refused = refused.get(&(new.file.as_str(), new.line)).copied();
            (new, refused)
        });
        // What a restore took away no longer holds, as if another row contradicted it.
        let gone = judged.registry.gone_since(registry).into_iter();
        let gone = gone.map(|row| (row, Some(RefusalReason::Conflict)));
        Ok(Self {
            workspace,
            judged,
            last,
            links_from,
            old,
            rows: rows.chain(gone).collect(),
            reset_links: reset_links(workspace, judged, last, links_from)?,
        })
    }

    /// The facts as they were and as they are.
    pub(super) fn facts(&self) -> (&'a Facts, &'a Facts) {
        (self.old, &self.judged.facts)
    }

    /// The new rows that can have changed a line, and the setting if that did.
    pub(super) fn causes(&self, scope: &NewRowScope<'_>) -> impl Iterator<Item = CausingFact> {
        let concerned = |(new, refused): &&(NewRow, _)| scope.concerns(new.table, &new.row, *refused);
        let reset = self.reset_links.iter().any(|link| scope.concerns_reset_link(link));
        let rows = self.rows.iter().filter(concerned).map(|(new, _)| causing(new));
        rows.chain(reset.then(|| self.setting())).collect::<Vec<_>>().into_iter()
    }

    /// Every new row that names something of a line.
    pub(super) fn mentions(&self, scope: &NewRowScope<'_>) -> impl Iterator<Item = CausingFact> {
        self.rows.iter().filter(|(new, _)| scope.mentions(&new.row)).map(|(new, _)| causing(new))
    }

    /// The setting that lets other links in than it did.
    fn setting(&self) -> CausingFact {
        let sides = [("before", self.last.links_from.as_str()), ("after", links_from_word(self.links_from))];
        CausingFact {
            table: "settings".to_owned(),
            address: "links_from".to_owned(),
            row: sides.into_iter().map(|(side, word)| (side.to_owned(), Json::from(word))).collect(),
        }
    }

    /// For each of some resources who used it in the month, so far as rows that came since may say what a user is or
    /// is called: only then it matters who they are.
    pub(super) fn users(
        &self,
        month: Month,
        resources: &[&ResourceId],
    ) -> Result<BTreeMap<ResourceId, BTreeSet<ObjectId>>, Failure> {
        let mut users: BTreeMap<ResourceId, BTreeSet<ObjectId>> = BTreeMap::new();
        if !self.rows.iter().any(|(new, _)| matches!(new.table, Table::Principals | Table::Aliases)) {
            return Ok(users);
        }
        self.each_activity(0, month, &mut |_, id, activity| {
            if month.start() <= activity.at && resources.binary_search(&&id).is_ok() {
                let aliases = &self.judged.facts.aliases;
                let user = aliases.principal(Some(&activity.tenant), &activity.object, activity.at);
                users.entry(id).or_default().insert(user);
            }
        })?;
        Ok(users)
    }

    /// For each resource the activity that came since and can have changed its line: how many rows of which kind, by
    /// file.
    pub(super) fn activity(
        &self,
        month: Month,
        scopes: &Scopes<'_>,
    ) -> Result<BTreeMap<ResourceId, Vec<CausingFact>>, Failure> {
        let mut counts: BTreeMap<(ResourceId, u32, &'static str), u64> = BTreeMap::new();
        self.each_activity(self.last.last_import, month, &mut |file, id, activity| {
            if scopes.get(&id).is_some_and(|scope| scope.concerns_activity(activity)) {
                *counts.entry((id, file, activity.kind.as_str())).or_default() += 1;
            }
        })?;
        let names = self.workspace.file_names().map_err(workspace_failure)?;
        let mut by_resource: BTreeMap<ResourceId, Vec<CausingFact>> = BTreeMap::new();
        for ((resource, file, kind), rows) in counts {
            let address = file_name(&names, file);
            let row = [("kind".to_owned(), Json::from(kind)), ("rows".to_owned(), Json::from(rows))];
            let table = Table::Activity.name().to_owned();
            let fact = CausingFact { table, address, row: row.into_iter().collect() };
            by_resource.entry(resource).or_default().push(fact);
        }
        Ok(by_resource)
    }

    /// Calls back with every activity of imports after `after`, up to a month: its file, and its resource.
    fn each_activity(
        &self,
        after: i64,
        month: Month,
        take: &mut dyn FnMut(u32, ResourceId, &Activity),
    ) -> Result<(), Failure> {
        let files = self
            .workspace
            .activity_files(after, self.judged.last_import, month)
            .map_err(workspace_failure)?;
        for file in files {
            read_activity(self.workspace, &file, &mut Progress::silent(), &mut |address, row| {
                let Some(activity) = row.ok().and_then(|row| Activity::read(&row)) else { return };
                let id = self.judged.facts.aliases.resource(&activity.resource, activity.at);
                take(address.file, id, &activity);
            })?;
        }
        Ok(())
    }
}

/// The links that count before or after, but not both.
fn reset_links(
    workspace: &Workspace,
    judged: &Judged,
    last: &Closing,
    now: LinksFrom,
) -> Result<Vec<Row>, Failure> {
    let before = links_from(last);
    if before == now {
        return Ok(Vec::new());
    }
    let stored = workspace.facts(judged.last_import).map_err(workspace_failure)?;
    let links = stored.gathered.rows(Table::Links).iter().map(|entry| &entry.row);
    let links = links.chain(judged.registry.links()).cloned();
    Ok(links.filter(|row| before.counts_row(row) != now.counts_row(row)).collect())
}

fn causing(new: &NewRow) -> CausingFact {
    let cells = new.table.columns().iter().zip(new.row.values());
    let row = cells
        .filter(|(_, value)| **value != Value::Absent)
        .map(|(column, value)| (column.name.to_owned(), Json::from(value.text())));
    CausingFact {
        table: new.table.name().to_owned(),
        address: format!("{}:{}", new.file, new.line),
        row: row.collect(),
    }
}
