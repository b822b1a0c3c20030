//! The sixteen tables of `facts.md`: names, columns, types and what makes two rows the same.

use crate::word;

/// A table of the canonical facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is the table of that name, described in `facts.md`")]
pub enum Table {
    Partners,
    Tenants,
    Environments,
    Principals,
    GroupMembers,
    Links,
    Resources,
    Ownership,
    Listings,
    SolutionImports,
    SolutionComponents,
    Activity,
    Profiles,
    Aliases,
    Coverage,
    Runs,
}

/// One column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name in headers and schemas.
    pub name: &'static str,
    /// What its cells are read as.
    pub kind: ColumnKind,
    /// Whether the column must be there and no cell of it may be empty.
    pub required: bool,
}

/// What the cells of a column are read as.
#[derive(Clone, Copy, Debug)]
pub enum ColumnKind {
    /// An identifier, GUIDs lower-cased.
    Id,
    /// A partner id: 1 to 10 decimal digits.
    Partner,
    /// Any text.
    Text,
    /// An instant (RFC 3339).
    Time,
    /// A day (`YYYY-MM-DD`).
    Day,
    /// One of the listed words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A whole number, not negative.
    Count,
}

/// What makes two rows of a table the same fact (`facts.md`, What holds).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// Of several rows of a key, the latest observed holds. The positions of the key; the time is `observed_at`.
    Entity(&'static [usize]),
    /// Rows of one key are one period, whose end may become known. The positions of the key and of the end.
    Period(&'static [usize], usize),
    /// The first column is the key; different content is a conflict.
    Event,
    /// Every other row is another row.
    Set,
}

const fn column(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, required: true }
}

const fn optional(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, required: false }
}

use ColumnKind::{Count, Day, Flag, Id, Partner, Text, Time, Word};

const PARTNERS: &[Column] = &[
    column("partner_id", Partner),
    column("name", Text),
    column("kind", Word(word::PartnerKind::WORDS)),
    optional("global_partner_id", Partner),
    optional("active_from", Time),
    optional("active_until", Time),
    optional("observed_at", Time),
];
const TENANTS: &[Column] = &[
    column("tenant_id", Id),
    column("name", Text),
    optional("domain", Text),
    optional("own_global_partner_id", Partner),
    optional("observed_at", Time),
];
const ENVIRONMENTS: &[Column] = &[
    column("environment_id", Id),
    column("tenant_id", Id),
    column("name", Text),
    column("kind", Word(word::EnvironmentKind::WORDS)),
    optional("kind_from", Time),
    optional("observed_at", Time),
];
const PRINCIPALS: &[Column] = &[
    column("tenant_id", Id),
    column("object_id", Id),
    column("kind", Word(word::PrincipalKind::WORDS)),
    optional("name", Text),
    optional("upn", Text),
    optional("disabled_at", Time),
    optional("enabled_at", Time),
    optional("observed_at", Time),
];
const GROUP_MEMBERS: &[Column] = &[
    column("tenant_id", Id),
    column("group_id", Id),
    column("object_id", Id),
    column("member_from", Time),
    optional("member_until", Time),
];
const LINKS: &[Column] = &[
    column("tenant_id", Id),
    column("object_id", Id),
    optional("partner_id", Partner),
    column("linked_at", Time),
    optional("unlinked_at", Time),
    optional("known_from", Word(word::KnownFrom::WORDS)),
];
const RESOURCES: &[Column] = &[
    column("resource_id", Id),
    column("product", Text),
    column("tenant_id", Id),
    optional("environment_id", Id),
    optional("name", Text),
    optional("created_at", Time),
    optional("deleted_at", Time),
    optional("observed_at", Time),
];
const OWNERSHIP: &[Column] = &[
    column("event_id", Id),
    column("resource_id", Id),
    column("kind", Word(word::OwnershipKind::WORDS)),
    column("object_id", Id),
    column("occurred_at", Time),
];
const LISTINGS: &[Column] = &[
    column("observed_at", Time),
    column("resource_id", Id),
    column("role", Word(word::ListingRole::WORDS)),
    optional("object_id", Id),
    column("complete", Flag),
];
const SOLUTION_IMPORTS: &[Column] = &[
    column("import_id", Id),
    column("environment_id", Id),
    column("solution", Text),
    column("version", Text),
    column("managed", Flag),
    column("object_id", Id),
    column("result", Word(word::ImportResult::WORDS)),
    column("completed_at", Time),
];
const SOLUTION_COMPONENTS: &[Column] = &[column("import_id", Id), column("resource_id", Id)];
const ACTIVITY: &[Column] = &[
    column("occurred_at", Time),
    column("tenant_id", Id),
    column("resource_id", Id),
    column("object_id", Id),
    column("kind", Word(word::ActivityKind::WORDS)),
];
const PROFILES: &[Column] =
    &[column("resource_id", Id), column("measured_at", Time), column("unified_profiles", Count)];
