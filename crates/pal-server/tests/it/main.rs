#![cfg(test)]
//! The service as its callers see it: requests in, whole answers out, no network unless a test is about it.

mod api;
mod api_documents;
mod api_isolation;
mod api_world;
mod bodies;
mod client_request_lines;
mod front;
mod front_door;
mod headers;
mod health;
mod identity_apps;
mod identity_assertions;
mod identity_browser;
mod identity_devices;
mod identity_files;
mod identity_forged;
mod identity_forged_claims;
mod identity_forged_text;
mod identity_https;
mod identity_issuers;
mod identity_pages;
mod identity_tokens;
mod identity_trust;
mod identity_valid;
mod identity_world;
mod isolation;
mod paths;
mod provider;
mod quota;
mod recordings;
mod socket;
mod tls;
mod world;
