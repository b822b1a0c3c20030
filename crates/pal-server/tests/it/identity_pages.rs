//! The sign-in page of the built-in authority, and the codes that come of it.

use axum::http::header;
use pal_server::Caller;
use serde_json::Value;

use crate::identity_browser::*;
use crate::identity_tokens::Dice;
use crate::identity_world::*;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn authorize(tenant: &str, more: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("client_id", AZ),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost:8400"),
        ("scope", SCOPE),
        ("state", "s&<\"'>"),
        ("nonce", "n-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    format!("/{tenant}/oauth2/v2.0/authorize?{}", form(&fields))
}

fn location(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 302, "{answer:?}");
    let query = answer.header(header::LOCATION).strip_prefix("http://localhost:8400?").unwrap();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

async fn redeem(sandbox: &Sandbox, tenant: &str, code: &str, verifier: &str) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", AZ),
        ("code", code),
        ("scope", SCOPE),
        ("redirect_uri", "http://localhost:8400"),
        ("code_verifier", verifier),
    ];
    sandbox.token(tenant, &fields).await
}

async fn sign_in(sandbox: &Sandbox, tenant: &str, upn: &str, password: &str) -> Value {
    let browser = Browser::open(sandbox, &authorize(tenant, &[])).await;
    let answer = browser.send(sandbox, &[("upn", upn), ("password", password)]).await;
    let code = location(&answer)[0].1.clone();
    let answer = redeem(sandbox, tenant, &code, VERIFIER).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn a_guest_password_opens_one_tenant_only() {
    let sandbox = Sandbox::new();
    let body = sign_in(&sandbox, OTHER_TENANT, ANN, "guest password").await;
    let token = body["refresh_token"].as_str().unwrap();
    let fields = [("grant_type", "refresh_token"), ("client_id", AZ), ("refresh_token", token)];
    assert_eq!(sandbox.token(OTHER_TENANT, &fields).await.status, 200);
    assert_eq!(sandbox.token(TENANT, &fields).await.error().2, 50020);
}

#[tokio::test]
async fn the_page_gives_a_code_that_is_redeemed_once() {
    let sandbox = Sandbox::new();
    let browser = Browser::open(&sandbox, &authorize("organizations", &[])).await;
    let wrong = browser.send(&sandbox, &[("upn", ANN), ("password", "wrong")]).await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains("role=\"alert\"") && wrong.text.contains("AADSTS50126"));
    let answer = browser.send(&sandbox, &[("upn", "ANN@contoso.example"), ("password", PASSWORD)]).await;
    let values = location(&answer);
    assert_eq!(values[1], ("state".to_owned(), "s&<\"'>".to_owned()));
    let code = &values[0].1;
    let body = redeem(&sandbox, "organizations", code, VERIFIER).await.json();
    check_user(&sandbox, &body, TENANT, USER_OBJECT).await;
    assert_eq!(claims(body["id_token"].as_str().unwrap())["nonce"], "n-1");
    assert_eq!(redeem(&sandbox, "organizations", code, VERIFIER).await.error().2, 70008);
}

#[tokio::test]
async fn a_code_needs_its_verifier_its_address_and_its_time() {
    let sandbox = Sandbox::new();
    let browser = Browser::open(&sandbox, &authorize(TENANT, &[])).await;
    let code = || async {
        let answer = browser.send(&sandbox, &[("upn", ANN), ("password", PASSWORD)]).await;
        location(&answer)[0].1.clone()
    };
    assert_eq!(redeem(&sandbox, TENANT, &code().await, "another-verifier").await.error().2, 501_481);
    let text = code().await;
    let mut fields = vec![("grant_type", "authorization_code"), ("client_id", AZ), ("code", text.as_str())];
    fields.extend([("redirect_uri", "http://localhost:8401"), ("code_verifier", VERIFIER)]);
    assert_eq!(sandbox.token(TENANT, &fields).await.error().2, 500_112);
    let of_another = code().await;
    let mut fields = vec![("grant_type", "authorization_code"), ("client_id", POWERSHELL)];
    fields.extend([("code", of_another.as_str()), ("redirect_uri", "http://localhost:8400")]);
    fields.push(("code_verifier", VERIFIER));
    assert_eq!(sandbox.token(TENANT, &fields).await.error().2, 70008);
    let late = code().await;
    sandbox.hands.pass(600);
    assert_eq!(redeem(&sandbox, TENANT, &late, VERIFIER).await.error().2, 70008);
}

