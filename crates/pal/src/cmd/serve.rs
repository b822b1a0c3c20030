//! `pal serve`: the registration service, with its registry in the data folder.

mod checkpointing;
mod issuers;
mod log;
mod made;

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use pal_server::identity::Authenticator;
use pal_server::{Clock, serve, tls};
use pal_store::registry::{PartnerPolicy, Registry, RegistryLock};
use serde_json::json;

use crate::checkpoints;
use crate::cli::Serve;
use crate::exit::{Exit, Failure, Outcome};
use crate::output_files::write_files;
use crate::registry::{lock, make_data_folder, openness, refuse_migrated};
use crate::shell::Shell;
use checkpointing::Checkpointing;
use issuers::Issuers;
use log::Log;

/// How long requests under way may take once the server is told to stop.
const DRAIN: Duration = Duration::from_secs(20);
/// How often keys and certificates are looked at.
const UPKEEP: Duration = Duration::from_mins(1);

pub(crate) fn run(arguments: &Serve, shell: &Shell) -> Outcome {
    check(arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serving(arguments, shell))
}

/// What must hold before anything is opened.
fn check(arguments: &Serve) -> Result<(), Failure> {
    let public = !arguments.listen.ip().is_loopback();
    if arguments.http && public {
        return Err(Failure::new(
            Exit::Usage,
            format!("`--http` on {} would send tokens in the clear", arguments.listen),
            "listen on 127.0.0.1, or leave `--http` out",
        ));
    }
    if arguments.authority.is_some() && public && !arguments.i_know {
        return Err(Failure::new(
            Exit::Usage,
            format!(
                "the built-in authority is a sandbox, and {} can be reached from outside",
                arguments.listen
            ),
            "listen on 127.0.0.1, or say that you know with `--i-know`",
        ));
    }
    if let Some(folder) = arguments.ready_file.as_deref().map(folder_of).filter(|folder| !folder.is_dir()) {
        return Err(Failure::new(
            Exit::Usage,
            format!("`--ready-file`: there is no folder `{}`", folder.display()),
            "make it first, or name a file in another",
        ));
    }
    if arguments.authority.is_none() && arguments.issuers.is_none() {
        return Err(Failure::new(
            Exit::Usage,
            "nobody could sign in: there is neither an authority nor a trusted issuer",
            "try `--authority examples/sandbox.toml`, or trust Microsoft Entra with `--issuers FILE`",
        ));
    }
    Ok(())
}

async fn serving(arguments: &Serve, shell: &Shell) -> Outcome {
    let data = shell.data();
    let log = Log::new(arguments.log, shell.clocks.now);
    log.say(format!("data: {}", data.display()));
    make_data_folder(shell)?;
    // A database is shared by as many servers as want to; a file has one.
    let alone = shell.settings.store.value.is_none();
    if alone {
        refuse_migrated(data)?;
        if let Some(warning) = openness(data) {
            log.warn(warning);
        }
    }
    let held = alone.then(|| lock(data, &format!("pal serve on {}", arguments.listen))).transpose()?;
    let clock = Clock::new(shell.clocks.now).with_monotonic(shell.clocks.elapsed);
    let listener = TcpListener::bind(arguments.listen).map_err(|error| {
        Failure::new(Exit::Usage, format!("{}: {error}", arguments.listen), "listen elsewhere")
    })?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let _held = held.map(|held| named(held, &format!("pal serve on {address}"))).transpose()?;
    let issuers = arguments.issuers.as_deref().map(issuers::read).transpose()?;
    let origins = origins_of(arguments, issuers.as_ref(), address)?;
    let certificates = certificates(arguments, &origins, shell, log)?;
    let policy =
        if arguments.any_partner_id { PartnerPolicy::AnyPartnerId } else { PartnerPolicy::Directory };
    let registry = shell.registry(policy).await?;
    let checkpointing = checkpointing(arguments, &registry, shell, log).await?;
    let made =
        made::service(arguments, (&origins, issuers.as_ref()), shell, (&registry, &clock, log)).await?;
    let every = Duration::from_mins(arguments.checkpoint_every);
    let (checkpointing, stop_checkpoints) = checkpointing.start(every, data).await?;
    let told = told_to_stop()?;
    ready(arguments, &made.url, certificates.ca_file.as_deref(), log)?;
    tokio::spawn(upkeep(made.authenticator.clone(), certificates.local.clone(), clock, log));
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let stop = async move {
        told.await;
        log.say("stopping: requests under way are answered first");
        let _ = stopping.send(());
    };
    tokio::select! {
        served = serve(listener, certificates.config, made.service, stop) => served?,
        () = drained(stopped) => log.say("requests that took too long were cut off"),
    }
    // The last checkpoint covers all that was answered.
    drop(stop_checkpoints);
    checkpointing.await?;
    if let Some(Err(error)) = arguments.ready_file.as_ref().map(fs::remove_file) {
        log.warn(format!("the file of `--ready-file` cannot be removed: {error}"));
    }
    Ok(Exit::Ok)
}

/// The lock, once it is known where the server listens.
fn named(mut held: RegistryLock, doing: &str) -> io::Result<RegistryLock> {
    held.say(doing)?;
    Ok(held)
}

