//! Our drivers against the official SDKs: for the same input, key and clock a driver's request equals the request that
//! was captured from the SDK, in method, path, query, signed headers and body. Every difference is listed with its
//! reason, and every capture is either compared or listed as not called.

mod dataworks;

use dataworks::dataworks_cases;
use futures_util::FutureExt;
use headworks::base::json::{implied, to_json};
use headworks::base::{Known, Secret};
use headworks::driver::{BoxFuture, Cloud, Driver, ProviderConfig, Session};
use headworks::drivers::alicloud::{catalogue, data_catalogue};
use headworks::wire::sign::percent::parse_query;
use headworks::wire::{Credentials, Request, Response, TransportError};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One captured exchange.
struct Capture {
    name: String,
    json: Json,
}

impl Capture {
    fn load(name: &str) -> Capture {
        let path = directory().join(format!("{name}.json"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Capture {
            name: name.to_string(),
            json: serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}")),
        }
    }

    fn text(&self, field: &str) -> &str {
        self.json[field].as_str().unwrap_or_default()
    }

    fn headers(map: &Json) -> BTreeMap<String, String> {
        let pairs = map.as_object().into_iter().flatten();
        pairs
            .map(|(k, v)| (k.to_lowercase(), v.as_str().unwrap_or_default().to_string()))
            .collect()
    }

    fn header(&self, name: &str) -> Option<String> {
        Capture::headers(&self.json["headers"]).get(name).cloned()
    }

    fn bytes(json: &Json) -> Vec<u8> {
        use base64::Engine as _;
        let text = json.as_str().unwrap_or_default();
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .expect("a capture's body is base64")
    }

    fn response(&self) -> Response {
        let response = &self.json["response"];
        Response {
            status: u16::try_from(response["status"].as_u64().unwrap_or(0)).expect("a status is small"),
            headers: Capture::headers(&response["headers"]).into_iter().collect(),
            body: Capture::bytes(&response["body_base64"]).into(),
        }
    }

    /// The clock that the SDK read.
    fn now(&self) -> Timestamp {
        let header = |name| self.header(name);
        if let Some(date) = header("x-ots-date").or_else(|| header("x-acs-date")) {
            return date.parse().expect("a capture has a date");
        }
        let compact = header("x-oss-date").expect("a capture has a date");
        let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", &compact).expect("a V4 date");
        civil
            .to_zoned(jiff::tz::TimeZone::UTC)
            .expect("a date in range")
            .timestamp()
    }

    fn nonce(&self) -> u128 {
        let nonce = self.header("x-acs-signature-nonce").unwrap_or_default();
        u128::from_str_radix(&nonce, 16).unwrap_or(7)
    }

    fn operation(&self) -> String {
        let query = parse_query(self.text("query"));
        operation(
            self.text("method"),
            self.text("path"),
            &query,
            self.header("x-acs-action"),
        )
    }
}

/// Names the operation of a request, ours or captured, however the service spells it.
fn operation(method: &str, path: &str, query: &[(String, String)], action: Option<String>) -> String {
    const SUB_RESOURCES: [&str; 6] = ["bucketInfo", "acl", "versioning", "encryption", "lifecycle", "tagging"];
    let sub_resource = query
        .iter()
        .map(|(k, _)| k.as_str())
        .find(|k| SUB_RESOURCES.contains(k));
    match action {
        Some(action) => action,
        None if method == "POST" => path.to_string(),
        None => format!("{method} {}", sub_resource.unwrap_or("bucket")),
    }
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/captures/alibaba")
}

/// Answers the captured operation as it was answered, others from `others`, the rest with "there is none".
struct Replay {
    capture: Capture,
    others: Vec<Capture>,
    slept: Mutex<Duration>,
    sent: Mutex<Vec<Request>>,
}

impl Cloud for Replay {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let asked = operation(
            request.method.as_str(),
            &request.path,
            &request.query,
            request.header("x-acs-action").map(str::to_string),
        );
        self.sent.lock().expect("no panic while held").push(request);
        let known = self
            .others
            .iter()
            .chain([&self.capture])
            .find(|c| c.operation() == asked);
        let response = known.map_or_else(|| nothing(&asked), Capture::response);
        async move { Ok(response) }.boxed()
    }

    fn now(&self) -> Timestamp {
        self.capture.now() + *self.slept.lock().expect("no panic while held")
    }

