//! Whom a command asks, and as whom.

use pal_fleet::cloud::{Cloud, Said};
use pal_fleet::endpoint::Endpoint;
use pal_fleet::http::{Asking, Http};
use pal_fleet::links::Client;
use pal_fleet::machine::Machine;
use pal_fleet::problem::{Problem, Refusal};
use pal_fleet::sign_in::{Caller, Token, sign_in};
use uuid::Uuid;

use super::way::way;
use crate::cli::Connection;
use crate::config::Origin;
use crate::exit::{Exit, Failure};
use crate::render::tell;
use crate::shell::Shell;

/// An endpoint, and somebody who is signed in to it.
pub(crate) struct Session {
    http: Http,
    pub(crate) endpoint: Endpoint,
    token: Token,
}

impl Session {
    /// Signs in.
    pub(crate) fn open(connection: &Connection, shell: &Shell) -> Result<Self, Failure> {
        let endpoint = endpoint(shell)?;
        let way = way(connection, shell)?;
        let machine = Machine {
            now: shell.clocks.now,
            wait: std::thread::sleep,
            new_id: || Uuid::new_v4().to_string(),
            tell: |line| tell(line),
        };
        let variable = |names: [&str; 2]| names.iter().find_map(|name| (shell.variable)(name));
        let asking = Asking {
            ca_file: shell.settings.ca_file.value.clone(),
            proxy: variable(["HTTPS_PROXY", "https_proxy"]),
            no_proxy: variable(["NO_PROXY", "no_proxy"]),
            client_request_id: (machine.new_id)(),
            debug: connection.debug,
        };
        let http = Http::new(asking, machine).map_err(failure)?;
        let authority = &shell.settings.authority_host;
        if let (Some(host), Origin::File(file)) = (&authority.value, &authority.origin) {
            tell(format!("authority: {host} (from {})", file.display()));
        }
        let login = authority.value.as_deref().map(Endpoint::parse);
        let said = Said { login: login.transpose().map_err(failure)?, audience: connection.audience.clone() };
        // Whoever brings a token needs nobody to sign in at.
        let token = match &way.way {
            pal_fleet::sign_in::Way::Token(_) => {
                let here = Said { login: Some(endpoint.clone()), audience: Some(endpoint.url().to_owned()) };
                Cloud::find(&http, &endpoint, &here)
            }
            _ => Cloud::find(&http, &endpoint, &said),
        }
        .and_then(|cloud| sign_in(&http, &cloud, way.tenant.as_deref(), &way.way))
        .map_err(failure)?;
        Ok(Self { http, endpoint, token })
    }

    /// Asks the endpoint.
    pub(crate) fn client(&self) -> Client<'_> {
        Client::new(&self.http, &self.endpoint, &self.token)
    }

    /// Whom the token is about, if it says so.
    pub(crate) fn caller(&self) -> Option<Caller> {
        self.token.caller()
    }
}

/// The endpoint that the settings name, told with where it comes from unless it is the default.
pub(crate) fn endpoint(shell: &Shell) -> Result<Endpoint, Failure> {
    let setting = &shell.settings.endpoint;
    let endpoint = Endpoint::parse(&setting.value).map_err(failure)?;
    match &setting.origin {
        Origin::File(file) => tell(format!("endpoint: {endpoint} (from {})", file.display())),
        _ => tell(format!("endpoint: {endpoint}")),
    }
    Ok(endpoint)
}

/// A problem as a command ends with it, with the server's id of the request where it answered.
pub(crate) fn failure(problem: Problem) -> Failure {
    let exit = exit_of(&problem);
    failed(problem, exit)
}

/// Why it is not known whether the account is linked. Something else that is missing is no "not linked".
pub(super) fn unanswered(problem: Problem) -> Failure {
    let exit = match exit_of(&problem) {
        known @ (Exit::Usage | Exit::SignIn) => known,
        _ => Exit::Fault,
    };
    failed(problem, exit)
}

