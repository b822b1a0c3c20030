//! Where the facts were read that an answer rests on: file and line of each, and whether it was declared and not seen.

use std::collections::BTreeSet;

use pal_rules::claim::FactRef;
use pal_rules::evidence::Evidence;
use pal_rules::facts::{Facts, Row, Table, listed};
use pal_rules::fold::FoldEvent;
use pal_rules::id::{EnvironmentId, Id, ObjectId, ResourceId, TenantId};
use pal_rules::names::Names;
use pal_rules::standing::LinkStanding;
use pal_rules::time::Timestamp;
use pal_rules::word::{KnownFrom, ListingRole};
use pal_store::workspace::{NewRow, Workspace};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::shell::workspace_failure;

/// A fact, and a place where it was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FactSource {
    /// The fact, in words.
    pub(crate) fact: String,
    table: Table,
    file: String,
    line: u64,
    /// Whether somebody declared it.
    declared: bool,
}

impl FactSource {
    /// The place, in words.
    pub(crate) fn place(&self) -> String {
        let Self { file, line, .. } = self;
        let place = if *line == 0 { file.clone() } else { format!("{file}:{line}") };
        if self.declared { format!("{place}, declared") } else { place }
    }

    pub(crate) fn json(&self) -> Value {
        let Self { fact, table, file, line, declared } = self;
        json!({ "fact": fact, "table": table.name(), "file": file, "line": line, "declared": declared })
    }
}

/// The listings of a workspace whose time was declared (`--assume-since`).
pub(crate) fn declared(
    workspace: &Workspace,
    facts: &Facts,
) -> Result<BTreeSet<(ResourceId, Timestamp)>, Failure> {
    let files = workspace.declared().map_err(workspace_failure)?;
    if files.is_empty() {
        return Ok(BTreeSet::new());
    }
    let times = files.iter().map(|(_, since)| since.to_string()).collect();
    let rows = workspace.rows_that_begin(Table::Listings, &times).map_err(workspace_failure)?;
    let declared = rows.into_iter().filter_map(|row| {
        let at = row.row.time(0)?;
        let resource = facts.aliases.resource(&ResourceId(row.row.id(1)?.clone()), at);
        files.contains(&(row.file, at)).then_some((resource, at))
    });
    Ok(declared.collect())
}

/// A fact that evidence names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Resource,
    Environment(Option<Timestamp>),
    Event(Id),
    Listing(Timestamp, ListingRole, ObjectId),
    Import(Id),
    Member(ObjectId, ObjectId),
    Link(ObjectId, Timestamp, KnownFrom),
}

/// The places where the facts were read that the evidence names; activity, which is read from files of its own, left out.
pub(crate) fn sources(
    workspace: &Workspace,
    facts: &Facts,
    evidence: &Evidence,
) -> Result<Vec<FactSource>, Failure> {
    let asked = asked(facts, evidence);
    let about = About { facts, evidence };
    let declared = workspace.declared().map_err(workspace_failure)?;
    let mut found = Vec::new();
    for table in asked.iter().map(Asked::table).collect::<BTreeSet<Table>>() {
        let asked: Vec<&Asked> = asked.iter().filter(|asked| asked.table() == table).collect();
        let first: Option<BTreeSet<String>> = asked.iter().map(|asked| asked.first(evidence)).collect();
        let rows = match &first {
            Some(first) => workspace.rows_that_begin(table, first),
            None => workspace.table_rows(table),
        };
        let rows = rows.map_err(workspace_failure)?;
        for asked in asked {
            let mut its: Vec<&NewRow> = rows.iter().filter(|row| about.is(asked, &row.row)).collect();
            // Of an entity the rows observed last hold.
            if let Some(observed) = asked.observed() {
                let last = its.iter().map(|row| row.row.time(observed)).max().flatten();
                its.retain(|row| row.row.time(observed) == last);
            }
            found.extend(its.into_iter().map(|row| FactSource {
                fact: about.words(asked),
                table,
                file: row.file.clone(),
                line: row.line,
                declared: asked.is_declared(row, &declared),
            }));
        }
    }
    let here = asked.iter().filter(|asked| matches!(asked, Asked::Link(_, _, KnownFrom::ThisServer)));
    found.extend(here.map(|asked| FactSource {
        fact: about.words(asked),
        table: Table::Links,
        file: "the registry".to_owned(),
        line: 0,
        declared: false,
    }));
    found.sort();
    found.dedup();
    Ok(found)
}

/// Everything that the evidence names and that stands in a row.
fn asked(facts: &Facts, evidence: &Evidence) -> BTreeSet<Asked> {
    let mut asked = BTreeSet::from([Asked::Resource]);
    let environment = evidence.subject.environment.as_ref();
    let environment = environment.and_then(|id| facts.environment(id, evidence.instant));
    asked.extend(environment.map(|environment| Asked::Environment(environment.kind_from)));
    for step in &evidence.fold {
        asked.insert(match step.what {
            FoldEvent::Imported { .. } => Asked::Import(step.id.clone()),
            FoldEvent::Created | FoldEvent::OwnerSet => event(&step.id),
        });
    }
    asked.extend(evidence.idle_imports.iter().map(|import| Asked::Import(import.id.clone())));
    for kept in &evidence.kept_by_platform {
        asked.insert(Asked::Listing(kept.observed_at, ListingRole::Owner, kept.owner.clone()));
    }
    for claim in &evidence.claims {
        let claimed = &claim.claimed;
        for fact in [&claimed.since_fact, &claim.last_active_fact] {
            match fact {
                FactRef::Event(id) => asked.insert(event(id)),
                FactRef::Import(id) => asked.insert(Asked::Import(id.clone())),
                FactRef::Membership(_) | FactRef::Activity(_) | FactRef::AnyActivity => false,
            };
        }
        let member = claimed.group.as_ref().map(|group| Asked::Member(group.clone(), claimed.object.clone()));
        asked.extend(member);
        asked.extend(link(&claimed.object, claim.standing.link));
    }
    asked
}

