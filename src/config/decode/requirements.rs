//! What is said about providers beside their settings: `required_providers`, and the meta-arguments of `provider` blocks.
//! Checks the form only, as providers are built in.

use super::terraform::written_text;
use super::{Decoder, is_identifier, literal_text};
use crate::base::{Diag, Span};
use crate::config::codes;
use crate::config::version::Constraints;
use crate::lang::ast::{Attribute, Block, Expr, ExprKind, ObjectKey, StepKind};

impl Decoder {
    pub(super) fn required_providers(&mut self, block: &Block) {
        if let Some(first) = self.settings.requirements {
            let summary = "Duplicate required providers configuration".to_string();
            return self.duplicate(summary, block.header, first, "write all providers into one block");
        }
        self.settings.requirements = Some(block.header);
        for inner in &block.body.blocks {
            let summary = format!("Unexpected {:?} block", inner.kind.text);
            self.wrong(
                codes::UNSUPPORTED,
                &summary,
                "Blocks are not allowed here.",
                inner.kind.span,
            );
        }
        for (name, attribute) in &block.body.attributes {
            self.required_provider(name, attribute);
        }
    }

    fn required_provider(&mut self, name: &str, attribute: &Attribute) {
        let span = attribute.value.span;
        if !is_local_name(name) {
            return self.bad_local_name(name, span);
        }
        if let Some(text) = written_text(&attribute.value) {
            if Constraints::parse(&text).is_none() {
                self.invalid_constraint(span);
            }
            return;
        }
        let ExprKind::Object(items) = &attribute.value.kind else {
            let detail = "An entry of required_providers is a string or an object.";
            return self.wrong(codes::STATIC, "Invalid required_providers object", detail, span);
        };
        for (key, value) in items {
            let (key, span) = match key {
                ObjectKey::Name(name) => (name.text.clone(), name.span),
                ObjectKey::Expr(expr) => (literal_text(expr).unwrap_or_else(|| "".into()), expr.span),
            };
            match &*key {
                "version" => self.provider_version(value),
                "source" => self.provider_source(value),
                "configuration_aliases" => self.configuration_aliases(name, value),
                _ => {
                    let detail = "An entry has the arguments \"source\", \"version\" and \"configuration_aliases\". Settings \
                                  of a provider stand in a provider block.";
                    let diag = Diag::error(codes::UNSUPPORTED, "Invalid required_providers object").detail(detail);
                    let known = ["version", "source", "configuration_aliases"];
                    self.diags.push(diag.at(span).suggest(&key, known));
                }
            }
        }
    }

    fn wrong(&mut self, code: &'static str, summary: &str, detail: &str, span: Span) {
        self.diags.push(Diag::error(code, summary).detail(detail).at(span));
    }

    fn bad_local_name(&mut self, name: &str, span: Span) {
        let lower = name.to_lowercase();
        let diag = Diag::error(codes::NAME, "Invalid provider local name")
            .detail("The name of a provider has small letters, digits and single dashes.")
            .at(span);
        self.diags.push(match is_local_name(&lower) {
            true => diag.help(format!("write {lower:?}")),
            false => diag,
        });
    }

    fn provider_version(&mut self, value: &Expr) {
        match literal_text(value) {
            Some(text) if Constraints::parse(&text).is_some() => {}
            Some(_) => self.invalid_constraint(value.span),
            None => {
                let detail = "Version must be specified as a string.";
                self.wrong(codes::VERSION, "Invalid version constraint", detail, value.span);
            }
        }
    }

    fn provider_source(&mut self, value: &Expr) {
        let Some(text) = literal_text(value) else {
            let detail = "Source must be specified as a string.";
            return self.wrong(codes::STATIC, "Invalid source", detail, value.span);
        };
        if let Some((summary, detail)) = wrong_source(&text) {
            self.wrong(codes::NAME, summary, detail, value.span);
        }
    }

