//! Claims, the facts that they rest on, and how accounts are linked.

use pal_rules::claim::{Claim, Claimed, FactRef};
use pal_rules::id::{Id, ObjectId};
use pal_rules::standing::{LinkLeftOut, LinkStanding, Standing};
use pal_rules::word::{ActivityKind, Basis, KnownFrom, PrincipalKind};

use super::put::Flat;
use super::{Text, Unreadable, Value, maybe_time, partner, read, text, time};

mirror! {
    pub(super) struct ClaimJson<T> {
        object_id: T,
        basis: T,
        since: T,
        since_fact: FactJson<T>,
        group_id: Option<T>,
        last_active_at: T,
        last_active_fact: FactJson<T>,
        #[serde(flatten)]
        standing: Flat<StandingJson<T>>,
    }

    /// How an account stands: all that decides whether it counts.
    pub(super) struct StandingJson<T> {
        // Accounts beside the claims had nothing but a link before.
        kind: Option<T>,
        disabled_at: Option<T>,
        link: LinkJson<T>,
        // Only where there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        link_left_out: Option<LeftOutJson<T>>,
    }

    /// A link that does not count here.
    struct LeftOutJson<T> {
        partner_id: T,
        linked_at: T,
        known_from: T,
    }

    /// A fact by its id or kind.
    pub(crate) enum FactJson<T> by "fact" {
        Event = "event" { id: T },
        Import = "import" { id: T },
        Membership = "membership" { group_id: T },
        Activity = "activity" { kind: T },
        AnyActivity = "any_activity",
    }

    enum LinkJson<T> by "state" {
        On = "on" {
            partner_id: T,
            global_partner_id: T,
            linked_at: T,
            known_from: T,
            partner_active: bool,
        },
        Removed = "removed" {
            partner_id: T,
            linked_at: T,
            unlinked_at: T,
            known_from: Option<T>,
        },
        NotBefore = "not_before" {
            partner_id: T,
            linked_at: T,
            known_from: Option<T>,
        },
        Never = "never",
    }
}

impl<'a> From<&'a Claim> for ClaimJson<Value<'a>> {
    fn from(claim: &'a Claim) -> Self {
        let claimed = &claim.claimed;
        Self {
            object_id: text(&claimed.object),
            basis: text(&claimed.basis),
            since: text(&claimed.since),
            since_fact: (&claimed.since_fact).into(),
            group_id: claimed.group.as_ref().map(text),
            last_active_at: text(&claim.last_active_at),
            last_active_fact: (&claim.last_active_fact).into(),
            standing: Flat((&claim.standing).into()),
        }
    }
}

impl TryFrom<&ClaimJson<Text<'_>>> for Claim {
    type Error = Unreadable;

    fn try_from(json: &ClaimJson<Text<'_>>) -> Result<Self, Unreadable> {
        Ok(Self {
            claimed: Claimed {
                object: ObjectId::new(&json.object_id),
                basis: read("basis", &json.basis, Basis::parse)?,
                since: time("since", &json.since)?,
                since_fact: (&json.since_fact).try_into()?,
                group: json.group_id.as_deref().map(ObjectId::new),
            },
            last_active_at: time("last_active_at", &json.last_active_at)?,
            last_active_fact: (&json.last_active_fact).try_into()?,
            standing: (&json.standing.0).try_into()?,
        })
    }
}

impl<'a> From<&'a Standing> for StandingJson<Value<'a>> {
    fn from(standing: &'a Standing) -> Self {
        Self {
            kind: standing.kind.as_ref().map(text),
            disabled_at: standing.disabled_at.as_ref().map(text),
            link: (&standing.link).into(),
            link_left_out: standing.left_out.as_ref().map(|link| LeftOutJson {
                partner_id: text(&link.partner),
                linked_at: text(&link.linked_at),
                known_from: text(&link.known_from),
            }),
        }
    }
}

