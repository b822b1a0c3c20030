//! The registration service: the provider's wire, our own API beside it, and sign-in.
#![forbid(unsafe_code)]

mod app;
mod arm;
mod caller;
mod clock;
mod front;
pub mod identity;
mod ids;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::Response;

pub use app::{App, Limits, SignIn, TenantNames};
pub use arm::{Faulted, Quota};
pub use caller::{Caller, Kind, Role};
pub use clock::Clock;
pub use ids::Ids;

use arm::Shared;

/// The whole service as one function from request to response; tests call it without a network.
pub fn router(app: App) -> Router {
    let shared = Arc::new(Shared::new(app));
    Router::new()
        .fallback(no_such_path)
        .layer(from_fn_with_state(shared.clone(), arm::front_door))
        .with_state(shared)
}

async fn no_such_path(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    arm::refuse(&shared, request.headers())
}
