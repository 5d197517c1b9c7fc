//! From the syntax tree of a schema file to the model. Reads constants only, so that it needs no evaluator; the
//! expressions of rules and data effects are kept as they stand. Reports all that is wrong at once.

mod block;
mod constant;
mod parts;

use super::model::{BlockSchema, OnChange, ResourceSchema, SchemaKind, Timeouts};
use super::timeouts::parse_duration;
use crate::base::{Span, Str};
use crate::lang::ast::{Block, Body, Expr};
use indexmap::IndexMap;
use std::sync::Arc;
use std::time::Duration;

pub(super) use block::block_schema;
pub(super) use constant::constant;

/// What is wrong, and where.
pub(super) type Problems = Vec<(Span, String)>;

/// A body being read, with the problems found so far.
pub(super) struct Reader {
    pub(super) problems: Problems,
}

impl Reader {
    pub(super) fn problem(&mut self, span: Span, why: impl Into<String>) {
        self.problems.push((span, why.into()));
    }

    /// A constant text.
    fn text(&mut self, body: &Body, name: &str) -> Option<String> {
        let expr = body.expr(name)?;
        let text = constant(expr).and_then(|v| v.as_str().map(str::to_string));
        if text.is_none() {
            self.problem(expr.span, format!("{name} must be a constant text"));
        }
        text
    }

    /// A constant truth, false where there is none.
    fn truth(&mut self, body: &Body, name: &str) -> bool {
        let Some(expr) = body.expr(name) else {
            return false;
        };
        constant(expr).and_then(|v| v.as_bool()).unwrap_or_else(|| {
            self.problem(expr.span, format!("{name} must be true or false"));
            false
        })
    }

    /// A constant whole number of zero or more.
    fn count(&mut self, body: &Body, name: &str) -> Option<u64> {
        let expr = body.expr(name)?;
        let number = constant(expr)
            .and_then(|v| v.as_i64())
            .and_then(|i| u64::try_from(i).ok());
        if number.is_none() {
            self.problem(expr.span, format!("{name} must be a whole number"));
        }
        number
    }

    /// A constant list of texts, empty where there is none.
    fn texts(&mut self, body: &Body, name: &str) -> Vec<Str> {
        let Some(expr) = body.expr(name) else {
            return Vec::new();
        };
        let texts = constant(expr).and_then(|v| {
            let items = v.elements()?.iter();
            items.map(|v| v.as_str().map(Str::from)).collect::<Option<Vec<_>>>()
        });
        texts.unwrap_or_else(|| {
            self.problem(expr.span, format!("{name} must be a list of constant texts"));
            Vec::new()
        })
    }

    /// A constant object of texts, empty where there is none.
    fn pairs(&mut self, body: &Body, name: &str) -> IndexMap<Str, Str> {
        let Some(expr) = body.expr(name) else {
            return IndexMap::new();
        };
        let pairs = constant(expr).and_then(|v| {
            let entries = v.entries()?.iter();
            entries
                .map(|(k, v)| Some((k.clone(), v.as_str()?.into())))
                .collect::<Option<_>>()
        });
        pairs.unwrap_or_else(|| {
            self.problem(expr.span, format!("{name} must be an object of constant texts"));
            IndexMap::new()
        })
    }

    /// One of a few words.
    fn word<T: Copy>(&mut self, body: &Body, name: &str, words: &[(&str, T)]) -> Option<T> {
        let expr = body.expr(name)?;
        let given = constant(expr);
        let given = given.as_ref().and_then(|v| v.as_str());
        let found = words.iter().find(|(w, _)| Some(*w) == given).map(|(_, t)| *t);
        if found.is_none() {
            let all: Vec<&str> = words.iter().map(|(w, _)| *w).collect();
            self.problem(expr.span, format!("{name} must be one of {}", all.join(", ")));
        }
        found
    }

    /// An expression that must be there.
    fn expr(&mut self, block: &Block, name: &str) -> Option<Expr> {
        let expr = block.body.expr(name).cloned();
        if expr.is_none() {
            self.problem(block.header, format!("{name} is missing"));
        }
        expr
    }

    /// The one label of a block.
    fn label(&mut self, block: &Block) -> Option<Str> {
        match block.labels.as_slice() {
            [label] => Some(label.text.clone()),
            _ => {
                self.problem(block.header, format!("{} needs one label", block.kind.text));
                None
            }
        }
    }

    /// What a change asks for, where it says so.
    fn on_change(&mut self, body: &Body) -> Option<OnChange> {
        let words = [
            ("update", OnChange::Update),
            ("replace", OnChange::Replace),
            ("local", OnChange::Local),
        ];
        self.word(body, "on_change", &words)
    }
}

