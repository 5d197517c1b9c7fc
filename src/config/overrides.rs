//! Override files: their blocks are merged into the blocks of the same kind and name. Decides what replaces what; the merged
//! blocks are decoded like any other.

use super::codes;
use crate::base::{Diag, Diags, Span, Str, did_you_mean};
use crate::lang::ast::{Block, Body, ExprKind};
use std::collections::HashMap;

/// Merges the blocks of override files, in their order, into `bodies`.
pub fn merge(bodies: &mut Vec<Body>, overriding: Vec<Body>) -> Diags {
    let mut merger = Merger {
        known: HashMap::new(),
        locals: HashMap::new(),
        bodies,
        added: Body::default(),
        diags: Diags::new(),
    };
    merger.index();
    for mut body in overriding {
        for block in std::mem::take(&mut body.blocks) {
            merger.block(block);
        }
        // Arguments outside of blocks are refused where blocks are decoded.
        merger.added.attributes.append(&mut body.attributes);
    }
    let (added, diags) = (merger.added, merger.diags);
    bodies.push(added);
    diags
}

/// What two blocks have in common of which one overrides the other: kind, labels, and the alias of a provider.
type Identity = (Str, Vec<Str>, Option<Str>);

struct Merger<'a> {
    bodies: &'a mut Vec<Body>,
    /// The first block of each identity: body and block.
    known: HashMap<Identity, (usize, usize)>,
    /// The block with each local value.
    locals: HashMap<Str, (usize, usize)>,
    /// What an override file adds: settings without a base, and what is refused later.
    added: Body,
    diags: Diags,
}

fn identity(block: &Block) -> Identity {
    let labels = block.labels.iter().map(|l| l.text.clone()).collect();
    let alias = block.body.expr("alias").and_then(|e| match &e.kind {
        ExprKind::Literal(value) => value.as_str().map(Str::from),
        _ => None,
    });
    let alias = alias.filter(|_| &*block.kind.text == "provider");
    (block.kind.text.clone(), labels, alias)
}

