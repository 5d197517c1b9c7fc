//! Names that a `for` binds, in front of the names around it.

use crate::base::{Diag, Span, Value};
use crate::lang::ast::Step;
use crate::lang::scope::Scope;

/// One pass of a `for`.
pub(super) struct Bindings<'a> {
    /// Everything else.
    pub(super) outer: &'a dyn Scope,
    /// Name and value of the key, when it has a name.
    pub(super) key: Option<(&'a str, Value)>,
    /// Name and value of the element.
    pub(super) value: (&'a str, Value),
}

impl Scope for Bindings<'_> {
    fn reference(&self, root: &str, steps: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        // The element's name wins when both names are the same, as in Terraform.
        if self.value.0 == root {
            return Ok((self.value.1.clone(), 0));
        }
        match &self.key {
            Some((name, value)) if *name == root => Ok((value.clone(), 0)),
            _ => self.outer.reference(root, steps, span),
        }
    }
}
