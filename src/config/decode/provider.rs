//! `provider` blocks, and the `provider` argument that chooses one of them.

use super::{Decoder, is_identifier, literal_text};
use crate::base::{Diag, ResourceAddr};
use crate::config::codes;
use crate::config::model::{ProviderBlock, ProviderKey};
use crate::lang::ast::{Attribute, Block, Body, Expr, ExprKind, Ident, Step, StepKind};

impl Decoder {
    pub(super) fn provider(&mut self, block: Block) {
        let Some([name]) = self.labels(&block, 1).and_then(|l| <[Ident; 1]>::try_from(l).ok()) else {
            return;
        };
        self.provider_form(&block);
        // Its alias may be missing.
        self.module.incomplete |= block.body.damaged;
        let alias = block.body.attributes.get("alias").and_then(|a| {
            let text = literal_text(&a.value);
            if text.is_none() {
                self.must_be_literal(a, "a quoted name");
            }
            text
        });
        let key = ProviderKey { name: name.text, alias };
        if let Some(first) = self.module.providers.get(&key) {
            let summary = "Duplicate provider configuration".into();
            self.duplicate(summary, block.header, first.header, "give one of them an alias");
            return;
        }
        let header = block.header;
        self.module.providers.insert(
            key,
            ProviderBlock {
                body: block.body,
                header,
            },
        );
    }

    fn invalid_reference(&mut self, attribute: &Attribute) {
        self.diags.push(
            Diag::error(codes::STATIC, "Invalid provider configuration reference")
                .detail("The provider argument is the name of a provider, with a dot and an alias where it has one.")
                .at(attribute.value.span)
                .help("write it like alicloud.shanghai, without quotes"),
        );
    }

    pub(super) fn provider_of(&mut self, body: &Body, addr: &ResourceAddr) -> ProviderKey {
        let implied = addr.type_name.split('_').next().unwrap_or(&addr.type_name);
        let default = ProviderKey {
            name: implied.into(),
            alias: None,
        };
        let Some(attribute) = body.attributes.get("provider") else {
            return default;
        };
        match &attribute.value.kind {
            ExprKind::Reference(r) => match &*r.steps {
                [] => ProviderKey {
                    name: r.root.text.clone(),
                    alias: None,
                },
                [
                    Step {
                        kind: StepKind::Attr(alias),
                        ..
                    },
                ] => ProviderKey {
                    name: r.root.text.clone(),
                    alias: Some(alias.clone()),
                },
                _ => {
                    self.invalid_reference(attribute);
                    default
                }
            },
            ExprKind::Literal(_) if quoted_key(&attribute.value).is_some() => {
                self.diags.push(
                    Diag::warning(codes::STATIC, "Quoted references are deprecated")
                        .detail("Here names stand without quotes.")
                        .at(attribute.value.span)
                        .help("remove the quotes"),
                );
                quoted_key(&attribute.value).unwrap_or(default)
            }
            _ => {
                self.invalid_reference(attribute);
                default
            }
        }
    }
}

/// `"NAME"` or `"NAME.ALIAS"`, as early configurations have it.
fn quoted_key(expr: &Expr) -> Option<ProviderKey> {
    let text = literal_text(expr)?;
    let (name, alias) = match text.split_once('.') {
        Some((name, alias)) => (name, Some(alias)),
        None => (&*text, None),
    };
    let good = is_identifier(name) && alias.is_none_or(is_identifier);
    good.then(|| ProviderKey {
        name: name.into(),
        alias: alias.map(Into::into),
    })
}
