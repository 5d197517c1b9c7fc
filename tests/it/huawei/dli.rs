//! DLI: databases and tables.

use super::{Capture, Case, PROJECT, Verb, accepts, all_are_compared, compare, json_of, lenient, replay, sim_for};
use headworks::driver::Cloud;
use headworks::engine::cloud::SystemCloud;
use headworks::sim::{Service, Sim, SimOptions};
use headworks::wire::Request;
use serde_json::{Value as Json, json};

const NOT_CALLED: &[(&str, &str)] = &[
    (
        "dli_database_delete_async_cascade",
        "tables are never deleted along with a database",
    ),
    ("dli_table_list", "a table is described by its name"),
];

fn database(more: &Json) -> Json {
    let mut database = json!({
        "id": null, "region": null, "name": "db1", "description": null, "enterprise_project_id": null, "owner": null,
        "tags": null,
    });
    for (name, value) in more.as_object().unwrap() {
        database[name] = value.clone();
    }
    database
}

fn table(more: &Json) -> Json {
    let mut table = json!({
        "id": null, "region": null, "database_name": "db1", "name": "tb1", "data_location": "DLI", "description": null,
        "columns": [{"name": "id", "type": "int", "description": null, "is_partition": false}], "data_format": null,
        "bucket_location": null, "with_column_header": null, "delimiter": null, "quote_char": null,
        "escape_char": null, "date_format": null, "timestamp_format": null, "select_statement": null,
    });
    for (name, value) in more.as_object().unwrap() {
        table[name] = value.clone();
    }
    table
}

fn cases() -> Vec<Case> {
    let listed = json!({"is_success": true, "databases": [{"database_name": "db1", "owner": "o", "table_number": 0}]});
    let of_database = |capture, verb, more: &Json| Case {
        capture,
        resource: "huaweicloud_dli_database",
        verb,
        input: database(more),
        others: vec![("GET", "/databases", 200, listed.clone())],
        except: &[],
    };
    let described = json!({"is_success": true, "table_type": "MANAGED", "columns": []});
    let of_table = |capture, verb, more: &Json| Case {
        capture,
        resource: "huaweicloud_dli_table",
        verb,
        input: table(more),
        others: vec![("GET", "/tables/tb1", 200, described.clone())],
        except: &[],
    };
    let nothing = json!({"is_success": true, "databases": []});
    vec![
        of_database(
            "dli_database_create",
            Verb::Create,
            &json!({"description": "this is for test"}),
        ),
        of_database(
            "dli_database_create_full",
            Verb::Create,
            &json!({"description": "d", "enterprise_project_id": "0", "tags": {"env": "test"}}),
        ),
        Case {
            except: &[("query", "a hundred are asked for at once, not ten")],
            ..of_database("dli_database_list", Verb::Read, &json!({}))
        },
        Case {
            others: vec![("GET", "/databases", 200, nothing)],
            ..of_database("dli_database_delete", Verb::Delete, &json!({}))
        },
        of_table(
            "dli_table_create_dli",
            Verb::Create,
            &json!({
                "description": "",
                "columns": [
                    {"name": "column1", "type": "string", "description": "", "is_partition": false},
                    {"name": "dt", "type": "string", "description": null, "is_partition": true},
                ],
            }),
        ),
        of_table("dli_table_show_managed", Verb::Read, &json!({})),
        Case {
            others: Vec::new(),
            ..of_table("dli_table_delete", Verb::Delete, &json!({}))
        },
        of_table("dli_error", Verb::Read, &json!({"name": "zz"})),
    ]
}

#[tokio::test]
async fn drivers_send_what_the_sdk_sends() {
    for case in cases() {
        compare(&case).await;
    }
    all_are_compared(&["dli_"], &cases(), NOT_CALLED);
}

/// Answers of a service that is asked for a database and fails in its own ways.
fn answers(verb: Verb, others: Vec<super::Other>) -> Case {
    Case {
        capture: "dli_error",
        resource: "huaweicloud_dli_database",
        verb,
        input: database(&json!({"description": "d"})),
        others,
        except: &[],
    }
}