impl TryFrom<&StandingJson<Text<'_>>> for Standing {
    type Error = Unreadable;

    fn try_from(json: &StandingJson<Text<'_>>) -> Result<Self, Unreadable> {
        let kind = json.kind.as_deref().map(|kind| read("kind", kind, PrincipalKind::parse));
        let left_out = json.link_left_out.as_ref().map(|link| {
            Ok(LinkLeftOut {
                partner: partner("partner_id", &link.partner_id)?,
                linked_at: time("linked_at", &link.linked_at)?,
                known_from: read("known_from", &link.known_from, KnownFrom::parse)?,
            })
        });
        Ok(Self {
            kind: kind.transpose()?,
            disabled_at: maybe_time("disabled_at", json.disabled_at.as_ref())?,
            link: (&json.link).try_into()?,
            left_out: left_out.transpose()?,
        })
    }
}

impl<'a> From<&'a FactRef> for FactJson<Value<'a>> {
    fn from(fact: &'a FactRef) -> Self {
        match fact {
            FactRef::Event(id) => Self::Event { id: text(id) },
            FactRef::Import(id) => Self::Import { id: text(id) },
            FactRef::Membership(group) => Self::Membership { group_id: text(group) },
            FactRef::Activity(kind) => Self::Activity { kind: text(kind) },
            FactRef::AnyActivity => Self::AnyActivity,
        }
    }
}

impl TryFrom<&FactJson<Text<'_>>> for FactRef {
    type Error = Unreadable;

    fn try_from(json: &FactJson<Text<'_>>) -> Result<Self, Unreadable> {
        Ok(match json {
            FactJson::Event { id } => Self::Event(Id::new(id)),
            FactJson::Import { id } => Self::Import(Id::new(id)),
            FactJson::Membership { group_id } => Self::Membership(ObjectId::new(group_id)),
            FactJson::Activity { kind } => Self::Activity(read("kind", kind, ActivityKind::parse)?),
            FactJson::AnyActivity => Self::AnyActivity,
        })
    }
}

impl<'a> From<&'a LinkStanding> for LinkJson<Value<'a>> {
    fn from(link: &'a LinkStanding) -> Self {
        match link {
            LinkStanding::On { partner, company, linked_at, known_from, partner_active } => Self::On {
                partner_id: text(partner),
                global_partner_id: text(company),
                linked_at: text(linked_at),
                known_from: text(known_from),
                partner_active: *partner_active,
            },
            LinkStanding::Removed { partner, linked_at, unlinked_at, known_from } => Self::Removed {
                partner_id: text(partner),
                linked_at: text(linked_at),
                unlinked_at: text(unlinked_at),
                known_from: known_from.as_ref().map(text),
            },
            LinkStanding::Later { partner, linked_at, known_from } => Self::NotBefore {
                partner_id: text(partner),
                linked_at: text(linked_at),
                known_from: known_from.as_ref().map(text),
            },
            LinkStanding::Never => Self::Never,
        }
    }
}

impl TryFrom<&LinkJson<Text<'_>>> for LinkStanding {
    type Error = Unreadable;

    fn try_from(json: &LinkJson<Text<'_>>) -> Result<Self, Unreadable> {
        Ok(match json {
            LinkJson::On { partner_id, global_partner_id, linked_at, known_from, partner_active } => {
                Self::On {
                    partner: partner("partner_id", partner_id)?,
                    company: partner("global_partner_id", global_partner_id)?,
                    linked_at: time("linked_at", linked_at)?,
                    known_from: read("known_from", known_from, KnownFrom::parse)?,
                    partner_active: *partner_active,
                }
            }
            LinkJson::Removed { partner_id, linked_at, unlinked_at, known_from } => Self::Removed {
                partner: partner("partner_id", partner_id)?,
                linked_at: time("linked_at", linked_at)?,
                unlinked_at: time("unlinked_at", unlinked_at)?,
                known_from: maybe_known_from(known_from.as_deref())?,
            },
            LinkJson::NotBefore { partner_id, linked_at, known_from } => Self::Later {
                partner: partner("partner_id", partner_id)?,
                linked_at: time("linked_at", linked_at)?,
                known_from: maybe_known_from(known_from.as_deref())?,
            },
            LinkJson::Never => Self::Never,
        })
    }
}

fn maybe_known_from(word: Option<&str>) -> Result<Option<KnownFrom>, Unreadable> {
    word.map(|word| read("known_from", word, KnownFrom::parse)).transpose()
}
