//! `pal admin restore`: a backup in the place of the registry, which records it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;
use pal_store::registry::audit::CheckpointHead;
use pal_store::registry::{PartnerPolicy, Registry, RegistryFault, copy_file, heads_of_file, replace_file};
use serde_json::Value;
use uuid::Uuid;

use super::backup::checkpoint_of;
use super::known_checkpoints;
use super::verify::{findings, tell_report, verified};
use crate::checkpoints::{Kept, chain_words};
use crate::cli::Restore;
use crate::exit::{Exit, Failure, Outcome};
use crate::registry::{failure, file, lock, make_data_folder, must_be_a_file, own_request};
use crate::render::{Answer, Items, object, tell};
use crate::shell::Shell;

pub(super) fn run(arguments: &Restore, shell: &Shell) -> Outcome {
    must_be_a_file(shell, "restore the database with `pg_restore`, then run `pal admin verify`")?;
    let (backup, registry) = (arguments.file.as_path(), file(shell));
    if !backup.is_file() {
        return Err(Failure::new(
            Exit::NotFound,
            format!("there is no file `{}`", backup.display()),
            "name a backup that `pal admin backup` made",
        ));
    }
    let data = shell.data();
    make_data_folder(shell)?;
    let _lock = lock(data, &format!("pal admin restore {}", backup.display()))?;
    refuse_if_there(&registry, arguments.replace)?;
    let heads = heads_of_file(backup).map_err(|fault| unreadable(backup, fault))?;
    let mut named = arguments.checkpoint.clone();
    let beside = checkpoint_of(backup);
    if named.is_empty() && beside.is_file() {
        named.extend([beside, shell.checkpoints(None)].into_iter().filter(|path| path.exists()));
    }
    let kept = known_checkpoints(&named, arguments.key, shell)?;
    let (later, covering): (Vec<Kept>, Vec<Kept>) =
        kept.into_iter().partition(|kept| behind(&heads, kept).next().is_some());
    let report = verified(backup, &covering)?;
    tell_report(&report, &covering);
    if !report.sound() {
        shell.output.write(&Answer::list(Vec::new(), "findings", &findings(&report)))?;
        return Err(Failure::new(
            Exit::Partial,
            format!("`{}` is not sound; the registry stays as it is", backup.display()),
            "restore another backup",
        ));
    }
    let aside = put(backup, &registry, shell)?;
    tell(format!("restored from `{}`; the registry records that", backup.display()));
    if let Some(aside) = &aside {
        tell(format!("the one before is `{aside}`"));
    }
    let lost = lost(&heads, &later);
    for (chain, records) in records_behind(&heads, &later) {
        tell(format!(
            "it falls behind {} later checkpoints: {records} of {}",
            later.len(),
            chain_words(&chain)
        ));
    }
    let fields = vec![
        ("from", Value::from(backup.display().to_string())),
        ("chains", report.chains.into()),
        ("records", report.records.into()),
        ("replaced", aside.map_or(Value::Null, Value::from)),
    ];
    shell.output.write(&answer(fields, &lost))?;
    Ok(Exit::Ok)
}

/// Why a file cannot be restored that is no registry, or none that can be read.
fn unreadable(backup: &Path, fault: RegistryFault) -> Failure {
    const HINT: &str = "name a file that `pal admin backup` made";
    let no_registry = match &fault {
        RegistryFault::Version { found: 0, .. } => true,
        RegistryFault::Sql(_) | RegistryFault::DamagedRow { .. } => !fault.may_pass(),
        // Another kind of database has a number of its own.
        RegistryFault::Version { .. } => {
            let hint = format!("{HINT}, with the version of pal that made it");
            return Failure { hint: Some(hint), ..failure(fault) };
        }
        _ => false,
    };
    if !no_registry {
        return failure(fault);
    }
    let message =
        format!("`{}` is no backup of a registry, or a damaged one: nothing is restored", backup.display());
    Failure {
        exit: Exit::Usage,
        error: anyhow::Error::new(fault).context(message),
        hint: Some(HINT.to_owned()),
    }
}

