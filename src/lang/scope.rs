//! What an expression can see: the port between the evaluator and whoever holds the values; and the scope of expressions
//! that see nothing.

use super::ast::Step;
use super::codes;
use crate::base::{Diag, Span, Value};
use std::sync::Arc;

/// Where references get their values from. Names bound by `for` never reach it.
pub trait Scope {
    /// The value of `root` followed by some of `steps`, and how many steps that took.
    ///
    /// `var.a.b` takes one step (the variable's name), `data.t.n[0].x` two or three: a scope that
    /// holds instances apart may take the literal key as well, so that one instance of a large
    /// `count` is found without making a value of all. The evaluator applies the steps left over.
    ///
    /// # Errors
    /// A reference to something that is not declared, pointing at `span` (the whole reference) or at
    /// the step that is wrong, with a nearby name where there is one.
    #[expect(clippy::result_large_err, reason = "the way of a problem, taken once per reference")]
    fn reference(&self, root: &str, steps: &[Step], span: Span) -> Result<(Value, usize), Diag>;

    /// Whether functions may be called. What must be written out calls none.
    fn has_functions(&self) -> bool {
        true
    }
}

/// Effects that functions of the language need: files, and moments and random values that are fixed for
/// one run. The pure core sees them only through this port.
pub trait FunctionHost {
    /// The bytes of a file, for `file`, `templatefile`, `filemd5`, …; the path is relative to the working directory.
    ///
    /// # Errors
    /// Why it can't be read, as a sentence without full stop.
    fn read_file(&self, path: &str) -> Result<Arc<[u8]>, String>;

    /// Whether a regular file is there.
    ///
    /// # Errors
    /// Why that can't be told.
    fn file_exists(&self, path: &str) -> Result<bool, String>;

    /// Paths below `directory` that match a glob pattern, relative to it, sorted.
    ///
    /// # Errors
    /// Why the directory can't be listed or the pattern is wrong.
    fn file_set(&self, directory: &str, pattern: &str) -> Result<Vec<String>, String>;

    /// The working directory, absolute.
    fn working_directory(&self) -> String;

    /// The home directory, for `pathexpand`.
    fn home_directory(&self) -> Option<String>;

    /// What `timestamp()` gives: `None` while planning (known after apply), else RFC 3339 in UTC.
    fn timestamp(&self) -> Option<String>;

    /// What `plantimestamp()` gives: RFC 3339 in UTC; `None` where there is no such function, in the console.
    fn plan_timestamp(&self) -> Option<String>;

    /// A random 128-bit number for `uuid()` and salts; `None` while planning.
    fn random(&self) -> Option<u128>;
}

/// All that evaluating an expression needs.
#[derive(Clone, Copy)]
pub struct EvalContext<'a> {
    /// Values of references.
    pub scope: &'a dyn Scope,
    /// Effects of functions.
    pub host: &'a dyn FunctionHost,
}

/// What an expression sees that must be written out: no names, no functions, no files, no moments.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl Nothing {
    /// The context of such an expression.
    pub const CONTEXT: EvalContext<'static> = EvalContext {
        scope: &Nothing,
        host: &Nothing,
    };
}

impl Scope for Nothing {
    fn reference(&self, root: &str, _: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        Err(Diag::error(codes::BROKEN_EXPRESSION, "Variables not allowed")
            .detail(format!(
                "{root:?} can't be used here: the value must be written out, so it refers to nothing."
            ))
            .at(span.first_bytes(root.len())))
    }

    fn has_functions(&self) -> bool {
        false
    }
}

impl FunctionHost for Nothing {
    fn read_file(&self, path: &str) -> Result<Arc<[u8]>, String> {
        Err(format!("there is no {path}"))
    }

    fn file_exists(&self, _: &str) -> Result<bool, String> {
        Ok(false)
    }

    fn file_set(&self, _: &str, _: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }

    fn working_directory(&self) -> String {
        "/".into()
    }

    fn home_directory(&self) -> Option<String> {
        None
    }

    fn timestamp(&self) -> Option<String> {
        None
    }

    fn plan_timestamp(&self) -> Option<String> {
        None
    }

    fn random(&self) -> Option<u128> {
        None
    }
}
