//! `resource` and `data` blocks with their meta-arguments.

use super::{Decoder, is_identifier, literal_text};
use crate::base::{Diag, ModulePath, ResourceAddr, ResourceMode, Span};
use crate::config::codes;
use crate::config::model::Resource;
use crate::lang::ast::{Block, Body, Expr, ExprKind, Ident, Reference, Step, StepKind};

impl Decoder {
    pub(super) fn resource(&mut self, block: Block, mode: ResourceMode) {
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
        let provider = self.provider_of(&body, &addr);
        let resource = Resource {
            count,
            for_each,
            provider_span: body.attributes.get("provider").map(|a| a.value.span),
            provider,
            depends_on: self.depends_on(&body),
            lifecycle: self.lifecycle(&body, mode),
            header: block.header,
            check: None,
            addr,
            body,
        };
        if let Some(first) = self.module.resources.get(&resource.addr) {
            let what = if mode == ResourceMode::Data { "data" } else { "resource" };
            let summary = format!(
                "Duplicate {what} {:?} configuration: {}",
                resource.addr.type_name, resource.addr
            );
            self.duplicate(summary, resource.header, first.header, "names must be unique per type");
        } else {
            self.module.resources.insert(resource.addr.clone(), resource);
        }
    }

    pub(super) fn depends_on(&mut self, body: &Body) -> Vec<(Reference, Span)> {
        let Some(attribute) = body.attributes.get("depends_on") else {
            return Vec::new();
        };
        let ExprKind::Tuple(items) = &attribute.value.kind else {
            self.must_be_literal(attribute, "a list of references");
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items {
            match &item.kind {
                ExprKind::Reference(r) => out.push(((**r).clone(), item.span)),
                ExprKind::Literal(_) if quoted_reference(item).is_some() => {
                    self.diags.push(
                        Diag::warning(codes::STATIC, "Quoted references are deprecated")
                            .detail("Here names stand without quotes.")
                            .at(item.span)
                            .help("remove the quotes"),
                    );
                    out.extend(quoted_reference(item).map(|r| (r, item.span)));
                }
                _ => self.diags.push(
                    Diag::error(codes::STATIC, "Invalid expression in depends_on")
                        .detail("Each element is a reference to a resource, such as alicloud_oss_bucket.raw.")
                        .at(item.span),
                ),
            }
        }
        out
    }
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
    })
}
