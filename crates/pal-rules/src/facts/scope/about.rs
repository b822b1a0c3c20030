//! Rows that came since, by what they are about: a directory of millions may have come, and of it each line is held
//! only against the few rows that name its people.

use super::NewRowScope;
use crate::facts::{Facts, RefusalReason, Row, Table};
use crate::id::{Id, ObjectId, ResourceId, TenantId};
use crate::word::AliasKind;

/// What a row is about, as far as that is told without looking at a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// A principal of a tenant.
    Principal(TenantId, ObjectId),
    /// A resource.
    Resource(ResourceId),
    /// Anything in a tenant.
    Tenant(TenantId),
    /// Anything.
    Everything,
}

/// Rows by what they are about.
#[derive(Debug, Default)]
pub struct NewRowIndex {
    /// Sorted; each with the place of the row.
    subjects: Vec<(Subject, usize)>,
}

impl NewRowIndex {
    /// Sorts rows by what they are about.
    ///
    /// - `rows`: each with its table, and why it does not hold, if it does not.
    pub fn new<'r>(
        facts: &Facts,
        rows: impl Iterator<Item = (Table, &'r Row, Option<RefusalReason>)>,
    ) -> Self {
        let mut subjects = Vec::new();
        for (place, (table, row, refused)) in rows.enumerate() {
            // What contradicts another row takes that away, whatever that was about.
            let all = if refused.is_some() {
                Some(vec![Subject::Everything])
            } else {
                subjects_of(facts, table, row)
            };
            let all = all.unwrap_or_else(|| vec![Subject::Everything]);
            subjects.extend(all.into_iter().map(|subject| (subject, place)));
        }
        subjects.sort_unstable();
        Self { subjects }
    }

    /// The places of all rows that can concern a line, in their order.
    pub fn about(&self, scope: &NewRowScope<'_>) -> Vec<usize> {
        let principal = |object: &ObjectId| Subject::Principal(scope.tenant.clone(), object.clone());
        let principals = scope.principals.iter().chain(&scope.users).map(principal);
        let others = [
            Subject::Everything,
            Subject::Tenant(scope.tenant.clone()),
            Subject::Resource(scope.resource.clone()),
        ];
        let mut places: Vec<usize> = principals.chain(others).flat_map(|subject| self.of(subject)).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    fn of(&self, subject: Subject) -> impl Iterator<Item = usize> + use<'_> {
        let first = self.subjects.partition_point(|(other, _)| *other < subject);
        let from = self.subjects.get(first..).unwrap_or_default().iter();
        from.take_while(move |(other, _)| *other == subject).map(|(_, place)| *place)
    }
}

/// What a row is about; `None` where that cannot be told from it.
fn subjects_of(facts: &Facts, table: Table, row: &Row) -> Option<Vec<Subject>> {
    let tenant = || Some(TenantId(row.id(0)?.clone()));
    Some(match table {
        Table::Principals => vec![Subject::Principal(tenant()?, ObjectId(row.id(1)?.clone()))],
        Table::Tenants | Table::Links | Table::GroupMembers => vec![Subject::Tenant(tenant()?)],
        Table::Resources | Table::Profiles => vec![resource(facts, row.id(0)?)?],
        Table::Ownership | Table::Listings | Table::SolutionComponents => vec![resource(facts, row.id(1)?)?],
        Table::Aliases => {
            let meanings = facts.aliases.meanings(row).cloned();
            match AliasKind::parse(row.word(1)?)? {
                AliasKind::Principal => {
                    let tenant = tenant()?;
                    meanings.map(|id| Subject::Principal(tenant.clone(), ObjectId(id))).collect()
                }
                AliasKind::Resource => meanings.map(|id| Subject::Resource(ResourceId(id))).collect(),
                AliasKind::Environment => return None,
            }
        }
        Table::Activity | Table::Coverage | Table::Runs => Vec::new(),
        Table::Partners | Table::Environments | Table::SolutionImports => return None,
    })
}

/// A resource by its own id; what an alias stands for depends on the time.
fn resource(facts: &Facts, id: &Id) -> Option<Subject> {
    (!facts.aliases.names_resources(id)).then(|| Subject::Resource(ResourceId(id.clone())))
}
