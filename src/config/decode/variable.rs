//! `variable` blocks.

use super::Decoder;
use crate::base::Diag;
use crate::config::model::Variable;
use crate::config::{codes, constant};
use crate::lang::ast::{Block, Body, Expr, ExprKind, Ident};
use crate::lang::type_expr::{self, TypeConstraint};

impl Decoder {
    pub(super) fn variable(&mut self, block: Block) {
        let before = self.diags.len();
        let Some([name]) = self.labels(&block, 1).and_then(|l| <[Ident; 1]>::try_from(l).ok()) else {
            return;
        };
        if matches!(
            &*name.text,
            "source" | "version" | "providers" | "count" | "for_each" | "lifecycle" | "depends_on" | "locals"
        ) {
            self.diags.push(
                Diag::error(codes::NAME, "Invalid variable name")
                    .detail(format!(
                        "The variable name {:?} is reserved: a module block has an argument of that name.",
                        name.text
                    ))
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
        let mut variable = Variable {
            damaged: false,
            literal: body.expr("type").is_none() || constraint.ty.is_primitive(),
            constraint,
            default: self.default(body),
            description: self.text(body, "description"),
            sensitive: self.flag(body, "sensitive").unwrap_or(false),
            ephemeral: self.flag(body, "ephemeral").unwrap_or(false),
            nullable: self.flag(body, "nullable").unwrap_or(true),
            validations: self.validations(body, &name),
            header: block.header,
        };
        variable.damaged = self.is_damaged(&block.body, before);
        if let Some(first) = self.module.variables.get(&name.text) {
            let summary = "Duplicate variable declaration".into();
            self.duplicate(summary, block.header, first.header, "remove or rename one of them");
        } else {
            self.module.variables.insert(name.text, variable);
        }
    }

    /// A default is written out. That null is none where there may be no null is said here; its type is checked with the value.
    fn default(&mut self, body: &Body) -> Option<Expr> {
        let expr = body.expr("default")?;
        let found = constant::problems(expr);
        if !found.is_empty() {
            self.diags.extend(found);
            return None;
        }
        let null = matches!(&expr.kind, ExprKind::Literal(v) if v.is_null());
        let nullable = body.expr("nullable").map(|e| &e.kind);
        if null && matches!(nullable, Some(ExprKind::Literal(v)) if v.as_bool() == Some(false)) {
            self.diags.push(
                Diag::error(codes::VARIABLE, "Invalid default value for variable")
                    .detail("The default is null, but with nullable = false the variable is never null.")
                    .at(expr.span)
                    .help("remove the default, so that a value must be given, or remove nullable = false"),
            );
            return None;
        }
        Some(expr.clone())
    }
}
