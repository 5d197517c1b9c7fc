//! IAM: agencies, roles, projects and tokens.

use super::{
    Capture, Case, DOMAIN, PROJECT, Verb, accepts, all_are_compared, compare, json_of, lenient, replay, sim_for,
};
use super::{Replay, differences, known};
use headworks::base::Secret;
use headworks::driver::{Cloud, ProviderConfig, Session};
use headworks::drivers::huaweicloud::catalogue;
use headworks::engine::cloud::SystemCloud;
use headworks::sim::huaweicloud::{DEMO_DOMAIN_NAME, DEMO_PASSWORD, DEMO_USER};
use headworks::sim::{Service, Sim, SimOptions};
use headworks::wire::Request;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const AGENCY: &str = "c1a06ec7387f430c8122d6f336c66dcf";
const ROLE: &str = "0f3a2d418ed747fa8be46e92757be9ff";
const PREFIXES: &[&str] = &["iam_", "otc_iam_", "otc_token_"];

const CHARSET: (&str, &str) = (
    "content-type",
    "the SDK names a character set, which JSON does not need",
);

/// Captures that no driver's request is compared with here.
const NOT_CALLED: &[(&str, &str)] = &[
    ("iam_agency_create_by_id", "an agency trusts an account that is named"),
    (
        "iam_agency_list_paged",
        "an agency is looked for by its name, which is unique",
    ),
    ("iam_agency_check_project", "all grants of an agency are read at once"),
    (
        "iam_token_project_scope",
        "compared in tokens_are_asked_for_as_the_sdks_do",
    ),
    ("otc_token_password", "compared in tokens_are_asked_for_as_the_sdks_do"),
    (
        "otc_iam_agency_create",
        "compared in a_plain_token_calls_as_the_sdk_does",
    ),
    ("otc_iam_agency_show", "compared in a_plain_token_calls_as_the_sdk_does"),
    (
        "otc_iam_agency_delete",
        "compared in a_plain_token_calls_as_the_sdk_does",
    ),
];

fn agency(more: &Json) -> Json {
    let mut agency = json!({
        "id": null, "name": "dis_admin_agency", "delegated_domain_name": null, "delegated_service_name": "op_svc_dis",
        "description": "DIS", "duration": "FOREVER", "project_role": [], "domain_roles": null,
        "all_resources_roles": null, "create_time": null, "expire_time": null,
    });
    for (name, value) in more.as_object().unwrap() {
        agency[name] = value.clone();
    }
    agency
}

fn made(more: &Json) -> Json {
    let mut made = agency(&json!({"id": AGENCY}));
    for (name, value) in more.as_object().unwrap() {
        made[name] = value.clone();
    }
    made
}

/// What a create sees that looks first.
fn none_of_the_name() -> super::Other {
    ("GET", "/OS-AGENCY/agencies", 200, json!({"agencies": []}))
}

fn case(capture: &'static str, verb: Verb, input: Json) -> Case {
    let role = json!({"id": ROLE, "name": "te_admin", "display_name": "Tenant Administrator"});
    Case {
        capture,
        resource: "huaweicloud_identity_agency",
        verb,
        input,
        others: vec![
            ("GET", "/v3/roles", 200, json!({"roles": [role]})),
            none_of_the_name(),
            (
                "GET",
                "/v3/projects",
                200,
                json!({"projects": [{"id": PROJECT, "name": "eu-de"}]}),
            ),
            (
                "GET",
                AGENCY,
                200,
                json!({"agency": {"id": AGENCY, "name": "dis_admin_agency", "domain_id": DOMAIN}}),
            ),
        ],
        except: &[],
    }
}

