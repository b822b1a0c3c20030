//! The unified audit log in every container that it is exported in (`formats.md` §2): content blobs and JSON lines hold the
//! records themselves; portal and PowerShell CSV hold them as text in a cell; Graph in a member; log tables as columns.

mod audited;
mod containers;
mod crm;
mod fields;
mod flow;
mod power_apps;
mod quick;
mod scan;
mod unified;

use super::facts::{Facts, Outcome};
use super::power_bi;
use super::quick::{Pass, Passed, Places};
use super::{Account, Context, Record, Shape, Source};

pub(super) use audited::Audited;
pub(super) use containers::Columns;
pub(super) use fields::{Fields, Name};

/// The word for the log in the coverage table.
const AUDIT: &str = "audit";
/// Where the portal's and PowerShell's exports end, whatever there is.
const FULL: u64 = 50_000;

const NO_OPERATION: &str = "the record has no `Operation`";

const RECORD: &str = "audit record";
const PACKED: &str = "audit search result";
const LOGGED: &str = "row of an audit log table";
const LISTING: &str = "list of audit content";

pub(super) const SHAPES: &[Shape] = &[
    Shape {
        name: RECORD,
        source: Source::Audit,
        recognises: |record| record.has(&["CreationTime", "Operation", "Id", "RecordType"]),
        becomes: |record, context, facts| whole(&Fields::of(record), context, facts, AUDIT),
        identity: |record| identity(&Fields::of(record)),
    },
    Shape {
        name: PACKED,
        source: Source::Audit,
        recognises: |record| {
            record.has(&["AuditData"]) || record.has(&["createdDateTime", "auditLogRecordType", "operation"])
        },
        becomes: containers::packed,
        identity: containers::packed_identity,
    },
    Shape {
        name: LOGGED,
        source: Source::Audit,
        recognises: |record| record.has(&["TimeGenerated", "EventOriginalUid", "EventOriginalType"]),
        becomes: containers::logged,
        identity: containers::logged_identity,
    },
    Shape {
        name: LISTING,
        source: Source::Audit,
        recognises: |record| record.has(&["contentUri", "contentId"]),
        becomes: |_, _, _| {
            Outcome::Ignored("a listing of content, not the content: fetch what `contentUri` names".into())
        },
        identity: |_| None,
    },
    Shape {
        name: "property of an audit record",
        source: Source::Audit,
        recognises: |record| {
            record.has(&["Name", "Value"]) && record.value().as_object().is_some_and(|pair| pair.len() == 2)
        },
        becomes: |_, _, _| {
            Outcome::Ignored("a property without its audit record: import the records themselves".into())
        },
        identity: |_| None,
    },
];

/// Whether the records of a shape are looked for on the fast path.
pub(super) fn quick(shape: &Shape) -> bool {
    shape.name == RECORD
}

/// The same of the rows of a table, by its header: where the records stand in them.
pub(super) fn quick_rows(shape: &Shape, header: &[String]) -> Option<Columns> {
    if shape.name == PACKED { Columns::of(header) } else { None }
}

/// What a record becomes on the fast path.
pub(super) enum Quick {
    /// It is ignored, and was counted so.
    Passed,
    /// What it becomes, and its identity.
    Became(Outcome, Option<String>),
}

/// The fast path through a file of audit records: what a record becomes, from its text. `None` for one that has to be read
/// the general way.
///
/// - `fields`: used again from record to record.
/// - `from`: where in the text it begins; it goes on to its end.
/// - `passed`: counts the records that are ignored.
pub(super) fn quickly<'a>(
    fields: &mut Fields<'a>,
    (bytes, from, places): (&'a [u8], usize, &Places),
    context: &Context,
    (facts, passed): (&mut Facts, &mut Passed),
) -> Option<Quick> {
    fields.clear();
    quick::read::<1>((bytes, from, places), fields)?;
    Some(become_quickly(fields, context, (facts, passed)))
}

fn become_quickly(
    fields: &Fields<'_>,
    context: &Context,
    (facts, passed): (&mut Facts, &mut Passed),
) -> Quick {
    let outcome = match kind(fields) {
        Ok(kind) => of_kind(&kind, fields, context, (facts, AUDIT)),
        Err(Unused::Passed(pass)) => {
            passed.count(pass);
            return Quick::Passed;
        }
        Err(Unused::Refused(reason)) => Outcome::refused(reason),
    };
    let identity = (outcome == Outcome::Facts).then(|| identity(fields)).flatten();
    Quick::Became(outcome, identity)
}

/// What is to be known of a file of audit records as a whole.
pub(super) fn warning(account: &Account) -> Option<String> {
    let warning = match account.shape?.name {
        PACKED if account.read == FULL => {
            "the file has exactly 50,000 rows: the export was cut there; export shorter ranges"
        }
        LOGGED => {
            "`TenantId` is the workspace here and is not used; the tenant is `OrganizationId` or `--tenant`"
        }
        LISTING => "this is a listing of audit content, not the content: fetch what each `contentUri` names",
        _ => return None,
    };
    Some(warning.to_owned())
}

/// Tenant and id, which are the same however often a record is delivered.
pub(super) fn identity(fields: &Fields<'_>) -> Option<String> {
    let (tenant, id) = (fields.text(Name::OrganizationId).unwrap_or_default(), fields.text(Name::Id)?);
    let mut identity = [tenant, id].join("/");
    identity.make_ascii_lowercase();
    Some(identity)
}

