//! The syntax tree of one configuration file: our own, compact, with a span on every node. Made by
//! `lang::parse`, read by everything above; holds no values but literals.

use crate::base::{Span, Str, Value};
use indexmap::IndexMap;

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// The text.
    pub text: Str,
    /// Where it stands.
    pub span: Span,
}

/// The contents of a file or block.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Attributes by name, in source order.
    pub attributes: IndexMap<Str, Attribute>,
    /// Nested blocks in source order.
    pub blocks: Vec<Block>,
    /// From the first to the last byte.
    pub span: Span,
    /// Written in JSON, where arguments and blocks look alike.
    pub json: bool,
    /// Something directly in it could not be read and is missing.
    pub damaged: bool,
}

impl Body {
    /// The expression of an attribute.
    pub fn expr(&self, name: &str) -> Option<&Expr> {
        self.attributes.get(name).map(|a| &a.value)
    }

    /// Whether something in it, at any depth, could not be read.
    pub fn is_damaged(&self) -> bool {
        self.damaged || self.blocks.iter().any(|b| b.body.is_damaged())
    }

    /// Nested blocks of a type in source order.
    pub fn blocks_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |b| &*b.kind.text == kind)
    }
}

/// `name = value`
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The name.
    pub name: Ident,
    /// The expression.
    pub value: Expr,
    /// The whole of it.
    pub span: Span,
}

/// `kind "label" { … }`
#[derive(Clone, Debug)]
pub struct Block {
    /// Block type.
    pub kind: Ident,
    /// Labels, quoted or not, unescaped.
    pub labels: Vec<Ident>,
    /// Contents.
    pub body: Body,
    /// Type and labels: what a message about the block points at.
    pub header: Span,
    /// The whole block.
    pub span: Span,
}

/// An expression with its place.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of expressions.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `null`, `true`, a number, or text without interpolation.
    Literal(Value),
    /// Quoted text or heredoc with interpolations or directives.
    Template(Box<[TemplatePart]>),
    /// `"${x}"` alone: the value of `x`, whatever its type.
    TemplateWrap(Box<Expr>),
    /// A reference: root name and what follows it.
    Reference(Box<Reference>),
    /// `source.a[0]` where the source is no reference.
    Traversal(Box<Expr>, Box<[Step]>),
    /// `source[key]` with a key that is no literal.
    Index(Box<Expr>, Box<Expr>),
    /// `source[*].a` or `source.*.a`.
    Splat(Box<SplatExpr>),
    /// `name(arguments)`.
    Call(Box<Call>),
    /// `condition ? yes : no`.
    Conditional(Box<[Expr; 3]>),
    /// `left operator right`.
    Binary(BinaryOp, Box<[Expr; 2]>),
    /// `first operator operand operator operand …`: two or more operators of one precedence, from left to
    /// right. Flat, so that a long one needs no deep stack.
    Chain(Box<Expr>, Box<[(BinaryOp, Expr)]>),
    /// `operator operand`.
    Unary(UnaryOp, Box<Expr>),
    /// `(inner)`.
    Parens(Box<Expr>),
    /// `[a, b]`.
    Tuple(Box<[Expr]>),
    /// `{ a = 1, (k) = 2 }`.
    Object(Box<[(ObjectKey, Expr)]>),
    /// `[for …]` or `{for …}`.
    For(Box<ForExpr>),
}

/// A root name with the literal steps after it.
#[derive(Clone, Debug)]
pub struct Reference {
    /// `var`, `local`, `data`, `each`, a resource type, a name bound by `for`, …
    pub root: Ident,
    /// What follows.
    pub steps: Box<[Step]>,
    /// Whether it stands between `${` and `}`, where somebody may have meant text.
    pub in_template: bool,
    /// Whether it stands in `try` or `can`, where a value without the attribute is no mistake.
    pub guarded: bool,
}

/// One literal step of a traversal.
#[derive(Clone, Debug)]
pub struct Step {
    /// Attribute or index.
    pub kind: StepKind,
    /// Where it stands, with its dot or brackets.
    pub span: Span,
}

