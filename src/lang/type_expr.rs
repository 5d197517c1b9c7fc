//! Type constraints as they are written: `list(string)`, `object({ a = optional(number, 1) })`. Reads
//! expressions as types and fills in the defaults of optional attributes; converts nothing itself.

use super::ast::{Call, Expr, ExprKind, ObjectKey};
use super::codes;
use super::convert::convert;
use super::eval::evaluate;
use super::scope::Nothing;
use crate::base::{Diag, Diags, Kind, ObjectType, Span, Str, Type, Value, did_you_mean};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How deep type constraints may nest.
const DEPTH_LIMIT: usize = 64;

/// A type with the defaults of its optional attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeConstraint {
    /// What values are converted to; optional attributes are marked in it.
    pub ty: Type,
    /// Defaults, at any depth.
    pub defaults: Defaults,
}

impl TypeConstraint {
    /// Any type, no defaults: what a variable without `type` has.
    pub fn any() -> Self {
        Self {
            ty: Type::Dynamic,
            defaults: Defaults::default(),
        }
    }

    /// The value with defaults put where attributes are missing or null; still to be converted.
    pub fn apply_defaults(&self, value: &Value) -> Value {
        self.defaults.apply(value)
    }
}

/// Defaults of the attributes of an object and of what is inside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// By attribute name.
    pub values: BTreeMap<Str, Value>,
    /// Defaults inside attributes by name, inside elements of a tuple by position.
    pub children: BTreeMap<Str, Defaults>,
    /// Defaults inside all elements of a collection.
    pub element: Option<Box<Defaults>>,
}

impl Defaults {
    fn is_empty(&self) -> bool {
        self.values.is_empty() && self.children.is_empty() && self.element.is_none()
    }

    fn inside(&self, name: &str) -> Option<&Defaults> {
        self.children.get(name).or(self.element.as_deref())
    }

    fn apply(&self, value: &Value) -> Value {
        if self.is_empty() {
            return value.clone();
        }
        let filled = match &value.kind {
            // Elements may come to differ in type, so the result is a tuple; conversion makes it a collection again.
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => Value::tuple(
                items
                    .iter()
                    .enumerate()
                    .map(|(i, v)| self.inside(&i.to_string()).map_or_else(|| v.clone(), |d| d.apply(v)))
                    .collect::<Vec<_>>(),
            ),
            Kind::Map(_, entries) | Kind::Object(entries) => {
                let mut out: BTreeMap<Str, Value> = entries
                    .iter()
                    .map(|(k, v)| (k.clone(), self.inside(k).map_or_else(|| v.clone(), |d| d.apply(v))))
                    .collect();
                for (name, default) in &self.values {
                    if out.get(name).is_none_or(Value::is_null) {
                        let default = self.inside(name).map_or_else(|| default.clone(), |d| d.apply(default));
                        out.insert(name.clone(), default);
                    }
                }
                Value::object(out)
            }
            _ => return value.clone(),
        };
        filled.mark(value.marks)
    }
}

/// Reads an expression as a type constraint. After a problem the type is `any`.
pub fn type_constraint(expr: &Expr) -> (TypeConstraint, Diags) {
    let mut diags = Diags::new();
    let constraint = match keyword(expr) {
        // Before 0.12 these stood for collections of any one type, which Terraform still reads; there were no sets then.
        Some("list") => plain(Type::list(Type::Dynamic)),
        Some("map") => plain(Type::map(Type::Dynamic)),
        _ => match quoted(expr) {
            Some(diag) => {
                diags.push(diag);
                TypeConstraint::any()
            }
            None => read(expr, 0, &mut diags),
        },
    };
    (constraint, diags)
}

fn plain(ty: Type) -> TypeConstraint {
    TypeConstraint {
        ty,
        defaults: Defaults::default(),
    }
}

fn keyword(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Reference(r) if r.steps.is_empty() => Some(&r.root.text),
        _ => None,
    }
}

