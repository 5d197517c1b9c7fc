//! `try` and `can`, which take expressions rather than values, and templates that functions render.

use super::call::{closing, too_few};
use super::effort::Effort;
use super::known::is_wholly_known;
use super::{Evaluator, failed};
use crate::base::{Diag, Diags, Kind, Severity, SourceMap, Span, Str, Type, Value};
use crate::lang::ast::{Call, Expr, ExprKind, Reference, Step, StepKind};
use crate::lang::codes;
use crate::lang::funcs::{FunctionError, FunctionResult, TemplateRenderer};
use crate::lang::parse::parse_template;
use crate::lang::scope::{EvalContext, Scope};
use std::collections::BTreeMap;

impl Evaluator<'_> {
    pub(super) fn try_call(&self, call: &Call, diags: &mut Diags) -> Value {
        let mut why = String::new();
        let mut related = Vec::new();
        for arg in &call.args {
            let mut found = Diags::new();
            let value = self.eval(arg, &mut found);
            if !found.has_errors() {
                diags.extend(found);
                // What is known in part may still fail, and another argument then be taken.
                return if value.is_wholly_known() { value } else { failed() };
            }
            if let Some(diag) = self.undeclared(arg) {
                diags.push(diag);
                return failed();
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
        let mut diag = Diag::error(codes::CALL, "Error in function call")
            .detail(detail)
            .at(call.start_span());
        diag.related = related;
        diags.push(diag);
        failed()
    }

    pub(super) fn can_call(&self, call: &Call, span: Span, diags: &mut Diags) -> Value {
        let [arg] = call.args.as_slice() else {
            diags.push(match call.args.get(1) {
                None => too_few("can", "", 1, "expression", closing(span)),
                Some(extra) => Diag::error(codes::ARGUMENT_COUNT, "Too many function arguments")
                    .detail("Function \"can\" expects only 1 argument(s).")
                    .at(extra.start_span()),
            });
            return failed();
        };
        let mut found = Diags::new();
        let value = self.eval(arg, &mut found);
        if found.has_errors() {
            if let Some(diag) = self.undeclared(arg) {
                diags.push(diag);
                return failed();
            }
            return Value::bool(false);
        }
        if !is_wholly_known(&value) {
            return Value::unknown_not_null(Type::Bool);
        }
        Value::bool(true)
    }

    /// The problem of a reference to something that is not declared, which is a mistake whatever the
    /// values will be. A missing instance is none: its key may depend on values.
    fn undeclared(&self, expr: &Expr) -> Option<Diag> {
        let mut problem = None;
        expr.each_reference(&mut |reference: &Reference, span| {
            let named = reference
                .steps
                .iter()
                .position(|s| matches!(s.kind, StepKind::Index(_)))
                .unwrap_or(reference.steps.len());
            // Which outputs a module has is seen from its value, as are the attributes of any object.
            let named = match &*reference.root.text {
                "module" => named.min(1),
                _ => named,
            };
            let steps = reference.steps.get(..named).unwrap_or(&[]);
            if problem.is_none() {
                problem = self.cx.scope.reference(&reference.root.text, steps, span).err();
            }
        });
        problem
    }

    /// Why a call of a template function is wrong before its arguments are looked at.
    pub(super) fn template_call_problem(&self, call: &Call) -> Option<Diag> {
        let name = call.name.text.strip_prefix("core::").unwrap_or(&call.name.text);
        if !matches!(name, "templatestring" | "templatefile") {
            return None;
        }
        if self.in_template {
            return Some(
                Diag::error(codes::CALL, "Error in function call")
                    .detail(format!(
                        "Call to function {name:?} failed: cannot recursively call {name} from inside another template \
                         function."
                    ))
                    .at(call.name.span),
            );
        }
        let first = call.args.first().filter(|_| name == "templatestring")?;
        let why = match &first.kind {
            ExprKind::Literal(Value {
                kind: Kind::String(_), ..
            }) => {
                "templatestring is only for rendering templates retrieved dynamically from elsewhere, and so does not \
                 support providing a literal template; consider using a template string expression instead"
            }
            ExprKind::TemplateWrap(_) => {
                "templatestring is only for rendering templates retrieved dynamically from elsewhere; to treat the inner \
                 expression as template syntax, write the reference expression directly without any template interpolation \
                 syntax"
            }
            ExprKind::Template(_) => {
                "templatestring is only for rendering templates retrieved dynamically from elsewhere; to render an \
                 inline template, consider using a plain template string expression"
            }
            ExprKind::Reference(_) | ExprKind::Traversal(..) | ExprKind::Index(..) => return None,
            _ => {
                "must be a direct reference to a single string from elsewhere, containing valid Terraform template syntax"
            }
        };
        Some(
            Diag::error(codes::ARGUMENT, "Invalid function argument")
                .detail(format!(
                    "Invalid value for \"template\" parameter: invalid template expression: {why}."
                ))
                .at(first.span),
        )
    }
}

/// Renders the templates of `templatefile` and `templatestring`.
pub(super) struct Templates<'a> {
    pub(super) cx: EvalContext<'a>,
    pub(super) depth: usize,
    pub(super) effort: &'a Effort,
}

