//! `module` blocks: where the module is, how often it is called, and which providers it gets. Does not read the module.

use super::{Decoder, literal_text};
use crate::base::{Diag, Str, did_you_mean};
use crate::config::codes;
use crate::config::model::{CALL_ARGUMENTS, ModuleCall, PassedProvider, ProviderKey};
use crate::lang::ast::{Attribute, Block, Expr, ExprKind, Ident, ObjectKey, StepKind};

impl Decoder {
    pub(super) fn call(&mut self, block: Block) {
        let before = self.diags.len();
        let Some([name]) = self.labels(&block, 1).and_then(|l| <[Ident; 1]>::try_from(l).ok()) else {
            return;
        };
        let body = &block.body;
        for inner in &body.blocks {
            self.diags.push(block_in_call(inner));
        }
        if let (true, Some(second)) = (body.attributes.contains_key("count"), body.attributes.get("for_each")) {
            self.diags.push(
                Diag::error(codes::EXPANSION, "Invalid combination of \"count\" and \"for_each\"")
                    .detail("The two meta-arguments are mutually exclusive: only one says which instances there are.")
                    .address(format!("module.{}", name.text))
                    .at(second.name.span),
            );
        }
        let call = ModuleCall {
            source: self.source(&block),
            count: body.expr("count").cloned(),
            for_each: body.expr("for_each").cloned(),
            providers: body
                .attributes
                .get("providers")
                .map(|a| self.passed(a))
                .unwrap_or_default(),
            depends_on: self.depends_on(body),
            header: block.header,
            module: None,
            damaged: self.is_damaged(body, before),
            body: block.body,
        };
        if let Some(first) = self.module.calls.get(&name.text) {
            self.duplicate(
                "Duplicate module call".into(),
                call.header,
                first.header,
                "remove or rename one of them",
            );
        } else {
            self.module.calls.insert(name.text, call);
        }
    }

    fn source(&mut self, block: &Block) -> Option<(Str, crate::base::Span)> {
        let Some(attribute) = block.body.attributes.get("source") else {
            self.missing(block, "source");
            let names = block
                .body
                .attributes
                .keys()
                .filter(|k| !CALL_ARGUMENTS.contains(&&***k));
            // The module is not there to say which arguments it takes.
            let misspelt = did_you_mean("source", names.map(|k| &**k)).and_then(|name| block.body.attributes.get(name));
            if let Some(attribute) = misspelt {
                let place = attribute.name.span;
                self.say_more(|d| {
                    d.related(place, "this is no argument of the language")
                        .help(format!("did you mean \"source\" by {:?}?", &*attribute.name.text))
                });
            }
            return None;
        };
        let Some(text) = literal_text(&attribute.value) else {
            self.must_be_literal(attribute, "quoted text");
            return None;
        };
        let span = attribute.value.span;
        if !(text.starts_with("./") || text.starts_with("../")) {
            self.diags.push(
                Diag::error(codes::MODULE, "Invalid module source address")
                    .detail(format!(
                        "The source {text:?} is no local path. Modules are directories of the same repository here; none is \
                         downloaded."
                    ))
                    .at(span)
                    .help("copy the module into the repository, and write its path with ./ or ../ in front"),
            );
            return None;
        }
        if let Some(version) = block.body.attributes.get("version") {
            self.diags.push(
                Diag::error(codes::MODULE, "Invalid registry module source address")
                    .detail("A version can't be chosen of a module that is a local directory.")
                    .at(span)
                    .related(version.span, "the version")
                    .help("remove the argument version"),
            );
        }
        Some((text, span))
    }

    fn passed(&mut self, attribute: &Attribute) -> Vec<PassedProvider> {
        let ExprKind::Object(items) = &attribute.value.kind else {
            let span = attribute.value.start_span();
            self.invalid_expression(span, "A map of provider configurations is required.");
            return Vec::new();
        };
        let mut out: Vec<PassedProvider> = Vec::new();
        for (key, value) in items {
            let inner = match key {
                ObjectKey::Name(name) => Some(ProviderKey {
                    name: name.text.clone(),
                    alias: None,
                }),
                ObjectKey::Expr(expr) => provider_key(expr),
            };
            let (Some(inner), Some(outer)) = (inner, provider_key(value)) else {
                self.diags.push(
                    Diag::error(codes::STATIC, "Invalid provider reference")
                        .detail("A provider is named by its name, with its alias after a dot: alicloud.shanghai.")
                        .at(value.span),
                );
                continue;
            };
            if let Some(first) = out.iter().find(|p| p.inner == inner) {
                let summary = "Duplicate provider address".to_string();
                let first = first.span;
                self.duplicate(summary, value.span, first, "pass each configuration once");
                continue;
            }
            out.push(PassedProvider {
                inner,
                outer,
                span: value.span,
            });
        }
        out
    }
}

/// A module takes arguments only.
fn block_in_call(block: &Block) -> Diag {
    let kind = &*block.kind.text;
    let summary = match kind {
        "lifecycle" | "locals" => "Reserved block type name in module block",
        _ => "Unsupported block type",
    };
    let diag = Diag::error(codes::UNSUPPORTED, summary);
    match kind {
        "providers" => diag
            .detail("A map of providers is an argument.")
            .help("write it with an equals sign: providers = { … }"),
        kind => {
            let diag = diag.detail(format!(
                "Blocks of type {kind:?} are not expected here: a module takes arguments only."
            ));
            match did_you_mean(kind, ["providers"]) {
                Some(near) => diag.help(format!("did you mean the argument {near} = {{ … }}?")),
                None => diag.help(format!("a value for a variable is an argument: {kind} = …")),
            }
        }
    }
    .at(block.header)
}

fn provider_key(expr: &Expr) -> Option<ProviderKey> {
    match &expr.kind {
        ExprKind::Reference(r) => match &*r.steps {
            [] => Some(ProviderKey {
                name: r.root.text.clone(),
                alias: None,
            }),
            [one] => match &one.kind {
                StepKind::Attr(alias) => Some(ProviderKey {
                    name: r.root.text.clone(),
                    alias: Some(alias.clone()),
                }),
                StepKind::Index(_) => None,
            },
            _ => None,
        },
        ExprKind::Literal(_) => literal_text(expr).and_then(|t| t.parse().ok()),
        ExprKind::Parens(inner) => provider_key(inner),
        _ => None,
    }
}