fn exit_of(problem: &Problem) -> Exit {
    match problem {
        Problem::Given { .. } => Exit::Usage,
        Problem::SignIn { .. } => Exit::SignIn,
        Problem::Refused(refusal) => refused(refusal),
        Problem::Unreachable { .. } | Problem::Strange { .. } => Exit::Fault,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the problem ends here, handed over by `map_err`")]
fn failed(problem: Problem, exit: Exit) -> Failure {
    let advice = match (problem.hint(), exit) {
        (Some(hint), _) => Some(hint.to_owned()),
        (None, Exit::SignIn) => Some("sign in as somebody whom the endpoint lets do this".to_owned()),
        (None, _) => None,
    };
    let code = match &problem {
        Problem::Refused(refusal) if !refusal.code.is_empty() => format!(" ({})", refusal.code),
        _ => String::new(),
    };
    let unknown = if exit == Exit::Fault { "; nothing is known about the link" } else { "" };
    let error = anyhow::anyhow!("{problem}{code}{unknown}{}", request_id(problem.request_id()));
    Failure { exit, error, hint: advice }
}

/// The line that names the request, where a server answered.
pub(crate) fn request_id(id: Option<&str>) -> String {
    id.map(|id| format!("\nrequest id: {id}")).unwrap_or_default()
}

/// A failure that follows from what a server answered, with its id of the request.
pub(super) fn answered(failed: Failure, id: Option<&str>) -> Failure {
    Failure { error: anyhow::anyhow!("{}{}", failed.error, request_id(id)), ..failed }
}

/// How a command ends that a server refused.
fn refused(refusal: &Refusal) -> Exit {
    match refusal.status {
        401 | 403 => Exit::SignIn,
        404 => Exit::NotFound,
        400 if refusal.code == "PartnerIdInvalid" => Exit::Conflict,
        409 | 412 => Exit::Conflict,
        _ => Exit::Fault,
    }
}

#[cfg(test)]
mod tests {
    use pal_fleet::problem::{Problem, Refusal};

    use super::{failure, unanswered};
    use crate::exit::Exit;

    #[test]
    fn each_refusal_has_its_exit_code_and_names_the_request() {
        let refused = |status: u16, code: &str| {
            let (code, message, request_id) = (code.to_owned(), "no".to_owned(), Some("r-1".to_owned()));
            let failed = failure(Problem::Refused(Box::new(Refusal {
                status,
                code,
                message,
                hint: None,
                request_id,
            })));
            assert!(failed.to_string().contains("\nrequest id: r-1"), "{failed}");
            let unknown = failed.to_string().contains("nothing is known about the link");
            assert_eq!(unknown, failed.exit == Exit::Fault, "{failed}");
            failed.exit
        };
        assert_eq!(refused(401, "x"), Exit::SignIn);
        assert_eq!(refused(403, ""), Exit::SignIn);
        assert_eq!(refused(404, "x"), Exit::NotFound);
        assert_eq!(refused(409, "x"), Exit::Conflict);
        assert_eq!(refused(400, "PartnerIdInvalid"), Exit::Conflict);
        for (status, code) in [(400, "x"), (429, "x"), (500, ""), (503, "x")] {
            assert_eq!(refused(status, code), Exit::Fault, "{status}");
        }
    }

    /// The exit codes of the gate before a deployment speak of the link alone.
    #[test]
    fn what_else_is_missing_is_not_a_missing_link() {
        let refusal = Refusal {
            status: 404,
            code: String::new(),
            message: "no".to_owned(),
            hint: None,
            request_id: None,
        };
        let problem = Problem::Refused(Box::new(refusal));
        assert_eq!((failure(problem.clone()).exit, unanswered(problem).exit), (Exit::NotFound, Exit::Fault));
        let problem = Problem::Unreachable { host: "pal.example".to_owned(), reason: "refused".to_owned() };
        let told = unanswered(problem).to_string();
        assert!(
            told.contains("pal.example cannot be reached: refused; nothing is known about the link"),
            "{told}"
        );
    }
}