    fn sleep(&self, pause: Duration) -> BoxFuture<'_, ()> {
        // The session also sleeps beside every request to bound it; only a sleep that is awaited passes time.
        async move {
            *self.slept.lock().expect("no panic while held") += pause;
        }
        .boxed()
    }

    fn random(&self) -> u128 {
        self.capture.nonce()
    }
}

fn nothing(operation: &str) -> Response {
    let (body, content_type) = match operation.split_once(' ') {
        Some(_) => (&b"<Error><Code>NoSuchBucket</Code></Error>"[..], "application/xml"),
        None if operation.starts_with('/') => (&b"\x0a\x11OTSObjectNotExist"[..], "protocol buffer"),
        None => (&br#"{"Code":"EntityNotExist.Role"}"#[..], "application/json"),
    };
    Response {
        status: 404,
        headers: vec![("content-type".to_string(), content_type.to_string())],
        body: body.to_vec().into(),
    }
}

#[derive(Clone, Copy, Debug)]
enum Verb {
    Read,
    Create,
    /// From the first object to the second.
    Update,
    Delete,
    /// A data source.
    Data,
}

/// What one capture is compared with.
struct Case {
    capture: &'static str,
    resource: &'static str,
    verb: Verb,
    /// The object, for an update the pair `[prior, planned]`.
    input: Json,
    /// Captures that answer other operations.
    others: &'static [&'static str],
    /// What differs, with the reason.
    except: &'static [(&'static str, &'static str)],
}

const GO_DATE: &[(&str, &str)] = &[
    (
        "x-ots-date",
        "the Go SDK writes month, day and hour in place of the fraction",
    ),
    ("x-ots-signature", "covers x-ots-date"),
];
const JAVA_TRACE: &[(&str, &str)] = &[
    ("x-ots-sdk-traceid", "a trace of the Java SDK alone"),
    ("x-ots-trace-threshold", "a trace of the Java SDK alone"),
    ("x-ots-signature", "covers the trace headers"),
];
const XML_HEADERS: &[(&str, &str)] = &[
    (
        "content-md5",
        "we also send the MD5 of the body, as alibabacloud-oss-v2 does",
    ),
    (
        "content-type",
        "we also name the type of the body, as alibabacloud-oss-v2 does",
    ),
    ("authorization", "covers content-md5 and content-type"),
];
const TEA_HEADERS: &[(&str, &str)] = &[
    ("x-acs-credentials-provider", "says how the SDK found its credentials"),
    (
        "authorization",
        "the SDK also signs accept and user-agent; the documented rule is host, content-type and x-acs-*",
    ),
];

const DELETION_STATUS: &[(&str, &str)] = &[
    ("query", "the id of the deletion is the one of the reply before"),
    TEA_HEADERS[0],
    TEA_HEADERS[1],
];

fn task(name: &str) -> Json {
    json!({"instance_name": "sampleinst", "table_name": "sampleTable", "task_name": name})
}

