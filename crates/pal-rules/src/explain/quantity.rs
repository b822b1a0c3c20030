//! What was counted, what was left out, and whether it counts for a program.

use super::Section;
use super::teller::{Teller, many, moment};
use crate::evidence::{Coverage, Evidence, Quantity};
use crate::usage::Users;
use crate::word::{EnvironmentKind, IneligibleReason, Metric, Product};

impl Evidence {
    /// Whether the quantity is the whole of it: not so where the data has gaps, unless it was measured
    /// (`attribution.md` §5, decision 0015).
    pub fn is_certain(&self) -> bool {
        match self.coverage {
            Coverage::Untold | Coverage::Covered => true,
            Coverage::Gaps { .. } => matches!(self.quantity, Quantity::Profiles(Some(_))),
        }
    }

    /// The quantity as people should read it.
    pub fn shown_quantity(&self) -> String {
        shown_number(self.quantity.number(), self.is_certain())
    }
}

/// A number as people should read it: without data a zero is not a zero (`attribution.md` §5).
pub fn shown_number(number: u64, certain: bool) -> String {
    match (certain, number) {
        (true, _) => number.to_string(),
        (false, 0) => "unknown".to_owned(),
        (false, _) => format!("at least {number}"),
    }
}

/// The quantity with its verb, as the start of a sentence.
pub(super) fn counted(evidence: &Evidence) -> String {
    let (one, several) = match evidence.subject.product.metric() {
        Metric::MonthlyActiveUsers => ("monthly active user", "monthly active users"),
        Metric::UnifiedProfiles => ("unified profile", "unified profiles"),
    };
    let month = evidence.window.month;
    let so_far = if evidence.window.as_of.is_some() { " so far" } else { "" };
    match (evidence.shown_quantity().as_str(), evidence.quantity.number()) {
        ("unknown", _) => format!("An unknown number of {several} of {month}{so_far} is"),
        (shown, number) => {
            let least = if shown.starts_with("at least") { "At least " } else { "" };
            let verb = if number == 1 { "is" } else { "are" };
            format!("{least}{} of {month}{so_far} {verb}", many(number, one, several))
        }
    }
}

/// The quantity, and whether the month is covered by data.
pub(super) fn section(evidence: &Evidence) -> Section {
    let mut sentences = match evidence.quantity {
        Quantity::Users(users) => users_words(&users, evidence.coverage),
        Quantity::Profiles(Some((at, profiles))) => {
            let profiles = many(profiles, "unified profile", "unified profiles");
            vec![format!("{profiles}, as last measured in the month, at {}.", moment(at))]
        }
        Quantity::Profiles(None) => {
            vec!["The instance's profiles were not measured in the month.".to_owned()]
        }
    };
    if evidence.runs > 0 {
        let runs = many(evidence.runs, "run", "runs");
        sentences.push(format!("{runs} without a person in the month; never counted as users."));
    }
    sentences.push(coverage_words(evidence));
    Section::new("Quantity", sentences)
}

fn coverage_words(evidence: &Evidence) -> String {
    let so_far = if evidence.window.as_of.is_some() { " so far" } else { "" };
    match (evidence.coverage, evidence.quantity) {
        (Coverage::Untold, _) if evidence.quantity.number() == 0 => {
            "No `coverage` table says whether there is data: this 0 may be a gap.".to_owned()
        }
        (Coverage::Untold, _) => {
            "No `coverage` table says whether the data is complete: there may be gaps.".to_owned()
        }
        (Coverage::Covered, _) => format!("The month{so_far} is covered by observed data throughout."),
        (Coverage::Gaps { covered_days, days }, quantity) => {
            let covered = match covered_days {
                0 => "Observed data covers no whole day".to_owned(),
                _ => format!(
                    "Observed data covers {covered_days} of {}",
                    many(days, "whole day", "whole days")
                ),
            };
            match quantity {
                Quantity::Profiles(Some(_)) => format!("{covered} of the month; the measurement stands."),
                Quantity::Profiles(None) => {
                    format!("{covered} of the month{so_far}: their number is unknown.")
                }
                Quantity::Users(_) => format!("{covered} of the month{so_far}."),
            }
        }
    }
}