/// The forms of literal steps.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// `.name`
    Attr(Str),
    /// `[0]`, `["k"]` or legacy `.0`: a number or string.
    Index(Value),
}

/// A splat: the steps after it apply to each element.
#[derive(Clone, Debug)]
pub struct SplatExpr {
    /// What is iterated.
    pub source: Expr,
    /// `[*]` (true: index steps belong to each element) or `.*` (false).
    pub full: bool,
    /// Where the marker stands.
    pub marker: Span,
    /// Steps applied to each element; keys of index steps may be expressions.
    pub each: Box<[SplatStep]>,
}

/// A step after a splat.
#[derive(Clone, Debug)]
pub enum SplatStep {
    /// A literal step.
    Literal(Step),
    /// `[expression]`.
    Index(Expr),
    /// A splat within the splat, applied to each element.
    Splat {
        /// `[*]` or `.*`.
        full: bool,
        /// Where the marker stands.
        marker: Span,
        /// Steps applied to each element of each element.
        each: Box<[SplatStep]>,
    },
}

/// A function call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Function name, with namespaces as `core::max`.
    pub name: Ident,
    /// Arguments.
    pub args: Vec<Expr>,
    /// Whether the last argument is followed by `...`.
    pub expand_final: bool,
}

/// The key of an object item.
#[derive(Clone, Debug)]
pub enum ObjectKey {
    /// A bare name, which is text and no reference.
    Name(Ident),
    /// Any other expression.
    Expr(Expr),
}

/// `[for k, v in c : x if y]` or `{for k, v in c : k => v... if y}`.
#[derive(Clone, Debug)]
pub struct ForExpr {
    /// Name bound to the key or index.
    pub key_var: Option<Ident>,
    /// Name bound to the element.
    pub value_var: Ident,
    /// What is iterated.
    pub collection: Expr,
    /// Key of the result; present for an object.
    pub key: Option<Expr>,
    /// Element of the result.
    pub value: Expr,
    /// `...` after the value of an object: values are grouped by key.
    pub grouping: bool,
    /// `if`.
    pub condition: Option<Expr>,
}

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// Unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum UnaryOp {
    Negate,
    Not,
}

/// A part of a template, after trim markers and heredoc indentation were applied.
#[derive(Clone, Debug)]
pub enum TemplatePart {
    /// Text.
    Literal(Str, Span),
    /// `${x}`
    Interpolation(Expr),
    /// `%{if x}…%{else}…%{endif}`
    If {
        /// The condition.
        condition: Expr,
        /// Parts when true.
        yes: Box<[TemplatePart]>,
        /// Parts when false.
        no: Box<[TemplatePart]>,
        /// The whole directive.
        span: Span,
    },
    /// `%{for k, v in c}…%{endfor}`
    For {
        /// Name bound to the key or index.
        key_var: Option<Ident>,
        /// Name bound to the element.
        value_var: Ident,
        /// What is iterated.
        collection: Expr,
        /// Parts for each element.
        body: Box<[TemplatePart]>,
        /// The whole directive.
        span: Span,
    },
}

impl Block {
    /// Where to point when something is missing in it: the header, or in JSON, where that is one brace, the closing brace.
    pub fn missing_place(&self) -> Span {
        let body = self.body.span;
        match body.end.checked_sub(1) {
            Some(last) if self.header.start == body.start && last > body.start => Span { start: last, ..body },
            _ => self.header,
        }
    }
}

impl Body {
    /// Calls `visit` for every reference in it, at any depth, that is not bound by a `for`.
    pub fn each_reference<'a>(&'a self, visit: &mut dyn FnMut(&'a Reference, Span)) {
        for attribute in self.attributes.values() {
            attribute.value.each_reference(visit);
        }
        for block in &self.blocks {
            block.body.each_reference(visit);
        }
    }
}

impl Expr {
    /// Calls `visit` for every reference in it that is not bound by a `for`, with its place.
    pub fn each_reference<'a>(&'a self, visit: &mut dyn FnMut(&'a Reference, Span)) {
        let mut bound = Vec::new();
        references(self, &mut bound, visit);
    }
}

