//! What is asked for a stream and its changes, and how its replies and the outcome of scaling are read.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;

fn stream(more: Json) -> Stream {
    let mut all = json!({"stream_name": "newstream", "partition_count": 1, "stream_type": "COMMON",
        "retention_period": 24, "data_type": "BLOB"});
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    serde_json::from_value(all).unwrap()
}

fn reply(more: Json) -> StreamReply {
    let mut all = json!({
        "stream_id": "8QM3Nt9YTLOwtUVYJhO", "stream_name": "newstream", "create_time": 1_593_569_685_875_i64,
        "last_modified_time": "1599050091026,", "retention_period": 24, "status": "RUNNING", "stream_type": "COMMON",
        "data_type": "BLOB", "writable_partition_count": 1, "readable_partition_count": 1, "tags": [],
        "auto_scale_enabled": false, "auto_scale_min_partition_count": 0, "auto_scale_max_partition_count": 0,
    });
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    serde_json::from_value(all).unwrap()
}

fn read(known: &Stream, more: Json) -> Stream {
    described(known, reply(more), "cn-north-4")
}

#[test]
fn a_stream_is_made_of_what_is_set() {
    let full = stream(json!({
        "data_type": "JSON", "data_schema": "{\"type\":\"record\"}", "compression_format": "gzip", "csv_delimiter": ";",
        "auto_scale_min_partition_count": 1, "auto_scale_max_partition_count": 10, "tags": {"env": "test"},
    }));
    assert_eq!(
        create_body(&full, Some("0")),
        json!({
            "stream_name": "newstream", "partition_count": 1, "stream_type": "COMMON", "data_type": "JSON",
            "data_duration": 24, "auto_scale_enabled": true, "auto_scale_min_partition_count": 1,
            "auto_scale_max_partition_count": 10, "data_schema": "{\"type\":\"record\"}",
            "csv_properties": {"delimiter": ";"}, "compression_format": "gzip", "tags": [{"key": "env", "value": "test"}],
            "sys_tags": [{"key": "_sys_enterprise_project_id", "value": "0"}],
        })
    );
    assert_eq!(
        create_body(&stream(json!({})), None),
        json!({"stream_name": "newstream", "partition_count": 1, "stream_type": "COMMON", "data_type": "BLOB", "data_duration": 24})
    );
}

#[test]
fn an_update_sends_what_changes() {
    let scaled = json!({"auto_scale_min_partition_count": 1, "auto_scale_max_partition_count": 4});
    for (old, new, body) in [
        (json!({}), json!({"partition_count": 5, "tags": {"a": "b"}}), None),
        (
            json!({}),
            json!({"retention_period": 48}),
            Some(json!({"data_duration": 48})),
        ),
        (
            json!({}),
            json!({"data_type": "JSON"}),
            Some(json!({"data_type": "JSON"})),
        ),
        (
            json!({"data_schema": "{\"a\":1}"}),
            json!({"data_schema": "{ \"a\": 1 }"}),
            None,
        ),
        (
            json!({"data_schema": "{\"a\":1}"}),
            json!({}),
            Some(json!({"data_schema": ""})),
        ),
        (
            json!({}),
            scaled.clone(),
            Some(
                json!({"auto_scale_enabled": true, "auto_scale_min_partition_count": 1, "auto_scale_max_partition_count": 4}),
            ),
        ),
        (scaled, json!({}), Some(json!({"auto_scale_enabled": false}))),
    ] {
        let expected = body.map(|mut b| {
            b["stream_name"] = json!("newstream");
            b
        });
        assert_eq!(
            update_body(&stream(old.clone()), &stream(new.clone())),
            expected,
            "{old} to {new}"
        );
    }
}

#[test]
fn tags_are_set_and_taken_away() {
    let (set, unset) = tag_changes(
        &stream(json!({"tags": {"a": "1", "b": "2", "c": "3"}})),
        &stream(json!({"tags": {"a": "1", "b": "4", "d": "5"}})),
    );
    assert_eq!(
        json!(set),
        json!([{"key": "b", "value": "4"}, {"key": "d", "value": "5"}])
    );
    assert_eq!(json!(unset), json!([{"key": "c"}]));
}

#[test]
fn a_reply_is_read_in_the_spelling_of_what_is_known() {
    let plain = read(&stream(json!({})), json!({}));
    assert_eq!(plain.created, Some(1_593_569_685_875));
    assert_eq!((plain.partition_count, plain.retention_period), (Some(1), Some(24)));
    assert_eq!(
        (plain.tags, plain.csv_delimiter, plain.auto_scale_max_partition_count),
        (None, None, None)
    );

    let empty = read(&stream(json!({"tags": {}})), json!({}));
    assert_eq!(empty.tags, Some(BTreeMap::new()));
    let known = stream(json!({"data_schema": "{ \"a\": 1 }"}));
    assert_eq!(
        read(&known, json!({"data_schema": "{\"a\":1}"})).data_schema,
        known.data_schema
    );
    assert_eq!(read(&known, json!({"data_schema": ""})).data_schema, None);
    let named = read(
        &stream(json!({})),
        json!({"sys_tags": [{"key": "_sys_enterprise_project_id", "value": "0"}], "tags": [{"key": "k", "value": "v"}]}),
    );
    assert_eq!(named.enterprise_project_id.as_deref(), Some("0"));
    assert_eq!(json!(named.tags), json!({"k": "v"}));
}

#[test]
fn the_number_of_partitions_is_drift_unless_the_service_may_choose_it() {
    let bounds =
        json!({"auto_scale_enabled": true, "auto_scale_min_partition_count": 1, "auto_scale_max_partition_count": 4});
    let with = |writable: i64| {
        let mut all = bounds.clone();
        all["writable_partition_count"] = json!(writable);
        all
    };
    let count = |more: Json| read(&stream(json!({"partition_count": 2})), more).partition_count;
    assert_eq!(count(json!({"writable_partition_count": 3})), Some(3));
    assert_eq!(count(with(3)), Some(2));
    assert_eq!(count(with(5)), Some(5));
    let imported = Stream {
        stream_name: "newstream".to_string(),
        ..Stream::default()
    };
    assert_eq!(read(&imported, with(3)).partition_count, Some(3));
}

#[test]
fn the_outcome_of_scaling_is_a_new_line_of_the_history() {
    let row = |at: i64, target: i64, code: Json| {
        json!({"create_timestamp": at, "src_partition_count": 1, "target_partition_count": target, "result_code": code,
               "result_msg": "why", "auto_scale": false})
    };
    let seen = |rows: Json| outcome(&reply(json!({ "update_partition_counts": rows })), 10, 5);
    assert_eq!(seen(json!([])), Outcome::NotBegun);
    assert_eq!(seen(json!([row(10, 5, json!("DIS.1"))])), Outcome::NotBegun);
    assert_eq!(seen(json!([row(11, 5, json!(0))])), Outcome::Going);
    assert_eq!(seen(json!([row(11, 5, Json::Null)])), Outcome::Going);
    assert_eq!(
        seen(json!([row(11, 5, json!("DIS.4308"))])),
        Outcome::Failed("DIS.4308".to_string(), "why".to_string())
    );
    assert_eq!(seen(json!([row(11, 4, json!(500))])), Outcome::NotBegun);
    let done = reply(json!({"writable_partition_count": 5, "update_partition_counts": [row(11, 5, json!(0))]}));
    assert_eq!(outcome(&done, 10, 5), Outcome::Done);
}
