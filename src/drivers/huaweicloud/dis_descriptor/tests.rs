//! Bodies of requests and the reading of replies, for every destination.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;

fn block(json: &Json) -> Block {
    json.as_object().unwrap().clone()
}

/// A request from the objects of the schema, where numbers are numbers and unset members are null.
#[test]
fn a_request_has_what_is_set_in_the_spelling_of_the_api() {
    let common = json!({"agency_name": "dis_admin_agency", "deliver_time_interval": 30, "consumer_strategy": "LATEST"});
    let with = |more: Json| {
        let mut all = block(&common);
        all.extend(block(&more));
        all
    };
    for (kind, set, sent) in [
        (
            "OBS",
            json!({"obs_bucket_path": "b", "file_prefix": "a/b", "partition_format": null, "destination_file_type": "text",
                   "record_delimiter": "\n", "processing_schema": {"timestamp_name": "t", "timestamp_type": "Timestamp", "timestamp_format": null}}),
            json!({"obs_bucket_path": "b", "file_prefix": "a/b", "destination_file_type": "text", "record_delimiter": "\n",
                   "processing_schema": {"timestamp_name": "t", "timestamp_type": "Timestamp"}}),
        ),
        (
            "OBS",
            json!({"obs_bucket_path": "b", "destination_file_type": "parquet", "record_delimiter": "\n"}),
            json!({"obs_bucket_path": "b", "destination_file_type": "parquet"}),
        ),
        (
            "DLI",
            json!({"dli_database_name": "db1", "dli_table_name": "tb1", "obs_bucket_path": "b", "file_prefix": "", "retry_duration": 1800}),
            json!({"dli_database_name": "db1", "dli_table_name": "tb1", "obs_bucket_path": "b", "file_prefix": "", "retry_duration": 1800}),
        ),
        (
            "DWS",
            json!({"user_password": "userpassword", "options": {"fill_missing_fields": true, "ignore_extra_data": false,
                   "compatible_illegal_chars": null, "reject_limit": "0", "error_table_name": null}}),
            json!({"user_password": "userpassword", "options": {"fill_missing_fields": "true", "ignore_extra_data": "false",
                   "reject_limit": "0"}}),
        ),
        (
            "CLOUDTABLE",
            json!({"cloudtable_schema": {"row_key": [{"value": "v", "type": "String"}], "columns": []},
                   "cloudtable_row_key_delimiter": "|", "opentsdb_schema": []}),
            json!({"cloudtable_schema": {"row_key": [{"value": "v", "type": "String"}]}, "cloudtable_row_key_delimiter": "|"}),
        ),
        (
            "CLOUDTABLE",
            json!({"opentsdb_schema": [{"metric": [{"type": "Constant", "value": "age"}],
                     "timestamp": {"type": "String", "value": "date", "format": "yyyy/MM/dd HH:mm:ss"},
                     "value": {"type": "Bigint", "value": "value"},
                     "tags": [{"name": "name", "type": "Bigint", "value": "name"}]}],
                   "cloudtable_schema": null, "cloudtable_row_key_delimiter": "."}),
            json!({"opentsdb_schema": [{"metric": [{"type": "Constant", "value": "age"}],
                     "timestamp": {"type": "String", "value": "date", "format": "yyyy/MM/dd HH:mm:ss"},
                     "value": {"type": "Bigint", "value": "value"},
                     "tags": [{"name": "name", "type": "Bigint", "value": "name"}]}]}),
        ),
    ] {
        let destination = of_kind(kind).unwrap();
        let mut expected = with(sent);
        expected.insert("task_name".to_string(), json!("t1"));
        assert_eq!(
            destination.request("t1", &with(set)),
            json!({"destination_type": kind, destination.block: expected}),
            "{kind}"
        );
    }
}

#[test]
fn every_spelling_of_a_reply_s_key_is_read() {
    for (kind, keys) in [
        ("OBS", &["obs_destination_description"][..]),
        ("MRS", &["mrs_destination_description"]),
        ("DLI", &["dli_destination_description"]),
        ("DWS", &["dws_destination_descripton", "dws_destination_description"]),
        (
            "CLOUDTABLE",
            &[
                "cloudtable_destination_descripton",
                "cloudtable_destination_description",
                "cloud_table_destination_description",
            ],
        ),
    ] {
        for key in keys {
            let reply = block(&json!({"task_name": "t", *key: {"agency_name": "a"}}));
            let read: Vec<&str> = DESTINATIONS
                .iter()
                .filter(|d| d.of_reply(&reply).is_some())
                .map(|d| d.kind)
                .collect();
            assert_eq!(read, [kind], "{key}");
        }
    }
}

