//! The command line: what can be said. Validates only; nothing is looked up here.

mod admin;
mod coverage;
mod import;
mod link;
mod machine;
mod solution;
mod value;
mod what_if;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use pal_rules::time::{Month, Timestamp};

pub(crate) use self::admin::{Admin, Partners, Restore, Verify};
pub(crate) use self::coverage::Coverage;
pub(crate) use self::import::{Exports, Import};
pub(crate) use self::link::{Connection, Link, LinkVerb, ManagementPartner, ManagementPartnerVerb};
pub(crate) use self::machine::MachineArguments;
pub(crate) use self::solution::{Inspect, Solution};
pub(crate) use self::value::{Days, Months};
use self::value::{an_hour, instant, month, months, query};
pub(crate) use self::what_if::{Change, WhatIf};
use crate::config::LinksFromWord;
use crate::render::Format;

/// Partner Admin Link for Power Platform and Dynamics 365 Customer Insights: who gets credit for which usage, and why
#[derive(Debug, Parser)]
#[command(name = "pal", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Format of the answer on stdout: table on a terminal, json otherwise [env: `PAL_OUTPUT`]
    #[arg(short, long, global = true, value_enum, value_name = "FORMAT", help_heading = "Global options")]
    pub(crate) output: Option<Format>,
    /// JMESPath applied to the answer before it is formatted
    #[arg(long, global = true, value_name = "JMESPATH", value_parser = query, help_heading = "Global options")]
    pub(crate) query: Option<String>,
    /// Data folder of the workspace [env: `PAL_DATA`] [default: pal-data]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub(crate) data: Option<PathBuf>,
    /// PostgreSQL database of the registry, instead of a file in the data folder [env: `PAL_STORE`]
    #[arg(long, global = true, value_name = "URL", help_heading = "Global options")]
    pub(crate) store: Option<String>,
    /// Which links count in the workspace [env: `PAL_LINKS_FROM`] [default: microsoft]
    #[arg(long, global = true, value_enum, value_name = "WHICH", help_heading = "Global options")]
    pub(crate) links_from: Option<LinksFromWord>,
    /// Never move the cursor or colour anything [env: `NO_COLOR`]
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) no_color: bool,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Attribute(Attribute),
    Init(Init),
    #[command(subcommand)]
    Import(Import),
    Preview(Preview),
    Close(Close),
    #[command(subcommand)]
    Statement(Statement),
    Explain(Explain),
    WhatIf(WhatIf),
    #[command(subcommand)]
    Resource(Resource),
    Export(Export),
    Coverage(Coverage),
    #[command(subcommand)]
    Solution(Solution),
    Link(Link),
    #[command(name = "managementpartner")]
    ManagementPartner(ManagementPartner),
    Serve(Serve),
    #[command(subcommand)]
    Admin(Admin),
    Demo(Demo),
    #[command(subcommand)]
    Config(Config),
    Completion(Completion),
    Version(Version),
}

impl Verb {
    /// Whom the verb asks, if it asks anybody.
    pub(crate) fn connection(&self) -> Option<&Connection> {
        match self {
            Self::Link(link) => Some(&link.connection),
            Self::ManagementPartner(partner) => Some(&partner.connection),
            _ => None,
        }
    }
}

/// Make a workspace in the data folder
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pal init --data ./pal-data")]
pub(crate) struct Init {}

/// Show what a month's statement would be now; nothing is kept
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pal preview 2026-03")]
pub(crate) struct Preview {
    /// Month to look at; one that is not over is judged as of now
    #[arg(value_name = "YYYY-MM", value_parser = month)]
    pub(crate) month: Month,
    /// Judge at this instant instead
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) as_of: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) machine: MachineArguments,
}

/// Close a month: fix its statement as a numbered version that never changes
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pal close 2026-03")]
pub(crate) struct Close {
    /// Month, or range of months, to close
    #[arg(value_name = "YYYY-MM[..YYYY-MM]", value_parser = months)]
    pub(crate) month: Months,
    #[command(flatten)]
    pub(crate) machine: MachineArguments,
}

/// Show, list and compare closed statements
#[derive(Debug, Subcommand)]
pub(crate) enum Statement {
    /// Show the statement of a closed month
    #[command(after_help = "Example:\n  pal statement show 2026-03 --rollup")]
    Show {
        /// Closed month
        #[arg(value_name = "YYYY-MM", value_parser = month)]
        month: Month,
        /// Version to show instead of the newest
        #[arg(id = "of_version", long = "version", value_name = "N")]
        version: Option<i64>,
        #[command(flatten)]
        shown: Shown,
    },
    /// List the closed months and their versions
    #[command(after_help = "Example:\n  pal statement list")]
    List,
    /// Show what changed between two versions of a month, and the facts that caused it
    #[command(after_help = "Example:\n  pal statement diff 2026-03")]
    Diff {
        /// Closed month
        #[arg(value_name = "YYYY-MM", value_parser = month)]
        month: Month,
        /// Earlier version; the one before the later if left out
        #[arg(long, value_name = "N")]
        from: Option<i64>,
        /// Later version; the newest if left out
        #[arg(long, value_name = "N")]
        to: Option<i64>,
    },
    /// Compare two closed months
    #[command(after_help = "Example:\n  pal statement compare 2026-02 2026-03 --by cause")]
    Compare {
        /// Earlier month
        #[arg(value_name = "M1", value_parser = month)]
        before: Month,
        /// Later month
        #[arg(value_name = "M2", value_parser = month)]
        after: Month,
        /// What changes are summed by
        #[arg(long, value_enum, default_value_t = By::Cause)]
        by: By,
    },
}

