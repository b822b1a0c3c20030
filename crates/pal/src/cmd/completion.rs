//! `pal completion` and `pal version`.

use std::io;

use clap::{Command, CommandFactory};
use clap_complete::Shell as CompleteShell;
use pal_rules::statement::RULES_VERSION;

use crate::cli::{Cli, Completed};
use crate::exit::{Exit, Outcome};
use crate::render::{Answer, Items, Output, say};

pub(crate) fn completion(shell: Completed) -> Outcome {
    let mut bytes = Vec::new();
    let complete = |shell: CompleteShell, bytes: &mut Vec<u8>| {
        clap_complete::generate(shell, &mut Cli::command(), "pal", bytes);
    };
    match shell {
        Completed::Bash => complete(CompleteShell::Bash, &mut bytes),
        Completed::Zsh => complete(CompleteShell::Zsh, &mut bytes),
        Completed::Fish => complete(CompleteShell::Fish, &mut bytes),
        Completed::Powershell => complete(CompleteShell::PowerShell, &mut bytes),
        Completed::Man => {
            let mut command = Cli::command();
            command.build();
            manual(command, &mut bytes)?;
        }
    }
    say(&String::from_utf8(bytes)?)?;
    Ok(Exit::Ok)
}

/// The page of a command, then those of the commands below it.
fn manual(command: Command, bytes: &mut Vec<u8>) -> io::Result<()> {
    let below: Vec<Command> = command.get_subcommands().cloned().collect();
    clap_mangen::Man::new(command).render(bytes)?;
    below.into_iter().filter(|one| one.get_name() != "help").try_for_each(|one| manual(one, bytes))
}

pub(crate) fn version(output: &Output) -> Outcome {
    let mut items = Items::new(["version", "rules_version"]);
    items.push(vec![env!("CARGO_PKG_VERSION").into(), RULES_VERSION.into()]);
    output.write(&Answer::list(Vec::new(), "versions", &items))?;
    Ok(Exit::Ok)
}
