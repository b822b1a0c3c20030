//! The load: connections that stay open, each with one request at a time.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{HeaderValue, Request, header};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Body, Bytes};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::Outcome;
use crate::servers::{CLIENT_ID, SECRET, Server, TENANT};

/// A server to connect to.
#[derive(Clone)]
pub(crate) struct Target {
    address: SocketAddr,
    tls: Option<TlsConnector>,
}

impl Target {
    pub(crate) fn new(server: &Server) -> Outcome<Target> {
        let tls = server.ca_file.as_deref().map(trusting).transpose()?;
        Ok(Target { address: server.address, tls })
    }

    async fn connect<B>(&self) -> Outcome<SendRequest<B>>
    where
        B: Body<Data = Bytes, Error = std::convert::Infallible> + Send + 'static,
    {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            None => speak(stream).await,
            Some(tls) => speak(tls.connect(ServerName::try_from("localhost")?, stream).await?).await,
        }
    }

    /// How each client's app is authorized.
    pub(crate) async fn sign_in(&self, clients: u32) -> Outcome<Vec<HeaderValue>> {
        let mut sender = self.connect().await?;
        let mut tokens = Vec::new();
        for client in 0..clients {
            let form = format!(
                "grant_type=client_credentials&client_id={CLIENT_ID}{client:02}&client_secret={SECRET}\
                 &scope=https%3A%2F%2Fmanagement.azure.com%2F.default"
            );
            let request = Request::post(format!("/{TENANT}/oauth2/v2.0/token"))
                .header(header::HOST, self.address.to_string())
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Full::new(Bytes::from(form)))?;
            sender.ready().await?;
            let answer = sender.send_request(request).await?;
            let body = answer.into_body().collect().await?.to_bytes();
            let body: serde_json::Value = serde_json::from_slice(&body)?;
            let token = body.get("access_token").and_then(serde_json::Value::as_str);
            let token = token.ok_or_else(|| format!("no token: {body}"))?;
            tokens.push(HeaderValue::from_str(&format!("Bearer {token}"))?);
        }
        Ok(tokens)
    }
}

fn trusting(ca_file: &Path) -> Outcome<TlsConnector> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca_file)?)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}

async fn speak<B>(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Outcome<SendRequest<B>>
where
    B: Body<Data = Bytes, Error = std::convert::Infallible> + Send + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// What came of a load.
pub(crate) struct Run {
    elapsed: Duration,
    waits: Vec<Duration>,
}

impl Run {
    pub(crate) fn per_second(&self) -> u128 {
        self.waits.len() as u128 * 1_000_000 / self.elapsed.as_micros().max(1)
    }

    /// Within what time so many of a thousand were answered.
    pub(crate) fn within(&self, share: usize) -> Duration {
        self.waits.get(self.waits.len() * share / 1000).copied().unwrap_or_default()
    }
}

/// What each client asks, in turn.
pub(crate) struct Questions<F> {
    /// The request of a client with this number of its own.
    pub(crate) next: F,
    /// How many belong together: a client that began such a row ends it.
    pub(crate) row: u64,
}

/// Lets all clients ask for so long, each at least one row; every answer must be 200.
pub(crate) async fn run<F>(
    target: &Target,
    clients: u32,
    length: Duration,
    questions: Questions<F>,
) -> Outcome<Run>
where
    F: Fn(usize, u64) -> Request<Empty<Bytes>> + Clone + Send + 'static,
{
    let mut senders = Vec::new();
    for _ in 0..clients {
        senders.push(target.connect().await?);
    }
    let started = Instant::now();
    let asking: Vec<_> = senders
        .into_iter()
        .enumerate()
        .map(|(client, sender)| {
            let next = questions.next.clone();
            tokio::spawn(ask(sender, started + length, questions.row, move |number| next(client, number)))
        })
        .collect();
    let mut waits = Vec::new();
    for one in asking {
        waits.append(&mut one.await??);
    }
    let elapsed = started.elapsed();
    waits.sort_unstable();
    Ok(Run { elapsed, waits })
}

async fn ask(
    mut sender: SendRequest<Empty<Bytes>>,
    until: Instant,
    row: u64,
    next: impl Fn(u64) -> Request<Empty<Bytes>>,
) -> Outcome<Vec<Duration>> {
    let mut waits = Vec::new();
    let mut number = 0;
    loop {
        let asked = Instant::now();
        if asked >= until && number > 0 && number % row == 0 {
            return Ok(waits);
        }
        sender.ready().await?;
        let answer = sender.send_request(next(number)).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        if status != 200 {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
        }
        waits.push(asked.elapsed());
        number += 1;
    }
}