/// The arguments that a captured CreateDeliveryTask was called with.
fn task_of(capture: &str, more: Json) -> Json {
    let capture = Capture::load(capture);
    let fields = &capture.json["body_decoded"]["fields"];
    let config = &fields["taskConfig"];
    let columns = config["schema"].as_array().cloned().unwrap_or_default();
    let columns: Vec<Json> = columns
        .iter()
        .map(|c| {
            json!({"column_name": c["columnName"], "oss_column_name": c["ossColumnName"], "type": c["type"],
                   "encode": c["encode"], "type_extend": c["typeExtend"]})
        })
        .collect();
    let event = &config["eventTimeColumn"];
    let event = match event.is_null() {
        true => Json::Null,
        false => json!({"column_name": event["columnName"], "time_format": event["timeFormat"]}),
    };
    let mut input = json!({
        "instance_name": capture.header("x-ots-instancename"),
        "table_name": fields["tableName"], "task_name": fields["taskName"], "task_type": fields["taskType"],
        "oss_prefix": config["ossPrefix"], "oss_bucket": config["ossBucket"], "oss_endpoint": config["ossEndpoint"],
        "oss_sts_role": config["ossStsRole"], "format": config["format"], "schema": columns,
        "event_time_column": event,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        input[name] = value.clone();
    }
    input
}

fn table() -> Json {
    json!({"instance_name": "sampleinst", "table_name": "sampleTable"})
}

fn full_table(more: Json) -> Json {
    let mut table = json!({
        "instance_name": "sampleinst", "table_name": "sampleTable", "time_to_live": -1, "max_version": 1,
        "primary_key": [{"name": "PK1", "type": "Integer"}, {"name": "PK2", "type": "String"}],
        "defined_column": [{"name": "Col1", "type": "Double"}],
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        table[name] = value.clone();
    }
    table
}

fn bucket(more: Json) -> Json {
    let mut bucket = json!({"bucket": "datadeliverytest"});
    for (name, value) in more.as_object().into_iter().flatten() {
        bucket[name] = value.clone();
    }
    bucket
}

const TASK: &str = "alicloud_ots_delivery_task";
const TABLE: &str = "alicloud_ots_table";
const BUCKET: &str = "alicloud_oss_bucket";
const ROLE: &str = "alicloud_ram_role";
const LINKED: &str = "alicloud_resource_manager_service_linked_role";

fn case(
    capture: &'static str,
    resource: &'static str,
    verb: Verb,
    input: Json,
    except: &'static [(&'static str, &'static str)],
) -> Case {
    Case {
        capture,
        resource,
        verb,
        input,
        others: &[],
        except,
    }
}

fn tablestore_cases() -> Vec<Case> {
    use Verb::{Create, Delete, Read, Update};
    let name = |capture: &str| Capture::load(capture).json["body_decoded"]["fields"]["taskName"].clone();
    let named = |capture: &str| task(name(capture).as_str().unwrap_or_default());
    let create = |c| case(c, TASK, Create, task_of(c, json!({})), GO_DATE);
    let all_options = json!({"deviation_cell_version_in_sec": "86400", "allow_update": true});
    let wider = full_table(json!({"time_to_live": 86400, "max_version": 2}));
    vec![
        create("ots_go_CreateDeliveryTask"),
        create("ots_go_CreateDeliveryTask_emptyconfig"),
        create("ots_go_CreateDeliveryTask_nodefault_type"),
        Case {
            except: JAVA_TRACE,
            ..create("ots_java_CreateDeliveryTask")
        },
        case(
            "ots_go_DescribeDeliveryTask",
            TASK,
            Read,
            named("ots_go_DescribeDeliveryTask"),
            GO_DATE,
        ),
        case(
            "ots_java_DescribeDeliveryTask",
            TASK,
            Read,
            named("ots_java_DescribeDeliveryTask"),
            JAVA_TRACE,
        ),
        case(
            "ots_go_DeleteDeliveryTask",
            TASK,
            Delete,
            named("ots_go_DeleteDeliveryTask"),
            GO_DATE,
        ),
        case(
            "ots_java_DeleteDeliveryTask",
            TASK,
            Delete,
            named("ots_java_DeleteDeliveryTask"),
            JAVA_TRACE,
        ),
        // A task that can't be described is looked for in the list.
        case("ots_go_ListDeliveryTask", TASK, Read, task("gone"), GO_DATE),
        case("ots_go_ListDeliveryTask_sts", TASK, Read, task("gone"), GO_DATE),
        case("ots_java_ListDeliveryTask", TASK, Read, task("gone"), JAVA_TRACE),
        case("ots_go_CreateTable", TABLE, Create, full_table(json!({})), GO_DATE),
        case("ots_node_CreateTable", TABLE, Create, full_table(json!({})), &[]),
        case("ots_py_CreateTable", TABLE, Create, full_table(all_options), &[]),
        case("ots_go_DescribeTable", TABLE, Read, table(), GO_DATE),
        case("ots_node_DescribeTable", TABLE, Read, table(), &[]),
        case("ots_py_DescribeTable", TABLE, Read, table(), &[]),
        case(
            "ots_py_DescribeTable_err404",
            TABLE,
            Read,
            json!({"instance_name": "sampleinst", "table_name": "nope"}),
            &[],
        ),
        case(
            "ots_py_DescribeTable_err403",
            TABLE,
            Read,
            json!({"instance_name": "sampleinst", "table_name": "nope"}),
            &[],
        ),
        case("ots_go_DeleteTable", TABLE, Delete, table(), GO_DATE),
        case("ots_node_DeleteTable", TABLE, Delete, table(), &[]),
        case("ots_py_DeleteTable", TABLE, Delete, table(), &[]),
        case(
            "ots_go_UpdateTable",
            TABLE,
            Update,
            json!([full_table(json!({})), wider.clone()]),
            GO_DATE,
        ),
        case(
            "ots_py_UpdateTable",
            TABLE,
            Update,
            json!([full_table(json!({})), wider]),
            &[
                (
                    "body",
                    "the Python SDK repeats the reserved throughput; we send only what changes",
                ),
                ("x-ots-contentmd5", "the MD5 of the body"),
                ("x-ots-signature", "covers x-ots-contentmd5"),
            ],
        ),
    ]
}

fn oss_cases() -> Vec<Case> {
    use Verb::{Create, Delete, Read, Update};
    let change = |capture, from: Json, to: Json, except| {
        case(capture, BUCKET, Update, json!([bucket(from), bucket(to)]), except)
    };
    let classes = json!({"acl": "private", "storage_class": "Standard", "redundancy_type": "ZRS"});
    let rules = json!([{"id": "r1", "prefix": "sample/", "enabled": true, "expiration": [{"days": 30}]}]);
    let md5_only: &[(&str, &str)] = &[
        (
            "content-type",
            "we also name the type of the body, as alibabacloud-oss-v2 does",
        ),
        ("authorization", "covers content-type"),
    ];
    vec![
        case("oss_oss2_v4_PutBucket", BUCKET, Create, bucket(json!({})), &[]),
        case("oss_oss2_v4_PutBucket_err409", BUCKET, Create, bucket(json!({})), &[]),
        case(
            "oss_oss2_v4_virtualhost_PutBucket",
            BUCKET,
            Create,
            bucket(classes.clone()),
            XML_HEADERS,
        ),
        case(
            "oss_oss2_v4_PutBucket_acl_config",
            BUCKET,
            Create,
            bucket(classes),
            XML_HEADERS,
        ),
        case("oss_oss2_v4_GetBucketInfo", BUCKET, Read, bucket(json!({})), &[]),
        case("oss_oss2_v4_GetBucketInfo_err404", BUCKET, Read, bucket(json!({})), &[]),
        case("oss_oss2_v4_sts_GetBucketInfo", BUCKET, Read, bucket(json!({})), &[]),
        case(
            "oss_oss2_v4_virtualhost_GetBucketInfo",
            BUCKET,
            Read,
            bucket(json!({})),
            &[],
        ),
        Case {
            others: &["oss_oss2_v4_GetBucketInfo"],
            ..case("oss_oss2_v4_GetBucketTagging", BUCKET, Read, bucket(json!({})), &[])
        },
        Case {
            others: &["oss_oss2_v4_GetBucketInfo"],
            ..case("oss_oss2_v4_GetBucketLifecycle", BUCKET, Read, bucket(json!({})), &[])
        },
        change(
            "oss_oss2_v4_PutBucketAcl",
            json!({"acl": "public-read"}),
            json!({"acl": "private"}),
            &[],
        ),
        change(
            "oss_oss2_v4_PutBucketVersioning",
            json!({}),
            json!({"versioning": {"status": "Enabled"}}),
            md5_only,
        ),
        change(
            "oss_oss2_v4_PutBucketEncryption",
            json!({}),
            json!({"server_side_encryption_rule": {"sse_algorithm": "AES256"}}),
            XML_HEADERS,
        ),
        change(
            "oss_oss2_v4_PutBucketLifecycle",
            json!({}),
            json!({"lifecycle_rule": rules}),
            XML_HEADERS,
        ),
        change(
            "oss_oss2_v4_PutBucketTagging",
            json!({}),
            json!({"tags": {"env": "te st"}}),
            XML_HEADERS,
        ),
        change(
            "oss_oss2_v4_DeleteBucketTagging",
            json!({"tags": {"env": "x"}}),
            json!({}),
            &[],
        ),
        case("oss_oss2_v4_DeleteBucket", BUCKET, Delete, bucket(json!({})), &[]),
        case(
            "oss_oss2_v4_DeleteBucket_err409",
            BUCKET,
            Delete,
            bucket(json!({})),
            &[],
        ),
    ]
}

fn rpc_cases() -> Vec<Case> {
    use Verb::{Create, Delete, Read, Update};
    let parameter = |capture: &str, name: &str| Capture::load(capture).json["query_params"][name].clone();
    let role = json!({"role_name": "my-role"});
    let forced = json!({"role_name": "my-role", "force": true});
    let linked = json!({
        "service_name": "datadelivery.ots.aliyuncs.com", "role_name": "AliyunServiceRoleForOTSDataDelivery",
    });
    let status = "rs_GetServiceLinkedRoleDeletionStatus";
    vec![
        case(
            "ram_CreateRole",
            ROLE,
            Create,
            json!({
                "role_name": "my-role", "description": parameter("ram_CreateRole", "Description"),
                "assume_role_policy_document": parameter("ram_CreateRole", "AssumeRolePolicyDocument"),
            }),
            TEA_HEADERS,
        ),
        case(
            "ram_UpdateRole",
            ROLE,
            Update,
            json!([
                {"role_name": "my-role", "max_session_duration": 3600, "assume_role_policy_document": "{}"},
                {"role_name": "my-role", "max_session_duration": 7200,
                 "assume_role_policy_document": parameter("ram_UpdateRole", "NewAssumeRolePolicyDocument")},
            ]),
            TEA_HEADERS,
        ),
        case(
            "ram_GetRole",
            ROLE,
            Read,
            json!({"role_name": "AliyunServiceRoleForOTSDataDelivery"}),
            TEA_HEADERS,
        ),
        case("ram_GetRole_err404", ROLE, Read, role.clone(), TEA_HEADERS),
        case("ram_DeleteRole", ROLE, Delete, role, TEA_HEADERS),
        case("ram_ListPoliciesForRole", ROLE, Delete, forced.clone(), TEA_HEADERS),
        Case {
            others: &["ram_ListPoliciesForRole"],
            ..case("ram_DetachPolicyFromRole", ROLE, Delete, forced, TEA_HEADERS)
        },
        case(
            "rs_CreateServiceLinkedRole",
            LINKED,
            Create,
            json!({"service_name": "datadelivery.ots.aliyuncs.com"}),
            TEA_HEADERS,
        ),
        case(
            "rs_DeleteServiceLinkedRole",
            LINKED,
            Delete,
            linked.clone(),
            TEA_HEADERS,
        ),
        Case {
            others: &["rs_DeleteServiceLinkedRole"],
            ..case(status, LINKED, Delete, linked, DELETION_STATUS)
        },
    ]
}

/// Captures that no driver makes, by prefix, with the reason.
const NOT_CALLED: &[(&str, &str)] = &[
    (
        "dw_CreateDISyncTask_err400",
        "the request of dw_CreateDISyncTask without a client token, which we always send",
    ),
    ("dw_CreateDISyncTask_rpcv1", "we sign with ACS3"),
    ("dw_DeleteDISyncTask_rpcv1", "we sign with ACS3"),
    ("dw_GetDISyncTask_rpcv1", "we sign with ACS3"),
    ("dw_GetFile_rpcv1", "we sign with ACS3"),
    ("dw_SubmitFile", "committing is left to Data Studio"),
    ("dw_DeployFile", "deploying is left to Data Studio"),
    ("dw_DeployDISyncTask", "deploying is left to Data Studio"),
    ("dw_StartDISyncInstance", "starting is left to DataWorks"),
    ("dw_StopDISyncInstance", "stopping is left to DataWorks"),
    ("dw_TerminateDISyncInstance", "stopping is left to DataWorks"),
    ("dw_ListDataSources", "no driver lists data sources"),
    ("dw_ListFolders", "no driver lists folders"),
    ("dw_ListRefDISyncTasks", "tasks are found by their name"),
    ("oss_oss2_v1_", "we sign with V4"),
    (
        "oss_v2sdk_",
        "the other OSS SDK; the same requests as oss_oss2_v4_ or signed with V1",
    ),
    ("oss_oss2_v4_GetBucketAcl", "GetBucketInfo has it"),
    ("oss_oss2_v4_GetBucketLocation", "GetBucketInfo has it"),
    ("oss_oss2_v4_GetBucketVersioning", "GetBucketInfo has it"),
    ("oss_oss2_v4_GetBucketEncryption", "GetBucketInfo has it"),
    ("oss_oss2_v4_ListBuckets", "no driver lists buckets"),
    (
        "oss_oss2_v4_ListObjectsV2",
        "only with force_destroy, without the parameters that oss2 sends empty",
    ),
    (
        "ots_java_ListDeliveryTask_v4",
        "we sign with V2, as every SDK does unless told otherwise",
    ),
    (
        "ots_py_CreateTable_v4",
        "we sign with V2, as every SDK does unless told otherwise",
    ),
    ("ots_go_ListTable", "no driver lists tables"),
    ("ots_node_ListTable", "no driver lists tables"),
    ("ots_py_ListTable", "no driver lists tables"),
    ("ram_AttachPolicyToRole", "no driver attaches policies"),
    (
        "ram_ListRoles",
        "only for service-linked roles of unknown name, in pages of 1000",
    ),
    ("rs_GetRole", "we call GetRole of RAM"),
];

fn session(case: &Case) -> (Session, Arc<Replay>) {
    let capture = Capture::load(case.capture);
    let token = capture
        .header("x-ots-ststoken")
        .or_else(|| capture.header("x-oss-security-token"));
    let mut config = ProviderConfig {
        provider: "alicloud".to_string(),
        region: Some("cn-hangzhou".to_string()),
        credentials: Some(Credentials {
            access_key: capture.text("access_key_id").to_string(),
            secret: Secret::new(capture.text("access_key_secret")),
            security_token: token.map(Secret::new),
        }),
        ..ProviderConfig::default()
    };
    let host = capture.header("host").unwrap_or_default();
    if host.starts_with("127.0.0.1") {
        for service in ["ots", "oss", "ram", "resourcemanager", "dataworks"] {
            config.endpoints.insert(service.to_string(), format!("http://{host}"));
        }
    }
    let cloud = Arc::new(Replay {
        capture,
        others: case.others.iter().map(|name| Capture::load(name)).collect(),
        slept: Mutex::new(Duration::ZERO),
        sent: Mutex::new(Vec::new()),
    });
    let session = Session::new(config, Arc::clone(&cloud) as Arc<dyn Cloud>);
    let token = parse_query(cloud.capture.text("query"));
    match token.into_iter().find(|(name, _)| name == "ClientToken") {
        Some((_, token)) => (session.with_token(token), cloud),
        None => (session, cloud),
    }
}

fn known(json: &Json) -> Known {
    Known::new(implied(json)).expect("JSON is known")
}

/// Runs the driver; what it returns is looked at by other tests, but is part of the message when nothing was sent.
async fn run(case: &Case, session: &Session) -> String {
    if let Verb::Data = case.verb {
        let found = data_catalogue().into_iter().find(|(name, _)| *name == case.resource);
        let (_, driver) = found.expect("the data source is in the catalogue");
        return format!("{:?}", driver.read(session, &known(&case.input)).await);
    }
    let driver: Box<dyn Driver> = catalogue()
        .into_iter()
        .find(|(name, _)| *name == case.resource)
        .map(|(_, driver)| driver)
        .expect("the type is in the catalogue");
    match case.verb {
        Verb::Read => format!("{:?}", driver.read(session, &known(&case.input)).await),
        Verb::Create => format!("{:?}", driver.create(session, &known(&case.input)).await),
        Verb::Delete => format!("{:?}", driver.delete(session, &known(&case.input)).await),
        Verb::Update => {
            let (prior, planned) = (known(&case.input[0]), known(&case.input[1]));
            format!("{:?}", driver.update(session, &prior, &planned).await)
        }
        Verb::Data => unreachable!("returned above"),
    }
}

/// Headers that a signature covers.
fn signed(headers: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let keep = |name: &str| {
        ["x-ots-", "x-oss-", "x-acs-"].iter().any(|p| name.starts_with(p))
            || ["content-md5", "content-type", "authorization", "accept", "host"].contains(&name)
    };
    headers.into_iter().filter(|(name, _)| keep(name)).collect()
}

/// What differs between our request and the captured one.
fn differences(ours: &Request, capture: &Capture) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut check = |what: &str, same: bool| {
        if !same {
            found.insert(what.to_string());
        }
    };
    check("method", ours.method.as_str() == capture.text("method"));
    check("path", ours.path == capture.text("path"));
    let sorted = |mut pairs: Vec<(String, String)>| {
        pairs.sort();
        pairs
    };
    check(
        "query",
        sorted(ours.query.clone()) == sorted(parse_query(capture.text("query"))),
    );
    check("body", ours.body == Capture::bytes(&capture.json["body_base64"]));
    let mut mine: BTreeMap<String, String> = ours.headers.iter().cloned().collect();
    mine.insert("host".to_string(), ours.authority.clone());
    let (mine, theirs) = (signed(mine), signed(Capture::headers(&capture.json["headers"])));
    for name in mine.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        let ignored = name == "accept" && theirs.get("accept").is_some_and(|a| a == "*/*");
        check(name, ignored || mine.get(name) == theirs.get(name));
    }
    found
}

