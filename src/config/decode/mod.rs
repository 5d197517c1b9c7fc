//! Top-level blocks of all files of a module to a [`Module`]: which blocks there are, their labels and
//! arguments, and that each is declared once. Evaluates nothing but literal flags.

mod call;
mod checks;
mod lifecycle;
mod moved;
mod output;
mod provider;
mod requirements;
mod resource;
mod shape;
mod terraform;
mod variable;

#[cfg(test)]
mod tests;

use super::codes;
use super::model::Module;
use crate::base::{Diag, Diags, Kind, ResourceMode, Str, Value, did_you_mean};
use crate::lang::ast::{Block, Body, Expr, ExprKind};

const BLOCKS: &[&str] = &[
    "terraform",
    "provider",
    "variable",
    "locals",
    "output",
    "resource",
    "data",
    "ephemeral",
    "module",
    "moved",
    "removed",
    "import",
    "check",
];

/// Decodes the bodies of all files of one module.
pub fn decode(bodies: Vec<Body>) -> (Module, Diags) {
    let mut d = Decoder::default();
    for body in bodies {
        for attribute in body.attributes.values() {
            d.diags.push(
                Diag::error(codes::UNSUPPORTED, "Unsupported argument")
                    .detail(format!(
                        "An argument named {:?} is not expected here: a configuration file holds blocks.",
                        attribute.name.text
                    ))
                    .at(attribute.name.span),
            );
        }
        for block in body.blocks {
            d.block(block);
        }
    }
    (d.module, d.diags)
}

#[derive(Default)]
struct Decoder {
    module: Module,
    settings: terraform::Settings,
    diags: Diags,
}

impl Decoder {
    fn block(&mut self, block: Block) {
        match &*block.kind.text {
            "terraform" => self.terraform(&block),
            "provider" => self.provider(block),
            "variable" => self.variable(block),
            "locals" => self.locals(block),
            "output" => self.output(block),
            "resource" => self.resource(block, ResourceMode::Managed),
            "data" => self.resource(block, ResourceMode::Data),
            "module" => self.call(block),
            "moved" => self.moved(&block),
            "removed" => self.removed(&block),
            "import" => self.import(&block),
            "check" => self.check(block),
            "ephemeral" => self.ephemeral(&block),
            other => {
                let mut diag = Diag::error(codes::UNSUPPORTED, "Unsupported block type")
                    .detail(format!("Blocks of type {other:?} are not expected here."))
                    .at(block.kind.span);
                if let Some(near) = did_you_mean(other, BLOCKS.iter().copied()) {
                    diag = diag.help(format!("did you mean {near:?}?"));
                }
                self.diags.push(diag);
            }
        }
    }

    /// No provider has ephemeral resources.
    fn ephemeral(&mut self, block: &Block) {
        let Some(labels) = self.labels(block, 2) else { return };
        let Some(kind) = labels.first() else { return };
        self.diags.push(
            Diag::error(codes::TYPE, "Invalid ephemeral resource")
                .detail(format!("There is no ephemeral resource type {:?}.", &*kind.text))
                .at(kind.span)
                .help("for a value that is not kept, declare a variable with ephemeral = true"),
        );
    }
}

fn literal_text(expr: &Expr) -> Option<Str> {
    match &expr.kind {
        ExprKind::Literal(Value {
            kind: Kind::String(s), ..
        }) => Some(s.clone()),
        _ => None,
    }
}

pub(crate) fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}
