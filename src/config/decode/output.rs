//! `output` and `locals` blocks: the values that a module names.

use super::{BLOCKS, Decoder};
use crate::base::{Diag, Type, Value};
use crate::config::codes;
use crate::config::model::{Local, Output};
use crate::lang::ast::{Block, Expr, ExprKind, Ident};

impl Decoder {
    pub(super) fn locals(&mut self, block: Block) {
        self.labels(&block, 0);
        self.module.incomplete |= block.body.damaged || !block.body.blocks.is_empty();
        for inner in &block.body.blocks {
            if block.body.damaged && BLOCKS.contains(&&*inner.kind.text) {
                continue;
            }
            let name = &*inner.kind.text;
            self.diags.push(
                Diag::error(codes::UNSUPPORTED, format!("Unexpected {name:?} block"))
                    .detail("Blocks are not allowed here: a locals block holds arguments only.")
                    .at(inner.kind.span)
                    .help(format!("for an object, write {name} = {{ … }}")),
            );
        }
        for (name, attribute) in block.body.attributes {
            if let Some(first) = self.module.locals.get(&name) {
                let summary = "Duplicate local value definition".into();
                self.duplicate(summary, attribute.span, first.span, "remove or rename one of them");
                continue;
            }
            let local = Local {
                span: attribute.span,
                value: attribute.value,
            };
            self.module.locals.insert(name, local);
        }
    }

    pub(super) fn output(&mut self, block: Block) {
        let Some([name]) = self.labels(&block, 1).and_then(|l| <[Ident; 1]>::try_from(l).ok()) else {
            return;
        };
        self.only(
            &block.body,
            &["value", "description", "sensitive", "ephemeral", "depends_on"],
            &["precondition", "postcondition"],
        );
        for inner in block.body.blocks_of("postcondition") {
            self.diags.push(
                Diag::error(codes::UNSUPPORTED, "Postconditions are not allowed")
                    .detail("An output can only have preconditions.")
                    .at(inner.kind.span),
            );
        }
        let value = block.body.expr("value").cloned().unwrap_or_else(|| {
            self.missing(&block, "value");
            // The output is declared all the same.
            Expr {
                kind: ExprKind::Literal(Value::unknown(Type::Dynamic)),
                span: block.header,
            }
        });
        let output = Output {
            value,
            description: self.text(&block.body, "description"),
            sensitive: self.flag(&block.body, "sensitive").unwrap_or(false),
            ephemeral: self.flag(&block.body, "ephemeral").unwrap_or(false),
            preconditions: self.conditions(&block.body, "precondition"),
            depends_on: self.depends_on(&block.body),
            header: block.header,
        };
        if let Some(first) = self.module.outputs.get(&name.text) {
            let summary = "Duplicate output definition".into();
            self.duplicate(summary, block.header, first.header, "remove or rename one of them");
        } else {
            self.module.outputs.insert(name.text, output);
        }
    }
}
