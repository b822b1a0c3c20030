//! What PostgreSQL says, and whether it may say something else later.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use deadpool_postgres::{HookError, PoolError};
use tokio_postgres::error::SqlState;

use crate::registry::RegistryFault;

/// An error of PostgreSQL or of the way to it, in one line.
#[derive(Clone, Debug)]
pub struct PostgresFault(Arc<tokio_postgres::Error>);

impl PostgresFault {
    /// What is undone by PostgreSQL so that others can go on, to be tried again.
    pub(super) fn is_undone(&self) -> bool {
        [Some(&SqlState::T_R_SERIALIZATION_FAILURE), Some(&SqlState::T_R_DEADLOCK_DETECTED)]
            .contains(&self.0.code())
    }

    /// Whether the connection is gone: it was lost, or the server is going.
    pub(super) fn is_disconnected(&self) -> bool {
        let Some(code) = self.0.code() else {
            return self.0.is_closed() || causes(&self.0).any(<dyn Error>::is::<std::io::Error>);
        };
        let going = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW];
        code.code().starts_with("08") || going.contains(code)
    }

    /// Whether the same may succeed later: out of reach, out of room, starting, ending, standing by, or locked.
    pub(in crate::registry) fn may_pass(&self) -> bool {
        let passing = [
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::QUERY_CANCELED,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ];
        let is = |code: &SqlState| code.code().starts_with("53") || passing.contains(code);
        self.is_undone() || self.is_disconnected() || self.0.code().is_some_and(is)
    }
}

/// An error and all that caused it.
fn causes(error: &tokio_postgres::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(Some(error as &(dyn Error + 'static)), |error: &&(dyn Error + 'static)| {
        (*error).source()
    })
}

impl fmt::Display for PostgresFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(said) = self.0.as_db_error() {
            return write!(f, "{} (SQLSTATE {})", said.message(), said.code().code());
        }
        let words: Vec<String> = causes(&self.0).map(ToString::to_string).collect();
        f.write_str(&words.join(": "))
    }
}

impl Error for PostgresFault {}

impl From<tokio_postgres::Error> for RegistryFault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(PostgresFault(Arc::new(error)))
    }
}

impl From<PoolError> for RegistryFault {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => error.into(),
            PoolError::Timeout(_) => Self::Busy,
            PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => Self::Stopped,
        }
    }
}
