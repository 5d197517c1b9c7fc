//! How the services of the embedded cloud behave: phases over time, documented errors, ownership.
#![allow(clippy::unwrap_used)]

use crate::sim_client::*;
use headworks::sim::{Sim, SimOptions};
use headworks::wire::codec::ots as wire;
use http::Method;
use serde_json::json;

const INIT: i32 = 0;
const FULL: i32 = 1;
const INCR: i32 = 2;
const SLR_KEY: &str = "1234567890123456/aliyunserviceroleforotsdatadelivery";

#[tokio::test]
async fn tasks_pass_through_their_phases_on_the_world_clock() {
    let sim = stepped(SimOptions::default()).await;
    ground(&sim).await;
    for (name, kind) in [("base", 0), ("inc", 1), ("base-inc", 2)] {
        assert_eq!(ots(&sim, "CreateDeliveryTask", &task(name, kind)).await.0, 200);
    }
    let phases = async |names: [&str; 3]| {
        let mut all = Vec::new();
        for name in names {
            all.push(progress(&sim, name).await.0);
        }
        all
    };
    let names = ["base", "inc", "base-inc"];
    assert_eq!(phases(names).await, [INIT, INIT, INIT]);
    sim.advance_ms(300).unwrap();
    assert_eq!(phases(names).await, [FULL, INCR, FULL]);
    sim.advance_ms(300).unwrap();
    assert_eq!(phases(names).await, [INCR, INCR, INCR]);
    sim.advance_ms(1000).unwrap();
    // A BASE task ends with the rows there were; the others follow the clock, in nanoseconds.
    assert_eq!(progress(&sim, "base").await, (INCR, 0, (START_MS + 600) * 1_000_000));
    assert_eq!(progress(&sim, "inc").await, (INCR, 0, (START_MS + 1600) * 1_000_000));
    sim.stop().await;
}

#[tokio::test]
async fn a_task_is_unhealthy_without_role_or_bucket_and_recovers() {
    let sim = stepped(SimOptions::default()).await;
    ground(&sim).await;
    assert_eq!(ots(&sim, "CreateDeliveryTask", &task("abc", 2)).await.0, 200);
    sim.advance_ms(1000).unwrap();
    assert_eq!(progress(&sim, "abc").await.1, 0);

    let role = sim.object("ram_role", SLR_KEY).unwrap();
    let document = json!({"assume_role_policy_document": "{}"});
    sim.patch_object("ram_role", SLR_KEY, &document).unwrap();
    assert_eq!(
        progress(&sim, "abc").await.1,
        1,
        "a role that does not trust the service"
    );
    assert!(sim.delete_object("ram_role", SLR_KEY).unwrap());
    assert_eq!(progress(&sim, "abc").await.1, 1, "no role");
    sim.put_object("ram_role", SLR_KEY, role).unwrap();
    assert_eq!(progress(&sim, "abc").await.1, 0);

    let placed = |region: &str| json!({"region": region});
    sim.patch_object("ots_instance", "inst", &placed("cn-beijing")).unwrap();
    assert_eq!(progress(&sim, "abc").await.1, 2, "an instance in another region");
    sim.patch_object("ots_instance", "inst", &placed("cn-hangzhou"))
        .unwrap();
    assert_eq!(progress(&sim, "abc").await.1, 0);
    let away = placed("cn-beijing");
    sim.patch_object("oss_bucket", "bucket-1", &away).unwrap();
    assert_eq!(progress(&sim, "abc").await.1, 2, "a bucket in another region");
    assert!(sim.delete_object("oss_bucket", "bucket-1").unwrap());
    assert_eq!(progress(&sim, "abc").await.1, 2, "no bucket");
    assert_eq!(oss(&sim, Method::PUT, "bucket-1", "", "").await.0, 200);
    // Everything is written again into a bucket that is made again.
    assert_eq!(progress(&sim, "abc").await, (INIT, 0, (START_MS + 1000) * 1_000_000));
    sim.advance_ms(600).unwrap();
    assert_eq!(progress(&sim, "abc").await.0, INCR);
    sim.stop().await;
}

