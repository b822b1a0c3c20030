//! How people, partners, times and facts are said in every section.

use std::collections::BTreeMap;

use crate::claim::{Claim, FactRef};
use crate::evidence::Evidence;
use crate::facts::listed;
use crate::fold::FoldEvent;
use crate::id::{Id, ObjectId, PartnerId};
use crate::names::Names;
use crate::standing::LinkLeftOut;
use crate::statement::Line;
use crate::time::Timestamp;
use crate::word::{Basis, KnownFrom, OwnershipKind, Product};

/// What every section is told from.
pub(super) struct Teller<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) names: Names<'a>,
    pub(super) line: Line,
    /// How many of the accounts that the evidence names have this name.
    named: BTreeMap<String, usize>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(evidence: &'a Evidence, names: Names<'a>) -> Self {
        let tenant = &evidence.subject.tenant;
        let mut named: BTreeMap<String, usize> = BTreeMap::new();
        for object in evidence.accounts() {
            *named.entry(names.principal(tenant, object)).or_default() += 1;
        }
        Self { evidence, names, line: evidence.line(), named }
    }

    /// An account by name, with its sign-in name or id where another account here has the same name.
    pub(super) fn who(&self, object: &ObjectId) -> String {
        let tenant = &self.evidence.subject.tenant;
        let name = self.names.principal(tenant, object);
        if self.named.get(&name).is_none_or(|accounts| *accounts < 2) {
            return name;
        }
        format!("{name} ({})", self.names.sign_in(tenant, object))
    }

    /// A partner by name and id.
    pub(super) fn partner(&self, partner: PartnerId) -> String {
        self.names.partner_and_id(partner)
    }

    /// A claim's account and what it is to the resource.
    pub(super) fn claimant(&self, claim: &Claim) -> String {
        let claimed = &claim.claimed;
        format!("{}, {}", self.who(&claimed.object), self.basis(claim))
    }

    fn basis(&self, claim: &Claim) -> String {
        let (claimed, since) = (&claim.claimed, day(claim.claimed.since));
        match claimed.basis {
            Basis::Importer => format!("who imported the solution that contains it on {since}"),
            Basis::Owner => format!("its owner since {since}"),
            Basis::Creator if self.owner_set(&claimed.since_fact) => format!("its owner since {since}"),
            Basis::Creator => format!("who created it on {since}"),
            Basis::Publisher => format!("who published it on {since}"),
            Basis::CoOwner => match &claimed.group {
                Some(group) => format!("a co-owner through {} since {since}", self.who(group)),
                None => format!("a co-owner since {since}"),
            },
            Basis::ActiveUser => format!("who was active on it in the month, first on {since}"),
        }
    }

    fn owner_set(&self, fact: &FactRef) -> bool {
        let FactRef::Event(id) = fact else { return false };
        self.evidence.fold.iter().any(|step| step.id == *id && step.what == FoldEvent::OwnerSet)
    }

    /// A fact, by its id or kind.
    pub(super) fn fact(&self, fact: &FactRef) -> String {
        match fact {
            FactRef::Event(id) => self.event(id),
            FactRef::Import(id) => format!("import {id}"),
            FactRef::Membership(group) => format!("joined {} then", self.who(group)),
            FactRef::Activity(_) => "worked on it (edited, saved, published or shared)".to_owned(),
            FactRef::AnyActivity => "activity on the instance".to_owned(),
        }
    }

    /// An event by its id; one derived from an inventory (`facts.md`, Listings) by the day of that, or as declared.
    pub(super) fn event(&self, id: &Id) -> String {
        match listed(id) {
            None => format!("event {id}"),
            Some((at, ..)) if self.is_declared(at) => format!("declared as from {}", day(at)),
            Some((at, ..)) => format!("inventory of {}", day(at)),
        }
    }

    /// Whether what an inventory is said to have shown of the resource at this time was declared.
    pub(super) fn is_declared(&self, at: Timestamp) -> bool {
        self.names.0.declared.contains(&(self.evidence.subject.resource.clone(), at))
    }
}

