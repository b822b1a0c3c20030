//! The activity that came since a version: how many rows of which kind concern a changed line, by file.

use pal_import::facts::{ActivityPart, FactFile, StoredActivity};
use pal_rules::facts::{ActivityScope, ActivitySieve, Aliases, Facts, Table};
use pal_rules::id::{ObjectId, ResourceId, TenantId};
use pal_rules::meter::Activity;
use pal_rules::time::Month;
use pal_rules::word::ActivityKind;
use pal_store::workspace::Workspace;
use serde_json::Value as Json;

use super::CausingFact;
use super::changes::Change;
use crate::activity::{opened, unreadable_here};
use crate::exit::Failure;
use crate::parallel::try_in_order;
use crate::shell::workspace_failure;
use crate::state::stored;
use crate::stored::file_name;

/// The rows of a part of a file: passed one by one, each with the file where it was first read and its resource.
pub(super) type Rows<'a> = dyn Fn(&mut dyn FnMut(u32, ResourceId, &Activity)) -> Result<(), Failure> + 'a;

/// Reads the activity of some imports and months, part by part, on all cores.
///
/// - `imports`: those after the first and up to the second.
/// - `months`: the first, if not all before count too, and the last.
/// - `work`: gets the rows of a part.
/// - `take`: gets what it made of them, in the order of the parts.
pub(super) fn read<R: Send>(
    (workspace, aliases): (&Workspace, &Aliases),
    (after, until): (i64, i64),
    (first, last): (Option<Month>, Month),
    work: impl Fn(&Rows<'_>) -> Result<R, Failure> + Sync,
    mut take: impl FnMut(R),
) -> Result<(), Failure> {
    let files = workspace.activity_files(after, until, last).map_err(workspace_failure)?;
    let files = files.iter().filter(|file| first.is_none_or(|first| first <= file.month));
    let files: Vec<FactFile> = files.map(|file| stored(workspace, file)).collect();
    let opened = opened(&files)?;
    let parts = opened.iter().flat_map(|file| file.parts().into_iter().map(move |part| (file, part)));
    let parts: Vec<(&StoredActivity, ActivityPart)> = parts.collect();
    let work = |_, parts: &[(&StoredActivity, ActivityPart)]| {
        work(&|take| {
            parts.iter().try_for_each(|(file, part)| {
                let read = file.read(part, &mut |row| {
                    let Some(kind) = ActivityKind::parse(row.kind) else { return };
                    let activity = Activity {
                        at: row.at,
                        tenant: TenantId::new(row.tenant),
                        resource: ResourceId::new(row.resource),
                        object: ObjectId::new(row.object),
                        kind,
                    };
                    take(row.file, aliases.resource(&activity.resource, activity.at), &activity);
                });
                read.map_err(unreadable_here)
            })
        })
    };
    try_in_order(&parts, 1, work, |made| {
        take(made);
        Ok(())
    })
}

/// A changed line by its number, a file, and whether the rows are of the kind `use`: in the order in which they are told.
type Key = (usize, u32, bool);

/// For each changed line the activity that came since and can have changed it.
#[derive(Debug)]
pub(super) struct Counts {
    names: Vec<String>,
    /// Sorted; each key once.
    rows: Vec<(Key, u64)>,
}

impl Counts {
    /// - `lines`: the changed lines with their scopes.
    pub(super) fn read(
        (workspace, facts): (&Workspace, &Facts),
        imports: (i64, i64),
        month: Month,
        (changes, scopes): (&[Change<'_>], &[ActivityScope]),
        sieve: &ActivitySieve<'_>,
    ) -> Result<Self, Failure> {
        // Of a line that is gone no activity is the cause, so each is of a resource that the facts know.
        let mut numbers = vec![None; facts.resources.len()];
        for (number, change) in changes.iter().enumerate() {
            let place = facts.resource(&change.resource).and_then(|position| numbers.get_mut(position));
            if let Some(place) = place {
                *place = Some(number);
            }
        }
        let number = |id: &ResourceId| numbers.get(facts.resource(id)?).copied().flatten();
        // Before the month only makes count, and those only of lines whose credit changed.
        let earlier = scopes.iter().any(|scope| !scope.claimants.is_empty());
        let first = Some(month).filter(|_| !earlier);
        let mut rows = Vec::new();
        let work = |all: &Rows<'_>| {
            let mut keys: Vec<Key> = Vec::new();
            all(&mut |file, id, activity| {
                let scope = number(&id).and_then(|number| Some((number, scopes.get(number)?)));
                if let Some((number, _)) = scope.filter(|(_, scope)| sieve.concerns(scope, activity)) {
                    keys.push((number, file, activity.kind == ActivityKind::Use));
                }
            })?;
            keys.sort_unstable();
            let runs = keys.chunk_by(|a, b| a == b);
            let counted = runs.filter_map(|run| Some((*run.first()?, run.len() as u64)));
            Ok(counted.collect::<Vec<_>>())
        };
        let of = (workspace, &facts.aliases);
        read(of, imports, (first, month), work, |counted| rows.extend(counted))?;
        rows.sort_unstable();
        rows.dedup_by(|more, kept| {
            let same = more.0 == kept.0;
            kept.1 += if same { more.1 } else { 0 };
            same
        });
        Ok(Self { names: workspace.file_names().map_err(workspace_failure)?, rows })
    }

    /// What concerns a line.
    pub(super) fn of(&self, number: usize) -> impl Iterator<Item = CausingFact> {
        let from = |number| self.rows.partition_point(|((line, ..), _)| *line < number);
        let rows = self.rows.get(from(number)..from(number + 1)).unwrap_or_default();
        rows.iter().map(|((_, file, is_use), rows)| {
            let kind = if *is_use { ActivityKind::Use } else { ActivityKind::Make };
            let row = [("kind", Json::from(kind.as_str())), ("rows", Json::from(*rows))];
            CausingFact {
                table: Table::Activity.name().to_owned(),
                address: file_name(&self.names, *file),
                row: row.into_iter().map(|(column, cell)| (column.to_owned(), cell)).collect(),
            }
        })
    }
}
