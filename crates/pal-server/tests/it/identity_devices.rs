//! Device codes and refresh tokens at the built-in authority.

use serde_json::{Value, json};

use crate::identity_browser::*;
use crate::identity_world::*;

async fn start_device(sandbox: &Sandbox, tenant: &str) -> Value {
    let fields = [("client_id", AZ), ("scope", SCOPE)];
    let answer = sandbox.post(&format!("/{tenant}/oauth2/v2.0/devicecode"), &fields).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

async fn poll(sandbox: &Sandbox, tenant: &str, device: &Value) -> Answer {
    let code = device["device_code"].as_str().unwrap();
    let fields = [("grant_type", "device_code"), ("client_id", AZ), ("device_code", code), ("code", code)];
    sandbox.token(tenant, &fields).await
}

#[tokio::test]
async fn a_device_code_is_approved_on_its_page() {
    let sandbox = Sandbox::new();
    let device = start_device(&sandbox, "organizations").await;
    let keys: Vec<&String> = device.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["user_code", "device_code", "verification_uri", "expires_in", "interval", "message"]);
    assert_eq!(device["verification_uri"], format!("{ORIGIN}/devicelogin"));
    assert_eq!((&device["expires_in"], &device["interval"]), (&json!(900), &json!(1)));
    let code = device["user_code"].as_str().unwrap();
    assert_eq!(code.len(), 9);
    assert!(device["message"].as_str().unwrap().contains(code));
    let pending = poll(&sandbox, "organizations", &device).await.error();
    assert_eq!(pending, (400, "authorization_pending".into(), 70016));

    let browser = Browser::open(&sandbox, "/devicelogin").await;
    let entered = format!(" {} ", code.to_lowercase());
    let wrong = [("code", entered.as_str()), ("upn", ANN), ("password", "wrong"), ("answer", "approve")];
    let page = browser.send(&sandbox, &wrong).await;
    assert!(page.text.contains("AADSTS50126") && !page.text.contains("wrong"), "{page:?}");
    assert_eq!(poll(&sandbox, "organizations", &device).await.status, 400);
    let right = [("code", entered.as_str()), ("upn", ANN), ("password", PASSWORD), ("answer", "approve")];
    let page = browser.send(&sandbox, &right).await;
    assert_eq!(page.status, 200, "{page:?}");

    let answer = poll(&sandbox, "organizations", &device).await;
    let body = answer.json();
    check_user(&sandbox, &body, TENANT, USER_OBJECT).await;
    assert_eq!(poll(&sandbox, "organizations", &device).await.error().1, "bad_verification_code");
    let again = browser.send(&sandbox, &right).await;
    assert!(again.text.contains("AADSTS70018"), "{again:?}");
}

#[tokio::test]
async fn a_device_code_is_declined_or_ends() {
    let sandbox = Sandbox::new();
    let device = start_device(&sandbox, TENANT).await;
    let browser = Browser::open(&sandbox, "/devicelogin").await;
    let code = device["user_code"].as_str().unwrap();
    assert_eq!(browser.send(&sandbox, &[("code", code), ("answer", "decline")]).await.status, 200);
    let declined = poll(&sandbox, TENANT, &device).await.error();
    assert_eq!(declined, (400, "authorization_declined".into(), 65004));

    let device = start_device(&sandbox, TENANT).await;
    sandbox.hands.pass(900);
    assert_eq!(poll(&sandbox, TENANT, &device).await.error(), (400, "expired_token".into(), 70020));
    let unknown = poll(&sandbox, TENANT, &json!({ "device_code": "unknown" })).await.error();
    assert_eq!(unknown, (400, "bad_verification_code".into(), 70018));
}

#[tokio::test]
async fn device_codes_may_be_approved_by_the_file() {
    let sandbox = Sandbox::described(&description(&format!("auto_approve_device_codes_as = \"{ANN}\"")));
    let device = start_device(&sandbox, "contoso.example").await;
    assert_eq!(device["interval"], 5);
    check_user(&sandbox, &poll(&sandbox, TENANT, &device).await.json(), TENANT, USER_OBJECT).await;
}

#[tokio::test]
async fn refresh_tokens_rotate_and_reach_the_tenants_of_their_account() {
    let sandbox = Sandbox::described(&description(&format!("auto_approve_device_codes_as = \"{ANN}\"")));
    let device = start_device(&sandbox, "organizations").await;
    let body = poll(&sandbox, "organizations", &device).await.json();
    let first = body["refresh_token"].as_str().unwrap().to_owned();
    let refresh = |tenant: &'static str, token: String, client: &'static str| {
        let sandbox = &sandbox;
        async move {
            let fields = [
                ("grant_type", "refresh_token"),
                ("client_id", client),
                ("refresh_token", token.as_str()),
                ("scope", SCOPE),
            ];
            sandbox.token(tenant, &fields).await
        }
    };
    assert_eq!(
        refresh(TENANT, first.clone(), POWERSHELL).await.error(),
        (400, "invalid_grant".into(), 70008)
    );
    let body = refresh(TENANT, first.clone(), AZ).await.json();
    check_user(&sandbox, &body, TENANT, USER_OBJECT).await;
    let second = body["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    // A guest elsewhere is another object, and the same account.
    let guest = refresh("fabrikam.example", second.clone(), AZ).await.json();
    check_user(&sandbox, &guest, OTHER_TENANT, "bbbbbbbb-0000-4000-8000-000000000002").await;
    sandbox.hands.pass(59);
    assert_eq!(refresh(TENANT, first.clone(), AZ).await.status, 200, "its answer may have been lost");
    sandbox.hands.pass(60);
    assert_eq!(refresh(TENANT, first, AZ).await.error().2, 70008);
    let third = guest["refresh_token"].as_str().unwrap().to_owned();
    sandbox.hands.pass(86_400);
    assert_eq!(refresh(TENANT, third, AZ).await.error().2, 70008);
}
