//! Reference pages and machine-readable descriptions, made from schemas alone. Pure: the caller writes the files.
//! A test keeps `docs/reference/` equal to what is made here.

mod json;
mod words;

pub use json::{json, policy, type_json};

use super::Registry;
use super::model::{
    Attribute, BlockSchema, EffectOn, Mode, NestedBlock, Nesting, OnChange, ResourceSchema, SchemaKind,
};
use std::fmt::Write;
use std::time::Duration;
use words::{code, escape};

/// The reference page of a type in Markdown.
pub fn markdown(schema: &ResourceSchema, registry: &Registry) -> String {
    let mut out = String::new();
    head(schema, &mut out);
    let settable = |a: &Attribute| a.mode != Mode::Computed;
    if schema.block.attributes.values().any(settable) {
        out.push_str("\n## Arguments\n\n");
        arguments(&schema.block, &mut out);
    }
    for (name, nested) in &schema.block.blocks {
        nested_block(name, nested, &mut out);
    }
    let computed: Vec<_> = schema
        .block
        .attributes
        .iter()
        .filter(|(_, a)| a.mode == Mode::Computed)
        .collect();
    if !computed.is_empty() {
        out.push_str("\n## Attributes\n\n");
        for (name, attribute) in computed {
            let status = if attribute.volatile { ", a status" } else { "" };
            line(
                &mut out,
                format_args!("- `{name}` ({}{status}): {}", attribute.ty, attribute.doc),
            );
        }
    }
    if !schema.block.unmanaged.is_empty() {
        out.push_str("\n## Not managed\n\nThe vendor's Terraform provider has these, and headworks does not:\n\n");
        for (name, instead) in &schema.block.unmanaged {
            line(&mut out, format_args!("- `{name}`: {instead}."));
        }
    }
    rules(&schema.block, &schema.rules, &mut out);
    effects(schema, &mut out);
    health(schema, &mut out);
    calls(schema, registry, &mut out);
    import(schema, &mut out);
    out
}

/// The text of a template, for Markdown.
fn template_text(expr: &crate::lang::ast::Expr) -> String {
    escape(&words::template_text(expr))
}

/// Writes one line; writing to text can't fail.
fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
    out.push('\n');
}

fn head(schema: &ResourceSchema, out: &mut String) {
    let kind = match schema.kind {
        SchemaKind::Resource => "Resource type",
        SchemaKind::Data => "Data source",
        SchemaKind::Provider => "Provider",
    };
    line(out, format_args!("<!-- Made from the schema; do not edit. -->\n"));
    line(out, format_args!("# {kind} `{}`\n", schema.type_name));
    line(out, format_args!("{}", schema.summary));
    if let Some(why) = &schema.deprecated {
        line(out, format_args!("\n**Deprecated.** {why}"));
    }
    if !schema.docs.is_empty() {
        line(out, format_args!("\n{}", schema.docs.trim_end()));
    }
}

fn arguments(schema: &BlockSchema, out: &mut String) {
    for wanted in [true, false] {
        for (name, attribute) in &schema.attributes {
            if attribute.mode != Mode::Computed && (attribute.mode == Mode::Required) == wanted {
                argument(name, attribute, out);
            }
        }
    }
}

fn argument(name: &str, attribute: &Attribute, out: &mut String) {
    let mut facts = vec![attribute.ty.to_string()];
    facts.push(
        match attribute.mode {
            Mode::Required => "required",
            Mode::Optional => "optional",
            Mode::OptionalComputed => "optional, else decided by the cloud",
            Mode::Computed => "decided by the cloud",
        }
        .into(),
    );
    match attribute.on_change {
        OnChange::Replace => facts.push("a change replaces the object".into()),
        OnChange::Local => facts.push("not sent to the cloud".into()),
        OnChange::Update => {}
    }
    if attribute.secret {
        facts.push("secret: written and never read back; the state keeps a fingerprint".into());
    }
    let mut text = format!("- `{name}` ({}): {}", facts.join("; "), attribute.doc);
    if let Some(why) = &attribute.deprecated {
        let _ = write!(text, " **Deprecated.** {why}");
    }
    if let Some(why) = &attribute.unread {
        let _ = write!(text, " Not compared with the cloud: {why}.");
    }
    for fact in constraints(attribute) {
        let _ = write!(text, " {fact}.");
    }
    if !attribute.env.is_empty() {
        let names: Vec<String> = attribute.env.iter().map(|e| format!("`{e}`")).collect();
        let _ = write!(text, " Read from the environment: {}.", names.join(", "));
    }
    if let Some(source) = &attribute.source {
        let _ = write!(text, " *Source: {source}.*");
    }
    line(out, format_args!("{text}"));
}

/// Default and constraints as sentences without full stops.
fn constraints(attribute: &Attribute) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(default) = &attribute.default {
        out.push(format!("Default: {}", code(default)));
    }
    if !attribute.allowed.is_empty() {
        let all: Vec<String> = attribute.allowed.iter().map(code).collect();
        out.push(format!("One of {}", all.join(", ")));
    }
    match attribute.length {
        Some((min, u64::MAX)) => out.push(format!("Length: at least {min}")),
        Some((0, max)) => out.push(format!("Length: at most {max}")),
        Some((min, max)) => out.push(format!("Length: {min} to {max}")),
        None => {}
    }
    if let Some(pattern) = &attribute.pattern {
        out.push(format!("Must be {}", pattern.meaning));
    }
    match attribute.range {
        Some((min, i64::MAX)) => out.push(format!("At least {min}")),
        Some((i64::MIN, max)) => out.push(format!("At most {max}")),
        Some((min, max)) => out.push(format!("From {min} to {max}")),
        None => {}
    }
    out
}

