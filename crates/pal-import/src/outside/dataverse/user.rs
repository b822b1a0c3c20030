//! `systemuser`: which account a user id of an environment stands for. What the account is, and whether it is enabled, is
//! for the directory to say.

use pal_rules::id::Id;

use super::{environment, guid, tenant};
use crate::outside::facts::{Facts, Outcome};
use crate::outside::{Context, Record, normal};

pub(super) fn becomes(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<(), Outcome> {
    let environment = environment(record, context)?;
    let user = guid(record, &["systemuserid"]).ok_or(Outcome::refused("`systemuserid` is no id"))?;
    let application = || guid(record, &["applicationid"]).map(|id| Id::new(&format!("app:{id}")));
    let account = guid(record, &["azureactivedirectoryobjectid"])
        .or_else(application)
        .ok_or(Outcome::ignored("a Dataverse user without an account in the directory"))?;
    let alias = normal::dataverse(&environment, &user);
    facts.alias(&tenant(context)?, "principal", (&alias, &account), (None, None))
}