fn cases() -> Vec<Case> {
    let in_project = || json!({"project_role": [{"project": "eu-de", "roles": ["Tenant Administrator"]}]});
    let in_domain = || json!({"domain_roles": ["Tenant Administrator"]});
    let everywhere = || json!({"all_resources_roles": ["Tenant Administrator"]});
    let change = |capture, from: Json, to: Json| case(capture, Verb::Update, json!([made(&from), made(&to)]));
    vec![
        Case {
            except: &[CHARSET],
            ..case("iam_agency_create", Verb::Create, agency(&json!({})))
        },
        case("iam_agency_list", Verb::Read, agency(&json!({}))),
        case("iam_agency_show", Verb::Read, made(&json!({}))),
        case("iam_error_agency", Verb::Read, made(&json!({"id": "nope"}))),
        Case {
            except: &[CHARSET],
            ..change("iam_agency_update", json!({}), json!({"description": "new"}))
        },
        case("iam_agency_delete", Verb::Delete, made(&json!({}))),
        change("iam_agency_grant_project", json!({}), in_project()),
        change("iam_agency_grant_domain", json!({}), in_domain()),
        change("iam_agency_grant_all_projects", json!({}), everywhere()),
        change("iam_agency_revoke_project", in_project(), json!({})),
        change("iam_agency_revoke_domain", in_domain(), json!({})),
        case("iam_agency_roles_project", Verb::Read, made(&json!({}))),
        case("iam_agency_roles_domain", Verb::Read, made(&json!({}))),
        case("iam_agency_roles_all_projects", Verb::Read, made(&json!({}))),
        case("iam_roles_list", Verb::Create, agency(&in_domain())),
        Case {
            resource: "huaweicloud_dli_database",
            ..case(
                "iam_projects_list",
                Verb::Read,
                json!({"id": "d", "region": "cn-north-4", "name": "d", "description": null,
                       "enterprise_project_id": null, "owner": null, "tags": null}),
            )
        },
    ]
}

#[tokio::test]
async fn drivers_send_what_the_sdks_send() {
    for case in cases() {
        compare(&case).await;
    }
    all_are_compared(PREFIXES, &cases(), NOT_CALLED);
}

/// A session that answers every call from the capture or from `others`, with these settings and secrets.
fn session_of(
    capture: &Capture,
    settings: &[(&str, &str)],
    secrets: &[(&str, &str)],
    others: Vec<super::Other>,
) -> (Session, Arc<Replay>) {
    let mut config = ProviderConfig {
        provider: "huaweicloud".to_string(),
        region: Some("eu-de".to_string()),
        ..ProviderConfig::default()
    };
    for (name, value) in settings {
        config.settings.insert((*name).into(), (*value).into());
    }
    for (name, value) in secrets {
        config.secrets.insert((*name).into(), Secret::new(*value));
    }
    for service in ["iam", "dli"] {
        let address = format!("http://{}", capture.header("host").unwrap());
        config.endpoints.insert(service.to_string(), address);
    }
    let cloud = Arc::new(Replay {
        capture: capture.clone(),
        others,
        slept: Mutex::new(Duration::ZERO),
        sent: Mutex::new(Vec::new()),
    });
    (Session::new(config, Arc::clone(&cloud) as Arc<dyn Cloud>), cloud)
}