/// Types were written in quotes before Terraform 0.12.
fn quoted(expr: &Expr) -> Option<Diag> {
    let ExprKind::Literal(value) = &expr.kind else {
        return None;
    };
    let text = value.as_str()?;
    let instead = match text {
        "list" => "list(string)",
        "map" => "map(string)",
        other => did_you_mean(other, KEYWORDS.into_iter().chain(CONSTRUCTORS)).unwrap_or(other),
    };
    let summary = match text {
        "string" | "list" | "map" => "Invalid quoted type constraints",
        _ => "Invalid legacy variable type hint",
    };
    Some(
        Diag::error(codes::TYPE_CONSTRAINT, summary)
            .detail("A type constraint is written without quotes.")
            .help(format!("write type = {instead}"))
            .at(expr.span),
    )
}

fn invalid(detail: impl Into<String>, span: Span) -> Diag {
    Diag::error(codes::TYPE_CONSTRAINT, "Invalid type specification")
        .detail(detail)
        .at(span)
}

const KEYWORDS: [&str; 4] = ["string", "number", "bool", "any"];
const CONSTRUCTORS: [&str; 5] = ["list", "set", "map", "object", "tuple"];

fn read(expr: &Expr, depth: usize, diags: &mut Diags) -> TypeConstraint {
    if depth > DEPTH_LIMIT {
        diags.push(invalid(
            format!("Type constraints may be nested {DEPTH_LIMIT} levels deep."),
            expr.span,
        ));
        return TypeConstraint::any();
    }
    let diag = match &expr.kind {
        ExprKind::Parens(inner) => return read(inner, depth + 1, diags),
        ExprKind::Call(call) => return constructor(call, expr.span, depth, diags),
        ExprKind::Reference(_) => match keyword(expr) {
            Some("string") => return plain(Type::String),
            Some("number") => return plain(Type::Number),
            Some("bool") => return plain(Type::Bool),
            Some("any") => return TypeConstraint::any(),
            Some(name) => bare_word(name, expr.span),
            None => invalid(EXPECTED, expr.span),
        },
        _ => invalid(EXPECTED, expr.span),
    };
    diags.push(diag);
    TypeConstraint::any()
}

const EXPECTED: &str = "A type specification is either a primitive type keyword (bool, number, string) or a complex \
                        type constructor call, like list(string).";

fn bare_word(name: &str, span: Span) -> Diag {
    match name {
        "list" | "set" | "map" => invalid(
            format!("The {name} type constructor requires one argument specifying the element type."),
            span,
        )
        .help(format!("Write {name}(string), or another element type.")),
        "object" => invalid(
            "The object type constructor requires one argument specifying the attribute types and values as a map.",
            span,
        )
        .help("Write object({ name = string })."),
        "tuple" => invalid(
            "The tuple type constructor requires one argument specifying the element types as a list.",
            span,
        )
        .help("Write tuple([string, number])."),
        _ => suggest(
            invalid(format!("The keyword {name:?} is not a valid type specification."), span),
            name,
        ),
    }
}

fn suggest(diag: Diag, name: &str) -> Diag {
    let known = match name {
        "str" | "text" => Some("string"),
        "int" | "integer" | "float" | "double" => Some("number"),
        "boolean" => Some("bool"),
        "array" => Some("list"),
        "dict" | "hash" => Some("map"),
        _ => did_you_mean(name, KEYWORDS.into_iter().chain(CONSTRUCTORS).chain(["optional"])),
    };
    match known {
        Some(k) => diag.help(format!("did you mean {k:?}?")),
        None => diag,
    }
}

fn constructor(call: &Call, span: Span, depth: usize, diags: &mut Diags) -> TypeConstraint {
    let name = &*call.name.text;
    let diag = match (name, call.args.as_slice()) {
        ("list" | "set" | "map", [element]) => {
            let inner = read(element, depth + 1, diags);
            let ty = match name {
                "list" => Type::list(inner.ty),
                "set" => Type::set(inner.ty),
                _ => Type::map(inner.ty),
            };
            let element = (!inner.defaults.is_empty()).then(|| Box::new(inner.defaults));
            return TypeConstraint {
                ty,
                defaults: Defaults {
                    element,
                    ..Defaults::default()
                },
            };
        }
        ("object", [attributes]) => return object(attributes, depth, diags),
        ("tuple", [elements]) => return tuple(elements, depth, diags),
        ("string" | "number" | "bool" | "any", _) => invalid(
            format!("Primitive type keyword {name:?} does not expect arguments."),
            parentheses(call, span),
        ),
        ("list" | "set" | "map" | "object" | "tuple", args) => {
            let place = match args.get(1..) {
                Some([first, .., last]) => first.span.to(last.span),
                Some([only]) => only.span,
                _ => parentheses(call, span),
            };
            bare_word(name, place)
        }
        ("optional", _) => invalid(
            "Keyword \"optional\" is valid only as a modifier for object type attributes.",
            call.name.span,
        ),
        _ => suggest(
            invalid(format!("Keyword {name:?} is not a valid type constructor."), span),
            name,
        ),
    };
    diags.push(diag);
    TypeConstraint::any()
}

