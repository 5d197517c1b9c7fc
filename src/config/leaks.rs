//! Secrets that stand in files: access keys by their form, wherever they stand, and texts that come to a secret attribute by
//! way of a variable's default or a local value. Tells the line and never repeats the text.

use super::model::{Module, ModuleCall};
use crate::base::mask::remember;
use crate::base::{Diag, Diags, ResourceMode, SourceMap, Span};
use crate::lang::ast::{Body, Expr, ExprKind, Reference, StepKind, TemplatePart};
use crate::schema::{BlockSchema, Registry, codes::SECRET_LITERAL};
use std::collections::BTreeSet;

/// References are followed so far; a longer way is a cycle, which is reported elsewhere.
const DEPTH_MAX: usize = 64;

/// A secret key counts as the other half of an access key of Huawei Cloud when it stands no farther away than this, in bytes.
const PAIR_DISTANCE: usize = 400;

/// Access keys that stand in the files. Values that were given by the environment or the command line are in no file.
pub fn access_keys(sources: &SourceMap) -> Diags {
    let mut diags = Diags::new();
    let given = |name: &str| name == "-var" || name.starts_with("TF_VAR_") || name.starts_with("the answer for ");
    for file in sources.files().iter().filter(|f| !given(&f.name)) {
        let mut told = BTreeSet::new();
        for (offset, what) in keys_in(&file.text) {
            // Reports of other mistakes may show the line.
            for line in file.text.get(offset..).into_iter().flat_map(|t| t.lines().take(1)) {
                line.split(|c: char| !c.is_ascii_alphanumeric())
                    .take(1)
                    .for_each(remember);
            }
            let line = file
                .text
                .as_bytes()
                .iter()
                .take(offset)
                .filter(|b| **b == b'\n')
                .count()
                + 1;
            if told.insert(line) {
                diags.push(key_in_file(what, &format!("{}:{line}", file.name)));
            }
        }
    }
    diags
}

fn key_in_file(what: &str, place: &str) -> Diag {
    // Without a span: the line that a report shows with it holds the key.
    Diag::error(SECRET_LITERAL, "Access key in clear text")
        .detail(format!(
            "{place} holds what looks like {what}: whoever reads the file, or a copy of it in version control, has it."
        ))
        .help(
            "a key that was in a file is best replaced by a new one. Give credentials of the provider in its environment \
             variables, and others by `variable \"NAME\" { sensitive = true }` and the environment variable TF_VAR_NAME",
        )
}

/// Where access keys begin in a text, and of what kind they are.
fn keys_in(text: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    let (mut huawei, mut secret_keys) = (Vec::new(), Vec::new());
    for (start, word) in words(text) {
        let before = text.as_bytes().get(..start).and_then(<[u8]>::last);
        let joined = matches!(before, Some(b'-' | b'_' | b'/' | b'+'));
        match word {
            _ if joined => {}
            w if w.starts_with("LTAI")
                && matches!(w.len(), 16 | 20 | 24..=30)
                && random(w)
                && has(w, |b| b.is_ascii_lowercase()) >= 2 =>
            {
                found.push((start, "an access key of Alibaba Cloud"));
            }
            w if (w.starts_with("AKIA") || w.starts_with("ASIA")) && w.len() == 20 && capitals(w) && random(w) => {
                found.push((start, "an access key of AWS"));
            }
            w if w.len() >= 20 && random(w) && text.get(..start).is_some_and(|t| t.ends_with("STS.")) => {
                found.push((start, "a temporary access key of Alibaba Cloud"));
            }
            w if w.len() == 20 && capitals(w) && random(w) => huawei.push(start),
            w if w.len() == 40
                && random(w)
                && has(w, |b| b.is_ascii_uppercase()) >= 5
                && has(w, |b| b.is_ascii_lowercase()) >= 5 =>
            {
                secret_keys.push(start);
            }
            _ => {}
        }
    }
    let paired = |key: &&usize| secret_keys.iter().any(|secret| key.abs_diff(*secret) <= PAIR_DISTANCE);
    let pairs = huawei.iter().filter(paired);
    found.extend(pairs.map(|start| (*start, "an access key of Huawei Cloud with its secret key")));
    found.sort_unstable();
    found
}

/// Runs of ASCII letters and digits with their places.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    text.split(|c: char| !c.is_ascii_alphanumeric()).map(move |word| {
        let start = rest;
        // A separator may have several bytes.
        let after = start + word.len();
        rest = after
            + text
                .get(after..)
                .and_then(|t| t.chars().next())
                .map_or(0, char::len_utf8);
        (start, word)
    })
}

fn has(word: &str, wanted: impl Fn(u8) -> bool) -> usize {
    word.bytes().filter(|b| wanted(*b)).count()
}

