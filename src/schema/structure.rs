//! Whether a block has the arguments and nested blocks that its schema wants, by names and counts alone: nothing is
//! evaluated here. All problems of a block are found at once.

use super::codes;
use super::model::{Attribute, BlockSchema, Mode, NestedBlock, Nesting};
use crate::base::{Diag, Diags, Span, Str, did_you_mean};
use crate::lang::ast::{Block, Body};

/// Checks the names and counts in a body. `ignore` names meta-arguments and meta-blocks of the body itself
/// (`count`, `lifecycle`, …), which the caller reads.
///
/// Problems without a place of their own, such as a missing argument, point at the beginning of the body;
/// [`check_structure_at`] takes a better place.
pub fn check_structure(schema: &BlockSchema, body: &Body, ignore: &[&str]) -> Diags {
    let start = Span {
        end: body.span.start,
        ..body.span
    };
    check_structure_at(schema, body, start, ignore)
}

/// [`check_structure`] with the place of the block's header, for problems without a place of their own.
pub fn check_structure_at(schema: &BlockSchema, body: &Body, header: Span, ignore: &[&str]) -> Diags {
    check_inside(schema, body, header, ignore, None)
}

/// As [`check_structure_at`], in a block of `outer`.
fn check_inside(
    schema: &BlockSchema,
    body: &Body,
    header: Span,
    ignore: &[&str],
    outer: Option<&BlockSchema>,
) -> Diags {
    let mut diags = Diags::new();
    check_names(schema, body, header, ignore, outer, &mut diags);
    for block in &body.blocks {
        if ignore.contains(&&*block.kind.text) {
            continue;
        }
        if let Some((kind, content)) = dynamic_of(block) {
            if let Some(nested) = schema.blocks.get(kind) {
                diags.extend(check_inside(
                    &nested.block,
                    &content.body,
                    content.header,
                    &[],
                    Some(schema),
                ));
            }
        } else if let Some(nested) = schema.blocks.get(&block.kind.text) {
            diags.extend(check_inside(
                &nested.block,
                &block.body,
                block.header,
                &[],
                Some(schema),
            ));
        }
    }
    diags
}

/// The block type that a well-formed `dynamic` block makes, and its content.
pub(crate) fn dynamic_of(block: &Block) -> Option<(&str, &Block)> {
    if &*block.kind.text != "dynamic" {
        return None;
    }
    let label = block.labels.first()?;
    Some((&label.text, block.body.blocks_of("content").next()?))
}

/// Checks one body without the bodies of its nested blocks.
pub(crate) fn check_level(schema: &BlockSchema, body: &Body, header: Span, ignore: &[&str], diags: &mut Diags) {
    check_names(schema, body, header, ignore, None, diags);
}

fn check_names(
    schema: &BlockSchema,
    body: &Body,
    header: Span,
    ignore: &[&str],
    outer: Option<&BlockSchema>,
    diags: &mut Diags,
) {
    for (name, attribute) in &body.attributes {
        if ignore.contains(&&**name) {
            continue;
        }
        match schema.attributes.get(name) {
            None => {
                let diag = unsupported_argument(schema, name, attribute.name.span, outer, ignore);
                diags.push(in_json(diag, body, name));
            }
            Some(a) if a.mode == Mode::Computed => diags.push(computed_set(name, attribute.name.span)),
            Some(_) => {}
        }
    }
    for block in &body.blocks {
        if !ignore.contains(&&*block.kind.text) {
            check_block_kind(schema, block, ignore, diags);
        }
    }
    for (name, attribute) in &schema.attributes {
        // Written as a block or misspelt, it is reported as such already.
        let reported = || body.damaged || body.blocks_of(name).next().is_some() || misspelt(schema, body, name);
        if attribute.mode == Mode::Required && !body.attributes.contains_key(name) && !reported() {
            let mut diag = Diag::error(codes::MISSING_ARGUMENT, "Missing required argument")
                .detail(format!(
                    "The argument \"{name}\" is required, but no definition was found."
                ))
                .at(header);
            diag.help = attribute.help.clone();
            diags.push(diag);
        }
    }
    for (name, nested) in &schema.blocks {
        check_count(schema, name, nested, body, header, diags);
    }
}

