//! The drivers of DIS against the captures of two SDKs: huaweicloudsdkdis (dis_v3_) and huaweicloud-python-sdk-dis
//! (dis_old_).

use super::{Capture, Case, Other, PROJECT, Verb, all_are_compared, compare};
use serde_json::{Value as Json, json};

const STREAM: &str = "huaweicloud_dis_stream";
const TASK: &str = "huaweicloud_dis_dump_task";

/// Captures of calls that no driver makes.
const NOT_CALLED: &[(&str, &str)] = &[
    ("dis_v3_stream_list", "a stream is found by its name"),
    ("dis_v3_stream_list_paged", "a stream is found by its name"),
    (
        "dis_v3_stream_show_paged",
        "what is read of a stream stands on every page",
    ),
    ("dis_v3_stream_policies_list", "policies of streams are no argument"),
    ("dis_v3_tag_create", "tags are set many at a time"),
    ("dis_v3_tags_show", "the stream's own reply has its tags"),
    ("dis_v3_app_consumer_state", "apps are no resource"),
    ("dis_v3_app_create", "apps are no resource"),
    ("dis_v3_app_delete", "apps are no resource"),
    ("dis_v3_app_list", "apps are no resource"),
    ("dis_v3_app_show", "apps are no resource"),
    ("dis_v3_checkpoint_commit", "checkpoints belong to consumers"),
    ("dis_v3_checkpoint_delete", "checkpoints belong to consumers"),
    ("dis_v3_checkpoint_show", "checkpoints belong to consumers"),
    ("dis_old_app_create", "apps are no resource"),
    ("dis_old_app_delete", "apps are no resource"),
    ("dis_old_app_show", "apps are no resource"),
    ("dis_old_checkpoint_commit", "checkpoints belong to consumers"),
    ("dis_old_checkpoint_show", "checkpoints belong to consumers"),
    ("dis_old_stream_list", "a stream is found by its name"),
];

const CHARSET: (&str, &str) = ("content-type", "the old SDK adds a charset, or names no type at all");
const NO_PROJECT: (&str, &str) = ("x-project-id", "the old SDK names the project in the path alone");
/// `dis_old_`: what all requests differ in.
const OLD: &[(&str, &str)] = &[CHARSET, NO_PROJECT];
/// `dis_old_`: the SDK ends collections with a slash.
const SLASH: &[(&str, &str)] = &[CHARSET, NO_PROJECT, ("path", "the old SDK ends the path with a slash")];
/// `dis_old_`: the SDK has `stream` in the singular before the tasks too, and a slash at the end.
const SINGULAR: &[(&str, &str)] = &[
    CHARSET,
    NO_PROJECT,
    (
        "path /v2/0123456789abcdef0123456789abcdef/streams/newstream/transfer-tasks",
        "the old SDK has /stream/ in the singular",
    ),
];
const SINGULAR_SHOW: &[(&str, &str)] = &[
    CHARSET,
    NO_PROJECT,
    (
        "path /v2/0123456789abcdef0123456789abcdef/streams/newstream/transfer-tasks/dlitask",
        "the old SDK has /stream/ in the singular",
    ),
];
const NO_PAGE: &[(&str, &str)] = &[
    CHARSET,
    NO_PROJECT,
    ("query", "the SDK asks for more partitions a page; none of them is read"),
];
/// `dis_v3_`: the model has a text, the documented examples, the old SDK and live replies a number.
const RETRY: &[(&str, &str)] = &[(
    "body",
    "retry_duration is a number; all else is compared in the unit tests",
)];
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

fn with(base: Json, more: &Json) -> Json {
    let mut merged = base;
    for (name, value) in more.as_object().into_iter().flatten() {
        merged[name] = value.clone();
    }
    merged
}

fn body(capture: &str) -> Json {
    Capture::load(capture).json["body_decoded"].clone()
}

/// The arguments that a captured create call of a stream was made with.
fn stream_of(capture: &str) -> Json {
    let body = body(capture);
    let tags = body["tags"].as_array().map(|tags| {
        let pair = |tag: &Json| (tag["key"].as_str().unwrap().to_string(), tag["value"].clone());
        tags.iter().map(pair).collect::<serde_json::Map<_, _>>()
    });
    json!({
        "stream_name": body["stream_name"], "partition_count": body["partition_count"],
        "stream_type": body["stream_type"], "retention_period": body["data_duration"], "data_type": body["data_type"],
        "auto_scale_min_partition_count": body["auto_scale_min_partition_count"],
        "auto_scale_max_partition_count": body["auto_scale_max_partition_count"],
        "data_schema": body["data_schema"], "csv_delimiter": body["csv_properties"]["delimiter"],
        "compression_format": body["compression_format"], "tags": tags,
        "enterprise_project_id": body["sys_tags"][0]["value"],
    })
}

