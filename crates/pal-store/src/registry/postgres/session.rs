//! A session with PostgreSQL: what belongs together is sent together, in order, and waited for once.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::Poll;

use deadpool_postgres::Object;
use tokio_postgres::types::{ToSql, Type};

use crate::registry::database::{Database, Query, Value};
use crate::registry::row::Row;
use crate::registry::{RegistryFault, sql};

/// A connection in use. One that is dropped in the middle of a transaction is closed, which undoes it.
pub(in crate::registry) struct Session {
    connection: Option<Object>,
    /// What is sent before the next question, or before the end.
    waiting: Mutex<Waiting>,
    /// Whether there is no transaction under way.
    whole: AtomicBool,
}

#[derive(Default)]
struct Waiting {
    queries: Vec<Query>,
    written: bool,
}

impl Session {
    /// A session for one question.
    pub(super) fn single(connection: Object) -> Self {
        Self { connection: Some(connection), waiting: Mutex::default(), whole: AtomicBool::new(true) }
    }

    /// A session in a transaction, which begins with the first question.
    pub(super) fn begun(connection: Object, begin: &'static str) -> Self {
        let waiting = Waiting { queries: vec![Query::new(begin, [])], written: false };
        Self { connection: Some(connection), waiting: Mutex::new(waiting), whole: AtomicBool::new(false) }
    }

    /// Ends the transaction: commits it if anything was written in it.
    pub(in crate::registry) async fn end(&self) -> Result<(), RegistryFault> {
        let Waiting { mut queries, written } = self.take_waiting();
        queries.push(Query::new(if written { sql::COMMIT } else { sql::ROLLBACK }, []));
        self.send(&queries).await?;
        self.whole.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Runs a text of several statements.
    pub(super) async fn run_batch(&self, sql: &str) -> Result<(), RegistryFault> {
        self.ask(Vec::new()).await?;
        let connection = self.connection.as_ref().ok_or(RegistryFault::Stopped)?;
        Ok(connection.batch_execute(sql).await?)
    }

    fn take_waiting(&self) -> Waiting {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        Waiting { queries: std::mem::take(&mut waiting.queries), written: waiting.written }
    }

    /// Sends queries in one go; the rows of each, or the first error in their order: what follows it fails with it.
    async fn send(&self, queries: &[Query]) -> Result<Vec<Vec<Row>>, RegistryFault> {
        let connection = self.connection.as_ref().ok_or(RegistryFault::Stopped)?;
        let mut statements = Vec::with_capacity(queries.len());
        for query in queries {
            statements.push(connection.prepare_cached(query.sql).await?);
        }
        let sent = queries.iter().zip(&statements).map(|(query, statement)| {
            let binds = query.binds.iter().zip(statement.params());
            let binds: Vec<_> = binds.map(|(value, expected)| parameter(value, expected)).collect();
            async move {
                let binds: Vec<&(dyn ToSql + Sync)> = binds.iter().map(|bind| &**bind as _).collect();
                connection.query(statement, &binds).await
            }
        });
        let mut answers = Vec::with_capacity(queries.len());
        for rows in in_order(sent).await {
            answers.push(rows?.iter().map(row).collect::<Result<_, _>>()?);
        }
        Ok(answers)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !*self.whole.get_mut() {
            drop(self.connection.take().map(Object::take));
        }
    }
}

/// Starts all before it waits for the first; they answer in the order in which they were started.
async fn in_order<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut started: Vec<Pin<Box<F>>> = futures.map(Box::pin).collect();
    let mut ready: Vec<Option<F::Output>> = poll_fn(|context| {
        let first = started.iter_mut().map(|future| match future.as_mut().poll(context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        });
        Poll::Ready(first.collect())
    })
    .await;
    let mut outputs = Vec::with_capacity(started.len());
    for (future, output) in started.into_iter().zip(ready.drain(..)) {
        outputs.push(match output {
            Some(output) => output,
            None => future.await,
        });
    }
    outputs
}

impl Database for Session {
    const LOCK_HEAD: &'static [&'static str] = &[sql::MAKE_HEAD, sql::HEAD_LOCKED];

    async fn ask(&self, queries: Vec<Query>) -> Result<Vec<Vec<Row>>, RegistryFault> {
        let mut all = self.take_waiting().queries;
        let asked = all.len();
        all.extend(queries);
        Ok(self.send(&all).await?.split_off(asked))
    }

    /// Writes go with the next question, or with the end.
    async fn write(&self, queries: Vec<Query>) -> Result<(), RegistryFault> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.written |= !queries.is_empty();
        waiting.queries.extend(queries);
        Ok(())
    }
}

fn row(row: &tokio_postgres::Row) -> Result<Row, tokio_postgres::Error> {
    let value = |(at, column): (usize, &tokio_postgres::Column)| {
        Ok(if *column.type_() == Type::INT8 {
            row.try_get::<_, Option<i64>>(at)?.into()
        } else {
            row.try_get::<_, Option<String>>(at)?.into()
        })
    };
    row.columns().iter().enumerate().map(value).collect::<Result<_, _>>().map(Row)
}

/// A value as a parameter; an empty one must be empty of the type that PostgreSQL expects.
fn parameter<'a>(value: &'a Value, expected: &Type) -> Box<dyn ToSql + Sync + Send + 'a> {
    match value {
        Value::Null if *expected == Type::INT8 => Box::new(None::<i64>),
        Value::Null => Box::new(None::<&str>),
        Value::Integer(number) => Box::new(*number),
        Value::Text(text) | Value::Damaged(text) => Box::new(text.as_str()),
    }
}
