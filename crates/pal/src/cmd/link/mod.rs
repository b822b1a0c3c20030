//! `pal link`: the link of the account that signs in, at Microsoft or at a server of one's own.

mod answer;
mod held;
mod known;
mod list;
mod record;
mod recorded;
mod session;
mod way;

use pal_fleet::links::{Answered, Link as Found};
use pal_fleet::problem::Problem;
use pal_store::workspace::{Workspace, WorkspaceFault};

pub(super) use self::known::{known_from, tell_make_real, tell_untouched, words};
pub(super) use self::session::{Session, failure, request_id};
use self::session::{answered, unanswered};
use crate::cli::{Link, LinkVerb};
use crate::exit::{Exit, Failure, Outcome};
use crate::render::tell;
use crate::shell::{Shell, workspace_failure};

pub(crate) fn run(link: &Link, shell: &Shell) -> Outcome {
    if let LinkVerb::List { recorded: true, .. } = link.verb {
        return recorded::list(&link.verb, shell);
    }
    if let LinkVerb::List { .. } | LinkVerb::History { .. } = link.verb {
        list::refuse_microsoft(shell)?;
    }
    let record = link.verb.record();
    if record {
        // Found out before anything is changed that could then not be kept.
        Workspace::open(shell.data()).map_err(no_workspace)?;
    }
    let session = Session::open(&link.connection, shell)?;
    let done = match &link.verb {
        LinkVerb::Create { partner, .. } => create(&session, &partner.partner_id),
        LinkVerb::Update { partner, .. } => update(&session, &partner.partner_id),
        LinkVerb::Delete { partner, .. } => delete(&session, &partner.partner_id),
        LinkVerb::Show { partner_id, .. } => show(&session, partner_id.as_deref()),
        LinkVerb::Verify { expect, .. } => verify(&session, expect.as_deref()),
        LinkVerb::List { .. } => return list::list(&link.verb, &session, shell),
        LinkVerb::History { .. } => return list::history(&link.verb, &session, shell),
    }?;
    if done.stands_against.is_none() || matches!(link.verb, LinkVerb::Verify { .. }) {
        let changed = done.changed.map(|changed| ("changed", changed.into()));
        let other = done.stands_against.is_some();
        answer::show(&session, (done.link.as_ref(), other), changed, shell)?;
    }
    if record {
        record::own(&session, done.link.as_ref(), shell)?;
    }
    done.stands_against.map_or(Ok(Exit::Ok), Err)
}

/// Where there is nowhere to keep what is seen, nothing is asked: the exit codes of the gate are not for that.
fn no_workspace(fault: WorkspaceFault) -> Failure {
    let failed = workspace_failure(fault);
    let exit = match failed.exit {
        Exit::NotFound | Exit::Conflict => Exit::Usage,
        other => other,
    };
    Failure { exit, ..failed }
}

/// What a command found, and did.
struct Done {
    /// The caller's link, as it is now.
    link: Option<Found>,
    /// Whether it was changed, by a command that may.
    changed: Option<bool>,
    /// Why that is not what was asked for.
    stands_against: Option<Failure>,
}

impl Done {
    fn found(link: Option<Found>, stands_against: Option<Failure>) -> Self {
        Self { link, changed: None, stands_against }
    }

    fn changed(link: Option<Found>, changed: bool) -> Self {
        Self { link, changed: Some(changed), stands_against: None }
    }
}

fn create(session: &Session, partner_id: &str) -> Result<Done, Failure> {
    let client = session.client();
    if let Answered { found: Some(link), request_id } = client.show(None).map_err(failure)? {
        return Ok(linked_already(link, partner_id, request_id.as_deref()));
    }
    match client.create(partner_id) {
        Ok(link) => Ok(Done::changed(Some(link), true)),
        // Somebody was faster.
        Err(Problem::Refused(refusal)) if refusal.status == 409 => {
            match client.show(None).map_err(failure)? {
                Answered { found: Some(link), request_id } => {
                    Ok(linked_already(link, partner_id, request_id.as_deref()))
                }
                Answered { found: None, .. } => Err(failure(Problem::Refused(refusal))),
            }
        }
        Err(problem) => Err(not_linkable(session, partner_id, problem)),
    }
}

fn linked_already(link: Found, partner_id: &str, request_id: Option<&str>) -> Done {
    if link.partner_id == partner_id {
        tell(format!("linked to {} already: nothing to do", shown(&link)));
        return Done::changed(Some(link), false);
    }
    let against = answered(linked_to_another(&link, partner_id), request_id);
    Done::found(Some(link), Some(against))
}

