//! What is special about sync tasks of DataWorks: the forms of their content, the types that the API treats differently,
//! the recycle bin, deployments, and failures that come as successes.

use crate::driver_sim::{World, kind, sync_task_config, with, world};
use headworks::base::json::{implied, to_json};
use headworks::base::{Known, Value};
use headworks::driver::DriverError;
use serde_json::{Value as Json, json};

const SYNC_TASK: &str = "alicloud_data_works_di_sync_task";

async fn made(world: &World, more: &Json) -> Known {
    let kind = kind(SYNC_TASK);
    let planned = kind.planned(with(&sync_task_config(), more));
    kind.driver.create(&world.session, &planned).await.unwrap()
}

async fn read(world: &World, known: &Known) -> Option<Known> {
    kind(SYNC_TASK).driver.read(&world.session, known).await.unwrap()
}

/// The object with its content as an object and not as text.
fn with_object(object: &Known, content: &Json) -> Known {
    let mut entries = object.value().entries().cloned().unwrap();
    entries.insert("task_content".into(), implied(content));
    Known::new(Value::object(entries)).unwrap()
}

fn content(object: &Known) -> Value {
    object.value().get("task_content").unwrap().clone()
}

fn text<'a>(object: &'a Known, name: &str) -> Option<&'a str> {
    object.value().get(name).and_then(Value::as_str)
}

fn message(error: &DriverError) -> String {
    format!("{error} {:?}", error.reply().help)
}

fn key(task: &Known) -> String {
    text(task, "id").unwrap().replace(':', "/")
}

/// Changes the task behind the driver's back.
fn patch(world: &World, task: &Known, patch: &Json) {
    world.sim.patch_object("dw_file", &key(task), patch).unwrap();
}

#[tokio::test]
async fn content_keeps_the_form_that_it_was_given() {
    let world = world().await;
    let task = made(&world, &json!({})).await;
    let meant = json!({"type": "job", "version": "2.0", "steps": [{"name": "Reader"}], "extend": null});
    let as_object = with_object(&task, &meant);

    // What the cloud adds is no difference, in either form.
    let added = json!({"steps": [{"name": "Reader", "gui": true}], "type": "job", "version": "2.0", "nodeDef": {}});
    patch(&world, &task, &json!({"content": added.to_string()}));
    assert_eq!(content(&read(&world, &task).await.unwrap()), content(&task));
    assert_eq!(content(&read(&world, &as_object).await.unwrap()), implied(&meant));

    // A change behind our back shows in the form of the object, without what the cloud added.
    let changed = json!({"type": "job", "version": "2.0", "steps": [{"name": "Other", "gui": true}], "nodeDef": {}});
    patch(&world, &task, &json!({"content": changed.to_string()}));
    let shown = json!({"type": "job", "version": "2.0", "steps": [{"name": "Other"}]});
    let found: Json = serde_json::from_str(content(&read(&world, &task).await.unwrap()).as_str().unwrap()).unwrap();
    assert_eq!(found, shown);
    let found = to_json(&content(&read(&world, &as_object).await.unwrap()));
    assert_eq!(found, with(&shown, &json!({"extend": null})));
}

#[tokio::test]
async fn an_object_is_sent_as_a_document() {
    let world = world().await;
    let kind = kind(SYNC_TASK);
    let planned = with_object(
        &kind.planned(sync_task_config()),
        &json!({"type": "job", "n": [1, 2.5]}),
    );
    let task = kind.driver.create(&world.session, &planned).await.unwrap();
    assert_eq!(content(&task), content(&planned));
    let there = world.sim.object("dw_file", &key(&task)).unwrap();
    let sent: Json = serde_json::from_str(there["content"].as_str().unwrap()).unwrap();
    assert_eq!(sent, json!({"type": "job", "n": [1, 2.5]}));
    assert_eq!(
        (&there["resource_group"], &there["cu"]),
        (&json!("S_res_group_1_1"), &json!(0.5))
    );
}

#[tokio::test]
async fn a_folder_in_other_words_is_the_same_folder() {
    let world = world().await;
    let task = made(&world, &json!({})).await;
    let folder = |task: &Known| to_json(task.value())["task_param"]["file_folder_path"].clone();
    for (path, same) in [
        ("Business Flow/Shop/folderDi", true),
        ("业务流程/Shop/数据集成", true),
        ("Business Flow/Other/folderDi", false),
    ] {
        patch(&world, &task, &json!({"folder": path}));
        let found = folder(&read(&world, &task).await.unwrap());
        let expected = if same { folder(&task) } else { json!(path) };
        assert_eq!(found, expected, "{path}");
    }
}

#[tokio::test]
async fn a_task_in_the_recycle_bin_is_gone() {
    let world = world().await;
    let task = made(&world, &json!({})).await;
    patch(&world, &task, &json!({"deleted_status": "RECYCLE_BIN"}));
    assert!(read(&world, &task).await.is_none());
    patch(&world, &task, &json!({"deleted_status": "NORMAL"}));
    assert!(read(&world, &task).await.is_some());
}

#[tokio::test]
async fn a_committed_task_is_gone_when_its_deployment_is_done() {
    let world = world().await;
    let kind = kind(SYNC_TASK);
    let task = made(&world, &json!({})).await;
    assert_eq!(text(&task, "commit_status"), Some("DRAFT"));
    patch(&world, &task, &json!({"committed": true, "scheduled": true}));
    let task = read(&world, &task).await.unwrap();
    assert_eq!(text(&task, "commit_status"), Some("COMMITTED"));
    kind.driver.delete(&world.session, &task).await.unwrap();
    let asked = world.session.requests()["dataworks:GetDeployment"];
    assert!(asked > 1, "it was waited for");
    assert_eq!(world.sim.world().inventory(), "");
}

