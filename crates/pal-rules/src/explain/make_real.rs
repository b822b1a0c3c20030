//! How a link that is known only to a server of one's own becomes one at Microsoft.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::teller::Teller;
use crate::claim::Claim;
use crate::id::PartnerId;
use crate::standing::LinkStanding;
use crate::word::KnownFrom;

/// The portal page *Link to a partner ID*.
pub const PORTAL: &str = "https://portal.azure.com/#blade/Microsoft_Azure_Billing/managementpartnerblade";

/// The commands that make a link at Microsoft, given signed in as the account itself.
pub fn commands(tenant: &str, partner: impl Display) -> [String; 2] {
    [format!("az login --tenant {tenant}"), format!("az managementpartner create --partner-id {partner}")]
}

/// For each partner to whom links of these claims are known only here: whose they are, and how they become real.
pub(super) fn only_here(claims: &[&Claim], teller: &Teller<'_>) -> Vec<String> {
    let mut accounts: BTreeMap<PartnerId, Vec<String>> = BTreeMap::new();
    for claim in claims {
        let link = match (claim.standing.link, claim.standing.left_out) {
            (LinkStanding::On { partner, known_from, .. }, _) => Some((partner, known_from)),
            (_, Some(left_out)) => Some((left_out.partner, left_out.known_from)),
            _ => None,
        };
        if let Some((partner, KnownFrom::ThisServer)) = link {
            accounts.entry(partner).or_default().push(teller.who(&claim.claimed.object));
        }
    }
    let words = |(partner, who): (PartnerId, Vec<String>)| {
        let [login, create] = commands(&teller.evidence.subject.tenant.to_string(), partner);
        let (who, to) = (who.join(", "), teller.partner(partner));
        format!(
            "The link of {who} to {to} is only here, not at Microsoft. To make it real, signed in as that account: \
             `{login}`, then `{create}`; or in the portal: {PORTAL}"
        )
    };
    accounts.into_iter().map(words).collect()
}
