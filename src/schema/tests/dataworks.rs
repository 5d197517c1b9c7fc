//! What is said about sync tasks of DataWorks, whose content is a document of any type.

use super::{resource, said, said_with};
use crate::base::{Type, Value};

const GOOD: &str = r#"{
    type = "job", version = "2.0",
    steps = [
      { name = "Reader", category = "reader", stepType = "mysql", parameter = {
        datasource = "shop", column = ["id", "amount"], splitPk = "id", connection = [{ datasource = "shop", table = ["t"] }],
      } },
      { name = "Writer", category = "writer", stepType = "odps", parameter = { datasource = "lake", column = ["id", "amount"] } },
    ]
    setting = { errorLimit = { record = 0 }, speed = { concurrent = 2, throttle = false } }
    order   = { hops = [{ from = "Reader", to = "Writer" }] }
  }"#;

fn task(kind: &str, content: &str, param: &str) -> String {
    let param = if param.is_empty() {
        "file_folder_path = \"Business Flow/Shop/Data Integration\""
    } else {
        param
    };
    format!(
        "resource \"alicloud_data_works_di_sync_task\" \"t\" {{\n  project_id = 10000\n  task_type = \"{kind}\"\n  \
         task_name = \"orders\"\n  task_content = {content}\n  task_param {{\n    {param}\n  }}\n}}\n"
    )
}

/// Names of the rules that are broken, without warnings of their own about rules.
fn rules(text: &str) -> Vec<String> {
    let said = said(&resource("alicloud_data_works_di_sync_task"), text);
    let name = |line: &str| {
        let rule = line.split("Rule ").nth(1).and_then(|r| r.split(',').next());
        let severity = line.split(' ').next().unwrap_or_default();
        rule.map_or_else(|| line.to_string(), |rule| format!("{severity} {rule}"))
    };
    said.lines().map(name).collect()
}

fn of_content(change: impl Fn(&str) -> String) -> Vec<String> {
    let content = change(GOOD);
    let as_object = rules(&task("DI_OFFLINE", &content, ""));
    // Text is judged as the object is, and so is what is known only in part.
    assert_eq!(
        rules(&task("DI_OFFLINE", &format!("jsonencode({content})"), "")),
        as_object,
        "{content}"
    );
    as_object
}

fn broken_by(from: &str, to: &str) -> Vec<String> {
    assert!(GOOD.contains(from), "{from}");
    of_content(|good| good.replacen(from, to, 1))
}

#[test]
fn a_good_task_is_good_in_every_form() {
    assert_eq!(of_content(str::to_string), Vec::<String>::new());
    let heredoc = "<<-EOT\n{\"type\":\"job\",\"version\":\"2.0\",\"steps\":[{\"category\":\"reader\"},{\"category\":\"writer\"}],\
                   \"setting\":{\"errorLimit\":{\"record\":\"0\"}}}\nEOT";
    assert_eq!(rules(&task("DI_OFFLINE", heredoc, "")), Vec::<String>::new());
}

#[test]
fn content_of_a_batch_task_is_checked() {
    for (from, to, expected) in [
        ("type = \"job\"", "type = \"realtime\"", "error content_type"),
        ("type = \"job\", ", "", "error content_type"),
        ("version = \"2.0\"", "version = \"1.0\"", "error content_version"),
        (
            "category = \"writer\"",
            "category = \"reader\"",
            "error one_reader_one_writer",
        ),
        ("[\"id\", \"amount\"]", "[\"id\"]", "error column_counts"),
        ("[\"id\", \"amount\"]", "[\"amount\", \"id\"]", "warning column_order"),
        ("from = \"Reader\"", "from = \"Raeder\"", "error hops_name_steps"),
        (
            "[{ datasource = \"shop\",",
            "[{ datasource = \"other\",",
            "warning connection_datasource",
        ),
        ("record = 0", "record = \"\"", "warning dirty_records_are_limited"),
        ("errorLimit = { record = 0 }, ", "", "warning dirty_records_are_limited"),
        ("splitPk = \"id\", ", "", "warning parallel_reading_needs_split_pk"),
        (
            "splitPk = \"id\", ",
            "splitPk = \"\", ",
            "warning parallel_reading_needs_split_pk",
        ),
        ("throttle = false", "throttle = true", "warning throttle_has_a_rate"),
        (
            "datasource = \"lake\"",
            "datasource = \"lake\", where = \"day = $${today}\"",
            "warning variables_of_the_schedule",
        ),
        (
            "datasource = \"lake\"",
            "datasource = \"lake\", accessKey = \"abc\"",
            "error no_keys_in_content",
        ),
        (
            "datasource = \"lake\"",
            "datasource = \"lake\", where = \"LTAI5tAbCdEfGhIjKlMn\"",
            "error no_keys_in_content",
        ),
    ] {
        assert_eq!(broken_by(from, to), [expected], "{from} → {to}");
    }
}

