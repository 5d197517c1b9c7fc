//! Whether statements make sense together, and with what the configuration declares. Decides nothing about objects.

use super::declared::Declarations;
use super::pattern::Pattern;
use super::{Statement, order, place};
use crate::base::{Diag, Diags, SourceMap, Span};
use crate::config::codes;
use std::collections::HashMap;

/// Judges the statements.
pub(super) fn check(statements: &[Statement], declared: &dyn Declarations, sources: &SourceMap) -> Diags {
    let mut checker = Checker {
        declared,
        sources,
        from: HashMap::new(),
        to: HashMap::new(),
        diags: Diags::new(),
    };
    for statement in statements.iter().filter(|s| !s.implied) {
        for instance in declared.instances(&statement.module) {
            let from = statement.from().within(&instance);
            let to = statement.to().within(&instance);
            checker.statement(statement, from, to);
        }
    }
    if checker.diags.has_errors() {
        return checker.diags;
    }
    if let Err(circles) = order::order(statements) {
        for circle in circles {
            checker.diags.push(cycle(statements, &circle, sources));
        }
    }
    checker.diags
}

fn cycle(statements: &[Statement], circle: &[usize], sources: &SourceMap) -> Diag {
    let mut text = String::from("These moves form a circle, so there is no address to end at:\n");
    for i in circle {
        let statement = &statements[*i];
        let place = place(sources, statement.span);
        text.push_str(&format!("  - {place}: {} → {}\n", statement.from(), statement.to()));
    }
    text.push_str("A chain of moves ends at an address that no other of them begins with.");
    Diag::error(codes::MOVED, "Cyclic dependency in move statements").detail(text)
}

struct Checker<'a> {
    declared: &'a dyn Declarations,
    sources: &'a SourceMap,
    /// Where each address went, and by which statement.
    from: HashMap<(String, bool), (String, Span)>,
    /// Where what is at each address came from.
    to: HashMap<(String, bool), (String, Span)>,
    diags: Diags,
}

impl Checker<'_> {
    fn statement(&mut self, statement: &Statement, from: Pattern, to: Pattern) {
        let whole = from.is_whole();
        let (noun, short) = match (from.is_module(), whole) {
            (true, true) => ("module call", "call"),
            (true, false) => ("module instance", "instance"),
            (false, true) => ("resource", "resource"),
            (false, false) => ("resource instance", "instance"),
        };
        let (old, new) = (from.plain(), to.plain());
        let error = |summary: &str, why: String| Diag::error(codes::MOVED, summary).detail(why).at(statement.span);
        if from == to {
            let why = format!("It declares a move from {old} to the same address, which says nothing.");
            self.diags
                .push(error("Redundant move statement", why).help("remove the block"));
            return;
        }
        if let Some(span) = self.still_there(&from) {
            let there = place(self.sources, span);
            let why = format!("It declares a move from {old}, but that {noun} is still declared at {there}.");
            let diag = error("Moved object still exists", why)
                .related(span, "still declared here")
                .help(format!("declare this {short} as {new} instead"));
            self.diags.push(diag);
        }
        match self.from.get(&(old.clone(), whole)) {
            Some((other, span)) if *other != new => {
                let first = place(self.sources, *span);
                let why = format!(
                    "At {first} it is declared that {old} moved to {other}, and here that it moved to {new}. Each {noun} \
                     moves to one place."
                );
                let diag = error("Ambiguous move statements", why).related(*span, "the other statement");
                self.diags.push(diag);
            }
            Some(_) => {}
            None => {
                self.from.insert((old.clone(), whole), (new.clone(), statement.span));
            }
        }
        match self.to.get(&(new.clone(), whole)) {
            Some((other, span)) if *other != old => {
                let first = place(self.sources, *span);
                let why = format!(
                    "At {first} it is declared that {other} moved to {new}, and here that {old} moved there. Each {noun} \
                     comes from one place."
                );
                let diag = error("Ambiguous move statements", why).related(*span, "the other statement");
                self.diags.push(diag);
            }
            Some(_) => {}
            None => {
                self.to.insert((new, whole), (old, statement.span));
            }
        }
    }

    /// Where what moved away is still declared.
    fn still_there(&self, from: &Pattern) -> Option<Span> {
        let declared = self.declared;
        if from.is_module() {
            let path = from.path();
            let call = declared.call(&path)?;
            if from.is_whole() {
                return Some(call.header);
            }
            return declared
                .has_module(&path)
                .then(|| call.repeated.span().unwrap_or(call.header));
        }
        let block = from.block()?;
        let found = declared.block(&block)?;
        match from.instance() {
            None => declared.has_module(&block.module).then_some(found.header),
            Some(instance) => {
                let span = found.repeated.span().unwrap_or(found.header);
                declared.has_instance(&instance).then_some(span)
            }
        }
    }
}
