//! What is asked for a task, and what its replies, states and refusals are taken for.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;

fn task(json: Json) -> Task {
    let mut all = json!({"stream_name": "newstream", "task_name": "newtask"});
    for (name, value) in json.as_object().unwrap() {
        all[name] = value.clone();
    }
    serde_json::from_value(all).unwrap()
}

fn dli(more: Json) -> Json {
    let mut block = json!({"agency_name": "a", "deliver_time_interval": 300, "consumer_strategy": "LATEST",
        "dli_database_name": "db1", "dli_table_name": "tb1", "obs_bucket_path": "b", "file_prefix": "", "retry_duration": 1800});
    for (name, value) in more.as_object().unwrap() {
        block[name] = value.clone();
    }
    json!({ "dli_destination_descriptor": block })
}

fn read(known: &Task, reply: &Json) -> Task {
    described(known, reply.as_object().unwrap(), "cn-north-4").unwrap()
}

#[test]
fn the_type_of_the_destination_follows_from_the_block_and_must_not_contradict_it() {
    let body = create_body(&task(dli(json!({})))).unwrap();
    assert_eq!(body["destination_type"], "DLI");
    assert_eq!(body["dli_destination_descriptor"]["task_name"], "newtask");
    assert_eq!(
        task(dli(json!({}))).completed().destination_type.as_deref(),
        Some("DLI")
    );
    let mut wrong = dli(json!({}));
    wrong["destination_type"] = json!("OBS");
    let why = create_body(&task(wrong)).unwrap_err();
    assert!(
        why.contains("OBS") && why.contains("dli_destination_descriptor"),
        "{why}"
    );
    assert!(create_body(&task(json!({}))).is_err());
}

/// The reply as the live service gave it: no task_name inside the description, numbers as numbers, defaults left out.
#[test]
fn a_live_reply_equals_what_was_meant() {
    let known = task(dli(json!({}))).completed();
    let reply = json!({
        "stream_id": "RdMFID6edQdf8eDzc9e", "stream_name": "newstream", "task_name": "newtask",
        "task_id": "As805BudhcH1lDs6gbn", "state": "RUNNING", "create_time": 1_606_554_932_552_i64,
        "last_transfer_timestamp": "1606984428612",
        "partitions": [{"partitionId": "shardId-0000000000", "discard": 0, "state": "RUNNING"}],
        "destination_type": "DLI",
        "dli_destination_description": {"agency_name": "a", "obs_bucket_path": "b", "deliver_time_interval": 300,
            "consumer_strategy": "LATEST", "retry_duration": "1800", "dli_database_name": "db1", "dli_table_name": "tb1"},
    });
    let found = read(&known, &reply);
    assert_eq!(found.task_id.as_deref(), Some("As805BudhcH1lDs6gbn"));
    assert_eq!(found.last_transfer_timestamp, Some(1_606_984_428_612));
    assert_eq!(found.running, Some(true));
    assert_eq!(found.dli_destination_descriptor, known.dli_destination_descriptor);
    assert_eq!(
        differences(&in_full(&known), &in_full(&found), &[]),
        Vec::<String>::new()
    );

    let mut other = reply;
    other["dli_destination_description"]["dli_table_name"] = json!("tb2");
    let different = differences(&in_full(&known), &in_full(&read(&known, &other)), &[]);
    assert_eq!(
        different,
        ["dli_destination_descriptor.dli_table_name is \"tb2\" instead of \"tb1\""]
    );
}

#[test]
fn another_destination_under_the_same_name_is_seen_as_such() {
    let known = task(dli(json!({}))).completed();
    let reply =
        json!({"state": "RUNNING", "destination_type": "OBS", "obs_destination_description": {"obs_bucket_path": "b"}});
    let found = read(&known, &reply);
    assert_eq!(found.destination_type.as_deref(), Some("OBS"));
    assert!(found.dli_destination_descriptor.is_none());
    assert_eq!(found.obs_destination_descriptor.unwrap()["obs_bucket_path"], "b");
    let old_name = read(&known, &json!({"destination_type": "UQUERY"}));
    assert_eq!(old_name.destination_type.as_deref(), Some("DLI"));
    // A reply without a descriptor says nothing about it.
    assert_eq!(old_name.dli_destination_descriptor, known.dli_destination_descriptor);
}

