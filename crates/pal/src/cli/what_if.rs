//! `pal what-if`: changes that are only supposed.

use std::path::PathBuf;

use clap::Args;
use pal_rules::id::PartnerId;
use pal_rules::time::{Day, Timestamp};

use super::MachineArguments;
use super::value::{Months, months};

/// Show what credit would change if some facts were other than they are
///
/// Nothing is kept. A change holds from its TIME on, an instant or a day; without one, from the start of the first month.
/// ACCOUNT is an object id, a sign-in name or a name, with its tenant and a slash before it where several have it.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  pal what-if 2026-03 --link svc-partner@contoso.com=6000110\n  pal what-if 2026-01..2026-03 --owner \"Expense approvals\"=svc-partner@contoso.com@2026-02-01\n  pal what-if 2026-03 --facts ./changed-facts"
)]
pub(crate) struct WhatIf {
    /// Month, or range of months, to judge both ways
    #[arg(value_name = "YYYY-MM[..YYYY-MM]", value_parser = months)]
    pub(crate) month: Months,
    /// The account is linked to the partner, and to no other
    #[arg(long, value_name = "ACCOUNT=PARTNER_ID[@TIME]", value_parser = link)]
    pub(crate) link: Vec<Change<PartnerId>>,
    /// The account is linked to nobody
    #[arg(long, value_name = "ACCOUNT[@TIME]", value_parser = account)]
    pub(crate) unlink: Vec<Change<()>>,
    /// The account owns the canvas app or flow, or publishes the dataset
    #[arg(long, value_name = "RESOURCE=ACCOUNT[@TIME]", value_parser = owner)]
    pub(crate) owner: Vec<Change<String>>,
    /// The account imports a solution again that the environment has
    #[arg(long, value_name = "ENVIRONMENT/SOLUTION=ACCOUNT[@TIME]", value_parser = import)]
    pub(crate) import: Vec<Change<(String, String)>>,
    /// The account is disabled
    #[arg(long, value_name = "ACCOUNT[@TIME]", value_parser = account)]
    pub(crate) disable: Vec<Change<()>>,
    /// Rows of this facts directory hold in place of those with the same key, and beside all others
    #[arg(long, value_name = "FACTS_DIR")]
    pub(crate) facts: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) machine: MachineArguments,
}

/// A change of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change<T> {
    /// Whom it is of.
    pub(crate) account: String,
    /// To what.
    pub(crate) to: T,
    /// From when on.
    pub(crate) at: Option<Timestamp>,
}

impl<T> Change<T> {
    fn with<U>(self, to: U) -> Change<U> {
        Change { account: self.account, to, at: self.at }
    }
}

/// Reads `ACCOUNT[@TIME]`: a sign-in name has an `@`, too, so what follows the last one counts if it is a time.
fn account(text: &str) -> Result<Change<()>, String> {
    let (account, at) = timed(text);
    if account.is_empty() {
        return Err(format!("`{text}` names no account"));
    }
    Ok(Change { account: account.to_owned(), to: (), at })
}

fn timed(text: &str) -> (&str, Option<Timestamp>) {
    let time = |text: &str| Timestamp::parse(text).or_else(|| Day::parse(text).map(Day::start));
    match text.rsplit_once('@').and_then(|(before, after)| Some((before, time(after)?))) {
        Some((before, at)) => (before, Some(at)),
        None => (text, None),
    }
}

fn link(text: &str) -> Result<Change<PartnerId>, String> {
    let (account, rest) = text
        .rsplit_once('=')
        .ok_or_else(|| format!("`{text}` is not ACCOUNT=PARTNER_ID, such as svc@contoso.com=6000110"))?;
    let (partner, at) = timed(rest);
    let to = PartnerId::new(partner)
        .ok_or_else(|| format!("`{partner}` is no partner id: it has 1 to 10 digits"))?;
    Ok(self::account(account)?.with(to).from(at))
}

impl<T> Change<T> {
    fn from(self, at: Option<Timestamp>) -> Self {
        Self { at, ..self }
    }
}

fn owner(text: &str) -> Result<Change<String>, String> {
    let (resource, rest) = text
        .rsplit_once('=')
        .ok_or_else(|| format!("`{text}` is not RESOURCE=ACCOUNT, such as \"My app\"=svc@contoso.com"))?;
    Ok(account(rest)?.with(resource.to_owned()))
}

fn import(text: &str) -> Result<Change<(String, String)>, String> {
    let wrong = || {
        format!(
            "`{text}` is not ENVIRONMENT/SOLUTION=ACCOUNT, such as Production/ContosoFinance=svc@contoso.com"
        )
    };
    let (what, rest) = text.rsplit_once('=').ok_or_else(wrong)?;
    let (environment, solution) = what.rsplit_once('/').ok_or_else(wrong)?;
    Ok(account(rest)?.with((environment.to_owned(), solution.to_owned())))
}

#[cfg(test)]
mod tests {
    use pal_rules::time::Timestamp;

    use super::{account, import, link, owner};

    #[test]
    fn what_follows_the_last_at_is_a_time_if_it_is_one() {
        let noon = Timestamp::parse("2026-03-01T12:00:00Z");
        for (text, name, at) in [
            ("svc@contoso.com", "svc@contoso.com", None),
            ("svc@contoso.com@2026-03-01T12:00:00Z", "svc@contoso.com", noon),
            ("Ada Lovelace@2026-03-01", "Ada Lovelace", Timestamp::parse("2026-03-01T00:00:00Z")),
            ("contoso/svc@contoso.com", "contoso/svc@contoso.com", None),
        ] {
            let change = account(text).unwrap();
            assert_eq!((change.account.as_str(), change.at), (name, at), "{text}");
        }
    }

    #[test]
    fn changes_name_what_they_are_of() {
        let change = link("svc@contoso.com=6000110@2026-03-01").unwrap();
        assert_eq!((change.account.as_str(), change.to.to_string().as_str()), ("svc@contoso.com", "6000110"));
        assert_eq!(change.at, Timestamp::parse("2026-03-01T00:00:00Z"));
        let change = owner("a=b=svc@contoso.com").unwrap();
        assert_eq!((change.to.as_str(), change.account.as_str()), ("a=b", "svc@contoso.com"));
        let change = import("https://org.crm.dynamics.com/Finance=svc@contoso.com").unwrap();
        assert_eq!(change.to, ("https://org.crm.dynamics.com".to_owned(), "Finance".to_owned()));
        for text in ["", "svc@contoso.com", "svc=partner", "=6000110"] {
            assert!(link(text).is_err(), "{text}");
        }
        assert!(import("Finance=svc").is_err() && account("@2026-03-01").is_err());
    }
}
