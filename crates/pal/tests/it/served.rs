//! A real `pal serve` for other commands to ask: over TLS, with a sandbox that the test writes.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::command::{Place, Ran, read};
use crate::snapshot::says_of;

pub(crate) const TENANT: &str = "7e010000-0000-4000-8000-000000000001";
pub(crate) const APP: &str = "c11e0001-0000-4000-8000-000000000001";
pub(crate) const APP_OBJECT: &str = "ba010009-0000-4000-8000-000000000001";
pub(crate) const USER_OBJECT: &str = "ba010001-0000-4000-8000-000000000001";
pub(crate) const SECRET: &str = "-hush hush+/%";

pub(crate) const OPERATORS: &str = "7e0f0000-0000-4000-8000-000000000000";
pub(crate) const OPERATOR: &str = "c11e0f00-0000-4000-8000-000000000001";

const SANDBOX: &str = r#"
operator_tenant = "7e0f0000-0000-4000-8000-000000000000"
auto_approve_device_codes_as = "ines@bellmere.example"
device_code_interval = 1

[[partner]]
id = "6000100"
name = "Brackenfold Digital"
kind = "global"

[[partner]]
id = "6000110"
name = "Brackenfold Digital, Rotterdam"
kind = "location"
global_partner_id = "6000100"

[[partner]]
id = "6000120"
name = "Brackenfold Digital, Lyon"
kind = "location"
global_partner_id = "6000100"

[[tenant]]
id = "7e0f0000-0000-4000-8000-000000000000"
name = "Sandbox Operators"
domain = "operators.example"

[[tenant.app]]
client_id = "c11e0f00-0000-4000-8000-000000000001"
object_id = "0e0f0009-0000-4000-8000-000000000001"
secret = "-hush hush+/%"
roles = ["operator"]

[[tenant]]
id = "7e010000-0000-4000-8000-000000000001"
name = "Bellmere Logistics"
domain = "bellmere.example"

[[tenant.user]]
object_id = "ba010001-0000-4000-8000-000000000001"
upn = "ines@bellmere.example"
password = "sandbox-password"

[[tenant.app]]
client_id = "c11e0001-0000-4000-8000-000000000001"
object_id = "ba010009-0000-4000-8000-000000000001"
secret = "-hush hush+/%"
"#;

/// A running server, and a place whose commands ask it; ends with the test.
pub(crate) struct Served {
    pub(crate) place: Place,
    pub(crate) url: String,
    pub(crate) ca_file: String,
    server: Child,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Served {
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// - `more`: lines of the app at the sandbox's end.
    pub(crate) fn with(more: &str) -> Self {
        Self::at(Place::new(), more)
    }

    /// A server in the clear.
    pub(crate) fn plain() -> Self {
        Self::start(Place::new(), "", &["--http"])
    }

    pub(crate) fn at(place: Place, more: &str) -> Self {
        Self::start(place, more, &[])
    }

    /// Starts the server and waits until it says that it listens.
    fn start(place: Place, more: &str, how: &[&str]) -> Self {
        place.write("server/sandbox.toml", format!("{SANDBOX}{more}"));
        let arguments = ["serve", "--data", "server", "--authority", "server/sandbox.toml", "--listen"];
        let arguments = [&arguments[..], &["127.0.0.1:0", "--ready-file", "server/ready.json"], how].concat();
        let mut command = place.command(&arguments);
        let mut server = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(server.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line.starts_with("listening on ")), "the server ended");
        std::thread::spawn(move || lines.for_each(drop));
        let ready: Value = serde_json::from_str(&read(&place.path("server/ready.json"))).unwrap();
        let text = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
        let (url, ca_file) = (text("url"), text("ca_file"));
        place.write("secret", format!("{SECRET}\n"));
        Self { place, url, ca_file, server }
    }

    /// Runs a command that asks the server, with more of an environment.
    pub(crate) fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = self.place.command(arguments);
        command.env("PAL_ENDPOINT", &self.url).env("PAL_CA_FILE", &self.ca_file);
        command.envs(environment.iter().copied());
        Ran::of(arguments, &mut command)
    }

    /// Runs a command as the sandbox's app.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let app = [("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", APP), ("PAL_CLIENT_SECRET", SECRET)];
        self.run_with(arguments, &app)
    }

    /// Runs a command as an operator.
    pub(crate) fn run_as_operator(&self, arguments: &[&str]) -> Ran {
        let operator =
            [("AZURE_TENANT_ID", OPERATORS), ("AZURE_CLIENT_ID", OPERATOR), ("PAL_CLIENT_SECRET", SECRET)];
        self.run_with(arguments, &operator)
    }

    /// Runs a command as the sandbox's app and holds what it says.
    #[track_caller]
    pub(crate) fn says(&self, name: &str, arguments: &[&str]) -> Ran {
        says_of(&self.place, name, self.run(arguments), &[(&self.url, "[server]")])
    }
}