/// Whether an argument of the body that is no argument of the schema is taken for a misspelling of `name`.
fn misspelt(schema: &BlockSchema, body: &Body, name: &str) -> bool {
    let unknown = |k: &str| !schema.attributes.contains_key(k) && !schema.blocks.contains_key(k);
    body.attributes
        .keys()
        .any(|k| unknown(k) && right_attribute(schema, k) == Some(name))
}

fn computed_set(name: &str, span: Span) -> Diag {
    Diag::error(codes::COMPUTED_SET, format!("\"{name}\" attribute is read-only"))
        .detail(format!(
            "Can't configure a value for \"{name}\": its value will be decided automatically based on the result of \
             applying this configuration."
        ))
        .help("remove this argument")
        .at(span)
}

/// The argument that a wrong name stands for: a name of another vocabulary, else a near one, unless the name is right and
/// only its place is wrong.
fn right_attribute<'a>(schema: &'a BlockSchema, given: &str) -> Option<&'a str> {
    let misplaced = || schema.unmanaged.contains_key(given) || !homes(schema, given).is_empty();
    alias_of(schema, given).or_else(|| match misplaced() {
        true => None,
        false => did_you_mean(given, settable(schema).map(|(n, _)| &**n)),
    })
}

/// The nested blocks that have an argument of this very name.
fn homes<'a>(schema: &'a BlockSchema, given: &str) -> Vec<&'a str> {
    let has = |nested: &NestedBlock| settable(&nested.block).any(|(name, _)| &**name == given);
    let nested = schema.blocks.iter().filter(|(name, _)| &***name != "timeouts");
    nested.filter(|(_, n)| has(n)).map(|(name, _)| &**name).collect()
}

/// The nested block, and the block inside of it, that a name means in this or another vocabulary.
fn home_of_block<'a>(schema: &'a BlockSchema, given: &str) -> Option<(&'a str, &'a str)> {
    schema.blocks.iter().find_map(|(outer, nested)| {
        let inner =
            nested.block.blocks.iter().find(|(name, block)| {
                &***name == given || block.also_called.iter().any(|other| same_name(other, given))
            });
        inner.map(|(name, _)| (&**outer, &**name))
    })
}

/// The argument that has this name in another vocabulary.
fn alias_of<'a>(schema: &'a BlockSchema, given: &str) -> Option<&'a str> {
    settable(schema)
        .find(|(_, a)| a.also_called.iter().any(|other| same_name(other, given)))
        .map(|(name, _)| &**name)
}

fn settable(schema: &BlockSchema) -> impl Iterator<Item = (&Str, &Attribute)> {
    schema.attributes.iter().filter(|(_, a)| a.mode != Mode::Computed)
}

fn right_block<'a>(schema: &'a BlockSchema, given: &str) -> Option<&'a str> {
    schema
        .blocks
        .iter()
        .find(|(_, b)| b.also_called.iter().any(|other| same_name(other, given)))
        .map(|(name, _)| &**name)
        .or_else(|| did_you_mean(given, schema.blocks.keys().map(|n| &**n)))
}