async fn check(case: &Case) {
    let (session, cloud) = session(case);
    let outcome = run(case, &session).await;
    let sent = cloud.sent.lock().expect("no panic while held").clone();
    let wanted = cloud.capture.operation();
    let ours = sent.iter().find(|r| {
        let action = r.header("x-acs-action").map(str::to_string);
        operation(r.method.as_str(), &r.path, &r.query, action) == wanted
    });
    let Some(ours) = ours else {
        panic!("{}: {wanted} was not sent; {outcome}", case.capture);
    };
    let expected: BTreeSet<String> = case.except.iter().map(|(what, _)| (*what).to_string()).collect();
    assert_eq!(
        differences(ours, &cloud.capture),
        expected,
        "{}: the differences are not those listed; ours is {ours:?}",
        cloud.capture.name
    );
}

#[tokio::test]
async fn tablestore_requests_equal_those_of_the_sdks() {
    for case in &tablestore_cases() {
        check(case).await;
    }
}

#[tokio::test]
async fn oss_requests_equal_those_of_the_sdk() {
    for case in &oss_cases() {
        check(case).await;
    }
}

#[tokio::test]
async fn rpc_requests_equal_those_of_the_sdks() {
    for case in rpc_cases().iter().chain(&dataworks_cases()) {
        check(case).await;
    }
}

