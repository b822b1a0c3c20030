//! Accounts that had to do with a resource beside its claims.

use pal_rules::evidence::{Involved, LinkedUser, PastCoOwner};
use pal_rules::id::ObjectId;

use super::claim::{FactJson, StandingJson};
use super::put::Flat;
use super::{Text, Unreadable, Value, maybe_time, partner, text, time};

mirror! {
    pub(super) struct InvolvedJson<T> {
        object_id: T,
        fact: FactJson<T>,
        at: T,
        #[serde(default)]
        partner_ids: Vec<T>,
        #[serde(flatten)]
        standing: Flat<StandingJson<T>>,
        last_make_at: Option<T>,
    }

    /// A co-owner of the past.
    pub(super) struct PastCoOwnerJson<T> {
        object_id: T,
        group_id: Option<T>,
        since: T,
        until: T,
    }

    /// A linked account that only used the resource.
    pub(super) struct LinkedUserJson<T> {
        object_id: T,
        #[serde(flatten)]
        standing: Flat<StandingJson<T>>,
    }
}

impl<'a> From<&'a Involved> for InvolvedJson<Value<'a>> {
    fn from(involved: &'a Involved) -> Self {
        Self {
            object_id: text(&involved.object),
            fact: (&involved.fact).into(),
            at: text(&involved.at),
            partner_ids: involved.partners.iter().map(text).collect(),
            standing: Flat((&involved.standing).into()),
            last_make_at: involved.last_make.as_ref().map(text),
        }
    }
}

impl TryFrom<&InvolvedJson<Text<'_>>> for Involved {
    type Error = Unreadable;

    fn try_from(json: &InvolvedJson<Text<'_>>) -> Result<Self, Unreadable> {
        let partners = json.partner_ids.iter().map(|id| partner("partner_ids", id));
        Ok(Self {
            object: ObjectId::new(&json.object_id),
            fact: (&json.fact).try_into()?,
            at: time("at", &json.at)?,
            partners: partners.collect::<Result<_, _>>()?,
            standing: (&json.standing.0).try_into()?,
            last_make: maybe_time("last_make_at", json.last_make_at.as_ref())?,
        })
    }
}

impl<'a> From<&'a PastCoOwner> for PastCoOwnerJson<Value<'a>> {
    fn from(past: &'a PastCoOwner) -> Self {
        Self {
            object_id: text(&past.object),
            group_id: past.group.as_ref().map(text),
            since: text(&past.since),
            until: text(&past.until),
        }
    }
}

impl TryFrom<&PastCoOwnerJson<Text<'_>>> for PastCoOwner {
    type Error = Unreadable;

    fn try_from(json: &PastCoOwnerJson<Text<'_>>) -> Result<Self, Unreadable> {
        Ok(Self {
            object: ObjectId::new(&json.object_id),
            group: json.group_id.as_deref().map(ObjectId::new),
            since: time("since", &json.since)?,
            until: time("until", &json.until)?,
        })
    }
}

impl<'a> From<&'a LinkedUser> for LinkedUserJson<Value<'a>> {
    fn from(user: &'a LinkedUser) -> Self {
        Self { object_id: text(&user.object), standing: Flat((&user.standing).into()) }
    }
}

impl TryFrom<&LinkedUserJson<Text<'_>>> for LinkedUser {
    type Error = Unreadable;

    fn try_from(json: &LinkedUserJson<Text<'_>>) -> Result<Self, Unreadable> {
        Ok(Self { object: ObjectId::new(&json.object_id), standing: (&json.standing.0).try_into()? })
    }
}
