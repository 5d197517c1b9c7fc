//! The integration tests, one binary.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod cli;
mod config_oracle;
mod console_oracle;
mod dataworks;
mod diagnostics_oracle;
mod driver_captures;
mod driver_sim;
mod fuzz;
mod hcl_specsuite;
mod hostile_server;
mod huawei;
mod limits;
mod plan_properties;
mod plan_tools;
mod raw_http;
mod sim_behaviour;
mod sim_captures;
mod sim_client;
mod sim_trouble;
mod store;
mod tidy;
mod wire_captures;
