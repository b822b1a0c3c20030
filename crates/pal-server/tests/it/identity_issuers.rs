//! Trusted issuers over time: when keys are read, and how long they are believed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use pal_server::identity::{Authenticator, Refused, TrustedIssuers};
use serde_json::{Value, json};

use crate::identity_tokens::*;
use crate::identity_world::*;

const HOUR: i64 = 3_600;

/// An issuer whose documents a test changes, and who counts how often its keys are read.
pub(crate) struct Issuer {
    keys: Arc<Mutex<Option<Value>>>,
    readings: Arc<AtomicUsize>,
    hands: Hands,
    authenticator: Authenticator,
}

impl Issuer {
    pub(crate) fn new(keys: Value) -> Issuer {
        let keys = Arc::new(Mutex::new(Some(keys)));
        let readings = Arc::new(AtomicUsize::new(0));
        let (shown, counted) = (keys.clone(), readings.clone());
        let fetch = fetch(move |url| {
            let keys = shown.lock().unwrap().clone()?;
            if url.contains("/discovery/") {
                counted.fetch_add(1, Ordering::SeqCst);
            }
            document(url, &keys)
        });
        let issuers = TrustedIssuers::new(settings(), fetch).unwrap();
        let authenticator = Authenticator::trusting(Some(issuers), None).unwrap();
        Issuer { keys, readings, hands: Hands::new(), authenticator }
    }

    fn show(&self, keys: Option<Value>) {
        *self.keys.lock().unwrap() = keys;
    }

    fn readings(&self) -> usize {
        self.readings.load(Ordering::SeqCst)
    }

    pub(crate) async fn verify(&self, key: &Key, kid: &str) -> Result<(), Refused> {
        let now = self.hands.now();
        let mut claims = base("2.0", true);
        for name in ["iat", "nbf"] {
            claims[name] = json!(now.micros() / 1_000_000);
        }
        claims["exp"] = json!(now.micros() / 1_000_000 + 90 * HOUR);
        let token = key.token(&with(&header(), "kid", json!(kid)), &claims);
        self.authenticator.verify(&token, now).await.map(drop)
    }
}

#[tokio::test]
async fn keys_are_read_at_start_and_every_hour() {
    let issuer = Issuer::new(json!([ISSUER_KEY.jwk(KID)]));
    assert!(!issuer.authenticator.without_keys(issuer.hands.now()).is_empty());
    issuer.authenticator.refresh(issuer.hands.now()).await;
    assert!(issuer.authenticator.without_keys(issuer.hands.now()).is_empty());
    assert_eq!(issuer.readings(), 2, "one tenant, two versions");
    issuer.hands.pass(HOUR - 1);
    issuer.authenticator.refresh(issuer.hands.now()).await;
    assert_eq!(issuer.readings(), 2);
    issuer.hands.pass(1);
    issuer.authenticator.refresh(issuer.hands.now()).await;
    assert_eq!(issuer.readings(), 4);
    issuer.verify(&ISSUER_KEY, KID).await.unwrap();
    assert_eq!(issuer.readings(), 4);
}

#[tokio::test]
async fn a_new_key_is_found_and_an_old_one_leaves_with_its_tokens() {
    let issuer = Issuer::new(json!([ISSUER_KEY.jwk(KID)]));
    let now = issuer.hands.now();
    let old = ISSUER_KEY.token(&header(), &with(&base("2.0", true), "exp", json!(START + 9 * HOUR)));
    assert!(issuer.authenticator.verify(&old, now).await.is_ok());
    assert_eq!(issuer.readings(), 1);

    issuer.show(Some(json!([OTHER_KEY.jwk("key-2"), ISSUER_KEY.jwk(KID)])));
    issuer.hands.pass(300);
    issuer.verify(&OTHER_KEY, "key-2").await.unwrap();
    assert_eq!(issuer.readings(), 2, "an unknown name makes a reading");
    assert!(issuer.authenticator.verify(&old, issuer.hands.now()).await.is_ok());

    issuer.show(Some(json!([OTHER_KEY.jwk("key-2")])));
    issuer.hands.pass(HOUR);
    assert!(issuer.authenticator.verify(&old, issuer.hands.now()).await.is_ok(), "nobody has looked yet");
    issuer.authenticator.refresh(issuer.hands.now()).await;
    assert_eq!(issuer.authenticator.verify(&old, issuer.hands.now()).await, Err(Refused::Token));
    issuer.verify(&OTHER_KEY, "key-2").await.unwrap();
}

