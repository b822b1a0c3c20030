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

pub use api::own_api;
pub use app::{App, Limits, SignIn, TenantNames};
pub use arm::Quota;
pub use caller::{Caller, Kind, Role};
pub use clock::Clock;
pub use describe::provider_api;
pub use door::Door;
pub use ids::Ids;
pub use observe::{Area, Exchange, Observer};
pub use serve::{serve, set_peer};

use app::Shared;
