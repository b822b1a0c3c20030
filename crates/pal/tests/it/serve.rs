//! `pal serve`: what it refuses to start with, when it says that it is ready, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::command::{Place, Ran, example, read};
use crate::snapshot::says;

/// A running server; ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server in the clear and waits until it says that it listens.
fn started(place: &Place) -> (Server, Value) {
    let sandbox = example("sandbox.toml");
    let arguments = ["serve", "--authority", &sandbox, "--http", "--listen", "127.0.0.1:0"];
    let mut command = place.command(&[&arguments[..], &["--ready-file", "ready.json"]].concat());
    let mut server = Server(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let words = BufReader::new(server.0.stderr.take().unwrap());
    // The file is written before the first request is answered, which the next one then waits for.
    let mut lines = words.lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("listening on ")), "the server ended");
    std::thread::spawn(move || lines.for_each(drop));
    (server, serde_json::from_str(&read(&place.path("ready.json"))).unwrap())
}

fn ask(url: &str, method: &str, path: &str) -> String {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn answers_once_it_is_ready_and_ends_when_told_to() {
    let place = Place::new();
    let (mut server, ready) = started(&place);
    let url = ready["url"].as_str().unwrap();
    assert_eq!((&ready["ca_file"], ready["pid"].as_u64()), (&Value::Null, Some(u64::from(server.0.id()))));
    let metadata = ask(url, "GET", "/metadata/endpoints?api-version=2022-09-01");
    assert!(
        metadata.starts_with("HTTP/1.1 200 ") && metadata.contains(&format!("\"resourceManager\":\"{url}\"")),
        "{metadata}"
    );
    let path = "/providers/Microsoft.ManagementPartner/partners?api-version=2018-02-01";
    assert!(ask(url, "GET", path).contains(r#"{"error":{"code":"AuthenticationFailed","#));
    assert!(ask(url, "GET", "/bellmere.example/v2.0/.well-known/openid-configuration").contains("7e010000-"));
    assert!(
        ask(url, "GET", "/nowhere.example/v2.0/.well-known/openid-configuration").contains("AADSTS90002")
    );
    let process = server.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
    assert_eq!(server.0.wait().unwrap().code(), Some(0));
    assert!(Path::new(&place.path("pal-data/registry.sqlite")).exists());
}

#[test]
fn refuses_what_would_not_be_safe_or_not_work() {
    let place = Place::new();
    let sandbox = example("sandbox.toml");
    says(&place, "serve_for_nobody", &["serve"]).exits(2);
    let public = ["serve", "--authority", &sandbox, "--listen", "0.0.0.0:0"];
    says(&place, "serve_sandbox_to_everybody", &public).exits(2);
    let password = ["serve", "--authority", &sandbox, "--store", "postgres://pal:s3cret@db.example/pal"];
    says(&place, "serve_password_in_the_open", &password).exits(2);
    says(&place, "serve_in_the_clear", &[&public[..], &["--http", "--i-know"]].concat()).exits(2);
    place.write("sandbox.toml", "tennant = 1\n");
    says(&place, "serve_unknown_key", &["serve", "--authority", "sandbox.toml", "--listen", "127.0.0.1:0"])
        .exits(2);
    place.write("issuers.toml", "tenants = [\"contoso\"]\n");
    says(
        &place,
        "serve_issuer_that_is_none",
        &["serve", "--issuers", "issuers.toml", "--listen", "127.0.0.1:0"],
    )
    .exits(2);
}

#[test]
fn a_password_in_the_environment_is_not_shown() {
    let place = Place::new();
    let mut command = place.command(&["config", "list", "--show-origin", "-o", "csv"]);
    let ran = Ran::of(&["config"], command.env("PAL_STORE", "postgres://pal:s3cret@db.example/pal"));
    let ran = ran.exits(0);
    assert!(
        ran.stdout.contains("store,postgres://pal@db.example:5432/pal,environment PAL_STORE"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("s3cret") && !ran.stderr.contains("s3cret"));
}