#[tokio::test]
async fn a_failure_that_comes_as_a_success_is_a_failure() {
    let world = world().await;
    let kind = kind(SYNC_TASK);
    let wrong = json!({"task_param": {"file_folder_path": "Shop", "resource_group": null, "cu": null}});
    let planned = kind.planned(with(&sync_task_config(), &wrong));
    let refused = kind.driver.create(&world.session, &planned).await.unwrap_err();
    let said = message(&refused.error);
    assert!(
        said.contains("Invalid path: Shop") && said.contains("Business Flow/<name>"),
        "{said}"
    );
    assert!(refused.partial.is_none());
    assert_eq!(world.sim.world().inventory(), "");

    // A move that is refused leaves what was changed before it.
    let task = made(&world, &json!({})).await;
    let mut target = to_json(task.value());
    target["task_param"]["file_folder_path"] = json!("Shop");
    target["task_content"] = json!("{\"type\": \"new\"}");
    let target = kind.planned(target);
    let failure = kind.driver.update(&world.session, &task, &target).await.unwrap_err();
    assert!(
        message(&failure.error).contains("Invalid path: Shop"),
        "{:?}",
        failure.error
    );
    let partial = to_json(failure.partial.unwrap().value());
    assert_eq!(partial["task_content"], "{\"type\": \"new\"}");
    assert_eq!(
        partial["task_param"]["file_folder_path"],
        "Business Flow/Shop/Data Integration"
    );
}

#[tokio::test]
async fn what_can_not_be_taken_away_is_refused() {
    let world = world().await;
    let kind = kind(SYNC_TASK);
    let task = made(&world, &json!({})).await;
    let mut target = to_json(task.value());
    target["task_param"]["cu"] = Json::Null;
    let failure = kind
        .driver
        .update(&world.session, &task, &kind.planned(target))
        .await
        .unwrap_err();
    let said = message(&failure.error);
    assert!(
        said.contains("task_param.cu can be changed, but not taken away"),
        "{said}"
    );
}

#[tokio::test]
async fn a_real_time_task_has_calls_of_its_own() {
    let world = world().await;
    let kind = kind(SYNC_TASK);
    let real_time = json!({"task_type": "DI_REALTIME"});
    let task = made(&world, &real_time).await;
    assert_eq!(text(&task, "run_status"), Some("NORUN"));
    // Made again after a crash it is found, by its token or by its name.
    assert_eq!(text(&made(&world, &real_time).await, "id"), text(&task, "id"));
    let planned = kind.planned(with(&sync_task_config(), &real_time));
    assert_eq!(text(&read(&world, &planned).await.unwrap(), "id"), text(&task, "id"));
    let imported = kind
        .driver
        .identity(&world.session, text(&task, "id").unwrap())
        .unwrap();
    let ty = kind.schema.block.object_type();
    let imported = headworks::base::json::from_json(&to_json(imported.value()), &ty).unwrap();
    let imported = read(&world, &Known::new(imported).unwrap()).await.unwrap();
    assert_eq!(text(&imported, "task_type"), Some("DI_REALTIME"));

    let mut target = to_json(task.value());
    target["task_name"] = json!("other");
    let target = kind.planned(target);
    let refused = kind.driver.update(&world.session, &task, &target).await.unwrap_err();
    assert!(message(&refused.error).contains("only batch tasks can be changed"));

    patch(&world, &task, &json!({"run_status": "RUN"}));
    assert_eq!(text(&read(&world, &task).await.unwrap(), "run_status"), Some("RUN"));
    let running = kind.driver.delete(&world.session, &task).await.unwrap_err();
    assert!(message(&running).contains("stop it in Operation Center"), "{running}");
    patch(&world, &task, &json!({"run_status": "PAUSE"}));
    kind.driver.delete(&world.session, &task).await.unwrap();
    kind.driver.delete(&world.session, &task).await.unwrap();
    assert!(read(&world, &task).await.is_none());
}

#[tokio::test]
async fn a_solution_is_made_and_read_and_can_not_be_deleted() {
    let world = world().await;
    let kind = kind(SYNC_TASK);
    let task = made(&world, &json!({"task_type": "DI_SOLUTION"})).await;
    let found = read(&world, &task).await.unwrap();
    assert_eq!(
        (content(&found), text(&found, "task_name")),
        (content(&task), Some("orders"))
    );
    let said = message(&kind.driver.delete(&world.session, &task).await.unwrap_err());
    assert!(
        said.contains("can't delete a solution") && said.contains("state rm"),
        "{said}"
    );
    assert_eq!(world.sim.world().inventory(), format!("dw_file {}\n", key(&task)));
}

#[tokio::test]
async fn two_tasks_of_one_name_are_told_apart_by_their_folder_or_not_at_all() {
    let world = world().await;
    let task = made(&world, &json!({})).await;
    let mut twin = world.sim.object("dw_file", &key(&task)).unwrap();
    twin["file_id"] = json!(7);
    twin["folder"] = json!("Business Flow/Twin/Data Integration");
    world.sim.put_object("dw_file", "10000/7", twin.clone()).unwrap();
    let planned = kind(SYNC_TASK).planned(sync_task_config());
    assert_eq!(text(&read(&world, &planned).await.unwrap(), "id"), text(&task, "id"));
    twin["folder"] = json!("Business Flow/Shop/folderDi");
    world.sim.put_object("dw_file", "10000/7", twin).unwrap();
    let error = kind(SYNC_TASK).driver.read(&world.session, &planned).await.unwrap_err();
    let said = message(&error);
    assert!(
        said.contains("there are 2 files of this name") && said.contains("10000:<file id>"),
        "{said}"
    );
}
