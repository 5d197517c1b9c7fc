//! `resource` and `data` blocks with their meta-arguments.

use super::{Decoder, is_identifier, literal_text};
use crate::base::{Diag, ModulePath, ResourceAddr, ResourceMode, Span};
use crate::config::codes;
use crate::config::model::{Lifecycle, Resource};
use crate::lang::ast::{Block, Body, Expr, ExprKind, Ident, Reference, Step, StepKind};

impl Decoder {
    pub(super) fn resource(&mut self, block: Block, mode: ResourceMode) {
        let before = self.diags.len();
        let Some([type_name, name]) = self.labels(&block, 2).and_then(|l| <[Ident; 2]>::try_from(l).ok()) else {
            return;
        };
        let addr = ResourceAddr {
            module: ModulePath::default(),
            mode,
            name: name.text,
            type_name: type_name.text,
        };
        let body = block.body;
        let (count, for_each) = (body.expr("count").cloned(), body.expr("for_each").cloned());
        if let (Some(_), Some(second)) = (&count, body.attributes.get("for_each")) {
            self.diags.push(
                Diag::error(codes::EXPANSION, "Invalid combination of \"count\" and \"for_each\"")
                    .detail("The two meta-arguments are mutually exclusive: only one says which instances there are.")
                    .address(&addr)
                    .at(second.name.span),
            );
        }
        self.provisioners(&body);
        self.meta_shape(&body);
        let provider = self.provider_of(&body, &addr);
        let lifecycle = self.lifecycle(&body, mode);
        self.conditions_on_itself(&addr, &lifecycle);
        let resource = Resource {
            count,
            for_each,
            provider_span: body.attributes.get("provider").map(|a| a.value.span),
            provider,
            depends_on: self.depends_on(&body),
            damaged: self.is_damaged(&body, before),
            lifecycle,
            header: block.header,
            check: None,
            addr,
            body,
        };
        if let Some(first) = self.module.resources.get(&resource.addr) {
            let what = if mode == ResourceMode::Data { "data" } else { "resource" };
            let summary = format!("Duplicate {what} {:?} configuration", resource.addr.type_name);
            let help = format!("names are unique per type: remove or rename one {}", resource.addr);
            self.duplicate(summary, resource.header, first.header, &help);
        } else {
            self.module.resources.insert(resource.addr.clone(), resource);
        }
    }

    /// Whether what belongs to the language is a block or an argument as it must be; the type checks only the rest.
    fn meta_shape(&mut self, body: &Body) {
        const ARGUMENTS: &[&str] = &["count", "for_each", "provider", "depends_on"];
        const BLOCKS: &[&str] = &["lifecycle"];
        for name in BLOCKS {
            if let Some(attribute) = body.attributes.get(*name) {
                self.misplaced_argument(attribute, ARGUMENTS, BLOCKS);
            }
        }
        for block in &body.blocks {
            if ARGUMENTS.contains(&&*block.kind.text) {
                self.unsupported_block(block, ARGUMENTS, BLOCKS);
            }
        }
    }

    /// What runs on the machine of the user, or on another, is no part of a plan.
    fn provisioners(&mut self, body: &Body) {
        for block in &body.blocks {
            let (summary, detail) = match &*block.kind.text {
                "provisioner" => (
                    "Provisioners are not supported",
                    "A provisioner runs a program when an object is made, and nothing of what it does can be planned.",
                ),
                "connection" => (
                    "Connections are not supported",
                    "A connection is for provisioners, which are not supported.",
                ),
                _ => continue,
            };
            self.diags.push(
                Diag::error(codes::UNSUPPORTED, summary)
                    .detail(detail)
                    .at(block.header)
                    .help("remove the block, and run the program before or after apply"),
            );
        }
    }

    /// Conditions of a block see it as `self`: by its address they would need what they check.
    fn conditions_on_itself(&mut self, addr: &ResourceAddr, lifecycle: &Lifecycle) {
        let kinds = [
            (
                "precondition",
                &lifecycle.preconditions,
                "check what the block is made from instead",
            ),
            (
                "postcondition",
                &lifecycle.postconditions,
                "write self instead of the address",
            ),
        ];
        for (kind, conditions, help) in kinds {
            for expr in conditions.iter().flat_map(|c| [&c.condition, &c.message]) {
                let mut found = None;
                expr.each_reference(&mut |r, span| {
                    if is_reference_to(r, addr) {
                        found = Some(span);
                    }
                });
                if let Some(span) = found {
                    self.diags.push(
                        Diag::error(codes::CYCLE, format!("Invalid reference in {kind}"))
                            .detail(format!("The {kind} can't refer to {addr} itself."))
                            .at(expr.span)
                            .related(span, "refers to the block itself")
                            .help(help),
                    );
                }
            }
        }
    }

