//! What is checked the same way in every kind of block: its labels, its arguments, and the values that must be written
//! out.

use super::{BLOCKS, Decoder, is_identifier};
use crate::base::{Diag, Kind, Span, Value, did_you_mean};
use crate::config::codes;
use crate::config::constant;
use crate::lang::ast::{Attribute, Block, Body, ExprKind, Ident};

/// What the labels of a kind of block are called.
fn label_names(kind: &str) -> &'static [&'static str] {
    match kind {
        "resource" | "data" | "ephemeral" => &["type", "name"],
        "backend" => &["type"],
        _ => &["name"],
    }
}

/// What the name that a label gives is called in messages.
fn name_of(kind: &str, label: usize) -> String {
    match (kind, label) {
        ("resource", 0) => "resource type name".into(),
        ("data", 0) => "data source name".into(),
        ("data", _) => "data resource name".into(),
        ("module", _) => "module instance name".into(),
        ("check", _) => "check block name".into(),
        _ => format!("{kind} name"),
    }
}

/// The opening brace of a block.
pub(super) fn brace(block: &Block) -> Span {
    let start = block.body.span.start;
    Span {
        end: block.body.span.end.min(start.saturating_add(1)),
        ..block.body.span
    }
}

impl Decoder {
    /// The labels of a block that wants that many, each an identifier.
    pub(super) fn labels(&mut self, block: &Block, wanted: usize) -> Option<Vec<Ident>> {
        if !self.label_count(block, wanted) {
            // What it was to declare is not known.
            self.module.incomplete = true;
            return None;
        }
        let kind = &*block.kind.text;
        let mut fine = true;
        for (i, label) in block.labels.iter().enumerate() {
            // Which names a provider can have is said where it is looked up.
            if kind != "provider" && !is_identifier(&label.text) {
                fine = false;
                self.diags.push(
                    Diag::error(codes::NAME, format!("Invalid {}", name_of(kind, i)))
                        .detail(
                            "A name must start with a letter or underscore and may contain only letters, digits, \
                             underscores, and dashes.",
                        )
                        .at(label.span),
                );
            }
        }
        self.module.incomplete |= !fine;
        fine.then(|| block.labels.clone())
    }

    /// Whether a block has as many labels as wanted; else that is reported.
    pub(super) fn label_count(&mut self, block: &Block, wanted: usize) -> bool {
        let kind = &*block.kind.text;
        let names = label_names(kind);
        let names = names.get(..wanted).unwrap_or(names);
        let listed = match names {
            [] => format!("No labels are expected for {kind} blocks."),
            [one] => format!("A {kind} block has exactly one label: its {one}."),
            _ => format!(
                "A {kind} block has exactly {} labels: its {}.",
                names.len(),
                names.join(" and its ")
            ),
        };
        let diag = match (names.get(block.labels.len()), block.labels.get(wanted)) {
            (Some(missing), _) => {
                let example: Vec<String> = names.iter().map(|n| format!("{:?}", n.to_uppercase())).collect();
                Diag::error(codes::NAME, format!("Missing {missing} for {kind}"))
                    .at(brace(block))
                    .help(format!("write {kind} {} {{", example.join(" ")))
            }
            (_, Some(extra)) => Diag::error(codes::NAME, format!("Extraneous label for {kind}")).at(extra.span),
            _ => return true,
        };
        self.diags.push(diag.detail(listed));
        false
    }

    pub(super) fn only(&mut self, body: &Body, arguments: &[&str], blocks: &[&str]) {
        for attribute in body.attributes.values() {
            if !arguments.contains(&&*attribute.name.text) {
                self.misplaced_argument(attribute, arguments, blocks);
            }
        }
        for block in &body.blocks {
            // Behind a brace that is missing, the blocks of the file seem to stand in this one.
            let strayed = body.damaged && BLOCKS.contains(&&*block.kind.text);
            if !blocks.contains(&&*block.kind.text) && !strayed {
                self.unsupported_block(block, arguments, blocks);
            }
        }
    }

    pub(super) fn unsupported_argument(&mut self, attribute: &Attribute, known: &[&str]) {
        self.misplaced_argument(attribute, known, &[]);
    }

