#![cfg(test)]
//! The service as its callers see it: requests in, whole answers out, no network unless a test is about it.

mod identity_apps;
mod identity_assertions;
mod identity_files;
mod identity_forged;
mod identity_issuers;
mod identity_people;
mod identity_tokens;
mod identity_valid;
mod identity_world;
mod tls;
