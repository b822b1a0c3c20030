//! The registration service: the provider's wire, our own API beside it, and sign-in.
#![forbid(unsafe_code)]

mod app;
mod arm;
mod caller;
mod clock;
mod front;
pub mod identity;
mod ids;
mod private_file;
mod serve;
pub mod tls;

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
pub use serve::serve;

use arm::Shared;

/// The whole service as one function from request to response; tests call it without a network.
///
/// - `beside`: what else stands at the origin, such as the built-in authority; ARM's paths go before it.
pub fn router(app: App, beside: Router) -> Router {
    let shared = Arc::new(Shared::new(app));
    let nowhere = Router::new().fallback(no_such_path).with_state(shared.clone());
    beside.merge(nowhere).layer(from_fn_with_state(shared, arm::front_door))
}

async fn no_such_path(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    arm::refuse(&shared, request.headers())
}
