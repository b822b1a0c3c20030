//! Accounts that had to do with a resource beside its claims.

use pal_rules::evidence::{Involved, LinkedUser, PastCoOwner};
use pal_rules::id::ObjectId;
use serde::{Deserialize, Serialize};

use super::claim::{FactJson, StandingJson};
use super::{Text, Unreadable, maybe_time, partner, text, time};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct InvolvedJson {
    object_id: Text,
    fact: FactJson,
    at: Text,
    partner_ids: Vec<Text>,
    #[serde(flatten)]
    standing: StandingJson,
    last_make_at: Option<Text>,
}

/// A co-owner of the past.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PastCoOwnerJson {
    object_id: Text,
    group_id: Option<Text>,
    since: Text,
    until: Text,
}

/// A linked account that only used the resource.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LinkedUserJson {
    object_id: Text,
    #[serde(flatten)]
    standing: StandingJson,
}

impl From<&Involved> for InvolvedJson {
    fn from(involved: &Involved) -> Self {
        Self {
            object_id: text(&involved.object),
            fact: (&involved.fact).into(),
            at: text(&involved.at),
            partner_ids: involved.partners.iter().map(text).collect(),
            standing: (&involved.standing).into(),
            last_make_at: involved.last_make.as_ref().map(text),
        }
    }
}

impl TryFrom<&InvolvedJson> for Involved {
    type Error = Unreadable;

    fn try_from(json: &InvolvedJson) -> Result<Self, Unreadable> {
        let partners = json.partner_ids.iter().map(|id| partner("partner_ids", id));
        Ok(Self {
            object: ObjectId::new(&json.object_id),
            fact: (&json.fact).try_into()?,
            at: time("at", &json.at)?,
            partners: partners.collect::<Result<_, _>>()?,
            standing: (&json.standing).try_into()?,
            last_make: maybe_time("last_make_at", json.last_make_at.as_ref())?,
        })
    }
}

impl From<&PastCoOwner> for PastCoOwnerJson {
    fn from(past: &PastCoOwner) -> Self {
        Self {
            object_id: text(&past.object),
            group_id: past.group.as_ref().map(text),
            since: text(&past.since),
            until: text(&past.until),
        }
    }
}

impl TryFrom<&PastCoOwnerJson> for PastCoOwner {
    type Error = Unreadable;

    fn try_from(json: &PastCoOwnerJson) -> Result<Self, Unreadable> {
        Ok(Self {
            object: ObjectId::new(&json.object_id),
            group: json.group_id.as_deref().map(ObjectId::new),
            since: time("since", &json.since)?,
            until: time("until", &json.until)?,
        })
    }
}

impl From<&LinkedUser> for LinkedUserJson {
    fn from(user: &LinkedUser) -> Self {
        Self { object_id: text(&user.object), standing: (&user.standing).into() }
    }
}

impl TryFrom<&LinkedUserJson> for LinkedUser {
    type Error = Unreadable;

    fn try_from(json: &LinkedUserJson) -> Result<Self, Unreadable> {
        Ok(Self { object: ObjectId::new(&json.object_id), standing: (&json.standing).try_into()? })
    }
}
