//! Where a link is known, and what makes one real that is only here. Nothing that shows a link leaves this out.

use pal_fleet::endpoint::Endpoint;
use pal_rules::explain::make_real::{PORTAL, commands};
use pal_rules::time::Timestamp;
use pal_rules::word::KnownFrom;
use serde_json::{Value, json};

use crate::render::tell;

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

#[cfg(test)]
mod tests {
    use pal_fleet::endpoint::Endpoint;
    use pal_rules::time::Timestamp;
    use pal_rules::word::KnownFrom;

    use super::{known_from, make_real, words};

    #[test]
    fn only_microsofts_own_hosts_make_a_link_known_to_microsoft() {
        let read = Timestamp::parse("2026-11-25T10:00:00Z").unwrap();
        let told = |url: &str| words(known_from(&Endpoint::parse(url).unwrap()), read);
        assert_eq!(told("https://management.azure.com"), "Microsoft, read on 2026-11-25");
        assert_eq!(told("https://management.chinacloudapi.cn"), "Microsoft, read on 2026-11-25");
        for other in ["https://pal.example", "https://127.0.0.1:8443", "https://management.azure.com.example"]
        {
            assert_eq!(told(other), "only here", "{other}");
        }
        assert_eq!(words(KnownFrom::Declared, read), "declared");
    }

    #[test]
    fn two_commands_and_a_page_make_a_link_real() {
        let real = make_real("t1", "6000110");
        assert_eq!(real["commands"][0], "az login --tenant t1");
        assert_eq!(real["commands"][1], "az managementpartner create --partner-id 6000110");
        assert!(real["portal"].as_str().unwrap().starts_with("https://portal.azure.com/#blade/"), "{real}");
    }
}
