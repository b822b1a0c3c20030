//! `pal admin`: the registry as its operator sees it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use pal_store::registry::audit::PublicKey;

use super::value::public_key;

/// Look after the registry: checkpoints, proof, backups, the partner directory
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    Verify(Verify),
    /// Sign a checkpoint of the registry now: how far every audit chain has come
    #[command(after_help = "Example:\n  pal admin checkpoint --checkpoints /media/write-once/pal")]
    Checkpoint {
        /// Folder to write it into [env: `PAL_CHECKPOINTS`] [default: checkpoints in the data folder]
        #[arg(long, value_name = "DIR")]
        checkpoints: Option<PathBuf>,
    },
    /// Copy the registry, also while a server writes to it; the copy is verified, and a checkpoint is put beside it
    #[command(after_help = "Example:\n  pal admin backup --out registry-2026-03-31.sqlite")]
    Backup {
        /// File to write; there must be none yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    Restore(Restore),
    /// Copy the registry of the data folder into an empty PostgreSQL database, history and audit included
    #[command(
        after_help = "Example:\n  pal admin migrate --to postgres://pal@db.example/pal?sslmode=verify-full"
    )]
    Migrate {
        /// Database; its password comes from `PGPASSFILE` or `~/.pgpass`
        #[arg(long, value_name = "URL")]
        to: String,
    },
    #[command(subcommand)]
    Partners(Partners),
}

/// Verify the registry without a server: every record, its table rows, and the checkpoints
#[derive(Debug, Args)]
#[command(
    after_help = "Exits with 0 when all is sound, 6 when something was found, 5 when a checkpoint proves nothing.\n\n\
                  Example:\n  pal admin verify --checkpoint /media/write-once/pal"
)]
pub(crate) struct Verify {
    /// Checkpoint, or folder of checkpoints, to hold against the registry (can be repeated) [default: the folder that
    /// the settings name, if there is one]
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) checkpoint: Vec<PathBuf>,
    /// Public key that must have signed the checkpoints, as 64 hexadecimal digits [default: checkpoint.pub in the data
    /// folder]
    #[arg(long, value_name = "PUBLICKEY", value_parser = public_key)]
    pub(crate) key: Option<PublicKey>,
}

/// Put a backup in the place of the registry; no server may have it open
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pal admin restore registry-2026-03-31.sqlite --replace")]
pub(crate) struct Restore {
    /// Backup
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Replace the registry that is there; it is kept under another name
    #[arg(long)]
    pub(crate) replace: bool,
    /// Checkpoint, or folder of checkpoints, to hold against the backup (can be repeated) [default: the folder that
    /// the settings name, if there is one]
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) checkpoint: Vec<PathBuf>,
    /// Public key that must have signed the checkpoints, as 64 hexadecimal digits [default: checkpoint.pub in the data
    /// folder]
    #[arg(long, value_name = "PUBLICKEY", value_parser = public_key)]
    pub(crate) key: Option<PublicKey>,
}

/// The partner directory: which partner ids there are, and which can be linked to
#[derive(Debug, Subcommand)]
pub(crate) enum Partners {
    /// Add entries from a CSV file, or replace them; all of them or none
    #[command(after_help = "Example:\n  pal admin partners import examples/demo-world/partners.csv")]
    Import {
        /// CSV file with the columns `partner_id`, `name`, `kind` and, if need be, `global_partner_id`, `active_from`,
        /// `active_until`
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// List the directory
    #[command(after_help = "Example:\n  pal admin partners list")]
    List,
}
