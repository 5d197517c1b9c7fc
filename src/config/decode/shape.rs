//! What is checked the same way in every kind of block: its labels, its arguments, and the values that must be written
//! out.

use super::{Decoder, is_identifier, literal_text};
use crate::base::{Diag, Span, did_you_mean};
use crate::config::codes;
use crate::lang::ast::{Attribute, Block, Body, ExprKind, Ident};

impl Decoder {
    pub(super) fn labels(&mut self, block: &Block, wanted: usize) -> Option<Vec<Ident>> {
        if block.labels.len() != wanted {
            let forms = ["no name", "one name", "a type and a name"];
            self.diags.push(
                Diag::error(
                    codes::NAME,
                    format!("Wrong number of labels for {} block", block.kind.text),
                )
                .detail(format!(
                    "A {} block has {} in its header, here are {}.",
                    block.kind.text,
                    forms[wanted.min(2)],
                    block.labels.len()
                ))
                .at(block.header),
            );
            return None;
        }
        for label in &block.labels {
            if !is_identifier(&label.text) {
                self.diags.push(
                    Diag::error(codes::NAME, "Invalid name")
                        .detail("A name begins with a letter or underscore and has only letters, digits, underscores and dashes.")
                        .at(label.span),
                );
                return None;
            }
        }
        Some(block.labels.clone())
    }

    pub(super) fn only(&mut self, body: &Body, arguments: &[&str], blocks: &[&str]) {
        for attribute in body.attributes.values() {
            if !arguments.contains(&&*attribute.name.text) {
                self.unsupported_argument(attribute, arguments);
            }
        }
        for block in &body.blocks {
            if !blocks.contains(&&*block.kind.text) {
                self.diags.push(
                    Diag::error(codes::UNSUPPORTED, "Unsupported block type")
                        .detail(format!("Blocks of type {:?} are not expected here.", block.kind.text))
                        .at(block.kind.span),
                );
            }
        }
    }

    pub(super) fn unsupported_argument(&mut self, attribute: &Attribute, known: &[&str]) {
        let mut diag = Diag::error(codes::UNSUPPORTED, "Unsupported argument")
            .detail(format!(
                "An argument named {:?} is not expected here.",
                attribute.name.text
            ))
            .at(attribute.name.span);
        if let Some(near) = did_you_mean(&attribute.name.text, known.iter().copied()) {
            diag = diag.help(format!("did you mean {near:?}?"));
        }
        self.diags.push(diag);
    }

    pub(super) fn missing(&mut self, block: &Block, name: &str) {
        self.diags.push(
            Diag::error(codes::UNSUPPORTED, "Missing required argument")
                .detail(format!(
                    "The argument {name:?} is required, but no definition was found."
                ))
                .at(block.missing_place()),
        );
    }

    pub(super) fn duplicate(&mut self, summary: String, second: Span, first: Span, help: &str) {
        self.diags.push(
            Diag::error(codes::DUPLICATE, summary)
                .at(second)
                .label("declared again here")
                .related(first, "first declared here")
                .help(help),
        );
    }

    pub(super) fn must_be_literal(&mut self, attribute: &Attribute, what: &str) {
        self.diags.push(
            Diag::error(codes::STATIC, format!("Invalid value for {:?}", attribute.name.text))
                .detail(format!(
                    "It must be written out as {what}; expressions are not allowed here."
                ))
                .at(attribute.value.span),
        );
    }

    pub(super) fn flag(&mut self, body: &Body, name: &str) -> Option<bool> {
        let attribute = body.attributes.get(name)?;
        let value = match &attribute.value.kind {
            ExprKind::Literal(v) => match v.as_str() {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => v.as_bool(),
            },
            _ => None,
        };
        if value.is_none() {
            self.must_be_literal(attribute, "true or false");
        }
        value
    }

    pub(super) fn text(&mut self, body: &Body, name: &str) -> Option<String> {
        let attribute = body.attributes.get(name)?;
        let text = literal_text(&attribute.value);
        if text.is_none() {
            self.must_be_literal(attribute, "quoted text");
        }
        text.map(|t| t.to_string())
    }
}
