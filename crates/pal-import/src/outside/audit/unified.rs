//! Power Platform as one, record type 256: names and values in `PropertyCollection`, or as one object in
//! `JsonPropertiesCollection` (`formats.md` §2.5). What they say becomes the same facts as the older records.

use std::borrow::Cow;

use pal_rules::id::Id;
use serde_json::Value;

use super::{Audited, Name, flow, power_apps};
use crate::outside::facts::{Facts, Outcome};
use crate::outside::{Record, normal};

const ANALYTICS: &str = "powerplatform.analytics.";

/// The names and values of a record.
pub(super) struct Properties<'a> {
    pairs: Option<Cow<'a, Value>>,
    object: Option<Cow<'a, Value>>,
}

impl<'a> Properties<'a> {
    pub(super) fn of(fields: &'a super::Fields<'_>) -> Properties<'a> {
        let pairs = fields.nested(Name::PropertyCollection);
        // The same once more: read only where the first is missing.
        let missing = pairs.as_ref().is_none_or(|pairs| pairs.as_array().is_none_or(Vec::is_empty));
        Properties { object: missing.then(|| fields.nested(Name::JsonPropertiesCollection)).flatten(), pairs }
    }

    /// The text of a property, by its name in any casing.
    fn text(&self, name: &str) -> Option<&str> {
        let pairs = self.pairs.iter().filter_map(|pairs| pairs.as_array()).flatten().map(Record::new);
        let named =
            |pair: &Record<'_>| pair.text(&["Name"]).is_some_and(|key| key.eq_ignore_ascii_case(name));
        let paired = pairs.filter(named).find_map(|pair| pair.text(&["Value"]));
        let members = || self.object.iter().filter_map(|object| object.as_object()).flatten();
        let member = || members().find(|(key, _)| key.eq_ignore_ascii_case(name));
        let text = paired.or_else(|| member()?.1.as_str().map(str::trim));
        text.filter(|text| !text.is_empty())
    }

    pub(super) fn analytics(&self, name: &str) -> Option<&str> {
        self.text(&format!("{ANALYTICS}{name}"))
    }

    /// The one who acted: an object id, else a name.
    pub(super) fn actor(&self) -> Option<Id> {
        let id = self.text("enduser.id").and_then(normal::guid);
        id.or_else(|| self.text("enduser.principal_name").and_then(Audited::person))
    }
}

pub(super) fn becomes(audited: &Audited<'_>, properties: &Properties<'_>, facts: &mut Facts) -> Outcome {
    if properties.analytics("operation.is_successful").is_some_and(|word| word.eq_ignore_ascii_case("false"))
    {
        return audited.ignored(" that failed");
    }
    let lacks = |what: &'static str| Outcome::Refused(what.into());
    if let Some(act) = power_apps::act(audited.operation) {
        let app = properties.analytics("resource.power_app.id").and_then(normal::guid);
        return match app {
            Some(app) => power_apps::apply(audited, facts, act, &app),
            None => lacks("the record does not say which app"),
        };
    }
    match flow::act(audited.operation) {
        Some(act) => match properties.analytics("resource.cloud_flow.id").and_then(normal::guid) {
            Some(flow) => flow::apply(audited, facts, act, &flow),
            None => lacks("the record does not say which flow"),
        },
        None => audited.ignored(""),
    }
}