/// What of a statement is shown.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct Shown {
    /// Show the roll-up per partner instead of the lines
    #[arg(long)]
    pub(crate) rollup: bool,
    /// Show the roll-up per partner company instead of the lines
    #[arg(long)]
    pub(crate) company: bool,
    /// Show what a partner (id, company id or name; all if left out) lost, and why
    #[arg(long, value_name = "PARTNER", num_args = 0..=1, default_missing_value = "")]
    pub(crate) lost: Option<String>,
}

/// What changes are summed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum By {
    /// Customer tenant.
    Tenant,
    /// Partner.
    Partner,
    /// Workload.
    Workload,
    /// Cause.
    Cause,
}

impl By {
    /// As people say it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Partner => "partner",
            Self::Workload => "workload",
            Self::Cause => "cause",
        }
    }

    /// The column that holds it.
    pub(crate) const fn column(self) -> &'static str {
        match self {
            Self::Tenant => "tenant_id",
            Self::Partner => "partner_id",
            Self::Workload => "workload",
            Self::Cause => "cause",
        }
    }
}

/// Explain one resource in one month: who gets the credit, and why
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pal explain \"Customs Papers\" --month 2026-03")]
pub(crate) struct Explain {
    /// Resource: an id, a maker-portal or Power BI address, or a name
    #[arg(value_name = "RESOURCE")]
    pub(crate) resource: String,
    /// Month to explain
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    pub(crate) month: Month,
    /// Version of the closed month to explain instead of the newest
    #[arg(id = "of_version", long = "version", value_name = "N")]
    pub(crate) version: Option<i64>,
}

/// Find resources
#[derive(Debug, Subcommand)]
pub(crate) enum Resource {
    /// Find resources by id, address or part of a name
    #[command(after_help = "Example:\n  pal resource find check")]
    Find {
        /// Text to look for
        #[arg(value_name = "TEXT")]
        text: String,
    },
}

/// Export the files of closed statements: CSV, the same with names, manifest and evidence
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pal export 2026-03 --out march/")]
pub(crate) struct Export {
    /// Closed month, or range of months
    #[arg(value_name = "YYYY-MM[..YYYY-MM]", value_parser = months)]
    pub(crate) month: Months,
    /// Folder to write into; a range writes one subfolder per month
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Version to export instead of the newest
    #[arg(id = "of_version", long = "version", value_name = "N")]
    pub(crate) version: Option<i64>,
}

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

/// See it work: load a sample world, close its months, and explain
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pal demo")]
pub(crate) struct Demo {
    /// Folder for the demo's own workspace; made anew each time
    #[arg(long, value_name = "DIR", default_value = "pal-demo")]
    pub(crate) folder: PathBuf,
}

/// Show the settings
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// List every setting and its value
    #[command(after_help = "Example:\n  pal config list --show-origin")]
    List {
        /// Say where each value comes from
        #[arg(long)]
        show_origin: bool,
    },
}

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pal completion bash > ~/.local/share/bash-completion/completions/pal")]
pub(crate) struct Completion {
    /// Shell to complete for; `man` prints the manual pages
    #[arg(value_name = "SHELL", ignore_case = true)]
    pub(crate) shell: Completed,
}

/// What completions are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Completed {
    /// The Bourne-again shell.
    Bash,
    /// The Z shell.
    Zsh,
    /// The friendly interactive shell.
    Fish,
    /// PowerShell.
    Powershell,
    /// The manual pages, in roff.
    Man,
}

/// Print the versions of the program and of its rules
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pal version -o json")]
pub(crate) struct Version {}

/// Attribute usage: facts in, an explained statement out (keeps nothing)
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  pal attribute examples/demo-world --month 2026-03 --out statement/ --names"
)]
pub(crate) struct Attribute {
    /// Directory of canonical facts: one CSV or Parquet file per table
    #[arg(value_name = "FACTS_DIR")]
    pub(crate) facts: PathBuf,
    /// Month, or range of months, to state
    #[arg(long, value_name = "YYYY-MM[..YYYY-MM]", value_parser = months)]
    pub(crate) month: Months,
    /// Judge at this instant instead of the month's end
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) as_of: Option<Timestamp>,
    /// Write the files of the statement into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Also write `statement.named.csv`, with names in front
    #[arg(long, requires = "out")]
    pub(crate) names: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) machine: MachineArguments,
}

/// How facts are read.
#[derive(Debug, Args)]
pub(crate) struct Reading {
    /// Go on when no more than this many rows are refused
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) allow_refused: usize,
    /// Take Parquet timestamps without a zone as UTC
    #[arg(long)]
    pub(crate) assume_utc: bool,
}