fn sent(cloud: &Replay, method: &str, end: &str) -> Request {
    let sent = cloud.sent.lock().unwrap().clone();
    let found = sent.iter().find(|r| r.method == method && r.path.ends_with(end));
    found
        .cloned()
        .unwrap_or_else(|| panic!("{method} {end} was not sent: {sent:#?}"))
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

/// A user's name and password become a token, which later calls carry.
#[tokio::test]
async fn tokens_are_asked_for_as_the_sdks_do() {
    for (name, different) in [
        // The SDK signs even this call, and does not ask to leave the catalogue out.
        (
            "iam_token_project_scope",
            set(&["query", "content-type", "x-domain-id", "x-sdk-date"]),
        ),
        ("otc_token_password", set(&["query"])),
    ] {
        let capture = Capture::load(name);
        let settings = [("user_name", "user"), ("domain_name", "dom"), ("project_id", PROJECT)];
        let list = json!({"is_success": true, "databases": []});
        let mut token = capture.served();
        token
            .headers
            .push(("x-subject-token".into(), "testToken0123456789".into()));
        let (session, cloud) = session_of(
            &capture,
            &settings,
            &[("password", "userpassword")],
            vec![("GET", "/databases", 200, list)],
        );
        let driver = catalogue()
            .into_iter()
            .find(|(n, _)| *n == "huaweicloud_dli_database")
            .unwrap()
            .1;
        let input = json!({"id": "d", "region": null, "name": "d", "description": null,
                           "enterprise_project_id": null, "owner": null, "tags": null});
        // The query differs, so the answer comes from `others`, which has no headers: no token, and so an error.
        let outcome = driver.read(&session, &known(&input)).await;
        assert!(outcome.is_err(), "{outcome:?}");
        let ours = sent(&cloud, "POST", "/v3/auth/tokens");
        assert_eq!(differences(&ours, &capture), different, "{name}: {ours:?}");
    }
}

/// A token of the provider block goes with every call, which is then not signed.
#[tokio::test]
async fn a_plain_token_calls_as_the_sdk_does() {
    let driver = catalogue()
        .into_iter()
        .find(|(n, _)| *n == "huaweicloud_identity_agency")
        .unwrap()
        .1;
    let projects = || {
        (
            "GET",
            "/v3/projects",
            200,
            json!({"projects": [{"id": PROJECT, "name": "eu-de", "domain_id": DOMAIN}]}),
        )
    };
    for (name, verb) in [
        ("otc_iam_agency_create", Verb::Create),
        ("otc_iam_agency_show", Verb::Read),
        ("otc_iam_agency_delete", Verb::Delete),
    ] {
        let capture = Capture::load(name);
        let (session, cloud) = session_of(
            &capture,
            &[],
            &[("token", "testToken0123456789")],
            vec![projects(), none_of_the_name()],
        );
        let (method, end) = (capture.text("method"), capture.text("path"));
        let input = |id: Json| known(&agency(&json!({"id": id, "description": null})));
        let different = match verb {
            Verb::Create => {
                let made = driver.create(&session, &input(Json::Null)).await;
                assert!(made.is_ok(), "{made:?}");
                set(&[])
            }
            Verb::Read => {
                driver.read(&session, &input(json!("a1"))).await.unwrap().unwrap();
                // The SDK sends none where there is no body.
                set(&["content-type"])
            }
            _ => {
                driver.delete(&session, &input(json!("a1"))).await.unwrap();
                set(&["content-type"])
            }
        };
        let ours = sent(&cloud, method, end);
        assert_eq!(differences(&ours, &capture), different, "{name}: {ours:?}");
        assert_eq!(ours.header("x-auth-token"), Some("testToken0123456789"));
        assert_eq!(ours.header("authorization"), None);
    }
}

/// The agency of the captures with these roles.
fn there(id: &str, grants: Json) -> (&'static str, String, Json) {
    (
        "iam_agency",
        format!("{DOMAIN}/{id}"),
        json!({
            "domain_id": DOMAIN, "id": id, "name": "dis_admin_agency", "trust_domain_name": "op_svc_dis",
            "trust_domain_id": "35d7706cedbc49a18df0783d00269c20", "created_ms": 0, "grants": grants,
        }),
    )
}

fn grant(place: &str) -> Json {
    let project = (place == "project").then_some(PROJECT);
    json!([{"place": place, "project_id": project, "role_id": ROLE}])
}

#[tokio::test]
async fn the_embedded_cloud_takes_what_the_sdks_send() {
    let none = || json!([]);
    // Captures with the roles that the agency has, if it is there.
    for (name, grants) in [
        ("iam_agency_create", None),
        ("iam_agency_create_by_id", None),
        ("iam_agency_list", Some(none())),
        ("iam_agency_list_paged", None),
        ("iam_agency_show", Some(none())),
        ("iam_agency_update", Some(none())),
        ("iam_agency_delete", Some(none())),
        ("iam_agency_grant_project", Some(none())),
        ("iam_agency_grant_domain", Some(none())),
        ("iam_agency_grant_all_projects", Some(none())),
        ("iam_agency_check_project", Some(grant("project"))),
        ("iam_agency_revoke_project", Some(grant("project"))),
        ("iam_agency_revoke_domain", Some(grant("domain"))),
        ("iam_agency_roles_project", Some(grant("project"))),
        ("iam_agency_roles_domain", Some(none())),
        ("iam_agency_roles_all_projects", Some(none())),
        ("iam_error_agency", Some(none())),
        ("iam_projects_list", None),
        ("iam_roles_list", None),
    ] {
        let capture = Capture::load(name);
        let objects: Vec<_> = grants.map(|g| there(AGENCY, g)).into_iter().collect();
        let sim = sim_for(&capture, lenient(), &objects).await;
        accepts(&sim, Service::Iam, &capture, &[]).await;
        assert_eq!(sim.requests().get("Unknown"), None, "{name}");
    }
}

/// A plain Keystone client: its captured requests with a token that this cloud gave.
#[tokio::test]
async fn the_embedded_cloud_takes_tokens_as_the_sdks_send_them() {
    for name in ["iam_token_project_scope", "otc_token_password"] {
        let mut capture = Capture::load(name);
        let sim = sim_for(&capture, lenient(), &[]).await;
        let strange = replay(&sim, Service::Iam, &capture).await;
        assert_eq!(strange.status, 401, "{name}: nobody has this name");
        // The account of the capture is not one of this cloud, nor is its project.
        let text = String::from_utf8(capture.body()).unwrap();
        let project = headworks::sim::huaweicloud::project_id("eu-de");
        let text = text.replace("\"userpassword\"", &json!(DEMO_PASSWORD).to_string());
        let text = text.replace("\"user\"}", &format!("\"{DEMO_USER}\"}}"));
        let mut body: Json = serde_json::from_str(&text.replace(PROJECT, &project)).unwrap();
        body["auth"]["identity"]["password"]["user"]["name"] = json!(DEMO_USER);
        body["auth"]["identity"]["password"]["user"]["domain"]["name"] = json!(DEMO_DOMAIN_NAME);
        let body = body.to_string();
        capture.json["headers"]["Content-Length"] = json!(body.len().to_string());
        let reply = crate::raw_http::exchange(
            sim.endpoint(Service::Iam),
            "POST",
            capture.text("path"),
            &capture.headers(),
            body.as_bytes(),
        )
        .await
        .unwrap();
        assert_eq!(reply.status, 201, "{name}: {reply:?}");
        let ours = json_of(&reply);
        let theirs = json_of(&capture.served());
        let lacking = super::lacking(&ours, &theirs);
        // Where the services answer is not told.
        let catalog = ".token.catalog[] has no elements";
        assert!(lacking.iter().all(|l| l == catalog), "{name}: {lacking:?}");
        let token = reply.header("x-subject-token").unwrap().to_string();
        takes_token(&sim, &token).await;
    }
}

async fn takes_token(sim: &Sim, token: &str) {
    for (name, expected) in [
        ("otc_iam_agency_create", 201),
        ("otc_iam_agency_show", 200),
        ("otc_iam_agency_delete", 204),
    ] {
        let mut capture = Capture::load(name);
        if name != "otc_iam_agency_create" {
            let (kind, key, json) = there("a1", json!([]));
            sim.put_object(kind, &key, json).unwrap();
        }
        capture.json["headers"]["X-Auth-Token"] = json!(token);
        let reply = accepts(sim, Service::Iam, &capture, &[]).await;
        assert_eq!(reply.status, expected, "{name}");
        capture.json["headers"]["X-Auth-Token"] = json!("another");
        assert_eq!(replay(sim, Service::Iam, &capture).await.status, 401, "{name}");
    }
}

/// Sends a request of the demo key; gives status and body.
async fn ask(sim: &Sim, method: &str, path: &str, query: &[(&str, &str)], body: Json) -> (u16, Json) {
    let mut request = Request {
        method: method.parse().unwrap(),
        scheme: "http".to_string(),
        authority: sim.endpoint(Service::Iam).trim_start_matches("http://").to_string(),
        path: path.to_string(),
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
    let json = match method {
        "HEAD" => Json::Null,
        _ => json_of(&reply),
    };
    (reply.status, json)
}

const AGENCIES: &str = "/v3.0/OS-AGENCY/agencies";

async fn new_agency(sim: &Sim, name: &str, more: &Json) -> (u16, Json) {
    let mut body = json!({"agency": {"name": name, "domain_id": DOMAIN, "trust_domain_name": "op_svc_dis"}});
    for (field, value) in more.as_object().unwrap() {
        body["agency"][field] = value.clone();
    }
    ask(sim, "POST", AGENCIES, &[], body).await
}

#[tokio::test]
async fn agencies_are_checked() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    for (more, status) in [
        (json!({"name": ""}), 400),
        (json!({"name": "n".repeat(65)}), 400),
        (json!({"domain_id": null}), 400),
        (json!({"domain_id": "somebody else's"}), 403),
        (json!({"trust_domain_name": null}), 400),
        (json!({"description": "d".repeat(256)}), 400),
        (json!({"description": "a<b"}), 400),
        (json!({"description": 7}), 400),
        (json!({"duration": "ALWAYS"}), 400),
        (json!({"duration": 0}), 400),
        (json!({"duration": true}), 400),
    ] {
        let (got, body) = new_agency(&sim, "a", &more).await;
        assert_eq!(got, status, "{more} {body}");
        assert_eq!(body["error"]["code"], json!(status), "{more}");
    }
    let (status, body) = new_agency(&sim, "a", &json!({"duration": "FOREVER"})).await;
    assert_eq!((status, &body["agency"]["duration"]), (201, &Json::Null));
    assert_eq!(
        body["agency"].get("trust_domain_name"),
        None,
        "a creation does not repeat it"
    );
    assert_eq!(new_agency(&sim, "a", &json!({})).await.0, 409);
    let id = body["agency"]["id"].as_str().unwrap().to_string();
    let path = format!("{AGENCIES}/{id}");
    let undocumented = json!({"agency": {"delegated_domain": "x"}});
    assert_eq!(ask(&sim, "PUT", &path, &[], undocumented).await.0, 400);
    let changed = json!({"agency": {"duration": "10", "trust_domain_id": "d1"}});
    let (status, body) = ask(&sim, "PUT", &path, &[], changed).await;
    assert_eq!(
        (status, &body["agency"]["duration"]),
        (200, &json!("240")),
        "replies count hours"
    );
    assert_eq!(body["agency"]["trust_domain_name"], json!("account-d1"));
    assert!(body["agency"]["expire_time"].is_string());
    assert_eq!(
        ask(&sim, "GET", AGENCIES, &[], Json::Null).await.0,
        400,
        "domain_id is missing"
    );
    assert_eq!(ask(&sim, "DELETE", &path, &[], Json::Null).await.0, 204);
    assert_eq!(ask(&sim, "DELETE", &path, &[], Json::Null).await.0, 404);
}

#[tokio::test]
async fn agencies_are_listed_in_pages_up_to_the_quota() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    for n in 0..50 {
        assert_eq!(new_agency(&sim, &format!("a{n}"), &json!({})).await.0, 201);
    }
    assert_eq!(new_agency(&sim, "one-more", &json!({})).await.0, 403);
    let quota = format!("/v3.0/OS-QUOTA/domains/{DOMAIN}");
    let (_, body) = ask(&sim, "GET", &quota, &[("type", "agency")], Json::Null).await;
    assert_eq!(body["quotas"]["resources"][0]["used"], json!(50));
    let mut names = BTreeSet::new();
    for page in ["1", "2", "3", "4"] {
        let query = [("domain_id", DOMAIN), ("page", page), ("per_page", "20")];
        let (_, body) = ask(&sim, "GET", AGENCIES, &query, Json::Null).await;
        let found = body["agencies"].as_array().unwrap().clone();
        names.extend(found.iter().map(|a| a["name"].to_string()));
        assert_eq!(
            found.len(),
            match page {
                "1" | "2" => 20,
                "3" => 10,
                _ => 0,
            }
        );
    }
    assert_eq!(names.len(), 50);
}