/// Reads a whole schema file.
pub(super) fn schema(file: &Body) -> Result<ResourceSchema, Problems> {
    let mut reader = Reader { problems: Vec::new() };
    let schema = match file.blocks.as_slice() {
        [block] => resource(&mut reader, block),
        _ => {
            reader.problem(file.span, "a schema file holds exactly one block");
            None
        }
    };
    match schema {
        Some(schema) if reader.problems.is_empty() => Ok(schema),
        _ => Err(reader.problems),
    }
}

fn resource(r: &mut Reader, block: &Block) -> Option<ResourceSchema> {
    let kind = match &*block.kind.text {
        "resource" => SchemaKind::Resource,
        "data" => SchemaKind::Data,
        "provider" => SchemaKind::Provider,
        other => {
            r.problem(block.header, format!("{other} is neither resource, data nor provider"));
            return None;
        }
    };
    let body = &block.body;
    let type_name = r.label(block)?;
    let on_change = r.on_change(body).unwrap_or(OnChange::Update);
    let local = r.truth(body, "local");
    let mut inner = block_schema(r, body, on_change);
    inner.unmanaged = r.pairs(body, "unmanaged");
    if kind == SchemaKind::Resource && !local {
        block::add_timeouts(&mut inner);
    }
    let provider = match kind {
        SchemaKind::Provider => type_name.clone(),
        _ => r.text(body, "provider").unwrap_or_default().into(),
    };
    if provider.is_empty() {
        r.problem(block.header, "provider is missing");
    }
    let schema = ResourceSchema {
        kind,
        type_name,
        provider,
        version: r
            .count(body, "version")
            .and_then(|v| u32::try_from(v).ok())
            .unwrap_or(0),
        summary: r.text(body, "summary").unwrap_or_default(),
        docs: r.text(body, "docs").unwrap_or_default(),
        identity: r.texts(body, "identity"),
        import_id: r.texts(body, "import_id"),
        timeouts: timeouts(r, body),
        health: parts::health(r, body),
        api: parts::api(r, body),
        // The rules of the whole object stand at the object, not at its block.
        rules: std::mem::take(&mut inner.rules),
        effects: parts::effects(r, body),
        policy_version: r.text(body, "policy_version"),
        replace_when: body.expr("replace_when").cloned(),
        also_called: r.texts(body, "also_called"),
        deprecated: r.text(body, "deprecated"),
        local,
        block: Arc::new(inner),
    };
    if schema.summary.is_empty() {
        r.problem(block.header, "summary is missing");
    }
    check_names(r, block, &schema);
    Some(schema)
}

/// Names of attributes that other parts of the file use must exist.
fn check_names(r: &mut Reader, block: &Block, schema: &ResourceSchema) {
    let BlockSchema { attributes, blocks, .. } = &*schema.block;
    let mut used: Vec<(&str, &str)> = Vec::new();
    used.extend(schema.identity.iter().map(|n| ("identity", &**n)));
    used.extend(schema.import_id.iter().map(|n| ("import_id", &**n)));
    if let Some(health) = &schema.health {
        used.push(("health", &health.phase));
        used.extend(health.error.iter().chain(&health.detail).map(|n| ("health", &**n)));
    }
    for (by, name) in used {
        if !attributes.contains_key(name) && !blocks.contains_key(name) {
            r.problem(block.header, format!("{by} names {name}, which is no attribute"));
        }
    }
    if schema.kind == SchemaKind::Resource {
        if schema.identity.is_empty() {
            r.problem(block.header, "identity is missing");
        }
        if !attributes.contains_key("id") {
            r.problem(block.header, "the attribute id is missing");
        }
    }
}

/// How long to wait where a file says nothing: the default of the Terraform plugin SDK.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(20 * 60);

fn timeouts(r: &mut Reader, body: &Body) -> Timeouts {
    let mut out = Timeouts {
        create: DEFAULT_TIMEOUT,
        update: DEFAULT_TIMEOUT,
        delete: DEFAULT_TIMEOUT,
    };
    let Some(block) = body.blocks_of("timeouts").next() else {
        return out;
    };
    for (name, slot) in [
        ("create", &mut out.create),
        ("update", &mut out.update),
        ("delete", &mut out.delete),
    ] {
        let Some(text) = r.text(&block.body, name) else {
            continue;
        };
        match parse_duration(&text) {
            Some(duration) => *slot = duration,
            None => r.problem(block.header, format!("{name} = {text:?} is no duration such as 10m")),
        }
    }
    out
}
