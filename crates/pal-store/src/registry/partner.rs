//! The partner directory: which partner ids there are, and which can be linked to.

use std::collections::{BTreeMap, BTreeSet};

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use pal_rules::word::PartnerKind;
use serde_json::{Value, json};

/// Which partner ids a link may be made to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartnerPolicy {
    /// The active locations of the partner directory.
    Directory,
    /// Any id: a sandbox.
    AnyPartnerId,
}

/// A partner as the directory tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryPartner {
    /// The id.
    pub partner_id: PartnerId,
    /// The name of the organization.
    pub name: String,
    /// A location, which accounts are linked to, or a whole company.
    pub kind: PartnerKind,
    /// Of a location, the company it belongs to.
    pub global_partner_id: Option<PartnerId>,
    /// Since when the id is valid; always, if empty.
    pub active_from: Option<Timestamp>,
    /// From when on it is no longer valid; never, if empty.
    pub active_until: Option<Timestamp>,
}

/// A partner of the directory, and since when the directory says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPartner {
    /// What the directory says.
    pub partner: DirectoryPartner,
    /// When its entry last changed.
    pub changed_at: Timestamp,
}

/// Why a link cannot be made to an id; for our own API and command line, never for the provider's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartnerProblem {
    /// The directory does not have it.
    Unknown,
    /// It is the id of a company; links are to its locations.
    Global {
        /// The locations of that company that are active now.
        locations: Vec<PartnerId>,
    },
    /// It is not valid yet.
    NotYetActive {
        /// From when on it is.
        from: Timestamp,
    },
    /// It is no longer valid.
    NoLongerActive {
        /// Since when not.
        since: Timestamp,
    },
}

/// What came of writing to the directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartnersPut {
    /// Entries that are new or different.
    pub changed: u64,
    /// Entries that stood there already as they are.
    pub unchanged: u64,
}

/// The longest name of a partner, in characters: the facts take more, but no organization is called that.
const LONGEST_PARTNER_NAME: usize = 256;

/// Control characters that are no white space, and those that turn text around.
fn unprintable(letter: char) -> bool {
    let steers = letter.is_control() && !letter.is_whitespace();
    steers || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether entries make sense together, and with what the directory has already: each id once, each company a company.
/// For each that does not its position and why not.
pub fn check_together(new: &[DirectoryPartner], known: &[DirectoryPartner]) -> Vec<(usize, String)> {
    let mut all: BTreeMap<PartnerId, &DirectoryPartner> =
        known.iter().map(|partner| (partner.partner_id, partner)).collect();
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for (position, partner) in new.iter().enumerate() {
        if !seen.insert(partner.partner_id) {
            problems.push((position, format!("partner id {} stands there twice", partner.partner_id)));
        }
        all.insert(partner.partner_id, partner);
    }
    for (position, partner) in new.iter().enumerate() {
        let company = partner.global_partner_id.and_then(|id| all.get(&id));
        if let Some(company) = company.filter(|company| company.kind == PartnerKind::Location) {
            let id = company.partner_id;
            problems.push((position, format!("{id} is a location: a company is of kind `global`")));
        }
        let below = all.values().find(|below| below.global_partner_id == Some(partner.partner_id));
        if let (PartnerKind::Location, Some(below)) = (partner.kind, below)
            && !seen.contains(&below.partner_id)
        {
            let id = below.partner_id;
            problems.push((position, format!("it is the company of {id}, and so of kind `global`")));
        }
    }
    problems
}

impl DirectoryPartner {
    /// Whether the entry makes sense by itself.
    ///
    /// # Errors
    ///
    /// What does not, for people.
    pub fn check(&self) -> Result<(), String> {
        if self.name.trim().is_empty() {
            return Err("the name is empty".to_owned());
        }
        let length = self.name.chars().count();
        if length > LONGEST_PARTNER_NAME {
            return Err(format!(
                "the name has {length} characters, and no more than {LONGEST_PARTNER_NAME} are taken"
            ));
        }
        if self.name.chars().any(unprintable) {
            return Err("the name holds characters that cannot be shown".to_owned());
        }
        if self.kind == PartnerKind::Global && self.global_partner_id.is_some() {
            return Err("the id of a company belongs to no other company".to_owned());
        }
        match (self.active_from, self.active_until) {
            (Some(from), Some(until)) if until <= from => {
                Err(format!("it ends at {until}, before it begins at {from}"))
            }
            _ => Ok(()),
        }
    }

    /// The same without the one letter that PostgreSQL cannot hold, so that every engine keeps the same.
    pub(super) fn storable(mut self) -> Self {
        self.name.retain(|letter| letter != '\0');
        self
    }

    /// Why a link cannot be made to it at an instant; the locations of a company are left to the caller.
    pub(super) fn problem_at(&self, at: Timestamp) -> Option<PartnerProblem> {
        if self.kind == PartnerKind::Global {
            return Some(PartnerProblem::Global { locations: Vec::new() });
        }
        match (self.active_from, self.active_until) {
            (Some(from), _) if at < from => Some(PartnerProblem::NotYetActive { from }),
            (_, Some(since)) if since <= at => Some(PartnerProblem::NoLongerActive { since }),
            _ => None,
        }
    }

    /// The entry as audit tells it.
    pub(super) fn audited(&self) -> Value {
        json!({
            "partner_id": self.partner_id.to_string(),
            "name": self.name,
            "kind": self.kind.as_str(),
            "global_partner_id": self.global_partner_id.map(|id| id.to_string()),
            "active_from": self.active_from.map(|at| at.to_string()),
            "active_until": self.active_until.map(|at| at.to_string()),
        })
    }
}
