//! What was counted, and whether there is data.

use pal_rules::evidence::{Coverage, Quantity};
use pal_rules::usage::Users;
use serde::{Deserialize, Serialize};

use super::{Text, Unreadable, maybe_time, text};

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "metric", rename_all = "snake_case")]
pub(super) enum QuantityJson<'a> {
    Mau {
        counted: u64,
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
    UnifiedProfiles {
        measured_at: Option<Text<'a>>,
        unified_profiles: u64,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum CoverageJson {
    Untold,
    Covered,
    Gaps { covered_days: u64, days: u64 },
}

impl<'a> From<&'a Quantity> for QuantityJson<'a> {
    fn from(quantity: &'a Quantity) -> Self {
        match quantity {
            Quantity::Users(users) => Self::Mau {
                counted: users.counted,
                unknown: users.unknown,
                by_alias: users.by_alias,
                service_principals: users.service_principals,
                managed_identities: users.managed_identities,
                systems: users.systems,
            },
            Quantity::Profiles(measured) => Self::UnifiedProfiles {
                measured_at: measured.as_ref().map(|(at, _)| text(at)),
                unified_profiles: quantity.number(),
            },
        }
    }
}

impl TryFrom<&QuantityJson<'_>> for Quantity {
    type Error = Unreadable;

    fn try_from(json: &QuantityJson<'_>) -> Result<Self, Unreadable> {
        Ok(match json {
            QuantityJson::Mau {
                counted,
                unknown,
                by_alias,
                service_principals,
                managed_identities,
                systems,
            } => Self::Users(Users {
                counted: *counted,
                unknown: *unknown,
                by_alias: *by_alias,
                service_principals: *service_principals,
                managed_identities: *managed_identities,
                systems: *systems,
            }),
            QuantityJson::UnifiedProfiles { measured_at, unified_profiles } => {
                let measured_at = maybe_time("measured_at", measured_at.as_ref())?;
                Self::Profiles(measured_at.map(|at| (at, *unified_profiles)))
            }
        })
    }
}

impl From<Coverage> for CoverageJson {
    fn from(coverage: Coverage) -> Self {
        match coverage {
            Coverage::Untold => Self::Untold,
            Coverage::Covered => Self::Covered,
            Coverage::Gaps { covered_days, days } => Self::Gaps { covered_days, days },
        }
    }
}

impl From<&CoverageJson> for Coverage {
    fn from(json: &CoverageJson) -> Self {
        match json {
            CoverageJson::Untold => Self::Untold,
            CoverageJson::Covered => Self::Covered,
            CoverageJson::Gaps { covered_days, days } => {
                Self::Gaps { covered_days: *covered_days, days: *days }
            }
        }
    }
}
