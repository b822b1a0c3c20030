//! Passwords in a file of their own, as libpq reads them: `host:port:database:user:password`, a line each.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::Path;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::settings::{PasswordFile, PostgresProblem};

/// The password for a database, if the file has one.
pub(super) fn find(file: &PasswordFile, config: &Config) -> Result<Option<String>, PostgresProblem> {
    let (PasswordFile::Named(path) | PasswordFile::Usual(path)) = file;
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound && matches!(file, PasswordFile::Usual(_)) => {
            return Ok(None);
        }
        other => other.map_err(|error| unreadable(path, &error))?,
    };
    if is_open(&metadata) {
        return Err(PostgresProblem::OpenFile { path: path.clone() });
    }
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    Ok(text.lines().find_map(|line| password_of(line, config)))
}

fn unreadable(path: &Path, error: &io::Error) -> PostgresProblem {
    PostgresProblem::File { path: path.to_owned(), why: error.to_string() }
}

#[cfg(unix)]
fn is_open(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open(_: &Metadata) -> bool {
    false
}

/// The password of a line, if the line is about this database.
fn password_of(line: &str, config: &Config) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let [host, port, name, user, password] = fields(line)?;
    let port_number = config.get_ports().first().copied().unwrap_or(5432).to_string();
    let host_fits = |host: &str| match config.get_hosts().first() {
        Some(Host::Tcp(named)) => host == named,
        #[cfg(unix)]
        Some(Host::Unix(folder)) => host == "localhost" || Path::new(host) == folder,
        None => false,
    };
    let fits = |field: &str, value: Option<&str>| field == "*" || Some(field) == value;
    let this = (host == "*" || host_fits(&host))
        && fits(&port, Some(&port_number))
        && fits(&name, config.get_dbname())
        && fits(&user, config.get_user());
    this.then_some(password)
}

/// The five fields of a line; `\:` and `\\` stand for themselves.
fn fields(line: &str) -> Option<[String; 5]> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            // What follows the fourth is the password, colons and all.
            ':' if fields.len() < 5 => fields.push(String::new()),
            '\\' => fields.last_mut()?.push(letters.next()?),
            other => fields.last_mut()?.push(other),
        }
    }
    fields.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::super::settings::{PostgresSettings, UrlSource};
    use super::*;

    fn found(url: &str, text: &str) -> Option<String> {
        let settings = PostgresSettings::parse(url, UrlSource::Open).unwrap();
        text.lines().find_map(|line| password_of(line, settings.config()))
    }

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let file = "# a comment\nother:5432:db:u:no\nh:5433:db:u:no\nh:*:db:u:a\\:b\\\\c:d\n*:*:*:*:last";
        assert_eq!(found("postgres://u@h/db", file).as_deref(), Some("a:b\\c:d"));
        assert_eq!(found("postgres://v@h/db", file).as_deref(), Some("last"));
        assert_eq!(found("postgres://u@h/db", "h:5432:db:u").as_deref(), None);
        let socket = "postgres:///db?host=/run/pg&user=u";
        assert_eq!(found(socket, "/run/pg:5432:db:u:x").as_deref(), Some("x"));
        assert_eq!(found(socket, "localhost:5432:db:u:x").as_deref(), Some("x"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused_and_one_that_is_named_must_be_there() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pgpass");
        let settings = || PostgresSettings::parse("postgres://u@h/db", UrlSource::Open).unwrap();
        let named = PasswordFile::Named(path.clone());
        let missing = settings().with_password_of(Some(&named)).unwrap_err();
        assert!(matches!(missing, PostgresProblem::File { .. }), "{missing}");
        let usual = settings().with_password_of(Some(&PasswordFile::Usual(path.clone()))).unwrap();
        assert_eq!(usual.config().get_password(), None);
        fs::write(&path, "*:*:*:*:x\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let open = settings().with_password_of(Some(&named)).unwrap_err();
        assert!(matches!(open, PostgresProblem::OpenFile { .. }), "{open}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let read = settings().with_password_of(Some(&named)).unwrap();
        assert_eq!(read.config().get_password(), Some(&b"x"[..]));
    }
}
