//! Hostile and odd files; what real ones become is tested with the built program.

use super::*;
use serde_json::{Value as Json, json};

fn registry() -> Registry {
    let data = include_str!("../../../schemas/terraform/data.hcl");
    let bucket = include_str!("../../../schemas/alicloud/oss_bucket.hcl");
    Registry::builtin(&[("terraform/data.hcl", data), ("alicloud/oss_bucket.hcl", bucket)]).expect("schemas")
}

fn file(resources: &Json) -> Result<TerraformFile, FileError> {
    TerraformFile::parse(&json!({"version": 4, "resources": resources}).to_string())
}

fn taken(resources: &Json) -> Result<Adoption, FileError> {
    let seal = |path: &str, _: &str| format!("seal of {path}");
    adopt(&file(resources)?, &registry(), &Present::default(), &seal)
}

fn bucket(instance: Json) -> Json {
    json!([{"mode": "managed", "type": "alicloud_oss_bucket", "name": "b", "provider": "x", "instances": [instance]}])
}

#[test]
fn files_of_another_form_are_refused_with_a_word_on_what_to_do() {
    let deep = format!(
        "{{\"version\": 4, \"resources\": {}{}}}",
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    let table = [
        ("", "EOF"),
        ("[]", "invalid"),
        ("{}", "does not say its version"),
        ("{\"version\": 3}", "version 3"),
        ("{\"version\": 5}", "version 5"),
        ("{\"version\": -1}", "line 1"),
        ("{\"version\": 4, \"encrypted_data\": \"x\"}", "encrypted"),
        ("{\"format\": \"headworks.state\", \"version\": 1}", "state pull"),
        ("{\"version\": 4, \"resources\": {}}", "invalid type"),
        ("{\"version\": 4, \"resources\": [{\"mode\": 1}]}", "invalid type"),
        ("{\"version\": 4, \"serial\": 1, \"serial\": 2}", "duplicate field"),
        (deep.as_str(), "nested too deeply"),
    ];
    for (text, says) in table {
        let error = TerraformFile::parse(text).expect_err(says);
        assert!(error.to_string().contains(says), "{says}: {error}");
        assert!(!error.help().is_empty());
    }
}

#[test]
fn what_does_not_fit_is_left_and_told() {
    let table = [
        (json!({"attributes": null}), "no attributes"),
        (json!({"attributes": {"id": ""}}), "bucket, by which it is found"),
        (
            json!({"attributes": {"bucket": "b"}, "index_key": -1}),
            "-1 is no index",
        ),
        (
            json!({"attributes": {"bucket": "b"}, "index_key": 1.5}),
            "1.5 is no index",
        ),
        (json!({"attributes": {"bucket": "b"}, "index_key": 1e30}), "no index"),
        (json!({"attributes": {"bucket": "b"}, "index_key": [1]}), "no key"),
        (json!({"attributes": {"bucket": "b"}, "status": "odd"}), "no status"),
        (json!({"attributes": {"bucket": "b"}, "deposed": "a/b"}), "deposed"),
    ];
    for (instance, says) in table {
        let found = taken(&bucket(instance)).expect("reads");
        assert!(found.taken.is_empty());
        assert!(found.left[0].why.contains(says), "{says}: {}", found.left[0].why);
    }
    let mut strange = bucket(json!({"attributes": {"bucket": "b"}}));
    for (field, value, says) in [
        ("mode", "odd", "no mode"),
        ("name", "a.b", "no name"),
        ("name", "", "no name"),
        ("module", "module", "no module"),
        ("module", "x.y", "no module"),
        ("type", "\u{1b}[2J", "does not have the type"),
    ] {
        let before = strange[0][field].take();
        strange[0][field] = value.into();
        let found = taken(&strange).expect("reads");
        assert!(found.taken.is_empty(), "{field} {value}");
        assert!(found.left[0].why.contains(says), "{says}: {}", found.left[0].why);
        strange[0][field] = before;
    }
    let twice = json!([
        bucket(json!({"attributes": {"bucket": "b"}}))[0],
        bucket(json!({"attributes": {"bucket": "c"}}))[0]
    ]);
    assert_eq!(taken(&twice), Err(FileError::Twice("alicloud_oss_bucket.b".into())));
}

#[test]
fn forms_of_other_providers_become_ours() {
    let found = taken(&bucket(json!({"attributes": {
        "name": "by-another-name",
        "force_destroy": "true",
        "storage_class": "InfrequentAccess",
        "versioning": [{"status": "Enabled"}, {"status": "Suspended"}],
        "lifecycle_rule": {"id": "one", "enabled": "true", "expiration": [{"days": "7"}], "odd": 1},
        "tags": "none",
        "odd": [{"deep": true}],
        "empty": "",
    }})))
    .expect("reads");
    let one = &found.taken[0];
    let json: Json = serde_json::from_str(&one.row.attributes).expect("JSON");
    assert_eq!(json["bucket"], "by-another-name");
    assert_eq!(
        (&json["force_destroy"], &json["storage_class"]),
        (&json!(true), &json!("IA"))
    );
    assert_eq!(json["lifecycle_rule"][0]["enabled"], true);
    assert_eq!(json["versioning"], Json::Null);
    assert_eq!(one.dropped, ["lifecycle_rule[0].odd", "odd", "tags", "versioning"]);
    let row = crate::engine::rows::prior(&one.row, &registry()).expect("a row that can be read");
    assert!(!row.tainted && row.adopted);
}
