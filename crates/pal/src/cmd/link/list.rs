//! Links of others: all that a server of one's own lists, one link's changes, and what the data folder has seen.

use pal_fleet::problem::{Problem, one_line};
use pal_fleet::registry::Filter;
use pal_rules::facts::{Facts, Link, Row, Table};
use pal_rules::id::{ObjectId, TenantId};
use pal_rules::names::Names;
use pal_rules::time::Timestamp;
use pal_rules::word::KnownFrom;
use pal_store::workspace::{NewRow, Workspace};
use serde_json::Value;

use super::known::{known_from, make_real, words};
use super::record::{self, Seen, State};
use super::session::{Session, failure};
use crate::cli::LinkVerb;
use crate::exit::{Exit, Failure, Outcome};
use crate::render::{Answer, Items, draw, object, tell};
use crate::shell::{Shell, workspace_failure};
use crate::stored::facts;

/// Microsoft shows everybody their own link, now; that is said before anybody signs in for nothing.
pub(super) fn refuse_microsoft(shell: &Shell) -> Result<(), Failure> {
    let endpoint = pal_fleet::endpoint::Endpoint::parse(&shell.settings.endpoint.value).map_err(failure)?;
    if !endpoint.is_microsoft() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Usage,
        "Microsoft has no list of links and no history of one: everybody sees their own link, as it is now",
        "see what the data folder knows with `pal link list --recorded`, or name a server of your own with `--endpoint`",
    ))
}

/// `pal link list`.
pub(super) fn list(verb: &LinkVerb, session: &Session, shell: &Shell) -> Outcome {
    let LinkVerb::List { tenant_id, partner_id, text, .. } = verb else { return Ok(Exit::Ok) };
    let filter = Filter { tenant_id: tenant_id.clone(), partner_id: partner_id.clone(), text: text.clone() };
    let found = session.client().list(&filter).map_err(|problem| no_registry(problem, session))?;
    let columns =
        ["tenant_name", "tenant_id", "object_id", "partner_name", "partner_id", "version", "updated_at"];
    let mut items = Items::new(columns.into_iter().chain(["known"]));
    let known = words(known_from(&session.endpoint), shell.now());
    let mut links = Vec::new();
    for link in found {
        items.push(columns.iter().map(|name| cell(&link, name)).chain([known.clone().into()]).collect());
        links.push(with_place(link, &known));
    }
    if shell.output.is_table() && !items.is_empty() {
        tell(
            "only here: Microsoft does not know these links; `-o json` has the commands that make each real",
        );
    }
    let rows = items.table();
    let answer =
        Answer { json: object(vec![("links", links.into())]), items: "links", view: draw(&rows), rows };
    shell.output.write(&answer)?;
    Ok(Exit::Ok)
}

/// A field of a server's answer as it may stand on a terminal.
fn cell(item: &Value, name: &str) -> Value {
    match item.get(name) {
        Some(Value::String(text)) => one_line(text).into(),
        other => other.cloned().unwrap_or_default(),
    }
}

/// A link with where it is known, and what makes it real.
fn with_place(mut link: Value, known: &str) -> Value {
    let text = |name: &str| link.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (tenant_id, partner_id) = (text("tenant_id"), text("partner_id"));
    if let Some(fields) = link.as_object_mut() {
        fields.insert("known_from".to_owned(), KnownFrom::ThisServer.as_str().into());
        fields.insert("known".to_owned(), known.into());
        fields.insert("make_real".to_owned(), make_real(&tenant_id, &partner_id));
    }
    link
}

/// `pal link history`.
pub(super) fn history(verb: &LinkVerb, session: &Session, shell: &Shell) -> Outcome {
    let LinkVerb::History { tenant_id, object_id, record } = verb else { return Ok(Exit::Ok) };
    let given = tenant_id.clone().zip(object_id.clone());
    let own = || session.caller().map(|caller| (caller.tenant_id, caller.object_id));
    let (tenant_id, object_id) = given.or_else(own).ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            "the token does not say whose it is",
            "name the account with `--tenant-id` and `--object-id`",
        )
    })?;
    let changes = session.client().history(&tenant_id, &object_id);
    let changes = changes.map_err(|problem| no_registry(problem, session))?.ok_or_else(|| {
        Failure::new(
            Exit::NotFound,
            format!("no history of {object_id} in {tenant_id} is within reach"),
            "it was never linked here, or is not yours to see: `pal link list` shows what is",
        )
    })?;
    let columns =
        ["version", "kind", "partner_id", "partner_before", "at", "caller_name", "via", "request_id"];
    let known_from = known_from(&session.endpoint);
    let known = words(known_from, shell.now());
    let mut items = Items::new(columns.into_iter().chain(["known"]));
    for change in &changes {
        let cells = columns.iter().map(|name| cell(change, name));
        items.push(cells.chain([known.clone().into()]).collect());
    }
    if shell.output.is_table() {
        tell("only here: Microsoft knows nothing of this history");
    }
    let rows = items.table();
    let json = object(vec![
        ("tenant_id", tenant_id.clone().into()),
        ("object_id", object_id.clone().into()),
        ("known_from", known_from.as_str().into()),
        ("known", known.into()),
        ("changes", changes.clone().into()),
    ]);
    shell.output.write(&Answer { json, items: "changes", view: draw(&rows), rows })?;
    if let (true, Some(periods)) = (record.record, record::periods(&changes)) {
        let seen = Seen { tenant_id, object_id, known_from, state: State::Periods(periods) };
        record::keep(session.endpoint.url(), &seen, shell)?;
    }
    Ok(Exit::Ok)
}

