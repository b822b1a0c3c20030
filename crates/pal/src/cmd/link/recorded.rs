//! `pal link list --recorded`: what the workspace knows of links, from where, and whether it holds.

use pal_rules::facts::{Link, Row};
use pal_rules::id::{ObjectId, TenantId};
use pal_rules::names::Names;
use pal_rules::time::Timestamp;
use pal_rules::word::KnownFrom;
use pal_store::workspace::{NewRow, Workspace};
use serde_json::Value;

use super::held::{Held, Refused};
use super::known::{make_real, tell_all_make_real, words};
use crate::cli::LinkVerb;
use crate::exit::{Exit, Failure, Outcome};
use crate::render::{Answer, Items, draw, object};
use crate::shell::{Shell, workspace_failure};

const COLUMNS: [&str; 11] = [
    "tenant",
    "tenant_id",
    "account",
    "object_id",
    "partner",
    "partner_id",
    "linked_at",
    "unlinked_at",
    "known",
    "holds",
    "why",
];

/// A link as it is listed.
struct Listed {
    /// The first nine cells.
    cells: [String; 9],
    known_from: KnownFrom,
    /// Why it does not hold, if it does not.
    why: Option<String>,
}

/// Lists the links that hold, whether they count or not, and the rows that do not hold.
pub(super) fn list(verb: &LinkVerb, shell: &Shell) -> Outcome {
    let workspace = shell.read()?;
    let (held, read) = (Held::read(&workspace, shell)?, imports(&workspace)?);
    let mut listed: Vec<Listed> = Vec::new();
    if let Some(facts) = held.facts() {
        let names = Names(facts);
        let links = held.links().into_iter();
        listed.extend(
            links.map(|((tenant, object), link)| {
                link_listed(names, (tenant, object, link), &held.rows, &read)
            }),
        );
        listed.extend(held.refused.iter().filter_map(|refused| refused_listed(names, refused, &read)));
    }
    listed.retain(|link| wanted(verb, link));
    let place = |link: &Listed| [1, 3, 6].map(|at| link.cells.get(at).cloned());
    listed.sort_by_key(place);
    let mut items = Items::new(COLUMNS);
    let (mut links, mut only_here) = (Vec::new(), Vec::new());
    for link in &listed {
        let cell = |cell: &String| if cell.is_empty() { Value::Null } else { cell.clone().into() };
        let holds = [link.why.is_none().into(), link.why.clone().into()];
        let row: Vec<Value> = link.cells.iter().map(cell).chain(holds).collect();
        let fields = COLUMNS.iter().map(|name| (*name).to_owned()).zip(row.iter().cloned());
        let mut json = Value::Object(fields.collect());
        if let Some([tenant, account, partner]) = link.is_only_here() {
            if let Some(fields) = json.as_object_mut() {
                fields.insert("make_real".to_owned(), make_real(tenant, partner));
            }
            only_here.push((tenant.clone(), account.clone(), partner.clone()));
        }
        links.push(json);
        items.push(row);
    }
    if !shell.output.is_whole() {
        tell_all_make_real(&only_here);
    }
    let rows = items.table();
    let json = object(vec![("links", links.into())]);
    shell.output.write(&Answer { json, items: "links", view: draw(&rows), rows })?;
    Ok(Exit::Ok)
}

impl Listed {
    /// Tenant, account and partner of a link that holds now and is known only here.
    fn is_only_here(&self) -> Option<[&String; 3]> {
        let [_, tenant, _, account, _, partner, _, until, _] = &self.cells;
        let now = until.is_empty() && self.why.is_none();
        (now && self.known_from == KnownFrom::ThisServer).then_some([tenant, account, partner])
    }
}

fn wanted(verb: &LinkVerb, link: &Listed) -> bool {
    let LinkVerb::List { tenant_id, partner_id, text, .. } = verb else { return false };
    let [_, tenant, _, _, _, partner, ..] = &link.cells;
    let is = |wanted: &Option<String>, cell: &String| {
        wanted.as_ref().is_none_or(|wanted| cell.eq_ignore_ascii_case(wanted))
    };
    let text = text.as_deref().unwrap_or_default().to_lowercase();
    let has = link.cells.iter().take(6).any(|cell| cell.to_lowercase().contains(&text));
    is(tenant_id, tenant) && is(partner_id, partner) && has
}

fn link_listed(
    names: Names<'_>,
    (tenant, object, link): (&TenantId, &ObjectId, &Link),
    rows: &[NewRow],
    read: &Imports,
) -> Listed {
    let is_it = |row: &Row| {
        row.id(0) == Some(&tenant.0)
            && row.id(1) == Some(&object.0)
            && row.partner(2) == Some(link.partner)
            && row.time(3) == Some(link.linked_at)
    };
    let import = rows.iter().filter(|row| is_it(&row.row)).map(|row| row.import).max();
    let read = import.and_then(|import| read.when(import)).unwrap_or(link.linked_at);
    Listed {
        cells: [
            names.tenant(tenant),
            tenant.to_string(),
            names.principal(tenant, object),
            object.to_string(),
            names.partner(link.partner),
            link.partner.to_string(),
            link.linked_at.to_string(),
            link.unlinked_at.map(|until| until.to_string()).unwrap_or_default(),
            words(link.known_from, read),
        ],
        known_from: link.known_from,
        why: None,
    }
}

fn refused_listed(names: Names<'_>, refused: &Refused, read: &Imports) -> Option<Listed> {
    let row = &refused.row.row;
    let (tenant, object) = (TenantId(row.id(0)?.clone()), ObjectId(row.id(1)?.clone()));
    let (partner, linked_at) = (row.partner(2), row.time(3)?);
    let known_from = KnownFrom::parse(row.word(5)?)?;
    Some(Listed {
        cells: [
            names.tenant(&tenant),
            tenant.to_string(),
            names.principal(&tenant, &object),
            object.to_string(),
            partner.map(|partner| names.partner(partner)).unwrap_or_default(),
            partner.map(|partner| partner.to_string()).unwrap_or_default(),
            linked_at.to_string(),
            row.time(4).map(|until| until.to_string()).unwrap_or_default(),
            words(known_from, read.when(refused.row.import).unwrap_or(linked_at)),
        ],
        known_from,
        why: Some(refused.why.clone()),
    })
}

/// When each import was made.
struct Imports(Vec<(i64, Option<Timestamp>)>);

fn imports(workspace: &Workspace) -> Result<Imports, Failure> {
    let imports = workspace.imports().map_err(workspace_failure)?.into_iter();
    Ok(Imports(imports.map(|import| (import.id, Timestamp::parse(&import.imported_at))).collect()))
}

impl Imports {
    fn when(&self, import: i64) -> Option<Timestamp> {
        self.0.iter().find(|(id, _)| *id == import).and_then(|(_, at)| *at)
    }
}
