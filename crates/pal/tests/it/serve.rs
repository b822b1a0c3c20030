//! `pal serve`: what it refuses to start with, when it says that it is ready, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use serde_json::Value;

use crate::command::{Place, Ran, example, read};
use crate::snapshot::says;

/// A running server; ends with the test.
pub(crate) struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server in the clear and waits until it says that it listens; the thread has what it said by its end.
pub(crate) fn started(place: &Place, more: &[&str]) -> (Server, Value, JoinHandle<Vec<String>>) {
    let sandbox = example("sandbox.toml");
    let arguments = ["serve", "--authority", &sandbox, "--http", "--listen", "127.0.0.1:0"];
    let mut command = place.command(&[&arguments[..], &["--ready-file", "ready.json"], more].concat());
    let mut server = Server(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let words = BufReader::new(server.0.stderr.take().unwrap());
    // The file is written before the first request is answered, which the next one then waits for.
    let mut lines = words.lines().map(Result::unwrap);
    let mut said = Vec::new();
    loop {
        said.push(lines.next().expect("the server ended"));
        if said.last().is_some_and(|line| line.contains("listening on ")) {
            break;
        }
    }
    let rest = std::thread::spawn(move || said.into_iter().chain(lines).collect());
    (server, serde_json::from_str(&read(&place.path("ready.json"))).unwrap(), rest)
}

/// Tells a server to stop, and waits until it has.
#[track_caller]
pub(crate) fn stop(server: &mut Server) {
    let process = server.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
    assert_eq!(server.0.wait().unwrap().code(), Some(0));
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
    let (mut server, ready, _) = started(&place, &[]);
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
    stop(&mut server);
    assert!(Path::new(&place.path("pal-data/registry.sqlite")).exists());
    assert!(!place.path("ready.json").exists(), "who waits for the next start is not misled");
}

#[test]
fn a_second_server_on_the_same_folder_is_refused_with_who_has_it() {
    let place = Place::new();
    let (mut server, ready, _) = started(&place, &[]);
    let arguments = ["serve", "--authority", &example("sandbox.toml"), "--http", "--listen", "127.0.0.1:0"];
    let address = ready["url"].as_str().unwrap().trim_start_matches("http://");
    let holder = format!("is in use by process {}: pal serve on {address}\n", server.0.id());
    place.pal(&arguments).exits(5).tells(&holder);
    stop(&mut server);
    assert!(place.read("pal-data/registry.lock").contains("pal serve"));
}

#[test]
fn checkpoints_are_signed_at_start_and_at_the_end_where_something_changed() {
    let place = Place::new();
    let (mut server, ..) = started(&place, &[]);
    assert_eq!(place.names("pal-data/checkpoints").len(), 1);
    stop(&mut server);
    let first = place.names("pal-data/checkpoints");
    assert_eq!(first.len(), 1, "nothing changed since the start");
    place.write("taken", "");
    let taken = ["serve", "--authority", &example("sandbox.toml"), "--http", "--listen", "127.0.0.1:0"];
    let taken = place.pal(&[&taken[..], &["--checkpoints", "taken/below"]].concat()).exits(2);
    taken.tells("taken/below").tells("hint: name a folder that can be written to with `--checkpoints`");
    let (mut server, ..) = started(&place, &[]);
    place.write("partners.csv", "partner_id,name,kind\n7,Seven,location\n");
    place.pal(&["admin", "partners", "import", "partners.csv"]).exits(0);
    stop(&mut server);
    let both = place.names("pal-data/checkpoints");
    assert!(both.len() == 2 && both.starts_with(&first), "{both:?}");
    let verified = place.pal(&["admin", "verify"]).exits(0).tells("checkpoints: 2 of ").json();
    assert_eq!((&verified["sound"], &verified["beyond"]), (&true.into(), &serde_json::json!([])));
    let mode = std::fs::metadata(place.path("pal-data/checkpoint.key")).unwrap().permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
}

#[test]
fn writes_a_json_line_for_each_request_and_never_what_is_secret() {
    let place = Place::new();
    let (mut server, ready, said) = started(&place, &["--log", "json", "--quota-reads", "7"]);
    let url = ready["url"].as_str().unwrap();
    assert!(ask(url, "GET", "/readyz").contains(r#"{"ready":true,"registry":true,"keys":true}"#));
    assert!(ask(url, "GET", "/metrics").contains("pal_http_requests_total"));
    let answer = ask(url, "GET", "/api/v1/me?access_token=s3cret");
    let id = answer.lines().find_map(|line| line.strip_prefix("request-id: ")).unwrap().to_owned();
    stop(&mut server);
    let said = said.join().unwrap();
    let lines: Vec<Value> = said.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["at"].is_string() && line["message"].is_string()), "{said:?}");
    let mine: Vec<&Value> = lines.iter().filter(|line| line["request_id"] == id.as_str()).collect();
    let [line] = mine.as_slice() else { panic!("{said:?}") };
    assert_eq!((&line["path"], &line["status"]), (&"/api/v1/me".into(), &401.into()));
    assert!(!said.iter().any(|line| line.contains("s3cret")), "{said:?}");
}

/// Whatever was answered, also at sign-in, to `pal link`, and where nothing is, can be found in the log.
#[test]
fn the_ids_that_people_see_are_those_of_the_log() {
    let place = Place::new();
    let (mut server, ready, said) = started(&place, &["--log", "json"]);
    let url = ready["url"].as_str().unwrap();
    place.write("secret", "sandbox-secret");
    let app = ["--tenant", "bellmere.example", "--client-id", "c11e0001-0000-4000-8000-000000000001"];
    let show = ["link", "show", "--endpoint", url, "--client-secret-file", "secret"];
    let shown = place.pal(&[&show[..], &app[..]].concat()).exits(3);
    let shown = shown.stderr.lines().find_map(|line| line.strip_prefix("request id: ")).unwrap().to_owned();
    let mut expected = vec![(shown, "provider", 404)];
    for (method, path, area, status) in [
        ("POST", "/bellmere.example/oauth2/v2.0/token", "sign_in", 400),
        ("GET", "/bellmere.example/v2.0/.well-known/openid-configuration", "sign_in", 200),
        ("GET", "/nowhere", "sign_in", 404),
        ("GET", "//nowhere", "sign_in", 404),
        ("GET", "/providers/../x", "provider", 404),
    ] {
        let answer = ask(url, method, path);
        let id = answer.lines().find_map(|line| line.strip_prefix("request-id: ")).unwrap();
        let traced = !answer.contains("trace_id") || answer.contains(&format!("\"trace_id\":\"{id}\""));
        assert!(traced, "{answer}");
        expected.push((id.to_owned(), area, status));
    }
    stop(&mut server);
    let said = said.join().unwrap();
    let lines: Vec<Value> = said.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (id, area, status) in expected {
        let line = lines.iter().find(|line| line["request_id"] == id.as_str());
        let line = line.unwrap_or_else(|| panic!("{id} is not in {said:?}"));
        assert_eq!((&line["area"], &line["status"]), (&area.into(), &status.into()), "{line}");
    }
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
    let elsewhere =
        ["serve", "--authority", &sandbox, "--listen", "127.0.0.1:0", "--ready-file", "no/such/ready.json"];
    place.pal(&elsewhere).exits(2).tells("there is no folder `no/such`");
    assert!(!place.path("no").exists() && !place.path("pal-data").exists());
    says(&place, "serve_in_the_clear", &[&public[..], &["--http", "--i-know"]].concat()).exits(2);
    place.write(
        "elsewhere.toml",
        "tenants = [\"7e010000-0000-4000-8000-000000000001\"]\naudiences = [\"api://x\"]\n",
    );
    let nameless = ["serve", "--issuers", "elsewhere.toml", "--listen", "0.0.0.0:0"];
    says(&place, "serve_without_a_name", &nameless).exits(2);
    place.write("sandbox.toml", "tennant = 1\n");
    says(&place, "serve_unknown_key", &["serve", "--authority", "sandbox.toml", "--listen", "127.0.0.1:0"])
        .exits(2);
    let missing = ["serve", "--authority", "nowhere.toml", "--listen", "127.0.0.1:0"];
    place
        .pal(&missing)
        .exits(2)
        .tells("nowhere.toml: cannot be read")
        .tells("hint: `examples/sandbox.toml` is");
    let missing = ["serve", "--issuers", "nowhere.toml", "--listen", "127.0.0.1:0"];
    place.pal(&missing).exits(2).tells("cannot read `nowhere.toml`").tells("The issuers file");
    for quota in ["--quota-writes", "--quota-reads"] {
        for number in ["0", "-1", "many", "4294967296"] {
            let bound = format!("{quota}={number}");
            let ran = place.pal(&["serve", "--authority", "sandbox.toml", &bound]).exits(2);
            ran.tells(&format!("`{number}` is no number from 1 to 4294967295; `--no-quota` sets no bound"));
        }
    }
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
