//! The unit and the image against the binary and the repository: no flag that is not there, no path that is not made.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::tidy::{files, text};

/// How long the server answers what is under way once it is told to stop (`cmd/serve.rs`).
const DRAIN_SECONDS: u64 = 20;

/// The keys of the unit, each with its values in order.
fn unit() -> BTreeMap<String, Vec<String>> {
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text("packaging/pal.service").lines() {
        if line.is_empty() || line.starts_with('#') || line.starts_with('[') {
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("`{line}` sets nothing"));
        keys.entry(key.to_owned()).or_default().push(value.to_owned());
    }
    keys
}

/// The instructions of the Dockerfile, with what follows them on one line.
fn instructions() -> Vec<(String, String)> {
    let joined = text("packaging/Dockerfile").replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| line.split_once(' ').unwrap())
        .map(|(word, rest)| (word.to_owned(), rest.to_owned()))
        .collect()
}

fn instruction(word: &str) -> String {
    let found: Vec<String> =
        instructions().into_iter().filter(|(found, _)| found == word).map(|(_, rest)| rest).collect();
    assert_eq!(found.len(), 1, "{word}: {found:?}");
    found.into_iter().next().unwrap()
}

/// Holds a command line against what the binary says of itself.
fn is_understood(words: &[String]) {
    let help =
        Command::new(env!("CARGO_BIN_EXE_pal")).args([&words[0], "--help"]).env_clear().output().unwrap();
    assert!(help.status.success(), "there is no `pal {}`", words[0]);
    let help = String::from_utf8(help.stdout).unwrap();
    let flags: Vec<&String> = words.iter().filter(|word| word.starts_with("--")).collect();
    assert!(!flags.is_empty());
    for flag in flags {
        assert!(help.contains(&format!("{flag} <")), "`pal {}` has no `{flag}` with a value", words[0]);
    }
}

/// Holds an environment against the settings that `pal config list` reads from it.
fn sets(environment: &[(String, String)]) {
    for (name, value) in environment {
        let listed = Command::new(env!("CARGO_BIN_EXE_pal"))
            .args(["config", "list", "--show-origin", "-o", "csv"])
            .env_clear()
            .env(name, value)
            .output()
            .unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        assert!(listed.contains(&format!("{value},environment {name}")), "{name} sets nothing\n{listed}");
    }
}

#[test]
fn the_unit_starts_what_there_is() {
    let unit = unit();
    let words: Vec<String> = unit["ExecStart"][0].split(' ').map(str::to_owned).collect();
    assert_eq!(words[0], "/usr/local/bin/pal");
    is_understood(&words[1..]);
    let environment = unit["Environment"].iter().map(|set| set.split_once('=').unwrap());
    let environment: Vec<_> = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    sets(&environment);
    let made: Vec<String> =
        unit["StateDirectory"][0].split(' ').map(|name| format!("/var/lib/{name}")).collect();
    for (name, folder) in &environment {
        assert!(made.contains(folder), "{name}: nobody makes {folder}");
    }
    assert!(made.contains(&unit["WorkingDirectory"][0]));
    // The private key comes as a credential, under the name that the command line has for it.
    let credential = unit["LoadCredential"][0].split(':').next().unwrap();
    let key = words.iter().position(|word| word == "--tls-key").unwrap();
    assert_eq!(words[key + 1], format!("%d/{credential}"));
}

