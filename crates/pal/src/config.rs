//! Settings: flag > environment > `pal.toml` here or above > `config.toml` of the user > default. Each value knows
//! where it comes from (`cli.md`, Settings).

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use pal_rules::facts::LinksFrom;
use pal_store::registry::{PasswordFile, PostgresSettings, UrlSource};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::cli::{Connection, Global};
use crate::exit::{Exit, Failure};
use crate::render::Format;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag(&'static str),
    Environment(&'static str),
    File(PathBuf),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "flag {flag}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// Everything that can be set.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Data folder of the workspace.
    pub(crate) data: Setting<PathBuf>,
    /// Format of answers; absent: table on a terminal, json otherwise.
    pub(crate) output: Setting<Option<Format>>,
    /// The database of the registry; absent: a file in the data folder.
    pub(crate) store: Setting<Option<PostgresSettings>>,
    /// Where a password for it may stand.
    pub(crate) password_file: Option<PasswordFile>,
    /// Which links count in the workspace (decision D11).
    pub(crate) links_from: Setting<LinksFrom>,
    /// Folder of signed checkpoints; absent: `checkpoints` in the data folder.
    pub(crate) checkpoints: Setting<Option<PathBuf>>,
    /// Whom links are asked of.
    pub(crate) endpoint: Setting<String>,
    /// Where to sign in; absent: where the endpoint says.
    pub(crate) authority_host: Setting<Option<String>>,
    /// Certificates to trust beside the machine's.
    pub(crate) ca_file: Setting<Option<PathBuf>>,
    /// Whether bytes that move the cursor may be written on a terminal.
    pub(crate) color: Setting<bool>,
}

/// What the surroundings of the process say: gathered in `main`, nowhere else.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// A variable of the environment, unless it is unset or empty.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    /// The folder in which the command was given.
    pub(crate) here: &'a Path,
}

/// What a settings file may hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "a setting is called as it is called everywhere")]
struct File {
    data: Option<PathBuf>,
    output: Option<Format>,
    store: Option<String>,
    links_from: Option<LinksFromWord>,
    checkpoints: Option<PathBuf>,
    endpoint: Option<String>,
    authority_host: Option<String>,
    ca_file: Option<PathBuf>,
    color: Option<bool>,
}

/// [`LinksFrom`] as it is written.
#[derive(Clone, Copy, Debug, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LinksFromWord {
    /// Links read from Microsoft, and declared ones
    Microsoft,
    /// Links made on this server's registry
    Registry,
    /// All of them
    Both,
}

impl From<LinksFromWord> for LinksFrom {
    fn from(word: LinksFromWord) -> Self {
        match word {
            LinksFromWord::Microsoft => Self::Microsoft,
            LinksFromWord::Registry => Self::Registry,
            LinksFromWord::Both => Self::Both,
        }
    }
}

impl Settings {
    /// Settles every setting from all its sources.
    pub(crate) fn new(
        flags: &Global,
        connection: Option<&Connection>,
        around: Surroundings<'_>,
    ) -> Result<Self, Failure> {
        let files = files(around)?;
        let flag = Origin::Flag;
        let data = flags.data.clone().map(|data| (data, flag("--data")));
        let data = data.or(around.read("PAL_DATA", |text| Ok(PathBuf::from(text)))?);
        let output = flags.output.map(|output| (output, flag("--output")));
        let output = output.or(around.read("PAL_OUTPUT", word)?);
        let store = flags.store.clone().map(|url| (url, flag("--store")));
        let store = store.or(around.read("PAL_STORE", |text| Ok(text.to_owned()))?);
        let links = flags.links_from.map(|links| (links, flag("--links-from")));
        let links = links.or(around.read("PAL_LINKS_FROM", word)?);
        let checkpoints = around.read("PAL_CHECKPOINTS", |text| Ok(PathBuf::from(text)))?;
        let asked = connection.cloned().unwrap_or_default();
        let text = |text: &str| Ok(text.to_owned());
        let endpoint = asked.endpoint.map(|url| (url, flag("--endpoint")));
        let endpoint = endpoint.or(around.read("PAL_ENDPOINT", text)?);
        let authority = asked.authority_host.map(|url| (url, flag("--authority-host")));
        let authority = authority.or(around.read("PAL_AUTHORITY_HOST", text)?);
        let ca_file = asked.ca_file.map(|path| (path, flag("--ca-file")));
        let ca_file = ca_file.or(around.read("PAL_CA_FILE", |text| Ok(PathBuf::from(text)))?);
        let color = flags.no_color.then_some((false, flag("--no-color"))).or(around.no_color());
        // A path in a file is meant from where the file stands.
        let beside = |path: &Path, named: &Option<PathBuf>| Some(path.parent()?.join(named.as_ref()?));
        Ok(Self {
            data: first(data, &files, |path, file| beside(path, &file.data))
                .unwrap_or_else(|| default(PathBuf::from("pal-data"))),
            checkpoints: optional(first(checkpoints, &files, |path, file| beside(path, &file.checkpoints))),
            output: optional(first(output, &files, |_, file| file.output)),
            endpoint: first(endpoint, &files, |_, file| file.endpoint.clone())
                .unwrap_or_else(|| default(pal_fleet::endpoint::PUBLIC.to_owned())),
            authority_host: optional(first(authority, &files, |_, file| file.authority_host.clone())),
            ca_file: optional(first(ca_file, &files, |path, file| beside(path, &file.ca_file))),
            store: match first(store, &files, |_, file| file.store.clone()) {
                Some(found) => database(&found)?,
                None => default(None),
            },
            password_file: around.password_file(),
            links_from: first(links, &files, |_, file| file.links_from).map_or(
                Setting { value: LinksFrom::default(), origin: Origin::Default },
                |found| Setting { value: found.value.into(), origin: found.origin },
            ),
            color: first(color, &files, |_, file| file.color)
                .unwrap_or(Setting { value: true, origin: Origin::Default }),
        })
    }
}

