//! `lifecycle` blocks, and the conditions that they, variables and outputs hold.

use super::{Decoder, is_identifier, literal_text};
use crate::base::{AttrPath, Diag, Kind, PathStep, ResourceMode};
use crate::config::codes;
use crate::config::model::{IgnoreChanges, Lifecycle};
use crate::lang::ast::{Attribute, Body, Expr, ExprKind, StepKind};

impl Decoder {
    pub(super) fn lifecycle(&mut self, body: &Body, mode: ResourceMode) -> Lifecycle {
        let mut lifecycle = Lifecycle::default();
        let mut blocks = body.blocks_of("lifecycle");
        let Some(block) = blocks.next() else {
            return lifecycle;
        };
        if let Some(second) = blocks.next() {
            self.duplicate(
                "Duplicate lifecycle block".into(),
                second.header,
                block.header,
                "keep one of them",
            );
        }
        let arguments: &[&str] = match mode {
            ResourceMode::Managed => &[
                "create_before_destroy",
                "prevent_destroy",
                "ignore_changes",
                "replace_triggered_by",
            ],
            ResourceMode::Data => &[],
        };
        self.only(&block.body, arguments, &["precondition", "postcondition"]);
        lifecycle.create_before_destroy = self.flag(&block.body, "create_before_destroy").unwrap_or(false);
        lifecycle.prevent_destroy = self.flag(&block.body, "prevent_destroy").unwrap_or(false);
        lifecycle.preconditions = self.conditions(&block.body, "precondition");
        lifecycle.postconditions = self.conditions(&block.body, "postcondition");
        if let Some(attribute) = block.body.attributes.get("ignore_changes") {
            lifecycle.ignore_changes = self.ignore_changes(attribute);
        }
        if let Some(attribute) = block.body.attributes.get("replace_triggered_by") {
            match &attribute.value.kind {
                ExprKind::Tuple(items) => lifecycle.replace_triggered_by = items.to_vec(),
                _ => self.must_be_literal(attribute, "a list of references"),
            }
        }
        lifecycle
    }

    pub(super) fn ignore_changes(&mut self, attribute: &Attribute) -> IgnoreChanges {
        let items = match &attribute.value.kind {
            ExprKind::Reference(r) if &*r.root.text == "all" && r.steps.is_empty() => return IgnoreChanges::All,
            ExprKind::Tuple(items) => items,
            _ => {
                self.must_be_literal(attribute, "the word all, or a list of attributes");
                return IgnoreChanges::None;
            }
        };
        let mut paths = Vec::new();
        for item in items {
            match ignored_path(item) {
                Some(path) => paths.push((path, item.span)),
                None => self.diags.push(
                    Diag::error(codes::STATIC, "Invalid expression in ignore_changes")
                        .detail(
                            "Each element is the name of an attribute, which may be followed by keys: tags[\"owner\"].",
                        )
                        .at(item.span),
                ),
            }
        }
        IgnoreChanges::Paths(paths)
    }
}

/// `tags`, `tags["k"]`, `schema[0].type`, or the legacy quoted name.
pub(super) fn ignored_path(expr: &Expr) -> Option<AttrPath> {
    match &expr.kind {
        ExprKind::Literal(_) => literal_text(expr).filter(|t| is_identifier(t)).map(AttrPath::attr),
        ExprKind::Reference(r) => {
            let mut path = AttrPath::attr(r.root.text.clone());
            for step in &r.steps {
                path.0.push(match &step.kind {
                    StepKind::Attr(name) => PathStep::Attr(name.clone()),
                    StepKind::Index(v) => match &v.kind {
                        Kind::String(s) => PathStep::Key(s.clone()),
                        _ => PathStep::Index(usize::try_from(v.as_i64()?).ok()?),
                    },
                });
            }
            Some(path)
        }
        _ => None,
    }
}
