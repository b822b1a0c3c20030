//! What every request passes, whomever it is for: one service without layers, because what is asked most is answered
//! right behind it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderValue, Method};
use axum::response::Response;
use tower::Service;

use crate::app::Shared;
use crate::observe::Begun;
use crate::{App, api, arm};

/// The way in: the whole service as one function from request to response.
#[derive(Clone, Debug)]
pub struct Door {
    shared: Arc<Shared>,
    /// What stands behind ARM's paths: our own API, and whatever else is at the origin.
    inside: Router,
}

impl Door {
    /// The service; tests call it without a network.
    ///
    /// - `beside`: what else stands at the origin, such as the built-in authority; ARM's paths go before it.
    pub fn new(app: App, beside: Router) -> Door {
        let shared = Arc::new(Shared::new(app));
        let nowhere = Router::new().fallback(no_such_path).with_state(shared.clone());
        let own = api::router(&shared).with_state(shared.clone());
        Door { inside: beside.merge(own).merge(nowhere), shared }
    }
}

async fn no_such_path(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    arm::refuse(&shared, request.headers())
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

async fn pass(shared: &Shared, inside: Router, request: Request) -> Response {
    let begun = Begun::of(shared, &request);
    let head = request.method() == Method::HEAD;
    let (response, asked) = arm::front_door(shared, request, inside).await;
    let response = sized(response, head);
    begun.end(shared, &response, asked);
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