fn listed(databases: Json) -> super::Other {
    (
        "GET",
        "/databases",
        200,
        json!({"is_success": true, "databases": databases}),
    )
}

fn timed_out(method: &'static str, end: &'static str) -> super::Other {
    (
        method,
        end,
        408,
        json!({"error_code": "DLI.0999", "error_msg": "the job goes on"}),
    )
}

fn here(description: &str) -> Json {
    json!([{"database_name": "db1", "owner": "o", "description": description, "table_number": 3}])
}

#[tokio::test]
async fn a_job_that_outlives_its_request_is_waited_for() {
    let others = vec![
        timed_out("POST", "/databases"),
        listed(json!([])),
        listed(json!([])),
        listed(here("d")),
    ];
    let case = answers(Verb::Create, others);
    let (session, _) = super::session(&case);
    let outcome = super::run(&case, &session).await;
    assert!(outcome.starts_with("Ok("), "{outcome}");
    assert!(session.requests()["dli:ListDatabases"] >= 3, "{:?}", session.requests());
    let others = vec![
        timed_out("DELETE", "/db1"),
        listed(here("d")),
        listed(here("d")),
        listed(json!([])),
    ];
    let case = answers(Verb::Delete, others);
    let (session, _) = super::session(&case);
    let outcome = super::run(&case, &session).await;
    assert_eq!(outcome, "Ok(())");
    assert_eq!(session.requests()["dli:ListDatabases"], 3);
}

#[tokio::test]
async fn a_failure_with_status_200_is_a_failure() {
    let no = || {
        (
            "POST",
            "/databases",
            200,
            json!({"is_success": false, "message": "not today"}),
        )
    };
    for (databases, expected) in [
        (json!([]), "Rejected("),
        // Something of that name, as it was meant and otherwise.
        (here("d"), "Ok("),
        (here("e"), "Conflict("),
    ] {
        let case = answers(Verb::Create, vec![no(), listed(databases)]);
        let (session, _) = super::session(&case);
        let outcome = super::run(&case, &session).await;
        assert!(outcome.contains(expected), "{expected}: {outcome}");
        assert_eq!(outcome.contains("not today"), expected == "Rejected(", "{outcome}");
    }
    let no = (
        "DELETE",
        "/db1",
        200,
        json!({"is_success": false, "message": "not today"}),
    );
    let case = answers(Verb::Delete, vec![no, listed(here("d"))]);
    let (session, _) = super::session(&case);
    let outcome = super::run(&case, &session).await;
    assert!(
        outcome.contains("Conflict(") && outcome.contains("3 table(s)"),
        "{outcome}"
    );
}

fn db1() -> (&'static str, String, Json) {
    (
        "dli_database",
        format!("{PROJECT}/db1"),
        json!({
            "project": PROJECT, "name": "db1", "owner": "o", "enterprise_project_id": "0", "resource_id": "r",
            "created_ms": 0,
        }),
    )
}

fn tb1() -> (&'static str, String, Json) {
    (
        "dli_table",
        format!("{PROJECT}/db1/tb1"),
        json!({
            "project": PROJECT, "database": "db1", "name": "tb1", "data_location": "DLI", "owner": "o", "created_ms": 0,
            "columns": [{"column_name": "id", "type": "int"}],
        }),
    )
}

