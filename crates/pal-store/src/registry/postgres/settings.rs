//! Where PostgreSQL is and how to sign in to it: a connection URL as libpq has them, without a password in it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::password;

/// Options of a URL that are ours, because they are about certificates.
const OURS: [&str; 2] = ["sslmode", "sslrootcert"];

/// How long a connection may be without any sign of the server.
const SILENCE: Duration = Duration::from_secs(30);

/// How the server must prove itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// Not at all: encrypted against listeners at most.
    None,
    /// A certificate of a trusted authority, for whatever name.
    Chain(Roots),
    /// A certificate of a trusted authority for the host's name.
    Full(Roots),
}

/// Whose certificates are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    /// Those that the machine trusts.
    System,
    /// Those of a file.
    File(PathBuf),
}

/// Where a connection URL was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlSource {
    /// Where others can read it: the command line, or a settings file.
    Open,
    /// In the environment, which may hold a password.
    Environment,
}

/// Where a password may be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordFile {
    /// In a file that was named and therefore must be there (`PGPASSFILE`).
    Named(PathBuf),
    /// In the usual file (`~/.pgpass`), if there is one.
    Usual(PathBuf),
}

/// How to connect to a PostgreSQL database; shown without its password.
#[derive(Clone)]
pub struct PostgresSettings {
    config: Config,
    proof: Proof,
    place: String,
}

/// Why a connection URL, or a file that it needs, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostgresProblem {
    /// It is no such URL, or has an option that this program does not know.
    #[error(
        "this is no connection URL of PostgreSQL that can be used; it should look like \
         postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full"
    )]
    Url,
    /// It lacks what has no default.
    #[error("the connection URL names no {what}: write postgres://USER@HOST:PORT/DATABASE")]
    Lacks {
        /// What it lacks.
        what: &'static str,
    },
    /// A password stands where others can read it.
    #[error(
        "a password stands in the connection URL, where others can read it: leave it out, and put it in a file named \
         by `PGPASSFILE`, or the whole URL in the environment's `PAL_STORE`"
    )]
    Password,
    /// `sslmode` is none of those there are.
    #[error("`sslmode` must be disable, prefer, require, verify-ca or verify-full")]
    SslMode,
    /// A file cannot be read.
    #[error("cannot read `{}`: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Others can read the password.
    #[error("others can read the password file `{0}`: take it away from them with `chmod 600 {0}`", path.display())]
    OpenFile {
        /// The file.
        path: PathBuf,
    },
    /// No certificate is trusted.
    #[error("there is no certificate to trust PostgreSQL by: name a file with `sslrootcert`")]
    NoRoots,
}

impl PostgresSettings {
    /// Reads a connection URL.
    ///
    /// # Errors
    ///
    /// [`PostgresProblem`]; none tells a password.
    pub fn parse(url: &str, source: UrlSource) -> Result<Self, PostgresProblem> {
        let (rest, options) = url.split_once('?').unwrap_or((url, ""));
        if !is_postgres_url(url) {
            return Err(PostgresProblem::Url);
        }
        let (ours, theirs): (Vec<&str>, Vec<&str>) = options
            .split('&')
            .filter(|option| !option.is_empty())
            .partition(|option| OURS.contains(&option.split('=').next().unwrap_or_default()));
        let value =
            |name: &str| ours.iter().rev().find_map(|option| option.strip_prefix(name)?.strip_prefix('='));
        let url = format!("{rest}?{}", theirs.join("&"));
        let mut config: Config = url.parse().map_err(|_| PostgresProblem::Url)?;
        if config.get_password().is_some() && source == UrlSource::Open {
            return Err(PostgresProblem::Password);
        }
        if config.get_hosts().is_empty() {
            return Err(PostgresProblem::Lacks { what: "host" });
        }
        let user = config.get_user().ok_or(PostgresProblem::Lacks { what: "user" })?;
        let name = config.get_dbname().ok_or(PostgresProblem::Lacks { what: "database" })?;
        let place = format!("postgres://{user}@{}/{name}", hosts(&config));
        let roots = value("sslrootcert").filter(|file| *file != "system");
        let proof = transport(&mut config, value("sslmode"), roots.map(percent_decoded))?;
        if config.get_application_name().is_none() {
            config.application_name("pal");
        }
        // A server that vanished is noticed, unless the URL says otherwise.
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE);
        }
        if !theirs.iter().any(|option| option.starts_with("keepalives")) {
            config.keepalives_idle(SILENCE).keepalives_interval(SILENCE / 3).keepalives_retries(3);
        }
        Ok(Self { config, proof, place })
    }

    /// The same with the password that a file has for it, if it has none yet.
    ///
    /// # Errors
    ///
    /// [`PostgresProblem::File`] and [`PostgresProblem::OpenFile`].
    pub fn with_password_of(mut self, file: Option<&PasswordFile>) -> Result<Self, PostgresProblem> {
        if self.config.get_password().is_none()
            && let Some(password) = file.map(|file| password::find(file, &self.config)).transpose()?.flatten()
        {
            self.config.password(password);
        }
        Ok(self)
    }

    /// What should be said before anything is sent, if anything should.
    pub fn warning(&self) -> Option<String> {
        let local = |host: &Host| match host {
            Host::Tcp(name) => {
                name == "localhost" || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
            }
            #[cfg(unix)]
            Host::Unix(_) => true,
        };
        let sure = matches!(self.proof, Proof::Full(_));
        (!sure && !self.config.get_hosts().iter().all(local)).then(|| {
            format!(
                "{} is on another machine and need not prove itself, so others could read or change what is sent: \
                 add sslmode=verify-full",
                self.place
            )
        })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn proof(&self) -> &Proof {
        &self.proof
    }
}

