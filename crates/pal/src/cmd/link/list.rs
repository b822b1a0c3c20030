//! Links of others: all that a server of one's own lists, and one link's changes.

use pal_fleet::links::Answered;
use pal_fleet::problem::{Problem, one_line};
use pal_fleet::registry::Filter;
use pal_rules::word::KnownFrom;
use serde_json::Value;

use super::known::{known_from, make_real, tell_all_make_real, tell_make_real, words};
use super::record::{self, Seen, State};
use super::session::{Session, answered, failure};
use crate::cli::LinkVerb;
use crate::exit::{Exit, Failure, Outcome};
use crate::render::{Answer, Items, draw, object, tell};
use crate::shell::Shell;

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
    let (mut links, mut only_here) = (Vec::new(), Vec::new());
    for link in found {
        items.push(columns.iter().map(|name| cell(&link, name)).chain([known.clone().into()]).collect());
        only_here.push((
            text_of(&link, "tenant_id"),
            text_of(&link, "object_id"),
            text_of(&link, "partner_id"),
        ));
        links.push(with_place(link, &known));
    }
    if !shell.output.is_whole() {
        tell_all_make_real(&only_here);
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

/// A text of a server's answer; empty where there is none.
fn text_of(item: &Value, name: &str) -> String {
    item.get(name).and_then(Value::as_str).map(one_line).unwrap_or_default()
}

/// A link with where it is known, and what makes it real.
fn with_place(mut link: Value, known: &str) -> Value {
    let (tenant_id, partner_id) = (text_of(&link, "tenant_id"), text_of(&link, "partner_id"));
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
    let answer = session.client().history(&tenant_id, &object_id);
    let Answered { found, request_id } = answer.map_err(|problem| no_registry(problem, session))?;
    let changes = found.ok_or_else(|| {
        let none = Failure::new(
            Exit::NotFound,
            format!("no history of {object_id} in {tenant_id} is within reach"),
            "it was never linked here, or is not yours to see: `pal link list` shows what is",
        );
        answered(none, request_id.as_deref())
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
    let present = present(&changes);
    if !shell.output.is_whole() {
        tell("only here: Microsoft knows nothing of this history");
        if let Some(partner) = &present {
            tell_make_real(&tenant_id, partner);
        }
    }
    let rows = items.table();
    let real = present.map(|partner| make_real(&tenant_id, &partner));
    let json = object(vec![
        ("tenant_id", tenant_id.clone().into()),
        ("object_id", object_id.clone().into()),
        ("known_from", known_from.as_str().into()),
        ("known", known.into()),
        ("make_real", real.into()),
        ("changes", changes.clone().into()),
    ]);
    shell.output.write(&Answer { json, items: "changes", view: draw(&rows), rows })?;
    if let (true, Some(periods)) = (record.record, record::periods(&changes)) {
        let seen = Seen { tenant_id, object_id, known_from, state: State::Periods(periods) };
        record::keep(session.endpoint.url(), &seen, shell)?;
    }
    Ok(Exit::Ok)
}

/// The partner of the link as it is now; none once it was removed.
fn present(changes: &[Value]) -> Option<String> {
    let last = changes.iter().max_by_key(|change| change.get("version").and_then(Value::as_u64))?;
    (text_of(last, "kind") != "deleted").then(|| text_of(last, "partner_id"))
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
