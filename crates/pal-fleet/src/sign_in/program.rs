//! The Azure CLI lends its token.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Secret, failed};
use crate::problem::{Problem, one_line};

/// Asks `az` for a token.
pub(super) fn token(program: &Path, audience: &str, tenant: Option<&str>) -> Result<Secret, Problem> {
    let mut command = Command::new(program);
    command.args(["account", "get-access-token", "--output", "json", "--resource", audience]);
    if let Some(tenant) = tenant {
        command.args(["--tenant", tenant]);
    }
    let login = format!("sign in with `az login --tenant {}`", tenant.unwrap_or("TENANT"));
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(&format!("`{}`: {error}", program.display()), "install the Azure CLI"))?;
    let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    match json.get("accessToken").and_then(Value::as_str) {
        Some(token) if output.status.success() => Ok(Secret::new(token)),
        _ => {
            let words = String::from_utf8_lossy(&output.stderr);
            let said = words.lines().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
            Err(failed(&format!("az: {}", one_line(said.trim_start_matches("ERROR: "))), &login))
        }
    }
}
