//! What was most likely meant by a reference that begins with a word of no meaning, such as `vars.region`. Only ever suggests.

use crate::base::did_you_mean;
use crate::config::Module;
use crate::lang::ast::{Step, StepKind};

/// Built-in objects with their attributes.
const OBJECTS: &[(&str, &[&str])] = &[
    ("count", &["index"]),
    ("each", &["key", "value"]),
    ("path", &["module", "root", "cwd"]),
    ("terraform", &["workspace", "applying"]),
];

/// What `root.NAME…` was to be, where its root is near a known one and the name is one that this root has, or near one.
pub(super) fn meant(module: &Module, root: &str, steps: &[Step]) -> Option<String> {
    let name = attribute(steps, 0)?;
    let objects = OBJECTS.iter().filter_map(|(object, attributes)| {
        let found = nearest(name, attributes.iter().copied())?;
        Some((*object, format!("{object}.{found}")))
    });
    let named = |root: &'static str, name: Option<&str>| name.map(|n| (root, format!("{root}.{n}")));
    let values = [
        named("var", nearest(name, module.variables.keys().map(|k| &**k))),
        named("local", nearest(name, module.locals.keys().map(|k| &**k))),
        named("module", nearest(name, module.calls.keys().map(|k| &**k))),
        // Which attributes the object has depends on the block.
        named("self", Some(name)),
    ];
    let blocks = attribute(steps, 1).into_iter().flat_map(|second| {
        let of = module
            .resources
            .keys()
            .filter(move |a| *a.type_name == *name && *a.name == *second);
        of.map(|addr| (root_of(addr.mode), addr.to_string()))
    });
    let known: Vec<(&str, String)> = objects.chain(values.into_iter().flatten()).chain(blocks).collect();
    // The plural of a root is a common slip: vars, locals, modules.
    let plural = known
        .iter()
        .find(|(candidate, _)| root.strip_suffix('s') == Some(candidate));
    let near = || did_you_mean(root, known.iter().map(|(candidate, _)| *candidate));
    let found = plural.or_else(|| {
        let near = near()?;
        known.iter().find(|(candidate, _)| *candidate == near)
    });
    found.map(|(_, text)| text.clone())
}

/// The variable or local value that has the name of a bare word.
pub(super) fn of_bare_word(module: &Module, word: &str) -> Option<String> {
    if module.variables.contains_key(word) {
        return Some(format!("var.{word}"));
    }
    module.locals.contains_key(word).then(|| format!("local.{word}"))
}

fn root_of(mode: crate::base::ResourceMode) -> &'static str {
    match mode {
        crate::base::ResourceMode::Managed => "resource",
        crate::base::ResourceMode::Data => "data",
    }
}

fn attribute(steps: &[Step], at: usize) -> Option<&str> {
    match &steps.get(at)?.kind {
        StepKind::Attr(name) => Some(name),
        StepKind::Index(_) => None,
    }
}

/// The candidate of this very name, else a near one.
fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    candidates
        .clone()
        .find(|c| *c == name)
        .or_else(|| did_you_mean(name, candidates))
}
