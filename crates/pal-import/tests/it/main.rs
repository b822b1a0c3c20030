#![cfg(test)]
//! Tests of the readers.
