//! Whom one talks to: an origin, and whether it is Microsoft's.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use ureq::http::Uri;

use crate::problem::Problem;

/// The hosts of Azure Resource Manager in Microsoft's clouds: what is known there is known to Microsoft.
const MICROSOFT: [&str; 3] =
    ["management.azure.com", "management.usgovcloudapi.net", "management.chinacloudapi.cn"];

/// The public cloud.
pub const PUBLIC: &str = "https://management.azure.com";

/// An origin that is asked: `https`, or `http` on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    url: String,
    host: String,
}

impl Endpoint {
    /// Reads an origin such as `https://management.azure.com`; a slash at its end is no part of it.
    ///
    /// # Errors
    ///
    /// [`Problem::Given`] where it has a path, or would send tokens in the clear.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let wrong = |what: &str| Problem::Given {
            message: format!("`{text}` {what}"),
            hint: format!("name an origin such as `{PUBLIC}` or `https://127.0.0.1:8443`"),
        };
        let url = text.trim_end_matches('/');
        let uri: Uri = url.parse().map_err(|_| wrong("is not an address"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong("is not an address"));
        };
        if authority.as_str().contains('@') {
            return Err(wrong("holds a name or password"));
        }
        let after = uri.path_and_query().map_or("", |path| path.as_str());
        if !matches!(after, "" | "/") {
            return Err(wrong("has a path"));
        }
        let host = bare(authority.host());
        match scheme {
            "https" => {}
            "http" if is_loopback(&host) => {}
            _ => return Err(wrong("would send tokens in the clear: only `https` may leave this machine")),
        }
        Ok(Self { url: format!("{scheme}://{}", authority.as_str().to_ascii_lowercase()), host })
    }

    /// The origin, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its host name or address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is Azure Resource Manager in one of Microsoft's clouds.
    pub fn is_microsoft(&self) -> bool {
        self.url.starts_with("https://") && MICROSOFT.contains(&self.host.as_str())
    }

    /// Whether it is this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// A host as it is compared: lower case, without the brackets of an address.
pub(crate) fn bare(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether plain HTTP may go there: to this machine, and for managed identities to the host's own network.
pub(crate) fn may_be_plain(host: &str, identity: bool) -> bool {
    let near = |address: Ipv4Addr| address.is_private() || address.is_link_local();
    is_loopback(host) || identity && host.parse().is_ok_and(near)
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, may_be_plain};

    #[test]
    fn microsoft_is_known_by_its_hosts_alone() {
        let microsoft = |text: &str| Endpoint::parse(text).unwrap().is_microsoft();
        for cloud in [
            "https://management.azure.com",
            "https://MANAGEMENT.azure.com/",
            "https://management.azure.com:443",
            "https://management.usgovcloudapi.net",
            "https://management.chinacloudapi.cn",
        ] {
            assert!(microsoft(cloud), "{cloud}");
        }
        for other in [
            "https://management.azure.com.example",
            "https://azure.com",
            "https://xmanagement.azure.com",
            "https://127.0.0.1:8443",
            "http://localhost:1",
        ] {
            assert!(!microsoft(other), "{other}");
        }
    }

    #[test]
    fn only_origins_are_taken_and_only_this_machine_in_the_clear() {
        let taken = |text: &str| Endpoint::parse(text).map(|endpoint| endpoint.url().to_owned());
        assert_eq!(taken("https://Pal.Example:8443/").as_deref(), Ok("https://pal.example:8443"));
        assert_eq!(taken("http://[::1]:80").as_deref(), Ok("http://[::1]:80"));
        for wrong in [
            "",
            "pal.example",
            "https://pal.example/path",
            "https://pal.example?x",
            "https://a:b@pal.example",
            "http://pal.example",
            "http://management.azure.com",
            "http://10.0.0.1",
            "file:///etc",
        ] {
            assert!(taken(wrong).is_err(), "{wrong}");
        }
        assert!(may_be_plain("169.254.169.254", true) && may_be_plain("172.16.5.3", true));
        assert!(!may_be_plain("169.254.169.254", false) && !may_be_plain("8.8.8.8", true));
    }
}