impl Evidence {
    /// Every account that the evidence names, sorted, each once.
    pub fn accounts(&self) -> Vec<&ObjectId> {
        let claims = self
            .claims
            .iter()
            .flat_map(|claim| std::iter::once(&claim.claimed.object).chain(claim.claimed.group.as_ref()));
        let past = self
            .past_co_owners
            .iter()
            .flat_map(|past| std::iter::once(&past.object).chain(past.group.as_ref()));
        let mut accounts: Vec<&ObjectId> = claims
            .chain(past)
            .chain(self.fold.iter().map(|step| &step.object))
            .chain(self.idle_imports.iter().map(|import| &import.object))
            .chain(self.kept_by_platform.iter().map(|kept| &kept.owner))
            .chain(self.involved.iter().map(|involved| &involved.object))
            .chain(self.linked_users.iter().map(|user| &user.object))
            .collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }
}

/// The basis of a claim as one word or two.
pub(super) fn basis_word(basis: Basis) -> String {
    match basis {
        Basis::CoOwner => "co-owner".to_owned(),
        Basis::ActiveUser => "active user".to_owned(),
        one_word => one_word.to_string(),
    }
}

/// A time to the second.
pub(super) fn moment(at: Timestamp) -> String {
    const SECOND: i64 = 1_000_000;
    Timestamp::from_micros(at.micros().div_euclid(SECOND) * SECOND).to_string()
}

/// Two times to the second, or in full where they would look the same.
pub(super) fn moments(a: Timestamp, b: Timestamp) -> (String, String) {
    let short = (moment(a), moment(b));
    if short.0 == short.1 { (a.to_string(), b.to_string()) } else { short }
}

/// The day of a time.
pub(super) fn day(at: Timestamp) -> String {
    at.day().to_string()
}

/// "no link known before DATE": with the time of day where the instant lies on that day.
pub(super) fn no_link_before(first: Timestamp, instant: Timestamp) -> String {
    let date =
        if first.day() == instant.day() && first != first.day().start() { moment(first) } else { day(first) };
    format!("no link known before {date}")
}

/// How a link came to be known, in plain words.
pub(super) const fn known_words(known_from: KnownFrom) -> &'static str {
    match known_from {
        KnownFrom::Microsoft => "as read from Microsoft",
        KnownFrom::Declared => "as declared in the facts",
        KnownFrom::ThisServer => "known only here",
    }
}

/// "linked only here to NAME (ID), which does not count here".
pub(super) fn left_out_words(link: &LinkLeftOut, teller: &Teller<'_>) -> String {
    let place = match link.known_from {
        KnownFrom::ThisServer => "only here",
        KnownFrom::Microsoft | KnownFrom::Declared => "elsewhere than here",
    };
    format!("linked {place} to {}, which does not count here (links_from)", teller.partner(link.partner))
}

/// A number of things: "1 person", "3 people".
pub(super) fn many(number: u64, one: &str, several: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {several}") }
}

/// How an account comes to claim a resource of this product: "let … ".
pub(super) fn claim_it(product: &Product, who: &str) -> String {
    match product {
        Product::PowerAppsCanvas => {
            format!("let {who} own or co-own the app, or import the solution that contains it")
        }
        Product::PowerAppsModelDriven => format!("let {who} import the solution that contains the app"),
        Product::PowerAutomate => {
            format!("let {who} own the flow, or import the solution that contains it")
        }
        Product::PowerBi => format!("let {who} publish the dataset"),
        Product::CustomerInsights => format!("let {who} use the instance"),
        Product::OutOfScope(_) => "nothing: the product is out of scope".to_owned(),
    }
}

/// What an ownership event of this kind did, said of the principal that it names.
pub(super) const fn event_did(kind: OwnershipKind) -> &'static str {
    match kind {
        OwnershipKind::Created => "created it",
        OwnershipKind::OwnerSet => "was made its owner",
        OwnershipKind::CoOwnerAdded => "was made a co-owner",
        OwnershipKind::CoOwnerRemoved => "was removed as co-owner",
        OwnershipKind::Published => "published it",
    }
}