/// A setting that is absent by default.
fn optional<T>(found: Option<Setting<T>>) -> Setting<Option<T>> {
    match found {
        Some(found) => Setting { value: Some(found.value), origin: found.origin },
        None => default(None),
    }
}

fn default<T>(value: T) -> Setting<T> {
    Setting { value, origin: Origin::Default }
}

/// The database that a setting names. A password is taken from the environment only.
fn database(found: &Setting<String>) -> Result<Setting<Option<PostgresSettings>>, Failure> {
    let source = match found.origin {
        Origin::Environment(_) => UrlSource::Environment,
        Origin::Flag(_) | Origin::File(_) | Origin::Default => UrlSource::Open,
    };
    let settings = PostgresSettings::parse(&found.value, source).map_err(|problem| Failure {
        exit: Exit::Usage,
        error: anyhow::anyhow!("the setting `store` of {}: {problem}", found.origin),
        hint: Some("see docs/operating.md, PostgreSQL".to_owned()),
    })?;
    Ok(Setting { value: Some(settings), origin: found.origin.clone() })
}

/// The value given directly, else that of the first file that has one.
fn first<T>(
    given: Option<(T, Origin)>,
    files: &[(PathBuf, File)],
    of_file: impl Fn(&Path, &File) -> Option<T>,
) -> Option<Setting<T>> {
    let from_files = || {
        files
            .iter()
            .find_map(|(path, file)| of_file(path, file).map(|value| (value, Origin::File(path.clone()))))
    };
    given.or_else(from_files).map(|(value, origin)| Setting { value, origin })
}

impl Surroundings<'_> {
    fn read<T>(
        self,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<(T, Origin)>, Failure> {
        let Some(text) = (self.variable)(name) else { return Ok(None) };
        let value = read(&text).map_err(|wrong| {
            Failure::new(Exit::Usage, format!("the environment's `{name}`: {wrong}"), "correct or unset it")
        })?;
        Ok(Some((value, Origin::Environment(name))))
    }

    /// Where libpq looks for passwords, too.
    fn password_file(self) -> Option<PasswordFile> {
        let named = (self.variable)("PGPASSFILE").map(|path| PasswordFile::Named(path.into()));
        let usual = || (self.variable)("HOME").map(|home| PathBuf::from(home).join(".pgpass"));
        named.or_else(|| usual().map(PasswordFile::Usual))
    }

    /// `NO_COLOR` and a terminal that cannot.
    fn no_color(self) -> Option<(bool, Origin)> {
        let no_color = (self.variable)("NO_COLOR").map(|_| "NO_COLOR");
        let dumb = (self.variable)("TERM").filter(|term| term == "dumb").map(|_| "TERM");
        no_color.or(dumb).map(|name| (false, Origin::Environment(name)))
    }
}

/// Reads one of the words of a list.
fn word<T: clap::ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, false).map_err(|_| {
        let words = T::value_variants().iter().filter_map(clap::ValueEnum::to_possible_value);
        let words: Vec<String> = words.map(|word| word.get_name().to_owned()).collect();
        format!("`{text}` is none of {}", words.join(", "))
    })
}

