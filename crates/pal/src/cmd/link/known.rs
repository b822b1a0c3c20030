//! Where a link is known, and what makes one real that is only here. Nothing that shows a link leaves this out.

use pal_fleet::endpoint::Endpoint;
use pal_rules::time::Timestamp;
use pal_rules::word::KnownFrom;
use serde_json::{Value, json};

use crate::render::tell;

/// The portal's page for it.
const PORTAL: &str = "https://portal.azure.com/#blade/Microsoft_Azure_Billing/managementpartnerblade";

/// Where what an endpoint shows is known.
pub(crate) fn known_from(endpoint: &Endpoint) -> KnownFrom {
    if endpoint.is_microsoft() { KnownFrom::Microsoft } else { KnownFrom::ThisServer }
}

/// The same in words.
///
/// - `read`: when it was read.
pub(crate) fn words(known_from: KnownFrom, read: Timestamp) -> String {
    match known_from {
        KnownFrom::Microsoft => format!("Microsoft, read on {}", read.day()),
        KnownFrom::Declared => "declared".to_owned(),
        KnownFrom::ThisServer => "only here".to_owned(),
    }
}

/// What makes a link real that is only here.
pub(crate) fn make_real(tenant_id: &str, partner_id: &str) -> Value {
    json!({"commands": commands(tenant_id, partner_id), "portal": PORTAL})
}

/// The same for people.
pub(crate) fn tell_make_real(tenant_id: &str, partner_id: &str) {
    let [login, create] = commands(tenant_id, partner_id);
    tell(format!(
        "only here: Microsoft does not know this link. To make it real:\n  {login}\n  {create}\nor in a browser: {PORTAL}"
    ));
}

/// Says what a removal did not do.
pub(crate) fn tell_untouched(endpoint: &Endpoint) {
    if known_from(endpoint) == KnownFrom::ThisServer {
        tell("only here: a link at Microsoft, if there is one, is as it was");
    }
}

fn commands(tenant_id: &str, partner_id: &str) -> [String; 2] {
    [
        format!("az login --tenant {tenant_id}"),
        format!("az managementpartner create --partner-id {partner_id}"),
    ]
}