fn users_words(users: &Users, coverage: Coverage) -> Vec<String> {
    let people = many(users.counted, "person", "distinct people");
    let was = if users.counted == 1 { "was" } else { "were" };
    let mut sentences = vec![match (coverage, users.counted) {
        (Coverage::Covered, 0) => "Nobody used it in the month.".to_owned(),
        (Coverage::Covered, _) => format!("{people} used it in the month."),
        (Coverage::Gaps { .. }, 0) => "Nobody was seen using it in the month: unknown.".to_owned(),
        (Coverage::Untold, 0) => "Nobody was seen using it in the month.".to_owned(),
        (Coverage::Gaps { .. }, _) => format!("At least {people} {was} seen using it in the month."),
        (Coverage::Untold, _) => format!("{people} {was} seen using it in the month."),
    }];
    match users.by_alias {
        0 => {}
        1 if users.counted == 1 => sentences.push(
            "The activity came, in part at least, under another id such as a sign-in name.".to_owned(),
        ),
        1 => sentences.push(
            "The activity of 1 of them came, in part at least, under another id such as a sign-in name.".to_owned(),
        ),
        several => sentences.push(format!(
            "The activity of {several} of them came, in part at least, under another id such as a sign-in name; \
             each counts once."
        )),
    }
    match users.unknown {
        0 => {}
        1 if users.counted == 1 => {
            sentences.push("This account is not in the directory; it counts.".to_owned());
        }
        1 => sentences.push("1 of them is not in the directory; this account counts.".to_owned()),
        several => sentences.push(format!("{several} of them are not in the directory; they count.")),
    }
    for (left_out, one, several) in [
        (users.service_principals, "service principal", "service principals"),
        (users.managed_identities, "managed identity", "managed identities"),
        (users.systems, "system account", "system accounts"),
    ] {
        if left_out > 0 {
            let which = if left_out == 1 { "which is no person" } else { "which are no people" };
            sentences.push(format!("Left out: {}, {which}.", many(left_out, one, several)));
        }
    }
    sentences
}

/// Whether the line counts for a program, or would, and what would make it count.
pub(super) fn eligibility(teller: &Teller<'_>) -> Section {
    let evidence = teller.evidence;
    let place = if evidence.subject.product == Product::PowerBi { "workspace" } else { "environment" };
    let tenant = teller.names.tenant(&evidence.subject.tenant);
    let sentences = match (teller.line.credit().map(|credit| credit.ineligible), evidence.place.environment) {
        (Some(Some(IneligibleReason::OwnTenant)), _) => vec![
            format!(
                "It does not count for programs: {tenant} is the partner company's own tenant (own_tenant)."
            ),
            "Nothing would make it count: only use in customers' tenants does.".to_owned(),
        ],
        (Some(None), Some(kind)) => {
            let kind = production_words(kind);
            vec![format!("It counts for programs: its {place} is {kind}, in a customer's tenant.")]
        }
        (Some(_), kind) => {
            let unfit = unfit_place(evidence, place, kind);
            let mut sentences = vec![format!("It does not count for programs: {unfit}.")];
            sentences.extend(mend_place(evidence, place, kind));
            sentences
        }
        (None, kind) => if_credited(teller, place, kind),
    };
    Section::new("Eligibility", sentences)
}

/// Whether an uncredited line would count for a program.
fn if_credited(teller: &Teller<'_>, place: &str, kind: Option<EnvironmentKind>) -> Vec<String> {
    let own = teller.evidence.place.own_company;
    let own = own.map(|company| format!(", except for {}, whose own tenant it is", teller.partner(company)));
    let own = own.unwrap_or_default();
    if let Some(kind @ (EnvironmentKind::Production | EnvironmentKind::Default)) = kind {
        let kind = production_words(kind);
        return vec![format!(
            "If it were credited, it would count for programs: its {place} is {kind}{own}."
        )];
    }
    let unfit = unfit_place(teller.evidence, place, kind);
    let mut sentences = vec![format!("Even if it were credited, it would not count for programs: {unfit}.")];
    sentences.extend(mend_place(teller.evidence, place, kind));
    sentences
}

/// A kind of environment that counts for programs.
fn production_words(kind: EnvironmentKind) -> &'static str {
    if kind == EnvironmentKind::Default {
        "the default one, which counts as production"
    } else {
        "production"
    }
}

fn unfit_place(evidence: &Evidence, place: &str, kind: Option<EnvironmentKind>) -> String {
    let unknown = IneligibleReason::EnvironmentUnknown;
    match (kind, &evidence.subject.environment) {
        (Some(kind), _) => {
            format!("its {place} is {kind}, not production ({})", IneligibleReason::NotProduction)
        }
        (None, Some(_)) => format!("nothing says what kind of {place} it lies in ({unknown})"),
        (None, None) => format!("nothing says in which {place} it lies ({unknown})"),
    }
}

/// What would make the line count; what is deleted cannot be moved any more.
fn mend_place(evidence: &Evidence, place: &str, kind: Option<EnvironmentKind>) -> Option<String> {
    let subject = &evidence.subject;
    match (kind, &subject.environment) {
        (Some(_), _) if subject.deleted_at == Some(evidence.instant) => None,
        (Some(_), _) => Some(format!(
            "To make it count: turn its {place} into production, or use it in one that is; months that end after \
             that count."
        )),
        (None, Some(_)) => Some(format!(
            "To make it count: say in the `environments` table what kind of {place} it lies in; if that is \
             production, the months count once they are closed again."
        )),
        (None, None) => {
            Some(format!("To make it count: say in the `resources` table in which {place} it lies."))
        }
    }
}
