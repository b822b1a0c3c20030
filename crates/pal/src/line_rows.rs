//! Rows of CSV straight into bytes, and apart again: a month has a million lines, each with its names in a row of its own.

use std::hint::black_box;

use pal_rules::attribute::Attribution;
use pal_rules::facts::Resource;
use pal_rules::names::Names;
use pal_rules::text::Written;

use crate::eights;

/// Adds lines as rows of CSV without a head, and the names of each as a row of its own, if there are any: what [`named`]
/// puts together.
///
/// - `positions`: of each line where its resource stands in the facts that know the names.
pub(crate) fn put_lines(
    (lines, positions): (&[Attribution], &[usize]),
    names: Option<Names<'_>>,
    (plain, names_only): (&mut Vec<u8>, &mut Vec<u8>),
) {
    // Looked up before anything is written, and their names looked at: they stand all over the memory, which then fetches
    // many at once.
    let resource = |(attribution, position): (&Attribution, &usize)| {
        let resource = names?.0.resources.get(*position);
        resource.filter(|resource| resource.id == attribution.line.resource)
    };
    let resources: Vec<Option<&Resource>> = lines.iter().zip(positions).map(resource).collect();
    let names_of = resources.iter().flatten().filter_map(|resource| resource.name.as_ref());
    black_box(names_of.fold(0, |seen, name| seen ^ name.as_bytes().first().copied().unwrap_or_default()));
    for (Attribution { line, .. }, resource) in lines.iter().zip(resources) {
        put_row(plain, &line.values());
        if let Some(names) = names {
            put_row(names_only, &names.values_of_line(line, resource));
        }
    }
}

/// Lines with their names in front, heads too: of the rows of two files of CSV each pair as one.
///
/// Nothing if one has more rows than the other.
pub(crate) fn named(names: &[u8], lines: &[u8]) -> Option<Vec<u8>> {
    let mut named = Vec::with_capacity(names.len() + lines.len());
    let (mut names, mut lines) = (rows(names), rows(lines));
    loop {
        match (names.next(), lines.next()) {
            (Some(names), Some(line)) => {
                named.extend_from_slice(names);
                named.push(b',');
                named.extend_from_slice(line);
                named.push(b'\n');
            }
            (None, None) => return Some(named),
            _ => return None,
        }
    }
}

/// The rows of a file of CSV, each without the end of its line. A quoted cell may hold ends of lines.
pub(crate) fn rows(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut start, mut quoted) = (0, false);
    memchr::memchr2_iter(b'\n', b'"', file).filter_map(move |at| {
        if file.get(at) == Some(&b'"') {
            quoted = !quoted;
        }
        let is_end = !quoted && file.get(at) == Some(&b'\n');
        is_end.then(|| file.get(std::mem::replace(&mut start, at + 1)..at).unwrap_or_default())
    })
}

/// Cells with commas between them, quoted where the `csv` crate quotes them: that writes the smaller files.
pub(crate) fn put_row(row: &mut Vec<u8>, cells: &[&dyn Written]) {
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            row.push(b',');
        }
        if !cell.put_plain(row) {
            put_quoted(row, cell.text().as_bytes());
        }
    }
    row.push(b'\n');
}

/// A cell, quoted if it has to be.
fn put_quoted(row: &mut Vec<u8>, cell: &[u8]) {
    if !needs_quotes(cell) {
        row.extend_from_slice(cell);
        return;
    }
    row.push(b'"');
    for byte in cell {
        row.push(*byte);
        if *byte == b'"' {
            row.push(b'"');
        }
    }
    row.push(b'"');
}