#[test]
fn every_capture_is_compared_or_has_a_reason() {
    let cases: Vec<Case> = [tablestore_cases(), oss_cases(), rpc_cases(), dataworks_cases()]
        .into_iter()
        .flatten()
        .collect();
    let compared: BTreeSet<&str> = cases.iter().map(|c| c.capture).collect();
    assert!(compared.len() >= 50, "only {} captures are compared", compared.len());
    for entry in std::fs::read_dir(directory()).expect("the captures are there") {
        let file = entry.expect("a readable directory").file_name();
        let name = file.to_string_lossy().trim_end_matches(".json").to_string();
        let excused = NOT_CALLED.iter().any(|(prefix, _)| name.starts_with(prefix));
        assert!(
            compared.contains(name.as_str()) != excused,
            "{name} is neither compared nor excused, or both"
        );
    }
}

#[tokio::test]
async fn a_described_task_is_read_whole() {
    let case = case(
        "ots_go_DescribeDeliveryTask",
        TASK,
        Verb::Read,
        task("sampledeliverytask"),
        GO_DATE,
    );
    let (session, _) = session(&case);
    let driver = headworks::drivers::alicloud::ots_delivery_task::DeliveryTask;
    let object = driver.read(&session, &known(&case.input)).await;
    let object = object.expect("the task is readable").expect("the task is there");
    let column = |name: &str, ty: &str| json!({"column_name": name, "oss_column_name": name, "type": ty, "encode": "PLAIN", "type_extend": null});
    assert_eq!(
        to_json(object.value()),
        json!({
            "id": "sampleinst:sampleTable:sampledeliverytask",
            "instance_name": "sampleinst", "table_name": "sampleTable", "task_name": "sampledeliverytask",
            "task_type": "BASE_INC", "oss_prefix": "sample/year=$yyyy/month=$MM", "oss_bucket": "datadeliverytest",
            "oss_endpoint": "oss-cn-hangzhou.aliyuncs.com",
            "oss_sts_role": "acs:ram::1234567890123456:role/aliyunserviceroleforotsdatadelivery",
            "format": "Parquet", "event_time_column": null,
            "schema": [column("PK1", "INT64"), column("PK2", "UTF8"), column("Col1", "DOUBLE")],
            "sync_phase": "INCR", "current_sync_timestamp": 1700000000000000000_i64,
            "error_code": "OK", "error_detail": null,
        })
    );
}
