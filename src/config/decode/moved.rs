//! `moved`, `removed` and `import` blocks.

use super::Decoder;
use super::codes;
use crate::base::{Diag, InstanceKey, ResourceMode};
use crate::config::constant;
use crate::config::endpoint::{Endpoint, Target};
use crate::config::model::{Import, Moved, Removed};
use crate::lang::ast::{Block, Body, ExprKind};

impl Decoder {
    pub(super) fn moved(&mut self, block: &Block) {
        if !self.unlabelled(block) {
            return;
        }
        self.only(&block.body, &["from", "to"], &[]);
        let (from, to) = (self.endpoint(block, "from"), self.endpoint(block, "to"));
        let (Some(mut from), Some(mut to)) = (from, to) else {
            return;
        };
        if from.resource.is_some() != to.resource.is_some() {
            self.diags.push(
                Diag::error(codes::MOVED, "Invalid \"moved\" addresses")
                    .detail("The addresses of \"from\" and \"to\" are both of resources, or both of modules.")
                    .at(block.header),
            );
            return;
        }
        let whole = from.is_bare() && to.is_bare();
        (from.whole, to.whole) = (whole, whole);
        self.module.moved.push(Moved {
            from,
            to,
            header: block.header,
        });
    }

    fn unlabelled(&mut self, block: &Block) -> bool {
        let Some(label) = block.labels.first() else {
            return true;
        };
        self.diags.push(
            Diag::error(codes::NAME, format!("Extraneous label for {}", block.kind.text))
                .detail(format!("A {} block has no labels.", block.kind.text))
                .at(label.span),
        );
        false
    }

    fn endpoint(&mut self, block: &Block, name: &str) -> Option<Endpoint> {
        let Some(expr) = block.body.expr(name) else {
            self.missing(block, name);
            return None;
        };
        let found = Endpoint::of(expr);
        found.map_err(|diag| self.diags.push(diag)).ok()
    }

    pub(super) fn removed(&mut self, block: &Block) {
        if !self.unlabelled(block) {
            return;
        }
        self.only(&block.body, &["from"], &["lifecycle", "connection", "provisioner"]);
        for inner in &block.body.blocks {
            if matches!(&*inner.kind.text, "connection" | "provisioner") {
                self.diags.push(
                    Diag::error(codes::UNSUPPORTED, format!("Invalid {} block", inner.kind.text))
                        .detail("Headworks runs no provisioners: an object is deleted by its provider alone.")
                        .at(inner.header),
                );
            }
        }
        let destroy = self.destroy(&block.body);
        let Some(mut from) = self.endpoint(block, "from") else {
            return;
        };
        let span = block.body.expr("from").map_or(block.header, |e| e.span);
        let refuse = |summary: &str, why: &str| Diag::error(codes::MOVED, summary).detail(why).at(span);
        let keyed = from.modules.iter().any(|(_, key)| *key != InstanceKey::None);
        if from.resource.as_ref().is_some_and(|r| r.mode == ResourceMode::Data) {
            let why = "A data source is never deleted: to drop it from the state, remove its block.";
            self.diags.push(refuse("Data source address not allowed", why));
        } else if keyed {
            let why = "A removed block is about a module call with all its instances.";
            self.diags.push(refuse("Module instance keys not allowed", why));
        } else if !from.is_bare() {
            let why = "A removed block is about a resource with all its instances.";
            self.diags.push(refuse("Resource instance keys not allowed", why));
        } else {
            from.whole = true;
            self.module.removed.push(Removed {
                from,
                destroy,
                header: block.header,
            });
        }
    }

    /// Whether the objects of a `removed` block are deleted, which is so unless it says otherwise.
    fn destroy(&mut self, body: &Body) -> bool {
        let mut blocks = body.blocks_of("lifecycle");
        let Some(lifecycle) = blocks.next() else {
            return true;
        };
        if let Some(second) = blocks.next() {
            let summary = "Duplicate lifecycle block".to_string();
            self.duplicate(summary, second.header, lifecycle.header, "keep one of them");
        }
        self.only(&lifecycle.body, &["destroy"], &[]);
        let Some(expr) = lifecycle.body.expr("destroy") else {
            return true;
        };
        let value = match &expr.kind {
            ExprKind::Literal(v) => match v.as_str() {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => v.as_bool(),
            },
            _ => None,
        };
        let found = constant::problems(expr);
        if !found.is_empty() {
            self.diags.extend(found);
        } else if value.is_none() {
            self.diags.push(
                Diag::error(codes::STATIC, "Unsuitable value type")
                    .detail("The argument \"destroy\" is true or false, written out.")
                    .at(expr.span),
            );
        }
        value.unwrap_or(true)
    }

    pub(super) fn import(&mut self, block: &Block) {
        if !self.unlabelled(block) {
            return;
        }
        let body = &block.body;
        self.only(body, &["to", "id", "for_each", "provider"], &[]);
        for name in ["id", "to"] {
            if body.expr(name).is_none() {
                self.missing(block, name);
            }
        }
        let (Some(to), Some(id)) = (body.expr("to"), body.expr("id")) else {
            return;
        };
        let to = match Target::of(to) {
            Ok(to) => to,
            Err(diag) => {
                self.diags.push(diag);
                return;
            }
        };
        let refuse = |why: &str| {
            Diag::error(codes::IMPORT, "Invalid import address")
                .detail(why)
                .at(to.span)
        };
        match &to.resource {
            None => self
                .diags
                .push(refuse("An import is about a resource, not about a module.")),
            Some(r) if r.mode == ResourceMode::Data => {
                self.diags.push(refuse(
                    "A data source has nothing to import: it is read anew each time.",
                ));
            }
            Some(_) if block.body.expr("for_each").is_none() && !to.is_static() => {
                self.diags.push(
                    Diag::error(codes::STATIC, "Invalid expression")
                        .detail("Without for_each the address is written out, with fixed keys in square brackets.")
                        .at(to.span),
                );
            }
            Some(_) => {
                let addr = to.resource.as_ref().map(|r| r.implied_block());
                let provider = body.attributes.get("provider").map(|a| a.name.span).zip(addr);
                let provider = provider.map(|(span, addr)| (self.provider_of(body, &addr), span));
                self.module.imports.push(Import {
                    id: id.clone(),
                    for_each: body.expr("for_each").cloned(),
                    provider,
                    header: block.header,
                    to,
                });
            }
        }
    }
}
