//! The command line: what can be said. Validates only; nothing is looked up here.

mod admin;
mod bench;
mod coverage;
mod import;
mod link;
mod machine;
mod serve;
mod solution;
mod statement;
mod value;
mod what_if;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use pal_rules::time::{Month, Timestamp};

pub(crate) use self::admin::{Admin, Partners, Restore, Verify};
pub(crate) use self::bench::{Bench, Coding, Files, Generate, Ids, Order, Spread};
pub(crate) use self::coverage::Coverage;
pub(crate) use self::import::{Exports, Import};
pub(crate) use self::link::{Connection, Link, LinkVerb, ManagementPartner, ManagementPartnerVerb};
pub(crate) use self::machine::MachineArguments;
pub(crate) use self::serve::{LogForm, Serve};
pub(crate) use self::solution::{Inspect, Solution};
pub(crate) use self::statement::{By, Shown, Statement};
pub(crate) use self::value::{Days, Months};
use self::value::{instant, month, months, query};
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
    Bench(Bench),
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