#[tokio::test]
async fn the_embedded_cloud_takes_what_the_sdk_sends() {
    for (name, objects) in [
        ("dli_database_create", vec![]),
        ("dli_database_create_full", vec![]),
        ("dli_database_list", vec![db1()]),
        ("dli_database_delete", vec![db1()]),
        ("dli_table_create_dli", vec![db1()]),
        ("dli_table_list", vec![db1(), tb1()]),
        ("dli_table_show_managed", vec![db1(), tb1()]),
        ("dli_table_delete", vec![db1(), tb1()]),
        ("dli_error", vec![db1(), tb1()]),
    ] {
        let capture = Capture::load(name);
        let sim = sim_for(&capture, lenient(), &objects).await;
        accepts(&sim, Service::Dli, &capture, &[]).await;
        assert_eq!(sim.requests().get("Unknown"), None, "{name}");
    }
    // The documentation has 202 for what goes on in the background; the SDK takes any success.
    let capture = Capture::load("dli_database_delete_async_cascade");
    let sim = sim_for(&capture, lenient(), &[db1(), tb1()]).await;
    let reply = replay(&sim, Service::Dli, &capture).await;
    assert_eq!(reply.status, 202);
    assert!(json_of(&reply)["job_id"].is_string());
    assert_eq!(sim.object("dli_table", &tb1().1), None, "its tables are gone too");
}

/// Sends a request of the demo key in its project; gives status and body.
async fn ask(sim: &Sim, method: &str, path: &str, query: &[(&str, &str)], body: Json) -> (u16, Json) {
    let project = headworks::sim::huaweicloud::project_id("cn-north-4");
    let mut request = Request {
        method: method.parse().unwrap(),
        scheme: "http".to_string(),
        authority: sim.endpoint(Service::Dli).trim_start_matches("http://").to_string(),
        path: format!("/v1.0/{project}/databases{path}"),
        query: query.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
        headers: Vec::new(),
        body: match body.is_null() {
            true => Vec::new(),
            false => body.to_string().into_bytes(),
        }
        .into(),
    };
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    headworks::wire::sign::huawei::sign(&mut request, &Sim::credentials(), &now);
    let reply = SystemCloud::new().send(request).await.unwrap();
    (reply.status, json_of(&reply))
}

#[tokio::test]
async fn databases_are_checked_and_not_deleted_with_tables_in_them() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    for name in ["", "1", "_a", "a-b", "a$b"] {
        let (status, body) = ask(&sim, "POST", "", &[], json!({"database_name": name})).await;
        assert_eq!((status, &body["error_code"]), (400, &json!("DLI.0001")), "{name}");
    }
    for (name, code) in [
        ("Db1", Json::Null),
        ("dB1", json!("DLI.0006")),
        ("default", json!("DLI.0006")),
    ] {
        let (_, body) = ask(&sim, "POST", "", &[], json!({"database_name": name})).await;
        assert_eq!(body["error_code"], code, "{name}");
    }
    let column = json!([{"column_name": "A", "type": "STRING"}]);
    let table = json!({"table_name": "T", "data_location": "DLI", "columns": column});
    let (_, body) = ask(&sim, "POST", "/DB1/tables", &[], table).await;
    assert_eq!(body["is_success"], json!(true), "{body}");
    let (_, body) = ask(&sim, "GET", "/db1/tables/t", &[], Json::Null).await;
    assert_eq!(
        (&body["table_type"], &body["columns"][0]["type"]),
        (&json!("MANAGED"), &json!("string"))
    );
    let (status, body) = ask(&sim, "DELETE", "/db1", &[("cascade", "false")], Json::Null).await;
    assert_eq!(status, 400, "{body}");
    let (_, body) = ask(&sim, "GET", "", &[("keyword", "DB")], Json::Null).await;
    assert_eq!(
        (&body["database_count"], &body["databases"][0]["table_number"]),
        (&json!(1), &json!(1))
    );
    let (status, _) = ask(&sim, "DELETE", "/db1", &[("cascade", "true")], Json::Null).await;
    assert_eq!(status, 200);
    let (_, body) = ask(&sim, "GET", "/db1/tables", &[], Json::Null).await;
    assert_eq!(body["error_code"], json!("DLI.0002"));
}

