//! How the documents of trusted issuers are read: over HTTPS, or by a function of a test.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{ACCEPT, HOST, USER_AGENT};
use axum::http::{Request, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// How long one document may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest document that is read; Entra's are below 50 KiB.
const LONGEST: usize = 1024 * 1024;

/// Why a document could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{url}: {reason}")]
pub struct FetchFailed {
    /// What was asked for.
    pub url: String,
    /// What happened.
    pub reason: String,
}

type Answer = Pin<Box<dyn Future<Output = Result<Vec<u8>, FetchFailed>> + Send>>;

/// Reads a document by its address; cheap to clone.
#[derive(Clone)]
pub struct Fetch(Arc<dyn Fn(String) -> Answer + Send + Sync>);

impl Fetch {
    /// Reads with a function, as tests do.
    pub fn new<F, A>(read: F) -> Fetch
    where
        F: Fn(String) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Vec<u8>, FetchFailed>> + Send + 'static,
    {
        Fetch(Arc::new(move |url| Box::pin(read(url))))
    }

    /// Reads over HTTPS, trusting what the machine trusts (`SSL_CERT_FILE` included). Follows no redirect and
    /// uses no proxy; a server without a way out takes a keys file.
    pub fn https() -> Fetch {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Fetch::https_trusting(roots)
    }

    /// Reads over HTTPS, trusting these authorities only.
    pub fn https_trusting(roots: RootCertStore) -> Fetch {
        let config = ClientConfig::builder_with_provider(crate::tls::provider())
            .with_safe_default_protocol_versions()
            .map(|builder| Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
            .map_err(|error| error.to_string());
        Fetch::new(move |url| {
            let config = config.clone();
            async move {
                let read = async { get(&url, config?).await };
                let read = tokio::time::timeout(PATIENCE, read);
                let read = read.await.unwrap_or_else(|_| Err("took too long".to_owned()));
                read.map_err(|reason| FetchFailed { url, reason })
            }
        })
    }

    /// Reads the document at `url`.
    pub(crate) async fn get(&self, url: String) -> Result<Vec<u8>, FetchFailed> {
        (self.0)(url).await
    }
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fetch")
    }
}

/// One request on a connection of its own: an issuer is asked once an hour.
async fn get(url: &str, config: Arc<ClientConfig>) -> Result<Vec<u8>, String> {
    let told = |error: &dyn fmt::Display| error.to_string();
    let uri: Uri = url.parse().map_err(|error| told(&error))?;
    let (Some("https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err("is not an https address".to_owned());
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host.clone()).map_err(|error| told(&error))?;
    let stream = TcpStream::connect((host.as_str(), authority.port_u16().unwrap_or(443)));
    let stream = stream.await.map_err(|error| told(&error))?;
    let stream = TlsConnector::from(config).connect(name, stream).await.map_err(|error| told(&error))?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| told(&error))?;
    let request = Request::get(uri.path_and_query().map_or("/", |path| path.as_str()))
        .header(HOST, authority.as_str())
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, "pal")
        .body(Empty::<Bytes>::new())
        .map_err(|error| told(&error))?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(|error| told(&error))?;
        if response.status() != 200 {
            return Err(format!("answered {}", response.status().as_u16()));
        }
        let body = Limited::new(response.into_body(), LONGEST).collect().await;
        body.map(|body| body.to_bytes().to_vec()).map_err(|error| told(&error))
    };
    // The connection must be driven while the answer is awaited; the issuer may close it at any time after.
    let drive = async {
        let _ = connection.await;
        std::future::pending().await
    };
    tokio::select! {
        answer = exchange => answer,
        never = drive => never,
    }
}
