//! What every request passes, whomever it is for: one service without layers, because what is asked most is answered
//! right behind it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, Request};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderValue, Method};
use axum::response::Response;
use tower::Service;

use crate::app::Shared;
use crate::arm;
use crate::observe::Begun;
use crate::serve::Peer;

/// The way in.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) shared: Arc<Shared>,
    /// What stands behind ARM's paths: our own API, and whatever else is at the origin.
    pub(crate) inside: Router,
}

impl Service<Request> for Door {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Door { shared, inside } = self.clone();
        Box::pin(async move { Ok(pass(&shared, inside, request).await) })
    }
}

async fn pass(shared: &Shared, inside: Router, mut request: Request) -> Response {
    // Handlers ask for the peer's address in this form, whatever the connection is made of.
    if let Some(ConnectInfo(Peer(address))) = request.extensions().get::<ConnectInfo<Peer>>().copied() {
        request.extensions_mut().insert(ConnectInfo(address));
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
    let begun = Begun::of(shared, &request, peer);
    let head = request.method() == Method::HEAD;
    let response = sized(arm::front_door(shared, request, inside).await, head);
    begun.end(shared, &response);
    response
}

/// An answer with its length; to a HEAD without its body, and with the length that it would have.
fn sized(mut response: Response, head: bool) -> Response {
    let length = response.body().size_hint().exact();
    if let Some(length) = length.filter(|_| !response.headers().contains_key(CONTENT_LENGTH)) {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    if head {
        *response.body_mut() = Body::empty();
    }
    response
}
