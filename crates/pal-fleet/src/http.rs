//! Asking: over TLS that trusts what the machine trusts, through a proxy where there is one, again where it may help.

mod debug;
mod retry;
mod route;
mod trust;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use ureq::http::{self, Uri};
use ureq::{Agent, Proxy};

pub use self::retry::Retry;
use self::route::{address, needs_proxy};
use crate::machine::Machine;
use crate::problem::{Problem, Refusal};
use crate::redact;

/// The longest answer that is read; a page of a thousand links is below 1 MiB.
pub const LONGEST: usize = 4 * 1024 * 1024;
/// How long connecting may take.
const CONNECTING: Duration = Duration::from_secs(15);
/// How long one exchange may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// How to ask.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    /// Certificates to trust beside those of the machine (PEM).
    pub ca_file: Option<PathBuf>,
    /// The proxy that leads outside; `HTTPS_PROXY` has it.
    pub proxy: Option<String>,
    /// The hosts that are asked without the proxy, separated by commas; `NO_PROXY` has them.
    pub no_proxy: Option<String>,
    /// The id that all requests of one command carry, so that a write that is sent again is known as the same.
    pub client_request_id: String,
    /// Whether exchanges are told, without what is secret.
    pub debug: bool,
}

/// One request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// Headers beside those that every request has.
    pub headers: Vec<(&'static str, String)>,
    /// The form that is sent, if one is.
    pub form: Option<Vec<u8>>,
    /// Texts that must not be shown, wherever they turn up.
    pub secrets: Vec<String>,
    /// Whether it is part of signing in: of what is sent and answered only what is known to be harmless is shown.
    pub private: bool,
    /// Whether it goes to the machine's own identity service: in the clear, without a proxy.
    pub identity: bool,
}

/// What is done with a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    #[default]
    Get,
    /// Makes.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
    /// Sends a form.
    Post,
}

/// An answer: any status but those that are asked for again.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Asks other endpoints; keeps connections.
pub struct Http {
    direct: Agent,
    proxied: Option<Agent>,
    asking: Asking,
    machine: Machine,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("ca_file", &self.asking.ca_file).finish_non_exhaustive()
    }
}

impl Http {
    /// A client that trusts what the machine trusts (`SSL_CERT_FILE` included) and the given file's certificates.
    ///
    /// # Errors
    ///
    /// [`Problem::Given`] for a file of certificates or a proxy that cannot be used.
    pub fn new(asking: Asking, machine: Machine) -> Result<Self, Problem> {
        let tls = trust::config(asking.ca_file.as_deref())?;
        let agent = |proxy: Option<Proxy>| {
            Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .timeout_connect(Some(CONNECTING))
                .timeout_global(Some(PATIENCE))
                .user_agent(concat!("pal/", env!("CARGO_PKG_VERSION")))
                .accept("application/json")
                .proxy(proxy)
                .tls_config(tls.clone())
                .build()
                .new_agent()
        };
        let proxy = asking.proxy.as_deref().map(|proxy| {
            Proxy::new(proxy).map_err(|_| Problem::Given {
                // The address may hold a password.
                message: "the proxy's address cannot be used".to_owned(),
                hint: "set `HTTPS_PROXY` to an address such as `http://proxy.example:8080`".to_owned(),
            })
        });
        let proxied = proxy.transpose()?.map(|proxy| agent(Some(proxy)));
        Ok(Self { direct: agent(None), proxied, asking, machine })
    }

    /// The machine this runs on.
    pub fn machine(&self) -> Machine {
        self.machine
    }

    /// Asks once more and once more where that may help; see [`Retry`].
    ///
    /// # Errors
    ///
    /// [`Problem::Unreachable`], and [`Problem::Strange`] for an answer that is too long or leads elsewhere.
    pub fn send(&self, request: &Request) -> Result<Answer, Problem> {
        self.send_made(|| Ok(request.clone()))
    }

    /// The same for a request that must be made anew each time it is sent.
    ///
    /// # Errors
    ///
    /// As [`Http::send`], and what `make` returns.
    pub fn send_made(&self, make: impl Fn() -> Result<Request, Problem>) -> Result<Answer, Problem> {
        let mut retry = Retry::default();
        loop {
            let answered = self.once(&make()?);
            match retry.wait(&answered) {
                Some(wait) => {
                    if self.asking.debug {
                        (self.machine.tell)(&format!("* asked again after {} ms", wait.as_millis()));
                    }
                    (self.machine.wait)(wait);
                }
                None => return answered,
            }
        }
    }

    fn once(&self, request: &Request) -> Result<Answer, Problem> {
        let (uri, host) = address(request)?;
        let agent = self
            .proxied
            .as_ref()
            .filter(|_| needs_proxy(self.asking.no_proxy.as_deref(), &host, request.identity));
        let agent = agent.unwrap_or(&self.direct);
        self.tell_request(request);
        let unreachable = |error: ureq::Error| Problem::Unreachable {
            host: host.clone(),
            reason: redact::without(&told(&error), &request.secrets),
        };
        let response = self.run(agent, request, uri).map_err(unreachable)?;
        let (head, mut body) = response.into_parts();
        let headers = head.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let mut answer =
            Answer { status: head.status.as_u16(), headers: headers.collect(), body: Vec::new() };
        let strange = |answer: &Answer, answered: String| {
            Err(Problem::Strange { host: host.clone(), answered, request_id: answer.request_id() })
        };
        match body.with_config().limit(LONGEST as u64).read_to_vec() {
            Ok(read) => answer.body = read,
            Err(ureq::Error::BodyExceedsLimit(_)) => {
                return strange(&answer, format!("answered more than {LONGEST} bytes"));
            }
            Err(error) => return Err(unreachable(error)),
        }
        self.tell_answer(request, &answer);
        if (300..400).contains(&answer.status) {
            return strange(&answer, format!("answered {}: redirects are not followed", answer.status));
        }
        Ok(answer)
    }

    fn run(
        &self,
        agent: &Agent,
        request: &Request,
        uri: Uri,
    ) -> Result<http::Response<ureq::Body>, ureq::Error> {
        let mut made = http::Request::builder().method(request.method.word()).uri(uri);
        made = made.header("x-ms-client-request-id", &self.asking.client_request_id);
        for (name, value) in &request.headers {
            made = made.header(*name, value);
        }
        let body = match (&request.form, request.method) {
            (Some(form), _) => {
                made = made.header("content-type", "application/x-www-form-urlencoded");
                form.clone()
            }
            (None, Method::Get | Method::Delete) => return agent.run(made.body(())?),
            (None, _) => Vec::new(),
        };
        agent.run(made.body(body)?)
    }
}

impl Method {
    /// As it stands in a request.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Post => "POST",
        }
    }
}

impl Answer {
    /// The value of a header, its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The server's id of the request: the provider's own, which the log and audit of a server of ours have; else that of
    /// the front door before it.
    pub fn request_id(&self) -> Option<String> {
        let id = self.header("request-id").or_else(|| self.header("x-ms-request-id"));
        id.map(crate::problem::one_line)
    }

    /// The error in it.
    pub(crate) fn refusal(&self) -> Problem {
        Problem::Refused(Box::new(Refusal::read(self.status, &self.body, self.request_id())))
    }
}

/// What kept an exchange from happening, down to its cause.
fn told(error: &ureq::Error) -> String {
    crate::problem::one_line(&error.to_string())
}