/// The arguments that a captured create call of a task was made with.
fn task_of(capture: &str) -> Json {
    let body = body(capture);
    let (block, descriptor) = body
        .as_object()
        .unwrap()
        .iter()
        .find(|(name, _)| name.ends_with("_descriptor"))
        .unwrap();
    let mut arguments = descriptor.clone();
    if let Some(retry) = arguments["retry_duration"].as_str() {
        arguments["retry_duration"] = json!(retry.parse::<i64>().unwrap());
    }
    for flag in ["fill_missing_fields", "ignore_extra_data", "compatible_illegal_chars"] {
        if let Some(on) = arguments["options"][flag].as_str() {
            arguments["options"][flag] = json!(on == "true");
        }
    }
    let mut task = json!({"stream_name": "newstream", "task_name": descriptor["task_name"], "destination_type": body["destination_type"]});
    task[block] = without_null(arguments);
    task
}

fn without_null(mut object: Json) -> Json {
    let map = object.as_object_mut().unwrap();
    map.retain(|_, v| !v.is_null());
    object
}

fn named(stream: &str) -> Json {
    json!({ "stream_name": stream, "tags": null })
}

fn running_stream(more: Json) -> Json {
    with(
        json!({"stream_id": "8QM3Nt9YTLOwtUVYJhO", "status": "RUNNING", "writable_partition_count": 1, "retention_period": 24}),
        &more,
    )
}

fn task(more: Json) -> Json {
    with(json!({"stream_name": "newstream", "task_name": "newtask"}), &more)
}

fn shown_task(state: &str) -> Json {
    json!({"task_id": "shown", "task_name": "newtask", "state": state, "destination_type": "OBS"})
}

fn listed() -> Json {
    json!({"tasks": [{"task_id": "other", "task_name": "another"}, {"task_id": "As805BudhcH1lDs6gbn", "task_name": "newtask"}]})
}

fn stream_cases() -> Vec<Case> {
    use Verb::{Create, Delete, Read, Update};
    let seen = |path| vec![("GET", path, 200, running_stream(json!({})))];
    let create = |capture, path, except| case(capture, STREAM, Create, stream_of(capture), seen(path), except);
    let at = |more: Json| {
        with(
            json!({"stream_name": "newstream", "partition_count": 1, "retention_period": 24, "stream_id": "8QM3Nt9YTLOwtUVYJhO"}),
            &more,
        )
    };
    let change = |capture, more: Json, replies: Vec<Other>, except| {
        let input = json!([at(json!({})), at(more)]);
        case(capture, STREAM, Update, input, replies, except)
    };
    let counted = |n: i64| {
        (
            "GET",
            "/streams/newstream",
            200,
            running_stream(json!({ "writable_partition_count": n })),
        )
    };
    vec![
        create("dis_v3_stream_create_min", "/streams/newstream", &[]),
        create("dis_v3_stream_create_csv", "/streams/csvstream", &[]),
        create("dis_v3_stream_create_json_full", "/streams/dis-DLpR", &[]),
        create("dis_old_stream_create", "/streams/newstream", SLASH),
        case("dis_v3_stream_show", STREAM, Read, named("newstream"), vec![], &[]),
        case("dis_old_stream_show", STREAM, Read, named("newstream"), vec![], NO_PAGE),
        case("dis_v3_stream_delete", STREAM, Delete, named("newstream"), vec![], &[]),
        case("dis_old_stream_delete", STREAM, Delete, named("newstream"), vec![], OLD),
        change(
            "dis_v3_stream_update_partition_count",
            json!({"partition_count": 5}),
            vec![counted(1), counted(5)],
            &[],
        ),
        change(
            "dis_old_stream_change_partitions",
            json!({"partition_count": 2}),
            vec![counted(1), counted(2)],
            OLD,
        ),
        change(
            "dis_v3_stream_update_v3",
            json!({"retention_period": 48}),
            vec![counted(1)],
            &[],
        ),
        change(
            "dis_v3_tags_batch_create",
            json!({"tags": {"env": "test"}}),
            vec![counted(1)],
            &[],
        ),
        // How faults are read, in either shape.
        case("dis_v3_error_docs_shape", STREAM, Read, named("newstream"), vec![], &[]),
        case("dis_v3_error_live_shape", STREAM, Read, named("newstream"), vec![], &[]),
        case("dis_v3_error_403", STREAM, Read, named("newstream"), vec![], &[]),
        case("dis_v3_error_500", STREAM, Read, named("newstream"), vec![], &[]),
        case(
            "dis_old_error_live_shape",
            STREAM,
            Read,
            named("newstream"),
            vec![],
            NO_PAGE,
        ),
    ]
}

