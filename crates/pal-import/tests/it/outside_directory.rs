//! The directory becomes principals, their names and the members of groups.

use pal_import::outside::Context;

use crate::outside_dataverse::{declared, told};

const TENANT: &str = "1557f771-4c8e-4dbd-8b80-dd00a88e833e";
const ID: &str = "7e06b566-15f3-4013-8bf8-79874d52e68a";
const SEEN: &str = "2026-03-01T00:00:00Z";

/// A principal of these kind, name, UPN and end.
fn principal(kind: &str, name: &str, upn: &str, disabled_at: &str) -> String {
    format!("principals: {TENANT},{ID},{kind},{name},{upn},{disabled_at},,{SEEN}")
}

fn alias(name: &str, from: &str, until: &str) -> String {
    format!("aliases: {TENANT},principal,{name},{ID},{from},{until}")
}

#[test]
fn a_user_is_a_principal_known_by_its_names() {
    let user = |rest: &str| {
        told(&format!(r#"{{"value":[{{"id":"{ID}","displayName":"John",{rest}}}]}}"#), &declared())
    };
    assert_eq!(
        user(r#""userPrincipalName":"John@Contoso.com","mail":"J.Doe@contoso.com","accountEnabled":true"#),
        [
            alias("upn:j.doe@contoso.com", "", ""),
            alias("upn:john@contoso.com", "", ""),
            principal("user", "John", "john@contoso.com", ""),
        ]
    );
    assert_eq!(
        user(
            r#""userPrincipalName":"john@contoso.com","mail":null,"createdDateTime":"2025-01-01T00:00:00Z","accountEnabled":false"#
        ),
        [
            alias("upn:john@contoso.com", "2025-01-01T00:00:00Z", ""),
            principal("user", "John", "john@contoso.com", SEEN),
        ],
        "disabled since it was seen to be"
    );
    assert_eq!(
        user(
            r#""userPrincipalName":"7E06B56615f340138bf879874d52e68ajohn@contoso.com","deletedDateTime":"2026-02-01T00:00:00Z""#
        ),
        [
            alias("upn:john@contoso.com", "", "2026-02-01T00:00:00Z"),
            principal("user", "John", "john@contoso.com", "2026-02-01T00:00:00Z"),
        ]
    );
    assert_eq!(
        user(r#""userPrincipalName":"7e06b56615f340138bf879874d52e68ajohn@contoso.com""#),
        [alias("upn:john@contoso.com", "", ""), principal("user", "John", "john@contoso.com", SEEN)]
    );
}

#[test]
fn a_guest_is_told_by_its_type_and_known_by_its_name_at_home() {
    let user = |rest: &str| {
        told(
            &format!(
                r#"[{{"id":"{ID}","displayName":"Alice","userPrincipalName":"Alice_x_fabrikam.com#EXT#@contoso.onmicrosoft.com"{rest}}}]"#
            ),
            &declared(),
        )
    };
    let upn = "alice_x_fabrikam.com#ext#@contoso.onmicrosoft.com";
    let names = [alias(&format!("upn:{upn}"), "", ""), alias("upn:alice_x@fabrikam.com", "", "")];
    for (rest, kind) in
        [("", "guest"), (r#","userType":"Guest""#, "guest"), (r#","userType":"Member""#, "user")]
    {
        let [first, second] = names.clone();
        assert_eq!(user(rest), [second, first, principal(kind, "Alice", upn, "")], "{kind}");
    }
}

#[test]
fn service_principals_are_known_by_their_application_and_registrations_are_none() {
    let app = "65415bb1-9267-4313-bbf5-ae259732ee12";
    let of = |rest: &str| {
        told(&format!(r#"[{{"id":"{ID}","appId":"{app}","displayName":"ops",{rest}}}]"#), &declared())
    };
    let lines = |kind: &str| [alias(&format!("app:{app}"), "", ""), principal(kind, "ops", "", "")];
    assert_eq!(of(r#""servicePrincipalType":"Application""#), lines("service_principal"));
    assert_eq!(of(r#""servicePrincipalType":"ManagedIdentity""#), lines("managed_identity"));
    assert_eq!(of(r#""signInAudience":"AzureADMyOrg""#), ["! the record is of no kind that is known"]);
}

#[test]
fn groups_have_the_members_that_are_expanded_since_they_were_seen_or_as_declared() {
    let group = format!(
        r#"{{"value":[{{"id":"{ID}","displayName":"Makers","groupTypes":[],"members":[{{"@odata.type":"microsoft.graph.user","id":"90f0352e-c324-43da-8e38-f774b56a2d93"}}]}}]}}"#
    );
    let member =
        |from: &str| format!("group_members: {TENANT},{ID},90f0352e-c324-43da-8e38-f774b56a2d93,{from},");
    assert_eq!(told(&group, &declared()), [member(SEEN), principal("group", "Makers", "", "")]);
    let since = pal_rules::time::Timestamp::parse("2025-07-01T00:00:00Z");
    let lines = told(&group, &Context { assume_since: since, ..declared() });
    assert_eq!(lines[0], member("2025-07-01T00:00:00Z"));
}

#[test]
fn what_only_looks_like_a_user_is_none_and_a_tenant_must_be_named() {
    let sign_in =
        format!(r#"[{{"id":"{ID}","displayName":"x","userPrincipalName":"a@b.example","userId":"{ID}"}}]"#);
    assert_eq!(told(&sign_in, &declared()), ["! the record is of no kind that is known"]);
    let csv =
        format!("\u{feff}userPrincipalName,displayName,objectId,accountEnabled\na@b.example,A,{ID},False\n");
    assert_eq!(told(&csv, &declared())[1], principal("user", "A", "a@b.example", SEEN));
    let nobody = Context { tenant: None, ..declared() };
    assert_eq!(told(&csv, &nobody), ["! the record names no tenant: say which with `--tenant`"]);
}