/// One member of a reply: what is known, what comes, what is read.
#[test]
fn a_reply_is_read_in_the_spelling_of_what_is_known() {
    for (kind, name, known, reply, read) in [
        // Numbers come as numbers and as text; a default may be left out.
        ("DLI", "retry_duration", json!(60), json!("60"), json!(60)),
        ("DLI", "retry_duration", json!(60), json!(60), json!(60)),
        ("DLI", "retry_duration", json!(1800), Json::Null, json!(1800)),
        ("DLI", "retry_duration", Json::Null, json!("1800"), Json::Null),
        ("DLI", "retry_duration", json!(60), Json::Null, json!(1800)),
        ("DLI", "deliver_time_interval", json!(300), json!(60), json!(60)),
        // Not every service knows them for CloudTable.
        ("CLOUDTABLE", "retry_duration", json!(60), Json::Null, json!(60)),
        ("CLOUDTABLE", "deliver_time_interval", json!(60), json!(90), json!(90)),
        // Nothing, an empty text and a default are one.
        ("OBS", "file_prefix", json!(""), Json::Null, json!("")),
        ("OBS", "file_prefix", Json::Null, json!(""), Json::Null),
        ("OBS", "file_prefix", json!("a"), Json::Null, json!("")),
        ("OBS", "file_prefix", json!("a"), json!("b"), json!("b")),
        ("OBS", "record_delimiter", json!("\n"), Json::Null, json!("\n")),
        ("OBS", "record_delimiter", json!(","), Json::Null, json!("\n")),
        ("OBS", "record_delimiter", json!("\n"), json!(","), json!(",")),
        (
            "OBS",
            "destination_file_type",
            json!("text"),
            json!("text"),
            json!("text"),
        ),
        (
            "OBS",
            "destination_file_type",
            json!("parquet"),
            Json::Null,
            json!("text"),
        ),
        ("MRS", "destination_file_type", Json::Null, json!("text"), Json::Null),
        ("MRS", "destination_file_type", json!("text"), Json::Null, json!("text")),
        (
            "MRS",
            "destination_file_type",
            Json::Null,
            json!("carbon"),
            json!("carbon"),
        ),
        ("OBS", "agency_name", Json::Null, json!("a"), json!("a")),
        ("OBS", "agency_name", json!("a"), Json::Null, Json::Null),
        // What every task has is not gone because a reply lacks it.
        ("DLI", "dli_table_name", json!("t"), Json::Null, json!("t")),
        ("DLI", "dli_table_name", json!("t"), json!("u"), json!("u")),
        (
            "DWS",
            "user_password",
            json!("fingerprint"),
            json!("********"),
            json!("fingerprint"),
        ),
        (
            "DWS",
            "user_password",
            json!("fingerprint"),
            Json::Null,
            json!("fingerprint"),
        ),
    ] {
        let destination = of_kind(kind).unwrap();
        let known_block = block(&json!({ name: known }));
        let out = destination.described(Some(&known_block), &block(&json!({ name: reply })));
        assert_eq!(out[name], read, "{kind} {name}: {known} and {reply}");
    }
}

#[test]
fn an_import_writes_defaults_out_and_has_no_secret() {
    let dws = of_kind("DWS").unwrap();
    let out = dws.described(
        None,
        &block(&json!({"agency_name": "a", "user_password": "***", "dws_cluster_name": "c"})),
    );
    assert_eq!(out["consumer_strategy"], "LATEST");
    assert_eq!(out["deliver_time_interval"], 300);
    assert_eq!(out["retry_duration"], 1800);
    assert_eq!(out["file_prefix"], "");
    assert_eq!(out["dws_cluster_name"], "c");
    assert!(
        dws.is_secret("user_password") && out["user_password"].is_null(),
        "{out:?}"
    );
    assert!(out["options"].is_null(), "{out:?}");
}

#[test]
fn blocks_inside_are_compared_by_what_they_mean() {
    let dws = of_kind("DWS").unwrap();
    let options = |known: Json, reply: Json| {
        dws.described(
            Some(&block(&json!({ "options": known }))),
            &block(&json!({ "options": reply })),
        )["options"]
            .clone()
    };
    let defaults = json!({"fill_missing_fields": "false/off", "ignore_extra_data": "off", "compatible_illegal_chars": false,
                          "reject_limit": 0});
    assert_eq!(options(Json::Null, defaults.clone()), Json::Null);
    let known = json!({"fill_missing_fields": false, "ignore_extra_data": false, "compatible_illegal_chars": false,
                       "reject_limit": "0", "error_table_name": null});
    assert_eq!(options(known.clone(), defaults.clone()), known);
    assert_eq!(options(known.clone(), Json::Null), known);
    let on = json!({"fill_missing_fields": "true/on", "reject_limit": "unlimited"});
    let read = json!({"fill_missing_fields": true, "ignore_extra_data": false, "compatible_illegal_chars": false,
                      "reject_limit": "unlimited", "error_table_name": null});
    assert_eq!(options(known, on.clone()), read);
    assert_eq!(options(read.clone(), on), read);
    assert_eq!(options(read, defaults), Json::Null);

    let table = of_kind("OPENTSDB").unwrap();
    let point = json!({"metric": [{"type": "Constant", "value": "m"}], "timestamp": {"type": "Timestamp", "value": "t", "format": null},
                       "value": {"type": "Double", "value": "v"}, "tags": []});
    let known = block(&json!({"opentsdb_schema": [point], "cloudtable_schema": null}));
    for reply in [json!([point]), point.clone()] {
        let out = table.described(Some(&known), &block(&json!({ "opentsdb_schema": reply })));
        assert_eq!(out["opentsdb_schema"], json!([point]));
        assert!(out["cloudtable_schema"].is_null());
    }
    let gone = table.described(Some(&known), &Block::new());
    assert_eq!(gone["opentsdb_schema"], json!([]));
}

#[test]
fn in_full_equal_tasks_are_equal() {
    let obs = of_kind("OBS").unwrap();
    let short = block(&json!({"obs_bucket_path": "b", "destination_file_type": "parquet", "record_delimiter": null}));
    let long = block(
        &json!({"obs_bucket_path": "b", "destination_file_type": "parquet", "record_delimiter": "\n",
                             "consumer_strategy": "LATEST", "deliver_time_interval": 300, "file_prefix": ""}),
    );
    assert_eq!(obs.in_full(&short), obs.in_full(&long));
    let dws = of_kind("DWS").unwrap();
    let one = dws.in_full(&block(&json!({"user_password": "a", "user_name": "u"})));
    let other = dws.in_full(&block(&json!({"user_password": "b", "user_name": "u"})));
    assert_eq!(one, other);
}
