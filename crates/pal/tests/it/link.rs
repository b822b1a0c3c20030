//! `pal link` against a server: what each verb says, and how it ends.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::command::{Place, Ran};
use crate::loopback::{Asked, Loopback, Reply};
use crate::served::{APP_OBJECT, Served, TENANT};
use crate::snapshot::{says, says_of};

#[test]
fn a_link_is_made_shown_changed_and_removed() {
    let served = Served::new();
    served.says("link_show_none", &["link", "show"]).exits(3);
    served.says("link_update_none", &["link", "update", "--partner-id", "6000110"]).exits(3);
    served.says("link_delete_none", &["link", "delete", "--partner-id", "6000110"]).exits(0);
    served.says("link_create", &["link", "create", "--partner-id", "6000110"]).exits(0);
    served.says("link_create_again", &["link", "create", "--partner-id", "6000110", "-o", "table"]).exits(0);
    served.says("link_create_another", &["link", "create", "--partner-id", "6000120"]).exits(5);
    served.says("link_show", &["link", "show", "-o", "table"]).exits(0);
    served.says("link_show_another", &["link", "show", "--partner-id", "6000120"]).exits(3);
    served.says("link_update", &["link", "update", "--partner-id", "6000120", "-o", "table"]).exits(0);
    let same = served.run(&["link", "update", "--partner-id", "6000120"]).exits(0);
    assert_eq!(same.json()["changed"], Value::from(false));
    served.says("link_delete_another", &["link", "delete", "--partner-id", "6000110"]).exits(5);
    served.says("link_delete", &["link", "delete", "--partner-id", "6000120", "-o", "table"]).exits(0);
    let again = served.run(&["link", "create", "--partner-id", "6000110"]).exits(0).json();
    assert_eq!((&again["version"], &again["changed"]), (&4.into(), &true.into()));
    assert_eq!(again["make_real"]["commands"][0], format!("az login --tenant {TENANT}"));
}

#[test]
fn the_gate_before_a_deployment_tells_all_cases_apart() {
    let served = Served::new();
    let gate = ["link", "verify", "--expect", "6000110"];
    let none = served.says("link_verify_none", &gate).exits(3).json();
    assert_eq!((&none["linked"], &none["object_id"]), (&false.into(), &APP_OBJECT.into()));
    served.run(&["link", "create", "--partner-id", "6000120"]).exits(0);
    served.says("link_verify_another", &[&gate[..], &["-o", "table"]].concat()).exits(5);
    served.run(&["link", "update", "--partner-id", "6000110"]).exits(0);
    served.says("link_verify", &[&gate[..], &["-o", "table"]].concat()).exits(0);
    let linked = served.run(&["link", "verify"]).exits(0).json();
    assert_eq!(linked["partner_name"], "Brackenfold Digital, Rotterdam");
    let wrong = [("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", APP_OBJECT), ("PAL_CLIENT_SECRET", "x")];
    served.run_with(&gate, &wrong).exits(4).tells("AADSTS700016").tells("request id: ");
    served.run_with(&gate, &[]).exits(4).tells("nobody is signed in").tells("--device-code");
}

#[test]
fn an_id_that_cannot_be_linked_to_is_refused_with_what_to_do() {
    let served = Served::new();
    let ran = served.run(&["link", "create", "--partner-id", "999"]).exits(5);
    let ran = ran.tells("error: The Partner ID is not valid (PartnerIdInvalid)\nrequest id: ");
    ran.tells("hint: ");
    says(&served.place, "link_no_partner_id", &["link", "create", "--partner-id", "12345678901"]).exits(2);
    says(&served.place, "link_two_ways", &["link", "show", "--az", "--device-code"]).exits(2);
    says(&served.place, "link_in_the_clear", &["link", "show", "--endpoint", "http://pal.example"]).exits(2);
}

#[test]
fn a_server_whose_certificate_is_not_trusted_is_not_talked_to() {
    let served = Served::new();
    let arguments = ["link", "show", "--endpoint", &served.url, "--az"];
    let ran = served.place.pal(&arguments).exits(1);
    ran.tells("127.0.0.1 cannot be reached: ").tells("--ca-file");
}