#[test]
fn what_is_right_too_is_not_complained_about() {
    for (from, to) in [
        ("[\"id\", \"amount\"]", "[\"*\"]"),
        (
            "[\"id\", \"amount\"]",
            "[{ name = \"id\", type = \"long\" }, { name = \"amount\", type = \"long\" }]",
        ),
        ("concurrent = 2", "concurrent = 1"),
        ("throttle = false", "throttle = true, mbps = \"10\""),
        (
            "datasource = \"lake\"",
            "datasource = \"lake\", partition = \"pt=$${bizdate}\"",
        ),
        (
            "datasource = \"lake\"",
            "datasource = \"lake\", password = \"$${secret_of_shop}\", extra = null",
        ),
        ("record = 0", "record = 0, percentage = 0.1"),
        ("stepType = \"mysql\"", "stepType = \"ots\""),
        (
            "connection = [{ datasource = \"shop\", table = [\"t\"] }]",
            "connection = [{ datasource = \"shop-2\" }, { datasource = \"shop\" }]",
        ),
        ("order   = { hops = [{ from = \"Reader\", to = \"Writer\" }] }", ""),
    ] {
        let found = broken_by(from, to);
        let found: Vec<_> = found
            .iter()
            .filter(|r| !r.ends_with("variables_of_the_schedule"))
            .collect();
        assert!(found.is_empty(), "{to}: {found:?}");
    }
}

#[test]
fn what_is_no_document_is_said_once() {
    for (content, expected) in [
        ("\"no json\"", "It must be a JSON document"),
        ("\"[1]\"", "error content_is_an_object"),
        ("[1]", "error content_is_an_object"),
        ("7", "error content_is_an_object"),
    ] {
        let found = rules(&task("DI_OFFLINE", content, ""));
        let right = found.iter().filter(|r| r.contains(expected)).count();
        assert!(right == 1 && found.len() <= 2, "{content}: {found:?}");
    }
}

#[test]
fn folder_group_and_units_have_their_form() {
    let good = "file_folder_path = \"业务流程/商店/数据集成\"\n";
    let param = |more: &str| rules(&task("DI_OFFLINE", GOOD, &format!("{good}{more}")));
    for (more, expected) in [
        ("", ""),
        ("resource_group = \"S_res_group_1_2\"", ""),
        ("resource_group = \"Serverless_res_group_1_2\"", ""),
        ("resource_group = \"group_527\"", ""),
        (
            "resource_group = \"my sync group\"",
            "warning resource_group_identifier",
        ),
        ("resource_group = \"独享\"", "warning resource_group_identifier"),
        ("cu = 0.5", ""),
        ("cu = 0.3", "error cu_in_halves"),
        ("cu = 0", "error cu_in_halves"),
    ] {
        assert_eq!(param(more).join(" "), expected, "{more}");
    }
    let path = |path: &str| rules(&task("DI_OFFLINE", GOOD, &format!("file_folder_path = \"{path}\""))).join(" ");
    assert_eq!(path("Business Flow/Shop/Data Integration/daily"), "");
    assert_eq!(path("Shop"), "warning folder_of_a_workflow");
    let none = rules(&task("DI_OFFLINE", GOOD, "cu = 1"));
    assert_eq!(none, ["error folder_of_a_file"]);
}

#[test]
fn other_types_are_told_what_the_api_can_do() {
    assert_eq!(rules(&task("DI_REALTIME", "{}", "")), ["warning content_is_generated"]);
    assert_eq!(
        rules(&task("DI_SOLUTION", "{ steps = 1 }", "cu = 1")),
        ["warning solution_stays", "warning content_is_generated"]
    );
}

