//! A client of the provider that keeps its connection and remembers what it was told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;

/// How many tenants there are; each has several clients.
const TENANTS: usize = 16;
/// Longer than any answer takes, so that a test ends.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn tenant(client: usize) -> String {
    format!("7e010000-0000-4000-8000-{:012}", client % TENANTS + 1)
}

pub(crate) fn object(client: usize) -> String {
    format!("0b010000-0000-4000-8000-{client:012}")
}

/// A sandbox in which so many clients can sign in.
pub(crate) fn sandbox(clients: usize) -> String {
    let mut text = String::new();
    for number in 0..TENANTS {
        let id = tenant(number);
        text.push_str(&format!("[[tenant]]\nid = \"{id}\"\nname = \"T\"\ndomain = \"t{number}.example\"\n"));
        for client in (number..clients).step_by(TENANTS) {
            let (client_id, object_id) = (format!("c11e0000-0000-4000-8000-{client:012}"), object(client));
            text.push_str(&format!(
                "[[tenant.app]]\nclient_id = \"{client_id}\"\nobject_id = \"{object_id}\"\nsecret = \"s\"\n"
            ));
        }
    }
    text
}

/// A write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    method: &'static str,
    partner: String,
}

impl Order {
    /// The change that it makes.
    pub(crate) fn as_history(&self) -> (&'static str, String) {
        let kind = match self.method {
            "PUT" => "created",
            "PATCH" => "updated",
            _ => "deleted",
        };
        (kind, self.partner.clone())
    }
}

pub(crate) struct Client {
    number: usize,
    token: String,
    /// The writes that were answered, from the first.
    pub(crate) told: Vec<Order>,
    /// The write whose answer did not come.
    pub(crate) unanswered: Option<Order>,
}

impl Client {
    pub(crate) fn sign_in(address: &str, number: usize) -> Self {
        let form = format!(
            "grant_type=client_credentials&client_id=c11e0000-0000-4000-8000-{number:012}&client_secret=s&\
             scope=https%3A%2F%2Fmanagement.azure.com%2F.default"
        );
        let head = format!(
            "POST /{}/oauth2/v2.0/token HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n",
            tenant(number)
        );
        let (status, body) = ask(&mut connect(address).unwrap(), address, &head, &form).unwrap();
        assert_eq!(status, 200, "{body}");
        let token =
            serde_json::from_str::<Value>(&body).unwrap()["access_token"].as_str().unwrap().to_owned();
        Self { number, token, told: Vec::new(), unanswered: None }
    }

    /// The partner linked to, going by what was told.
    pub(crate) fn linked(&self) -> Option<String> {
        self.told.last().filter(|last| last.method != "DELETE").map(|last| last.partner.clone())
    }

    /// Writes until an answer does not come, or all clients together have begun so many writes.
    pub(crate) fn write(&mut self, address: &str, (begun, most): (&AtomicU64, u64), answered: &AtomicU64) {
        let Ok(mut connection) = connect(address) else { return };
        while begun.fetch_add(1, Ordering::SeqCst) < most {
            let order = self.next();
            match self.ask(&mut connection, address, order.method, &order.partner) {
                Ok((200, body)) => {
                    self.told.push(order);
                    if !body.is_empty() {
                        let etag = serde_json::from_str::<Value>(&body).unwrap()["etag"].as_u64();
                        assert_eq!(etag, Some(self.told.len() as u64), "{body}");
                    }
                    answered.fetch_add(1, Ordering::SeqCst);
                }
                // Whether the change was made is not known then.
                Ok((503, _)) | Err(_) => {
                    self.unanswered = Some(order);
                    return;
                }
                Ok((status, body)) => panic!("client {}: {status} {body}", self.number),
            }
        }
    }

    fn next(&self) -> Order {
        let step = self.told.len();
        match self.linked() {
            None => Order { method: "PUT", partner: "1".to_owned() },
            Some(partner) if step % 5 == 4 => Order { method: "DELETE", partner },
            Some(_) => Order { method: "PATCH", partner: (step + 1).to_string() },
        }
    }

    /// The partner linked to and the version, as the server tells them.
    pub(crate) fn show(&self, address: &str) -> Option<(String, u64)> {
        let (status, body) = self.ask(&mut connect(address).unwrap(), address, "GET", "").unwrap();
        let json: Value = serde_json::from_str(&body).unwrap();
        assert!([200, 404].contains(&status), "{status} {body}");
        let partner = json["properties"]["partnerId"].as_str()?.to_owned();
        Some((partner, json["etag"].as_u64().unwrap()))
    }

    fn ask(
        &self,
        connection: &mut BufReader<TcpStream>,
        address: &str,
        method: &str,
        partner: &str,
    ) -> std::io::Result<(u16, String)> {
        let path =
            format!("/providers/Microsoft.ManagementPartner/partners/{partner}?api-version=2018-02-01");
        let head = format!("{method} {path} HTTP/1.1\r\nAuthorization: Bearer {}\r\n", self.token);
        ask(connection, address, &head, "")
    }
}

fn connect(address: &str) -> std::io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(BufReader::new(stream))
}

/// Asks on a connection that is kept; status and body.
fn ask(
    connection: &mut BufReader<TcpStream>,
    address: &str,
    head: &str,
    body: &str,
) -> std::io::Result<(u16, String)> {
    let request = format!("{head}Host: {address}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    connection.get_mut().write_all(request.as_bytes())?;
    let cut_off = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let mut line = String::new();
    connection.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut_off)?;
    let mut length = 0;
    loop {
        line.clear();
        if connection.read_line(&mut line)? == 0 {
            return Err(cut_off());
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok((status, String::from_utf8(body).unwrap()))
}