/// The arguments of a constructor with their parentheses.
fn parentheses(call: &Call, span: Span) -> Span {
    Span {
        start: call.name.span.end.min(span.end),
        ..span
    }
}

fn tuple(elements: &Expr, depth: usize, diags: &mut Diags) -> TypeConstraint {
    let ExprKind::Tuple(items) = &elements.kind else {
        diags.push(invalid(
            "Tuple type constructor requires a list of element types.",
            elements.span,
        ));
        return TypeConstraint::any();
    };
    let mut defaults = Defaults::default();
    let mut types = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        let inner = read(item, depth + 1, diags);
        types.push(inner.ty);
        if !inner.defaults.is_empty() {
            defaults.children.insert(i.to_string().into(), inner.defaults);
        }
    }
    TypeConstraint {
        ty: Type::tuple(types),
        defaults,
    }
}

fn object(attributes: &Expr, depth: usize, diags: &mut Diags) -> TypeConstraint {
    let ExprKind::Object(items) = &attributes.kind else {
        diags.push(invalid(
            "Object type constructor requires a map whose keys are attribute names and whose values are the \
             corresponding attribute types.",
            attributes.span,
        ));
        return TypeConstraint::any();
    };
    let mut out = ObjectType::default();
    let mut defaults = Defaults::default();
    for (key, value) in items {
        let (name, place): (Str, Span) = match key {
            ObjectKey::Name(ident) => (ident.text.clone(), ident.span),
            ObjectKey::Expr(Expr {
                kind: ExprKind::Literal(v),
                span,
            }) if v.as_str().is_some() => (v.as_str().unwrap_or_default().into(), *span),
            ObjectKey::Expr(e) => {
                diags.push(invalid("Object constructor map keys must be attribute names.", e.span));
                continue;
            }
        };
        if out.attributes.contains_key(&name) {
            diags.push(invalid(
                "Object constructor map keys must be unique: this attribute stands here twice.",
                place,
            ));
            continue;
        }
        let ty = match &value.kind {
            ExprKind::Call(call) if &*call.name.text == "optional" => {
                out.optional.insert(name.clone());
                optional(call, &name, value.span, depth, &mut defaults, diags)
            }
            _ => {
                let inner = read(value, depth + 1, diags);
                if !inner.defaults.is_empty() {
                    defaults.children.insert(name.clone(), inner.defaults);
                }
                inner.ty
            }
        };
        out.attributes.insert(name, ty);
    }
    TypeConstraint {
        ty: Type::Object(Arc::new(out)),
        defaults,
    }
}