fn linked_to_another(link: &Found, partner_id: &str) -> Failure {
    Failure::new(
        Exit::Conflict,
        format!("the account is linked to {}, not to {partner_id}", shown(link)),
        format!("change it with `pal link update --partner-id {partner_id}`"),
    )
}

fn update(session: &Session, partner_id: &str) -> Result<Done, Failure> {
    let client = session.client();
    let Answered { found, request_id } = client.show(None).map_err(failure)?;
    let Some(before) = found else {
        return Ok(Done::found(None, Some(answered(not_linked(partner_id), request_id.as_deref()))));
    };
    if before.partner_id == partner_id {
        tell(format!("linked to {} already: nothing to do", shown(&before)));
        return Ok(Done::changed(Some(before), false));
    }
    match client.update(partner_id) {
        Ok(link) => {
            tell(format!("was linked to {}", shown(&before)));
            Ok(Done::changed(Some(link), true))
        }
        Err(problem) => Err(not_linkable(session, partner_id, problem)),
    }
}

fn delete(session: &Session, partner_id: &str) -> Result<Done, Failure> {
    let client = session.client();
    let Answered { found, request_id } = client.show(None).map_err(failure)?;
    let Some(link) = found else {
        tell("the account is not linked: nothing to do");
        return Ok(Done::changed(None, false));
    };
    if link.partner_id != partner_id {
        let against = Failure::new(
            Exit::Conflict,
            format!("the account is linked to {}, not to {partner_id}: nothing is removed", shown(&link)),
            format!("remove that link with `pal link delete --partner-id {}`", link.partner_id),
        );
        return Ok(Done::found(Some(link), Some(answered(against, request_id.as_deref()))));
    }
    client.delete(partner_id).map_err(failure)?;
    tell(format!("was linked to {}", shown(&link)));
    tell_untouched(&session.endpoint);
    Ok(Done::changed(None, true))
}

fn show(session: &Session, partner_id: Option<&str>) -> Result<Done, Failure> {
    let Answered { found: link, request_id } = session.client().show(None).map_err(unanswered)?;
    let stands_against = match (&link, partner_id) {
        (None, asked) => Some(not_linked(asked.unwrap_or("ID"))),
        (Some(link), Some(asked)) if link.partner_id != asked => {
            let message = format!("the account is linked to {}, not to {asked}", shown(link));
            Some(Failure { exit: Exit::NotFound, error: anyhow::anyhow!(message), hint: None })
        }
        _ => None,
    };
    Ok(Done::found(link, stands_against.map(|against| answered(against, request_id.as_deref()))))
}

fn verify(session: &Session, expect: Option<&str>) -> Result<Done, Failure> {
    let Answered { found: link, request_id } = session.client().show(None).map_err(unanswered)?;
    let stands_against = match (&link, expect) {
        (None, expect) => Some(not_linked(expect.unwrap_or("ID"))),
        (Some(link), Some(expected)) if link.partner_id != expected => {
            Some(linked_to_another(link, expected))
        }
        (Some(_), _) => None,
    };
    Ok(Done::found(link, stands_against.map(|against| answered(against, request_id.as_deref()))))
}

/// Why an id cannot be linked to; a server of our own knows more than the provider may say.
fn not_linkable(session: &Session, partner_id: &str, problem: Problem) -> Failure {
    let invalid = matches!(&problem, Problem::Refused(refusal) if refusal.code == "PartnerIdInvalid");
    let refused = failure(problem);
    if !invalid {
        return refused;
    }
    let general = format!("`{partner_id}` is no location id that can be linked to: ask the partner for it");
    if session.endpoint.is_microsoft() {
        return refused.or_advise(general.as_str());
    }
    let hint = match session.client().known_partner(partner_id) {
        Ok(known) => match (known.hint, known.locations.as_slice()) {
            (hint, locations @ [_, ..]) => {
                let hint = hint.unwrap_or_else(|| format!("`{partner_id}` is a company's global id"));
                // The server's own words may name them already.
                let named = locations.iter().all(|location| hint.contains(location.as_str()));
                Some(if named { hint } else { format!("{hint}; its location ids: {}", locations.join(", ")) })
            }
            (hint, []) => hint,
        },
        Err(Problem::Refused(refusal)) => refusal.hint,
        Err(_) => None,
    };
    refused.or_advise(hint.unwrap_or(general).as_str())
}

fn not_linked(partner_id: &str) -> Failure {
    Failure::new(
        Exit::NotFound,
        "the account is not linked to a partner",
        format!("link it with `pal link create --partner-id {partner_id}`"),
    )
}

/// A link's partner, as it is said.
fn shown(link: &Found) -> String {
    match &link.partner_name {
        Some(name) => format!("{name} ({})", link.partner_id),
        None => link.partner_id.clone(),
    }
}