#[tokio::test]
async fn errors_of_delivery_operations() {
    let sim = stepped(SimOptions::default()).await;
    ground(&sim).await;
    let missing = (404, "OTSObjectNotExist".to_string());
    assert_eq!(ots(&sim, "DeleteDeliveryTask", &delete_task("abc")).await, missing);
    let mut elsewhere = task("abc", 2);
    elsewhere.table_name = Some("other".to_string());
    assert_eq!(ots(&sim, "CreateDeliveryTask", &elsewhere).await, missing);
    assert_eq!(ots(&sim, "CreateDeliveryTask", &task("abc", 2)).await.0, 200);
    assert_eq!(
        ots(&sim, "CreateDeliveryTask", &task("abc", 0)).await,
        (409, "OTSObjectAlreadyExist".to_string())
    );
    assert_eq!(
        ots(&sim, "DeleteDeliveryTask", &delete_task("abc")).await,
        (409, "OTSRowOperationConflict".to_string())
    );
    let update = wire::UpdateDeliveryTaskRequest::default();
    assert_eq!(
        ots(&sim, "UpdateDeliveryTask", &update).await,
        (400, "OTSParameterInvalid".to_string())
    );
    sim.advance_ms(300).unwrap();
    assert_eq!(ots(&sim, "DeleteDeliveryTask", &delete_task("abc")).await.0, 200);
    assert_eq!(ots(&sim, "DeleteDeliveryTask", &delete_task("abc")).await, missing);
    sim.stop().await;
}