#[test]
fn states_say_whether_a_task_runs_and_failing_ones_do_not() {
    for (known, state, expected) in [
        (Some(true), "RUNNING", true),
        (Some(true), "STARTING", true),
        (Some(true), "PAUSED", false),
        (Some(false), "RUNNING", true),
        (Some(false), "ABNORMAL", false),
        (Some(true), "ERROR", true),
        (None, "ABNORMAL", true),
        (None, "PAUSED", false),
    ] {
        assert_eq!(running(known, Some(state)), Some(expected), "{known:?} {state}");
    }
    let so = |state: &str, run| is_so(&task(json!({ "state": state })), run);
    assert!(so("PAUSED", false) && !so("RUNNING", false) && !so("STARTING", false) && so("ABNORMAL", false));
    assert!(so("RUNNING", true) && !so("PAUSED", true));
}

#[test]
fn running_alone_is_no_difference_that_replaces() {
    let (mut old, mut new) = (task(dli(json!({}))), task(dli(json!({}))));
    (old.running, new.running) = (Some(true), Some(false));
    assert!(differences(&in_full(&new), &in_full(&old), &[]).is_empty());
    let changed = task(dli(json!({"obs_bucket_path": "other"})));
    assert!(!differences(&in_full(&changed), &in_full(&old), &[]).is_empty());
}

#[test]
fn refusals_say_what_to_do() {
    for (code, word) in [
        ("DIS.4335", "agency"),
        ("DIS.4338", "data_location"),
        ("DIS.4357", "five"),
    ] {
        let call = draft("CreateTransferTask");
        let mut reply = call.reply("refused");
        reply.code = Some(code.to_string());
        let help = helped(DriverError::Rejected(reply)).reply().help.clone().unwrap();
        assert!(help.contains(word), "{code}: {help}");
    }
}

/// Bodies that the SDK sent, but for `retry_duration`, which its model has as text and everybody else as a number.
#[test]
fn bodies_of_the_sdk_are_sent_but_for_the_type_of_retry_duration() {
    for (name, capture) in [
        (
            "dli",
            include_str!("../../../../tests/captures/huawei/dis_v3_task_create_dli.json"),
        ),
        (
            "mrs",
            include_str!("../../../../tests/captures/huawei/dis_v3_task_create_mrs.json"),
        ),
        (
            "dws",
            include_str!("../../../../tests/captures/huawei/dis_v3_task_create_dws.json"),
        ),
        (
            "hbase",
            include_str!("../../../../tests/captures/huawei/dis_v3_task_create_cloudtable_hbase.json"),
        ),
    ] {
        let capture: Json = serde_json::from_str(capture).unwrap();
        let mut body = capture["body_decoded"].clone();
        let kind = body["destination_type"].as_str().unwrap().to_string();
        let block = of_kind(&kind).unwrap().block;
        let retry = &mut body[block]["retry_duration"];
        *retry = json!(retry.as_str().unwrap().parse::<i64>().unwrap());
        let mut arguments = body[block].clone();
        for flag in ["fill_missing_fields", "ignore_extra_data", "compatible_illegal_chars"] {
            if let Some(text) = arguments["options"][flag].as_str() {
                arguments["options"][flag] = json!(text == "true");
            }
        }
        let arguments: Map<String, Json> = arguments
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, value)| *name != "task_name" && !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let input = task(json!({"task_name": body[block]["task_name"], block: arguments}));
        assert_eq!(create_body(&input).unwrap(), body, "{name}");
    }
}
