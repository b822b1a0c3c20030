//! What was counted, and whether there is data.

use pal_rules::evidence::{Coverage, Quantity};
use pal_rules::usage::Users;

use super::put::Counted;
use super::{Text, Unreadable, Value, maybe_time, text};

mirror! {
    pub(super) enum QuantityJson<T> by "metric" {
        Mau = "mau" {
            counted: Counted,
            #[serde(default)]
            unknown: u64,
            #[serde(default)]
            by_alias: u64,
            #[serde(default)]
            service_principals: u64,
            #[serde(default)]
            managed_identities: u64,
            #[serde(default)]
            systems: u64,
        },
        UnifiedProfiles = "unified_profiles" {
            measured_at: Option<T>,
            unified_profiles: Counted,
        },
    }

    pub(super) enum CoverageJson by "state" {
        Untold = "untold",
        Covered = "covered",
        Gaps = "gaps" { covered_days: Counted, days: Counted },
    }
}

impl<'a> From<&'a Quantity> for QuantityJson<Value<'a>> {
    fn from(quantity: &'a Quantity) -> Self {
        match quantity {
            Quantity::Users(users) => Self::Mau {
                counted: Counted(users.counted),
                unknown: users.unknown,
                by_alias: users.by_alias,
                service_principals: users.service_principals,
                managed_identities: users.managed_identities,
                systems: users.systems,
            },
            Quantity::Profiles(measured) => Self::UnifiedProfiles {
                measured_at: measured.as_ref().map(|(at, _)| text(at)),
                unified_profiles: Counted(quantity.number()),
            },
        }
    }
}

impl TryFrom<&QuantityJson<Text<'_>>> for Quantity {
    type Error = Unreadable;

    fn try_from(json: &QuantityJson<Text<'_>>) -> Result<Self, Unreadable> {
        Ok(match json {
            QuantityJson::Mau {
                counted,
                unknown,
                by_alias,
                service_principals,
                managed_identities,
                systems,
            } => Self::Users(Users {
                counted: counted.0,
                unknown: *unknown,
                by_alias: *by_alias,
                service_principals: *service_principals,
                managed_identities: *managed_identities,
                systems: *systems,
            }),
            QuantityJson::UnifiedProfiles { measured_at, unified_profiles } => {
                let measured_at = maybe_time("measured_at", measured_at.as_ref())?;
                Self::Profiles(measured_at.map(|at| (at, unified_profiles.0)))
            }
        })
    }
}

impl From<Coverage> for CoverageJson {
    fn from(coverage: Coverage) -> Self {
        match coverage {
            Coverage::Untold => Self::Untold,
            Coverage::Covered => Self::Covered,
            Coverage::Gaps { covered_days, days } => {
                Self::Gaps { covered_days: Counted(covered_days), days: Counted(days) }
            }
        }
    }
}

impl From<&CoverageJson> for Coverage {
    fn from(json: &CoverageJson) -> Self {
        match json {
            CoverageJson::Untold => Self::Untold,
            CoverageJson::Covered => Self::Covered,
            CoverageJson::Gaps { covered_days, days } => {
                Self::Gaps { covered_days: covered_days.0, days: days.0 }
            }
        }
    }
}