/// Equal but for case and underscores: `OssRoleName`, `ossRoleName` and `oss_role_name` are one name.
fn same_name(a: &str, b: &str) -> bool {
    let letters = |s: &str| {
        s.chars()
            .filter(|c| *c != '_')
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    letters(a) == letters(b)
}

/// In JSON nothing tells whether an argument or a block was meant.
fn in_json(mut diag: Diag, body: &Body, name: &str) -> Diag {
    if body.json {
        diag.summary = "Extraneous JSON object property".into();
        let rest = diag
            .detail
            .as_deref()
            .and_then(|d| d.split_once("not expected here."))
            .map_or("", |(_, rest)| rest);
        diag.detail = Some(format!("No argument or block type is named \"{name}\".{rest}"));
    }
    diag
}

/// A note of the name that was meant, in the detail and at the place.
fn meant(diag: Diag, base: &str, right: &str) -> Diag {
    diag.detail(format!("{base} Did you mean \"{right}\"?"))
        .label(format!("did you mean `{right}`?"))
}

fn unsupported_argument(
    schema: &BlockSchema,
    name: &str,
    span: Span,
    outer: Option<&BlockSchema>,
    meta: &[&str],
) -> Diag {
    let diag = Diag::error(codes::UNSUPPORTED_ARGUMENT, "Unsupported argument").at(span);
    let base = format!("An argument named \"{name}\" is not expected here.");
    if schema.blocks.contains_key(name) {
        return diag.detail(format!("{base} Did you mean to define a block of type \"{name}\"?"));
    }
    if let Some(instead) = schema.unmanaged.get(name) {
        return unmanaged(diag, name, instead);
    }
    let is_alias = alias_of(schema, name).is_some();
    if !is_alias && outer.is_some_and(|o| settable(o).any(|(n, _)| &**n == name)) {
        return diag
            .detail(format!("{base} It stands outside of this block."))
            .label("move it out of the block")
            .help(format!("write {name} beside the block, not in it"));
    }
    if let Some(right) = right_attribute(schema, name) {
        return meant(diag, &base, right);
    }
    let homes = homes(schema, name);
    if !homes.is_empty() {
        let all: Vec<String> = homes.iter().map(|home| format!("\"{home}\"")).collect();
        return diag
            .detail(format!("{base} It stands in a block of type {}.", all.join(" or ")))
            .label("move it into the block");
    }
    let block = |right: &str| format!("{base} Did you mean to define a block of type \"{right}\"?");
    match (right_block(schema, name), did_you_mean(name, meta.iter().copied())) {
        (Some(right), _) => diag.detail(block(right)),
        (_, Some(right)) if META_BLOCKS.contains(&right) => diag.detail(block(right)),
        (_, Some(right)) => meant(diag, &base, right),
        _ => diag.detail(base),
    }
}

/// What of the meta-arguments of a body is a block.
const META_BLOCKS: &[&str] = &["lifecycle"];

/// What the vendor's Terraform provider has and headworks does not.
fn unmanaged(diag: Diag, name: &str, instead: &str) -> Diag {
    diag.detail(format!(
        "The vendor's Terraform provider has \"{name}\" here; headworks does not have it."
    ))
    .help(instead)
}

fn unsupported_block(schema: &BlockSchema, name: &str, span: Span, meta: &[&str]) -> Diag {
    let diag = Diag::error(codes::UNSUPPORTED_BLOCK, "Unsupported block type").at(span);
    let base = format!("Blocks of type \"{name}\" are not expected here.");
    let as_argument = |right: &str| {
        format!("{base} Did you mean to define argument \"{right}\"? If so, use the equals sign to assign it a value.")
    };
    if schema.attributes.contains_key(name) {
        return diag.detail(as_argument(name));
    }
    if let Some(instead) = schema.unmanaged.get(name) {
        return unmanaged(diag, name, instead);
    }
    if let Some((outer, inner)) = home_of_block(schema, name) {
        return diag
            .detail(format!(
                "{base} A block of type \"{inner}\" stands in a block of type \"{outer}\"."
            ))
            .label("move it into the block");
    }
    if let Some(right) = right_block(schema, name) {
        return meant(diag, &base, right);
    }
    if let Some(right) = right_attribute(schema, name) {
        return diag.detail(as_argument(right));
    }
    match did_you_mean(name, meta.iter().copied().chain(["dynamic"])) {
        Some(right) if right == "dynamic" || META_BLOCKS.contains(&right) => meant(diag, &base, right),
        Some(right) => diag.detail(as_argument(right)),
        None => diag.detail(base),
    }
}

fn check_block_kind(schema: &BlockSchema, block: &Block, meta: &[&str], diags: &mut Diags) {
    if &*block.kind.text == "dynamic" {
        return check_dynamic(schema, block, diags);
    }
    if !schema.blocks.contains_key(&block.kind.text) {
        return diags.push(unsupported_block(schema, &block.kind.text, block.header, meta));
    }
    if let Some(label) = block.labels.first() {
        let kind = &block.kind.text;
        diags.push(
            Diag::error(codes::EXTRANEOUS_LABEL, format!("Extraneous label for {kind}"))
                .detail(format!("No labels are expected for {kind} blocks."))
                .at(label.span),
        );
    }
}

/// The arguments of a `dynamic` block itself.
const DYNAMIC_ARGUMENTS: &[&str] = &["for_each", "iterator", "labels"];

/// Checks the form of a `dynamic` block: label, `for_each`, `iterator`, `labels` and one `content`.
fn check_dynamic(schema: &BlockSchema, block: &Block, diags: &mut Diags) {
    let wrong = |summary: &str, detail: String, span| Diag::error(codes::DYNAMIC_FORM, summary).detail(detail).at(span);
    match block.labels.as_slice() {
        [label] if schema.blocks.contains_key(&label.text) => {}
        [label] => diags.push(unsupported_block(schema, &label.text, label.span, &[])),
        labels => {
            let (summary, span) = match labels.get(1) {
                Some(extra) => ("Extraneous label for dynamic", extra.span),
                None => ("Missing type for dynamic", block.header),
            };
            let detail = "A dynamic block has one label: the type of the blocks that it makes.";
            diags.push(wrong(summary, detail.into(), span));
        }
    }
    let other = |name: &&str| !DYNAMIC_ARGUMENTS.contains(name);
    let mut others = block.body.attributes.keys().map(|k| &**k).filter(other);
    let misspelt = others.any(|name| did_you_mean(name, ["for_each"]).is_some());
    if block.body.expr("for_each").is_none() && !misspelt && !block.body.damaged {
        diags.push(wrong(
            "Missing required argument",
            "The argument \"for_each\" is required, but no definition was found.".into(),
            block.header,
        ));
    }
    for (name, attribute) in &block.body.attributes {
        if !DYNAMIC_ARGUMENTS.contains(&&**name) {
            let diag = wrong(
                "Unsupported argument",
                format!(
                    "An argument named \"{name}\" is not expected here. The arguments of the blocks that a dynamic \
                     block makes stand in its content block."
                ),
                attribute.name.span,
            );
            diags.push(diag.suggest(name, DYNAMIC_ARGUMENTS.iter().copied()));
        }
    }
    for inner in block.body.blocks.iter().filter(|b| &*b.kind.text != "content") {
        let diag = wrong(
            "Unsupported block type",
            format!("Blocks of type \"{}\" are not expected here.", inner.kind.text),
            inner.header,
        );
        diags.push(diag.suggest(&inner.kind.text, ["content"]));
    }
    let contents = block.body.blocks_of("content").count();
    let misspelt = |b: &Block| did_you_mean(&b.kind.text, ["content"]).is_some();
    let reported = block.body.damaged || block.body.blocks.iter().any(misspelt);
    if contents > 1 || (contents == 0 && !reported) {
        let summary = if contents == 0 {
            "Missing content block"
        } else {
            "Extraneous content block"
        };
        diags.push(wrong(
            summary,
            "A dynamic block has exactly one block of type \"content\", which describes the blocks it makes.".into(),
            block.header,
        ));
    }
}

/// Checks how often a nested block stands; with a `dynamic` block that is known only after evaluation.
fn check_count(schema: &BlockSchema, name: &str, nested: &NestedBlock, body: &Body, header: Span, diags: &mut Diags) {
    let dynamic = body
        .blocks_of("dynamic")
        .any(|b| b.labels.first().is_some_and(|l| &*l.text == name));
    // Written as an argument, it is reported as such already.
    if dynamic || body.damaged || body.attributes.contains_key(name) {
        return;
    }
    let max = match nested.nesting {
        Nesting::Single => Some(1),
        Nesting::List | Nesting::Set => nested.max,
    };
    let mut count: u64 = 0;
    for block in body.blocks_of(name) {
        count += 1;
        if max.is_some_and(|m| count == m + 1) {
            diags.push(too_many(name, max.unwrap_or(0), block.header));
        }
    }
    let misspelt = |b: &Block| {
        let kind = &b.kind.text;
        !schema.blocks.contains_key(kind) && right_block(schema, kind) == Some(name)
    };
    if count < nested.min && !body.blocks.iter().any(misspelt) {
        diags.push(too_few(name, nested.min, header));
    }
}

/// The problem of more blocks than allowed.
pub(crate) fn too_many(name: &str, max: u64, span: Span) -> Diag {
    Diag::error(codes::TOO_MANY_BLOCKS, format!("Too many {name} blocks"))
        .detail(format!("No more than {max} \"{name}\" blocks are allowed."))
        .at(span)
}

/// The problem of fewer blocks than demanded.
pub(crate) fn too_few(name: &str, min: u64, span: Span) -> Diag {
    Diag::error(codes::TOO_FEW_BLOCKS, format!("Insufficient {name} blocks"))
        .detail(format!("At least {min} \"{name}\" blocks are required."))
        .at(span)
}
