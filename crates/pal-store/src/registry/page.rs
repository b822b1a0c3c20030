//! Lists of links, page by page, and the history of one.

use std::fmt;

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use uuid::Uuid;

use super::Link;
use crate::ReadScope;

/// Which links to list, and how many of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// At most this many, and at least 1.
    pub limit: u32,
    /// After this place; from the start, if empty.
    pub after: Option<Cursor>,
    /// Only of this tenant.
    pub tenant: Option<Uuid>,
    /// Only to this partner.
    pub partner: Option<PartnerId>,
    /// Only where an id, the partner's name or the name of who made the last change contains this, in any case.
    pub text: Option<String>,
}

impl Default for Page {
    /// The first hundred of all links.
    fn default() -> Self {
        Self { limit: 100, after: None, tenant: None, partner: None, text: None }
    }
}

/// A page of active links, by tenant and object id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkPage {
    /// The links.
    pub links: Vec<Link>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// A place in the list of links. Its text means nothing to a caller, and no more can be reached with one than without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    tenant: Uuid,
    object_id: Uuid,
}

impl Cursor {
    /// Reads the text of a cursor; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (tenant, object_id) = text.split_at_checked(32)?;
        let half = |digits: &str| Uuid::try_parse(digits).ok().filter(|_| digits.len() == 32);
        Some(Self { tenant: half(tenant)?, object_id: half(object_id)? })
    }

    pub(super) fn behind(link: &Link) -> Self {
        Self { tenant: link.tenant, object_id: link.object_id }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.tenant.simple(), self.object_id.simple())
    }
}

/// What a change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Made the link.
    Created,
    /// Moved it to another partner.
    Updated,
    /// Ended it.
    Deleted,
}

impl ChangeKind {
    /// The word for it in history.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }

    /// The word for it in audit.
    pub(super) fn audit_word(self) -> &'static str {
        match self {
            Self::Created => "link_created",
            Self::Updated => "link_updated",
            Self::Deleted => "link_deleted",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Created, Self::Updated, Self::Deleted].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One accepted change of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The version that it made.
    pub version: i64,
    /// What it did.
    pub kind: ChangeKind,
    /// The partner linked to from then on; of a delete, until then.
    pub partner_id: PartnerId,
    /// The partner linked to before, if another link was replaced.
    pub partner_before: Option<PartnerId>,
    /// When.
    pub at: Timestamp,
    /// Its place in the tenant's audit chain.
    pub audit_sequence: i64,
    /// Who, for people to read.
    pub caller_name: Option<String>,
    /// The client program that signed in.
    pub client_id: Option<String>,
    /// Our id of the request.
    pub request_id: Uuid,
    /// The client's id of the request.
    pub client_request_id: Option<String>,
    /// The way in.
    pub via: String,
}

/// Ranges of text that keep a query within a scope and a filter; the whole of an open range is `"".."~"`, because ids
/// are digits, lower-case letters and hyphens.
#[derive(Debug)]
pub(super) struct Bounds {
    pub(super) tenant: (String, String),
    pub(super) object_id: (String, String),
    pub(super) partner: (String, String),
    pub(super) after: (String, String),
    pub(super) pattern: String,
}

impl Bounds {
    /// The bounds of a page; `None` where scope and filter exclude each other.
    pub(super) fn new(scope: ReadScope, page: &Page) -> Option<Self> {
        if page.tenant.is_some() && scope.tenant().is_some() && page.tenant != scope.tenant() {
            return None;
        }
        let after = page.after.map_or_else(Default::default, |cursor| {
            (cursor.tenant.to_string(), cursor.object_id.to_string())
        });
        let (lowest, highest) = range(scope.tenant().or(page.tenant));
        Some(Self {
            // Begins where the last page ended, so that a page late in the list costs no more than an early one.
            tenant: (lowest.max(after.0.clone()), highest),
            object_id: range(scope.object_id()),
            partner: range(page.partner),
            after,
            pattern: page.text.as_deref().map_or_else(|| "%".to_owned(), pattern),
        })
    }
}

fn range(only: Option<impl ToString>) -> (String, String) {
    only.map_or_else(|| (String::new(), "~".to_owned()), |only| (only.to_string(), only.to_string()))
}

/// A `like` pattern for text anywhere, lower-cased as the searched columns are.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
