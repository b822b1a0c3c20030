//! Which `links` rows of the workspace hold, and why the others do not (`facts.md`, Periods).

use pal_rules::facts::{
    Address, Entry, Facts, Gathered, Link, LinksFrom, Refusal, RefusalReason, Table, settle,
};
use pal_rules::id::{Id, ObjectId, TenantId};
use pal_rules::word::KnownFrom;
use pal_store::workspace::{NewRow, StoredFacts, Workspace};

use crate::exit::Failure;
use crate::registry_facts::RegistryFacts;
use crate::shell::{Shell, workspace_failure};

/// All that names and links are judged by.
const TABLES: [Table; 4] = [Table::Tenants, Table::Principals, Table::Partners, Table::Aliases];

/// The links of the workspace, judged as months are: those that count against each other, the others among themselves.
pub(super) struct Held {
    /// Names, and the links of one kind.
    settled: Vec<Facts>,
    pub(super) rows: Vec<NewRow>,
    pub(super) refused: Vec<Refused>,
}

/// A row that does not hold.
pub(super) struct Refused {
    pub(super) row: NewRow,
    /// Why, in words.
    pub(super) why: String,
    /// What to do about it.
    pub(super) advice: String,
}

impl Held {
    pub(super) fn read(workspace: &Workspace, shell: &Shell) -> Result<Self, Failure> {
        let mut stored = StoredFacts::default();
        RegistryFacts::read(workspace, shell, false)?.add_to(&mut stored);
        let mut gathered = stored.gathered;
        for table in TABLES {
            for told in workspace.table_rows(table).map_err(workspace_failure)? {
                gathered.push(table, Entry { row: told.row, address: Address { file: 0, line: told.line } });
            }
        }
        let rows = workspace.table_rows(Table::Links).map_err(workspace_failure)?;
        for (line, told) in (0..).zip(&rows) {
            let address = Address { file: 0, line };
            gathered.push(Table::Links, Entry { row: told.row.clone(), address });
        }
        let kinds: &[LinksFrom] = match shell.links_from() {
            LinksFrom::Both => &[LinksFrom::Both],
            _ => &[LinksFrom::Microsoft, LinksFrom::Registry],
        };
        let mut held = Self { settled: Vec::new(), rows, refused: Vec::new() };
        for kind in kinds {
            held.judge(gathered.clone(), *kind);
        }
        Ok(held)
    }

    fn judge(&mut self, mut gathered: Gathered, kind: LinksFrom) {
        gathered.keep_links(kind);
        let settled = settle(&gathered);
        let of_links = settled.refusals.iter().filter(|refusal| refusal.table == Table::Links);
        let refused = of_links.filter_map(|refusal| {
            let row = self.rows.get(usize::try_from(refusal.address.line).ok()?)?;
            Some(refused(row, refusal, &settled.facts))
        });
        self.refused.extend(refused.collect::<Vec<_>>());
        self.settled.push(settled.facts);
    }

    /// The facts, for names.
    pub(super) fn facts(&self) -> Option<&Facts> {
        self.settled.first()
    }

    /// Every link that holds, by principal and start, also those that do not count here.
    pub(super) fn links(&self) -> Vec<((&TenantId, &ObjectId), &Link)> {
        let links = self.settled.iter().flat_map(|facts| facts.links.iter());
        let mut all: Vec<_> =
            links.flat_map(|(principal, links)| links.iter().map(move |link| (principal, link))).collect();
        all.sort_by_key(|(principal, link)| (*principal, link.linked_at));
        all
    }

    /// The rows of a principal, known from there, that do not hold.
    pub(super) fn refused_of(
        &self,
        principal: [&Id; 2],
        known_from: KnownFrom,
    ) -> impl Iterator<Item = &Refused> {
        self.refused.iter().filter(move |refused| {
            let row = &refused.row.row;
            [row.id(0), row.id(1)] == principal.map(Some) && row.word(5) == Some(known_from.as_str())
        })
    }
}

fn refused(row: &NewRow, refusal: &Refusal, facts: &Facts) -> Refused {
    let reason = refusal.reason;
    let against = (reason == RefusalReason::Overlap).then(|| earlier(row, facts)).flatten();
    let (why, advice) = match against {
        Some(link) => (
            format!(
                "{reason}: linked to {} from {} {} ({})",
                link.partner,
                link.linked_at,
                link.unlinked_at.map_or_else(|| "on".to_owned(), |until| format!("until {until}")),
                link.known_from.as_str()
            ),
            "end that link: import its row of `links` once more, with its `unlinked_at`".to_owned(),
        ),
        None => (reason.to_string(), refusal.advice().to_owned()),
    };
    Refused { row: row.clone(), why, advice }
}

/// The link that a row overlaps.
fn earlier<'a>(row: &NewRow, facts: &'a Facts) -> Option<&'a Link> {
    let (tenant, at) = (TenantId(row.row.id(0)?.clone()), row.row.time(3)?);
    let object = facts.aliases.principal(Some(&tenant), &ObjectId(row.row.id(1)?.clone()), at);
    let links = facts.links.get(&tenant, &object)?;
    links.iter().find(|link| link.linked_at <= at && link.unlinked_at.is_none_or(|until| until > at))
}
