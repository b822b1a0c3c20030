//! Where a request may go, and which way.

use ureq::http::Uri;

use super::Request;
use crate::endpoint::{bare, may_be_plain};
use crate::problem::Problem;

/// The address of a request, if it may be asked.
pub(super) fn address(request: &Request) -> Result<(Uri, String), Problem> {
    let wrong = |what: &str| Problem::Given {
        message: format!("`{}` {what}", request.url),
        hint: "only `https` may leave this machine".to_owned(),
    };
    let uri: Uri = request.url.parse().map_err(|_| wrong("is not an address"))?;
    let host = uri.host().map(bare).ok_or_else(|| wrong("is not an address"))?;
    match uri.scheme_str() {
        Some("https") => Ok((uri, host)),
        Some("http") if may_be_plain(&host, request.identity) => Ok((uri, host)),
        _ => Err(wrong("would be asked in the clear")),
    }
}

/// Whether a host is asked without the proxy: it, or a domain above it, is on the list.
fn passes_by(no_proxy: Option<&str>, host: &str) -> bool {
    no_proxy.unwrap_or_default().split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
        entry.is_empty() || host == entry || host.ends_with(&format!(".{entry}"))
    })
}

/// Whether a host lies behind the proxy, if there is one.
pub(super) fn needs_proxy(no_proxy: Option<&str>, host: &str, identity: bool) -> bool {
    !identity && !may_be_plain(host, false) && !passes_by(no_proxy, host)
}

#[cfg(test)]
mod tests {
    use super::passes_by;

    #[test]
    fn a_proxy_is_passed_by_for_the_hosts_listed_and_those_below_them() {
        let list = Some("localhost, .example.com,*.pal.test,10.0.0.1");
        for host in ["localhost", "example.com", "a.example.com", "x.pal.test", "10.0.0.1"] {
            assert!(passes_by(list, host), "{host}");
        }
        for host in ["badexample.com", "example.org", "110.0.0.1"] {
            assert!(!passes_by(list, host), "{host}");
        }
        assert!(passes_by(Some("*"), "anything") && !passes_by(None, "anything"));
    }
}
