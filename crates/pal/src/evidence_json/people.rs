//! Accounts that had to do with a resource beside its claims.

use pal_rules::evidence::{Involved, LinkedUser, PastCoOwner};
use pal_rules::id::ObjectId;
use serde::{Deserialize, Serialize};

use super::claim::{FactJson, StandingJson};
use super::{Text, Unreadable, maybe_time, partner, text, time};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct InvolvedJson<'a> {
    object_id: Text<'a>,
    fact: FactJson<'a>,
    at: Text<'a>,
    partner_ids: Vec<Text<'a>>,
    #[serde(flatten)]
    standing: StandingJson<'a>,
    last_make_at: Option<Text<'a>>,
}

/// A co-owner of the past.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PastCoOwnerJson<'a> {
    object_id: Text<'a>,
    group_id: Option<Text<'a>>,
    since: Text<'a>,
    until: Text<'a>,
}

/// A linked account that only used the resource.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LinkedUserJson<'a> {
    object_id: Text<'a>,
    #[serde(flatten)]
    standing: StandingJson<'a>,
}

impl<'a> From<&'a Involved> for InvolvedJson<'a> {
    fn from(involved: &'a Involved) -> Self {
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

impl TryFrom<&InvolvedJson<'_>> for Involved {
    type Error = Unreadable;

    fn try_from(json: &InvolvedJson<'_>) -> Result<Self, Unreadable> {
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

impl<'a> From<&'a PastCoOwner> for PastCoOwnerJson<'a> {
    fn from(past: &'a PastCoOwner) -> Self {
        Self {
            object_id: text(&past.object),
            group_id: past.group.as_ref().map(text),
            since: text(&past.since),
            until: text(&past.until),
        }
    }
}

impl TryFrom<&PastCoOwnerJson<'_>> for PastCoOwner {
    type Error = Unreadable;

    fn try_from(json: &PastCoOwnerJson<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            object: ObjectId::new(&json.object_id),
            group: json.group_id.as_deref().map(ObjectId::new),
            since: time("since", &json.since)?,
            until: time("until", &json.until)?,
        })
    }
}

impl<'a> From<&'a LinkedUser> for LinkedUserJson<'a> {
    fn from(user: &'a LinkedUser) -> Self {
        Self { object_id: text(&user.object), standing: (&user.standing).into() }
    }
}

impl TryFrom<&LinkedUserJson<'_>> for LinkedUser {
    type Error = Unreadable;

    fn try_from(json: &LinkedUserJson<'_>) -> Result<Self, Unreadable> {
        Ok(Self { object: ObjectId::new(&json.object_id), standing: (&json.standing).try_into()? })
    }
}
