//! The drivers of DMS for Kafka against the official SDK: the same input makes the same request. And the drivers against
//! the embedded cloud: what is made is found again, adopted, changed and removed.

use super::{Case, Other, Verb, all_are_compared, compare};
use serde_json::{Value as Json, json};

const CONNECTOR: &str = "huaweicloud_dms_kafka_connector";
const SINK: &str = "huaweicloud_dms_kafka_sink_task";
const SMART: &str = "huaweicloud_dms_kafka_smart_connect_task";

const INSTANCE_ID: &str = "6a7d2f6c-2f0c-4b8f-9c4a-7b6a7f3b1c11";
const CONNECTOR_ID: &str = "bd3f2b9e-1111-4c4c-8f8f-2b2b2b2b2b2b";
const SINK_ID: &str = "2962882a-386c-4c9d-bb59-3b4f55d82961";
const SMART_ID: &str = "3c0ac4d1-1111-4222-8333-444455556666";

const NO_TEXT: (&str, &str) = (
    "body",
    "node_cnt is a number, as in SDK 3.1.219 and the Terraform provider; SDK 3.1.84 has it as text",
);
const NO_BODY: (&str, &str) = ("body", "SDK 3.1.219 sends none; the instance stands in the path");
const PAGE: (&str, &str) = ("query", "the largest page, 50 tasks");

/// The instance without a connector, then with one.
fn appears() -> Vec<Other> {
    let with = json!({"status": "RUNNING", "connector_id": CONNECTOR_ID, "connector_node_num": 2});
    vec![
        ("GET", INSTANCE_ID, 200, json!({"status": "RUNNING"})),
        (
            "GET",
            INSTANCE_ID,
            200,
            json!({"status": "EXTENDING", "connector_id": CONNECTOR_ID}),
        ),
        ("GET", INSTANCE_ID, 200, with),
    ]
}

/// The instance with a connector, then without one.
fn disappears() -> Vec<Other> {
    let with = json!({"status": "RUNNING", "connector_id": CONNECTOR_ID, "connector_node_num": 2});
    vec![
        ("GET", INSTANCE_ID, 200, with),
        (
            "GET",
            INSTANCE_ID,
            200,
            json!({"status": "CONNECTOR_DELETING", "connector_id": CONNECTOR_ID}),
        ),
        ("GET", INSTANCE_ID, 200, json!({"status": "RUNNING"})),
    ]
}

fn connector(more: &Json) -> Json {
    merged(json!({"id": null, "region": null, "instance_id": INSTANCE_ID}), more)
}

fn merged(mut object: Json, more: &Json) -> Json {
    for (name, value) in more.as_object().into_iter().flatten() {
        object[name] = value.clone();
    }
    object
}

/// The documented example, as it is written in HCL.
fn sink(more: &Json) -> Json {
    let object = json!({
        "id": null, "region": null, "connector_id": CONNECTOR_ID, "task_name": "obsTransfer-1122976956",
        "source_type": "BLOB", "destination_type": "OBS", "topics": "topic-test", "topics_regex": null,
        "consumer_strategy": "earliest", "destination_file_type": "TEXT",
        "access_key": "X".repeat(20), "secret_key": "X".repeat(40),
        "obs_bucket_name": "6666", "obs_path": "obsTransfer-1122976956", "partition_format": "yyyy/MM/dd/HH/mm",
        "record_delimiter": "\n", "deliver_time_interval": 300, "status": null, "created_at": null,
    });
    merged(object, more)
}

fn smart(more: &Json) -> Json {
    let object = json!({
        "id": null, "region": null, "instance_id": INSTANCE_ID, "task_name": "smart-connect-1",
        "topics": ["topic-test"], "topics_regex": null, "start_later": false, "running": null,
        "source_type": "NONE", "source_task": null, "destination_type": "OBS_SINK",
        "destination_task": {
            "consumer_strategy": "earliest", "destination_file_type": "TEXT", "deliver_time_interval": 300,
            "access_key": "AKX", "secret_key": "SKX", "obs_bucket_name": "abcabc", "obs_path": "obsTransfer-1810125534",
            "partition_format": "yyyy/MM/dd/HH/mm", "record_delimiter": "\n", "store_keys": false,
        },
        "status": null, "created_at": null,
    });
    merged(object, more)
}

fn case(
    capture: &'static str,
    resource: &'static str,
    verb: Verb,
    input: Json,
    others: Vec<Other>,
    except: &'static [(&'static str, &'static str)],
) -> Case {
    Case {
        capture,
        resource,
        verb,
        input,
        others,
        except,
    }
}

fn connector_cases() -> Vec<Case> {
    let old = json!({"storage_spec_code": "dms.physical.storage.ultra.v2", "bandwidth": "100MB", "node_count": 2});
    let create =
        |capture, more: &Json, except| case(capture, CONNECTOR, Verb::Create, connector(more), appears(), except);
    let delete = |capture, except| {
        case(
            capture,
            CONNECTOR,
            Verb::Delete,
            connector(&json!({})),
            disappears(),
            except,
        )
    };
    vec![
        create("kafka_connector_create", &old, &[NO_TEXT]),
        create("kafka_connector_create_int_nodes", &json!({"node_count": 2}), &[]),
        create("kafka_connector_create_min", &json!({}), &[]),
        delete("kafka_connector_delete", &[NO_BODY]),
        delete("kafka_connector_delete_no_body", &[]),
        case(
            "kafka_instance_show_connector",
            CONNECTOR,
            Verb::Read,
            connector(&json!({})),
            vec![],
            &[],
        ),
    ]
}

