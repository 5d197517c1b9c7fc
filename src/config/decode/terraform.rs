//! `terraform` blocks: the version that is asked for, and which settings there are. Providers and backends are built in,
//! so what is said about them is accepted as it is.

use super::Decoder;
use crate::base::Diag;
use crate::config::codes;
use crate::lang::ast::Block;

impl Decoder {
    /// `required_version` is checked; providers and backends are built in, so their settings are accepted as they are.
    pub(super) fn terraform(&mut self, block: &Block) {
        self.labels(block, 0);
        for (name, attribute) in &block.body.attributes {
            if &**name == "required_version" {
                if let Some(text) = self.text(&block.body, "required_version") {
                    self.module.required_versions.push((text, attribute.value.span));
                }
                continue;
            }
            if !matches!(&**name, "experiments") {
                self.unsupported_argument(attribute, &["required_version"]);
            }
        }
        for inner in &block.body.blocks {
            if !matches!(
                &*inner.kind.text,
                "required_providers" | "backend" | "cloud" | "provider_meta"
            ) {
                self.diags.push(
                    Diag::error(codes::UNSUPPORTED, "Unsupported block type")
                        .detail(format!("Blocks of type {:?} are not expected here.", inner.kind.text))
                        .at(inner.kind.span),
                );
            }
        }
    }
}