fn needs_quotes(cell: &[u8]) -> bool {
    let decides = |eight| {
        eights::has(eight, b',')
            | eights::has(eight, b'"')
            | eights::has(eight, b'\r')
            | eights::has(eight, b'\n')
    };
    eights::anywhere(cell, decides)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pal_rules::attribute::Attribution;
    use pal_rules::evidence::{Coverage, Evidence, Place, Quantity, Subject};
    use pal_rules::facts::{Environment, Facts, Partner, Principal, Resource, Tenant};
    use pal_rules::id::{EnvironmentId, ObjectId, PartnerId, ResourceId, TenantId};
    use pal_rules::names::Names;
    use pal_rules::statement::{Credit, Line, Outcome};
    use pal_rules::time::{Month, Timestamp};
    use pal_rules::usage::Window;
    use pal_rules::word::{
        Basis, EnvironmentKind, IneligibleReason, PartnerKind, PrincipalKind, Product, Reason,
    };
    use proptest::option;
    use proptest::prelude::*;

    use super::put_lines;

    /// Texts that need quotes, that seem to, and that do not.
    fn awkward() -> impl Strategy<Value = String> {
        prop_oneof![
            Just(String::new()),
            "[a-zä \\t;#'\\\\=+-]{1,50}",
            "[ab\",\\r\\n ]{1,12}",
            any::<u128>().prop_map(|guid| pal_rules::id::Id::from_guid(guid).to_string()),
            any::<String>(),
        ]
    }

    fn id() -> impl Strategy<Value = String> {
        prop_oneof![3 => any::<u128>().prop_map(|guid| pal_rules::id::Id::from_guid(guid).to_string()), 1 => awkward()]
    }

    fn credit() -> impl Strategy<Value = Credit> {
        let ineligible =
            prop_oneof![Just(IneligibleReason::OwnTenant), Just(IneligibleReason::NotProduction)];
        ("[0-9]{1,10}", id(), any::<[i64; 2]>(), option::of(ineligible)).prop_map(
            |(partner, object, [since, last], ineligible)| {
                let partner = PartnerId::new(&partner).unwrap();
                Credit {
                    partner,
                    company: partner,
                    object: ObjectId::new(&object),
                    basis: Basis::CoOwner,
                    since: Timestamp::from_micros(since),
                    last_active_at: Timestamp::from_micros(last % 4_000_000_000_000_000),
                    ineligible,
                }
            },
        )
    }

    fn line() -> impl Strategy<Value = Line> {
        let place = (id(), option::of(id()), id(), awkward(), any::<u64>());
        (place, prop::result::maybe_ok(credit(), Just(Reason::SystemOwned))).prop_map(
            |((tenant, environment, resource, product, quantity), outcome)| Line {
                month: Month::parse("2026-03").unwrap(),
                tenant: TenantId::new(&tenant),
                environment: environment.as_deref().map(EnvironmentId::new),
                product: if quantity % 3 == 0 { Product::PowerBi } else { Product::new(&product) },
                resource: ResourceId::new(&resource),
                quantity: quantity >> (quantity % 64),
                outcome: outcome.map_or_else(Outcome::Uncredited, Outcome::Credited),
            },
        )
    }

    /// Makes facts know the names of a line: tenant, environment, resource, account and partner, each as far as given.
    fn name(
        (facts, resources): (&mut Facts, &mut Vec<Resource>),
        line: &Line,
        [tenant, environment, resource, account, partner]: &[Option<String>; 5],
    ) {
        let text = |name: &String| Arc::<str>::from(name.as_str());
        if let Some(name) = tenant.as_ref().map(text) {
            facts.tenants.insert(line.tenant.clone(), Tenant { name, domain: None, own_company: None });
        }
        if let (Some(id), Some(name)) = (&line.environment, environment.as_ref().map(text)) {
            let (tenant, kind, kind_from) = (line.tenant.clone(), EnvironmentKind::Production, None);
            facts.environments.insert(id.clone(), vec![Environment { tenant, name, kind, kind_from }]);
        }
        resources.push(Resource {
            id: line.resource.clone(),
            product: line.product.clone(),
            tenant: line.tenant.clone(),
            environment: line.environment.clone(),
            name: resource.as_ref().map(text),
            created_at: None,
            deleted_at: None,
            events: Vec::new(),
            rest: None,
        });
        let Some(credit) = line.credit() else { return };
        let (name, kind) = (account.as_ref().map(text), PrincipalKind::User);
        let principal = Principal { kind, name, upn: None, disabled_at: None, enabled_at: None };
        facts.principals.insert(line.tenant.clone(), credit.object.clone(), principal);
        if let Some(name) = partner.as_ref().map(text) {
            let (kind, company, active_from, active_until) = (PartnerKind::Location, None, None, None);
            facts.partners.insert(credit.partner, Partner { name, kind, company, active_from, active_until });
        }
    }

    fn attribution(line: Line) -> Attribution {
        let at = line.month.end();
        let subject = Subject {
            tenant: line.tenant.clone(),
            environment: line.environment.clone(),
            product: line.product.clone(),
            resource: line.resource.clone(),
            created_at: None,
            deleted_at: None,
        };
        let evidence = Evidence {
            window: Window { month: line.month, as_of: None },
            subject,
            instant: at,
            fold: Vec::new(),
            claims: Vec::new(),
            quantity: Quantity::Profiles(None),
            place: Place { environment: None, own_company: None },
            coverage: Coverage::Untold,
            involved: Vec::new(),
            kept_by_platform: Vec::new(),
            idle_imports: Vec::new(),
            past_co_owners: Vec::new(),
            linked_users: Vec::new(),
            runs: 0,
        };
        Attribution { line, evidence }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn rows_are_what_the_csv_crate_writes(
            made in prop::collection::vec((line(), [(); 5].map(|()| option::of(awkward()))), 1..12),
        ) {
            let (mut facts, mut resources) = (Facts::default(), Vec::new());
            for (line, names) in &made {
                name((&mut facts, &mut resources), line, names);
            }
            facts.resources = resources.into();
            let lines: Vec<Attribution> = made.into_iter().map(|(line, _)| attribution(line)).collect();
            let at = |line: &Attribution| facts.resource(&line.line.resource);
            let positions: Vec<usize> = lines.iter().map(|line| at(line).unwrap()).collect();
            let names = Names(&facts);
            let (mut plain, mut names_only) = (Vec::new(), Vec::new());
            put_lines((&lines, &positions), Some(names), (&mut plain, &mut names_only));
            let named = super::named(&names_only, &plain).unwrap();
            let (mut all_plain, mut all_named) =
                (csv::Writer::from_writer(Vec::new()), csv::Writer::from_writer(Vec::new()));
            for Attribution { line, .. } in &lines {
                all_plain.write_record(line.cells()).unwrap();
                all_named.write_record(names.of_line(line).iter().chain(&line.cells())).unwrap();
            }
            prop_assert_eq!(String::from_utf8(plain), String::from_utf8(all_plain.into_inner().unwrap()));
            prop_assert_eq!(String::from_utf8(named), String::from_utf8(all_named.into_inner().unwrap()));
        }
    }
}
