#![cfg(test)]
//! The integration tests of `pal-import`.

mod facts_directory;
mod outside_audit;
mod outside_data_lake;
mod outside_inventory;
mod outside_power_platform;
mod outside_power_platform_samples;
mod split;