impl Merger<'_> {
    fn index(&mut self) {
        for (b, body) in self.bodies.iter().enumerate() {
            for (i, block) in body.blocks.iter().enumerate() {
                self.known.entry(identity(block)).or_insert((b, i));
                if &*block.kind.text == "locals" {
                    for name in block.body.attributes.keys() {
                        self.locals.entry(name.clone()).or_insert((b, i));
                    }
                }
            }
        }
    }

    fn base(&mut self, at: (usize, usize)) -> Option<&mut Block> {
        self.bodies.get_mut(at.0)?.blocks.get_mut(at.1)
    }

    fn block(&mut self, block: Block) {
        match &*block.kind.text {
            "terraform" => self.terraform(block),
            "locals" => self.local_values(block),
            "variable" | "output" | "module" | "resource" | "data" | "ephemeral" | "provider" => self.named(block),
            "check" => self.refuse(
                "Can't override check blocks",
                "Override files cannot override check blocks.",
                block.header,
            ),
            "moved" => self.refuse(
                "Cannot override 'moved' blocks",
                "Records of moved objects can appear only in normal files, not in override files.",
                block.header,
            ),
            "import" => self.refuse(
                "Cannot override 'import' blocks",
                "Import blocks can appear only in normal files, not in override files.",
                block.header,
            ),
            "removed" => self.diags.push(
                Diag::warning(codes::UNSUPPORTED, "A 'removed' block has no effect here")
                    .detail("Records of removed objects can appear only in normal files, not in override files.")
                    .at(block.header)
                    .help("move the block to a file that is no override"),
            ),
            _ => self.added.blocks.push(block),
        }
    }

    fn refuse(&mut self, summary: &str, detail: &str, span: Span) {
        let diag = Diag::error(codes::UNSUPPORTED, summary).detail(detail);
        self.diags
            .push(diag.at(span).help("move the block to a file that is no override"));
    }

    fn local_values(&mut self, block: Block) {
        for (name, attribute) in block.body.attributes {
            let Some(at) = self.locals.get(&name).copied() else {
                let near = did_you_mean(&name, self.locals.keys().map(|k| &**k)).map(|n| format!("{n:?}"));
                self.missing(
                    "Missing base local value definition to override",
                    format!("There is no local value named {name:?}."),
                    near,
                    attribute.span,
                );
                continue;
            };
            if let Some(base) = self.base(at) {
                base.body.attributes.insert(name, attribute);
            }
        }
    }

    fn missing(&mut self, summary: &str, detail: String, near: Option<String>, span: Span) {
        let mut diag = Diag::error(codes::UNDECLARED, summary);
        diag.help = near.map(|near| format!("did you mean {near}?"));
        self.diags.push(
            diag.detail(format!(
                "{detail} An override file can only override what a normal configuration file has."
            ))
            .at(span),
        );
    }

    /// The block that a block without a base was most likely meant to override: all but one of its names are right.
    fn near(&self, (kind, labels, alias): &Identity) -> Option<String> {
        let names = |id: &Identity| -> Vec<Str> { id.1.iter().chain(&id.2).cloned().collect() };
        let given = names(&(kind.clone(), labels.clone(), alias.clone()));
        let near = |id: &&Identity| {
            let other = names(id);
            let differing: Vec<_> = given.iter().zip(&other).filter(|(a, b)| a != b).collect();
            id.0 == *kind
                && other.len() == given.len()
                && matches!(differing[..], [(a, b)] if did_you_mean(a, [&**b]).is_some())
        };
        let mut found: Vec<Vec<Str>> = self.known.keys().filter(near).map(names).collect();
        found.sort();
        let words: Vec<String> = found.first()?.iter().map(|n| format!("{n:?}")).collect();
        Some(words.join(" "))
    }

    /// A block that is known by its labels.
    fn named(&mut self, block: Block) {
        let identity = identity(&block);
        let Some(at) = self.known.get(&identity).copied() else {
            return self.without_base(block, &identity);
        };
        self.refuse_fixed_parts(&block);
        let mut ignored = None;
        if let Some(base) = self.base(at) {
            ignored = merge_block(base, block);
        }
        self.diags.extend(ignored.into_iter().collect());
    }

    fn without_base(&mut self, block: Block, identity: &Identity) {
        let (kind, labels, alias) = identity;
        let label = |i: usize| labels.get(i).map_or("", |l| &**l);
        let (first, second) = (label(0), label(1));
        let (summary, detail) = match (&**kind, alias) {
            // Without a block, a provider has empty settings, and these are what is overridden.
            ("provider", None) => return self.added.blocks.push(block),
            ("provider", Some(alias)) => (
                "Missing base provider configuration for override",
                format!("There is no {first} provider configuration with the alias {alias:?}."),
            ),
            ("variable", _) => (
                "Missing base variable declaration to override",
                format!("There is no variable named {first:?}."),
            ),
            ("output", _) => (
                "Missing base output definition to override",
                format!("There is no output named {first:?}."),
            ),
            ("module", _) => (
                "Missing module call to override",
                format!("There is no module call named {first:?}."),
            ),
            ("data", _) => (
                "Missing data resource to override",
                format!("There is no {first} data resource named {second:?}."),
            ),
            _ => (
                "Missing resource to override",
                format!("There is no {first} resource named {second:?}."),
            ),
        };
        let near = self.near(identity);
        self.missing(summary, detail, near, block.header);
    }

    /// Dependencies and conditions can't be overridden: what a block promises elsewhere would silently change.
    fn refuse_fixed_parts(&mut self, block: &Block) {
        if let Some(attribute) = block.body.attributes.get("depends_on") {
            let place = match &attribute.value.kind {
                ExprKind::Tuple(items) => items.first().map(|e| e.span),
                _ => None,
            };
            self.diags.push(
                Diag::error(codes::UNSUPPORTED, "Unsupported override")
                    .detail("The depends_on argument may not be overridden.")
                    .at(place.unwrap_or(attribute.value.span)),
            );
        }
        let lifecycle = block.body.blocks_of("lifecycle").flat_map(|l| &l.body.blocks);
        for inner in block.body.blocks.iter().chain(lifecycle) {
            let kind = &*inner.kind.text;
            if matches!(kind, "precondition" | "postcondition" | "validation") {
                self.diags.push(
                    Diag::error(codes::UNSUPPORTED, format!("Can't override {kind} blocks"))
                        .detail(format!("Override files cannot override {kind:?} blocks."))
                        .at(inner.header),
                );
            }
        }
    }

    /// Settings: a version constraint of an override replaces all others, required providers are replaced by name, and
    /// of backend and cloud only the last counts.
    fn terraform(&mut self, mut block: Block) {
        let replaces_version = block.body.attributes.contains_key("required_version");
        let replaces_backend = block.body.blocks.iter().any(is_backend);
        let all = self.bodies.iter_mut().chain([&mut self.added]);
        for base in all.flat_map(|b| &mut b.blocks).filter(|b| &*b.kind.text == "terraform") {
            if replaces_version {
                base.body.attributes.shift_remove("required_version");
            }
            base.body.blocks.retain(|b| !(replaces_backend && is_backend(b)));
            if let Some(old) = base.body.blocks.iter_mut().find(|b| is_requirements(b)) {
                let (new, rest): (Vec<Block>, Vec<Block>) = block.body.blocks.into_iter().partition(is_requirements);
                block.body.blocks = rest;
                old.body
                    .attributes
                    .extend(new.into_iter().flat_map(|b| b.body.attributes));
            }
        }
        self.added.blocks.push(block);
    }
}

