//! `lifecycle` blocks, and the conditions that they, variables and outputs hold.

use super::{Decoder, is_identifier, literal_text};
use crate::base::{AttrPath, Diag, Kind, PathStep, ResourceMode};
use crate::config::codes;
use crate::config::model::{IgnoreChanges, Lifecycle};
use crate::lang::ast::{Attribute, Block, Body, Expr, ExprKind, Reference, StepKind};

const NOT_FOR_DATA: &[&str] = &[
    "create_before_destroy",
    "prevent_destroy",
    "ignore_changes",
    "replace_triggered_by",
];

/// Names at the beginning of references that are of no managed resource.
const NO_RESOURCES: &[&str] = &[
    "var",
    "local",
    "data",
    "module",
    "each",
    "count",
    "self",
    "path",
    "terraform",
    "ephemeral",
];

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
        self.label_count(block, 0);
        if mode == ResourceMode::Data {
            self.not_for_data(block);
        }
        let arguments: &[&str] = match mode {
            ResourceMode::Managed => &[
                "create_before_destroy",
                "prevent_destroy",
                "ignore_changes",
                "replace_triggered_by",
            ],
            // Refused above.
            ResourceMode::Data => NOT_FOR_DATA,
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
            lifecycle.replace_triggered_by = self.triggers(attribute, body);
        }
        lifecycle
    }

    /// `count.index` needs a block with `count`, `each.key` one with `for_each`.
    pub(super) fn has_key(&mut self, key: &Expr, body: &Body) {
        let ExprKind::Reference(r) = &key.kind else { return };
        let (summary, argument) = match &*r.root.text {
            "count" => ("Reference to \"count\" in non-counted context", "count"),
            "each" => ("Reference to \"each\" in context without for_each", "for_each"),
            _ => return,
        };
        if !body.attributes.contains_key(argument) {
            self.diags.push(
                Diag::error(codes::UNDECLARED, summary)
                    .detail(format!(
                        "The {:?} object can only be used in a block that has the {argument} argument.",
                        &*r.root.text
                    ))
                    .at(key.span),
            );
        }
    }

    fn not_for_data(&mut self, block: &Block) {
        for name in NOT_FOR_DATA {
            if let Some(attribute) = block.body.attributes.get(*name) {
                self.diags.push(
                    Diag::error(codes::UNSUPPORTED, "Invalid data resource lifecycle argument")
                        .detail(format!(
                            "The lifecycle argument {name:?} is only for managed resources: a data source is read, never changed."
                        ))
                        .at(attribute.name.span),
                );
            }
        }
    }

    /// What makes a replacement when it changes: references to resources, whose keys may be `count.index` or `each.key`.
    fn triggers(&mut self, attribute: &Attribute, body: &Body) -> Vec<Expr> {
        let ExprKind::Tuple(items) = &attribute.value.kind else {
            self.invalid_expression(
                attribute.value.start_span(),
                "A list of references to resources is required.",
            );
            return Vec::new();
        };
        for item in items {
            let Some((reference, key)) = trigger(item) else {
                self.diags.push(
                    Diag::error(codes::STATIC, "Invalid replace_triggered_by expression")
                        .detail("Each element is a reference to a resource, an instance or an attribute of one.")
                        .at(item.span)
                        .help("write it without quotes and calculation: TYPE.NAME or TYPE.NAME.ATTRIBUTE"),
                );
                continue;
            };
            let root = &*reference.root.text;
            let names = usize::from(root == "resource");
            let managed = !NO_RESOURCES.contains(&root)
                && matches!(reference.steps.get(names).map(|s| &s.kind), Some(StepKind::Attr(_)));
            let own_key = key.is_none_or(|key| match &key.kind {
                ExprKind::Reference(r) => {
                    let name = r.steps.first().map(|s| &s.kind);
                    matches!((&*r.root.text, name), ("count", Some(StepKind::Attr(n))) if &**n == "index")
                        || matches!((&*r.root.text, name), ("each", Some(StepKind::Attr(n))) if &**n == "key")
                }
                _ => false,
            });
            if let (true, true, Some(key)) = (managed, own_key, key) {
                self.has_key(key, body);
            }
            if !managed || !own_key {
                let detail = match managed {
                    false => {
                        "Only resources can trigger a replacement; a terraform_data resource can stand for another value."
                    }
                    true => "The key of an instance must be written out, or be count.index or each.key.",
                };
                self.diags.push(
                    Diag::error(codes::STATIC, "Invalid reference in replace_triggered_by expression")
                        .detail(detail)
                        .at(item.span),
                );
            }
        }
        items.to_vec()
    }

    pub(super) fn ignore_changes(&mut self, attribute: &Attribute) -> IgnoreChanges {
        let items = match &attribute.value.kind {
            ExprKind::Reference(r) if &*r.root.text == "all" && r.steps.is_empty() => return IgnoreChanges::All,
            ExprKind::Tuple(items) => items,
            _ => {
                let span = attribute.value.start_span();
                let diag = Diag::error(codes::STATIC, "Invalid expression")
                    .detail("The word all without quotes, or a list of attributes, is required.");
                self.diags.push(match &attribute.value.kind {
                    ExprKind::Reference(r) if r.steps.is_empty() => diag.at(span).suggest(&r.root.text, ["all"]),
                    _ => diag.at(span),
                });
                return IgnoreChanges::None;
            }
        };
        let mut paths = Vec::new();
        for item in items {
            match ignored_path(item) {
                Some(path) => paths.push((path, item.span)),
                None if literal_text(item).as_deref() == Some("*") => self.diags.push(
                    Diag::error(codes::STATIC, "Invalid ignore_changes wildcard")
                        .detail("A list in ignore_changes has no wildcard.")
                        .at(attribute.value.span)
                        .help("write ignore_changes = all"),
                ),
                None => self.invalid_expression(
                    item.span,
                    "Each element is the name of an attribute, which may be followed by keys: tags[\"owner\"].",
                ),
            }
        }
        IgnoreChanges::Paths(paths)
    }
}

/// The reference of a trigger, with the key of its instance if that is no literal.
fn trigger(item: &Expr) -> Option<(&Reference, Option<&Expr>)> {
    match &item.kind {
        ExprKind::Reference(r) => Some((r, None)),
        ExprKind::Index(source, key) => match &source.kind {
            ExprKind::Reference(r) => Some((r, Some(key))),
            _ => None,
        },
        ExprKind::Traversal(source, _) => trigger(source),
        _ => None,
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