#[tokio::test]
async fn tables_are_checked() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let column = || json!([{"column_name": "a", "type": "string"}]);
    for (body, code) in [
        (
            json!({"table_name": "t", "data_location": "HDFS", "columns": column()}),
            json!("DLI.0001"),
        ),
        (json!({"table_name": "t", "data_location": "DLI"}), json!("DLI.0001")),
        (
            json!({"table_name": "t", "data_location": "DLI", "columns": [
                {"column_name": "a", "type": "string", "is_partition_column": true},
            ]}),
            json!("DLI.0001"),
        ),
        (
            json!({"table_name": "t", "data_location": "OBS", "columns": column()}),
            json!("DLI.0001"),
        ),
        (
            json!({"table_name": "t", "data_location": "OBS", "columns": column(), "data_type": "csv",
                   "data_path": "obs://bucket/"}),
            json!("DLI.0001"),
        ),
        (json!({"table_name": "t", "data_location": "VIEW"}), json!("DLI.0001")),
        (
            json!({"table_name": "t", "data_location": "OBS", "columns": column(), "data_type": "csv",
                   "data_path": "obs://bucket/dir", "delimiter": ";"}),
            Json::Null,
        ),
        (
            json!({"table_name": "T", "data_location": "DLI", "columns": column()}),
            json!("DLI.0006"),
        ),
    ] {
        let (_, reply) = ask(&sim, "POST", "/default/tables", &[], body.clone()).await;
        assert_eq!(reply["error_code"], code, "{body} {reply}");
    }
    let (_, reply) = ask(&sim, "POST", "/none/tables", &[], json!({"table_name": "t"})).await;
    assert_eq!(reply["error_code"], json!("DLI.0002"));
    let (_, reply) = ask(&sim, "GET", "/default/tables/t", &[], Json::Null).await;
    assert_eq!(
        (&reply["table_type"], &reply["data_location"]),
        (&json!("EXTERNAL"), &json!("obs://bucket/dir"))
    );
    let delimiter = reply["storage_properties"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["key"] == "delimiter");
    assert_eq!(delimiter, Some(&json!({"key": "delimiter", "value": ";"})));
}

#[tokio::test]
async fn lists_come_in_pages() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    for n in 0..5 {
        ask(&sim, "POST", "", &[], json!({"database_name": format!("db{n}")})).await;
        let column = json!([{"column_name": "a", "type": "string"}]);
        let table = json!({"table_name": format!("t{n}"), "data_location": "DLI", "columns": column});
        ask(&sim, "POST", "/default/tables", &[], table).await;
    }
    let names = |body: &Json, list: &str, name: &str| -> Vec<String> {
        let found = body[list].as_array().unwrap().clone();
        found.iter().map(|d| d[name].as_str().unwrap().to_string()).collect()
    };
    let page = [("keyword", "db"), ("offset", "2"), ("limit", "2")];
    let (_, body) = ask(&sim, "GET", "", &page, Json::Null).await;
    assert_eq!(body["database_count"], json!(5));
    assert_eq!(names(&body, "databases", "database_name"), ["db2", "db3"]);
    let page = [("page-size", "2"), ("current-page", "3")];
    let (_, body) = ask(&sim, "GET", "/default/tables", &page, Json::Null).await;
    assert_eq!(body["table_count"], json!(5));
    assert_eq!(names(&body, "tables", "table_name"), ["t4"]);
}

#[tokio::test]
async fn a_list_without_an_end_is_an_error() {
    let others: Vec<Json> = (0..100)
        .map(|n| json!({"database_name": format!("other{n}")}))
        .collect();
    let case = Case {
        capture: "dli_database_create",
        resource: "huaweicloud_dli_database",
        verb: Verb::Read,
        input: database(&json!({})),
        others: vec![(
            "GET",
            "/databases",
            200,
            json!({"is_success": true, "databases": others}),
        )],
        except: &[],
    };
    let (session, cloud) = super::session(&case);
    let outcome = super::run(&case, &session).await;
    assert!(outcome.contains("has no end"), "{outcome}");
    assert_eq!(cloud.sent.lock().unwrap().len(), 100);
}