    fn configuration_aliases(&mut self, name: &str, value: &Expr) {
        let ExprKind::Tuple(items) = &value.kind else {
            let detail = "A static list expression is required.";
            return self.wrong(codes::STATIC, "Invalid expression", detail, value.span);
        };
        for item in items {
            let ExprKind::Reference(r) = &item.kind else {
                let detail = "A single reference is required, such as alicloud.shanghai.";
                self.wrong(codes::STATIC, "Invalid expression", detail, item.span);
                continue;
            };
            let alias = match &*r.steps {
                [] => true,
                [step] => matches!(step.kind, StepKind::Attr(_)),
                _ => false,
            };
            if !alias || &*r.root.text != name {
                let detail = format!("An alias here is written {name}.ALIAS.");
                self.wrong(codes::STATIC, "Invalid configuration_aliases value", &detail, item.span);
            }
        }
    }

    /// Names and meta-arguments of a `provider` block.
    pub(super) fn provider_form(&mut self, block: &Block) {
        let name = block.labels.first().map_or("", |l| &*l.text);
        if !is_local_name(name) {
            self.bad_local_name(name, block.header);
        }
        for (name, attribute) in &block.body.attributes {
            match &**name {
                "alias" => {
                    let bad = literal_text(&attribute.value).is_some_and(|t| !is_identifier(&t));
                    if bad {
                        let detail = "An alias begins with a letter or underscore and has only letters, digits, underscores \
                                      and dashes.";
                        let summary = "Invalid provider configuration alias";
                        self.wrong(codes::NAME, summary, detail, attribute.value.span);
                    }
                }
                "version" => {
                    let summary = "Version constraints inside provider configuration blocks are deprecated";
                    self.diags.push(
                        Diag::warning(codes::UNSUPPORTED, summary)
                            .detail("Providers are built in; a version has no effect.")
                            .at(attribute.value.span)
                            .help("remove the argument, or move it to required_providers"),
                    );
                    self.provider_version(&attribute.value);
                }
                "count" | "depends_on" | "for_each" | "source" => {
                    let detail = format!("The argument name {name:?} is reserved in provider blocks.");
                    let summary = "Reserved argument name in provider block";
                    self.wrong(codes::UNSUPPORTED, summary, &detail, attribute.name.span);
                }
                _ => {}
            }
        }
        for inner in &block.body.blocks {
            if matches!(&*inner.kind.text, "lifecycle" | "locals") {
                let detail = format!(
                    "The block type name {:?} is reserved in provider blocks.",
                    inner.kind.text
                );
                let summary = "Reserved block type name in provider block";
                self.wrong(codes::UNSUPPORTED, summary, &detail, inner.kind.span);
            }
        }
    }
}

/// Small letters and digits with single dashes between them.
fn is_local_name(name: &str) -> bool {
    is_part(name) && !name.chars().any(char::is_uppercase)
}

fn is_part(text: &str) -> bool {
    let word = |w: &str| !w.is_empty() && w.chars().all(char::is_alphanumeric);
    text.split('-').all(word)
}

/// What is wrong with `[HOSTNAME/][NAMESPACE/]TYPE`.
fn wrong_source(text: &str) -> Option<(&'static str, &'static str)> {
    let parts: Vec<&str> = text.split('/').collect();
    if parts.len() > 3 || parts.iter().any(|p| p.is_empty()) {
        let detail = "The source of a provider has the format [HOSTNAME/][NAMESPACE/]NAME.";
        return Some(("Invalid provider source string", detail));
    }
    let detail = "It has only letters, digits and single dashes, and neither begins nor ends with a dash.";
    let mut rest = parts.into_iter().rev();
    let name = rest.next().unwrap_or("");
    if !is_part(name) {
        return Some(("Invalid provider type", detail));
    }
    if name.starts_with("terraform-provider-") {
        return Some((
            "Invalid provider type",
            "The name stands without the prefix terraform-provider-.",
        ));
    }
    if rest
        .next()
        .is_some_and(|namespace| namespace != "-" && !is_part(namespace))
    {
        return Some(("Invalid provider namespace", detail));
    }
    let host = rest.next()?;
    let (host, port) = host.split_once(':').unwrap_or((host, "0"));
    let good = host.split('.').all(is_part) && port.parse::<u16>().is_ok();
    (!good).then_some(("Invalid provider source hostname", "It is no name of a host."))
}