fn refuse_if_there(registry: &Path, replace: bool) -> Result<(), Failure> {
    if !registry.exists() || replace {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Conflict,
        format!("there is a registry already: `{}`", registry.display()),
        "replace it with `--replace`; it is kept under another name",
    ))
}

/// The chains that a checkpoint has seen further than the backup has them: with its last record there, and here.
fn behind<'a>(
    heads: &'a BTreeMap<Uuid, CheckpointHead>,
    kept: &'a Kept,
) -> impl Iterator<Item = (Uuid, i64, i64)> + 'a {
    kept.checkpoint.heads().iter().filter_map(|(chain, head)| {
        let here = heads.get(chain).map_or(0, |head| head.sequence);
        (head.sequence > here).then_some((*chain, head.sequence, here))
    })
}

/// Makes a finished registry of the backup under another name, with the record of its restore, and puts it in place in
/// one step; the name of the one before, if there was one.
fn put(backup: &Path, registry: &Path, shell: &Shell) -> Result<Option<String>, Failure> {
    let new = registry.with_extension("sqlite.new");
    for rest in ["sqlite.new", "sqlite.new-wal", "sqlite.new-shm"] {
        let rest = registry.with_extension(rest);
        if rest.exists() {
            fs::remove_file(&rest).with_context(|| format!("cannot remove `{}`", rest.display()))?;
        }
    }
    copy_file(backup, &new).map_err(failure)?;
    let from = backup.file_name().unwrap_or_default().to_string_lossy().into_owned();
    recorded(&new, from, shell).map_err(failure)?;
    let aside =
        registry.with_extension(format!("sqlite.replaced-{}", shell.now().to_string().replace(':', "")));
    let kept = registry.exists().then(|| aside.display().to_string());
    replace_file(&new, registry, &aside).map_err(failure)?;
    Ok(kept)
}

/// Records the restore in the new registry itself, and brings that to this version.
fn recorded(new: &Path, from: String, shell: &Shell) -> Result<(), RegistryFault> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|source| RegistryFault::Io { path: new.to_owned(), source })?;
    runtime.block_on(async {
        let registry = Registry::open(new, shell.clocks.now, PartnerPolicy::Directory).await?;
        registry.record_restore(from, own_request()).await
    })
}

/// For each chain how much of it later checkpoints know and the backup does not, in words.
fn records_behind(heads: &BTreeMap<Uuid, CheckpointHead>, later: &[Kept]) -> BTreeMap<String, String> {
    let mut farthest: BTreeMap<Uuid, (i64, i64)> = BTreeMap::new();
    for (chain, there, here) in later.iter().flat_map(|kept| behind(heads, kept)) {
        let most = farthest.entry(chain).or_insert((there, here));
        most.0 = most.0.max(there);
    }
    let words = |(there, here): (i64, i64)| match there - here {
        1 => format!("record {there} is lost"),
        _ => format!("records {} to {there} are lost", here + 1),
    };
    farthest.into_iter().map(|(chain, places)| (chain.to_string(), words(places))).collect()
}

/// For each later checkpoint and chain what the backup does not have.
fn lost(heads: &BTreeMap<Uuid, CheckpointHead>, later: &[Kept]) -> Items {
    let mut items = Items::new(["checkpoint", "made_at", "tenant_id", "record", "restored"]);
    for kept in later {
        for (chain, there, here) in behind(heads, kept) {
            items.push(vec![
                kept.path.display().to_string().into(),
                kept.checkpoint.made_at().to_string().into(),
                chain.to_string().into(),
                there.into(),
                here.into(),
            ]);
        }
    }
    items
}

fn answer(mut fields: Vec<(&'static str, Value)>, lost: &Items) -> Answer {
    fields.push(("behind", lost.objects()));
    let mut listed = Answer::list(Vec::new(), "behind", lost);
    if lost.is_empty() {
        "It falls behind no checkpoint.\n".clone_into(&mut listed.view);
    }
    Answer { json: object(fields), ..listed }
}
