//! Addresses that the user gave, and what of the state they mean. An address of which there is nothing is an error that names
//! the nearest one.

use crate::base::addr::AddrError;
use crate::base::{Diag, InstanceAddr, InstanceKey, ObjectAddr, did_you_mean};
use crate::cli::{Failure, codes};
use crate::plan::target::is_part;
use crate::store::ResourceRow;
use std::collections::BTreeSet;
use std::str::FromStr;

/// The address that a text is.
///
/// # Errors
/// It is none.
pub(super) fn parse<A: FromStr<Err = AddrError>>(text: &str) -> Result<A, Failure> {
    text.parse().map_err(|e: AddrError| {
        Diag::error(codes::USAGE, "Invalid address")
            .detail(format!("{e}."))
            .into()
    })
}

/// The addresses that texts are.
///
/// # Errors
/// The first that is none.
pub(super) fn parse_all(texts: &[String]) -> Result<Vec<ObjectAddr>, Failure> {
    texts.iter().map(|t| parse(t)).collect()
}

/// The rows that an address means, deposed objects included.
pub(super) fn meant<'r>(rows: &'r [ResourceRow], wanted: &ObjectAddr) -> Vec<&'r ResourceRow> {
    rows.iter().filter(|row| is_part(&row.addr, wanted)).collect()
}

/// What helps when there is nothing at an address.
pub(super) fn near(wanted: &str, rows: &[ResourceRow]) -> String {
    let of_block = rows.iter().find(|row| row.addr.resource.to_string() == wanted);
    if let Some(row) = of_block {
        return format!("name one instance, e.g. {}", row.addr);
    }
    let mut known: BTreeSet<String> = BTreeSet::new();
    for row in rows {
        known.insert(row.addr.to_string());
        known.insert(row.addr.resource.to_string());
        for calls in 1..=row.addr.resource.module.0.len() {
            let module = row.addr.resource.module.prefix(calls);
            known.insert(module.to_string());
            known.insert(module.unkeyed().to_string());
        }
    }
    match did_you_mean(wanted, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => "`headworks state list` prints the addresses".to_string(),
    }
}

/// There is nothing at an address.
pub(super) fn not_found(wanted: &ObjectAddr, rows: &[ResourceRow]) -> Diag {
    let (summary, what) = match wanted {
        ObjectAddr::Module(_) => ("Unknown module", "module"),
        ObjectAddr::Instance(addr) if addr.key == InstanceKey::None => ("Unknown resource", "resource"),
        ObjectAddr::Instance(_) => ("Unknown resource instance", "resource instance"),
    };
    Diag::error(codes::NOT_FOUND, summary)
        .detail(format!("The state has no {what} {wanted}."))
        .help(near(&wanted.to_string(), rows))
}

/// The instances of rows, each once, in order.
pub(super) fn instances<'r>(rows: impl IntoIterator<Item = &'r ResourceRow>) -> Vec<InstanceAddr> {
    let mut all: Vec<InstanceAddr> = Vec::new();
    let mut seen = BTreeSet::new();
    for row in rows {
        if seen.insert(&row.addr) {
            all.push(row.addr.clone());
        }
    }
    all
}
