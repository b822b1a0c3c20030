//! Adjustments: what a later version of a month changed, line by line, and the facts that caused it.

mod activity;
mod changes;
mod evidence;
mod json;
mod kept;
mod since;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pal_rules::evidence::Evidence;
use pal_rules::facts::{ActivityScope, NewRowScope};
use pal_rules::id::{ObjectId, ResourceId, TenantId};
use pal_rules::usage::Window;
use pal_rules::word::Product;
use pal_store::workspace::Closing;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::closed_files::{closed_file, listed_hash, manifest_if_whole, not_as_listed, parsed, unpacked};
use crate::digest::sha256;
use crate::exit::Failure;
use crate::output_files::OutputFile;
use crate::packing::Packers;
use crate::parallel::{both, try_in_order};
use crate::render::tell;
use crate::spare::Spare;
use activity::Counts;
use changes::{Change, Numbered, changes};
use evidence::{Evidences, Reader};
pub(crate) use kept::Kept;
use kept::text;
use since::Told;
pub(crate) use since::{EarlierFacts, Since};

/// One changed line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Adjustment {
    pub(crate) tenant_id: String,
    pub(crate) product: String,
    pub(crate) resource_id: String,
    /// The line before, by column; absent where it is new.
    pub(crate) before: Option<Map<String, Json>>,
    /// The line after, by column; absent where it is gone.
    pub(crate) after: Option<Map<String, Json>>,
    /// The facts that came since and concern the line.
    pub(crate) facts: Vec<CausingFact>,
}

/// A fact that came after the version before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CausingFact {
    pub(crate) table: String,
    /// Where it was first read.
    pub(crate) address: String,
    /// The row by column; of activity, how many rows of which kind.
    pub(crate) row: Map<String, Json>,
}

/// The file of a version's adjustments, as it is read; it is written line by line.
#[derive(Debug, Serialize, Deserialize)]
struct AdjustmentsFile {
    format_version: u32,
    since_version: i64,
    adjustments: Vec<Adjustment>,
}

/// The file of a later version that says what changed, and because of which facts: [`AdjustmentsFile`], packed.
const ADJUSTMENTS_FILE: &str = "adjustments.json.zst";

/// The same as earlier builds kept it.
const UNPACKED_FILE: &str = "adjustments.json";

/// The adjustments of a later version, as they are kept.
///
/// # Errors
///
/// Where they are damaged: that is told by the manifest of the version, or else when they are read.
pub(crate) fn kept_adjustments(closing: &Closing) -> Result<OutputFile, Failure> {
    let manifest = manifest_if_whole(closing)?;
    let is_listed = |name: &&str| listed_hash(&manifest, name).is_some();
    let is_there = |name: &&str| closing.folder.join(name).exists();
    let names = [ADJUSTMENTS_FILE, UNPACKED_FILE].into_iter();
    let name = names.clone().find(is_listed).or_else(|| names.clone().find(is_there));
    let name = name.unwrap_or(ADJUSTMENTS_FILE);
    let bytes = closed_file(closing, name)?;
    match listed_hash(&manifest, name) {
        Some(listed) if listed != sha256(&bytes) => return Err(not_as_listed(closing, name)),
        Some(_) => {}
        None => _ = said(closing, name, &bytes)?,
    }
    Ok((name.to_owned(), bytes))
}

/// What the adjustments of a later version say.
pub(crate) fn read_adjustments(closing: &Closing) -> Result<Vec<Adjustment>, Failure> {
    let (name, bytes) = kept_adjustments(closing)?;
    said(closing, &name, &bytes)
}

fn said(closing: &Closing, name: &str, kept: &[u8]) -> Result<Vec<Adjustment>, Failure> {
    let json = if name == ADJUSTMENTS_FILE { Cow::from(unpacked(closing, name, kept)?) } else { kept.into() };
    let file: AdjustmentsFile = parsed(closing, name, &json)?;
    Ok(file.adjustments)
}

/// What a new statement changes against the last version, with the facts that came since: the file that is kept, and how
/// many lines that are.
pub(crate) fn adjustments(
    since: &Since<'_>,
    window: Window,
    before: &Kept,
    after: &Kept,
) -> Result<(OutputFile, usize), Failure> {
    let (old, new) = both(|| before.rows(), || after.rows());
    let changes = changes(&old, &new);
    let lines = Lines {
        told: &since.told,
        window,
        changes: &changes,
        before: Evidences::new(&before.evidence, &old)?,
        after: Evidences::new(&after.evidence, &new)?,
    };
    let came = lines.came(since)?;
    Ok(((ADJUSTMENTS_FILE.to_owned(), lines.packed(&came)?), changes.len()))
}

/// The lines that changed, and what they rest on.
struct Lines<'a> {
    told: &'a Told<'a>,
    window: Window,
    /// In the statement's order.
    changes: &'a [Change<'a>],
    before: Evidences<'a>,
    after: Evidences<'a>,
}

/// What came since, by changed line.
struct Came {
    activity: Counts,
    /// Who used a resource, where that matters.
    users: BTreeMap<ResourceId, BTreeSet<ObjectId>>,
}

/// Evidence of both sides as it is read.
type Readers<'e> = (Reader<'e>, Reader<'e>);

