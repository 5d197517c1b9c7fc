//! JSON values to expressions: a string is a template, or a reference where the language wants one, or just text; an object
//! is an object whose names are templates too. Evaluates nothing.

use super::super::ast::{Expr, ExprKind, Ident, ObjectKey};
use super::super::codes::BROKEN_STRUCTURE;
use super::super::parse;
use super::place::Place;
use super::{Node, NodeKind, Property, Text};
use crate::base::{Diag, Diags, FileId, SourceMap, Span, Str, Type, Value};
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

/// Makes expressions and keeps what is wrong with them.
#[derive(Default)]
pub struct Lowering {
    /// Problems found so far.
    pub diags: Diags,
}

impl Lowering {
    /// A value that is evaluated: strings and names of properties are templates.
    pub fn template(&mut self, node: &Node) -> Expr {
        self.lower(node, true)
    }

    /// A value that is taken as it is written: no string of it is a template.
    pub fn verbatim(&mut self, node: &Node) -> Expr {
        self.lower(node, false)
    }

    /// A string that holds an expression.
    pub fn expression(&mut self, node: &Node) -> Option<Expr> {
        let text = self.text(node, "A string with a reference is required.")?;
        match inner(text, node.span, parse::parse_expression) {
            Ok(expr) => Some(expr),
            Err(_) => {
                self.no_reference(node.span);
                None
            }
        }
    }

    /// A string that holds one reference: `"terraform_data.a"`.
    pub fn reference(&mut self, node: &Node) -> Option<Expr> {
        let expr = node
            .as_text()
            .and_then(|text| inner(text, node.span, parse::parse_expression).ok())
            .filter(|e| matches!(e.kind, ExprKind::Reference(_)));
        if expr.is_none() && !matches!(node.kind, NodeKind::Invalid) {
            self.no_reference(node.span);
        }
        expr
    }

    /// A string that holds a type: `"list(string)"`.
    pub fn type_expression(&mut self, node: &Node) -> Expr {
        let Some(text) = node.as_text() else {
            return self.verbatim(node);
        };
        inner(text, node.span, parse::parse_expression).unwrap_or_else(|_| Expr {
            // No type either, which is said where types are read.
            kind: ExprKind::Tuple(Box::new([])),
            span: node.span,
        })
    }

    /// An array whose elements `each` makes.
    pub fn list(&mut self, node: &Node, each: fn(&mut Self, &Node) -> Option<Expr>) -> Option<Expr> {
        let NodeKind::Array(items) = &node.kind else {
            self.wrong(node, "Invalid expression", "A static list expression is required.");
            return None;
        };
        let items = items.iter().filter_map(|item| each(self, item)).collect();
        Some(Expr {
            kind: ExprKind::Tuple(items),
            span: node.span,
        })
    }

    /// An object whose values `each` makes; its names are references.
    pub fn references(&mut self, node: &Node, each: fn(&mut Self, &Node) -> Option<Expr>) -> Option<Expr> {
        let NodeKind::Object(properties) = &node.kind else {
            self.wrong(node, "Invalid expression", "A static map expression is required.");
            return None;
        };
        let mut items = Vec::with_capacity(properties.len());
        for property in properties {
            let name = inner(&property.name, property.span, parse::parse_expression);
            let key = match name.map(|e| e.kind) {
                Ok(ExprKind::Reference(r)) if r.steps.is_empty() => ObjectKey::Name(r.root),
                Ok(kind @ ExprKind::Reference(_)) => ObjectKey::Expr(Expr {
                    kind,
                    span: property.span,
                }),
                _ => {
                    self.no_reference(property.span);
                    continue;
                }
            };
            if let Some(value) = each(self, &property.value) {
                items.push((key, value));
            }
        }
        Some(Expr {
            kind: ExprKind::Object(items.into()),
            span: node.span,
        })
    }

