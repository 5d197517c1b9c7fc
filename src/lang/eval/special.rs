//! `try` and `can`, which take expressions rather than values, and templates that functions render.

use super::call::too_few;
use super::{Evaluator, failed, traversal};
use crate::base::{Diag, Diags, Span, Str, Type, Value};
use crate::lang::ast::{Call, Expr, Reference};
use crate::lang::codes;
use crate::lang::funcs::{FunctionError, FunctionResult, TemplateRenderer};
use crate::lang::scope::{EvalContext, Scope};
use std::collections::BTreeMap;

impl Evaluator<'_> {
    pub(super) fn try_call(&self, call: &Call, span: Span, diags: &mut Diags) -> Value {
        let mut why = String::new();
        let mut related = Vec::new();
        for arg in &call.args {
            let mut found = Diags::new();
            let value = self.eval(arg, &mut found);
            if !found.has_errors() {
                diags.extend(found);
                return if self.depends_on_unknown(arg, &value) {
                    failed()
                } else {
                    value
                };
            }
            for diag in found {
                why.push_str(&format!("\n- {}", diag.summary));
                if let Some(detail) = &diag.detail {
                    why.push_str(&format!("\n  {detail}"));
                }
                if let Some(at) = diag.span {
                    related.push((at, diag.summary));
                }
            }
        }
        let detail = if call.args.is_empty() {
            "Call to function \"try\" failed: at least one argument is required.".to_string()
        } else {
            format!(
                "Call to function \"try\" failed: no expression succeeded:{why}\n\nAt least one expression must \
                 produce a successful result."
            )
        };
        let mut diag = Diag::error(codes::CALL, "Error in function call").detail(detail).at(span);
        diag.related = related;
        diags.push(diag);
        failed()
    }

    pub(super) fn can_call(&self, call: &Call, span: Span, diags: &mut Diags) -> Value {
        let [arg] = call.args.as_slice() else {
            diags.push(match call.args.get(1) {
                None => too_few("can", "", 1, "expression", span),
                Some(extra) => Diag::error(codes::ARGUMENT_COUNT, "Too many function arguments")
                    .detail("Function \"can\" expects only 1 argument(s).")
                    .at(extra.span),
            });
            return failed();
        };
        let mut found = Diags::new();
        let value = self.eval(arg, &mut found);
        if found.has_errors() {
            return Value::bool(false);
        }
        if self.depends_on_unknown(arg, &value) {
            return Value::unknown_not_null(Type::Bool);
        }
        Value::bool(true)
    }

    /// Whether an expression that works now may fail when values become known.
    fn depends_on_unknown(&self, expr: &Expr, value: &Value) -> bool {
        if !value.is_wholly_known() {
            return true;
        }
        let mut unknown = false;
        expr.each_reference(&mut |reference: &Reference, span| {
            unknown = unknown || !self.wholly_known(reference, span);
        });
        unknown
    }

    fn wholly_known(&self, reference: &Reference, span: Span) -> bool {
        let Ok((value, taken)) = self.cx.scope.reference(&reference.root.text, &reference.steps, span) else {
            return true;
        };
        let mut ignored = Diags::new();
        let rest = reference.steps.get(taken..).unwrap_or(&[]);
        let value = traversal::steps(value, rest, &mut ignored);
        ignored.has_errors() || value.is_wholly_known()
    }
}

/// Renders the templates of `templatefile` and `templatestring`.
pub(super) struct Templates<'a> {
    pub(super) cx: EvalContext<'a>,
    pub(super) depth: usize,
}

/// All that a template sees.
struct Variables<'a>(&'a BTreeMap<Str, Value>);
