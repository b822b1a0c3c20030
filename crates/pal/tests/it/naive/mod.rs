//! A second evaluator, deliberately naive, written from the specification alone.
//!
//! It shares nothing with the rules it is held against: plain text in, plain scans, bytes out.
//! **Absent:** speed, evidence, and everything that `pal` has beside the statement's files.

mod alias;
mod claims;
mod decide;
mod gather;
mod links;
mod listings;
mod marks;
mod read;
mod schema;
mod statement;
mod table;
mod value;
mod world;

pub(crate) use schema::{SCHEMAS, Schema};
pub(crate) use statement::Output;
pub(crate) use table::{Row, Table, Tables, write as csv_record};
pub(crate) use value::{Kind, format, time};
pub(crate) use world::World;

/// Evaluates one month of a facts directory.
pub(crate) fn evaluate(tables: &Tables, month: &str, as_of: Option<&str>) -> Output {
    World::new(tables).output(month, as_of)
}
