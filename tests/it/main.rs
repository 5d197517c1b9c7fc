//! The integration tests, one binary.

mod console_oracle;
mod driver_captures;
mod driver_sim;
mod raw_http;
mod sim_behaviour;
mod sim_captures;
mod sim_client;
mod sim_trouble;
mod store;
mod wire_captures;
