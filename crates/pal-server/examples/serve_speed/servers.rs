//! The two servers, each a process of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::routing::get;
use pal_rules::time::Timestamp;
use pal_server::tls::LocalCertificates;

use crate::Outcome;

pub(crate) const TENANT: &str = "7e010000-0000-4000-8000-000000000001";
/// All of an app's id but the last two digits.
pub(crate) const CLIENT_ID: &str = "c11e0001-0000-4000-8000-0000000000";
pub(crate) const SECRET: &str = "sandbox-secret";

/// In the clear, or as it is served by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Plain,
    Tls,
}

/// A running server; it ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) ca_file: Option<PathBuf>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The sandbox that the server signs in with: an app for each client.
pub(crate) fn describe_sandbox(folder: &Path, clients: u32) -> Outcome<()> {
    let mut text = format!(
        "[[partner]]\nid = \"6000110\"\nname = \"One\"\nkind = \"location\"\n\
         [[partner]]\nid = \"6000120\"\nname = \"Two\"\nkind = \"location\"\n\
         [[tenant]]\nid = \"{TENANT}\"\nname = \"Speed\"\ndomain = \"speed.example\"\n"
    );
    for client in 0..clients {
        text += &format!(
            "[[tenant.app]]\nclient_id = \"{CLIENT_ID}{client:02}\"\n\
             object_id = \"ba010009-0000-4000-8000-0000000000{client:02}\"\nsecret = \"{SECRET}\"\n"
        );
    }
    Ok(fs::write(folder.join("sandbox.toml"), text)?)
}

impl Server {
    /// `pal serve` on the folder, without a quota.
    pub(crate) fn pal(pal: &str, folder: &Path, scheme: Scheme) -> Outcome<Server> {
        let mut command = Command::new(pal);
        command.arg("serve").arg("--data").arg(folder.join("data"));
        command.arg("--authority").arg(folder.join("sandbox.toml"));
        command.args(["--listen", "127.0.0.1:0", "--no-quota"]);
        command.args((scheme == Scheme::Plain).then_some("--http"));
        start(command, "--ready-file", &folder.join("ready.json"))
    }

    /// This program, as [`empty`].
    pub(crate) fn empty(folder: &Path, scheme: Scheme) -> Outcome<Server> {
        let ready = folder.join("empty.json");
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("empty");
        let mut server = start(command, if scheme == Scheme::Tls { "tls" } else { "plain" }, &ready)?;
        server.ca_file.take_if(|_| scheme == Scheme::Plain);
        Ok(server)
    }

    /// How much memory the process holds.
    pub(crate) fn resident_kib(&self) -> Outcome<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }
}

/// Starts a server and waits until its file says that it is ready; the last arguments are `flag` and that file.
fn start(mut command: Command, flag: &str, ready: &Path) -> Outcome<Server> {
    let _ = fs::remove_file(ready);
    let child = command.arg(flag).arg(ready).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut server = Server { child, address: nowhere, ca_file: None };
    let patience = Instant::now() + Duration::from_secs(20);
    let told = loop {
        match fs::read(ready).ok().filter(|text| !text.is_empty()) {
            Some(text) => break serde_json::from_slice::<serde_json::Value>(&text)?,
            None if server.child.try_wait()?.is_some() => return Err("the server ended".into()),
            None if Instant::now() > patience => return Err("the server did not get ready".into()),
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    let text = |name: &str| told.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
    let url = text("url").ok_or("no address")?;
    server.address = url.rsplit('/').next().unwrap_or_default().parse()?;
    server.ca_file = text("ca_file").map(PathBuf::from);
    Ok(server)
}

/// Serves an empty handler as `pal serve` serves: the same function, runtime and kind of certificate.
pub(crate) fn empty(scheme: Option<String>, ready: Option<String>) -> Outcome<()> {
    let ready = PathBuf::from(ready.ok_or("which file?")?);
    let certificates = ready.with_extension("tls");
    fs::create_dir_all(&certificates)?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let now = Timestamp::from_micros(i64::try_from(since.as_micros())?);
    let local = LocalCertificates::open(&certificates, &[], now)?;
    let tls = (scheme.as_deref() == Some("tls")).then(|| local.server_config()).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let told = serde_json::json!({
            "url": format!("http://{}", listener.local_addr()?), "ca_file": local.ca_file(),
        });
        fs::write(ready.with_extension("draft"), told.to_string())?;
        fs::rename(ready.with_extension("draft"), &ready)?;
        let router = Router::new().route("/{*path}", get(async || {}));
        pal_server::serve(listener, tls, router, std::future::pending()).await?;
        Ok(())
    })
}
