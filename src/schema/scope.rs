//! What expressions of this layer see beside or instead of the user's values: the object of a rule, and the iterator
//! of a `dynamic` block. Holds values; decides nothing.

use super::codes;
use crate::base::{Diag, Span, Value};
use crate::lang::Scope;
use crate::lang::ast::Step;

/// A few named values and nothing else: the world of a rule or data effect.
pub(crate) struct Names<'a>(pub(crate) Vec<(&'a str, Value)>);

impl Scope for Names<'_> {
    fn reference(&self, root: &str, _steps: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        match self.0.iter().find(|(name, _)| *name == root) {
            Some((_, value)) => Ok((value.clone(), 0)),
            None => Err(Diag::error(codes::BROKEN_RULE, format!("{root} is not known here")).at(span)),
        }
    }
}

/// One more name in front of another scope: the iterator of a `dynamic` block.
pub(crate) struct Iterator<'a> {
    pub(crate) parent: &'a dyn Scope,
    pub(crate) name: &'a str,
    pub(crate) value: Value,
}

impl Scope for Iterator<'_> {
    fn reference(&self, root: &str, steps: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        if root == self.name {
            return Ok((self.value.clone(), 0));
        }
        self.parent.reference(root, steps, span)
    }
}