impl Call {
    /// The name with the opening parenthesis.
    pub fn start_span(&self) -> Span {
        Span {
            end: self.name.span.end.saturating_add(1),
            ..self.name.span
        }
    }
}

impl Expr {
    /// Where the expression begins: its first name, operand, bracket or text. What is wrong with a value as a whole is
    /// shown there, so that a value of many lines does not fill the message.
    pub fn start_span(&self) -> Span {
        match &self.kind {
            ExprKind::Literal(value) => match value.as_str() {
                Some(text) => inside_quotes(self.span, text),
                None => self.span,
            },
            ExprKind::Template(parts) => match parts.first() {
                Some(TemplatePart::Literal(_, span)) => *span,
                Some(TemplatePart::Interpolation(inner)) => inner.start_span(),
                _ => self.span,
            },
            ExprKind::Call(call) => call.start_span(),
            ExprKind::Conditional(parts) => parts[0].start_span(),
            ExprKind::Binary(_, operands) => operands[0].start_span(),
            ExprKind::Unary(..) | ExprKind::Tuple(_) | ExprKind::Object(_) | ExprKind::For(_) => Span {
                end: self.span.end.min(self.span.start.saturating_add(1)),
                ..self.span
            },
            ExprKind::Splat(splat) => splat.marker,
            _ => self.span,
        }
    }

    /// Calls `visit` for every function call in it, with its place.
    pub fn each_call<'a>(&'a self, visit: &mut dyn FnMut(&'a Call, Span)) {
        if let ExprKind::Call(call) = &self.kind {
            visit(call, self.span);
        }
        self.each_part(&mut |part| part.each_call(visit));
    }

    /// Calls `visit` for every splat in it.
    pub fn each_splat<'a>(&'a self, visit: &mut dyn FnMut(&'a SplatExpr)) {
        if let ExprKind::Splat(splat) = &self.kind {
            visit(splat);
        }
        self.each_part(&mut |part| part.each_splat(visit));
    }

    /// Calls `visit` for the expressions directly in it.
    fn each_part<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Reference(_) => {}
            ExprKind::Template(parts) => each_in_template(parts, visit),
            ExprKind::TemplateWrap(e) | ExprKind::Parens(e) | ExprKind::Unary(_, e) | ExprKind::Traversal(e, _) => {
                visit(e)
            }
            ExprKind::Index(source, key) => {
                visit(source);
                visit(key);
            }
            ExprKind::Splat(splat) => {
                visit(&splat.source);
                each_in_splat(&splat.each, visit);
            }
            ExprKind::Call(call) => call.args.iter().for_each(visit),
            ExprKind::Conditional(parts) => parts.iter().for_each(visit),
            ExprKind::Binary(_, operands) => operands.iter().for_each(visit),
            ExprKind::Chain(first, rest) => {
                visit(first);
                rest.iter().for_each(|(_, operand)| visit(operand));
            }
            ExprKind::Tuple(items) => items.iter().for_each(visit),
            ExprKind::Object(items) => {
                for (key, value) in items {
                    if let ObjectKey::Expr(key) = key {
                        visit(key);
                    }
                    visit(value);
                }
            }
            ExprKind::For(f) => {
                visit(&f.collection);
                f.key.iter().chain([&f.value]).chain(&f.condition).for_each(visit);
            }
        }
    }
}

/// The place of a quoted text without its quotes; a heredoc, which ends with a line break, has none.
fn inside_quotes(span: Span, text: &str) -> Span {
    let quoted = !text.is_empty() && !text.ends_with('\n') && span.end.saturating_sub(span.start) > 2;
    match quoted {
        true => Span {
            start: span.start.saturating_add(1),
            end: span.end.saturating_sub(1),
            ..span
        },
        false => span,
    }
}

