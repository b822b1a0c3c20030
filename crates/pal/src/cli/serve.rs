//! `pal serve`: how the registration service is served.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;

use super::value::an_hour;

/// Serve registration: the wire of Microsoft's service, for clients that are pointed here
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pal serve --authority examples/sandbox.toml")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Serve {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    pub(crate) listen: SocketAddr,
    /// Origin that clients use, if it is not the address (can be repeated; the first is the one that is told)
    #[arg(long, value_name = "URL")]
    pub(crate) public_origin: Vec<String>,
    /// Sandbox to sign in to: tenants, people, apps and partners in one file
    #[arg(long, value_name = "FILE")]
    pub(crate) authority: Option<PathBuf>,
    /// Trusted issuers: the tenants of Microsoft Entra whose tokens are believed
    #[arg(long, value_name = "FILE")]
    pub(crate) issuers: Option<PathBuf>,
    /// Certificate chain to serve with (PEM), instead of one made here
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Serve in the clear; on this machine only
    #[arg(long, conflicts_with_all = ["tls_cert", "tls_key"])]
    pub(crate) http: bool,
    /// Take any partner id of 1 to 10 digits, whether the directory knows it or not
    #[arg(long)]
    pub(crate) any_partner_id: bool,
    /// Do not bound how many requests a tenant may make
    #[arg(long)]
    pub(crate) no_quota: bool,
    /// How many times an hour a tenant may write
    #[arg(long, value_name = "N", default_value = "1200", conflicts_with = "no_quota", value_parser = an_hour)]
    pub(crate) quota_writes: NonZeroU32,
    /// How many times an hour a tenant may read
    #[arg(long, value_name = "N", default_value = "15000", conflicts_with = "no_quota", value_parser = an_hour)]
    pub(crate) quota_reads: NonZeroU32,
    /// Tell browsers to refuse plain HTTP on this host for so many seconds
    #[arg(long, value_name = "SECONDS", conflicts_with = "http")]
    pub(crate) hsts: Option<u32>,
    /// Answer `/metrics` to everybody, not only to this machine, operators and auditors
    #[arg(long)]
    pub(crate) open_metrics: bool,
    /// What is written on stderr: words about the server and its faults, or a JSON line for each of them and each request
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub(crate) log: LogForm,
    /// Folder that signed checkpoints of the registry are written into; best on other media [env: `PAL_CHECKPOINTS`]
    /// [default: checkpoints in the data folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) checkpoints: Option<PathBuf>,
    /// Minutes between checkpoints; one is written only if something changed
    #[arg(long, value_name = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) checkpoint_every: u64,
    /// Write where the server is into this file once it answers; removed when it stops, its folder must be there
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
    /// Offer the sandbox's sign-in to other machines all the same
    #[arg(long)]
    pub(crate) i_know: bool,
}

/// What the log of a server is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogForm {
    /// Words for people: starts, stops, faults.
    Text,
    /// JSON lines: the same, and each request.
    Json,
}