fn event(id: &Id) -> Asked {
    listed(id).map_or_else(|| Asked::Event(id.clone()), |(at, role, object)| Asked::Listing(at, role, object))
}

fn link(object: &ObjectId, link: LinkStanding) -> Option<Asked> {
    let (linked_at, known_from) = match link {
        LinkStanding::On { linked_at, known_from, .. } => (linked_at, Some(known_from)),
        LinkStanding::Removed { linked_at, known_from, .. }
        | LinkStanding::Later { linked_at, known_from, .. } => (linked_at, known_from),
        LinkStanding::Never => return None,
    };
    Some(Asked::Link(object.clone(), linked_at, known_from.unwrap_or(KnownFrom::Declared)))
}

impl Asked {
    fn table(&self) -> Table {
        match self {
            Self::Resource => Table::Resources,
            Self::Environment(_) => Table::Environments,
            Self::Event(_) => Table::Ownership,
            Self::Listing(..) => Table::Listings,
            Self::Import(_) => Table::SolutionImports,
            Self::Member(..) => Table::GroupMembers,
            Self::Link(..) => Table::Links,
        }
    }

    /// What its row holds in the first column; none where that may be another name.
    fn first(&self, evidence: &Evidence) -> Option<String> {
        let subject = &evidence.subject;
        Some(match self {
            Self::Resource => return None,
            Self::Environment(_) => subject.environment.as_ref()?.to_string(),
            Self::Event(id) | Self::Import(id) => id.to_string(),
            Self::Listing(at, ..) => at.to_string(),
            Self::Member(..) | Self::Link(..) => subject.tenant.to_string(),
        })
    }

    /// The column of an entity that says when it was observed.
    fn observed(&self) -> Option<usize> {
        matches!(self, Self::Resource | Self::Environment(_)).then(|| self.table().columns().len() - 1)
    }

    /// Whether a row of it was declared: it says so, or has the time that its file was told to assume.
    fn is_declared(&self, row: &NewRow, files: &BTreeSet<(String, Timestamp)>) -> bool {
        let at = match self {
            Self::Listing(at, ..) => Some(*at),
            Self::Environment(from) => *from,
            Self::Member(..) => row.row.time(3),
            Self::Link(_, _, KnownFrom::Declared) => return true,
            Self::Resource | Self::Event(_) | Self::Import(_) | Self::Link(..) => None,
        };
        at.is_some_and(|at| files.contains(&(row.file.clone(), at)))
    }
}

/// What is asked about, and what resolves names in rows.
struct About<'a> {
    facts: &'a Facts,
    evidence: &'a Evidence,
}

impl About<'_> {
    fn is(&self, asked: &Asked, row: &Row) -> bool {
        self.matches(asked, row).unwrap_or(false)
    }

    fn matches(&self, asked: &Asked, row: &Row) -> Option<bool> {
        let (aliases, subject) = (&self.facts.aliases, &self.evidence.subject);
        let person = |id: &Id, at| aliases.principal(Some(&subject.tenant), &ObjectId(id.clone()), at);
        Some(match asked {
            Asked::Event(id) | Asked::Import(id) => row.id(0)? == id,
            Asked::Resource => {
                let at = row.time(5).unwrap_or(Timestamp::MIN);
                let id = aliases.resource(&ResourceId(row.id(0)?.clone()), at);
                id == subject.resource && !row.only_reports_deletion()
            }
            Asked::Environment(from) => {
                row.time(4) == *from
                    && Some(&EnvironmentId(row.id(0)?.clone())) == subject.environment.as_ref()
            }
            Asked::Listing(at, role, object) => {
                row.time(0)? == *at
                    && row.word(2)? == role.as_str()
                    && aliases.resource(&ResourceId(row.id(1)?.clone()), *at) == subject.resource
                    && person(row.id(3)?, *at) == *object
            }
            Asked::Member(group, object) => {
                let from = row.time(3)?;
                person(row.id(1)?, from) == *group && person(row.id(2)?, from) == *object
            }
            Asked::Link(object, linked_at, _) => {
                row.time(3)? == *linked_at && person(row.id(1)?, *linked_at) == *object
            }
        })
    }

    fn words(&self, asked: &Asked) -> String {
        let names = Names(self.facts);
        let tenant: &TenantId = &self.evidence.subject.tenant;
        let who = |object: &ObjectId| names.principal(tenant, object);
        match asked {
            Asked::Resource => "resource".to_owned(),
            Asked::Environment(_) => "environment".to_owned(),
            Asked::Event(id) => format!("event {id}"),
            Asked::Import(id) => format!("import {id}"),
            Asked::Listing(at, role, object) => {
                format!("listed {} as {} at {at}", who(object), role.as_str().replace('_', "-"))
            }
            Asked::Member(group, object) => format!("{} in {}", who(object), who(group)),
            Asked::Link(object, linked_at, _) => format!("link of {} from {linked_at}", who(object)),
        }
    }
}