const ALIASES: &[Column] = &[
    column("tenant_id", Id),
    column("kind", Word(word::AliasKind::WORDS)),
    column("alias", Id),
    column("id", Id),
    optional("alias_from", Time),
    optional("alias_until", Time),
];
const COVERAGE: &[Column] = &[
    column("tenant_id", Id),
    column("product", Text),
    column("covered_from", Time),
    column("covered_until", Time),
    column("source", Text),
    column("actor_basis", Word(word::ActorBasis::WORDS)),
];
const RUNS: &[Column] =
    &[column("resource_id", Id), column("day", Day), optional("status", Text), column("runs", Count)];

impl Table {
    /// All tables, in the order of `facts.md`.
    pub const ALL: [Self; 16] = [
        Self::Partners,
        Self::Tenants,
        Self::Environments,
        Self::Principals,
        Self::GroupMembers,
        Self::Links,
        Self::Resources,
        Self::Ownership,
        Self::Listings,
        Self::SolutionImports,
        Self::SolutionComponents,
        Self::Activity,
        Self::Profiles,
        Self::Aliases,
        Self::Coverage,
        Self::Runs,
    ];

    /// The name: the file's name without its ending.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Partners => "partners",
            Self::Tenants => "tenants",
            Self::Environments => "environments",
            Self::Principals => "principals",
            Self::GroupMembers => "group_members",
            Self::Links => "links",
            Self::Resources => "resources",
            Self::Ownership => "ownership",
            Self::Listings => "listings",
            Self::SolutionImports => "solution_imports",
            Self::SolutionComponents => "solution_components",
            Self::Activity => "activity",
            Self::Profiles => "profiles",
            Self::Aliases => "aliases",
            Self::Coverage => "coverage",
            Self::Runs => "runs",
        }
    }

    /// The table of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// The columns, in the order in which [`super::Row`] holds them.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Partners => PARTNERS,
            Self::Tenants => TENANTS,
            Self::Environments => ENVIRONMENTS,
            Self::Principals => PRINCIPALS,
            Self::GroupMembers => GROUP_MEMBERS,
            Self::Links => LINKS,
            Self::Resources => RESOURCES,
            Self::Ownership => OWNERSHIP,
            Self::Listings => LISTINGS,
            Self::SolutionImports => SOLUTION_IMPORTS,
            Self::SolutionComponents => SOLUTION_COMPONENTS,
            Self::Activity => ACTIVITY,
            Self::Profiles => PROFILES,
            Self::Aliases => ALIASES,
            Self::Coverage => COVERAGE,
            Self::Runs => RUNS,
        }
    }

    /// Whether a whole set of facts must have the table.
    pub const fn required(self) -> bool {
        matches!(self, Self::Tenants | Self::Principals | Self::Resources)
    }

    /// What makes two of its rows the same fact.
    pub const fn keeping(self) -> Keeping {
        match self {
            Self::Partners | Self::Tenants | Self::Resources => Keeping::Entity(&[0]),
            Self::Environments => Keeping::Entity(&[0, 4]),
            Self::Principals => Keeping::Entity(&[0, 1]),
            Self::GroupMembers => Keeping::Period(&[0, 1, 2, 3], 4),
            Self::Links => Keeping::Period(&[0, 1, 3], 4),
            Self::Ownership | Self::SolutionImports => Keeping::Event,
            Self::Listings
            | Self::SolutionComponents
            | Self::Activity
            | Self::Profiles
            | Self::Aliases
            | Self::Coverage
            | Self::Runs => Keeping::Set,
        }
    }
}
