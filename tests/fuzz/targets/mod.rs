//! What is fuzzed: one function for each thing that reads bytes of others. A function panics when a promise is broken, and is
//! run by the tests (short, with a mutator of their own) and by libFuzzer.

mod cloud;
mod formats;
mod functions;
mod imports;
mod language;
mod records;

/// One thing that reads bytes of others.
pub(crate) struct Target {
    /// Its name, which is also the directory of its corpus.
    pub(crate) name: &'static str,
    /// Reads the bytes; panics when a promise is broken.
    pub(crate) run: fn(&[u8]),
    /// Words of its format, which the mutator puts in.
    pub(crate) words: &'static [&'static str],
}

/// All of them.
pub(crate) const TARGETS: &[Target] = &[
    target("file", language::file, language::WORDS),
    target("expression", language::expression, language::WORDS),
    target("template", language::template, language::WORDS),
    target("json_file", language::json_file, language::JSON_WORDS),
    target("tfvars", language::tfvars, language::WORDS),
    target("type_expression", language::type_expression, language::TYPE_WORDS),
    target("functions", functions::call, functions::WORDS),
    target("plan_file", records::plan_file, records::WORDS),
    target("state_row", records::state_row, records::WORDS),
    target("document", imports::document, imports::WORDS),
    target("terraform_state", imports::terraform_state, imports::WORDS),
    target("addresses", records::addresses, records::ADDRESS_WORDS),
    target("versions", records::versions, records::VERSION_WORDS),
    target("profile", records::profile, records::WORDS),
    target("chaos", records::chaos, records::CHAOS_WORDS),
    target("protobuf", formats::protobuf, formats::PROTOBUF_WORDS),
    target("xml", formats::xml, formats::XML_WORDS),
    target("errors", formats::errors, formats::XML_WORDS),
    target("signatures", formats::signatures, formats::SIGNATURE_WORDS),
    target("alibaba_drivers", cloud::alibaba, cloud::WORDS),
    target("huawei_drivers", cloud::huawei, cloud::WORDS),
];

const fn target(name: &'static str, run: fn(&[u8]), words: &'static [&'static str]) -> Target {
    Target { name, run, words }
}

/// Reads an input with the target of a name.
#[allow(dead_code, reason = "the way in of libFuzzer")]
pub(crate) fn run(name: &str, data: &[u8]) {
    if let Some(target) = TARGETS.iter().find(|t| t.name == name) {
        (target.run)(data);
    }
}
