//! Dataverse, record type 21: of all its messages only the imports of solutions (`formats.md` §2.7).

use pal_rules::facts::Table;

use super::{Audited, Name};
use crate::outside::facts::{Facts, Outcome, flag, id, text, time, word};
use crate::outside::normal;

/// Whether a message is the import of a solution.
pub(super) fn imports(message: &str) -> bool {
    message.starts_with("ImportSolution")
}

/// An import; the log does not say the version, and the solution only sometimes.
pub(super) fn becomes(audited: &Audited<'_>, facts: &mut Facts) -> Outcome {
    let refused = |reason: &'static str| Outcome::Refused(reason.into());
    let Some(environment) = audited.fields.text(Name::InstanceUrl).and_then(normal::host) else {
        return refused("the record does not say which environment");
    };
    // The id of a user in this environment, which the environment's users lead to a principal.
    let user = audited.guid(Name::SystemUserId).map(|user| normal::dataverse(&environment, &user));
    let actor = match user.map_or_else(|| audited.actor(), Ok) {
        Ok(actor) => actor,
        Err(outcome) => return outcome,
    };
    let result = if audited.failed() { "failed" } else { "succeeded" };
    let cells = [
        ("import_id", id(&audited.event(""))),
        ("environment_id", id(&environment)),
        ("solution", text(audited.fields.text(Name::PrimaryFieldValue).unwrap_or("unknown"))),
        ("version", text("unknown")),
        // Not said; credit does not depend on it, and the other word would be a warning.
        ("managed", flag(true)),
        ("object_id", id(&actor)),
        ("result", word(result)),
        ("completed_at", time(audited.at)),
    ];
    Audited::done(facts.push(Table::SolutionImports, &cells))
}