#[test]
fn what_is_known_after_apply_is_not_judged() {
    let schema = resource("alicloud_data_works_di_sync_task");
    let said = |content: &str, unknown: Value| {
        let vars = Value::object_of([("later", unknown)]);
        said_with(&schema, &task("DI_OFFLINE", content, ""), vars, None)
    };
    assert_eq!(said("var.later", Value::unknown(Type::Dynamic)), "");
    assert_eq!(said("var.later", Value::unknown(Type::String)), "");
    for place in [
        "\"job\"",
        "\"2.0\"",
        "[\"id\", \"amount\"]",
        "\"reader\"",
        "\"shop\"",
        "\"Reader\"",
        "2,",
        "0 }",
    ] {
        let later = if place == "2," { "var.later," } else { "var.later" };
        let later = if place == "0 }" { "var.later }" } else { later };
        let content = GOOD.replacen(place, later, 1);
        assert_eq!(said(&content, Value::unknown(Type::Dynamic)), "", "{place}");
        let text = format!("jsonencode({content})");
        assert_eq!(said(&text, Value::unknown(Type::Dynamic)), "", "{place}");
    }
    // A secret is found without being shown.
    let key = GOOD.replacen(
        "datasource = \"lake\"",
        "datasource = \"lake\", password = var.later",
        1,
    );
    let found = said(&key, Value::string("hunter2").sensitive());
    assert!(
        found.contains("no_keys_in_content") && !found.contains("hunter2"),
        "{found}"
    );
}

#[test]
fn a_wrong_name_is_shown_in_its_place() {
    let schema = resource("alicloud_data_works_di_sync_task");
    let text = task(
        "DI_OFFLINE",
        &GOOD.replacen("from = \"Reader\"", "from = \"Raeder\"", 1),
        "",
    );
    insta::assert_snapshot!(said(&schema, &text), @r#"error HW0224 at "Raeder": order.hops names the step `Raeder`, which does not exist | Rule hops_name_steps, from: DataWorks API reference, CreateDISyncTask: sample TaskContent. | from and to are names of steps: Reader, Writer"#);
    let content = GOOD.replacen("datasource = \"lake\"", "where = \"day = $${today}\"", 1);
    let text = task("DI_OFFLINE", &format!("jsonencode({content})"), "");
    insta::assert_snapshot!(said(&schema, &text), @r#"warning HW0224 at "${today}": `${today}` is a parameter of the schedule, which the calls on sync tasks can't set | Rule variables_of_the_schedule, from: DataWorks API reference, CreateDISyncTask: scheduling properties are not set by this operation. | give it a value in the schedule settings of the task, in Data Studio, or use the day of the run, `$${bizdate}`"#);
}

#[test]
fn one_mistake_is_said_once() {
    let not_json = task("DI_OFFLINE", "\"{ type: job }\"", "");
    let said_of = |text: &str| said(&resource("alicloud_data_works_di_sync_task"), text);
    assert_eq!(said_of(&not_json).lines().count(), 1, "{}", said_of(&not_json));
    let no_type = said_of(&task("offline", GOOD, ""));
    assert!(no_type.contains("did you mean \"DI_OFFLINE\"?"), "{no_type}");
    assert_eq!(no_type.lines().count(), 1, "{no_type}");
    let no_param = "resource \"alicloud_data_works_di_sync_task\" \"t\" {\n  project_id = 1\n  task_type = \"DI_SOLUTION\"\n  \
                    task_name = \"t\"\n  task_content = {}\n}\n";
    let warnings = rules(no_param);
    assert_eq!(warnings, ["warning solution_stays", "warning content_is_generated"]);
}

#[test]
fn the_data_source_that_differs_is_named() {
    let text = task(
        "DI_OFFLINE",
        &GOOD.replacen(
            "connection = [{ datasource = \"shop\"",
            "connection = [{ datasource = \"lake\"",
            1,
        ),
        "",
    );
    let said = said(&resource("alicloud_data_works_di_sync_task"), &text);
    assert!(
        said.contains("at \"shop\": a step names the data source `shop`, but its connections name another"),
        "{said}"
    );
}