/// A kind of audit record that facts can be made of.
enum Kind<'a> {
    PowerApps,
    Flow,
    PowerBi,
    Import,
    Unified(unified::Properties<'a>),
}

/// Why no facts can be made of a record, whatever else it says.
enum Unused<'a> {
    Passed(Pass<'a>),
    Refused(&'static str),
}

/// A record, whatever it stood in. What is of no use is told apart before anything is made of it.
pub(super) fn whole(
    fields: &Fields<'_>,
    context: &Context,
    facts: &mut Facts,
    source: &'static str,
) -> Outcome {
    match kind(fields) {
        Ok(kind) => of_kind(&kind, fields, context, (facts, source)),
        Err(Unused::Passed(pass)) => Outcome::Ignored(pass.reason()),
        Err(Unused::Refused(reason)) => Outcome::refused(reason),
    }
}

fn of_kind(
    kind: &Kind<'_>,
    fields: &Fields<'_>,
    context: &Context,
    (facts, source): (&mut Facts, &'static str),
) -> Outcome {
    let refused = |reason: &'static str| Outcome::Refused(reason.into());
    let Some(operation) = fields.text(Name::Operation) else { return refused(NO_OPERATION) };
    let Some(id) = fields.text(Name::Id) else { return refused("the record has no `Id`") };
    let Some(at) = fields.text(Name::CreationTime).and_then(|text| context.time(text)) else {
        return refused(
            "`CreationTime` is a local date, or none between 2015 and tomorrow: say with `--dates` how it is written",
        );
    };
    let properties = if let Kind::Unified(properties) = kind { Some(properties) } else { None };
    let named = fields.text(Name::OrganizationId);
    let named = named.or_else(|| properties?.analytics("resource.tenant.id"));
    let Some(tenant) = context.tenant(named) else {
        return refused("the record names no tenant: say which with `--tenant`");
    };
    let actor = match kind {
        Kind::PowerApps => Audited::first(fields, &[Name::ObjectId, Name::UserKey, Name::UserId]),
        Kind::PowerBi => Audited::first(fields, &[Name::UserId]),
        Kind::Flow => {
            let key = fields.text(Name::UserKey).and_then(super::normal::guid);
            key.or_else(|| Audited::first(fields, &[Name::UserUpn, Name::UserId]))
        }
        Kind::Import => Audited::first(fields, &[Name::UserUpn, Name::UserId]),
        Kind::Unified(properties) => {
            properties.actor().or_else(|| Audited::first(fields, &[Name::UserKey, Name::UserId]))
        }
    };
    let audited = Audited { fields, id, at, tenant, operation, actor, source };
    if audited.failed() && !matches!(kind, Kind::Import) {
        return audited.ignored(" that failed");
    }
    match kind {
        Kind::PowerApps => power_apps::becomes(&audited, facts),
        Kind::Flow => flow::becomes(&audited, facts),
        Kind::PowerBi => power_bi::activity(&audited, facts),
        Kind::Import => crm::becomes(&audited, facts),
        Kind::Unified(properties) => unified::becomes(&audited, properties, facts),
    }
}

/// What kind of record it is; why it is of no use, else.
fn kind<'a>(fields: &'a Fields<'_>) -> Result<Kind<'a>, Unused<'a>> {
    let operation = fields.text(Name::Operation).ok_or(Unused::Refused(NO_OPERATION))?;
    let passed = |why| Unused::Passed(audited::pass(operation, why));
    let known = |known: bool| if known { Ok(()) } else { Err(passed("")) };
    match record_type(fields) {
        Some(45) => known(power_apps::act(operation).is_some()).map(|()| Kind::PowerApps),
        Some(30) => known(flow::act(operation).is_some()).map(|()| Kind::Flow),
        Some(20) => power_bi::act(operation).map(|_| Kind::PowerBi).map_err(passed),
        Some(21) => match fields.text(Name::Message).unwrap_or(operation) {
            message if crm::imports(message) => Ok(Kind::Import),
            message => Err(Unused::Passed(Pass { what: "message", word: audited::word(message), why: "" })),
        },
        Some(256) => {
            known(power_apps::act(operation).is_some() || flow::act(operation).is_some())?;
            Ok(Kind::Unified(unified::Properties::of(fields)))
        }
        _ => Err(passed("")),
    }
}

/// The record's type, by its number or its name; by the workload where a container has lost it.
fn record_type(fields: &Fields<'_>) -> Option<i64> {
    let of_name = |name: &str| match name.to_ascii_lowercase().as_str() {
        "powerbi" | "powerbiaudit" => Some(20),
        "crm" => Some(21),
        "microsoftflow" => Some(30),
        "powerapps" | "powerappsapp" => Some(45),
        "powerplatform" | "powerplatformadministratoractivity" => Some(256),
        _ => None,
    };
    match (fields.number(Name::RecordType), fields.text(Name::RecordType)) {
        (Some(number), _) => Some(number),
        (None, Some(name)) => of_name(name),
        (None, None) => fields.text(Name::Workload).and_then(of_name),
    }
}

/// An activity event of Power BI: an audit record that may not say so.
pub(super) fn power_bi_event(
    record: Record<'_>,
    context: &Context,
    facts: &mut Facts,
    source: &'static str,
) -> Outcome {
    let mut fields = Fields::of(record);
    fields.set(Name::RecordType, fields::Cell::Number(20));
    whole(&fields, context, facts, source)
}