fn sink_cases() -> Vec<Case> {
    let known = json!({"id": SINK_ID});
    let create = |capture, more: &Json| {
        let others = vec![("GET", "/sink-tasks", 200, json!({"tasks": []}))];
        case(capture, SINK, Verb::Create, sink(more), others, &[])
    };
    let least = json!({
        "topics": "t1,t2", "consumer_strategy": "latest", "destination_file_type": "text", "access_key": "a",
        "secret_key": "s", "obs_bucket_name": "b", "obs_path": null, "partition_format": "yyyy",
        "record_delimiter": null, "deliver_time_interval": 900,
    });
    let latest = json!({"consumer_strategy": "latest", "record_delimiter": "|", "deliver_time_interval": 30});
    vec![
        create("kafka_sink_task_create", &json!({})),
        create("kafka_sink_task_create_latest", &latest),
        create("kafka_sink_task_create_min", &least),
        case("kafka_sink_task_list", SINK, Verb::Read, sink(&json!({})), vec![], &[]),
        case("kafka_sink_task_show", SINK, Verb::Read, sink(&known), vec![], &[]),
        case("kafka_error", SINK, Verb::Read, sink(&known), vec![], &[]),
        case(
            "kafka_sink_task_delete",
            SINK,
            Verb::Delete,
            sink(&known),
            vec![
                (
                    "GET",
                    SINK_ID,
                    200,
                    json!({"task_name": "obsTransfer-1122976956", "status": "RUNNING"}),
                ),
                (
                    "GET",
                    SINK_ID,
                    404,
                    json!({"error_code": "DMS.00404022", "error_msg": "gone"}),
                ),
            ],
            &[],
        ),
    ]
}

fn smart_cases() -> Vec<Case> {
    let known = |more: &Json| smart(&merged(json!({"id": SMART_ID, "running": true}), more));
    let shown = |status: &str| {
        let sink = json!({"obs_bucket_name": "abcabc"});
        let task = json!({
            "id": SMART_ID, "task_name": "smart-connect-1", "status": status, "topics": "topic-test",
            "source_type": "NONE", "sink_type": "OBS_SINK", "sink_task": sink,
        });
        ("GET", SMART_ID, 200, task)
    };
    let gone = (
        "GET",
        SMART_ID,
        404,
        json!({"error_code": "DMS.00404022", "error_msg": "gone"}),
    );
    let change = |capture, more: &Json, states: Vec<Other>, except| {
        let input = json!([known(&json!({})), known(more)]);
        case(capture, SMART, Verb::Update, input, states, except)
    };
    let running = json!({"running": true});
    vec![
        case(
            "kafka_smart_task_create_obs",
            SMART,
            Verb::Create,
            smart(&json!({})),
            vec![("GET", "/tasks", 200, json!({"tasks": [], "total_number": 0}))],
            &[],
        ),
        case(
            "kafka_smart_task_list",
            SMART,
            Verb::Read,
            smart(&json!({})),
            vec![],
            &[PAGE],
        ),
        case(
            "kafka_smart_task_show",
            SMART,
            Verb::Read,
            known(&json!({})),
            vec![],
            &[],
        ),
        case(
            "kafka_smart_task_delete",
            SMART,
            Verb::Delete,
            known(&json!({})),
            vec![shown("RUNNING"), gone],
            &[],
        ),
        change(
            "kafka_smart_task_modify",
            &json!({"topics": ["t2"]}),
            vec![shown("RUNNING")],
            &[],
        ),
        change(
            "kafka_smart_task_pause",
            &json!({"running": false}),
            vec![shown("RUNNING"), shown("PAUSED")],
            &[],
        ),
        change(
            "kafka_smart_task_resume",
            &running,
            vec![shown("PAUSED"), shown("RUNNING")],
            &[],
        ),
        change(
            "kafka_smart_task_restart",
            &running,
            vec![shown("WAITING"), shown("RUNNING")],
            &[],
        ),
    ]
}

/// Captures of calls that no driver makes.
const NOT_CALLED: &[(&str, &str)] = &[
    (
        "kafka_connector_delete_order",
        "an order, which is a purchase in the console",
    ),
    (
        "kafka_connector_resource_info",
        "the create says itself that nodes are sold out",
    ),
    (
        "kafka_connector_validate",
        "a check before a create, which is checked anyway",
    ),
    ("kafka_obs_buckets_list", "buckets are looked up at OBS"),
    (
        "kafka_sink_task_quota_update",
        "a quota is no resource; SDKs have dropped the call",
    ),
    ("kafka_sink_task_show_topic_info", "how far a task got is no attribute"),
    ("kafka_smart_task_restart_alt", "the documented path has kafka/ in it"),
];

#[tokio::test]
async fn drivers_send_what_the_sdk_sends() {
    let cases: Vec<Case> = [connector_cases(), sink_cases(), smart_cases()]
        .into_iter()
        .flatten()
        .collect();
    for case in &cases {
        compare(case).await;
    }
    all_are_compared(&["kafka_"], &cases, NOT_CALLED);
}