/// Who has no such list is no server of ours.
fn no_registry(problem: Problem, session: &Session) -> Failure {
    let is_other = matches!(&problem, Problem::Refused(refusal) if refusal.status == 404);
    let failed = failure(problem);
    if !is_other {
        return failed;
    }
    Failure {
        error: failed.error.context(format!("{} has no registry of links", session.endpoint)),
        ..failed
    }
    .or_advise("name a `pal serve` with `--endpoint`")
}

/// `pal link list --recorded`: the links that hold, whether they count or not, and where each is known.
pub(super) fn recorded(verb: &LinkVerb, shell: &Shell) -> Outcome {
    let LinkVerb::List { tenant_id, partner_id, text, .. } = verb else { return Ok(Exit::Ok) };
    let workspace = shell.read()?;
    let (facts, sources) = (facts(&workspace, shell)?, Sources::read(&workspace)?);
    let names = Names(&facts);
    let columns = [
        "tenant",
        "tenant_id",
        "account",
        "object_id",
        "partner",
        "partner_id",
        "linked_at",
        "unlinked_at",
        "known",
    ];
    let mut items = Items::new(columns);
    for ((tenant, object), link) in all_links(&facts) {
        let row = [
            names.tenant(tenant),
            tenant.to_string(),
            names.principal(tenant, object),
            object.to_string(),
            names.partner(link.partner),
            link.partner.to_string(),
            link.linked_at.to_string(),
            link.unlinked_at.map(|until| until.to_string()).unwrap_or_default(),
            sources.known(tenant, object, link),
        ];
        let is = |wanted: &Option<String>, at: usize| {
            wanted
                .as_ref()
                .is_none_or(|wanted| row.get(at).is_some_and(|cell| cell.eq_ignore_ascii_case(wanted)))
        };
        let wanted = text.as_deref().unwrap_or_default().to_lowercase();
        let has = row.iter().take(6).any(|cell| cell.to_lowercase().contains(&wanted));
        if is(tenant_id, 1) && is(partner_id, 5) && has {
            let cell = |cell: &String| if cell.is_empty() { Value::Null } else { cell.clone().into() };
            items.push(row.iter().map(cell).collect());
        }
    }
    shell.output.write(&Answer::list(Vec::new(), "links", &items))?;
    Ok(Exit::Ok)
}

/// Every link that holds, by principal and start, also those that do not count here.
fn all_links(facts: &Facts) -> impl Iterator<Item = (&(TenantId, ObjectId), &Link)> {
    let mut all: Vec<_> = [&facts.links, &facts.links_left_out]
        .into_iter()
        .flatten()
        .flat_map(|(principal, links)| links.iter().map(move |link| (principal, link)))
        .collect();
    all.sort_by_key(|(principal, link)| (*principal, link.linked_at));
    all.into_iter()
}

/// When the rows of `links` were read.
struct Sources {
    rows: Vec<NewRow>,
    read: Vec<(i64, Option<Timestamp>)>,
}

impl Sources {
    fn read(workspace: &Workspace) -> Result<Self, Failure> {
        let rows = workspace.table_rows(Table::Links).map_err(workspace_failure)?;
        let read = workspace.imports().map_err(workspace_failure)?.into_iter();
        let read = read.map(|import| (import.id, Timestamp::parse(&import.imported_at)));
        Ok(Self { rows, read: read.collect() })
    }

    /// Where a link is known; of Microsoft's the day on which it was read in.
    fn known(&self, tenant: &TenantId, object: &ObjectId, link: &Link) -> String {
        let is_it = |row: &Row| {
            row.id(0) == Some(&tenant.0)
                && row.id(1) == Some(&object.0)
                && row.partner(2) == Some(link.partner)
                && row.time(3) == Some(link.linked_at)
        };
        let import = self.rows.iter().filter(|row| is_it(&row.row)).map(|row| row.import).max();
        let read = self.read.iter().find(|(id, _)| Some(*id) == import).and_then(|(_, read)| *read);
        match read {
            Some(read) => words(link.known_from, read),
            None => words(link.known_from, link.linked_at),
        }
    }
}
