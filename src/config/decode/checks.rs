//! `check` blocks, and the conditions of everything that has some: what must stand in them. Evaluates nothing.

use super::Decoder;
use crate::base::{Diag, ResourceAddr, ResourceMode, Span};
use crate::config::codes;
use crate::config::model::{Check, Condition};
use crate::lang::ast::{Block, Body, Expr, Ident};

impl Decoder {
    /// `check "NAME" { data … assert … }`
    pub(super) fn check(&mut self, block: Block) {
        let Some([name]) = self.labels(&block, 1).and_then(|l| <[Ident; 1]>::try_from(l).ok()) else {
            return;
        };
        self.only(&block.body, &[], &["data", "assert"]);
        let header = block.header;
        let asserts = self.conditions(&block.body, "assert");
        if asserts.is_empty() {
            self.diags.push(
                Diag::error(codes::CONDITION, "Zero assert blocks")
                    .detail("A check block must have at least one assert block.")
                    .at(header),
            );
        }
        if let Some(first) = self.module.checks.get(&name.text) {
            let summary = format!("Duplicate check {:?} configuration", &*name.text);
            let place = first.header;
            self.duplicate(summary, header, place, "check names must be unique in a module");
            return;
        }
        let mut data = None;
        for inner in block.body.blocks {
            if &*inner.kind.text != "data" {
                continue;
            }
            if data.is_some() {
                self.diags.push(
                    Diag::error(codes::CONDITION, "Multiple data resource blocks")
                        .detail("A check block has at most one data block.")
                        .at(inner.header),
                );
                continue;
            }
            data = self.scoped(inner, &name);
        }
        self.module.checks.insert(name.text, Check { data, asserts, header });
    }

    /// A data block that only its check sees.
    fn scoped(&mut self, block: Block, check: &Ident) -> Option<ResourceAddr> {
        for (name, attribute) in &block.body.attributes {
            if matches!(&**name, "count" | "for_each") {
                self.diags.push(
                    Diag::error(codes::UNSUPPORTED, format!("Invalid {name:?} attribute"))
                        .detail(format!("A data block in a check can't have {name}."))
                        .at(attribute.name.span),
                );
                return None;
            }
        }
        if let Some(lifecycle) = block.body.blocks_of("lifecycle").next() {
            self.diags.push(
                Diag::error(codes::UNSUPPORTED, "Invalid \"lifecycle\" block")
                    .detail("A data block in a check can't have a lifecycle block: assertions say what must hold.")
                    .at(lifecycle.header),
            );
            return None;
        }
        let [type_name, name] = <[Ident; 2]>::try_from(block.labels.clone()).ok()?;
        let addr = ResourceAddr {
            mode: ResourceMode::Data,
            ..ResourceAddr::managed(type_name.text, name.text)
        };
        let taken = self.module.resources.contains_key(&addr);
        self.resource(block, ResourceMode::Data);
        let resource = self.module.resources.get_mut(&addr).filter(|_| !taken)?;
        resource.check = Some(check.text.clone());
        Some(addr)
    }

    /// The blocks of a kind that hold a condition with its message.
    pub(super) fn conditions(&mut self, body: &Body, kind: &str) -> Vec<Condition> {
        let mut out = Vec::new();
        for block in body.blocks_of(kind) {
            self.only(&block.body, &["condition", "error_message"], &[]);
            match (block.body.expr("condition"), block.body.expr("error_message")) {
                (Some(condition), Some(message)) => {
                    if !refers(condition) {
                        self.diags.push(constant(kind, condition.span));
                        continue;
                    }
                    out.push(Condition {
                        condition: condition.clone(),
                        message: message.clone(),
                        header: block.header,
                    });
                }
                (condition, _) => {
                    let name = if condition.is_none() {
                        "condition"
                    } else {
                        "error_message"
                    };
                    self.missing(block, name);
                }
            }
        }
        out
    }

    /// The validations of a variable: each must look at its value.
    pub(super) fn validations(&mut self, body: &Body, name: &Ident) -> Vec<Condition> {
        let found = self.conditions(body, "validation");
        for condition in &found {
            if !refers_to_variable(&condition.condition, &name.text) {
                self.diags.push(
                    Diag::error(codes::CONDITION, "Invalid variable validation condition")
                        .detail(format!(
                            "The condition for variable {:?} must refer to var.{} in order to test incoming values.",
                            name.text, name.text
                        ))
                        .at(condition.condition.span),
                );
            }
        }
        found
    }
}

fn refers(expr: &Expr) -> bool {
    let mut found = false;
    expr.each_reference(&mut |_, _| found = true);
    found
}

fn refers_to_variable(expr: &Expr, name: &str) -> bool {
    let mut found = false;
    expr.each_reference(&mut |r, _| {
        let to = match r.steps.first().map(|s| &s.kind) {
            Some(crate::lang::ast::StepKind::Attr(to)) => Some(&**to),
            _ => None,
        };
        found |= &*r.root.text == "var" && to == Some(name);
    });
    found
}

fn constant(kind: &str, span: Span) -> Diag {
    Diag::error(codes::CONDITION, format!("Invalid {kind} expression"))
        .detail(
            "The condition must refer to at least one object from elsewhere in the configuration; otherwise it would check \
             nothing.",
        )
        .at(span)
}