    /// Says that a value is not of the form that is needed; nothing where it could not be read, which was said.
    pub fn wrong(&mut self, node: &Node, summary: &str, detail: impl Into<String>) {
        if !matches!(node.kind, NodeKind::Invalid) {
            let diag = Diag::error(BROKEN_STRUCTURE, summary).detail(detail);
            self.diags.push(diag.at(node.opening()));
        }
    }

    fn no_reference(&mut self, span: Span) {
        self.diags.push(
            Diag::error(BROKEN_STRUCTURE, "Invalid expression")
                .detail("A single reference is required: names with attributes and constant keys, and no template.")
                .help("write it without ${ and }: \"TYPE.NAME\"")
                .at(span),
        );
    }

    fn text<'a>(&mut self, node: &'a Node, wanted: &str) -> Option<&'a Text> {
        let text = node.as_text();
        if text.is_none() {
            self.wrong(node, "Invalid reference expression", wanted);
        }
        text
    }

    fn lower(&mut self, node: &Node, templates: bool) -> Expr {
        let kind = match &node.kind {
            NodeKind::Null | NodeKind::Invalid => ExprKind::Literal(Value::null(Type::Dynamic)),
            NodeKind::Bool(b) => ExprKind::Literal(Value::bool(*b)),
            NodeKind::Number(n) => ExprKind::Literal(Value::number(n.clone())),
            NodeKind::Text(text) => return self.string(text, node.span, templates),
            NodeKind::Array(items) => ExprKind::Tuple(items.iter().map(|item| self.lower(item, templates)).collect()),
            NodeKind::Object(properties) => self.object(properties, templates),
        };
        Expr { kind, span: node.span }
    }

    fn object(&mut self, properties: &[Property], templates: bool) -> ExprKind {
        let mut seen: HashMap<&str, Span> = HashMap::with_capacity(properties.len());
        let mut items = Vec::with_capacity(properties.len());
        for property in properties {
            if let Some(first) = seen.get(&*property.name.value) {
                self.diags.push(
                    Diag::error(BROKEN_STRUCTURE, "Duplicate object attribute")
                        .detail(format!("A property named {:?} is there already.", property.name.value))
                        .related(*first, "first defined here")
                        .at(property.span),
                );
                continue;
            }
            seen.insert(&property.name.value, property.span);
            let key = self.string(&property.name, property.span, templates);
            items.push((ObjectKey::Expr(key), self.lower(&property.value, templates)));
        }
        ExprKind::Object(items.into())
    }

    fn string(&mut self, text: &Text, span: Span, templates: bool) -> Expr {
        let plain = !templates || !(text.value.contains("${") || text.value.contains("%{"));
        if plain {
            return Expr {
                kind: ExprKind::Literal(Value::string(normalized(&text.value))),
                span,
            };
        }
        match inner(text, span, parse::parse_template) {
            // A message about the whole of it points at the string with its quotes.
            Ok(expr) => Expr { span, ..expr },
            Err(diags) => {
                self.diags.extend(diags);
                Expr {
                    kind: ExprKind::Literal(Value::string("")),
                    span,
                }
            }
        }
    }
}

type Parse = fn(&SourceMap, FileId) -> Result<Expr, Diags>;

/// Parses what stands between the quotes of a string; all places are places in the file.
fn inner(text: &Text, span: Span, parse: Parse) -> Result<Expr, Diags> {
    let mut scratch = SourceMap::default();
    let file = scratch.add("", text.value.as_str());
    let place = Place { text, quotes: span };
    match parse(&scratch, file) {
        Ok(mut expr) => {
            place.expr(&mut expr);
            Ok(expr)
        }
        Err(diags) => Err(diags.into_iter().map(|d| place.diag(d)).collect()),
    }
}

/// The name of a property as a name of the language.
pub fn ident(property: &Property) -> Ident {
    Ident {
        text: normalized(&property.name.value),
        span: property.span,
    }
}

fn normalized(text: &str) -> Str {
    match text.is_ascii() {
        true => text.into(),
        false => text.nfc().collect::<String>().into(),
    }
}
