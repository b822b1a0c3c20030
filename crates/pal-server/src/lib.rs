//! The registration service: the provider's wire, our own API beside it, and sign-in.
#![forbid(unsafe_code)]

mod api;
mod app;
mod arm;
mod caller;
mod clock;
mod describe;
mod door;
mod front;
pub mod identity;
mod ids;
mod metrics;
mod observe;
mod private_file;
mod serve;
pub mod tls;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;

pub use api::own_api;
pub use app::{App, Limits, SignIn, TenantNames};
pub use arm::Quota;
pub use caller::{Caller, Kind, Role};
pub use clock::Clock;
pub use describe::provider_api;
pub use ids::Ids;
pub use observe::{Area, Exchange, Observer};
pub use serve::serve;

use app::Shared;
use door::Door;

/// The whole service as one function from request to response; tests call it without a network.
///
/// - `beside`: what else stands at the origin, such as the built-in authority; ARM's paths go before it.
pub fn router(app: App, beside: Router) -> Router {
    let shared = Arc::new(Shared::new(app));
    let nowhere = Router::new().fallback(no_such_path).with_state(shared.clone());
    let own = api::router(&shared).with_state(shared.clone());
    let inside = beside.merge(own).merge(nowhere);
    Router::new().fallback_service(Door { shared, inside })
}

async fn no_such_path(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    arm::refuse(&shared, request.headers())
}
