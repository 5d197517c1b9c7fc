//! What plans look like.

use crate::base::{AttrPath, InstanceKey, PathStep, Type, Value};
use crate::plan::{Action, ActionReason, Drift, NotCompared, OutputChange, Plan, PlanMode, Problem};
use crate::report::samples::*;
use crate::report::style::Style;

#[test]
fn a_created_object_shows_all_that_is_set() {
    let object = task(&[
        ("id", Value::unknown(Type::String)),
        ("instance", Value::string("hw")),
        ("name", Value::string("orders")),
        ("interval", Value::int(60)),
        ("columns", strings(&["id", "name"])),
        ("secret_key", Value::string("hunter2")),
        ("phase", Value::unknown(Type::String)),
        ("schema", schema_blocks(&[("id", "ID"), ("name", "NAME")])),
    ]);
    let plan = plan(vec![change("sample_task.orders", Action::Create, None, Some(object))]);
    insta::assert_snapshot!(show(&plan), @r#"
    headworks plan   root: pipelines/orders   state: #41 (14 min ago)
      1 change: 1 create   0 unchanged, 0 not compared

      +  sample_task.orders   hw:orders

    + sample_task.orders                            main.tf:3
        + id         = (known after apply)
        + instance   = "hw"
        + name       = "orders"
        + interval   = 60
        + columns    = ["id", "name"]
        + secret_key = (sensitive)
        + schema[0] {
            + column = "id"
            + target = "ID"
          }
        + schema[1] {
            + column = "name"
            + target = "NAME"
          }
    "#);
}

#[test]
fn an_update_shows_what_differs_and_counts_the_rest() {
    let plan = plan(vec![update(
        &[(
            "tags",
            Value::map(Type::String, [("a".into(), Value::string("1"))].into()),
        )],
        &[
            ("interval", Value::int(60)),
            (
                "tags",
                Value::map(
                    Type::String,
                    [("a".into(), Value::string("2")), ("b c".into(), Value::string("new"))].into(),
                ),
            ),
        ],
    )]);
    insta::assert_snapshot!(show(&plan), @r#"
    headworks plan   root: pipelines/orders   state: #41 (14 min ago)
      1 change: 1 update   0 unchanged, 0 not compared

      ~  sample_task.orders   interval, tags.a, tags["b c"]

    ~ sample_task.orders                            main.tf:3
        ~ interval = 300 → 60
        ~ tags     = {
            ~ a     = "1" → "2"
            + "b c" = "new"
          }
          # 4 unchanged attributes hidden
    "#);
}

#[test]
fn a_replacement_says_why_and_what_it_does_to_the_data() {
    let mut unchanged = change("sample_task.other", Action::NoOp, Some(orders(&[])), Some(orders(&[])));
    unchanged.causes.clear();
    insta::assert_snapshot!(show(&plan(vec![replacement(), unchanged])), @r#"
    headworks plan   root: pipelines/orders   state: #41 (14 min ago)
      1 change: 1 REPLACE   1 data effect, 1 unchanged, 0 not compared

     -/+ sample_task.orders   prefix  ← forces replacement
           because prefix changed at main.tf:7
           ! data effect: rows written between delete and create are not delivered
             fix: pause the writers, or set task_type = "BASE_INC" and accept duplicates
           note: objects that were delivered stay

    -/+ sample_task.orders                          main.tf:3
        ~ id     = "hw:orders" → (known after apply)
        ~ prefix = "orders/" → "orders_v2/"  # forces replacement
          # 3 unchanged attributes hidden
    "#);
}

#[test]
fn deletions_name_their_reason_and_their_object() {
    let mut gone = change("sample_task.a[\"x\"]", Action::Delete, Some(orders(&[])), None);
    gone.reason = Some(ActionReason::DeleteBecauseEachKey);
    gone.place = None;
    let mut deposed = change("sample_task.b", Action::Delete, Some(orders(&[])), None);
    deposed.deposed = Some("1a2b3c4d".into());
    insta::assert_snapshot!(show(&plan(vec![gone, deposed])), @r#"
    headworks plan   root: pipelines/orders   state: #41 (14 min ago)
      2 changes: 2 delete   0 unchanged, 0 not compared

      -  sample_task.a["x"]                        its key is no longer in for_each
      -  sample_task.b (deposed object 1a2b3c4d)   left over from a replacement

    - sample_task.a["x"]
        - instance = "hw"
        - name     = "orders"
          # 4 more attributes hidden

    - sample_task.b (deposed object 1a2b3c4d)       main.tf:3
        - instance = "hw"
        - name     = "orders"
          # 4 more attributes hidden
    "#);
}

#[test]
fn a_destroy_plan_names_what_is_deleted() {
    let plan = Plan {
        mode: PlanMode::Destroy,
        changes: vec![change("sample_task.orders", Action::Delete, Some(orders(&[])), None)],
        outputs: vec![OutputChange::new(
            "prefix".into(),
            Some(Value::string("orders/")),
            None,
            false,
        )],
        ..Plan::default()
    };
    insta::assert_snapshot!(show(&plan), @r#"
    headworks plan (destroy)   root: pipelines/orders   state: #41 (14 min ago)
      1 change: 1 delete   0 unchanged, 0 not compared

      -  sample_task.orders   hw:orders

    - sample_task.orders                            main.tf:3
        - instance = "hw"
        - name     = "orders"
          # 4 more attributes hidden

    Outputs
      - prefix = "orders/"
    "#);
}

#[test]
fn without_changes_it_says_what_was_compared() {
    let unchanged = change("sample_task.orders", Action::NoOp, Some(orders(&[])), Some(orders(&[])));
    insta::assert_snapshot!(show(&plan(vec![unchanged])), @r#"
    headworks plan   root: pipelines/orders   state: #41 (14 min ago)
      No changes.   1 unchanged, 0 not compared
    "#);
}

#[test]
fn drift_problems_and_what_was_not_compared_have_sections() {
    let plan = Plan {
        drift: vec![
            Drift {
                addr: addr("sample_task.orders"),
                recorded: orders(&[("schema", schema_blocks(&[("id", "ID")]))]),
                found: Some(orders(&[
                    ("interval", Value::int(10)),
                    ("schema", schema_blocks(&[("id", "Id")])),
                    ("secret_key", Value::string("hunter2")),
                ])),
                paths: vec![
                    AttrPath::attr("interval"),
                    AttrPath::attr("schema")
                        .child(PathStep::Index(0))
                        .child(PathStep::Attr("target".into())),
                    AttrPath::attr("secret_key"),
                ],
            },
            Drift {
                addr: addr("sample_task.gone"),
                recorded: orders(&[]),
                found: None,
                paths: vec![],
            },
        ],
        problems: vec![Problem {
            addr: addr("sample_task.orders"),
            code: "OSSAccessDenied".into(),
            text: "the role may not write into the bucket".into(),
            help: Some("attach a policy that allows oss:PutObject".into()),
        }],
        not_compared: vec![NotCompared {
            addr: addr("sample_task.denied"),
            cause: "ots:DescribeDeliveryTask was denied".into(),
        }],
        ..Plan::default()
    };
    insta::assert_snapshot!(show(&plan), @r#"
    headworks plan   root: pipelines/orders   state: #41 (14 min ago)
      No changes, as far as could be compared.   1 health problem, 2 changed outside of headworks, 0 unchanged, 1 not compared

    Health problems
      ! sample_task.orders
          OSSAccessDenied: the role may not write into the bucket
          fix: attach a policy that allows oss:PutObject
          not changed by this plan

    Not compared with the cloud
      ? sample_task.denied
          ots:DescribeDeliveryTask was denied

    Changed outside of headworks
      ~ sample_task.orders
          ~ interval         = 300 → 10
          ~ schema[0].target = "ID" → "Id"
          + secret_key       = (sensitive)
      - sample_task.gone   deleted outside of headworks
    "#);
}

#[test]
fn text_of_several_lines_is_compared_line_by_line() {
    let lines = |where_clause: &str| -> Value {
        let mut text = String::from("select id,\n       ts\n");
        for n in 0..8 {
            text.push_str(&format!("     , c{n}\n"));
        }
        Value::string(format!("{text}from events\nwhere dt = '{where_clause}'\n"))
    };
    let plan = plan(vec![update(
        &[("sql", lines("2024-01-01"))],
        &[("sql", lines("2024-01-02"))],
    )]);
    insta::assert_snapshot!(show(&plan), @r#"
    headworks plan   root: pipelines/orders   state: #41 (14 min ago)
      1 change: 1 update   0 unchanged, 0 not compared

      ~  sample_task.orders   sql

    ~ sample_task.orders                            main.tf:3
        ~ sql = <<-EOT
              # 8 unchanged lines hidden
                   , c6
                   , c7
              from events
            - where dt = '2024-01-01'
            + where dt = '2024-01-02'
          EOT
          # 5 unchanged attributes hidden
    "#);
}

#[test]
fn json_in_text_is_compared_leaf_by_leaf() {
    let before = r#"{"steps":[{"name":"Reader","parameter":{"column":["id","name","age"],"where":"x"}},{"name":"Writer","n":1}],"retries":3}"#;
    let after = r#"{"retries": 5, "steps": [
      {"name": "Reader", "parameter": {"column": ["id", "name", "age_years"], "where": "x"}}, {"name": "Writer", "n": 1}]}"#;
    let plan = plan(vec![update(
        &[("content", Value::string(before))],
        &[("content", Value::string(after))],
    )]);
    insta::assert_snapshot!(show(&plan), @r#"
    headworks plan   root: pipelines/orders   state: #41 (14 min ago)
      1 change: 1 update   0 unchanged, 0 not compared

      ~  sample_task.orders   content.retries, content.steps[Reader].parameter.column

    ~ sample_task.orders                            main.tf:3
        ~ content = JSON, 2 of 6 leaves differ
            ~ retries                        = 3 → 5
            ~ steps[Reader].parameter.column = ["id", "name", -"age", +"age_years"]
          # 5 unchanged attributes hidden
    "#);
}

#[test]
fn lists_and_blocks_are_compared_by_element() {
    let plan = plan(vec![update(
        &[
            ("columns", strings(&["id", "name", "age"])),
            ("schema", schema_blocks(&[("id", "ID"), ("name", "NAME"), ("x", "X")])),
        ],
        &[
            ("columns", strings(&["id", "name", "years", "city"])),
            (
                "schema",
                schema_blocks(&[("id", "ID"), ("name", "Name"), ("x", "X"), ("y", "Y")]),
            ),
        ],
    )]);
    insta::assert_snapshot!(show(&plan), @r#"
    headworks plan   root: pipelines/orders   state: #41 (14 min ago)
      1 change: 1 update   0 unchanged, 0 not compared

      ~  sample_task.orders   columns, schema[1].target, schema[3]

    ~ sample_task.orders                            main.tf:3
        ~ columns = ["id", "name", -"age", +"years", +"city"]
        ~ schema[1] {
            ~ target = "NAME" → "Name"
              # 1 unchanged attribute hidden
          }
        + schema[3] {
            + column = "y"
            + target = "Y"
          }
          # 2 unchanged schema blocks hidden
          # 5 unchanged attributes hidden
    "#);
}

#[test]
fn outputs_show_their_change_unless_sensitive() {
    let output = |name: &str, prior: Option<Value>, planned: Option<Value>, sensitive| {
        OutputChange::new(name.into(), prior, planned, sensitive)
    };
    let plan = Plan {
        outputs: vec![
            output("bucket", Some(Value::string("raw")), Some(Value::string("lake")), false),
            output("id", None, Some(Value::unknown(Type::String)), false),
            output(
                "password",
                Some(Value::string("hunter1")),
                Some(Value::string("hunter2")),
                true,
            ),
            output("same", Some(Value::int(1)), Some(Value::int(1)), false),
        ],
        ..Plan::default()
    };
    insta::assert_snapshot!(show(&plan), @r#"
    headworks plan   root: pipelines/orders   state: #41 (14 min ago)
      No changes of objects, 3 outputs change.   0 unchanged, 0 not compared

    Outputs
      ~ bucket   = "raw" → "lake"
      + id       = (known after apply)
      ~ password = (sensitive, changed)
    "#);
}

/// Every place where a secret could stand, in every kind of change: no text, short or full, holds it.
#[test]
fn no_sensitive_value_is_ever_printed() {
    const SECRET: &str = "hunter2";
    let secret = || Value::string(SECRET).sensitive();
    let json = |n: i64| Value::string(format!("{{\"password\": \"{SECRET}\", \"n\": {n}}}")).sensitive();
    let full = |n: i64| {
        orders(&[
            ("prefix", Value::string(format!("{SECRET}\n{n}")).sensitive()),
            ("content", json(n)),
            (
                "columns",
                Value::list(
                    Type::String,
                    vec![Value::string("a"), secret(), Value::string(n.to_string())],
                ),
            ),
            (
                "tags",
                Value::map(
                    Type::String,
                    [("k".into(), secret()), ("n".into(), Value::string(n.to_string()))].into(),
                ),
            ),
            ("secret_key", Value::string(format!("{SECRET}{n}"))),
            (
                "schema",
                Value::list(
                    Type::object([("column", Type::String), ("target", Type::String)]),
                    vec![Value::object_of([
                        ("column", secret()),
                        ("target", Value::string(n.to_string())),
                    ])],
                ),
            ),
            ("name", secret()),
            ("id", Value::string(SECRET).sensitive()),
        ])
    };
    let replace = Action::Replace { create_first: true };
    let mut changes = vec![
        change("sample_task.a", Action::Create, None, Some(full(1))),
        change("sample_task.b", Action::Update, Some(full(1)), Some(full(2))),
        change("sample_task.c", replace, Some(full(1)), Some(full(2))),
        change("sample_task.d", Action::Delete, Some(full(1)), None),
        change("sample_task.e", Action::Update, Some(full(1)), Some(orders(&[]))),
        change("sample_task.f", Action::Update, Some(orders(&[])), Some(full(1))),
    ];
    let names = ["prefix", "content", "columns", "tags", "secret_key", "schema", "name"];
    for change in &mut changes {
        change.causes = names.iter().map(|n| cause(n, true)).collect();
        change.replace_paths = names.iter().map(|n| AttrPath::attr(*n)).collect();
    }
    let plan = Plan {
        drift: vec![Drift {
            addr: addr("sample_task.b"),
            recorded: full(1),
            found: Some(full(2)),
            paths: names.iter().map(|n| AttrPath::attr(*n)).collect(),
        }],
        outputs: vec![OutputChange::new(
            "o".into(),
            Some(Value::string("x")),
            Some(Value::tuple(vec![secret()])),
            true,
        )],
        ..plan(changes)
    };
    for full in [false, true] {
        let text = show_with(&plan, &Style::default(), full);
        assert!(!text.contains(SECRET), "{text}");
        assert!(text.contains("(sensitive"), "{text}");
    }
}

#[test]
fn what_a_cloud_sends_cannot_steer_the_terminal() {
    let evil = "\u{1b}]0;owned\u{7}\u{202e}";
    let mut update = update(
        &[],
        &[
            ("sql", Value::string(format!("{evil}\n{evil}"))),
            ("prefix", Value::string(evil)),
        ],
    );
    update.addr.key = InstanceKey::Key(evil.into());
    let plan = Plan {
        not_compared: vec![NotCompared {
            addr: addr("sample_task.denied"),
            cause: evil.into(),
        }],
        ..plan(vec![update])
    };
    for full in [false, true] {
        let text = show_with(&plan, &Style::default(), full);
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text}");
    }
}

#[test]
fn ascii_without_color_is_ascii() {
    let style = Style {
        unicode: false,
        width: 60,
        ..Style::default()
    };
    assert!(show_with(&plan(vec![replacement()]), &style, false).is_ascii());
    let colored = Style { color: true, ..style };
    let text = show_with(&plan(vec![replacement()]), &colored, false);
    assert!(text.contains("\u{1b}[31m-/+\u{1b}[0m"), "{text}");
}

#[test]
fn a_tainted_object_and_a_data_source_say_why() {
    let mut tainted = change(
        "sample_task.orders",
        Action::Replace { create_first: true },
        Some(orders(&[])),
        Some(orders(&[("id", Value::unknown(Type::String))])),
    );
    tainted.reason = Some(ActionReason::ReplaceBecauseTainted);
    let mut read = change(
        "data.sample_role.r",
        Action::Read,
        None,
        Some(Value::object_of([("name", Value::string("r"))])),
    );
    read.reason = Some(ActionReason::ReadBecauseConfigUnknown);
    insta::assert_snapshot!(show(&plan(vec![read, tainted])), @r#"
    headworks plan   root: pipelines/orders   state: #41 (14 min ago)
      1 change: 1 REPLACE   1 to read, 0 unchanged, 0 not compared

     <=  data.sample_role.r   read during apply: its arguments are known only then
     +/- sample_task.orders   tainted: its creation did not finish, or it was marked

    <= data.sample_role.r                           main.tf:3
        + name = "r"

    +/- sample_task.orders                          main.tf:3
        ~ id = "hw:orders" → (known after apply)
          # 4 unchanged attributes hidden
    "#);
}

#[test]
fn a_refresh_only_plan_changes_the_state_alone() {
    let plan = Plan {
        mode: PlanMode::RefreshOnly,
        targeted: true,
        drift: vec![Drift {
            addr: addr("sample_task.orders"),
            recorded: orders(&[]),
            found: Some(orders(&[("interval", Value::int(10))])),
            paths: vec![AttrPath::attr("interval")],
        }],
        ..Plan::default()
    };
    insta::assert_snapshot!(show(&plan), @r#"
    headworks plan (refresh only)   root: pipelines/orders   state: #41 (14 min ago)
      ! -target leaves a part of the configuration out of this plan
      Only the state changes.   1 changed outside of headworks, 0 not compared

    Changed outside of headworks
      ~ sample_task.orders
          ~ interval = 300 → 10
    "#);
}

#[test]
fn paths_that_do_not_fit_are_counted() {
    let names = ["prefix", "interval", "content", "sql", "columns", "tags"];
    let mut change = update(&[], &[]);
    change.causes = names.iter().map(|n| cause(n, false)).collect();
    let style = Style {
        width: 60,
        ..Style::default()
    };
    let text = show_with(&plan(vec![change]), &style, false);
    assert!(
        text.contains("  ~  sample_task.orders   prefix, interval, +4 more\n"),
        "{text}"
    );
}

#[test]
fn in_full_unchanged_attributes_and_deleted_objects_are_shown() {
    let gone = change("sample_task.gone", Action::Delete, Some(orders(&[])), None);
    let text = show_with(
        &plan(vec![gone, update(&[], &[("interval", Value::int(1))])]),
        &Style::default(),
        true,
    );
    assert!(text.contains("    - prefix   = \"orders/\"\n"), "{text}");
    assert!(text.contains("      prefix   = \"orders/\"\n"), "{text}");
    assert!(!text.contains("hidden"), "{text}");
}