fn task_cases() -> Vec<Case> {
    use Verb::{Create, Delete, Read, Update};
    let create = |capture, except| {
        let name = body(capture);
        let name = name
            .as_object()
            .unwrap()
            .values()
            .find_map(|v| v["task_name"].as_str())
            .unwrap();
        let path: &'static str = format!("/transfer-tasks/{name}").leak();
        let replies = vec![("GET", path, 200, shown_task("RUNNING"))];
        case(capture, TASK, Create, task_of(capture), replies, except)
    };
    let switch = |capture, run: bool, from: &'static str, to: &'static str| {
        let input = json!([task(json!({ "running": !run })), task(json!({ "running": run }))]);
        let replies = vec![
            ("GET", "/transfer-tasks/newtask", 200, shown_task(from)),
            ("GET", "/transfer-tasks/newtask", 200, shown_task(to)),
            ("GET", "/transfer-tasks", 200, listed()),
        ];
        case(capture, TASK, Update, input, replies, &[])
    };
    let no_id = |state: &str| {
        let mut reply = shown_task(state);
        reply["task_id"] = Json::Null;
        reply
    };
    let found_in_list = |capture, name, except| {
        let path: &'static str = format!("/transfer-tasks/{name}").leak();
        let input = task(json!({ "task_name": name }));
        case(
            capture,
            TASK,
            Read,
            input,
            vec![("GET", path, 200, no_id("RUNNING"))],
            except,
        )
    };
    let delete = |capture, name, except| {
        case(
            capture,
            TASK,
            Delete,
            task(json!({ "task_name": name })),
            vec![],
            except,
        )
    };
    let read = |capture, name, except| case(capture, TASK, Read, task(json!({ "task_name": name })), vec![], except);
    vec![
        create("dis_v3_task_create_obs_min", &[]),
        create("dis_v3_task_create_obs_full", &[]),
        create("dis_v3_task_create_dli_min", &[]),
        create("dis_v3_task_create_dli", RETRY),
        create("dis_v3_task_create_mrs", RETRY),
        create("dis_v3_task_create_dws", RETRY),
        create("dis_v3_task_create_cloudtable_hbase", RETRY),
        create("dis_old_task_create_dli", SINGULAR),
        create("dis_old_task_create_cloudtable_hbase", SINGULAR),
        create("dis_old_task_create_cloudtable_opentsdb", SINGULAR),
        switch("dis_v3_task_batch_stop", false, "RUNNING", "PAUSED"),
        switch("dis_v3_task_batch_start", true, "PAUSED", "RUNNING"),
        found_in_list("dis_v3_task_list", "newtask", &[]),
        found_in_list("dis_old_task_list", "dlitask", SLASH),
        delete("dis_v3_task_delete", "newtask", &[]),
        delete("dis_old_task_delete", "dlitask", SLASH),
        read("dis_v3_task_show_obs", "newtask", &[]),
        read("dis_v3_task_show_dli", "newtask", &[]),
        read("dis_v3_task_show_dws_misspelt_key", "newtask", &[]),
        read("dis_v3_task_show_dws_java_key", "newtask", &[]),
        read("dis_old_task_show", "dlitask", SINGULAR_SHOW),
    ]
}

fn cases() -> Vec<Case> {
    stream_cases().into_iter().chain(task_cases()).collect()
}

#[tokio::test]
async fn requests_of_the_drivers_are_those_of_the_sdks() {
    for case in cases() {
        compare(&case).await;
    }
}

#[test]
fn every_capture_of_dis_is_compared_or_has_a_reason() {
    all_are_compared(&["dis_"], &cases(), NOT_CALLED);
    let of_project = Capture::all(&["dis_"]);
    assert!(of_project.iter().all(|c| c.text("path").contains(PROJECT)));
}