fn nested_block(path: &str, nested: &NestedBlock, out: &mut String) {
    let count = match (nested.nesting, nested.min, nested.max) {
        (Nesting::Single, 0, _) => "at most one".to_string(),
        (Nesting::Single, ..) => "exactly one".to_string(),
        (_, 0, None) => "any number".to_string(),
        (_, min, None) => format!("at least {min}"),
        (_, 0, Some(max)) => format!("at most {max}"),
        (_, min, Some(max)) => format!("{min} to {max}"),
    };
    let order = match nested.nesting {
        Nesting::List => ", in order",
        Nesting::Set | Nesting::Single => "",
    };
    let change = match nested.on_change {
        OnChange::Replace => "; a change replaces the object",
        OnChange::Local => "; not sent to the cloud",
        OnChange::Update => "",
    };
    line(out, format_args!("\n### Blocks `{path}` ({count}{order}{change})\n"));
    line(out, format_args!("{}\n", nested.doc));
    arguments(&nested.block, out);
    for (name, inner) in &nested.block.blocks {
        nested_block(&format!("{path}.{name}"), inner, out);
    }
}

fn rules(schema: &BlockSchema, own: &[super::model::Rule], out: &mut String) {
    let mut lines = Vec::new();
    collect_rules("", own, &mut lines);
    nested_rules("", schema, &mut lines);
    if lines.is_empty() {
        return;
    }
    out.push_str("\n## Rules\n\n");
    for text in lines {
        line(out, format_args!("{text}"));
    }
}

fn nested_rules(path: &str, schema: &BlockSchema, lines: &mut Vec<String>) {
    for (name, nested) in &schema.blocks {
        let path = format!("{path}{name}.");
        collect_rules(&path, &nested.block.rules, lines);
        nested_rules(&path, &nested.block, lines);
    }
}

fn collect_rules(path: &str, rules: &[super::model::Rule], lines: &mut Vec<String>) {
    for rule in rules {
        let severity = if rule.warning { "warning" } else { "error" };
        let mut text = format!("- `{path}{}` ({severity}): {}", rule.name, template_text(&rule.message));
        if let Some(help) = rule.help.as_ref().map(template_text).filter(|t| !t.is_empty()) {
            let _ = write!(text, ". Help: {help}");
        }
        if let Some(source) = &rule.source {
            let _ = write!(text, ". *Source: {source}.*");
        }
        lines.push(text);
    }
}

fn effects(schema: &ResourceSchema, out: &mut String) {
    if schema.effects.is_empty() {
        return;
    }
    out.push_str("\n## What changes do to the data\n\n");
    for effect in &schema.effects {
        let on: Vec<&str> = effect
            .on
            .iter()
            .map(|on| match on {
                EffectOn::Create => "create",
                EffectOn::Update => "update",
                EffectOn::Replace => "replace",
                EffectOn::Delete => "delete",
            })
            .collect();
        let fix = effect.fix.as_ref().map(template_text).unwrap_or_default();
        let space = if fix.is_empty() { "" } else { " " };
        let (name, on, text) = (&effect.name, on.join(", "), template_text(&effect.text));
        let severity = if effect.warning { "warning" } else { "note" };
        line(
            out,
            format_args!("- `{name}` (on {on}; {severity}): {text}{space}{fix}"),
        );
    }
}

fn health(schema: &ResourceSchema, out: &mut String) {
    let Some(health) = &schema.health else {
        return;
    };
    out.push_str("\n## Health\n\n");
    let pending: Vec<String> = health.pending.iter().map(|p| format!("`{p}`")).collect();
    let made = match pending.is_empty() {
        true => String::new(),
        false => format!(" The object is still being made while it is {}.", pending.join(" or ")),
    };
    line(out, format_args!("`{}` tells the phase.{made}\n", health.phase));
    for (code, (meaning, help)) in &health.causes {
        let (meaning, help) = (escape(meaning), escape(help));
        line(out, format_args!("- `{code}`: {meaning}. Help: {help}."));
    }
}

fn calls(schema: &ResourceSchema, registry: &Registry, out: &mut String) {
    if schema.api.is_empty() {
        return;
    }
    out.push_str("\n## API calls\n\n| service | operation | changes anything | permission |\n|---|---|---|---|\n");
    for call in &schema.api {
        let writes = if call.writes { "yes" } else { "no" };
        line(
            out,
            format_args!(
                "| {} | {} | {writes} | `{}` |",
                call.service, call.operation, call.permission
            ),
        );
    }
    let text = serde_json::to_string_pretty(&policy(&[schema], registry, false)).unwrap_or_default();
    line(
        out,
        format_args!("\nThe least policy that allows them:\n\n```json\n{text}\n```"),
    );
}

fn import(schema: &ResourceSchema, out: &mut String) {
    if schema.kind != SchemaKind::Resource {
        return;
    }
    if !schema.import_id.is_empty() && !schema.local {
        let id: Vec<String> = schema.import_id.iter().map(|n| format!("<{n}>")).collect();
        let (ty, id) = (&schema.type_name, id.join(":"));
        line(
            out,
            format_args!("\n## Import\n\n```console\nheadworks import {ty}.example '{id}'\n```"),
        );
    }
    if !schema.local {
        let t = &schema.timeouts;
        line(
            out,
            format_args!(
                "\n## Timeouts\n\nDefaults: create {}, update {}, delete {}. A `timeouts` block changes them.",
                duration(t.create),
                duration(t.update),
                duration(t.delete)
            ),
        );
    }
}

fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds.is_multiple_of(60) {
        format!("{}m", seconds / 60)
    } else {
        format!("{seconds}s")
    }
}
