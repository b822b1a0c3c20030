//! The tables of `facts.md`: columns, types, and by which key rows are compared.

use super::value::Kind;

/// One column; `optional` is the `?` of the page.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
}

/// How rows of one table are held against each other.
#[derive(Debug)]
pub(crate) enum Rule {
    /// Key and `observed_at`: one content.
    Entity(&'static [&'static str]),
    /// Key: one content; an open row repeats one whose end (the named column) is known.
    Period(&'static [&'static str], &'static str),
    /// Key: one content.
    Event(&'static str),
    /// Every other row is another row.
    Set,
}

/// One table.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [Column],
    pub(crate) rule: Rule,
}

impl Column {
    /// Whether some text cannot stand in the column.
    pub(crate) fn can_be_bad(&self) -> bool {
        !self.optional || !matches!(self.kind, Kind::Text | Kind::Id)
    }
}

impl Schema {
    /// Whether two rows can contradict each other.
    pub(crate) fn keyed(&self) -> bool {
        !matches!(self.rule, Rule::Set)
    }
}

const fn must(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, optional: false }
}

const fn may(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, optional: true }
}

use Kind::{Count, Day, Flag, Id, Partner, Text, Time, Word};

/// Every table.
pub(crate) static SCHEMAS: &[Schema] = &[
    Schema {
        name: "partners",
        columns: &[
            must("partner_id", Partner),
            must("name", Text),
            must("kind", Word(&["location", "global"])),
            may("global_partner_id", Partner),
            may("active_from", Time),
            may("active_until", Time),
            may("observed_at", Time),
        ],
        rule: Rule::Entity(&["partner_id"]),
    },
    Schema {
        name: "tenants",
        columns: &[
            must("tenant_id", Id),
            must("name", Text),
            may("domain", Text),
            may("own_global_partner_id", Partner),
            may("observed_at", Time),
        ],
        rule: Rule::Entity(&["tenant_id"]),
    },
    Schema {
        name: "environments",
        columns: &[
            must("environment_id", Id),
            must("tenant_id", Id),
            must("name", Text),
            must("kind", Word(&["production", "default", "sandbox", "developer", "trial", "teams"])),
            may("kind_from", Time),
            may("observed_at", Time),
        ],
        rule: Rule::Entity(&["environment_id", "kind_from"]),
    },
    Schema {
        name: "principals",
        columns: &[
            must("tenant_id", Id),
            must("object_id", Id),
            must(
                "kind",
                Word(&["user", "guest", "service_principal", "managed_identity", "group", "system"]),
            ),
            may("name", Text),
            may("upn", Text),
            may("disabled_at", Time),
            may("enabled_at", Time),
            may("observed_at", Time),
        ],
        rule: Rule::Entity(&["tenant_id", "object_id"]),
    },
    Schema {
        name: "group_members",
        columns: &[
            must("tenant_id", Id),
            must("group_id", Id),
            must("object_id", Id),
            must("member_from", Time),
            may("member_until", Time),
        ],
        rule: Rule::Period(&["tenant_id", "group_id", "object_id", "member_from"], "member_until"),
    },
    Schema {
        name: "links",
        columns: &[
            must("tenant_id", Id),
            must("object_id", Id),
            may("partner_id", Partner),
            must("linked_at", Time),
            may("unlinked_at", Time),
            may("known_from", Word(&["microsoft", "declared", "this_server"])),
        ],
        rule: Rule::Period(&["tenant_id", "object_id", "linked_at"], "unlinked_at"),
    },
    Schema {
        name: "resources",
        columns: &[
            must("resource_id", Id),
            must("product", Text),
            must("tenant_id", Id),
            may("environment_id", Id),
            may("name", Text),
            may("created_at", Time),
            may("deleted_at", Time),
            may("observed_at", Time),
        ],
        rule: Rule::Entity(&["resource_id"]),
    },
    Schema {
        name: "ownership",
        columns: &[
            must("event_id", Id),
            must("resource_id", Id),
            must("kind", Word(&["created", "owner_set", "co_owner_added", "co_owner_removed", "published"])),
            must("object_id", Id),
            must("occurred_at", Time),
        ],
        rule: Rule::Event("event_id"),
    },
    Schema {
        name: "listings",
        columns: &[
            must("observed_at", Time),
            must("resource_id", Id),
            must("role", Word(&["owner", "co_owner", "publisher"])),
            may("object_id", Id),
            must("complete", Flag),
        ],
        rule: Rule::Set,
    },
    Schema {
        name: "solution_imports",
        columns: &[
            must("import_id", Id),
            must("environment_id", Id),
            must("solution", Text),
            must("version", Text),
            must("managed", Flag),
            must("object_id", Id),
            must("result", Word(&["succeeded", "failed", "cancelled", "holding"])),
            must("completed_at", Time),
        ],
        rule: Rule::Event("import_id"),
    },
    Schema {
        name: "solution_components",
        columns: &[must("import_id", Id), must("resource_id", Id)],
        rule: Rule::Set,
    },
    Schema {
        name: "activity",
        columns: &[
            must("occurred_at", Time),
            must("tenant_id", Id),
            must("resource_id", Id),
            must("object_id", Id),
            must("kind", Word(&["use", "make"])),
        ],
        rule: Rule::Set,
    },
    Schema {
        name: "profiles",
        columns: &[must("resource_id", Id), must("measured_at", Time), must("unified_profiles", Count)],
        rule: Rule::Set,
    },
    Schema {
        name: "aliases",
        columns: &[
            must("tenant_id", Id),
            must("kind", Word(&["principal", "resource", "environment"])),
            must("alias", Id),
            must("id", Id),
            may("alias_from", Time),
            may("alias_until", Time),
        ],
        rule: Rule::Set,
    },
    Schema {
        name: "coverage",
        columns: &[
            must("tenant_id", Id),
            must("product", Text),
            must("covered_from", Time),
            must("covered_until", Time),
            must("source", Text),
            must("actor_basis", Word(&["observed", "owner_proxy", "runs_only"])),
        ],
        rule: Rule::Set,
    },
    Schema {
        name: "runs",
        columns: &[must("resource_id", Id), must("day", Day), may("status", Text), must("runs", Count)],
        rule: Rule::Set,
    },
];
