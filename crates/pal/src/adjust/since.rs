//! What came since a version of a month: new rows, the facts as they were, links that another setting lets in.

use std::collections::{BTreeMap, BTreeSet};

use pal_rules::facts::{
    ActivityScope, ActivitySieve, Facts, Keeping, LinksFrom, NewRowIndex, NewRowScope, RefusalReason, Row,
    Table, Value, settle,
};
use pal_rules::id::{ObjectId, ResourceId};
use pal_rules::time::{Month, Timestamp};
use pal_store::workspace::{Closing, NewRow, StoredFacts, Workspace};
use serde_json::Value as Json;

use super::CausingFact;
use super::activity::{self, Counts, Rows};
use super::changes::Change;
use crate::cmd::config::links_from_word;
use crate::exit::Failure;
use crate::outside_facts::{self, Derived};
use crate::registry_facts::RegistryFacts;
use crate::shell::workspace_failure;
use crate::stored::{Judged, file_name};

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
        (last, registry): (&Closing, RegistryFacts),
        refused: &Refused<'_>,
    ) -> Result<&Earlier, Failure> {
        let key = (last.last_import, last.links_from.clone());
        let kept = match self.0.take() {
            Some(kept) if kept.0 == key && kept.1.registry == registry => kept,
            _ => {
                let (mut stored, derived) = outside_facts::read(workspace, last.last_import)?;
                registry.add_to(&mut stored);
                stored.gathered.keep_links(links_from(last));
                let observed = observed(&stored, refused);
                (key, Earlier { facts: settle(&stored.gathered).facts, observed, registry, derived })
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

/// Whether a row says nothing that lines are judged by: where it is all that is new, the facts are what they were.
const fn is_beside(table: Table) -> bool {
    matches!(table, Table::Coverage | Table::Runs)
}

/// Whether an entity was observed later than a row says.
fn overtaken(observed: &Observed, new: &NewRow) -> bool {
    let entity = entity(new.table, &new.row);
    entity.is_some_and(|(key, at)| observed.get(&key).is_some_and(|latest| at < *latest))
        && !is_deletion(new.table, &new.row)
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

/// All that came since a version, and where activity is read.
#[derive(Debug)]
pub(crate) struct Since<'a> {
    workspace: &'a Workspace,
    pub(super) told: Told<'a>,
}

/// What came since a version, but for activity.
#[derive(Debug)]
pub(super) struct Told<'a> {
    judged: &'a Judged,
    pub(super) last: &'a Closing,
    links_from: LinksFrom,
    old: &'a Facts,
    rows: Vec<(NewRow, Option<RefusalReason>)>,
    /// What the rows are about, by position.
    index: NewRowIndex,
    /// Links that count for one of the two versions only, by their setting.
    reset_links: Vec<Row>,
    reset_index: NewRowIndex,
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
        let (after, until) = (last.last_import, judged.last_import);
        let mut rows = workspace.new_rows(after, until).map_err(workspace_failure)?;
        let registry = RegistryFacts::of_closing(last)?;
        let parts = workspace.has_new_solution_parts(after, until).map_err(workspace_failure)?;
        // Then equal rows were settled, and what follows from them is equal, too.
        let same = registry == judged.registry
            && self::links_from(last) == links_from
            && !parts
            && rows.iter().all(|new| is_beside(new.table));
        let (mut old, mut gone) = (&judged.facts, Vec::new());
        if !same {
            let earlier = earlier.of(workspace, (last, registry), &refused)?;
            old = &earlier.facts;
            rows.extend(judged.registry.since(&earlier.registry));
            rows.extend(judged.derived.since(&earlier.derived));
            rows.retain(|new| new.table != Table::Links || links_from.counts_row(&new.row));
            rows.retain(|new| !overtaken(&earlier.observed, new));
            // What a restore took away no longer holds, as if another row contradicted it.
            gone = judged.registry.gone_since(&earlier.registry);
        }
        let told = rows.into_iter().map(|new| {
            let refused = refused.get(&(new.file.as_str(), new.line)).copied();
            (new, refused)
        });
        let gone = gone.into_iter().map(|row| (row, Some(RefusalReason::Conflict)));
        let rows: Vec<(NewRow, Option<RefusalReason>)> = told.chain(gone).collect();
        let about = rows.iter().map(|(new, refused)| (new.table, &new.row, *refused));
        let index = NewRowIndex::new((old, &judged.facts), about);
        let reset_links = reset_links(workspace, judged, last, links_from)?;
        let about = reset_links.iter().map(|row| (Table::Links, row, None));
        let reset_index = NewRowIndex::new((old, &judged.facts), about);
        Ok(Self {
            workspace,
            told: Told { judged, last, links_from, old, rows, index, reset_links, reset_index },
        })
    }

    /// For each of some resources who used it in the month, so far as rows that came since may say what a user is or
    /// is called: only then it matters who they are.
    ///
    /// - `resources`: sorted.
    pub(super) fn users(
        &self,
        month: Month,
        resources: &[&ResourceId],
    ) -> Result<BTreeMap<ResourceId, BTreeSet<ObjectId>>, Failure> {
        let mut users: BTreeMap<ResourceId, BTreeSet<ObjectId>> = BTreeMap::new();
        if !self.told.rows.iter().any(|(new, _)| matches!(new.table, Table::Principals | Table::Aliases)) {
            return Ok(users);
        }
        let aliases = &self.told.judged.facts.aliases;
        let work = |all: &Rows<'_>| {
            let mut pairs: BTreeSet<(ResourceId, ObjectId)> = BTreeSet::new();
            all(&mut |_, id, activity| {
                if resources.binary_search(&&id).is_ok() {
                    let user = aliases.principal(Some(&activity.tenant), &activity.object, activity.at);
                    pairs.insert((id, user));
                }
            })?;
            Ok(pairs)
        };
        let imports = (0, self.told.judged.last_import);
        activity::read((self.workspace, aliases), imports, (Some(month), month), work, |pairs| {
            for (id, user) in pairs {
                users.entry(id).or_default().insert(user);
            }
        })?;
        Ok(users)
    }

    /// For each changed line the activity that came since and can have changed it.
    pub(super) fn activity(
        &self,
        month: Month,
        lines: (&[Change<'_>], &[ActivityScope]),
    ) -> Result<Counts, Failure> {
        let facts = &self.told.judged.facts;
        let (imports, sieve) =
            ((self.told.last.last_import, self.told.judged.last_import), ActivitySieve::new(facts, month));
        Counts::read((self.workspace, facts), imports, month, lines, &sieve)
    }
}

impl<'a> Told<'a> {
    /// Whether nothing but activity came since: no row can have changed a line, and none names one.
    pub(super) fn is_only_activity(&self) -> bool {
        self.rows.is_empty() && self.reset_links.is_empty()
    }

    /// The facts as they were and as they are.
    pub(super) fn facts(&self) -> (&'a Facts, &'a Facts) {
        (self.old, &self.judged.facts)
    }

    /// The new rows that can have changed a line, and the setting if that did.
    pub(super) fn causes(&self, scope: &NewRowScope<'_>) -> impl Iterator<Item = CausingFact> {
        let concerned = |(new, refused): &&(NewRow, _)| scope.concerns(new.table, &new.row, *refused);
        let reset = self.reset_index.about(scope).into_iter().filter_map(|place| self.reset_links.get(place));
        let reset = reset.into_iter().any(|link| scope.concerns_reset_link(link));
        let about = self.index.about(scope).into_iter().filter_map(|place| self.rows.get(place));
        let rows = about.filter(concerned).map(|(new, _)| causing(new));
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
    let links = stored.gathered.rows(Table::Links).map(|entry| &entry.row);
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
