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
use crate::base::{Diag, Diags, Kind, ResourceMode, Severity, Str, Value};
use crate::lang::ast::{Block, Body, Expr, ExprKind};

/// The types of blocks that a file holds.
pub(crate) const BLOCKS: &[&str] = &[
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
        d.json = body.json;
        d.module.incomplete |= body.damaged;
        for attribute in body.attributes.values() {
            d.misplaced_argument(attribute, &[], BLOCKS);
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
    /// The file is in JSON, where all is a property.
    json: bool,
    diags: Diags,
}

impl Decoder {
    /// Whether a block has parts that can't be used; `before` is how many problems there were when its decoding began.
    fn is_damaged(&self, body: &Body, before: usize) -> bool {
        body.is_damaged() || self.diags.iter().skip(before).any(|d| d.severity == Severity::Error)
    }

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
            _ => {
                // What it was to declare is not known.
                self.module.incomplete = true;
                self.unsupported_block(&block, &[], BLOCKS);
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