#[tokio::test]
async fn unknown_names_make_one_reading_in_five_minutes() {
    let issuer = Issuer::new(json!([ISSUER_KEY.jwk(KID)]));
    issuer.authenticator.refresh(issuer.hands.now()).await;
    let before = issuer.readings();
    for number in 0..50 {
        assert_eq!(issuer.verify(&OTHER_KEY, &format!("unknown-{number}")).await, Err(Refused::Token));
    }
    assert_eq!(issuer.readings(), before + 1);
    issuer.hands.pass(299);
    assert_eq!(issuer.verify(&OTHER_KEY, "unknown").await, Err(Refused::Token));
    assert_eq!(issuer.readings(), before + 1);
    issuer.hands.pass(1);
    assert_eq!(issuer.verify(&OTHER_KEY, "unknown").await, Err(Refused::Token));
    assert_eq!(issuer.readings(), before + 2);
}

#[tokio::test]
async fn many_who_ask_at_once_share_one_reading() {
    let issuer = Arc::new(Issuer::new(json!([ISSUER_KEY.jwk(KID)])));
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let issuer = issuer.clone();
            tokio::spawn(async move { issuer.verify(&ISSUER_KEY, KID).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(issuer.readings(), 1);
}

#[tokio::test]
async fn the_last_good_keys_hold_for_a_day() {
    let issuer = Issuer::new(json!([ISSUER_KEY.jwk(KID)]));
    issuer.authenticator.refresh(issuer.hands.now()).await;
    let token = ISSUER_KEY.token(&header(), &with(&base("2.0", true), "exp", json!(START + 90 * HOUR)));
    for gone in [None, Some(json!([])), Some(json!([{ "kty": "EC" }]))] {
        issuer.show(gone);
        issuer.hands.pass(HOUR);
        issuer.authenticator.refresh(issuer.hands.now()).await;
        assert!(issuer.authenticator.verify(&token, issuer.hands.now()).await.is_ok());
    }
    issuer.hands.pass(21 * HOUR - 1);
    issuer.verify(&ISSUER_KEY, KID).await.unwrap();
    issuer.hands.pass(1);
    assert_eq!(issuer.verify(&ISSUER_KEY, KID).await, Err(Refused::KeysUnavailable));
    let remembered = issuer.authenticator.verify(&token, issuer.hands.now()).await;
    assert_eq!(remembered, Err(Refused::KeysUnavailable), "a remembered token holds no longer than its key");
    assert!(!issuer.authenticator.without_keys(issuer.hands.now()).is_empty());
    issuer.show(Some(json!([ISSUER_KEY.jwk(KID)])));
    issuer.hands.pass(60);
    issuer.verify(&ISSUER_KEY, KID).await.unwrap();
    assert!(issuer.authenticator.verify(&token, issuer.hands.now()).await.is_ok());
}

#[tokio::test]
async fn an_issuer_that_is_away_at_start_is_asked_once_a_minute() {
    let issuer = Issuer::new(json!([ISSUER_KEY.jwk(KID)]));
    issuer.show(None);
    issuer.authenticator.refresh(issuer.hands.now()).await;
    assert_eq!(issuer.verify(&ISSUER_KEY, KID).await, Err(Refused::KeysUnavailable));
    issuer.show(Some(json!([ISSUER_KEY.jwk(KID)])));
    issuer.hands.pass(59);
    assert_eq!(issuer.verify(&ISSUER_KEY, KID).await, Err(Refused::KeysUnavailable));
    assert_eq!(issuer.readings(), 0);
    issuer.hands.pass(1);
    issuer.verify(&ISSUER_KEY, KID).await.unwrap();
}
