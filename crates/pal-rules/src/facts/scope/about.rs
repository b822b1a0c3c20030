//! Rows that came since, by what they are about: a directory of millions may have come, and of it each line is held
//! only against the few rows that name its people.

use std::collections::BTreeSet;

use super::NewRowScope;
use crate::facts::{Facts, RefusalReason, Resource, Row, Table};
use crate::id::{EnvironmentId, Id, ImportId, ObjectId, PartnerId, ResourceId, TenantId};
use crate::word::AliasKind;

/// What a row is about, as far as that is told without looking at a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// A principal of a tenant.
    Principal(TenantId, ObjectId),
    /// A resource.
    Resource(ResourceId),
    /// An environment.
    Environment(EnvironmentId),
    /// An import.
    Import(ImportId),
    /// A partner.
    Partner(PartnerId),
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
    /// - `facts`: as they were, and as they are.
    /// - `rows`: each with its table, and why it does not hold, if it does not.
    pub fn new<'r>(
        facts: (&Facts, &Facts),
        rows: impl Iterator<Item = (Table, &'r Row, Option<RefusalReason>)>,
    ) -> Self {
        let mut subjects = Vec::new();
        for (place, (table, row, refused)) in rows.enumerate() {
            let all = match refused {
                // An event that contradicts another takes that away, whatever resource that named.
                Some(RefusalReason::Conflict) if table == Table::Ownership => None,
                None | Some(RefusalReason::Conflict) => subjects_of(facts, table, row),
                // Of other rows that do not hold only links can end something.
                Some(_) if table == Table::Links => subjects_of(facts, table, row),
                Some(_) => Some(Vec::new()),
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
        let imports = || scope.was().into_iter().chain(scope.is()).flat_map(Resource::imports);
        let environments = scope.environments.iter().chain(imports().map(|import| &import.environment));
        let environments: BTreeSet<&EnvironmentId> = environments.collect();
        let sides = [scope.before, scope.after].into_iter().flatten();
        let credited = sides.filter_map(|evidence| Some(evidence.line().credit()?.partner));
        let partners: BTreeSet<PartnerId> = scope.linked.iter().copied().chain(credited).collect();
        let subjects = principals
            .chain(environments.into_iter().cloned().map(Subject::Environment))
            .chain(imports().map(|import| Subject::Import(import.id.clone())))
            .chain(partners.into_iter().map(Subject::Partner))
            .chain([
                Subject::Everything,
                Subject::Tenant(scope.tenant.clone()),
                Subject::Resource(scope.resource.clone()),
            ]);
        let mut places: Vec<usize> = subjects.flat_map(|subject| self.of(subject)).collect();
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
fn subjects_of((old, facts): (&Facts, &Facts), table: Table, row: &Row) -> Option<Vec<Subject>> {
    let tenant = || Some(TenantId(row.id(0)?.clone()));
    Some(match table {
        Table::Principals => vec![Subject::Principal(tenant()?, ObjectId(row.id(1)?.clone()))],
        Table::Tenants => vec![Subject::Tenant(tenant()?)],
        // A group's members matter to whoever co-owns through it.
        Table::Links | Table::GroupMembers => principal(facts, &tenant()?, row.id(1)?),
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
        Table::Environments => vec![Subject::Environment(EnvironmentId(row.id(0)?.clone()))],
        Table::SolutionImports => vec![Subject::Import(ImportId(row.id(0)?.clone()))],
        // With its first row the directory begins to matter to all.
        Table::Partners if old.partners.is_empty() != facts.partners.is_empty() => return None,
        Table::Partners => vec![Subject::Partner(row.partner(0)?)],
    })
}

/// A principal under its id, and all that this ever stands for.
fn principal(facts: &Facts, tenant: &TenantId, id: &Id) -> Vec<Subject> {
    let all = facts.aliases.principals_named(tenant, id);
    all.map(|id| Subject::Principal(tenant.clone(), ObjectId(id.clone()))).collect()
}

/// A resource by its own id; what an alias stands for depends on the time.
fn resource(facts: &Facts, id: &Id) -> Option<Subject> {
    let resource = ResourceId(id.clone());
    (!facts.aliases.names_resources(&resource)).then_some(Subject::Resource(resource))
}
