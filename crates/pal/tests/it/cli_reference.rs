//! `docs/cli.md` is what the binary says of itself: `UPDATE_DOCS=1` writes it anew.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

fn help(path: &[String]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_pal"))
        .args(path)
        .arg("--help")
        .env_clear()
        .env("COLUMNS", "110")
        .output()
        .unwrap();
    assert!(output.status.success(), "pal {} --help", path.join(" "));
    String::from_utf8(output.stdout).unwrap()
}

/// The verbs below a command, from its own help.
fn verbs(help: &str) -> Vec<String> {
    let Some((_, commands)) = help.split_once("Commands:\n") else { return Vec::new() };
    commands
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .map(str::to_owned)
        .collect()
}

fn write(path: &[String], text: &mut String) {
    let help = help(path);
    let name = ["pal".to_owned()].into_iter().chain(path.iter().cloned()).collect::<Vec<_>>().join(" ");
    let level = "#".repeat(path.len().min(2) + 2);
    writeln!(text, "{level} {name}\n\n```text\n{}\n```\n", help.trim_end()).unwrap();
    let below = verbs(&help);
    if below.is_empty() && !path.is_empty() {
        assert!(help.contains("Example:\n  "), "{name} has no example");
    }
    for verb in below {
        write(&[path, &[verb]].concat(), text);
    }
}

const HEAD: &str = "# The command line

Noun then verb; data on stdout, words on stderr. This page is written by a test from what the binary says.

## Exit codes

| code | means |
| --- | --- |
| 0 | ok |
| 1 | a fault: ours to fix |
| 2 | usage: the command line, or a file it names, is not what it should be |
| 3 | not found |
| 4 | sign-in needed or refused |
| 5 | conflict: a condition does not hold |
| 6 | some items failed or were refused, or a gap in the data is about to be out of reach |
| 130 | interrupted |

These are the codes in use. Reserved: 10 for a plan that has changes.

## Output

`-o table|json|yaml|tsv|csv|ndjson|none`: table on a terminal, json otherwise; `PAL_OUTPUT` overrides. JSON carries
`format_version`. `--query` takes JMESPath and is applied before formatting.

## Settings

A flag goes before the environment, that before `pal.toml` here or in a folder above, that before
`$XDG_CONFIG_HOME/pal/config.toml` (`~/.config/pal/config.toml`), and the default comes last. `pal config list --show-origin` says which one won. A path in a file is meant from where the file stands.

| setting | flag | environment | default | means |
| --- | --- | --- | --- | --- |
| `data` | `--data DIR` | `PAL_DATA` | `pal-data` | the data folder of the workspace |
| `output` | `-o FORMAT` | `PAL_OUTPUT` | by terminal | the format of answers |
| `links_from` | `--links-from WHICH` | `PAL_LINKS_FROM` | `microsoft` | which links count in the workspace |
| `checkpoints` | `--checkpoints DIR` of `serve` and `admin checkpoint` | `PAL_CHECKPOINTS` | `checkpoints` in the data folder | where signed checkpoints are |
| `endpoint` | `--endpoint URL` | `PAL_ENDPOINT` | `https://management.azure.com` | whom links are asked of |
| `authority_host` | `--authority-host URL` | `PAL_AUTHORITY_HOST` | what the endpoint says | where to sign in |
| `ca_file` | `--ca-file FILE` | `PAL_CA_FILE` | none | certificates to trust beside the machine's |
| `color` | `--no-color` | `NO_COLOR`, `TERM=dumb` | `true` | whether progress may redraw its line on a terminal |

## Commands

";

#[test]
fn the_reference_is_what_the_binary_says() {
    let mut text = HEAD.to_owned();
    write(&[], &mut text);
    let text = format!("{}\n", text.trim_end());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "docs/cli.md is not what the binary says: run with UPDATE_DOCS=1");
}
