//! `terraform` blocks: the version that is asked for, and which settings there are. Providers and backends are built in,
//! so what is said about them is checked for its form and has no effect.

use super::{Decoder, literal_text};
use crate::base::{Diag, Kind, Span};
use crate::config::version::Constraints;
use crate::config::{codes, constant};
use crate::lang::ast::{Attribute, Block, Expr, ExprKind};

/// Settings of which a module has only one, and where it was found.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) requirements: Option<Span>,
    backend: Option<Span>,
    cloud: Option<Span>,
}

impl Decoder {
    pub(super) fn terraform(&mut self, block: &Block) {
        self.labels(block, 0);
        for (name, attribute) in &block.body.attributes {
            match &**name {
                "required_version" => self.required_version(attribute),
                "language" => self.language(attribute),
                "experiments" => self.diags.push(
                    Diag::error(codes::UNSUPPORTED, "Module uses experimental features")
                        .detail("There are no experiments in releases.")
                        .at(attribute.name.span)
                        .help("remove the argument"),
                ),
                _ => self.unsupported_argument(attribute, &["required_version", "language"]),
            }
        }
        for inner in &block.body.blocks {
            match &*inner.kind.text {
                "required_providers" => self.required_providers(inner),
                "backend" => self.backend(inner),
                "cloud" => self.cloud(inner),
                "provider_meta" => {}
                _ => self.unsupported_block(
                    inner,
                    &["required_version"],
                    &["required_providers", "backend", "cloud", "provider_meta"],
                ),
            }
        }
    }

    fn required_version(&mut self, attribute: &Attribute) {
        // Null is as good as no constraint.
        if matches!(&attribute.value.kind, ExprKind::Literal(v) if v.is_null()) {
            return;
        }
        let Some(text) = written_text(&attribute.value) else {
            let found = constant::problems(&attribute.value);
            return match found.is_empty() {
                true => self.invalid_constraint(attribute.value.span),
                false => self.diags.extend(found),
            };
        };
        let Some(constraints) = Constraints::parse(&text) else {
            return self.invalid_constraint(attribute.value.span);
        };
        if constraints.names_prerelease() {
            self.diags.push(
                Diag::error(codes::VERSION, "Invalid required_version constraint")
                    .detail("A version constraint here can't name a prerelease: releases are compared without it.")
                    .at(attribute.span)
                    .help("remove what follows the numbers"),
            );
            return;
        }
        self.module.required_versions.push((text, attribute.span));
    }

    pub(super) fn invalid_constraint(&mut self, span: Span) {
        self.diags.push(
            Diag::error(codes::VERSION, "Invalid version constraint")
                .detail("This string does not use correct version constraint syntax.")
                .help("write a version after one of = != > >= < <= ~>, and a comma between two: \">= 1.4, < 2.0\"")
                .at(span),
        );
    }

    /// There is one edition of the language.
    fn language(&mut self, attribute: &Attribute) {
        let summary = match &attribute.value.kind {
            ExprKind::Reference(r) if r.steps.is_empty() && &*r.root.text == "TF2021" => return,
            ExprKind::Reference(r) if r.steps.is_empty() => "Unsupported language edition",
            _ => "Invalid language edition",
        };
        self.diags.push(
            Diag::error(codes::UNSUPPORTED, summary)
                .detail("The only edition of the language is TF2021, which is also the default.")
                .at(attribute.value.span)
                .help("remove the argument"),
        );
    }

    fn backend(&mut self, block: &Block) {
        self.labels(block, 1);
        match self.settings.backend {
            Some(first) => self.duplicate(
                "Duplicate backend configuration".into(),
                block.header,
                first,
                "keep one",
            ),
            None => self.settings.backend = Some(block.header),
        }
        self.one_place_of_state(block.header);
    }

    fn cloud(&mut self, block: &Block) {
        self.labels(block, 0);
        match self.settings.cloud {
            Some(first) => {
                self.duplicate(
                    "Duplicate HCP Terraform configurations".into(),
                    block.header,
                    first,
                    "keep one",
                );
            }
            None => self.settings.cloud = Some(block.header),
        }
        self.one_place_of_state(block.header);
    }

    fn one_place_of_state(&mut self, here: Span) {
        let (Some(backend), Some(cloud)) = (self.settings.backend, self.settings.cloud) else {
            return;
        };
        if here == backend || here == cloud {
            self.diags.push(
                Diag::error(codes::DUPLICATE, "Both a backend and cloud configuration are present")
                    .detail("They exclude each other: only one says where the state is kept.")
                    .at(backend)
                    .related(cloud, "the other one is here"),
            );
        }
    }
}

/// Text, or a number or boolean that is taken for text.
pub(super) fn written_text(expr: &Expr) -> Option<String> {
    let ExprKind::Literal(value) = &expr.kind else {
        return None;
    };
    match &value.kind {
        Kind::Number(n) => Some(n.to_string()),
        Kind::Bool(b) => Some(b.to_string()),
        _ => literal_text(expr).map(|t| t.to_string()),
    }
}