#[tokio::test]
async fn invalid_tasks_are_refused_and_leave_nothing() {
    let sim = stepped(SimOptions::default()).await;
    ground(&sim).await;
    let before = sim.world().inventory();
    let text = |t: &str| Some(t.to_string());
    type Spoil<'a> = Box<dyn Fn(&mut wire::CreateDeliveryTaskRequest) + 'a>;
    let config =
        |f: fn(&mut wire::OssTaskConfig)| -> Spoil<'_> { Box::new(move |r| f(r.task_config.as_mut().unwrap())) };
    let cases: Vec<(&str, Spoil<'_>)> = vec![
        ("short name", Box::new(|r| r.task_name = text("ab"))),
        ("long name", Box::new(|r| r.task_name = text("sampledeliverytask"))),
        ("upper case", Box::new(|r| r.task_name = text("Task"))),
        ("no name", Box::new(|r| r.task_name = None)),
        ("type", Box::new(|r| r.task_type = Some(7))),
        ("no settings", Box::new(|r| r.task_config = None)),
        ("prefix", config(|c| c.oss_prefix = Some("$DD".to_string()))),
        ("no prefix", config(|c| c.oss_prefix = None)),
        ("no bucket", config(|c| c.oss_bucket = Some(String::new()))),
        ("no endpoint", config(|c| c.oss_endpoint = None)),
        ("no role", config(|c| c.oss_sts_role = None)),
        ("role", config(|c| c.oss_sts_role = Some("me".to_string()))),
        ("format", config(|c| c.format = Some(1))),
        ("no columns", config(|c| c.schema.clear())),
        ("column type", config(|c| c.schema[0].r#type = Some(99))),
        ("encoding", config(|c| c.schema[0].encode = Some(5))),
        ("double column", config(|c| c.schema.push(c.schema[0].clone()))),
        (
            "time format",
            config(|c| {
                c.event_time_column = Some(wire::EventColumn {
                    column_name: Some("pk".to_string()),
                    time_format: Some(0),
                });
            }),
        ),
    ];
    for (what, spoil) in cases {
        let mut request = task("abc", 2);
        spoil(&mut request);
        let (status, code) = ots(&sim, "CreateDeliveryTask", &request).await;
        assert_eq!((status, code.as_str()), (400, "OTSParameterInvalid"), "{what}");
    }
    assert_eq!(sim.world().inventory(), before);
    sim.stop().await;
}

#[tokio::test]
async fn invalid_tables_are_refused_and_leave_nothing() {
    let sim = stepped(SimOptions::default()).await;
    type SpoilTable = fn(&mut wire::CreateTableRequest);
    let cases: Vec<(&str, SpoilTable)> = vec![
        ("name", |r| {
            r.table_meta.as_mut().unwrap().table_name = Some("1t".to_string())
        }),
        ("no key", |r| r.table_meta.as_mut().unwrap().primary_key.clear()),
        ("no meta", |r| r.table_meta = None),
        ("no throughput", |r| r.reserved_throughput = None),
        ("time to live", |r| {
            r.table_options.as_mut().unwrap().time_to_live = Some(0)
        }),
        ("versions", |r| r.table_options.as_mut().unwrap().max_versions = Some(0)),
        ("five keys", |r| {
            let meta = r.table_meta.as_mut().unwrap();
            for n in 0..4 {
                let mut column = meta.primary_key[0].clone();
                column.name = Some(format!("k{n}"));
                meta.primary_key.push(column);
            }
        }),
        ("33 columns", |r| {
            r.table_meta.as_mut().unwrap().defined_column = (0..33)
                .map(|n| wire::DefinedColumnSchema {
                    name: Some(format!("c{n}")),
                    r#type: Some(1),
                })
                .collect();
        }),
    ];
    for (what, spoil) in cases {
        let mut request = table("u");
        spoil(&mut request);
        let (status, code) = ots(&sim, "CreateTable", &request).await;
        assert_eq!((status, code.as_str()), (400, "OTSParameterInvalid"), "{what}");
    }
    assert_eq!(sim.world().inventory(), "");
    sim.stop().await;
}

#[tokio::test]
async fn deleting_everything_leaves_an_empty_world() {
    let sim = stepped(SimOptions::default()).await;
    ground(&sim).await;
    assert_eq!(ots(&sim, "CreateDeliveryTask", &task("abc", 2)).await.0, 200);
    assert_eq!(
        sim.world().inventory(),
        "oss_bucket bucket-1\n\
         ots_delivery_task inst/t/abc\n\
         ots_instance inst\n\
         ots_table inst/t\n\
         ram_role 1234567890123456/aliyunserviceroleforotsdatadelivery\n"
    );
    let name = [("RoleName", "AliyunServiceRoleForOTSDataDelivery")];
    let status = async |sim: &Sim, task: &str| {
        let asked = [("DeletionTaskId", task)];
        let (code, json) = rpc(sim, "2020-03-31", "GetServiceLinkedRoleDeletionStatus", &asked).await;
        assert_eq!(code, 200);
        json
    };

    // The role is in use: its deletion begins, and fails.
    let (_, json) = rpc(&sim, "2020-03-31", "DeleteServiceLinkedRole", &name).await;
    let first = json["DeletionTaskId"].as_str().unwrap().to_string();
    assert_eq!(status(&sim, &first).await["Status"], "IN_PROGRESS");
    sim.advance_ms(300).unwrap();
    let failed = status(&sim, &first).await;
    assert_eq!(failed["Status"], "FAILED");
    let used = &failed["Reason"]["RoleUsages"]["RoleUsage"][0]["Resources"]["Resource"];
    assert_eq!(*used, json!(["inst/t/abc"]));

    // The table takes its tasks along, then the role goes, then the bucket.
    let gone = wire::DeleteTableRequest {
        table_name: Some("t".to_string()),
    };
    assert_eq!(ots(&sim, "DeleteTable", &gone).await.0, 200);
    let (_, json) = rpc(&sim, "2020-03-31", "DeleteServiceLinkedRole", &name).await;
    let second = json["DeletionTaskId"].as_str().unwrap().to_string();
    sim.advance_ms(300).unwrap();
    assert_eq!(status(&sim, &second).await["Status"], "SUCCEEDED");
    assert_eq!(oss(&sim, Method::DELETE, "bucket-1", "", "").await.0, 204);
    assert_eq!(sim.world().inventory(), "");
    sim.stop().await;
}

#[tokio::test]
async fn buckets_refuse_what_the_reference_says() {
    let sim = stepped(SimOptions::default()).await;
    let code = |body: &str| -> String {
        let after = body.split("<Code>").nth(1).unwrap_or_default();
        after.split('<').next().unwrap_or_default().to_string()
    };
    let class =
        |c: &str| format!("<CreateBucketConfiguration><StorageClass>{c}</StorageClass></CreateBucketConfiguration>");
    for (bucket, body, status, want) in [
        ("UPPER", "", 400, "InvalidBucketName"),
        ("bucket-1", "<nonsense", 400, "MalformedXML"),
        ("bucket-1", class("Gold").as_str(), 400, "InvalidArgument"),
        ("bucket-1", class("IA").as_str(), 200, ""),
        ("bucket-1", class("IA").as_str(), 200, ""),
        ("bucket-1", "", 200, ""),
        ("bucket-1", class("Standard").as_str(), 409, "BucketAlreadyExists"),
    ] {
        let (got, text) = oss(&sim, Method::PUT, bucket, "", body).await;
        assert_eq!((got, code(&text).as_str()), (status, want), "{bucket} {body}");
    }
    let object = json!({"bucket": "bucket-1", "name": "a/b", "size": 3, "etag": "E", "modified_ms": 0});
    sim.put_object("oss_object", "bucket-1/a/b", object).unwrap();
    for (method, bucket, query, status, want) in [
        (Method::DELETE, "bucket-1", "", 409, "BucketNotEmpty"),
        (Method::GET, "bucket-1", "lifecycle", 404, "NoSuchLifecycle"),
        (
            Method::GET,
            "bucket-1",
            "encryption",
            404,
            "NoSuchServerSideEncryptionRule",
        ),
        (Method::GET, "bucket-1", "website", 400, "NotImplemented"),
        (Method::GET, "nothing", "bucketInfo", 404, "NoSuchBucket"),
        (Method::DELETE, "nothing", "", 404, "NoSuchBucket"),
    ] {
        let (got, text) = oss(&sim, method.clone(), bucket, query, "").await;
        assert_eq!((got, code(&text).as_str()), (status, want), "{method} {bucket}?{query}");
    }
    sim.patch_object("oss_bucket", "bucket-1", &json!({"region": "cn-beijing"}))
        .unwrap();
    let (status, text) = oss(&sim, Method::GET, "bucket-1", "bucketInfo", "").await;
    assert_eq!((status, code(&text).as_str()), (403, "AccessDenied"), "another region");
    sim.patch_object(
        "oss_bucket",
        "bucket-1",
        &json!({"region": "cn-hangzhou", "account": "9"}),
    )
    .unwrap();
    let (status, text) = oss(&sim, Method::GET, "bucket-1", "bucketInfo", "").await;
    assert_eq!((status, code(&text).as_str()), (403, "AccessDenied"), "another owner");
    let (status, text) = oss(&sim, Method::PUT, "bucket-1", "", "").await;
    assert_eq!((status, code(&text).as_str()), (409, "BucketAlreadyExists"));
    sim.stop().await;
}

#[tokio::test]
async fn roles_and_caller_identity() {
    let sim = stepped(SimOptions::default()).await;
    let document =
        r#"{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":["a.b"]}}],"Version":"1"}"#;
    let long = "r".repeat(65);
    let call = async |action: &str, params: &[(&str, &str)]| {
        let (status, json) = rpc(&sim, "2015-05-01", action, params).await;
        (status, json["Code"].as_str().unwrap_or_default().to_string())
    };
    let policy = [("PolicyType", "System"), ("PolicyName", "P"), ("RoleName", "My-Role")];
    for (action, params, status, code) in [
        (
            "CreateRole",
            vec![("RoleName", "r")],
            400,
            "MissingAssumeRolePolicyDocument",
        ),
        (
            "CreateRole",
            vec![("RoleName", long.as_str()), ("AssumeRolePolicyDocument", document)],
            400,
            "InvalidParameter.RoleName.Length",
        ),
        (
            "CreateRole",
            vec![("RoleName", "a/b"), ("AssumeRolePolicyDocument", document)],
            400,
            "InvalidParameter.RoleName.InvalidChars",
        ),
        (
            "CreateRole",
            vec![("RoleName", "r"), ("AssumeRolePolicyDocument", "{}")],
            400,
            "MalformedPolicyDocument",
        ),
        (
            "CreateRole",
            vec![("RoleName", "My-Role"), ("AssumeRolePolicyDocument", document)],
            200,
            "",
        ),
        (
            "CreateRole",
            vec![("RoleName", "My-Role"), ("AssumeRolePolicyDocument", document)],
            409,
            "EntityAlreadyExists.Role",
        ),
        ("AttachPolicyToRole", policy.to_vec(), 200, ""),
        (
            "DeleteRole",
            vec![("RoleName", "My-Role")],
            409,
            "DeleteConflict.Role.Policy",
        ),
        ("DetachPolicyFromRole", policy.to_vec(), 200, ""),
        (
            "DetachPolicyFromRole",
            policy.to_vec(),
            404,
            "EntityNotExist.Role.Policy",
        ),
        ("DeleteRole", vec![("RoleName", "My-Role")], 200, ""),
        ("GetRole", vec![("RoleName", "My-Role")], 404, "EntityNotExist.Role"),
        ("DropRole", vec![], 404, "InvalidAction.NotFound"),
    ] {
        let got = call(action, &params).await;
        assert_eq!((got.0, got.1.as_str()), (status, code), "{action} {params:?}");
    }
    let (status, json) = rpc(&sim, "2015-04-01", "GetCallerIdentity", &[]).await;
    assert_eq!(status, 200);
    assert_eq!(json["AccountId"], "1234567890123456");
    assert_eq!(json["Arn"], "acs:ram::1234567890123456:root");
    sim.stop().await;
}
