//! Tables of what is parsed to what, where, and of what is said about mistakes.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
