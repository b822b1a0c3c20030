//! What an engine gives to the rules: questions, writes, and rows that are the same on each.

use uuid::Uuid;

use super::RegistryFault;
use super::row::Row;
use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;

/// A value as it is bound or stored: the tables hold nothing but text and integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Text(String),
    /// What no writer could have stored, as far as it can be shown.
    Damaged(String),
}

/// An SQL text of `sql.rs` with what is bound to it.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) sql: &'static str,
    pub(super) binds: Vec<Value>,
}

impl Query {
    pub(super) fn new<const N: usize>(sql: &'static str, binds: [Value; N]) -> Self {
        Self { sql, binds: binds.into() }
    }
}

/// A database inside of a transaction. Its futures never wait on SQLite, where the disk is waited for in place.
pub(super) trait Database {
    /// What reads the head of a chain and keeps all others from writing to it: the last of these texts, all bound to
    /// the chain, answers with the head.
    const LOCK_HEAD: &'static [&'static str];

    /// Asks several questions; the rows of each.
    fn ask(&self, queries: Vec<Query>) -> impl Future<Output = Result<Vec<Vec<Row>>, RegistryFault>>;

    /// Writes, in this order. What goes wrong may be told only by the next question or at the end.
    fn write(&self, queries: Vec<Query>) -> impl Future<Output = Result<(), RegistryFault>>;
}

/// Asks one question.
pub(super) async fn ask_one(database: &impl Database, query: Query) -> Result<Vec<Row>, RegistryFault> {
    Ok(database.ask(vec![query]).await?.pop().unwrap_or_default())
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Text(id.to_string())
    }
}

impl From<PartnerId> for Value {
    fn from(id: PartnerId) -> Self {
        Self::Text(id.to_string())
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Integer(at.micros())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
