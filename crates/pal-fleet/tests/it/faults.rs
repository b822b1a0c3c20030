//! What can go wrong between a client and a server, and what becomes of it.

use pal_fleet::cloud::{Cloud, Said};
use pal_fleet::endpoint::Endpoint;
use pal_fleet::http::{Asking, Http, LONGEST, Request};
use pal_fleet::links::{Client, Link};
use pal_fleet::problem::Problem;
use pal_fleet::registry::Filter;
use pal_fleet::sign_in::{Secret, Token, Way, sign_in};

use crate::loopback::{Asked, Loopback, Reply};
use crate::{http, machine, waits, words};

const LINK: &str = r#"{"id":"x","etag":1,"properties":{"partnerId":"100","partnerName":"P","tenantId":"T1","objectId":"O1","version":1}}"#;
const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJ0aWQiOiJ0MSIsIm9pZCI6Im8xIn0.c2VjcmV0";

fn token() -> Token {
    let here = Endpoint::parse("http://127.0.0.1:9").unwrap();
    let cloud = Cloud { login: here, audience: String::new(), asks_for_more: false, signs_in_itself: true };
    sign_in(&http(), &cloud, None, &Way::Token(Secret::new(TOKEN))).unwrap()
}

/// Does something as somebody who is signed in.
fn ask<T>(server: &Loopback, what: impl Fn(&Client<'_>) -> Result<T, Problem>) -> Result<T, Problem> {
    let (http, endpoint, token) = (http(), Endpoint::parse(&server.url()).unwrap(), token());
    what(&Client::new(&http, &endpoint, &token))
}

#[test]
fn a_write_whose_answer_is_lost_is_sent_again_as_the_same() {
    let server = Loopback::new(|_, before| if before < 2 { Reply::Cut } else { Reply::json(200, LINK) });
    let link = ask(&server, |client| client.create("100")).unwrap();
    assert_eq!((link.partner_id.as_str(), link.tenant_id.as_str(), link.version), ("100", "t1", Some(1)));
    let asked = server.asked();
    assert_eq!(asked.len(), 3);
    for one in &asked {
        assert_eq!(
            one.line,
            "PUT /providers/Microsoft.ManagementPartner/partners/100?api-version=2018-02-01"
        );
        assert_eq!(one.header("x-ms-client-request-id"), "one-command");
        assert_eq!(one.header("content-length"), "0");
        assert!(one.header("user-agent").starts_with("pal/"), "{one:?}");
        assert_eq!(one.header("authorization"), format!("Bearer {TOKEN}"));
    }
    assert_eq!(waits(), [500, 1000]);
}

#[test]
fn a_busy_server_is_asked_again_when_it_says_and_not_forever() {
    let server = Loopback::new(|_, before| match before {
        0 => Reply::Says(429, vec![("retry-after", "7".to_owned())], String::new()),
        1 => Reply::json(503, "{}"),
        _ => Reply::json(200, LINK),
    });
    assert!(ask(&server, |client| client.show(None)).unwrap().found.is_some());
    assert_eq!(waits(), [7000, 1000]);
    let busy = r#"{"error":{"code":"ServerBusy","message":"not now"}}"#;
    let server = Loopback::new(move |_, _| {
        Reply::Says(503, vec![("x-ms-request-id", "r-1".to_owned())], busy.to_owned())
    });
    let Err(Problem::Refused(refusal)) = ask(&server, |client| client.update("100")) else { panic!() };
    assert_eq!(
        (refusal.status, refusal.code.as_str(), refusal.message.as_str()),
        (503, "ServerBusy", "not now")
    );
    assert_eq!(refusal.request_id.as_deref(), Some("r-1"));
    assert_eq!(server.asked().len(), 4);
}

#[test]
fn a_server_that_is_gone_is_said_to_be() {
    let gone = Loopback::new(|_, _| Reply::Cut).url();
    let (http, endpoint, token) = (http(), Endpoint::parse(&gone).unwrap(), token());
    let problem = Client::new(&http, &endpoint, &token).show(None).unwrap_err();
    assert!(matches!(&problem, Problem::Unreachable { host, .. } if host == "127.0.0.1"), "{problem}");
    assert_eq!(waits(), [500, 1000, 2000]);
}

fn strange(reply: Reply) -> String {
    let server = Loopback::new(move |_, _| reply.clone());
    match ask(&server, |client| client.show(None)) {
        Err(Problem::Strange { host, answered, .. }) => {
            assert_eq!(host, "127.0.0.1");
            answered
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_no_answer_is_refused() {
    let elsewhere = vec![("location", "https://evil.example/".to_owned())];
    assert_eq!(
        strange(Reply::Says(307, elsewhere, String::new())),
        "answered 307: redirects are not followed"
    );
    assert_eq!(strange(Reply::json(200, "<html>")), "answered what is no JSON");
    assert_eq!(strange(Reply::json(200, "{}")), "answered what is no link");
    assert_eq!(strange(Reply::json(200, "[[]]")), "answered what is no link");
    let long = "x".repeat(LONGEST + 1);
    assert_eq!(strange(Reply::json(200, long)), format!("answered more than {LONGEST} bytes"));
    let server = Loopback::new(|_, _| Reply::json(418, "\u{1b}[31m no JSON"));
    let Err(Problem::Refused(refusal)) = ask(&server, |client| client.show(None)) else { panic!() };
    assert_eq!(refusal.message, "the server answered 418");
    let server =
        Loopback::new(|_, _| Reply::json(403, r#"{"code":"forbidden","detail":"no\u001b[31m","hint":"h"}"#));
    let Err(Problem::Refused(refusal)) = ask(&server, |client| client.show(None)) else { panic!() };
    assert_eq!((refusal.message.as_str(), refusal.hint.as_deref()), ("no [31m", Some("h")));
}

#[test]
fn only_a_missing_link_is_no_link() {
    let missing =
        r#"{"error":{"code":"ManagementPartnerNotFound","message":"m"},"code":"ManagementPartnerNotFound"}"#;
    let server = Loopback::new(move |_, _| Reply::json(404, missing));
    assert_eq!(ask(&server, |client| client.show(None)).unwrap().found, None::<Link>);
    let server =
        Loopback::new(|_, _| Reply::json(404, r#"{"error":{"code":"InvalidResourceType","message":"m"}}"#));
    assert!(
        ask(&server, |client| client.show(None)).is_err(),
        "a server without the provider is no server without a link"
    );
}

#[test]
fn pages_are_walked_to_their_end_and_a_cursor_that_stands_still_is_refused() {
    let page = |asked: &Asked, _: usize| match asked.line.split_once("cursor=") {
        None => Reply::json(200, r#"{"items":[{"n":1},{"n":2}],"next":"a b"}"#),
        Some((_, "a+b")) => Reply::json(200, r#"{"items":[],"next":"c"}"#),
        Some(_) => Reply::json(200, r#"{"items":[{"n":3}],"next":null}"#),
    };
    let server = Loopback::new(page);
    let filter = Filter { text: Some("a&b".to_owned()), ..Filter::default() };
    assert_eq!(ask(&server, |client| client.list(&filter)).unwrap().len(), 3);
    assert_eq!(server.asked()[0].line, "GET /api/v1/links?limit=1000&text=a%26b");
    let server = Loopback::new(|_, _| Reply::json(200, r#"{"items":[],"next":"same"}"#));
    let problem = ask(&server, |client| client.list(&Filter::default())).unwrap_err();
    assert_eq!(problem.to_string(), "127.0.0.1 answered the same page twice");
}

#[test]
fn nothing_is_asked_in_the_clear_outside_this_machine() {
    for url in ["http://pal.example/", "ftp://127.0.0.1/", "http://169.254.169.254/", "nothing"] {
        let request = Request { url: url.to_owned(), ..Request::default() };
        assert!(matches!(http().send(&request), Err(Problem::Given { .. })), "{url}");
    }
}

/// Nothing outside is asked: the proxy is told where to, and the way past it is not taken for this machine.
#[test]
fn a_proxy_leads_outside_and_is_not_asked_for_this_machine() {
    let proxy = Loopback::new(|_, _| Reply::json(403, ""));
    let asking = Asking { proxy: Some(proxy.url()), ..Asking::default() };
    let http = Http::new(asking, machine()).unwrap();
    let outside = Request { url: "https://pal.example/".to_owned(), ..Request::default() };
    let problem = http.send(&outside).unwrap_err();
    assert!(matches!(&problem, Problem::Unreachable { host, .. } if host == "pal.example"), "{problem}");
    assert_eq!(proxy.asked().len(), 4);
    assert_eq!(proxy.asked()[0].line, "CONNECT pal.example:443");
    let here = Loopback::new(|_, _| Reply::json(200, ""));
    assert_eq!(http.send(&Request { url: here.url(), ..Request::default() }).unwrap().status, 200);
    assert_eq!(proxy.asked().len(), 4);
    let asking = Asking { proxy: Some("no proxy".to_owned()), ..Asking::default() };
    assert!(matches!(Http::new(asking, machine()), Err(Problem::Given { .. })));
}

#[test]
fn metadata_says_where_to_sign_in_and_is_refused_if_it_does_not() {
    let find = |body: &'static str| {
        let server = Loopback::new(move |_, _| Reply::json(200, body));
        Cloud::find(&http(), &Endpoint::parse(&server.url()).unwrap(), &Said::default())
    };
    let good = r#"{"authentication":{"loginEndpoint":"https://sts.example/","audiences":["api://x","y"]}}"#;
    let cloud = find(good).unwrap();
    assert_eq!((cloud.login.url(), cloud.audience.as_str()), ("https://sts.example", "api://x"));
    for wrong in
        ["<html>", "{}", r#"{"authentication":{"loginEndpoint":"http://sts.example","audiences":["x"]}}"#]
    {
        assert!(find(wrong).is_err(), "{wrong}");
    }
    let public = Endpoint::parse("https://management.azure.com").unwrap();
    let cloud = Cloud::find(&http(), &public, &Said::default()).unwrap();
    assert_eq!(cloud.login.url(), "https://login.microsoftonline.com");
    assert_eq!((cloud.audience.as_str(), cloud.asks_for_more), ("https://management.azure.com/", false));
}

#[test]
fn what_is_told_of_an_exchange_holds_no_token() {
    let echo = |asked: &Asked, _: usize| {
        let headers =
            vec![("x-echo", asked.header("authorization").to_owned()), ("set-cookie", "c=1".to_owned())];
        Reply::Says(200, headers, LINK.replace("\"P\"", &format!("\"{TOKEN}\"")))
    };
    let server = Loopback::new(echo);
    ask(&server, |client| client.show(None)).unwrap();
    let words = words();
    assert!(words.contains("> GET http://127.0.0.1:"), "{words}");
    assert!(
        words.contains("> authorization: [redacted]") && words.contains("< x-echo: Bearer [redacted]"),
        "{words}"
    );
    assert!(
        words.contains("< set-cookie: [redacted]") && words.contains(r#""partnerName":"[redacted]""#),
        "{words}"
    );
    assert!(!words.contains("eyJ") && !words.contains("c2VjcmV0"), "{words}");
}