/// The folder of a file that is named on the command line.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What signs checkpoints; says what the registry has lost since the newest of them.
async fn checkpointing(
    arguments: &Serve,
    registry: &Registry,
    shell: &Shell,
    log: Log,
) -> Result<Checkpointing, Failure> {
    let folder = shell.checkpoints(arguments.checkpoints.as_deref());
    let key = checkpoints::key(shell.data())?;
    Checkpointing::open(registry, key, folder, log).await
}

/// The certificates that the server shows; none over plain HTTP.
struct Certificates {
    config: Option<rustls::ServerConfig>,
    local: Option<std::sync::Arc<tls::LocalCertificates>>,
    ca_file: Option<PathBuf>,
}

fn certificates(
    arguments: &Serve,
    origins: &[String],
    shell: &Shell,
    log: Log,
) -> Result<Certificates, Failure> {
    let problem = |problem: tls::TlsProblem| Failure { exit: Exit::Usage, error: problem.into(), hint: None };
    if arguments.http {
        return Ok(Certificates { config: None, local: None, ca_file: None });
    }
    if let (Some(certificate), Some(key)) = (&arguments.tls_cert, &arguments.tls_key) {
        let config = tls::given(certificate, key).map_err(problem)?;
        return Ok(Certificates { config: Some(config), local: None, ca_file: None });
    }
    let folder = shell.data().join("tls");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    let names: Vec<String> = origins.iter().filter_map(|origin| host(origin)).collect();
    let local = tls::LocalCertificates::open(&folder, &names, shell.now()).map_err(problem)?;
    let (config, ca_file) = (local.server_config().map_err(problem)?, local.ca_file());
    log.say(format!("clients must trust {}", ca_file.display()));
    Ok(Certificates { config: Some(config), local: Some(local.into()), ca_file: Some(ca_file) })
}

/// The host name or address of an origin.
fn host(origin: &str) -> Option<String> {
    let uri: axum::http::Uri = origin.parse().ok()?;
    Some(uri.host()?.trim_start_matches('[').trim_end_matches(']').to_owned())
}

/// Says that requests are answered from now on, in words and, where asked for, in a file.
fn ready(arguments: &Serve, url: &str, ca_file: Option<&Path>, log: Log) -> Result<(), Failure> {
    let words = format!("listening on {url}");
    let Some(path) = &arguments.ready_file else {
        log.say(words);
        return Ok(());
    };
    let ca_file = ca_file.map(|path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()));
    let ready = json!({
        "url": url, "ca_file": ca_file.map(|path| path.display().to_string()), "pid": std::process::id(),
    });
    let name = path.file_name().context("`--ready-file` names no file")?.to_string_lossy().into_owned();
    write_files(folder_of(path), &[(name, format!("{ready}\n").into_bytes())])?;
    log.say(words);
    Ok(())
}

/// Reads keys anew and renews certificates in time; what fails is told and tried again.
async fn upkeep(
    authenticator: Authenticator,
    local: Option<std::sync::Arc<tls::LocalCertificates>>,
    clock: Clock,
    log: Log,
) {
    let mut without = Vec::new();
    loop {
        authenticator.refresh(clock.now()).await;
        let now_without = authenticator.without_keys(clock.now());
        if now_without != without {
            let tenants: Vec<String> = now_without.iter().map(ToString::to_string).collect();
            log.say(match tenants.as_slice() {
                [] => "the keys of all issuers are at hand".to_owned(),
                tenants => format!(
                    "the keys of tenant {} cannot be read: nobody of it can sign in; tried again every minute",
                    tenants.join(", ")
                ),
            });
            without = now_without;
        }
        if let Some(Err(problem)) = local.as_ref().map(|local| local.renew(clock.now())) {
            log.say(format!("the server's certificate cannot be renewed: {problem}"));
        }
        tokio::time::sleep(UPKEEP).await;
    }
}

/// Ends once the server is told to stop. That counts from the call on, not only from when it is waited for: whoever reads
/// that the server is ready may stop it.
#[cfg(unix)]
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Ends once the server is told to stop.
#[cfg(not(unix))]
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Ends so long after the server was told to stop.
async fn drained(stopped: tokio::sync::oneshot::Receiver<()>) {
    match stopped.await {
        Ok(()) => tokio::time::sleep(DRAIN).await,
        Err(_) => std::future::pending().await,
    }
}

/// The origins at which a server on this address is reached: those that were named; on this machine its addresses.
fn origins_of(
    arguments: &Serve,
    issuers: Option<&Issuers>,
    address: SocketAddr,
) -> Result<Vec<String>, Failure> {
    let configured = issuers.map(|issuers| issuers.public_origins.as_slice()).unwrap_or_default();
    for named in [arguments.public_origin.as_slice(), configured] {
        if !named.is_empty() {
            return Ok(named.to_vec());
        }
    }
    if !address.ip().is_loopback() {
        return Err(Failure::new(
            Exit::Usage,
            format!(
                "clients on other machines cannot be told where this server is: {} is no name of it",
                arguments.listen.ip()
            ),
            "name it with `--public-origin https://HOST[:PORT]`, or with `public_origins` in the issuers file",
        ));
    }
    let scheme = if arguments.http { "http" } else { "https" };
    Ok(vec![format!("{scheme}://{address}"), format!("{scheme}://localhost:{}", address.port())])
}
