//! The order in which statements are followed: chains from their beginning, and what lies within a moved module or
//! resource in the right order to that. Decides which statements go round in a circle.

use super::Statement;
use super::pattern::{Names, Pattern};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The numbers of the statements in the order in which they are followed.
///
/// # Errors
/// Statements that go round in a circle: each circle with the numbers of its statements.
pub(super) fn order(statements: &[Statement]) -> Result<Vec<usize>, Vec<Vec<usize>>> {
    let sides: Vec<(Pattern, Pattern)> = statements.iter().map(|s| (s.from(), s.to())).collect();
    let after = predecessors(statements, &sides);
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); sides.len()];
    for (a, needed) in after.iter().enumerate() {
        for b in needed {
            next[*b].push(a);
        }
    }
    let mut waiting: Vec<usize> = after.iter().map(Vec::len).collect();
    let mut ready: BTreeSet<usize> = (0..sides.len()).filter(|i| waiting[*i] == 0).collect();
    let mut order = Vec::with_capacity(sides.len());
    while let Some(i) = ready.pop_first() {
        order.push(i);
        for n in &next[i] {
            waiting[*n] -= 1;
            if waiting[*n] == 0 {
                ready.insert(*n);
            }
        }
    }
    if order.len() == sides.len() {
        return Ok(order);
    }
    let done: BTreeSet<usize> = order.into_iter().collect();
    let left: BTreeSet<usize> = (0..sides.len()).filter(|i| !done.contains(i)).collect();
    Err(circles(&left, &after, &next))
}

/// For each statement those that it is followed after. Only statements whose names begin alike are compared: thousands
/// of them are as many steps, not their square.
pub(super) fn predecessors(statements: &[Statement], sides: &[(Pattern, Pattern)]) -> Vec<Vec<usize>> {
    let mut from: HashMap<Names<'_>, Vec<usize>> = HashMap::new();
    let mut to: HashMap<Names<'_>, Vec<usize>> = HashMap::new();
    for (i, side) in sides.iter().enumerate() {
        from.entry(side.0.names()).or_default().push(i);
        to.entry(side.1.names()).or_default().push(i);
    }
    let mut after = vec![BTreeSet::new(); sides.len()];
    for (i, side) in sides.iter().enumerate() {
        for names in side.0.containers().chain(side.1.containers()) {
            let later = to.get(&names).into_iter().flatten().map(|b| (i, *b));
            let earlier = from.get(&names).into_iter().flatten().map(|a| (*a, i));
            for (a, b) in later.chain(earlier) {
                if a != b && comes_after(statements, sides, a, b) {
                    after[a].insert(b);
                }
            }
        }
    }
    after.into_iter().map(|needed| needed.into_iter().collect()).collect()
}

/// Whether statement `a` is followed only after `b`.
pub(super) fn comes_after(statements: &[Statement], sides: &[(Pattern, Pattern)], a: usize, b: usize) -> bool {
    let ((a_from, a_to), (b_from, b_to)) = (&sides[a], &sides[b]);
    if a_from.can_be(b_to) {
        return true;
    }
    let nested = a_from.is_within(b_to) || a_to.is_within(b_to) || b_from.is_within(a_from) || b_to.is_within(a_from);
    if !nested {
        return false;
    }
    // A move that gives a module another key contains both ends of any move inside of it. The one inside comes later,
    // and not also earlier.
    statements[a].module.len() >= statements[b].module.len() || !a_from.only_key_differs(a_to)
}

/// Groups what is left by what can be reached from each other.
fn circles(left: &BTreeSet<usize>, after: &[Vec<usize>], next: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let reach = |start: usize, edges: &[Vec<usize>]| {
        let mut found = BTreeSet::new();
        let mut open = vec![start];
        while let Some(i) = open.pop() {
            for n in edges[i].iter().filter(|n| left.contains(n)) {
                if found.insert(*n) {
                    open.push(*n);
                }
            }
        }
        found
    };
    let mut out: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for start in left {
        if seen.contains(start) {
            continue;
        }
        let both: Vec<usize> = reach(*start, after)
            .intersection(&reach(*start, next))
            .copied()
            .collect();
        if both.contains(start) {
            seen.extend(both.iter().copied());
            out.insert(*start, both);
        }
    }
    out.into_values().collect()
}