/// All that a template sees.
struct Variables<'a>(&'a BTreeMap<Str, Value>);

impl Scope for Variables<'_> {
    fn reference(&self, root: &str, _: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        match self.0.get(root) {
            Some(value) => Ok((value.clone(), 0)),
            None => Err(Diag::error(codes::ARGUMENT, MISSING_VARIABLE).detail(root).at(span)),
        }
    }
}

/// The summary of the problem by which a missing variable is recognised, which is the caller's to mend.
const MISSING_VARIABLE: &str = "Missing template variable";

impl TemplateRenderer for Templates<'_> {
    fn render(&self, source: &str, name: &str, variables: &BTreeMap<Str, Value>) -> FunctionResult {
        let mut sources = SourceMap::default();
        let file = sources.add(name, source);
        let expr = parse_template(&sources, file).map_err(|diags| template_error(&sources, diags))?;
        let scope = Variables(variables);
        // A template inside a template nests as expressions do, so recursion ends at the same limit.
        let evaluator = Evaluator {
            cx: EvalContext {
                scope: &scope,
                host: self.cx.host,
            },
            effort: self.effort,
            depth: self.depth + 8,
            in_template: true,
        };
        let mut diags = Diags::new();
        let value = evaluator.eval(&expr, &mut diags);
        if diags.has_errors() {
            return Err(template_error(&sources, diags));
        }
        Ok(value)
    }
}

/// The first problem of a template as one sentence, with the place in the template.
fn template_error(sources: &SourceMap, diags: Diags) -> FunctionError {
    let Some(diag) = diags.into_iter().find(|d| d.severity == Severity::Error) else {
        return FunctionError::call("the template can't be read");
    };
    let place = diag.span.map(|s| place(sources, s)).unwrap_or_default();
    let detail = diag.detail.unwrap_or_default();
    if diag.summary == MISSING_VARIABLE {
        return FunctionError::arg(
            1,
            format!("vars map does not contain key {detail:?}, referenced at {place}"),
        );
    }
    FunctionError::call(format!("{place}: {}; {detail}", diag.summary))
}

/// `name:line,column-column` or `name:line,column-line,column`.
fn place(sources: &SourceMap, span: Span) -> String {
    let name = sources.file(span.file).map_or("?", |f| f.name.as_str());
    let (line, column) = sources.line_column(span.file, span.start);
    let (end_line, end_column) = sources.line_column(span.file, span.end);
    if line == end_line {
        format!("{name}:{line},{column}-{end_column}")
    } else {
        format!("{name}:{line},{column}-{end_line},{end_column}")
    }
}
