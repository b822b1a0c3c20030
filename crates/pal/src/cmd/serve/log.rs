//! The log of a server, on stderr: words for people, or JSON lines for programs. Tokens, secrets, queries and bodies never
//! come here.

use pal_rules::time::Timestamp;
use pal_server::{Exchange, Observer};
use serde_json::json;

use crate::cli::LogForm;
use crate::render::tell;

/// Writes the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log {
    form: LogForm,
    now: fn() -> Timestamp,
}

impl Log {
    pub(super) fn new(form: LogForm, now: fn() -> Timestamp) -> Self {
        Self { form, now }
    }

    /// Says something about the server itself.
    pub(super) fn say(self, words: impl AsRef<str>) {
        self.line("info", words.as_ref());
    }

    /// Warns of something that somebody should look at.
    pub(super) fn warn(self, words: impl AsRef<str>) {
        self.line("warning", words.as_ref());
    }

    fn line(self, level: &str, words: &str) {
        match self.form {
            LogForm::Text => tell(words),
            LogForm::Json => {
                tell(json!({ "at": (self.now)().to_string(), "level": level, "message": words }));
            }
        }
    }

    /// Writes down every exchange, or only those that failed for a reason of ours.
    pub(super) fn observer(self) -> Observer {
        match self.form {
            LogForm::Json => Observer::of_all(|exchange| tell(line(exchange))),
            LogForm::Text => Observer::of_faults(|exchange| {
                let fault = exchange.fault.as_deref().unwrap_or_default();
                tell(format!("fault: {fault} (request-id {})", exchange.request_id));
            }),
        }
    }
}

/// An exchange as one line of JSON.
fn line(exchange: &Exchange) -> String {
    let level = match (&exchange.fault, exchange.status) {
        (Some(_), _) | (None, 500..) => "error",
        (None, 429) => "warning",
        _ => "info",
    };
    let (method, path, status) = (&exchange.method, &exchange.path, exchange.status);
    json!({
        "at": exchange.at.to_string(),
        "level": level,
        "message": format!("{method} {path} {status}"),
        "area": exchange.area.as_str(),
        "method": method.as_str(),
        "path": path,
        "status": status,
        "duration_us": u64::try_from(exchange.duration.as_micros()).unwrap_or(u64::MAX),
        "request_id": exchange.request_id.to_string(),
        "client_request_id": exchange.client_request_id,
        "tenant_id": exchange.caller.map(|(tenant, _)| tenant.to_string()),
        "object_id": exchange.caller.map(|(_, object_id)| object_id.to_string()),
        "peer": exchange.peer.map(|peer| peer.to_string()),
        "fault": exchange.fault,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pal_rules::time::Timestamp;
    use pal_server::{Area, Exchange};

    use super::line;

    #[test]
    fn a_line_is_json_whatever_the_path_holds() {
        let exchange = Exchange {
            at: Timestamp::parse("2026-03-06T12:00:00Z").unwrap(),
            duration: Duration::from_micros(1500),
            method: axum::http::Method::PUT,
            path: "/a\"b\n{".to_owned(),
            area: Area::Provider,
            status: 503,
            request_id: uuid::Uuid::nil(),
            client_request_id: None,
            caller: None,
            peer: None,
            fault: Some("the disk".to_owned()),
        };
        let line = line(&exchange);
        assert!(!line.contains('\n'), "{line}");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&read["level"], &read["path"]), (&"error".into(), &"/a\"b\n{".into()));
        assert_eq!(read["duration_us"], 1500);
    }
}