/// Whether a text is meant to be a connection URL of PostgreSQL.
pub fn is_postgres_url(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

impl fmt::Display for PostgresSettings {
    /// The URL without password and options.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.place)
    }
}

impl fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresSettings")
            .field("place", &self.place)
            .field("proof", &self.proof)
            .finish_non_exhaustive()
    }
}

/// What `sslmode` means, as libpq has it: only the two that verify do, unless `require` is given whom to trust.
fn transport(
    config: &mut Config,
    mode: Option<&str>,
    file: Option<PathBuf>,
) -> Result<Proof, PostgresProblem> {
    let named = file.is_some();
    let roots = file.map_or(Roots::System, Roots::File);
    let (ssl_mode, proof) = match mode.unwrap_or("prefer") {
        "disable" => (SslMode::Disable, Proof::None),
        "prefer" => (SslMode::Prefer, Proof::None),
        "require" if named => (SslMode::Require, Proof::Chain(roots)),
        "require" => (SslMode::Require, Proof::None),
        "verify-ca" => (SslMode::Require, Proof::Chain(roots)),
        "verify-full" => (SslMode::Require, Proof::Full(roots)),
        _ => return Err(PostgresProblem::SslMode),
    };
    // A socket on this machine has no TLS, whatever is asked for.
    let tcp = config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_)));
    config.ssl_mode(if tcp { ssl_mode } else { SslMode::Disable });
    Ok(proof)
}

fn hosts(config: &Config) -> String {
    let name = |host: &Host| match host {
        Host::Tcp(name) if name.contains(':') => format!("[{name}]"),
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(folder) => folder.display().to_string(),
    };
    let ports = config.get_ports();
    let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
    let named =
        config.get_hosts().iter().enumerate().map(|(at, host)| format!("{}:{}", name(host), port(at)));
    named.collect::<Vec<_>>().join(",")
}

fn percent_decoded(text: &str) -> PathBuf {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let escaped = behind
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    Path::new(String::from_utf8_lossy(&bytes).as_ref()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(url: &str) -> Result<PostgresSettings, PostgresProblem> {
        PostgresSettings::parse(url, UrlSource::Open)
    }

    #[test]
    fn a_password_is_taken_from_the_environment_only_and_never_shown() {
        for url in
            ["postgres://u:s3cret@h/db", "postgres://u@h/db?password=s3cret", "postgres://u:s3?cret@h/db"]
        {
            let refused = open(url).unwrap_err();
            assert!(!refused.to_string().contains("s3"), "{refused}");
        }
        assert_eq!(open("postgres://u:s3cret@h/db").unwrap_err(), PostgresProblem::Password);
        let taken = PostgresSettings::parse("postgres://u:s3cret@h/db", UrlSource::Environment).unwrap();
        assert_eq!(taken.config.get_password(), Some(&b"s3cret"[..]));
        for shown in [format!("{taken}"), format!("{taken:?}"), format!("{:?}", taken.config)] {
            assert!(!shown.contains("s3cret"), "{shown}");
        }
        assert_eq!(taken.to_string(), "postgres://u@h:5432/db");
    }

    #[test]
    fn a_url_names_host_user_and_database() {
        let lacks = |what| Err(PostgresProblem::Lacks { what });
        let shown = |url| open(url).map(|settings| settings.to_string());
        assert_eq!(shown("postgres://h/db"), lacks("user"));
        assert_eq!(shown("postgres://u@h"), lacks("database"));
        assert_eq!(shown("postgres://u@/db"), lacks("host"));
        for url in ["mysql://u@h/db", "registry.sqlite", "postgres://u@h/db?sslcert=x", "postgres://u@h:x/db"]
        {
            assert_eq!(shown(url), Err(PostgresProblem::Url), "{url}");
        }
        let socket = "postgresql:///db?host=/run/pg&port=5433&user=u";
        assert_eq!(shown(socket), Ok("postgres://u@/run/pg:5433/db".to_owned()));
    }

    #[test]
    fn sslmode_is_as_libpq_has_it() {
        let made = |options: &str| {
            let settings = open(&format!("postgres://u@db.example/db{options}")).unwrap();
            (settings.config.get_ssl_mode(), settings.proof.clone(), settings.warning().is_some())
        };
        let file = || Roots::File("/etc/my ca.pem".into());
        assert_eq!(made(""), (SslMode::Prefer, Proof::None, true));
        assert_eq!(made("?sslmode=disable"), (SslMode::Disable, Proof::None, true));
        assert_eq!(made("?sslmode=require"), (SslMode::Require, Proof::None, true));
        let named = "&sslrootcert=/etc/my%20ca.pem";
        assert_eq!(made(&format!("?sslmode=require{named}")), (SslMode::Require, Proof::Chain(file()), true));
        assert_eq!(
            made(&format!("?sslmode=verify-full{named}")),
            (SslMode::Require, Proof::Full(file()), false)
        );
        assert_eq!(made("?sslmode=verify-ca"), (SslMode::Require, Proof::Chain(Roots::System), true));
        assert_eq!(open("postgres://u@h/db?sslmode=off").unwrap_err(), PostgresProblem::SslMode);
        for near in ["localhost", "127.0.0.1", "[::1]"] {
            assert_eq!(open(&format!("postgres://u@{near}/db")).unwrap().warning(), None, "{near}");
        }
        let socket = open("postgres:///db?host=/run/pg&user=u&sslmode=require").unwrap();
        assert_eq!((socket.config.get_ssl_mode(), socket.warning()), (SslMode::Disable, None));
    }
}