#[test]
fn the_unit_stops_after_the_server_has_and_is_hardened() {
    let unit = unit();
    let serve = text("crates/pal/src/cmd/serve.rs");
    assert!(serve.contains(&format!("const DRAIN: Duration = Duration::from_secs({DRAIN_SECONDS});")));
    assert!(unit["TimeoutStopSec"][0].parse::<u64>().unwrap() > DRAIN_SECONDS);
    assert_eq!(unit["RestartPreventExitStatus"], ["2 5"], "usage, and a conflict: see `exit.rs`");
    for (key, value) in [
        ("Type", "exec"),
        ("KillSignal", "SIGTERM"),
        ("Restart", "on-failure"),
        ("User", "pal"),
        ("UMask", "0077"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
        ("MemoryDenyWriteExecute", "yes"),
        ("SystemCallArchitectures", "native"),
    ] {
        assert_eq!(unit.get(key).map(|values| values[0].as_str()), Some(value), "{key}");
    }
    assert_eq!(unit["SystemCallFilter"][0], "@system-service");
    let secrets = unit["Environment"].iter().any(|set| set.to_lowercase().contains("password"));
    assert!(!secrets, "a secret in the environment is readable by whoever can read the unit");
}

#[test]
fn the_image_is_built_of_what_there_is_and_runs_as_nobody_special() {
    let manifest = text("Cargo.toml");
    let rust =
        manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    let stages: Vec<String> =
        instructions().into_iter().filter(|(word, _)| word == "FROM").map(|(_, rest)| rest).collect();
    assert_eq!(stages, [format!("rust:{rust}-slim-bookworm AS build"), "debian:bookworm-slim".to_owned()]);
    let ignored = text(".dockerignore");
    assert!(ignored.lines().any(|line| line == "*"), "what is not named is not sent to the build");
    for (_, rest) in
        instructions().iter().filter(|(word, rest)| word == "COPY" && !rest.starts_with("--from"))
    {
        let words: Vec<&str> = rest.split_whitespace().collect();
        for source in &words[..words.len() - 1] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(source);
            assert!(path.exists(), "there is no {source}");
            assert!(ignored.lines().any(|line| line == format!("!{source}")), "{source} is ignored");
        }
    }
    assert_eq!(instruction("USER"), "10001:10001");
    assert!(instructions().iter().any(|(word, rest)| word == "RUN" && rest.contains("useradd --uid 10001 ")));
}

/// What the code takes in when it is built must be sent to the build.
#[test]
fn every_file_that_is_built_in_is_copied() {
    let copied: Vec<String> =
        instructions().into_iter().filter(|(word, _)| word == "COPY").map(|(_, rest)| rest).collect();
    let sources = files()
        .into_iter()
        .filter(|path| path.starts_with("crates") && path.components().any(|part| part.as_os_str() == "src"));
    let mut found = 0;
    for path in sources {
        let source = text(&path);
        for named in source.split("include_").skip(1).filter_map(|rest| rest.split('"').nth(1)) {
            let Some(outside) = named.strip_prefix("../").map(|rest| rest.trim_start_matches("../")) else {
                continue;
            };
            let folder = outside.split('/').next().unwrap();
            assert!(
                copied.iter().any(|copy| copy.starts_with(&format!("{folder} "))),
                "{}: {named}",
                path.display()
            );
            found += 1;
        }
    }
    assert!(found > 10, "{found} files are built in");
}

#[test]
fn the_image_starts_what_there_is() {
    let words: Vec<String> = serde_json::from_str(&instruction("CMD")).unwrap();
    is_understood(&words);
    assert_eq!(
        serde_json::from_str::<Vec<String>>(&instruction("ENTRYPOINT")).unwrap(),
        ["/usr/local/bin/pal"]
    );
    let environment = instruction("ENV");
    let environment = environment.split(' ').map(|set| set.split_once('=').unwrap());
    let environment: Vec<_> = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    sets(&environment);
    let volumes: Vec<String> = serde_json::from_str(&instruction("VOLUME")).unwrap();
    let made =
        instructions().into_iter().find(|(word, rest)| word == "RUN" && rest.contains("install -d")).unwrap();
    for (name, folder) in environment {
        assert!(volumes.contains(&folder), "{name} is no volume");
        assert!(made.1.contains(&folder), "{name}: nobody makes {folder}");
    }
    let port = words.iter().find_map(|word| word.strip_prefix("0.0.0.0:")).unwrap();
    assert_eq!(instruction("EXPOSE"), port);
    assert_eq!(instruction("STOPSIGNAL"), "SIGTERM");
}

/// What both say of files under `/etc/pal` is what the guide tells to put there.
#[test]
fn the_guide_tells_of_every_file_that_is_read() {
    let guide = text("docs/operating.md");
    let both = [text("packaging/pal.service"), text("packaging/Dockerfile")].concat();
    let named = both.split(|sign: char| sign.is_whitespace() || "\",:".contains(sign));
    let named: Vec<&str> = named.filter(|word| word.starts_with("/etc/pal/")).collect();
    assert!(named.len() >= 5, "{named:?}");
    for path in named {
        assert!(guide.contains(path), "docs/operating.md does not tell of {path}");
    }
    for path in ["packaging/pal.service", "packaging/Dockerfile"] {
        assert!(guide.contains(path), "docs/operating.md does not lead to {path}");
    }
}