fn each_in_splat<'a>(steps: &'a [SplatStep], visit: &mut dyn FnMut(&'a Expr)) {
    for step in steps {
        match step {
            SplatStep::Literal(_) => {}
            SplatStep::Index(e) => visit(e),
            SplatStep::Splat { each, .. } => each_in_splat(each, visit),
        }
    }
}

fn each_in_template<'a>(parts: &'a [TemplatePart], visit: &mut dyn FnMut(&'a Expr)) {
    for part in parts {
        match part {
            TemplatePart::Literal(..) => {}
            TemplatePart::Interpolation(e) => visit(e),
            TemplatePart::If { condition, yes, no, .. } => {
                visit(condition);
                each_in_template(yes, visit);
                each_in_template(no, visit);
            }
            TemplatePart::For { collection, body, .. } => {
                visit(collection);
                each_in_template(body, visit);
            }
        }
    }
}

type Visit<'v, 'a> = &'v mut dyn FnMut(&'a Reference, Span);

fn references<'a>(expr: &'a Expr, bound: &mut Vec<&'a str>, visit: Visit<'_, 'a>) {
    match &expr.kind {
        ExprKind::Literal(_) => {}
        ExprKind::Template(parts) => template_references(parts, bound, visit),
        ExprKind::TemplateWrap(e) | ExprKind::Parens(e) | ExprKind::Unary(_, e) | ExprKind::Traversal(e, _) => {
            references(e, bound, visit);
        }
        ExprKind::Reference(r) => {
            if !bound.contains(&&*r.root.text) {
                visit(r, expr.span);
            }
        }
        ExprKind::Index(a, b) => {
            references(a, bound, visit);
            references(b, bound, visit);
        }
        ExprKind::Splat(s) => {
            references(&s.source, bound, visit);
            splat_references(&s.each, bound, visit);
        }
        ExprKind::Call(c) => c.args.iter().for_each(|e| references(e, bound, visit)),
        ExprKind::Conditional(es) => es.iter().for_each(|e| references(e, bound, visit)),
        ExprKind::Binary(_, es) => es.iter().for_each(|e| references(e, bound, visit)),
        ExprKind::Chain(first, rest) => {
            references(first, bound, visit);
            rest.iter().for_each(|(_, e)| references(e, bound, visit));
        }
        ExprKind::Tuple(es) => es.iter().for_each(|e| references(e, bound, visit)),
        ExprKind::Object(items) => {
            for (key, value) in items {
                if let ObjectKey::Expr(e) = key {
                    references(e, bound, visit);
                }
                references(value, bound, visit);
            }
        }
        ExprKind::For(f) => {
            references(&f.collection, bound, visit);
            let depth = bound.len();
            bound.extend(f.key_var.iter().map(|i| &*i.text));
            bound.push(&f.value_var.text);
            for e in f.key.iter().chain([&f.value]).chain(f.condition.iter()) {
                references(e, bound, visit);
            }
            bound.truncate(depth);
        }
    }
}

fn splat_references<'a>(steps: &'a [SplatStep], bound: &mut Vec<&'a str>, visit: Visit<'_, 'a>) {
    for step in steps {
        match step {
            SplatStep::Literal(_) => {}
            SplatStep::Index(e) => references(e, bound, visit),
            SplatStep::Splat { each, .. } => splat_references(each, bound, visit),
        }
    }
}

fn template_references<'a>(parts: &'a [TemplatePart], bound: &mut Vec<&'a str>, visit: Visit<'_, 'a>) {
    for part in parts {
        match part {
            TemplatePart::Literal(..) => {}
            TemplatePart::Interpolation(e) => references(e, bound, visit),
            TemplatePart::If { condition, yes, no, .. } => {
                references(condition, bound, visit);
                template_references(yes, bound, visit);
                template_references(no, bound, visit);
            }
            TemplatePart::For {
                key_var,
                value_var,
                collection,
                body,
                ..
            } => {
                references(collection, bound, visit);
                let depth = bound.len();
                bound.extend(key_var.iter().map(|i| &*i.text));
                bound.push(&value_var.text);
                template_references(body, bound, visit);
                bound.truncate(depth);
            }
        }
    }
}
