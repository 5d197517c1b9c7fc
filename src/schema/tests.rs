//! Tests of the layer as a whole: the schema files of the project, and what is said about configurations.

mod data;
mod dataworks;
mod decode;
mod dis;
mod files;
mod kafka;
mod structure;
mod validate;

use super::{Registry, ResourceSchema, check_structure_at, validate_with};
use crate::base::{Diag, Diags, FileId, Severity, SourceMap, Span, Value};
use crate::lang::ast::{Block, Body, Step};
use crate::lang::parse::parse_file;
use crate::lang::scope::Nothing;
use crate::lang::{EvalContext, Scope};
use std::sync::Arc;

/// Every schema file of the project.
/// All files, as the catalogue has them.
const FILES: &[(&str, &str)] = crate::catalog::SCHEMAS;

fn registry() -> Registry {
    Registry::builtin(FILES).expect("the files are well-formed")
}

fn resource(name: &str) -> Arc<ResourceSchema> {
    Arc::clone(registry().resource(name).expect("the type exists"))
}

/// Variables that configurations of tests may use.
struct Variables(Value);

impl Scope for Variables {
    fn reference(&self, root: &str, _: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        match root {
            "var" => Ok((self.0.clone(), 0)),
            _ => Err(Diag::error("HW0000", format!("no {root}")).at(span)),
        }
    }
}

/// One block of configuration.
struct Written {
    sources: SourceMap,
    body: Body,
}

fn written(text: &str) -> Written {
    let mut sources = SourceMap::default();
    let file: FileId = sources.add("main.tf", text);
    let (body, diags) = parse_file(&sources, file);
    assert!(diags.is_empty(), "{diags:?}");
    Written { sources, body }
}

impl Written {
    fn block(&self) -> &Block {
        &self.body.blocks[0]
    }
}

/// Diagnostics as text: severity, code, the bytes pointed at, and what is said.
fn shown(diags: &Diags, sources: &SourceMap) -> String {
    let mut out = String::new();
    for diag in diags.clone().sorted().iter() {
        let severity = match diag.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let at = diag.span.map_or("nowhere", |s| sources.text(s));
        out.push_str(&format!("{severity} {} at {at:?}: {}", diag.code, diag.summary));
        for part in [&diag.detail, &diag.label, &diag.help].into_iter().flatten() {
            out.push_str(" | ");
            out.push_str(part);
        }
        out.push('\n');
    }
    out
}

/// All that is said of one block of configuration.
fn said(schema: &ResourceSchema, text: &str) -> String {
    said_with(schema, text, Value::object_of([("x", Value::int(1))]), None)
}

fn said_with(schema: &ResourceSchema, text: &str, vars: Value, provider: Option<&Value>) -> String {
    let written = written(text);
    let block = written.block();
    let mut diags = check_structure_at(&schema.block, &block.body, block.header, &["count", "lifecycle"]);
    let scope = Variables(vars);
    let cx = EvalContext {
        scope: &scope,
        host: &Nothing,
    };
    let (config, found) = super::decode(&schema.block, &block.body, &["count", "lifecycle"], &cx);
    diags.extend(found);
    let cx = super::ValidateContext {
        sources: &written.sources,
        host: &Nothing,
        header: Some(block.header),
        provider,
    };
    diags.extend(validate_with(schema, &config, &block.body, &cx));
    shown(&diags, &written.sources)
}
