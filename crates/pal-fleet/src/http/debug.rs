//! Tells what is sent and answered, without what is secret.

use super::{Answer, Http, Request};
use crate::problem::one_line;
use crate::redact;

impl Http {
    pub(super) fn tell_request(&self, request: &Request) {
        if !self.asking.debug {
            return;
        }
        let tell = |line: &str| self.tell(line, request);
        tell(&format!("> {} {}", request.method.word(), request.url));
        tell(&format!("> x-ms-client-request-id: {}", self.asking.client_request_id));
        for (name, value) in &request.headers {
            tell(&format!("> {name}: {}", redact::request_header(name, value)));
        }
        if let Some(form) = &request.form {
            tell(&format!("> {}", redact::form(form)));
        }
    }

    pub(super) fn tell_answer(&self, request: &Request, answer: &Answer) {
        if !self.asking.debug {
            return;
        }
        let tell = |line: &str| self.tell(line, request);
        tell(&format!("< {}", answer.status));
        for (name, value) in &answer.headers {
            tell(&format!("< {name}: {}", redact::answer_header(name, value)));
        }
        if !answer.body.is_empty() {
            let plain = || String::from_utf8_lossy(&answer.body).into_owned();
            let body = if request.private { redact::answer(&answer.body) } else { plain() };
            tell(&format!("< {body}"));
        }
    }

    fn tell(&self, line: &str, request: &Request) {
        (self.machine.tell)(&one_line(&redact::without(line, &request.secrets)));
    }
}
