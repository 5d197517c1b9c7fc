//! String templates: parts joined, and the beginning that is known of a text that is not.

use super::conditional::Arms;
use super::{Evaluator, for_expr};
use crate::base::{Diag, Diags, Kind, Marks, Span, Str, Type, Unknown, Value};
use crate::lang::ast::{Expr, Ident, TemplatePart};
use crate::lang::codes;
use crate::lang::convert::convert;
use crate::lang::funcs::TEXT_MAX_BYTES;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// The longest beginning that is remembered, in bytes.
const PREFIX_LIMIT: usize = 128;

/// The text so far.
struct Builder {
    text: String,
    known: bool,
    failed: bool,
    marks: Marks,
}

impl Builder {
    /// Adds a part whose value is text, a number or a boolean.
    fn push(&mut self, value: Value, span: Span, diags: &mut Diags) {
        let (value, marks) = value.unmark();
        self.marks = self.marks.union(marks);
        let problem = match &value.kind {
            Kind::Null(_) => "The expression result is null. Cannot include a null value in a string template.".into(),
            Kind::Unknown(u) => {
                if self.known
                    && let Some(prefix) = &u.prefix
                {
                    self.text.push_str(prefix);
                }
                self.known = false;
                return;
            }
            _ => match convert(&value, &Type::String) {
                Ok(converted) => {
                    let text = converted.as_str().unwrap_or_default();
                    if self.known && self.text.len() + text.len() <= TEXT_MAX_BYTES {
                        self.text.push_str(text);
                        return;
                    }
                    if !self.known {
                        return;
                    }
                    format!("The text has more than {TEXT_MAX_BYTES} bytes with it.")
                }
                Err(e) => format!("Cannot include the given value in a string template: {}.", e.message),
            },
        };
        self.failed = true;
        diags.push(
            Diag::error(codes::TEMPLATE, "Invalid template interpolation value")
                .detail(problem)
                .at(span),
        );
    }

    fn finish(self) -> Value {
        let value = if self.failed {
            Value::unknown(Type::String)
        } else if self.known {
            // Parts that are normalised each may not be so together.
            Value::string(normalized(self.text))
        } else {
            Kind::Unknown(Arc::new(Unknown {
                not_null: true,
                prefix: safe_prefix(&self.text),
                ..Unknown::of(Type::String)
            }))
            .into()
        };
        value.mark(self.marks)
    }
}

fn normalized(text: String) -> Str {
    if text.is_ascii() {
        text.into()
    } else {
        text.nfc().collect::<String>().into()
    }
}

/// The part of a beginning that stays whatever follows: a last character that may combine with the
/// next is left out, unless it is punctuation.
pub(in crate::lang) fn safe_prefix(text: &str) -> Option<Str> {
    let mut end = text.len().min(PREFIX_LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let kept = text.get(..end).unwrap_or("");
    let last = kept.graphemes(true).next_back()?;
    let settled = last.chars().all(|c| c.is_ascii_punctuation() || c == ' ' || c == '\t');
    let kept = if settled {
        kept
    } else {
        kept.get(..kept.len() - last.len()).unwrap_or("")
    };
    (!kept.is_empty()).then(|| kept.nfc().collect::<String>().into())
}

impl Evaluator<'_> {
    pub(super) fn template(&self, parts: &[TemplatePart], diags: &mut Diags) -> Value {
        let mut out = Builder {
            text: String::new(),
            known: true,
            failed: false,
            marks: Marks::NONE,
        };
        for part in parts {
            let (value, span) = match part {
                TemplatePart::Literal(text, _) => {
                    if out.known {
                        out.text.push_str(text);
                    }
                    continue;
                }
                TemplatePart::Interpolation(e) => {
                    let before = diags.len();
                    let value = self.eval(e, diags);
                    out.failed |= diags.len() > before;
                    (value, e.span)
                }
                TemplatePart::If {
                    condition,
                    yes,
                    no,
                    span,
                } => (self.template_if(condition, yes, no, *span, diags), *span),
                TemplatePart::For {
                    key_var,
                    value_var,
                    collection,
                    body,
                    span,
                } => (
                    self.template_for(key_var.as_ref(), value_var, collection, body, *span, diags),
                    *span,
                ),
            };
            out.push(value, span, diags);
        }
        out.finish()
    }

    fn template_if(
        &self,
        condition: &Expr,
        yes: &[TemplatePart],
        no: &[TemplatePart],
        span: Span,
        diags: &mut Diags,
    ) -> Value {
        if self.is_too_deep(span, diags) {
            return super::failed();
        }
        let inner = self.deeper();
        let arm = |parts: &[TemplatePart]| {
            let mut found = Diags::new();
            let value = inner.template(parts, &mut found);
            (value, found)
        };
        let arms = Arms {
            yes: arm(yes),
            no: arm(no),
            spans: (span, span),
        };
        inner.choose(condition, arms, diags)
    }

    fn template_for(
        &self,
        key_var: Option<&Ident>,
        value_var: &Ident,
        collection: &Expr,
        body: &[TemplatePart],
        span: Span,
        diags: &mut Diags,
    ) -> Value {
        if self.is_too_deep(span, diags) {
            return super::failed();
        }
        let inner = self.deeper();
        let (source, marks) = inner.eval(collection, diags).unmark();
        let passes = match for_expr::passes(&source, collection.span, diags) {
            Some(for_expr::Passes::Known(passes)) => passes,
            Some(for_expr::Passes::Unknown) => return Value::unknown_not_null(Type::String).mark(marks),
            None => return super::failed(),
        };
        let mut out = Builder {
            text: String::new(),
            known: true,
            failed: false,
            marks,
        };
        for (key, value) in passes {
            let mut found = Diags::new();
            let part = inner.bound(key_var, value_var, key, value, |e| e.template(body, &mut found));
            out.failed |= found.has_errors();
            out.push(part, span, diags);
            super::extend_new(diags, found);
            if self.effort.is_spent() {
                break;
            }
        }
        out.finish()
    }
}
