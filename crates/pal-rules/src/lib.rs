//! Who gets credit for which usage, and why: the attribution rules of Partner Admin Link, pure.
//!
//! | product | metric | resource | attributed user |
//! | --- | --- | --- | --- |
//! | [Power Apps](product/power_apps.rs) | monthly active users | application | owner or co-owner; of several partners the latest |
//! | [Power Automate](product/power_automate.rs) | monthly active users | flow | creator |
//! | [Power BI](product/power_bi.rs) | monthly active users | dataset | publisher; of several partners the latest |
//! | [Customer Insights](product/customer_insights.rs) | unified profiles | instance | any active user; of several partners the latest |
//!
//! Facts go in ([`facts`]), one [`attribute::Attribution`] per resource and month comes out: a statement line and the
//! evidence that re-derives it. Words are made last ([`explain`]).
//!
//! **Absent:** no I/O, no clock, no async, no serialisation. Times, files and formats are the callers'.
#![forbid(unsafe_code)]

#[macro_use]
pub mod word;
pub mod facts;
pub mod id;
pub mod text;
pub mod time;

pub mod advice;
pub mod attribute;
pub mod claim;
pub mod compare;
pub mod coverage;
pub mod decide;
pub mod decision;
pub mod evidence;
pub mod explain;
pub mod fold;
pub mod gaps;
pub mod meter;
pub mod names;
pub mod product;
pub mod rollup;
pub mod standing;
pub mod statement;
pub mod usage;
