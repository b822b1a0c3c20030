//! `pal bench`: made-up facts to measure with.

mod activity;
mod random;
mod tables;
mod world;

use std::fs;
use std::io;
use std::path::Path;

use self::world::{Plan, World};
use crate::cli::{Bench, Generate};
use crate::exit::{Exit, Failure, Outcome, io_exit};
use crate::render::tell;
use crate::shell::Shell;

pub(crate) fn run(bench: &Bench, shell: &Shell) -> Outcome {
    match bench {
        Bench::Generate(arguments) => generate(arguments, shell),
    }
}

fn generate(arguments: &Generate, shell: &Shell) -> Outcome {
    let folder = &arguments.folder;
    let activity = folder.join("activity");
    make(folder).and_then(|()| fs::create_dir(&activity)).map_err(|error| unusable(folder, error))?;
    let plan = Plan::new(arguments);
    let world = World::new(&plan);
    if !arguments.only_activity {
        tables::write(&plan, &world, folder)?;
    }
    let mut progress = shell.progress();
    activity::write(&plan, &world, &activity, &mut progress)?;
    drop(progress);
    tell(format!("wrote {} rows of activity to `{}`", arguments.size.rows, activity.display()));
    if !arguments.only_activity {
        tell(format!(
            "next: pal attribute {} --month {} --out statement",
            folder.display(),
            arguments.size.from
        ));
    }
    Ok(Exit::Ok)
}

/// Makes a folder, or takes an empty one: what lies in another would be taken for facts of this one.
fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    if fs::read_dir(folder)?.next().is_some() {
        return Err(io::ErrorKind::DirectoryNotEmpty.into());
    }
    Ok(())
}

fn unusable(folder: &Path, error: io::Error) -> Failure {
    let hint = "name a new folder, or an empty one";
    if error.kind() == io::ErrorKind::DirectoryNotEmpty {
        return Failure::new(Exit::Conflict, format!("`{}` is not empty", folder.display()), hint);
    }
    let exit = io_exit(&error);
    let error = anyhow::Error::new(error).context(format!("cannot make the folder `{}`", folder.display()));
    Failure::of(exit, error).or_advise(hint)
}