    /// As [`Self::unsupported_argument`], where blocks of some types are known as well.
    pub(super) fn misplaced_argument(&mut self, attribute: &Attribute, arguments: &[&str], blocks: &[&str]) {
        let name = &*attribute.name.text;
        let diag = match self.json {
            true => Diag::error(codes::UNSUPPORTED, "Extraneous JSON object property")
                .detail(format!("No argument or block type is named {name:?}.")),
            false => Diag::error(codes::UNSUPPORTED, "Unsupported argument")
                .detail(format!("An argument named {name:?} is not expected here.")),
        };
        let diag = diag.at(attribute.name.span);
        let near_block = || did_you_mean(name, blocks.iter().copied());
        self.diags.push(if blocks.contains(&name) {
            diag.help(format!("write a block, without the equals sign: {name} {{ … }}"))
        } else if let Some(near) = did_you_mean(name, arguments.iter().copied()) {
            diag.help(format!("did you mean {near:?}?"))
        } else if let (Some(near), false) = (near_block(), self.json) {
            diag.help(format!("did you mean a block of type {near:?}?"))
        } else {
            diag.suggest(name, blocks.iter().copied())
        });
    }

    pub(super) fn unsupported_block(&mut self, block: &Block, arguments: &[&str], blocks: &[&str]) {
        let name = &*block.kind.text;
        let diag = Diag::error(codes::UNSUPPORTED, "Unsupported block type")
            .detail(format!("Blocks of type {name:?} are not expected here."))
            .at(block.kind.span);
        self.diags.push(if arguments.contains(&name) {
            diag.help(format!("write an argument, with an equals sign: {name} = …"))
        } else if let Some(near) = did_you_mean(name, blocks.iter().copied()) {
            diag.help(format!("did you mean {near:?}?"))
        } else if let Some(near) = did_you_mean(name, arguments.iter().copied()) {
            diag.help(format!("did you mean the argument {near:?}? It takes an equals sign"))
        } else {
            diag
        });
    }

    /// The problem of an argument that is not there, unless it may stand in what could not be read.
    pub(super) fn missing(&mut self, block: &Block, name: &str) {
        if block.body.damaged {
            return;
        }
        self.diags.push(
            Diag::error(codes::UNSUPPORTED, "Missing required argument")
                .detail(format!(
                    "The argument {name:?} is required, but no definition was found."
                ))
                .at(match block.missing_place() {
                    place if place == block.header => brace(block),
                    place => place,
                }),
        );
    }

    /// Adds to the last problem.
    pub(super) fn say_more(&mut self, more: impl Fn(Diag) -> Diag) {
        let mut all: Vec<Diag> = std::mem::take(&mut self.diags).into_iter().collect();
        let last = all.pop().map(more);
        all.extend(last);
        self.diags = all.into_iter().collect();
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

    /// The problem of an argument that must be a list, or references, and is neither.
    pub(super) fn invalid_expression(&mut self, span: Span, detail: &str) {
        self.diags
            .push(Diag::error(codes::STATIC, "Invalid expression").detail(detail).at(span));
    }

    /// The problem of a value that is written out, but is of the wrong type.
    pub(super) fn unsuitable(&mut self, attribute: &Attribute, what: &str) {
        self.diags.push(
            Diag::error(codes::STATIC, "Unsuitable value type")
                .detail(format!(
                    "Unsuitable value for {:?}: {what} is required.",
                    &*attribute.name.text
                ))
                .at(attribute.value.start_span()),
        );
    }

    /// The problem of an argument whose value must be written out as `what`.
    pub(super) fn must_be_literal(&mut self, attribute: &Attribute, what: &str) {
        let found = constant::problems(&attribute.value);
        match found.is_empty() {
            true => self.unsuitable(attribute, what),
            false => self.diags.extend(found),
        }
    }

    /// The value of an argument that must be written out, where it is a literal.
    fn literal(&mut self, attribute: &Attribute, what: &str) -> Option<Value> {
        let mut expr = &attribute.value;
        while let ExprKind::Parens(inner) = &expr.kind {
            expr = inner;
        }
        if let ExprKind::Literal(value) = &expr.kind {
            return Some(value.clone());
        }
        self.must_be_literal(attribute, what);
        None
    }

    pub(super) fn flag(&mut self, body: &Body, name: &str) -> Option<bool> {
        let attribute = body.attributes.get(name)?;
        let value = self.literal(attribute, "a bool")?;
        let flag = match value.as_str() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => value.as_bool(),
        };
        if flag.is_none() {
            self.unsuitable(attribute, "a bool");
        }
        flag
    }

    pub(super) fn text(&mut self, body: &Body, name: &str) -> Option<String> {
        let attribute = body.attributes.get(name)?;
        let value = self.literal(attribute, "a string")?;
        match &value.kind {
            Kind::String(text) => Some(text.to_string()),
            Kind::Number(number) => Some(number.to_string()),
            Kind::Bool(flag) => Some(flag.to_string()),
            _ => {
                self.unsuitable(attribute, "a string");
                None
            }
        }
    }
}
