//! How to sign in: as the flags say, else as the environment offers.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use pal_fleet::sign_in::{Secret, Way};

use crate::cli::Connection;
use crate::exit::{Exit, Failure, io_exit};
use crate::render::tell;
use crate::shell::Shell;

/// A way to sign in, and the tenant to sign in to.
pub(super) struct Chosen {
    pub(super) way: Way,
    pub(super) tenant: Option<String>,
}

/// Chooses the way.
pub(super) fn way(connection: &Connection, shell: &Shell) -> Result<Chosen, Failure> {
    let asked = asked_for(connection);
    if let [first, second, ..] = asked.as_slice() {
        return Err(Failure::new(
            Exit::Usage,
            format!("`{first}` and `{second}` are two ways to sign in"),
            "name one of them",
        ));
    }
    let tenant = connection.tenant.clone().or_else(|| (shell.variable)("AZURE_TENANT_ID"));
    let way = match asked.first() {
        Some(flag) => by_flag(connection, flag, shell)?,
        None => offered(connection, tenant.is_some(), shell)?,
    };
    Ok(Chosen { way, tenant })
}

fn asked_for(connection: &Connection) -> Vec<&'static str> {
    let flags = [
        ("--client-secret-file", connection.client_secret_file.is_some()),
        ("--certificate", connection.certificate.is_some()),
        ("--federated-token-file", connection.federated_token_file.is_some()),
        ("--managed-identity", connection.managed_identity),
        ("--device-code", connection.device_code),
        ("--az", connection.az),
        ("--token-file", connection.token_file.is_some()),
        ("--token-stdin", connection.token_stdin),
    ];
    flags.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag).collect()
}

fn by_flag(connection: &Connection, flag: &str, shell: &Shell) -> Result<Way, Failure> {
    let app = || client_id(connection, shell).ok_or_else(|| nameless(flag));
    let secret = |file: &Option<PathBuf>| secret(file.as_deref().unwrap_or(Path::new("-")));
    Ok(match flag {
        "--client-secret-file" => {
            Way::Secret { client_id: app()?, secret: secret(&connection.client_secret_file)? }
        }
        "--certificate" => {
            Way::Certificate { client_id: app()?, file: connection.certificate.clone().unwrap_or_default() }
        }
        "--federated-token-file" => {
            Way::Federated { client_id: app()?, token: secret(&connection.federated_token_file)? }
        }
        "--managed-identity" => managed_identity(connection, shell),
        // The environment's app is one that signs in by itself; people sign in with that of the Azure CLI.
        "--device-code" => Way::DeviceCode { client_id: connection.client_id.clone() },
        "--az" => Way::Az { program: az(shell).unwrap_or_else(|| PathBuf::from("az")) },
        _ => Way::Token(secret(&connection.token_file)?),
    })
}

/// The first way that the environment offers.
fn offered(connection: &Connection, tenant: bool, shell: &Shell) -> Result<Way, Failure> {
    let variable = shell.variable;
    let took = |words: &str| tell(format!("sign-in: {words}"));
    if let Some(client_id) = client_id(connection, shell).filter(|_| tenant) {
        if let Some((name, secret)) =
            ["PAL_CLIENT_SECRET", "AZURE_CLIENT_SECRET"].iter().find_map(|name| Some((name, variable(name)?)))
        {
            took(&format!("app {client_id}, with the secret in `{name}`"));
            return Ok(Way::Secret { client_id, secret: Secret::new(&secret) });
        }
        if let Some(file) = variable("AZURE_CLIENT_CERTIFICATE_PATH") {
            took(&format!(
                "app {client_id}, with the certificate that `AZURE_CLIENT_CERTIFICATE_PATH` names"
            ));
            return Ok(Way::Certificate { client_id, file: PathBuf::from(file) });
        }
        if let Some(file) = variable("AZURE_FEDERATED_TOKEN_FILE") {
            took(&format!("app {client_id}, with the token that `AZURE_FEDERATED_TOKEN_FILE` names"));
            return Ok(Way::Federated { client_id, token: secret(Path::new(&file))? });
        }
        if let (Some(url), Some(token)) =
            (variable("ACTIONS_ID_TOKEN_REQUEST_URL"), variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN"))
        {
            took(&format!("app {client_id}, with the token of this GitHub workflow"));
            return Ok(Way::GitHub { client_id, url, token: Secret::new(&token) });
        }
    }
    if service(shell).is_some() {
        took("the managed identity that `IDENTITY_ENDPOINT` offers");
        return Ok(managed_identity(connection, shell));
    }
    if let Some(program) = az(shell) {
        took("whoever is signed in to the Azure CLI");
        return Ok(Way::Az { program });
    }
    Err(Failure::new(
        Exit::SignIn,
        "nobody is signed in",
        "a person: `--device-code`, or `--az` after `az login`; an app: `--tenant`, `--client-id` and one of \
         `--client-secret-file`, `--certificate`, `--federated-token-file`; on Azure: `--managed-identity`; with a \
         token: `--token-file` or `--token-stdin`",
    ))
}

fn client_id(connection: &Connection, shell: &Shell) -> Option<String> {
    connection.client_id.clone().or_else(|| (shell.variable)("AZURE_CLIENT_ID"))
}

fn managed_identity(connection: &Connection, shell: &Shell) -> Way {
    Way::ManagedIdentity { client_id: client_id(connection, shell), service: service(shell) }
}

/// The identity service of the service that this runs in.
fn service(shell: &Shell) -> Option<(String, Secret)> {
    let header = (shell.variable)("IDENTITY_HEADER")?;
    Some(((shell.variable)("IDENTITY_ENDPOINT")?, Secret::new(&header)))
}

/// The Azure CLI, if it is where programs are.
fn az(shell: &Shell) -> Option<PathBuf> {
    let path = (shell.variable)("PATH")?;
    let name = if cfg!(windows) { "az.cmd" } else { "az" };
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn nameless(flag: &str) -> Failure {
    Failure::new(
        Exit::Usage,
        format!("`{flag}` signs an app in, and none is named"),
        "name it with `--client-id ID` or `AZURE_CLIENT_ID`",
    )
}

/// A secret in a file, or on stdin.
fn secret(file: &Path) -> Result<Secret, Failure> {
    let shown = if file == Path::new("-") { "stdin".to_owned() } else { format!("`{}`", file.display()) };
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text)
    } else {
        fs::File::open(file).and_then(|mut opened| opened.read_to_string(&mut text))
    };
    read.map_err(|error| {
        let exit = io_exit(&error);
        let error = anyhow::Error::new(error).context(format!("cannot read {shown}"));
        Failure::of(exit, error).or_advise("check the path")
    })?;
    if text.trim().is_empty() {
        return Err(Failure::new(
            Exit::Usage,
            format!("{shown} holds nothing to sign in with"),
            "write the secret or token there, alone",
        ));
    }
    Ok(Secret::new(&text))
}
