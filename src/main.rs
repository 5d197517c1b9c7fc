//! The `headworks` program.

fn main() {}