impl Lines<'_> {
    /// So many lines are worked on at a time, where their evidence is not all needed.
    const PART: usize = 1 << 10;

    /// The adjustments as they are kept.
    fn packed(&self, came: &Came) -> Result<Vec<u8>, Failure> {
        let (packers, spare) = (Packers::default(), Spare::default());
        let (mut file, mut unexplained) =
            (packers.packed(&json::head(self.told.last.version), Vec::new())?, 0);
        let told = |position, parts: &[Range<usize>]| {
            let (mut bytes, mut unexplained, mut readers) = (spare.take(), 0, self.readers());
            for number in parts.iter().cloned().flatten() {
                let Some(change) = self.changes.get(number) else { continue };
                let (facts, explained) = self.facts((number, change), came, &mut readers)?;
                unexplained += usize::from(!explained);
                json::put(&mut bytes, change, &facts)?;
            }
            let packed = packers.packed(json::part(&bytes, position == 0), spare.take())?;
            spare.give(bytes);
            Ok::<_, Failure>((packed, unexplained))
        };
        try_in_order(&self.parts(), 1, told, |(packed, more)| {
            file.extend_from_slice(&packed);
            spare.give(packed);
            unexplained += more;
            Ok(())
        })?;
        file.extend(packers.packed(json::end(!self.changes.is_empty()), Vec::new())?);
        if unexplained > 0 {
            let month = self.window.month;
            tell(format!(
                "{month}: of {unexplained} changed lines no new fact tells why: all that name them are listed"
            ));
        }
        Ok(file)
    }

    /// The changes, by number, in parts: where all evidence is read, those that have it from one part.
    fn parts(&self) -> Vec<Range<usize>> {
        if self.told.is_only_activity() {
            let starts = (0..self.changes.len()).step_by(Self::PART);
            return starts.map(|start| start..self.changes.len().min(start + Self::PART)).collect();
        }
        let part = |change: &Change<'_>| change.after.map(|side| self.after.part_of(side.number));
        let mut start = 0;
        // What is gone has no part of its own, and goes with those around it.
        let together = |a: &Change<'_>, b: &Change<'_>| match (part(a), part(b)) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        let parts = self.changes.chunk_by(together);
        parts
            .map(|part| {
                start += part.len();
                start - part.len()..start
            })
            .collect()
    }

    fn readers(&self) -> Readers<'_> {
        (self.before.reader(), self.after.reader())
    }

    fn came(&self, since: &Since<'_>) -> Result<Came, Failure> {
        let mut scopes: Vec<ActivityScope> = Vec::with_capacity(self.changes.len());
        let scoped = |_, changes: &[Change<'_>]| {
            let mut readers = self.readers();
            changes.iter().map(|change| self.scope(change, &mut readers)).collect::<Result<Vec<_>, _>>()
        };
        try_in_order(self.changes, Self::PART, scoped, |part| {
            scopes.extend(part);
            Ok(())
        })?;
        let month = self.window.month;
        let activity = since.activity(month, (self.changes, &scopes))?;
        let mut resources: Vec<&ResourceId> = self.changes.iter().map(|change| &change.resource).collect();
        resources.sort_unstable();
        Ok(Came { activity, users: since.users(month, &resources)? })
    }

    /// What decides which activity concerns a line. Its evidence is read only where that is asked for.
    fn scope(&self, change: &Change<'_>, readers: &mut Readers<'_>) -> Result<ActivityScope, Failure> {
        let facts = self.told.facts().1;
        let [_, tenant, _, product, ..] = change.row().cells();
        let (tenant, product) = (TenantId::new(&text(tenant)), Product::new(&text(product)));
        let changed = change.changed();
        let known = facts.resource(&change.resource).and_then(|position| facts.resources.get(position));
        // Where the line is gone nothing of it is new, so its instant does not matter.
        let at = known.map_or(self.window.end(), |resource| self.window.instant(resource));
        let mut claimants = BTreeSet::new();
        if ActivityScope::asks_for_claimants(&product, changed) {
            let (before, after) = both_sides(change, readers)?;
            let claims = [before, after].into_iter().flatten().flat_map(|evidence| evidence.claims);
            claimants.extend(claims.map(|claim| claim.claimed.object));
        }
        Ok(ActivityScope { tenant, product, at, changed, claimants })
    }

    /// The facts that came since and concern a line, and whether one of them tells why it changed.
    fn facts(
        &self,
        (number, change): (usize, &Change<'_>),
        came: &Came,
        readers: &mut Readers<'_>,
    ) -> Result<(Vec<CausingFact>, bool), Failure> {
        let activity = came.activity.of(number);
        if self.told.is_only_activity() {
            let facts: Vec<CausingFact> = activity.collect();
            let explained = !facts.is_empty();
            return Ok((facts, explained));
        }
        let (before, after) = both_sides(change, readers)?;
        let scope = NewRowScope::new(self.told.facts(), &change.resource, before.as_ref(), after.as_ref());
        let Some(mut scope) = scope else { return Ok((Vec::new(), true)) };
        scope.add_users(came.users.get(&change.resource).cloned().unwrap_or_default());
        let mut facts: Vec<CausingFact> = self.told.causes(&scope).chain(activity).collect();
        let explained = !facts.is_empty();
        if !explained {
            facts.extend(self.told.mentions(&scope));
        }
        Ok((facts, explained))
    }
}

/// The evidence of a line, before and after.
fn both_sides(
    change: &Change<'_>,
    (before, after): &mut Readers<'_>,
) -> Result<(Option<Evidence>, Option<Evidence>), Failure> {
    let read = |side: Option<Numbered<'_>>, from: &mut Reader<'_>| {
        side.map(|side| from.read(side.number)).transpose()
    };
    Ok((read(change.before, before)?, read(change.after, after)?))
}
