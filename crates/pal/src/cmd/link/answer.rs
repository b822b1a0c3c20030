//! What a command says of the caller's link.

use pal_fleet::links::Link;
use pal_fleet::sign_in::Caller;
use pal_rules::explain::make_real::PORTAL;
use pal_rules::word::KnownFrom;
use serde_json::Value;

use super::known::{known_from, make_real, tell_make_real, words};
use super::session::Session;
use crate::exit::Failure;
use crate::render::{Answer, Items, Table, object};
use crate::shell::Shell;

/// Shows the caller's link, or that there is none, and what was done.
///
/// - `other`: whether it is not the link that was asked about: then nobody is told how to make it real.
/// - `done`: what the command did, as a field, such as `("changed", true)`.
pub(super) fn show(
    session: &Session,
    (link, other): (Option<&Link>, bool),
    done: Option<(&str, Value)>,
    shell: &Shell,
) -> Result<(), Failure> {
    let from = known_from(&session.endpoint);
    let caller = link
        .map(|link| Caller { tenant_id: link.tenant_id.clone(), object_id: link.object_id.clone() })
        .or_else(|| session.caller());
    // That there is none is known to Microsoft only where Microsoft said so.
    let said = link.is_some() || from == KnownFrom::Microsoft;
    let known = said.then(|| words(from, shell.now()));
    let fields: Vec<(&str, Value)> = [
        ("linked", link.is_some().into()),
        ("partner_id", link.map(|link| link.partner_id.clone()).into()),
        ("partner_name", link.and_then(|link| link.partner_name.clone()).into()),
        ("tenant_id", caller.as_ref().map(|caller| caller.tenant_id.clone()).into()),
        ("object_id", caller.as_ref().map(|caller| caller.object_id.clone()).into()),
        ("version", link.and_then(|link| link.version).into()),
        ("created_at", link.and_then(|link| link.created_time.clone()).into()),
        ("updated_at", link.and_then(|link| link.updated_time.clone()).into()),
        ("endpoint", session.endpoint.url().into()),
        ("known_from", from.as_str().into()),
        ("known", known.into()),
    ]
    .into_iter()
    .chain(done)
    .collect();
    let mut items = Items::new(fields.iter().map(|(name, _)| *name));
    items.push(fields.iter().map(|(_, value)| value.clone()).collect());
    let mut rows = items.table();
    let view = view(&rows);
    let mut fields = fields;
    let only_here = link.filter(|_| from == KnownFrom::ThisServer && !other);
    rows.columns.push("portal".to_owned());
    for row in &mut rows.rows {
        row.push(only_here.map(|_| PORTAL.to_owned()).unwrap_or_default());
    }
    if let Some(link) = only_here {
        fields.push(("make_real", make_real(&link.tenant_id, &link.partner_id)));
        if !shell.output.is_whole() {
            tell_make_real(&link.tenant_id, &link.partner_id);
        }
    }
    shell.output.write(&Answer { json: object(fields), items: "links", rows, view })
}

/// One thing for people: a line per field that says something.
fn view(table: &Table) -> String {
    let cells = || table.columns.iter().zip(table.rows.first().into_iter().flatten());
    let cells: Vec<_> = cells().filter(|(_, cell)| !cell.is_empty()).collect();
    let width = cells.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let line = |(name, cell): &(&String, &String)| format!("{:width$}  {cell}", name.replace('_', " "));
    let lines: Vec<String> = cells.iter().map(line).collect();
    format!("{}\n", lines.join("\n"))
}
