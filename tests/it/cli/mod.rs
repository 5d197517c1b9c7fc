//! The built binary, run as a user runs it: what it prints, how it ends, what it leaves in the state and in the world.

mod bad_input;
mod commands;
mod conditions;
mod dataworks;
mod examples;
mod import;
mod json_syntax;
mod kafka;
mod kill;
mod kill_matrix;
mod kill_sweep;
mod language;
mod main_job;
mod modules;
mod moved;
mod plan_files;
mod recovery;
mod sandbox;
mod state_trouble;
mod variables;
