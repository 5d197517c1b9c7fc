//! The schema of schemas: which blocks and arguments a schema file may hold, itself a file of `shape` blocks. Checks
//! form only (names, counts, kinds and words of constants); what the parts mean to each other is checked by the reader.

use super::load::{broken, own};
use super::model::{Attribute, BlockSchema, Mode, OnChange};
use super::read::{Reader, block_schema, constant};
use super::structure::check_level;
use crate::base::{Diag, Diags, SourceMap, Span, Str, Type, Value};
use crate::lang::ast::{Block, Body};
use crate::lang::convert::convert;
use crate::lang::parse::parse_file;
use indexmap::IndexMap;

/// How deep shapes may nest in a file; far above any real schema, so that a check always ends.
const DEPTH_MAX: usize = 32;

/// The shapes of schema files.
#[derive(Debug)]
pub struct Meta {
    shapes: IndexMap<Str, Shape>,
}

/// What one kind of block may hold.
#[derive(Debug)]
struct Shape {
    level: BlockSchema,
    /// For each nested block: its shape and how many labels it has.
    nested: IndexMap<Str, (Str, u64)>,
}

impl Meta {
    /// Reads the schema of schemas.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Meta, Diags> {
        let mut sources = SourceMap::default();
        let id = sources.add(file, text);
        let (body, diags) = parse_file(&sources, id);
        if diags.has_errors() {
            return Err(diags.into_iter().map(|d| own(&sources, d)).collect());
        }
        let mut reader = Reader { problems: Vec::new() };
        let mut shapes = IndexMap::new();
        for block in body.blocks_of("shape") {
            if let [label] = block.labels.as_slice() {
                let shape = shape(&mut reader, block);
                shapes.insert(label.text.clone(), shape);
            }
        }
        let known: Vec<Str> = shapes.keys().cloned().collect();
        for (name, shape) in &shapes {
            for (block, (inner, _)) in &shape.nested {
                if !known.contains(inner) {
                    reader.problem(
                        body.span,
                        format!("{name}: block {block} has the shape {inner}, which there is not"),
                    );
                }
            }
        }
        if !shapes.contains_key("file") {
            reader.problem(body.span, "the shape file is missing");
        }
        if reader.problems.is_empty() {
            return Ok(Meta { shapes });
        }
        let report = |(span, why): (Span, String)| broken(&sources.place(span), &why);
        Err(reader.problems.into_iter().map(report).collect())
    }

    /// Checks the text of a schema file.
    pub fn check_file(&self, file: &str, text: &str) -> Diags {
        let mut sources = SourceMap::default();
        let id = sources.add(file, text);
        let (body, mut diags) = parse_file(&sources, id);
        if !diags.has_errors() {
            self.check_body("file", &body, body.span, 0, &mut diags);
        }
        diags.into_iter().map(|d| own(&sources, d)).collect()
    }

    fn check_body(&self, shape: &str, body: &Body, header: Span, depth: usize, diags: &mut Diags) {
        let Some(shape) = self.shapes.get(shape) else {
            return;
        };
        if depth > DEPTH_MAX {
            return diags.push(Diag::error(super::codes::BROKEN_SCHEMA, "Blocks nest too deep").at(header));
        }
        let mut level = Diags::new();
        check_level(&shape.level, body, header, &[], &mut level);
        // Labels are counted by the shape, which knows how many there are.
        let labels = super::codes::EXTRANEOUS_LABEL;
        diags.extend(level.into_iter().filter(|d| d.code != labels).collect());
        for (name, attribute) in &body.attributes {
            if let Some(known) = shape.level.attributes.get(name)
                && let Some(why) = wrong_constant(known, &attribute.value)
            {
                diags.push(Diag::error(super::codes::BROKEN_SCHEMA, format!("{name} {why}")).at(attribute.value.span));
            }
        }
        for block in &body.blocks {
            let Some((inner, labels)) = shape.nested.get(&block.kind.text) else {
                continue;
            };
            if u64::try_from(block.labels.len()).unwrap_or(u64::MAX) != *labels {
                let why = format!("{} needs {labels} labels", block.kind.text);
                diags.push(Diag::error(super::codes::BROKEN_SCHEMA, why).at(block.header));
            }
            self.check_body(inner, &block.body, block.header, depth + 1, diags);
        }
    }
}

/// Reads one `shape` block: the blocks of a [`BlockSchema`], where each nested block names its own shape instead of
/// holding it, because shapes nest in themselves.
fn shape(reader: &mut Reader, block: &Block) -> Shape {
    let level = block_schema(reader, &block.body, OnChange::Update);
    let mut nested = IndexMap::new();
    for inner in block.body.blocks_of("block") {
        let text = |name: &str| inner.body.expr(name).and_then(constant);
        let shape = text("shape").and_then(|v| v.as_str().map(Str::from));
        let labels = text("labels")
            .and_then(|v| v.as_i64())
            .and_then(|i| u64::try_from(i).ok());
        match (inner.labels.first(), shape) {
            (Some(name), Some(shape)) => {
                nested.insert(name.text.clone(), (shape, labels.unwrap_or(0)));
            }
            _ => reader.problem(inner.header, "a block of a shape needs a label and a shape"),
        }
    }
    Shape { level, nested }
}

/// Why an expression is not what an attribute of a shape takes. An attribute of type `any` takes any expression.
fn wrong_constant(known: &Attribute, expr: &crate::lang::ast::Expr) -> Option<String> {
    if known.ty == Type::Dynamic || known.mode == Mode::Computed {
        return None;
    }
    let value: Option<Value> = constant(expr).and_then(|v| convert(&v, &known.ty).ok());
    match value {
        None => Some(format!("must be a constant of type {}", known.ty)),
        Some(value) if !known.allowed.is_empty() && !known.allowed.contains(&value) => {
            let words: Vec<&str> = known.allowed.iter().filter_map(Value::as_str).collect();
            Some(format!("must be one of {}", words.join(", ")))
        }
        Some(_) => None,
    }
}