/// `optional(type)` or `optional(type, default)` of one attribute.
fn optional(call: &Call, name: &Str, span: Span, depth: usize, defaults: &mut Defaults, diags: &mut Diags) -> Type {
    let Some((ty, rest)) = call.args.split_first() else {
        diags.push(invalid(
            "Optional attribute modifier requires the attribute type as its argument.",
            parentheses(call, span),
        ));
        return Type::Dynamic;
    };
    let inner = read(ty, depth + 1, diags);
    match rest {
        [] => {}
        [default] => {
            let (value, found) = evaluate(default, &Nothing::CONTEXT);
            let failed = found.has_errors();
            diags.extend(found);
            match convert(&inner.defaults.apply(&value), &inner.ty) {
                Ok(v) if !failed => {
                    defaults.values.insert(name.clone(), v);
                }
                Ok(_) => {}
                Err(e) => diags.push(
                    Diag::error(codes::TYPE_CONSTRAINT, "Invalid default value for optional attribute")
                        .detail(format!(
                            "This default value is not compatible with the attribute's type constraint: {e}."
                        ))
                        .at(default.span),
                ),
            }
        }
        _ => diags.push(invalid(
            "Optional attribute modifier expects at most two arguments: the attribute type, and a default value.",
            parentheses(call, span),
        )),
    }
    if !inner.defaults.is_empty() {
        defaults.children.insert(name.clone(), inner.defaults);
    }
    inner.ty
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should stop")]
    use super::*;
    use crate::base::SourceMap;
    use crate::lang::parse::parse_expression;

    fn constraint(text: &str) -> (TypeConstraint, Diags) {
        let mut sources = SourceMap::default();
        let file = sources.add("t", text);
        type_constraint(&parse_expression(&sources, file).unwrap())
    }

    fn value(text: &str) -> Value {
        let mut sources = SourceMap::default();
        let file = sources.add("t", text);
        evaluate(&parse_expression(&sources, file).unwrap(), &Nothing::CONTEXT).0
    }

    #[test]
    fn types_print_as_they_were_written() {
        for text in [
            "string",
            "any",
            "list(string)",
            "map(list(number))",
            "set(any)",
            "tuple([string, bool])",
            "object({a=number, b=optional(string)})",
            "tuple([])",
        ] {
            let (c, diags) = constraint(text);
            assert!(diags.is_empty(), "{text}: {diags:?}");
            assert_eq!(c.ty.to_string(), text);
        }
        assert_eq!(constraint("list").0.ty.to_string(), "list(any)");
    }

    #[test]
    fn defaults_fill_what_is_missing_or_null_at_any_depth() {
        let (c, diags) = constraint(
            "list(object({ id = string, disk = optional(object({ size = optional(number, 10), kind = \
             optional(string, \"ssd\") }), {}), note = optional(string) }))",
        );
        assert!(diags.is_empty(), "{diags:?}");
        let given = value("[{ id = \"a\" }, { id = \"b\", disk = { size = 20, kind = null } }]");
        let full = convert(&c.apply_defaults(&given), &c.ty).unwrap();
        let whole = value(
            "[{ id = \"a\", disk = { size = 10, kind = \"ssd\" }, note = null }, { id = \"b\", disk = { size = 20, kind = \
             \"ssd\" }, note = null }]",
        );
        let expected = convert(&whole, &c.ty).unwrap();
        assert_eq!(full, expected);
    }

    #[test]
    fn what_is_no_type_is_refused_with_a_hint() {
        for (text, detail, help) in [
            (
                "strng",
                "The keyword \"strng\" is not a valid type specification.",
                Some("did you mean \"string\"?"),
            ),
            (
                "integer",
                "The keyword \"integer\" is not a valid type specification.",
                Some("did you mean \"number\"?"),
            ),
            (
                "lst(string)",
                "Keyword \"lst\" is not a valid type constructor.",
                Some("did you mean \"list\"?"),
            ),
            (
                "string(1)",
                "Primitive type keyword \"string\" does not expect arguments.",
                None,
            ),
            (
                "list(object)",
                "The object type constructor requires one argument specifying the attribute types and values as a map.",
                Some("Write object({ name = string })."),
            ),
            (
                "\"list\"",
                "A type constraint is written without quotes.",
                Some("write type = list(string)"),
            ),
            (
                "list(optional(string))",
                "Keyword \"optional\" is valid only as a modifier for object type attributes.",
                None,
            ),
            (
                "object({a = optional(number, \"x\")})",
                "This default value is not compatible with the attribute's type constraint: a number is required.",
                None,
            ),
            (
                "object({a = optional(string, upper(\"x\"))})",
                "Functions may not be called here.",
                None,
            ),
            (
                "object({a = optional(string, var.x)})",
                "\"var\" can't be used here: the value must be written out, so it refers to nothing.",
                None,
            ),
            ("1 + 1", EXPECTED, None),
        ] {
            let diags = constraint(text).1;
            let first = diags.iter().next().unwrap();
            assert_eq!(
                (first.detail.as_deref(), first.help.as_deref()),
                (Some(detail), help),
                "{text}"
            );
            assert_eq!(diags.len(), 1, "{text}");
        }
    }
}