fn capitals(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// Whether it looks as if drawn by lot: digits and letters mixed, unlike words and keys made of one letter.
fn random(word: &str) -> bool {
    let distinct: BTreeSet<u8> = word.bytes().collect();
    has(word, |b| b.is_ascii_digit()) >= 2 && has(word, |b| b.is_ascii_alphabetic()) >= 6 && distinct.len() >= 9
}

/// Texts in files that come to a secret attribute by way of a variable's default, a local value or a module's argument.
pub fn secrets_in_defaults(module: &Module, registry: &Registry, sources: &SourceMap) -> Diags {
    let mut search = Search {
        registry,
        sources,
        diags: Diags::new(),
    };
    search.module(&Scope { module, caller: None });
    search.diags.sorted()
}

/// A module with the call that gives its variables their values.
struct Scope<'a> {
    module: &'a Module,
    caller: Option<(&'a Scope<'a>, &'a ModuleCall)>,
}

struct Search<'a> {
    registry: &'a Registry,
    sources: &'a SourceMap,
    diags: Diags,
}

/// A text in a file, and what it is there.
struct Written {
    span: Span,
    what: String,
}

impl Search<'_> {
    fn module(&mut self, scope: &Scope<'_>) {
        let registry = self.registry;
        for resource in scope.module.resources.values() {
            let type_name = &resource.addr.type_name;
            let schema = match resource.addr.mode {
                ResourceMode::Managed => registry.resource(type_name),
                ResourceMode::Data => registry.data(type_name),
            };
            if let Some(schema) = schema {
                self.body(scope, &resource.body, &schema.block);
            }
        }
        for (key, provider) in &scope.module.providers {
            if let Some(schema) = registry.provider(&key.name) {
                self.body(scope, &provider.body, &schema.block);
            }
        }
        for call in scope.module.calls.values() {
            if let Some(child) = &call.module {
                self.module(&Scope {
                    module: child,
                    caller: Some((scope, call)),
                });
            }
        }
    }

    fn body(&mut self, scope: &Scope<'_>, body: &Body, schema: &BlockSchema) {
        for (name, attribute) in schema.attributes.iter().filter(|(_, a)| a.secret) {
            // A text in the attribute itself is reported when its value is checked.
            let written = body.expr(name).and_then(|expr| written(scope, expr, 0));
            if let Some(found) = written.filter(|w| !w.what.is_empty()) {
                let env = attribute.env.first().map(|e| &**e);
                self.tell(name, &found, env);
            }
        }
        for block in &body.blocks {
            let (kind, content) = match (&*block.kind.text, block.labels.first()) {
                ("dynamic", Some(label)) => (&*label.text, block.body.blocks_of("content").next().map(|b| &b.body)),
                (kind, _) => (kind, Some(&block.body)),
            };
            if let (Some(nested), Some(content)) = (schema.blocks.get(kind), content) {
                self.body(scope, content, &nested.block);
            }
        }
    }

    fn tell(&mut self, name: &str, found: &Written, env: Option<&str>) {
        let mut help = format!(
            "declare `variable \"{name}\" {{ sensitive = true }}` without a default and pass the value in the environment \
             variable TF_VAR_{name}"
        );
        if let Some(env) = env {
            help = format!("remove the argument and set the environment variable {env}, or {help}");
        }
        let place = self.sources.place(found.span);
        self.diags.push(
            Diag::error(SECRET_LITERAL, format!("Secret in clear text: {name}"))
                .detail(format!(
                    "{name} takes its value from {}, and {place} holds it as it is: whoever reads the file, or a copy of it in \
                     version control, has it.",
                    found.what
                ))
                .help(help),
        );
    }
}

/// Functions that give back a text that they are given.
const SAME_TEXT: &[&str] = &[
    "sensitive",
    "nonsensitive",
    "base64decode",
    "chomp",
    "coalesce",
    "format",
    "join",
    "tostring",
    "trimspace",
    "try",
    "urlencode",
];

/// The text in a file that an expression gives. `what` is empty for a text that stands in the expression itself.
fn written(scope: &Scope<'_>, expr: &Expr, depth: usize) -> Option<Written> {
    if depth > DEPTH_MAX {
        return None;
    }
    let within = |expr| written(scope, expr, depth + 1);
    match &expr.kind {
        ExprKind::Literal(value) => value.as_str().filter(|s| !s.is_empty()).map(|text| {
            // Reports of other mistakes may show the line.
            remember(text);
            Written {
                span: expr.span,
                what: String::new(),
            }
        }),
        ExprKind::Parens(inner) | ExprKind::TemplateWrap(inner) => within(inner),
        ExprKind::Conditional(parts) => parts.iter().skip(1).find_map(within),
        ExprKind::Template(parts) if parts.iter().all(|p| matches!(p, TemplatePart::Literal(..))) => {
            for part in parts {
                if let TemplatePart::Literal(text, _) = part {
                    remember(text);
                }
            }
            Some(Written {
                span: expr.span,
                what: String::new(),
            })
        }
        ExprKind::Template(parts) => parts.iter().find_map(|part| match part {
            TemplatePart::Interpolation(inner) => within(inner),
            _ => None,
        }),
        ExprKind::Call(call) if SAME_TEXT.contains(&&*call.name.text) => {
            let found = call.args.iter().find_map(within)?;
            let what = match found.what.is_empty() {
                true => format!("a text given to {}()", call.name.text),
                false => found.what,
            };
            Some(Written { span: found.span, what })
        }
        ExprKind::Reference(reference) => of_reference(scope, reference, depth),
        _ => None,
    }
}