    pub(super) fn depends_on(&mut self, body: &Body) -> Vec<(Reference, Span)> {
        let Some(attribute) = body.attributes.get("depends_on") else {
            return Vec::new();
        };
        let ExprKind::Tuple(items) = &attribute.value.kind else {
            let span = attribute.value.start_span();
            self.invalid_expression(span, "A list of references is required: depends_on = [TYPE.NAME].");
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items {
            match &item.kind {
                ExprKind::Reference(r) => {
                    if let Some(span) = beyond_object(r) {
                        self.diags.push(
                            Diag::error(codes::STATIC, "Invalid depends_on reference")
                                .detail("References in depends_on are to whole objects, not to their attributes.")
                                .at(span)
                                .help("remove what follows the name"),
                        );
                    }
                    self.has_key(item, body);
                    out.push(((**r).clone(), item.span));
                }
                ExprKind::Literal(_) if quoted_reference(item).is_some() => {
                    self.diags.push(
                        Diag::warning(codes::STATIC, "Quoted references are deprecated")
                            .detail("Here names stand without quotes.")
                            .at(item.span)
                            .help("remove the quotes"),
                    );
                    out.extend(quoted_reference(item).map(|r| (r, item.span)));
                }
                ExprKind::Literal(_) if literal_text(item).is_some_and(|word| is_identifier(&word)) => {
                    self.diags.push(
                        Diag::error(codes::STATIC, "Invalid reference")
                            .detail("The type alone names no object: a reference is TYPE.NAME, module.NAME and so on.")
                            .at(item.span)
                            .help("name the object, without quotes: depends_on = [TYPE.NAME]"),
                    );
                }
                _ => self.invalid_expression(
                    item.span,
                    "Each element is a reference to a resource or another object, such as alicloud_oss_bucket.raw: no \
                     calculation, call or template.",
                ),
            }
        }
        out
    }
}

fn is_reference_to(r: &Reference, addr: &ResourceAddr) -> bool {
    let name = |at: usize| match r.steps.get(at).map(|s| &s.kind) {
        Some(StepKind::Attr(name)) => Some(&**name),
        _ => None,
    };
    let (type_name, name) = match &*r.root.text {
        "data" if addr.mode == ResourceMode::Data => (name(0), name(1)),
        "resource" if addr.mode == ResourceMode::Managed => (name(0), name(1)),
        root if addr.mode == ResourceMode::Managed => (Some(root), name(0)),
        _ => return false,
    };
    type_name == Some(&*addr.type_name) && name == Some(&*addr.name)
}

/// What follows the name of an object, and the key of an instance, in a reference.
fn beyond_object(r: &Reference) -> Option<Span> {
    let (names, keyed) = match &*r.root.text {
        "data" | "resource" | "ephemeral" => (2, true),
        "module" => (1, true),
        "var" | "local" | "path" | "terraform" | "each" | "count" => (1, false),
        "self" => (0, false),
        _ => (1, true),
    };
    let key = keyed && matches!(r.steps.get(names).map(|s| &s.kind), Some(StepKind::Index(_)));
    let mut at = names + usize::from(key);
    if &*r.root.text == "module" {
        at += 1;
    }
    let rest = r.steps.get(at..)?;
    Some(rest.first()?.span.to(rest.last()?.span))
}

/// `"TYPE.NAME"`, as early configurations have it.
pub(super) fn quoted_reference(expr: &Expr) -> Option<Reference> {
    let text = literal_text(expr)?;
    let mut names = text.split('.');
    let root = names.next().filter(|n| is_identifier(n))?;
    let steps: Option<Vec<Step>> = names
        .map(|name| {
            is_identifier(name).then(|| Step {
                kind: StepKind::Attr(name.into()),
                span: expr.span,
            })
        })
        .collect();
    Some(Reference {
        root: Ident {
            text: root.into(),
            span: expr.span,
        },
        steps: steps.filter(|s| !s.is_empty())?.into(),
        in_template: false,
        guarded: false,
    })
}
