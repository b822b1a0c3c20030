//! What is known of a package, as data and for people.

use pal_import::outside::Package;
use pal_import::outside::package::Component;
use pal_rules::facts::Resource;
use pal_rules::id::EnvironmentId;
use pal_rules::names::Names;
use pal_rules::standing::Verdict;
use pal_rules::word::Reason;
use serde_json::Value;

use super::supposed::{Held, Supposed};
use crate::render::{Answer, Items, draw, object};

const COMPONENT: [&str; 8] =
    ["product", "name", "key", "root", "environment_id", "environment", "resource_id", "resource"];
const HOLDER: [&str; 7] = ["object_id", "account", "basis", "since", "partner_id", "partner", "reason"];

/// - `after`: whether an import is supposed.
pub(super) fn answer(package: &Package, supposed: Option<&Supposed>, after: bool) -> Answer {
    let mut columns: Vec<String> = COMPONENT.map(str::to_owned).to_vec();
    columns.extend(HOLDER.map(|column| format!("holder_{column}")));
    if after {
        columns.extend(HOLDER.map(|column| format!("after_{column}")));
    }
    let mut components = Items::new(columns);
    for component in &package.components {
        let mut rows = rows(component, supposed, after);
        if rows.is_empty() {
            // Nothing is known of it but what the package says.
            rows.push(row(component, None, after));
        }
        for row in rows {
            components.push(row);
        }
    }
    let mut ignored = Items::new(["kind", "count", "why"]);
    for what in &package.ignored {
        ignored.push(vec![what.kind.as_str().into(), what.count.into(), what.why.into()]);
    }
    let fields = vec![
        ("solution", package.unique_name.as_str().into()),
        ("version", package.version.as_str().into()),
        ("managed", package.managed.into()),
        ("publisher", package.publisher.as_str().into()),
        ("components", components.objects()),
        ("ignored", ignored.objects()),
    ];
    let view = view(package, &components, &ignored);
    Answer { json: object(fields), items: "components", rows: components.table(), view }
}

/// What a component is in an environment.
struct Placed<'a> {
    environment: &'a EnvironmentId,
    resource: &'a Resource,
    supposed: &'a Supposed,
}

fn rows(component: &Component, supposed: Option<&Supposed>, after: bool) -> Vec<Vec<Value>> {
    let Some(supposed) = supposed else { return Vec::new() };
    let placed = supposed.environments.iter().filter_map(|environment| {
        let resource = supposed.resource(environment, &component.key)?;
        Some(Placed { environment, resource, supposed })
    });
    placed.map(|placed| row(component, Some(&placed), after)).collect()
}

fn row(component: &Component, placed: Option<&Placed<'_>>, after: bool) -> Vec<Value> {
    let mut row: Vec<Value> = vec![
        component.kind.as_str().into(),
        component.name.as_str().into(),
        component.key.as_str().into(),
        component.root.into(),
    ];
    match placed {
        None => row.extend([Value::Null, Value::Null, Value::Null, Value::Null]),
        Some(Placed { environment, resource, supposed }) => row.extend([
            environment.to_string().into(),
            Names(&supposed.facts).environment(environment).into(),
            resource.id.to_string().into(),
            resource.name.as_deref().into(),
        ]),
    }
    let [now, then] = placed.map_or([None, None], |placed| placed.supposed.held(placed.resource));
    for held in if after { vec![now, then] } else { vec![now] } {
        row.extend(
            placed.map_or_else(|| HOLDER.map(|_| Value::Null), |placed| holder(held.as_ref(), placed)),
        );
    }
    row
}

fn holder(held: Option<&Held>, placed: &Placed<'_>) -> [Value; 7] {
    let Some(Held { holder, basis, verdict }) = held else { return HOLDER.map(|_| Value::Null) };
    let names = Names(&placed.supposed.facts);
    let (partner, reason) = match verdict {
        Verdict::Counts(partner, _) => (Some(*partner), None),
        Verdict::System => (None, Some(Reason::SystemOwned)),
        Verdict::Not(reason) => (None, Some(*reason)),
    };
    [
        holder.object.to_string().into(),
        names.principal(&placed.resource.tenant, &holder.object).into(),
        basis.map(pal_rules::word::Basis::as_str).into(),
        holder.since.to_string().into(),
        partner.map(|partner| partner.to_string()).into(),
        partner.map(|partner| names.partner_shown(partner)).into(),
        reason.map(Reason::as_str).into(),
    ]
}

fn view(package: &Package, components: &Items, ignored: &Items) -> String {
    let managed = match package.managed {
        Some(true) => "managed",
        Some(false) => "unmanaged",
        None => "managed or unmanaged",
    };
    let Package { unique_name, version, publisher, .. } = package;
    let mut view = format!("{unique_name} {version}, {managed}, of publisher {publisher}\n\n");
    view.push_str(&draw(&components.table().with_heads(HEADS)));
    if !ignored.is_empty() {
        view.push_str(&format!("\nNot attributed\n{}", draw(&ignored.table())));
    }
    view
}

const HEADS: &[(&str, &str)] = &[
    ("product", "product"),
    ("name", "component"),
    ("environment", "environment"),
    ("resource_id", "resource"),
    ("holder_account", "held by"),
    ("holder_basis", "as"),
    ("holder_partner", "for"),
    ("holder_reason", "counts for nobody"),
    ("after_account", "then held by"),
    ("after_partner", "then for"),
    ("after_reason", "then for nobody"),
];
