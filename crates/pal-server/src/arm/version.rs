//! The `api-version` of a request's query.

use std::borrow::Cow;

use super::error::ArmError;
use super::path::decode;

/// The one version of the provider.
pub(super) const PROVIDER: &str = "2018-02-01";

/// The value of the first `api-version`, whatever its name's case; everything else in the query is ignored.
pub(crate) fn required(query: Option<&str>) -> Result<String, ArmError> {
    let mut pairs =
        query.unwrap_or_default().split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (_, value) = pairs.find(|(name, _)| is_api_version(name)).ok_or(ArmError::MissingApiVersion)?;
    Some(text(value)).filter(|version| !version.is_empty()).ok_or(ArmError::MissingApiVersion)
}

fn is_api_version(name: &str) -> bool {
    decode(name).is_ok_and(|name| name.eq_ignore_ascii_case("api-version"))
}

/// A value that cannot be decoded is no version that there is, so it may stay as it came.
fn text(value: &str) -> String {
    decode(value).map_or_else(|_| value.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::required;

    #[test]
    fn the_first_value_counts_and_an_empty_one_is_none() {
        for (query, expected) in [
            ("api-version=2018-02-01", Some("2018-02-01")),
            ("x=1&API-Version=2018-02-01&y", Some("2018-02-01")),
            ("api%2Dversion=2018%2D02-01", Some("2018-02-01")),
            ("api-version=1&api-version=2", Some("1")),
            ("api-version=%zz", Some("%zz")),
            ("api-version=", None),
            ("api-version", None),
            ("apiversion=1", None),
            ("", None),
        ] {
            assert_eq!(required(Some(query)).ok().as_deref(), expected, "{query}");
        }
        assert!(required(None).is_err());
    }
}