fn is_backend(block: &Block) -> bool {
    matches!(&*block.kind.text, "backend" | "cloud")
}

fn is_requirements(block: &Block) -> bool {
    &*block.kind.text == "required_providers"
}

/// Arguments replace arguments; nested blocks of a type replace all of that type; `lifecycle` is merged by argument.
fn merge_block(base: &mut Block, mut block: Block) -> Option<Diag> {
    let mut ignored = None;
    if matches!(&*base.kind.text, "resource" | "data" | "module") {
        let (old, new) = (&mut base.body.attributes, &mut block.body.attributes);
        if new.contains_key("count") {
            old.shift_remove("for_each");
        } else if let Some(count) = old.get("count")
            && let Some(for_each) = new.shift_remove("for_each")
        {
            ignored = Some(
                Diag::warning(codes::EXPANSION, "An override of count by for_each has no effect")
                    .detail("The count of the block that is overridden stays.")
                    .at(for_each.name.span)
                    .related(count.name.span, "the count that stays"),
            );
        }
    }
    base.body.attributes.extend(block.body.attributes);
    let (lifecycle, blocks): (Vec<Block>, Vec<Block>) = block
        .body
        .blocks
        .into_iter()
        .partition(|b| &*b.kind.text == "lifecycle");
    for inner in lifecycle {
        match base.body.blocks.iter_mut().find(|b| &*b.kind.text == "lifecycle") {
            Some(old) => old.body.attributes.extend(inner.body.attributes),
            None => base.body.blocks.push(inner),
        }
    }
    let kinds: Vec<Str> = blocks.iter().map(|b| made_kind(b).clone()).collect();
    base.body.blocks.retain(|b| !kinds.contains(made_kind(b)));
    base.body.blocks.extend(blocks);
    ignored
}

/// The type of a nested block, or of the blocks that a `dynamic` block makes.
fn made_kind(block: &Block) -> &Str {
    let dynamic = &*block.kind.text == "dynamic";
    let label = block.labels.first().filter(|_| dynamic);
    label.map_or(&block.kind.text, |l| &l.text)
}

#[cfg(test)]
mod tests;
