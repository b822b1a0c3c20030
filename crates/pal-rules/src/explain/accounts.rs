//! Which accounts the names stand for.

use super::Section;
use super::claims::shown;
use super::teller::Teller;
use crate::id::ObjectId;

/// Every account named above, by sign-in name, else by object id.
pub(super) fn section(teller: &Teller<'_>) -> Option<Section> {
    let (evidence, names) = (teller.evidence, teller.names);
    let tenant = &evidence.subject.tenant;
    let (_, untold) = shown(teller);
    let is_untold = |object: &ObjectId| untold.iter().any(|claim| claim.claimed.object == *object);
    let mut rows: Vec<Vec<String>> = evidence
        .accounts()
        .into_iter()
        .filter(|object| !is_untold(object))
        .map(|object| {
            let principal = names.0.principals.get(tenant, object);
            let kind = principal.map_or("not in the directory", |principal| principal.kind.as_str());
            vec![names.principal(tenant, object), kind.replace('_', " "), names.sign_in(tenant, object)]
        })
        .collect();
    rows.sort();
    let table = Some((vec!["account", "kind", "sign-in name or object id"], rows));
    table
        .filter(|(_, rows)| !rows.is_empty())
        .map(|table| Section { table: Some(table), ..Section::new("Accounts", Vec::new()) })
}
