//! Whether values are wholly known, asked again and again of the same large ones: `try(local.all[each.key], null)` asks it of
//! `local.all` in each of many instances. Large collections that were looked through once are remembered.

use crate::base::{Kind, Str, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Weak};

/// Collections smaller than this are looked through each time.
const LARGE: usize = 64;
/// How many collections are remembered.
const REMEMBERED: usize = 32;

/// A collection that is wholly known. Being weak, it keeps no contents alive; being held, its address is not used again.
enum Seen {
    Items(Weak<[Value]>),
    Entries(Weak<BTreeMap<Str, Value>>),
}

thread_local! {
    static SEEN: RefCell<VecDeque<Seen>> = const { RefCell::new(VecDeque::new()) };
}

/// As [`Value::is_wholly_known`].
pub(super) fn is_wholly_known(value: &Value) -> bool {
    match &value.kind {
        Kind::Unknown(_) => false,
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            let same =
                |seen: &Seen| matches!(seen, Seen::Items(weak) if std::ptr::addr_eq(weak.as_ptr(), Arc::as_ptr(items)));
            look(
                items.len(),
                same,
                || items.iter().all(is_wholly_known),
                || Seen::Items(Arc::downgrade(items)),
            )
        }
        Kind::Map(_, entries) | Kind::Object(entries) => {
            let same = |seen: &Seen| matches!(seen, Seen::Entries(weak) if std::ptr::addr_eq(weak.as_ptr(), Arc::as_ptr(entries)));
            look(
                entries.len(),
                same,
                || entries.values().all(is_wholly_known),
                || Seen::Entries(Arc::downgrade(entries)),
            )
        }
        _ => true,
    }
}

fn look(length: usize, same: impl Fn(&Seen) -> bool, all: impl Fn() -> bool, remember: impl Fn() -> Seen) -> bool {
    if length < LARGE {
        return all();
    }
    if SEEN.with_borrow(|seen| seen.iter().any(&same)) {
        return true;
    }
    let known = all();
    if known {
        SEEN.with_borrow_mut(|seen| {
            if seen.len() >= REMEMBERED {
                seen.pop_front();
            }
            seen.push_back(remember());
        });
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Type;

    #[test]
    fn large_values_are_told_apart() {
        let large = |last: Value| Value::tuple((0..100).map(Value::int).chain([last]).collect::<Vec<_>>());
        let known = large(Value::int(1));
        for _ in 0..2 * REMEMBERED {
            assert!(is_wholly_known(&known));
            assert!(is_wholly_known(&large(Value::int(2))));
            assert!(!is_wholly_known(&large(Value::unknown(Type::String))));
            assert!(!is_wholly_known(&Value::tuple(vec![
                known.clone(),
                large(Value::unknown(Type::Bool))
            ])));
        }
    }
}
