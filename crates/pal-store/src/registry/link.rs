//! Partner links, and what a change of one can come to.

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::PrincipalScope;

/// An active link of a principal to a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The customer's directory.
    pub tenant: Uuid,
    /// The principal in it.
    pub object_id: Uuid,
    /// The partner location.
    pub partner_id: PartnerId,
    /// Its name, if the partner directory has it.
    pub partner_name: Option<String>,
    /// Counts every change and every delete since the record was made, from 1.
    pub version: i64,
    /// When the principal was first linked; survives delete and re-create.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Who asks for a change, and by what; kept in history and audit. Never a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `x-ms-client-request-id`, which clients keep over their retries.
    pub client_request_id: Option<String>,
    /// Our own id of the request.
    pub request_id: Uuid,
    /// A name for people to read.
    pub caller_name: Option<String>,
    /// The client program that signed in.
    pub client_id: Option<String>,
    /// The way in: `provider`, `cli` or `own_api`.
    pub via: &'static str,
}

impl Request {
    /// The same without the one letter that PostgreSQL cannot hold, so that every engine keeps the same.
    pub(super) fn storable(mut self) -> Self {
        for text in
            [&mut self.client_request_id, &mut self.caller_name, &mut self.client_id].into_iter().flatten()
        {
            text.retain(|letter| letter != '\0');
        }
        self
    }
}

/// What came of creating a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// It was made.
    Made(Link),
    /// The very request that made the link was sent again: nothing was written.
    Repeated(Link),
    /// There is a link already, to this or another partner: nothing was written.
    AlreadyLinked(Link),
    /// No location of that id is active: nothing was written.
    UnknownPartner,
}

/// What came of changing a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Updated {
    /// It was changed.
    Changed(Link),
    /// It is to this partner already: version and time stay.
    Unchanged(Link),
    /// There is no link.
    NotLinked,
    /// No location of that id is active: nothing was written.
    UnknownPartner,
}

/// What came of deleting a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It was deleted; the link as it stood, with the version and time of the delete.
    Deleted(Link),
    /// There is no link.
    NotLinked,
    /// It is to another partner than the one named: nothing was written.
    OtherPartner(Link),
}

/// The record of a principal: its link, active or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) partner_id: PartnerId,
    pub(super) active: bool,
    pub(super) version: i64,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    /// The client request id of the PUT that made the link as it stands.
    pub(super) made_by: Option<String>,
}

impl Record {
    /// The record after a change: one version on, with the time of its first link kept.
    pub(super) fn after(stored: Option<&Self>, partner_id: PartnerId, at: Timestamp) -> Self {
        Self {
            partner_id,
            active: true,
            version: stored.map_or(1, |record| record.version + 1),
            created_at: stored.map_or(at, |record| record.created_at),
            updated_at: at,
            made_by: None,
        }
    }

    /// Whether a request is the one that made the link as it stands, sent again after a lost reply.
    pub(super) fn made_by(&self, partner: PartnerId, request: &Request) -> bool {
        self.made_by.is_some() && self.made_by == request.client_request_id && self.partner_id == partner
    }

    /// The record as a link; a deleted one as it stood at its end.
    pub(super) fn link(&self, scope: PrincipalScope, partner_name: Option<String>) -> Link {
        Link {
            tenant: scope.tenant(),
            object_id: scope.object_id(),
            partner_id: self.partner_id,
            partner_name,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    pub(super) fn state(&self) -> &'static str {
        if self.active { "Active" } else { "Deleted" }
    }

    /// The record as audit tells it.
    pub(super) fn audited(&self, object_id: Uuid) -> Value {
        json!({
            "object_id": object_id.to_string(),
            "partner_id": self.partner_id.to_string(),
            "state": self.state(),
            "version": self.version,
            "created_at": self.created_at.to_string(),
            "updated_at": self.updated_at.to_string(),
        })
    }
}
