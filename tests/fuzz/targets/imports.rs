//! Documents that a user puts in the place of a state or takes into it: of `state pull`, and of Terraform.

use super::language::{check_diags, text};
use super::records::registry;
use headworks::base::SourceMap;
use headworks::engine::rows;
use headworks::engine::terraform_state::{Present, TerraformFile, adopt};
use headworks::store::Document;

pub(super) const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    "null",
    "true",
    "-1",
    "1e400",
    "18446744073709551616",
    "\"\"",
    "\\u0000",
    "\\ud800",
    "\"format\":",
    "\"headworks-state\"",
    "\"version\":",
    "4",
    "\"lineage\":",
    "\"serial\":",
    "\"resources\":",
    "\"outputs\":",
    "\"runs\":",
    "\"check_results\":",
    "\"mode\":\"managed\"",
    "\"mode\":\"data\"",
    "\"module\":\"module.m[0]\"",
    "\"type\":\"terraform_data\"",
    "\"instances\":",
    "\"index_key\":",
    "\"deposed\":",
    "\"attributes\":",
    "\"attributes_flat\":",
    "\"sensitive_attributes\":",
    "\"type\":\"get_attr\",\"value\":",
    "\"dependencies\":",
    "\"terraform_version\":",
];

/// A document that is read is one that is written and read again as the same.
pub(super) fn document(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(why) => {
            assert!(why.to_string().len() < 1000 + text.len());
            return;
        }
    };
    let again = Document::parse(&document.to_text()).expect("what was written can be read");
    assert!(document.same_content(&again), "a document goes through unchanged");
    for row in &document.resources {
        if let Err(diag) = rows::prior(row, registry()) {
            check_diags(&diag.into(), &SourceMap::default());
        }
    }
    for output in &document.outputs {
        let _ = rows::output(output);
    }
}

/// What is taken of a file of Terraform is what a state can hold: this program can read each row.
pub(super) fn terraform_state(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(file) = TerraformFile::parse(text) else { return };
    let seal = |_: &str, _: &str| format!("hmac-sha256:{}", "0".repeat(64));
    let Ok(adoption) = adopt(&file, registry(), &Present::default(), &seal) else {
        return;
    };
    for taken in &adoption.taken {
        if let Err(diag) = rows::prior(&taken.row, registry()) {
            panic!("{} was taken and can't be read: {diag:?}", taken.row.addr);
        }
    }
    for output in &adoption.outputs {
        rows::output(output).expect("an output that was taken can be read");
    }
}