fn of_reference(scope: &Scope<'_>, reference: &Reference, depth: usize) -> Option<Written> {
    let [step] = &reference.steps[..] else {
        return None;
    };
    let StepKind::Attr(name) = &step.kind else {
        return None;
    };
    match &*reference.root.text {
        "local" => {
            let local = scope.module.locals.get(name)?;
            let found = written(scope, &local.value, depth + 1)?;
            Some(named(found, format!("local.{name}")))
        }
        "var" => {
            let variable = scope.module.variables.get(name)?;
            let argument = scope
                .caller
                .and_then(|(outer, call)| Some((outer, call.body.expr(name)?)));
            match argument {
                Some((outer, expr)) => {
                    let found = written(outer, expr, depth + 1)?;
                    Some(named(found, format!("the argument {name} of a module")))
                }
                None => {
                    let found = written(scope, variable.default.as_ref()?, depth + 1)?;
                    Some(named(found, format!("the default of var.{name}")))
                }
            }
        }
        _ => None,
    }
}

/// The text with what it is, said by where it stands: the end of the way is what has to change.
fn named(found: Written, what: String) -> Written {
    match found.what.is_empty() {
        true => Written { what, ..found },
        false => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together here, so that this file holds no key in one piece.
    fn keys() -> Vec<(String, &'static str)> {
        vec![
            (format!("LTAI{}", "5tQz8mKx7Rw2Bv4Nc6Yd"), "Alibaba"),
            (format!("LTAI{}", "k3Jd8sPq"), ""),
            (format!("LTAI{}", "k3Jd8sPqX2mW"), "Alibaba"),
            (format!("LTAI{}", "xxxxxxxxxxxxxxxxxxxx"), ""),
            (format!("LTAI{}", "YOURACCESSKEYIDHERE0"), ""),
            (format!("STS.{}", "NUgYrLnoC37mZZCNnAbez"), "temporary"),
            (format!("AKIA{}", "IOSFODNN7EXAMPL2"), "AWS"),
            (format!("AKIA{}", "X".repeat(16)), ""),
            (format!("{}{}", "GATJ5Z3CVU", "GIVBRPML7A"), ""),
            (
                format!(
                    "{}{}\" sk = \"{}",
                    "GATJ5Z3CVU", "GIVBRPML7A", "q8Zr2LmT5vXc9WbN4kHj7PdS1fGy6AeU3oQi0RtM"
                ),
                "Huawei",
            ),
        ]
    }

    #[test]
    fn access_keys_are_known_by_their_form_wherever_they_stand() {
        for (key, kind) in keys() {
            for text in [
                key.clone(),
                format!("a = \"{key}\""),
                format!("a = \"{{\\\"accessId\\\":\\\"{key}\\\"}}\""),
                format!("a = <<EOT\n  é {{\"k\": \"{key}\"}}\nEOT\n"),
                format!("{{\"x\": \"{key}\"}}"),
            ] {
                let found = keys_in(&text);
                match kind {
                    "" => assert!(found.is_empty(), "{text}: {found:?}"),
                    kind => assert!(found.iter().any(|(_, what)| what.contains(kind)), "{text}: {found:?}"),
                }
            }
        }
    }

    #[test]
    fn names_digests_and_identifiers_are_no_keys() {
        for text in [
            "bucket = \"ltai5tqz8mkx7rw2bv4nc6yd\"",
            "bucket = \"logs-LTAI5tQz8mKx7Rw2Bv4Nc6Yd\"",
            "commit = \"da39a3ee5e6b4b0d3255bfef95601890afd80709\"",
            "id = \"6f1d0c1e-0000-4000-8000-000000000001\"",
            "sha = \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"",
            "group = \"S_res_group_1234567890_1234567890\"",
            "role = \"acs:ram::1234567890123456:role/aliyunserviceroleforotsdatadelivery\"",
            "PLANTEDACCESSKEY0001",
            "é\u{1F600}",
        ] {
            assert_eq!(keys_in(text), [], "{text}");
        }
    }

    #[test]
    fn the_place_is_told_and_the_key_is_not() {
        let mut sources = SourceMap::default();
        let key = &keys()[0].0;
        sources.add("main.tf", format!("# a\n\na = \"{key}\"\nb = \"{key}\" # {key}\n"));
        sources.add("TF_VAR_key", key.as_str());
        sources.add("-var", key.as_str());
        let diags = access_keys(&sources);
        let details: Vec<&str> = diags.iter().filter_map(|d| d.detail.as_deref()).collect();
        assert_eq!(details.len(), 2);
        assert!(
            details[0].starts_with("main.tf:3 ") && details[1].starts_with("main.tf:4 "),
            "{details:?}"
        );
        assert!(
            diags
                .iter()
                .all(|d| d.span.is_none() && !format!("{d:?}").contains(key))
        );
    }
}
