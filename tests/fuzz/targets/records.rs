//! What was written down by this program or for it and may have been changed since: plan files, rows of the state, profiles of
//! other tools; and what a user types: addresses, versions, faults.

use super::language::{check_diags, check_shown, text};
use headworks::base::{InstanceAddr, ObjectAddr, SourceMap};
use headworks::config::endpoint::{Endpoint, Target};
use headworks::config::version::Constraints;
use headworks::driver::ProviderConfig;
use headworks::engine::rows;
use headworks::lang::parse;
use headworks::plan::file;
use headworks::schema::Registry;
use headworks::sim::chaos::Chaos;
use headworks::store::{OutputRow, ResourceRow};
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

pub(super) const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1e400",
    "18446744073709551616",
    "\"\"",
    "\\u0000",
    "\\ud800",
    "[]",
    "{}",
    "\"headworks_plan\":",
    "\"changes\":",
    "\"steps\":",
    "\"addr\":",
    "\"action\":",
    "\"after\":",
    "\"unknown\"",
    "\"withheld\"",
    "\"type\":",
    "\"value\":",
    "\"string\"",
    "[\"list\",\"string\"]",
    "[\"object\",{}]",
    "\"number\"",
    "\"create\"",
    "\"a.b[0]\"",
    "module.m[\\\"k\\\"]",
    "\"attr\"",
    "\"key\"",
    "\"index\"",
    "profiles",
    "current",
    "accessKeyId",
    "secretAccessKey",
    "mode",
    "SSO",
    "stsToken",
    "agencyName",
];
pub(super) const ADDRESS_WORDS: &[&str] = &[
    "module.",
    "data.",
    ".",
    "[0]",
    "[\"k\"]",
    "[\"\\\"]\"]",
    "[\"${x}\"]",
    "[*]",
    "a",
    "alicloud_ots_table",
    "[-1]",
    "[18446744073709551615]",
    "[1.5]",
    "[01]",
    "\u{e9}",
    "\"",
    "]",
    "[",
];
pub(super) const VERSION_WORDS: &[&str] = &[
    "1.2.3",
    ">=",
    "<=",
    "~>",
    "!=",
    "=",
    ">",
    "<",
    ",",
    " ",
    "-beta.1",
    "+build",
    "1.",
    "0",
    "18446744073709551616",
    "v",
    "*",
    ".",
    "-",
    "~> 1",
    "\u{a0}",
];
pub(super) const CHAOS_WORDS: &[&str] = &[
    "seed=",
    "latency=",
    "ms",
    "s",
    "..",
    "throttle=",
    "0.1",
    "1",
    "at=",
    "CreateDeliveryTask:1:lost_after",
    ":",
    ",",
    "garbage=",
    "NaN",
    "inf",
    "-0",
    "1e999",
    "18446744073709551615",
    "truncate=",
    "speed=",
];

pub(super) fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| headworks::catalog::registry().expect("the schemas can be read"))
}

/// A plan file whose digest is right: what is below it must be refused with words, or be the plan that it says.
pub(super) fn plan_file(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let _ = file::decode(text);
    let Ok(json) = serde_json::from_str::<serde_json::Value>(text) else {
        return;
    };
    let body = json.get("headworks_plan").unwrap_or(&json);
    let digest: String = Sha256::digest(body.to_string().as_bytes())
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let whole = serde_json::json!({ "headworks_plan": body, "sha256": digest }).to_string();
    let Ok((saved, _)) = file::decode(&whole) else { return };
    let (again, digest) = file::encode(&saved);
    let (back, found) = file::decode(&again).expect("what was written can be read");
    assert_eq!(found, digest);
    assert_eq!(
        file::encode(&back).0,
        again,
        "a plan file goes through reading and writing unchanged"
    );
}

/// The first line is an address, the second attributes, the third a type of an output.
pub(super) fn state_row(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut lines = text.splitn(3, '\n');
    let (addr, attributes, ty) = (
        lines.next().unwrap_or_default(),
        lines.next().unwrap_or_default(),
        lines.next().unwrap_or_default(),
    );
    let output = OutputRow {
        name: addr.into(),
        value: attributes.into(),
        ty: ty.into(),
        sensitive: false,
    };
    if let Ok(value) = rows::output(&output) {
        check_shown(&headworks::lang::console::render(&value));
    }
    let Ok(addr) = addr.parse::<InstanceAddr>() else { return };
    let row = ResourceRow::new(addr, ty, attributes);
    match rows::prior(&row, registry()) {
        Ok(prior) => check_shown(&headworks::lang::console::render(&prior.value)),
        Err(diag) => check_diags(&diag.into(), &SourceMap::default()),
    }
}

pub(super) fn addresses(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(addr) = text.parse::<InstanceAddr>() {
        let shown = addr.to_string();
        assert_eq!(
            shown.parse().as_ref(),
            Ok(&addr),
            "an address is read as it is shown: {shown}"
        );
    }
    if let Ok(addr) = text.parse::<ObjectAddr>() {
        let shown = addr.to_string();
        assert_eq!(
            shown.parse().as_ref(),
            Ok(&addr),
            "an address is read as it is shown: {shown}"
        );
    }
    let mut sources = SourceMap::default();
    let id = sources.add("<address>", text);
    if let Ok(expr) = parse::parse_expression(&sources, id) {
        for diag in [Endpoint::of(&expr).err(), Target::of(&expr).err()]
            .into_iter()
            .flatten()
        {
            check_diags(&diag.into(), &sources);
        }
    }
    let _ = headworks::driver::Endpoint::parse(text);
}

pub(super) fn versions(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Some(constraints) = Constraints::parse(text) {
        for version in [
            "1.2.3",
            "1.11.4",
            "0.0.0",
            "1.0.0-beta.2",
            "18446744073709551615.0.0",
            "",
            text,
        ] {
            let _ = constraints.allow(version);
        }
        let _ = constraints.names_prerelease();
    }
}

pub(super) fn profile(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut config = ProviderConfig {
        provider: "huaweicloud".into(),
        ..ProviderConfig::default()
    };
    config.settings.insert("shared_config_file".into(), "f".into());
    if let Err(why) = config.with_profile(&|_| Ok(text.to_string())) {
        assert!(why.len() < 1000 + text.len(), "a problem of a profile is short");
    }
}

pub(super) fn chaos(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(chaos) = Chaos::parse(text) {
        for call in [0, 1, u64::MAX] {
            let verdict = chaos.verdict("CreateDeliveryTask", call);
            assert!(verdict.latency.as_secs() < u64::MAX);
            let _ = chaos.noise("CreateDeliveryTask", call, 64);
        }
    }
}
