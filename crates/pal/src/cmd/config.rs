//! `pal config list`: every setting, and where its value comes from.

use pal_rules::facts::LinksFrom;
use pal_store::registry::FILE_NAME;
use serde_json::Value;

use crate::cli::Config;
use crate::exit::{Exit, Outcome};
use crate::render::{Answer, Items};
use crate::shell::Shell;

pub(crate) fn run(config: &Config, shell: &Shell) -> Outcome {
    let Config::List { show_origin } = config;
    let settings = &shell.settings;
    let output = settings.output.value.map(|format| Value::from(format!("{format:?}").to_lowercase()));
    let ca_file = settings.ca_file.value.as_ref().map(|path| path.display().to_string());
    // Shown without its password.
    let store = settings.store.value.as_ref().map_or_else(|| FILE_NAME.to_owned(), ToString::to_string);
    let columns = if *show_origin { &["setting", "value", "origin"][..] } else { &["setting", "value"] };
    let mut items = Items::new(columns.iter().copied());
    let checkpoints = shell.checkpoints(None).display().to_string();
    for (name, value, origin) in [
        ("checkpoints", checkpoints.into(), &settings.checkpoints.origin),
        ("authority_host", settings.authority_host.value.clone().into(), &settings.authority_host.origin),
        ("ca_file", ca_file.into(), &settings.ca_file.origin),
        ("color", settings.color.value.into(), &settings.color.origin),
        ("data", settings.data.value.display().to_string().into(), &settings.data.origin),
        ("endpoint", settings.endpoint.value.clone().into(), &settings.endpoint.origin),
        ("links_from", links_from_word(settings.links_from.value).into(), &settings.links_from.origin),
        ("output", output.unwrap_or(Value::Null), &settings.output.origin),
        ("store", store.into(), &settings.store.origin),
    ] {
        let row = vec![name.into(), value, origin.to_string().into()];
        items.push(row.into_iter().take(columns.len()).collect());
    }
    shell.output.write(&Answer::list(Vec::new(), "settings", &items))?;
    Ok(Exit::Ok)
}

/// Which links count, as it is written.
pub(crate) const fn links_from_word(links_from: LinksFrom) -> &'static str {
    match links_from {
        LinksFrom::Microsoft => "microsoft",
        LinksFrom::Registry => "registry",
        LinksFrom::Both => "both",
    }
}

/// Links of this server count only where that was asked for, and are told (decision D11).
pub(crate) fn told_links(links_from: &str) -> Option<String> {
    let usual = links_from == links_from_word(LinksFrom::default());
    (!usual).then(|| format!("links that count: {links_from} (setting links_from)"))
}
