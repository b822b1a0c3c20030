//! `pal managementpartner`: what `az managementpartner` (extension 1.0.0) says, word for word.

use std::collections::BTreeMap;

use pal_fleet::links::Link;
use pal_fleet::problem::Problem;
use pal_rules::word::KnownFrom;
use serde_json::{Map, Value};

use super::link::{Session, failure, known_from, request_id, tell_make_real, tell_untouched, words};
use crate::cli::{ManagementPartner, ManagementPartnerVerb};
use crate::exit::{Exit, Failure, Outcome};
use crate::render::{Answer, Format, Table, draw, tell};
use crate::shell::Shell;

pub(crate) fn run(partner: &ManagementPartner, shell: &Shell) -> Outcome {
    let session = Session::open(&partner.connection, shell)?;
    let client = session.client();
    let link = match &partner.verb {
        ManagementPartnerVerb::Create { partner_id } => client.create(partner_id),
        ManagementPartnerVerb::Show { partner_id } => client.read(partner_id.as_deref()),
        ManagementPartnerVerb::Update { partner_id } => client.update(partner_id),
        ManagementPartnerVerb::Delete { partner_id } => {
            client.delete(partner_id).map_err(as_az_says)?;
            tell_untouched(&session.endpoint);
            return Ok(Exit::Ok);
        }
    }
    .map_err(as_az_says)?;
    let from = known_from(&session.endpoint);
    match from {
        KnownFrom::ThisServer => tell_make_real(&link.tenant_id, &link.partner_id),
        _ => tell(format!("known: {}", words(from, shell.now()))),
    }
    shell.output.write_as(&answer(&link), Format::Json)?;
    Ok(Exit::Ok)
}

/// The body with its properties on the top level, sorted by name.
fn answer(link: &Link) -> Answer {
    let mut fields: BTreeMap<String, Value> = BTreeMap::new();
    for (name, value) in link.body.as_object().into_iter().flatten() {
        match value {
            Value::Object(properties) if name == "properties" => {
                fields.extend(properties.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
            _ => {
                fields.insert(name.clone(), value.clone());
            }
        }
    }
    let cell = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut rows = Table::new(fields.keys().cloned());
    rows.rows.push(fields.values().map(cell).collect());
    Answer {
        json: Value::Object(fields.into_iter().collect::<Map<_, _>>()),
        items: "partners",
        view: draw(&rows),
        rows,
    }
}

/// A refusal in the words of the Azure CLI: exit 3 for what is not there, 1 for the rest.
fn as_az_says(problem: Problem) -> Failure {
    match &problem {
        Problem::Refused(refusal) if !refusal.code.is_empty() => Failure {
            exit: if refusal.status == 404 { Exit::NotFound } else { Exit::Fault },
            error: anyhow::anyhow!(
                "({code}) {message}\nCode: {code}\nMessage: {message}{id}",
                code = refusal.code,
                message = refusal.message,
                id = request_id(problem.request_id())
            ),
            hint: None,
        },
        _ => failure(problem),
    }
}