#[tokio::test]
async fn form_post_answers_with_a_form_that_sends_itself() {
    let sandbox = Sandbox::new();
    let path = authorize(TENANT, &[("response_mode", "form_post")]);
    let browser = Browser::open(&sandbox, &path).await;
    let page = browser.send(&sandbox, &[("upn", ANN), ("password", PASSWORD)]).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("<form method=\"post\" action=\"http://localhost:8400\">"), "{}", page.text);
    assert!(page.text.contains("name=\"state\" value=\"s&amp;&lt;&quot;&#39;&gt;\""), "{}", page.text);
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.contains("form-action 'self' http://localhost:8400;"), "{policy}");
    let nonce = between(policy, "script-src 'nonce-", "'");
    assert!(page.text.contains(&format!("<script nonce=\"{nonce}\">document.forms[0].submit()</script>")));
    let code = between(&page.text, "name=\"code\" value=\"", "\"");
    assert_eq!(redeem(&sandbox, TENANT, &code, VERIFIER).await.status, 200);
}

#[tokio::test]
async fn wrong_requests_are_told_to_the_person_or_to_the_client() {
    let sandbox = Sandbox::new();
    for (more, number) in [
        (("redirect_uri", "https://evil.example/"), 500_112),
        (("redirect_uri", "http://localhost.evil.example/"), 500_112),
        (("redirect_uri", "http://localhost@evil.example/"), 500_112),
        (("redirect_uri", "http://user@localhost:1/"), 500_112),
        (("redirect_uri", "http://localhost:1/#x"), 500_112),
        (("redirect_uri", "javascript:alert(1)"), 500_112),
        (("redirect_uri", "http://localhost;x/"), 500_112),
        (("redirect_uri", ""), 900_144),
        (("client_id", APP_OBJECT), 700_016),
        (("client_id", "\"><script>"), 700_016),
        (("response_mode", "fragment"), 70007),
    ] {
        let page = sandbox.get(&authorize(TENANT, &[more])).await;
        assert_eq!(page.status, 400, "{more:?}");
        assert!(page.text.contains(&format!("AADSTS{number}")), "{more:?} {}", page.text);
        assert!(!page.text.contains("\"><script>"), "{}", page.text);
    }
    assert!(sandbox.get(&authorize("nowhere.example", &[])).await.text.contains("AADSTS90002"));
    for (more, word) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "https://graph.microsoft.com/.default"), "invalid_resource"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("prompt", "none"), "login_required"),
    ] {
        let values = location(&sandbox.get(&authorize(TENANT, &[more])).await);
        assert_eq!(values[0], ("error".to_owned(), word.to_owned()), "{more:?}");
        assert_eq!(values[2].0, "state");
    }
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let sandbox = Sandbox::new();
    let path = authorize(TENANT, &[]);
    let (one, two) = (Browser::open(&sandbox, &path).await, Browser::open(&sandbox, &path).await);
    let crossed = [
        Browser { cookie: String::new(), ..Browser::open(&sandbox, &path).await },
        Browser { csrf: String::new(), ..Browser::open(&sandbox, &path).await },
        Browser { path: path.clone(), cookie: one.cookie.clone(), csrf: two.csrf.clone() },
        Browser { path: path.clone(), cookie: "pal_sign_in=x".to_owned(), csrf: two.csrf.clone() },
    ];
    for browser in crossed {
        let page = browser.send(&sandbox, &[("upn", ANN), ("password", PASSWORD)]).await;
        assert_eq!(page.status, 400);
        assert!(page.text.contains("AADSTS90013"), "{}", page.text);
    }
    let page = sandbox.get(&path).await;
    let cookie = page.header(header::SET_COOKIE);
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    assert_eq!(page.header(header::X_FRAME_OPTIONS), "DENY");
    assert!(page.text.contains("<html lang=\"en\">") && page.text.contains("<label for=\"password\">"));
    assert!(page.text.contains("not Microsoft"));
}

#[tokio::test]
async fn guessing_a_password_ends_after_ten_tries() {
    let sandbox = Sandbox::new();
    let browser = Browser::open(&sandbox, &authorize(TENANT, &[])).await;
    let mut dice = Dice(1);
    for _ in 0..10 {
        let guess = format!("guess {}", dice.roll(1_000_000));
        assert_eq!(browser.send(&sandbox, &[("upn", ANN), ("password", &guess)]).await.status, 400);
    }
    let fields = [("upn", ANN), ("password", PASSWORD)];
    assert_eq!(browser.send(&sandbox, &fields).await.status, 429);
    sandbox.hands.pass(301);
    assert_eq!(browser.send(&sandbox, &fields).await.status, 302);
}

#[tokio::test]
async fn tenants_of_an_account_are_those_that_have_it() {
    let sandbox = Sandbox::new();
    let body = sign_in(&sandbox, TENANT, ANN, PASSWORD).await;
    let token = body["access_token"].as_str().unwrap();
    let verified = sandbox.authenticator.verify(token, sandbox.hands.now()).await.unwrap();
    let names = |caller: &Caller| {
        sandbox.authority.tenants_of(caller).into_iter().map(|tenant| tenant.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&Caller::authenticated(&verified, None)), ["Contoso", "Fabrikam"]);
    let verified =
        sandbox.authenticator.verify(&sandbox.app_token().await, sandbox.hands.now()).await.unwrap();
    assert_eq!(names(&Caller::authenticated(&verified, None)), ["Contoso"]);
}
