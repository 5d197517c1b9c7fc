//! The built binary, run as a user runs it: what it prints, how it ends, what it leaves in the state and in the world.

mod all_at_once;
mod bad_input;
mod commands;
mod conditions;
mod dataworks;
mod encryption;
mod examples;
mod import;
mod json_syntax;
mod kafka;
mod kill;
mod language;
mod main_job;
mod modules;
mod moved;
mod near_names;
mod plan_files;
mod sandbox;
mod secrets;
mod secrets_refused;
mod state_trouble;
mod variables;