#[tokio::test]
async fn roles_are_granted_where_they_may_be() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let (_, body) = new_agency(&sim, "a", &json!({})).await;
    let id = body["agency"]["id"].as_str().unwrap().to_string();
    let project = headworks::sim::huaweicloud::project_id("MOS");
    let places = [
        (format!("/v3.0/OS-AGENCY/projects/{project}/agencies/{id}/roles"), ""),
        (format!("/v3.0/OS-AGENCY/domains/{DOMAIN}/agencies/{id}/roles"), ""),
        (
            format!("/v3.0/OS-INHERIT/domains/{DOMAIN}/agencies/{id}/roles"),
            "/inherited_to_projects",
        ),
    ];
    let by_name = async |name| {
        let (_, body) = ask(&sim, "GET", "/v3/roles", &[("display_name", name)], Json::Null).await;
        body["roles"][0]["id"].as_str().unwrap().to_string()
    };
    let (admin, security) = (
        by_name("Tenant Administrator").await,
        by_name("Security Administrator").await,
    );
    for (start, end) in &places {
        let one = |role: &str| format!("{start}/{role}{end}");
        let all = format!("{start}{end}");
        assert_eq!(ask(&sim, "HEAD", &one(&admin), &[], Json::Null).await.0, 404);
        assert_eq!(ask(&sim, "PUT", &one(&security), &[], Json::Null).await.0, 403);
        assert_eq!(ask(&sim, "PUT", &one("none"), &[], Json::Null).await.0, 404);
        for _ in 0..2 {
            assert_eq!(ask(&sim, "PUT", &one(&admin), &[], Json::Null).await.0, 204);
        }
        assert_eq!(ask(&sim, "HEAD", &one(&admin), &[], Json::Null).await.0, 204);
        let (_, body) = ask(&sim, "GET", &all, &[], Json::Null).await;
        assert_eq!(
            body["roles"].as_array().unwrap().len(),
            1,
            "{all}: only what is granted here"
        );
        assert_eq!(body["roles"][0]["name"], json!("te_admin"));
        assert_eq!(ask(&sim, "DELETE", &one(&admin), &[], Json::Null).await.0, 204);
        assert_eq!(ask(&sim, "DELETE", &one(&admin), &[], Json::Null).await.0, 404);
    }
    let nowhere = format!("/v3.0/OS-AGENCY/projects/none/agencies/{id}/roles/{admin}");
    assert_eq!(ask(&sim, "PUT", &nowhere, &[], Json::Null).await.0, 404);
    let no_agency = format!("/v3.0/OS-AGENCY/domains/{DOMAIN}/agencies/none/roles/{admin}");
    assert_eq!(ask(&sim, "PUT", &no_agency, &[], Json::Null).await.0, 404);
}
