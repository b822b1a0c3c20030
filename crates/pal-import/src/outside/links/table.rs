//! Tables that people keep: their columns by the names that people give them, their dates as people write them.

use pal_rules::facts::Value as Cell;
use pal_rules::id::{Id, PartnerId};
use pal_rules::time::Timestamp;
use serde_json::Value;

use crate::outside::facts::Outcome;
use crate::outside::{Context, Record, local, normal};

/// Names of a column, as letters and digits alone.
pub(super) type Names = &'static [&'static str];

pub(super) const PARTNER: Names = &[
    "partnerid",
    "mpnid",
    "mpn",
    "partnermpnid",
    "mpnpartnerid",
    "partneridmpn",
    "partneridmpnid",
    "mpnlocationid",
    "partnerlocationid",
    "locationmpnid",
    "palpartnerid",
    "linkedpartnerid",
    "microsoftpartnerid",
];
pub(super) const OBJECT: Names = &[
    "objectid",
    "principalobjectid",
    "principalid",
    "userobjectid",
    "entraobjectid",
    "aadobjectid",
    "azureadobjectid",
    "entraid",
    "accountobjectid",
    "serviceprincipalobjectid",
];
pub(super) const TENANT: Names = &[
    "tenantid",
    "tenant",
    "customertenantid",
    "customertenant",
    "directoryid",
    "entratenantid",
    "azuretenantid",
    "aadtenantid",
];
pub(super) const UPN: Names = &[
    "upn",
    "principalupn",
    "userprincipalname",
    "userupn",
    "accountupn",
    "user",
    "username",
    "account",
    "login",
    "signinname",
    "email",
    "emailaddress",
    "useremail",
    "mail",
];
pub(super) const APPLICATION: Names = &["appid", "applicationid", "clientid", "applicationclientid"];
pub(super) const KIND: Names =
    &["principaltype", "accounttype", "objecttype", "usertype", "identitytype", "kind", "type"];
pub(super) const NAME: Names =
    &["displayname", "name", "fullname", "principalname", "accountname", "person", "employee"];
pub(super) const LINKED: Names = &[
    "linkedat",
    "linkedatutc",
    "linkedon",
    "linkedonutc",
    "linked",
    "linkedsince",
    "linkeddate",
    "linkdate",
    "datelinked",
    "pallinkedon",
    "paldate",
    "startdate",
    "linkedfrom",
];
pub(super) const UNLINKED: Names = &[
    "unlinkedat",
    "unlinkedatutc",
    "unlinkedon",
    "unlinkedonutc",
    "unlinked",
    "unlinkdate",
    "unlinkeddate",
    "dateunlinked",
    "linkeduntil",
    "removedon",
    "enddate",
];

/// Whether a row has a column of one of these names.
pub(super) fn has(record: Record<'_>, names: Names) -> bool {
    column(record, names).next().is_some()
}

/// The text of the first column of these names that is not empty, in the order of the names; numbers as they are written.
pub(super) fn text(record: Record<'_>, names: Names) -> Option<String> {
    let texts = column(record, names).filter_map(|value| match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    texts.into_iter().find(|text| !text.is_empty())
}

fn column(record: Record<'_>, names: Names) -> impl Iterator<Item = &Value> {
    let members = record.value().as_object();
    names
        .iter()
        .filter_map(move |name| members?.iter().find(|(key, _)| same(key, name)).map(|(_, value)| value))
}

/// Whether a header is this name: letters and digits alone count, in any case.
fn same(header: &str, name: &str) -> bool {
    let letters = header.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
    letters.eq(name.bytes())
}

/// The tenant of a row; what stands there must be an id.
pub(super) fn tenant(record: Record<'_>, context: &Context) -> Result<Id, Outcome> {
    let named = text(record, TENANT);
    if named.as_deref().is_some_and(|named| normal::guid(named).is_none()) {
        return Err(Outcome::refused("the row's tenant is no id: write the tenant's id, not its name"));
    }
    let found = context.tenant(named.as_deref());
    found.ok_or(Outcome::refused("the row names no tenant: say which with `--tenant`"))
}

/// The object id of a row, where it has one.
pub(super) fn object(record: Record<'_>) -> Result<Option<Id>, Outcome> {
    let Some(written) = text(record, OBJECT) else { return Ok(None) };
    let found = normal::guid(&written);
    found.map(Some).ok_or(Outcome::refused("the row's object id is no id"))
}

/// The application id of a row, as an alias.
pub(super) fn application(record: Record<'_>) -> Option<Id> {
    let id = text(record, APPLICATION).as_deref().and_then(normal::guid)?;
    Some(Id::new(&format!("app:{id}")))
}

/// A partner id as a cell; absent if it is none.
pub(super) fn partner(text: &str) -> Option<Cell> {
    PartnerId::new(text.trim()).map(Cell::Partner)
}

/// A time of a row: absent, read, or one that can be read in two ways.
pub(super) fn time(
    record: Record<'_>,
    names: Names,
    context: &Context,
) -> Result<Option<Timestamp>, Outcome> {
    let Some(written) = text(record, names) else { return Ok(None) };
    // A zone that is written beats one that is declared; without both, what is written year first is UTC.
    let zoned = Timestamp::parse(&written).and_then(|_| context.utc(&written));
    let read = zoned
        .or_else(|| local::without_zone(&written, context.dates?))
        .or_else(|| context.utc(&format!("{written}T00:00:00Z")))
        .or_else(|| context.utc(&written))
        .or_else(|| local::local(&written, context.dates?));
    let read = read.filter(|at| context.utc(&at.to_string()).is_some());
    let hint = if context.dates.is_some() {
        "a date of the row is none, or lies before 2015 or after tomorrow"
    } else {
        "a date of the row can be read in more than one way: say how dates are written with `--dates`"
    };
    read.map(Some).ok_or(Outcome::refused(hint))
}