/// The settings files there are, nearest first.
fn files(around: Surroundings<'_>) -> Result<Vec<(PathBuf, File)>, Failure> {
    let project = around.here.ancestors().map(|folder| folder.join("pal.toml")).find(|path| path.is_file());
    let home = || (around.variable)("HOME").map(|home| PathBuf::from(home).join(".config"));
    let user = (around.variable)("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home);
    let user = user.map(|folder| folder.join("pal/config.toml")).filter(|path| path.is_file());
    project.into_iter().chain(user).map(|path| Ok((path.clone(), read(&path)?))).collect()
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let wrong = |error: String| {
        Failure::new(
            Exit::Usage,
            format!("`{}`: {}", path.display(), error.trim_end()),
            "the settings are data, store, output, links_from, checkpoints, endpoint, authority_host, ca_file and color: see `pal config list`",
        )
    };
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    toml::from_str(&text).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::Parser;
    use pal_rules::facts::LinksFrom;

    use super::{Origin, Settings, Surroundings};
    use crate::cli::Cli;

    /// The settings of a command given in `here/below`, with these files and variables.
    fn settings(
        arguments: &[&str],
        variables: &[(&str, &str)],
        files: &[(&str, &str)],
    ) -> Result<(Settings, tempfile::TempDir), String> {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("here/below");
        fs::create_dir_all(&below).unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let home = folder.path().join("home").display().to_string();
        let variable = |name: &str| match name {
            "HOME" => Some(home.clone()),
            _ => variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()),
        };
        let cli = Cli::parse_from([&["pal"], arguments, &["version"]].concat());
        let around = Surroundings { variable: &variable, here: &below };
        Settings::new(&cli.global, cli.verb.connection(), around)
            .map(|settings| (settings, folder))
            .map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn flags_go_before_the_environment_before_the_project_before_the_user() {
        let user = ("home/.config/pal/config.toml", "data = \"u\"\nlinks_from = \"registry\"");
        let project = ("here/pal.toml", "data = \"p\"\noutput = \"yaml\"");
        let (all, folder) =
            settings(&["--data", "f"], &[("PAL_DATA", "e"), ("PAL_OUTPUT", "csv")], &[user, project])
                .unwrap();
        assert_eq!(all.data.value.to_str(), Some("f"));
        assert_eq!(all.data.origin, Origin::Flag("--data"));
        assert_eq!(all.output.origin, Origin::Environment("PAL_OUTPUT"));
        assert_eq!(all.links_from.value, LinksFrom::Registry);
        assert_eq!(all.links_from.origin, Origin::File(folder.path().join("home/.config/pal/config.toml")));
        let (files, folder) = settings(&[], &[], &[user, project]).unwrap();
        assert_eq!(
            files.data.value,
            folder.path().join("here/p"),
            "a path is meant from where its file stands"
        );
        let (none, _folder) = settings(&[], &[], &[]).unwrap();
        assert_eq!((none.data.value.to_str(), none.data.origin), (Some("pal-data"), Origin::Default));
    }

    #[test]
    fn a_password_of_the_store_is_taken_from_the_environment_only_and_never_shown() {
        let url = "postgres://pal:s3cret@db.example/pal";
        let (all, _folder) =
            settings(&[], &[("PAL_STORE", url)], &[("here/pal.toml", "store = \"x\"")]).unwrap();
        assert_eq!(all.store.origin, Origin::Environment("PAL_STORE"));
        assert!(!format!("{all:?}").contains("s3cret"));
        assert_eq!(all.store.value.unwrap().to_string(), "postgres://pal@db.example:5432/pal");
        let file = format!("store = \"{url}\"");
        for refused in
            [settings(&["--store", url], &[], &[]), settings(&[], &[], &[("here/pal.toml", &file)])]
        {
            let refused = refused.map(|_| ()).unwrap_err();
            assert!(refused.contains("PGPASSFILE") && !refused.contains("s3cret"), "{refused}");
        }
    }

    #[test]
    fn a_setting_that_is_none_is_refused_with_its_place() {
        let wrong = |variables: &[(&str, &str)], files: &[(&str, &str)]| {
            settings(&[], variables, files).map(|_| ()).unwrap_err()
        };
        assert!(wrong(&[], &[("here/pal.toml", "dta = \"x\"")]).contains("unknown field `dta`"));
        assert!(wrong(&[("PAL_OUTPUT", "xml")], &[]).contains("`xml` is none of table, json"));
    }
}
