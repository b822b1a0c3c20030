//! What was counted, what was left out, and whether it counts for a program.

use super::Section;
use crate::evidence::{Coverage, Evidence, Quantity};
use crate::names::Names;
use crate::usage::Users;
use crate::word::IneligibleReason;

impl Evidence {
    /// The quantity as people should read it: without data a zero is not a zero (`attribution.md` §5).
    pub fn shown_quantity(&self) -> String {
        let number = self.quantity.number();
        match (self.coverage, &self.quantity) {
            (Coverage::Untold | Coverage::Covered, _) | (_, Quantity::Profiles(Some(_))) => {
                number.to_string()
            }
            _ if number == 0 => "unknown".to_owned(),
            _ => format!("at least {number}"),
        }
    }
}

/// The quantity, and whether the month is covered by data.
pub(super) fn section(evidence: &Evidence) -> Section {
    let mut sentences = match evidence.quantity {
        Quantity::Users(users) => users_words(&users, evidence.coverage),
        Quantity::Profiles(Some((at, profiles))) => {
            vec![format!("{profiles} unified profiles, as last measured in the month, at {at}.")]
        }
        Quantity::Profiles(None) => {
            vec!["The instance's profiles were not measured in the month.".to_owned()]
        }
    };
    sentences.push(match evidence.coverage {
        Coverage::Gaps { covered_days, days } if matches!(evidence.quantity, Quantity::Profiles(Some(_))) => {
            format!("Observed data covers {covered_days} of {days} whole days; what was measured stands.")
        }
        Coverage::Untold => "No coverage was told: a 0 may be a gap in the data.".to_owned(),
        Coverage::Covered => "The month is covered by observed data throughout.".to_owned(),
        Coverage::Gaps { covered_days, days } => format!(
            "Observed data covers {covered_days} of {days} whole days, so the number is {}.",
            evidence.shown_quantity()
        ),
    });
    Section::new("Quantity", sentences)
}

fn users_words(users: &Users, coverage: Coverage) -> Vec<String> {
    // Where data is missing nobody can say how many used it, only how many were seen.
    let used = if matches!(coverage, Coverage::Gaps { .. }) { "were seen using" } else { "used" };
    let mut sentences = vec![format!("{} distinct people {used} it in the month.", users.counted)];
    if users.unknown > 0 {
        sentences.push(format!("{} of them are not in the directory; they count.", users.unknown));
    }
    for (left_out, kind) in [
        (users.service_principals, "service principals"),
        (users.managed_identities, "managed identities"),
        (users.systems, "system accounts"),
    ] {
        if left_out > 0 {
            sentences.push(format!("Left out: {left_out} {kind}, which are no users."));
        }
    }
    sentences
}

/// Whether the line counts for a program; nothing where it is uncredited.
pub(super) fn eligibility(evidence: &Evidence, names: Names<'_>) -> Option<Section> {
    let line = evidence.line();
    let credit = line.credit()?;
    let tenant = names.tenant(&evidence.subject.tenant);
    let sentence = match (credit.ineligible, evidence.place.environment) {
        (None, Some(kind)) => {
            format!("It counts for programs: its environment is {kind}, in a customer's tenant.")
        }
        (Some(IneligibleReason::OwnTenant), _) => {
            format!(
                "It does not count for programs: {tenant} is the partner company's own tenant (own_tenant)."
            )
        }
        (Some(IneligibleReason::NotProduction), Some(kind)) => {
            format!(
                "It does not count for programs: its environment is {kind}, not production (not_production)."
            )
        }
        _ => "It does not count for programs: its environment is not known (environment_unknown).".to_owned(),
    };
    Some(Section::new("Eligibility", vec![sentence]))
}
