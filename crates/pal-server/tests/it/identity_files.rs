//! The file of a sandbox: what is wrong with one is told with its place, and never with a secret.

use pal_server::identity::{Authority, Origins, PartnerKind};

use crate::identity_world::*;

fn problem(file: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder, "sandbox.toml", file);
    let origins = Origins::new(ORIGIN, []).unwrap();
    let outcome = Authority::open(&path, folder.path(), origins, [], Hands::new().clock());
    let problem = outcome.map(drop).unwrap_err().to_string();
    problem.replace(&folder.path().display().to_string(), "")
}

#[test]
fn everything_of_the_file_is_there() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.authority.operator_tenant().unwrap().to_string(), OTHER_TENANT);
    let partner = &sandbox.authority.partners()[0];
    assert_eq!((partner.id.as_str(), partner.name.as_str()), ("123456", "Example"));
    assert_eq!((partner.kind, partner.global_partner_id.as_deref()), (PartnerKind::Location, Some("1")));
    let tenants = sandbox.authority.tenants();
    assert_eq!((tenants[0].name.as_str(), tenants[0].domain.as_str()), ("Contoso", "contoso.example"));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let base = description("");
    let told = |from: &str, to: &str| {
        assert!(base.contains(from), "{from}");
        problem(&base.replacen(from, to, 1))
    };
    assert_eq!(problem(""), "/sandbox.toml: names no [[tenant]]");
    assert_eq!(
        told("domain = \"fabrikam", "domain = \"contoso"),
        "/sandbox.toml: domain `contoso.example` stands twice"
    );
    assert_eq!(
        told("contoso.example", "organizations"),
        "/sandbox.toml: domain `organizations` cannot name a tenant"
    );
    assert_eq!(told("contoso.example", "a/b"), "/sandbox.toml: domain `a/b` cannot name a tenant");
    assert_eq!(told(OTHER_TENANT, "none"), "/sandbox.toml: operator_tenant `none` is not a GUID");
    assert_eq!(
        told(APP_OBJECT, USER_OBJECT),
        format!("/sandbox.toml: object id `{USER_OBJECT}` stands twice")
    );
    assert_eq!(
        told("\"123456\"", "\"12345678901\""),
        "/sandbox.toml: partner id `12345678901` is not 1 to 10 digits"
    );
    assert_eq!(
        told("global_partner_id = \"1\"", "global_partner_id = \"123456\""),
        "/sandbox.toml: partner 123456: its company 123456 is a location"
    );
    assert_eq!(
        problem(&description("auto_approve_device_codes_as = \"x@y\"")),
        "/sandbox.toml: auto_approve_device_codes_as: no tenant has a user `x@y`"
    );
    let unknown = told("kind = \"location\"", "kind = \"location\"\nkinds = 1");
    assert!(unknown.starts_with("/sandbox.toml line 9: unknown field `kinds`"), "{unknown}");
    let missing = told(&format!("secret = \"{SECRET}\""), "certificate = \"nowhere.pem\"");
    assert_eq!(missing, "/nowhere.pem: cannot be read or written");
    let not_one = told(&format!("secret = \"{SECRET}\""), "certificate = \"sandbox.toml\"");
    assert_eq!(not_one, "/sandbox.toml: holds no certificate of an RSA key of 2048 bits or more in PEM");
}

#[test]
fn problems_and_debug_show_no_secret() {
    let base = description("");
    for (from, to, secret) in [
        (format!("\"{PASSWORD}\""), "4711999".to_owned(), "4711999"),
        (format!("\"{PASSWORD}\""), "47.11999".to_owned(), "11999"),
        (format!("\"{PASSWORD}\""), "\"hunter2".to_owned(), "hunter2"),
        (format!("\"{PASSWORD}\""), "[\"hunter2\"]".to_owned(), "hunter2"),
        (format!("\"{PASSWORD}\""), "{ a = \"hunter2\" }".to_owned(), "hunter2"),
        (format!("\"{PASSWORD}\""), "2026-08-01".to_owned(), "2026-08-01"),
        (format!("\"{PASSWORD}\""), "\"hunter2\"\npassword = \"hunter2\"".to_owned(), "hunter2"),
        (format!("\"{PASSWORD}\""), "hunter2".to_owned(), "hunter2"),
    ] {
        let told = problem(&base.replacen(&from, &to, 1));
        assert!(!told.contains(secret), "{to}: {told}");
    }
    let sandbox = Sandbox::new();
    let shown = format!("{:?} {:?}", sandbox.authority, sandbox.authenticator);
    for secret in [PASSWORD, SECRET, "guest password"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[cfg(unix)]
#[test]
fn a_signing_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new();
    let key = sandbox.folder.path().join("authority-signing-key.der");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let path = sandbox.folder.path().join("sandbox.toml");
    let origins = Origins::new(ORIGIN, []).unwrap();
    let outcome = Authority::open(&path, sandbox.folder.path(), origins, [], sandbox.hands.clock());
    let problem = outcome.map(drop).unwrap_err();
    let source = std::error::Error::source(&problem).unwrap().to_string();
    assert_eq!(source, "others can read it: a key must have the mode 0600");
}

#[test]
fn origins_are_origins() {
    for wrong in
        ["127.0.0.1", "ftp://x", "https://", "https://x/y", "https://a@b", "https://x?y", "https://x y"]
    {
        assert!(Origins::new(wrong, []).is_err(), "{wrong}");
    }
    let origins = Origins::new("https://Pal.Example/", ["http://[::1]:8080"]).unwrap();
    assert_eq!(origins.all().collect::<Vec<_>>(), ["https://pal.example", "http://[::1]:8080"]);
    let asked = |host: &str| {
        let headers = [(axum::http::header::HOST, host.parse().unwrap())].into_iter().collect();
        origins.asked(&"/".parse().unwrap(), &headers).to_owned()
    };
    assert_eq!(asked("PAL.example:443"), "https://pal.example");
    assert_eq!(asked("[::1]:8080"), "http://[::1]:8080");
    assert_eq!(
        asked("pal.example:8443"),
        "https://pal.example",
        "the public one, for hosts that are not ours"
    );
}
