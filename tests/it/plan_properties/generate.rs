//! Small random configurations, as data that knows which block needs which, and as HCL text. Evaluates nothing.

use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write;

/// How a block is repeated.
#[derive(Clone, Debug)]
pub(crate) enum Repeat {
    Single,
    Count(u8),
    Each(BTreeSet<char>),
}

/// How one block points at another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// In an argument that is changed in place.
    Input,
    /// The same, through a local value.
    Local,
    /// Through two local values.
    LocalOfLocal,
    /// In an argument whose change replaces the object.
    Trigger,
    /// In the configuration only.
    DependsOn,
}

/// One resource block.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) name: usize,
    pub(crate) repeat: Repeat,
    pub(crate) links: Vec<(usize, Link)>,
    pub(crate) input: u8,
    pub(crate) trigger: u8,
    pub(crate) create_first: bool,
}

/// A configuration. Blocks point only at blocks before them in this list; their names do not follow that order.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) blocks: Vec<Block>,
    /// Blocks that an output shows.
    pub(crate) shown: Vec<usize>,
}

/// Names that blocks choose from, so that two configurations have some in common.
const NAMES: usize = 6;

fn repeat() -> impl Strategy<Value = Repeat> {
    prop_oneof![
        3 => Just(Repeat::Single),
        2 => (0u8..4).prop_map(Repeat::Count),
        2 => proptest::collection::btree_set(prop_oneof![Just('a'), Just('b'), Just('c')], 0..4).prop_map(Repeat::Each),
    ]
}

fn link() -> impl Strategy<Value = Link> {
    prop_oneof![
        Just(Link::Input),
        Just(Link::Local),
        Just(Link::LocalOfLocal),
        Just(Link::Trigger),
        Just(Link::DependsOn),
    ]
}

/// Any configuration.
pub(crate) fn config() -> impl Strategy<Value = Config> {
    let names: Vec<usize> = (0..NAMES).collect();
    (Just(names).prop_shuffle(), 1usize..=NAMES).prop_flat_map(|(names, count)| {
        let blocks: Vec<_> = (0..count)
            .map(|at| {
                let name = names[at];
                let before = names[..at].to_vec();
                let links = if before.is_empty() {
                    Just(Vec::new()).boxed()
                } else {
                    proptest::collection::vec((proptest::sample::select(before), link()), 0..3).boxed()
                };
                (repeat(), links, 0u8..3, 0u8..3, proptest::bool::weighted(0.25)).prop_map(
                    move |(repeat, links, input, trigger, create_first)| Block {
                        name,
                        repeat,
                        links,
                        input,
                        trigger,
                        create_first,
                    },
                )
            })
            .collect();
        let names = names[..count].to_vec();
        (blocks, proptest::sample::subsequence(names, 0..=count)).prop_map(|(blocks, shown)| Config { blocks, shown })
    })
}

/// The same blocks with other values: what needs what stays.
pub(crate) fn with_other_values(config: Config) -> impl Strategy<Value = (Config, Config)> {
    let count = config.blocks.len();
    proptest::collection::vec((0u8..3, 0u8..3), count).prop_map(move |values| {
        let mut other = config.clone();
        for (block, (input, trigger)) in other.blocks.iter_mut().zip(values) {
            (block.input, block.trigger) = (input, trigger);
        }
        (config.clone(), other)
    })
}

impl Config {
    /// The declarations, each as text of its own.
    pub(crate) fn declarations(&self) -> Vec<String> {
        let mut out = Vec::new();
        for block in &self.blocks {
            let mut inputs = vec![format!("\"v{}\"", block.input)];
            let mut triggers = vec![format!("\"t{}\"", block.trigger)];
            let mut after = Vec::new();
            for (i, (to, link)) in block.links.iter().enumerate() {
                let ids = self.ids(*to);
                let local = format!("n{}_{i}", block.name);
                match link {
                    Link::Input => inputs.push(ids),
                    Link::Trigger => triggers.push(ids),
                    Link::DependsOn => after.push(format!("terraform_data.n{to}")),
                    Link::Local => {
                        out.push(format!("locals {{\n  {local} = {ids}\n}}\n"));
                        inputs.push(format!("local.{local}"));
                    }
                    Link::LocalOfLocal => {
                        out.push(format!("locals {{\n  a_{local} = local.z_{local}\n}}\n"));
                        out.push(format!("locals {{\n  z_{local} = {ids}\n}}\n"));
                        inputs.push(format!("local.a_{local}"));
                    }
                }
            }
            let mut text = format!("resource \"terraform_data\" \"n{}\" {{\n", block.name);
            match &block.repeat {
                Repeat::Single => {}
                Repeat::Count(n) => {
                    let _ = writeln!(text, "  count = {n}");
                    inputs.push("count.index".into());
                }
                Repeat::Each(keys) => {
                    let keys: Vec<String> = keys.iter().map(|k| format!("\"{k}\"")).collect();
                    let _ = writeln!(text, "  for_each = toset([{}])", keys.join(", "));
                    inputs.push("each.key".into());
                }
            }
            let _ = writeln!(text, "  input = [{}]", inputs.join(", "));
            let _ = writeln!(text, "  triggers_replace = [{}]", triggers.join(", "));
            if !after.is_empty() {
                let _ = writeln!(text, "  depends_on = [{}]", after.join(", "));
            }
            if block.create_first {
                text.push_str("  lifecycle {\n    create_before_destroy = true\n  }\n");
            }
            text.push_str("}\n");
            out.push(text);
        }
        for name in &self.shown {
            out.push(format!("output \"o{name}\" {{\n  value = {}\n}}\n", self.ids(*name)));
        }
        out
    }

    /// One file.
    pub(crate) fn text(&self) -> String {
        self.declarations().concat()
    }

    /// An expression for the ids of a block's instances.
    fn ids(&self, name: usize) -> String {
        let block = self.blocks.iter().find(|b| b.name == name);
        match block.map(|b| &b.repeat) {
            Some(Repeat::Count(_)) => format!("terraform_data.n{name}[*].id"),
            Some(Repeat::Each(_)) => format!("{{ for k, v in terraform_data.n{name} : k => v.id }}"),
            _ => format!("terraform_data.n{name}.id"),
        }
    }

    /// All that a block needs, directly or not, by the model alone.
    pub(crate) fn needs(&self, name: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = vec![name];
        while let Some(at) = open.pop() {
            let links = self.blocks.iter().filter(|b| b.name == at).flat_map(|b| &b.links);
            for (to, _) in links {
                if found.insert(*to) {
                    open.push(*to);
                }
            }
        }
        found
    }

    /// Whether a replacement of the block is made before the old object is deleted: it asks, or something asks that needs it.
    pub(crate) fn creates_first(&self, name: usize) -> bool {
        let mut asking = self.blocks.iter().filter(|b| b.create_first);
        asking.any(|b| b.name == name || self.needs(b.name).contains(&name))
    }
}