#[test]
fn microsoft_has_neither_a_list_nor_a_history_and_that_is_said_before_anybody_signs_in() {
    let place = Place::new();
    says(&place, "link_list_microsoft", &["link", "list"]).exits(2);
    says(&place, "link_history_microsoft", &["link", "history"]).exits(2);
    says(&place, "link_nobody", &["link", "show"]).exits(4);
}

/// The server does what it is asked to, the answer gets lost, and the write is sent again.
#[test]
fn a_lost_answer_makes_one_link() {
    let served = Served::plain();
    let server = served.url.clone();
    // The first PUT is the second request: the command reads before it writes.
    let lossy = Loopback::new(move |asked, before| {
        let answer = passed_on(&server, asked);
        if before == 1 { Reply::Cut } else { answer }
    });
    let url = lossy.url();
    let login = ["--authority-host", &served.url, "--audience", "https://management.azure.com/"];
    let create = ["link", "create", "--partner-id", "6000110", "--endpoint", &url];
    let made = served.run(&[&create[..], &login[..]].concat()).exits(0).json();
    assert_eq!((&made["version"], &made["changed"]), (&1.into(), &true.into()));
    let lines: Vec<String> = lossy.asked().iter().map(|asked| asked.line[..4].to_owned()).collect();
    assert_eq!(lines, ["GET ", "PUT ", "PUT "]);
    assert_eq!(served.run(&["link", "show"]).exits(0).json()["version"], 1);
}

/// Asks a server in the clear what was asked here.
fn passed_on(url: &str, asked: &Asked) -> Reply {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let mut request =
        format!("{} HTTP/1.1\r\nconnection: close\r\ncontent-length: 0\r\nhost: x\r\n", asked.line);
    for name in ["authorization", "x-ms-client-request-id"] {
        request.push_str(&format!("{name}: {}\r\n", asked.header(name)));
    }
    stream.write_all(format!("{request}\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Reply::json(head.split_whitespace().nth(1).unwrap().parse().unwrap(), body)
}

#[test]
fn what_is_debugged_shows_the_exchange_and_no_secret() {
    let served = Served::new();
    let ran: Ran = served.run(&["link", "create", "--partner-id", "6000110", "--debug"]).exits(0);
    let ran = ran.tells("> PUT ").tells("client_secret=[redacted]").tells("\"access_token\":\"[redacted]\"");
    let ran = ran.tells("> authorization: [redacted]").tells("\"partnerId\":\"6000110\"");
    for secret in ["hush", "eyJ"] {
        assert!(!ran.stderr.contains(secret) && !ran.stdout.contains(secret), "{}", ran.stderr);
    }
}

/// Commands that documents tell people to run, or pipelines to.
#[test]
fn what_documents_say_can_be_said() {
    let page = crate::command::read(std::path::Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/linking.md"
    )));
    let command = |line: &str| {
        let said = line.trim().trim_start_matches("- ").trim_start_matches("run: ");
        let said = said.trim_start_matches("inlineScript: ").split(['|', '#']).next()?.trim().to_owned();
        said.strip_prefix("pal ").map(str::to_owned)
    };
    let commands: Vec<String> = page.lines().filter_map(command).collect();
    assert!(commands.len() > 12, "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        Place::new().pal(&words).exits(0);
    }
    Place::new().pal(&["link", "show", "--colour", "--help"]).exits(2);
}

#[test]
fn the_endpoint_is_a_setting_like_any_other() {
    let place = Place::new();
    place.write("pal.toml", "endpoint = \"https://127.0.0.1:1\"\nca_file = \"none.pem\"\n");
    let ran = place.pal(&["link", "show", "--az"]);
    says_of(&place, "link_settings_file", ran, &[]).exits(2);
    says(&place, "link_config", &["config", "list", "--show-origin", "-o", "csv"]).exits(0);
}
