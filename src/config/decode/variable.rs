//! `variable` blocks.

use super::Decoder;
use crate::base::Diag;
use crate::config::codes;
use crate::config::model::Variable;
use crate::lang::ast::{Block, Ident};
use crate::lang::type_expr::{self, TypeConstraint};

impl Decoder {
    pub(super) fn variable(&mut self, block: Block) {
        let Some([name]) = self.labels(&block, 1).and_then(|l| <[Ident; 1]>::try_from(l).ok()) else {
            return;
        };
        if matches!(
            &*name.text,
            "source" | "version" | "providers" | "count" | "for_each" | "lifecycle" | "depends_on" | "locals"
        ) {
            self.diags.push(
                Diag::error(codes::NAME, "Invalid variable name")
                    .detail(format!("The variable name {:?} is reserved.", name.text))
                    .at(name.span),
            );
        }
        self.only(
            &block.body,
            &["type", "default", "description", "sensitive", "nullable", "ephemeral"],
            &["validation"],
        );
        let body = &block.body;
        let constraint = match body.expr("type") {
            Some(expr) => {
                let (constraint, found) = type_expr::type_constraint(expr);
                self.diags.extend(found);
                constraint
            }
            None => TypeConstraint::any(),
        };
        let variable = Variable {
            literal: body.expr("type").is_none() || constraint.ty.is_primitive(),
            constraint,
            default: body.expr("default").cloned(),
            description: self.text(body, "description"),
            sensitive: self.flag(body, "sensitive").unwrap_or(false),
            ephemeral: self.flag(body, "ephemeral").unwrap_or(false),
            nullable: self.flag(body, "nullable").unwrap_or(true),
            validations: self.validations(body, &name),
            header: block.header,
        };
        if let Some(first) = self.module.variables.get(&name.text) {
            let summary = format!("Duplicate variable declaration: {}", name.text);
            self.duplicate(summary, block.header, first.header, "remove or rename one of them");
        } else {
            self.module.variables.insert(name.text, variable);
        }
    }
}
