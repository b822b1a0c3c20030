#![cfg(test)]
//! The integration tests of `pal-import`.

mod facts_directory;
mod outside_audit;
mod outside_audit_records;
mod outside_customer_insights;
mod outside_data_lake;
mod outside_dataverse;
mod outside_directory;
mod outside_inventory;
mod outside_links;
mod outside_package;
mod outside_power_bi;
mod outside_power_platform;
mod outside_power_platform_samples;
mod outside_quick;
mod outside_samples;
mod outside_samples_audit;
mod split;
