//! Acting with an agency of another account, and what an agency has beside roles in projects.

use super::network::{Lost, Network};
use crate::raw_http;
use crate::sim_client::stepped;
use headworks::base::Known;
use headworks::base::json::{from_json, to_json};
use headworks::driver::{Cloud, Driver, DriverError, ProviderConfig, Session};
use headworks::drivers::huaweicloud::catalogue;
use headworks::schema::ResourceSchema;
use headworks::schema::validate;
use headworks::sim::huaweicloud::{DEMO_DOMAIN, DEMO_DOMAIN_NAME};
use headworks::sim::{Service, Sim, SimOptions};
use headworks::wire::Request;
use headworks::wire::sign::huawei;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const AGENCY: &str = "huaweicloud_identity_agency";
const BUCKET: &str = "huaweicloud_obs_bucket";

struct World {
    sim: Sim,
    config: ProviderConfig,
}

async fn world() -> World {
    let sim = stepped(SimOptions::default()).await;
    let mut config = ProviderConfig {
        provider: "huaweicloud".to_string(),
        region: Some("cn-north-4".to_string()),
        credentials: Some(Sim::credentials()),
        ..ProviderConfig::default()
    };
    for (name, service) in [
        ("iam", Service::Iam),
        ("sts", Service::Iam),
        ("eps", Service::Iam),
        ("obs", Service::Obs),
    ] {
        config.endpoints.insert(name.into(), sim.endpoint(service).to_string());
    }
    World { sim, config }
}

fn kind(name: &str) -> (Arc<ResourceSchema>, Box<dyn Driver>) {
    let registry = headworks::catalog::registry().unwrap();
    let driver = catalogue().into_iter().find(|(n, _)| *n == name).unwrap().1;
    (Arc::clone(registry.resource(name).unwrap()), driver)
}

fn planned(schema: &ResourceSchema, config: &Json) -> Known {
    let value = from_json(config, &schema.block.object_type()).unwrap();
    Known::new(validate::defaults(&schema.block, &value)).unwrap()
}

fn field(object: &Known, name: &str) -> Json {
    to_json(object.value())[name].clone()
}

impl World {
    fn session(&self, roles: &[&[(&str, &str)]]) -> Session {
        let role = |pairs: &&[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()
        };
        let config = ProviderConfig {
            roles: roles.iter().map(role).collect(),
            ..self.config.clone()
        };
        let network = Network::new(None, Lost::everything(false));
        Session::new(config, network as Arc<dyn Cloud>)
    }

    async fn agency(&self, more: Json) -> Known {
        let (schema, driver) = kind(AGENCY);
        let mut config = json!({"name": "ops", "delegated_domain_name": DEMO_DOMAIN_NAME});
        for (name, value) in more.as_object().unwrap() {
            config[name] = value.clone();
        }
        driver
            .create(&self.session(&[]), &planned(&schema, &config))
            .await
            .unwrap()
    }

    /// Attaches a policy of IAM 5 as the console would.
    async fn attach(&self, agency: &Known, policy: &str) {
        let mut request = Request {
            method: http::Method::POST,
            scheme: "http".to_string(),
            authority: "127.0.0.1".to_string(),
            path: format!("/v5/policies/{policy}/attach-agency"),
            query: Vec::new(),
            headers: Vec::new(),
            body: json!({"agency_id": field(agency, "id")}).to_string().into(),
        };
        let date = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        huawei::sign(&mut request, &Sim::credentials(), &date);
        let reply = raw_http::send(self.sim.endpoint(Service::Iam), &request).await.unwrap();
        assert_eq!(reply.status, 200, "{reply:?}");
    }
}

#[tokio::test]
async fn all_calls_are_made_as_the_agency() {
    let world = world().await;
    world.agency(json!({})).await;
    let (schema, driver) = kind(BUCKET);
    let by_name: &[(&str, &str)] = &[("agency_name", "ops"), ("domain_name", DEMO_DOMAIN_NAME)];
    let by_id: &[(&str, &str)] = &[("agency_name", "ops"), ("domain_id", DEMO_DOMAIN), ("duration", "900")];
    for (bucket, roles, calls) in [
        (
            "by-name",
            &[by_name][..],
            ["CreateTemporaryAccessKeyByAgency"].as_slice(),
        ),
        ("by-id", &[by_id], &["AssumeAgency"]),
        (
            "by-both",
            &[by_name, by_id],
            &["CreateTemporaryAccessKeyByAgency", "AssumeAgency"],
        ),
    ] {
        let before = world.sim.requests();
        let session = world.session(roles);
        let made = driver
            .create(&session, &planned(&schema, &json!({"bucket": bucket})))
            .await
            .unwrap();
        assert!(driver.read(&session, &made).await.unwrap().is_some());
        let after = world.sim.requests();
        for call in ["CreateTemporaryAccessKeyByAgency", "AssumeAgency"] {
            let count = |all: &BTreeMap<String, u64>| all.get(call).copied().unwrap_or_default();
            let once = u64::from(calls.contains(&call));
            assert_eq!(count(&after) - count(&before), once, "{bucket}: {call}");
        }
    }
    // The JSON services too.
    let (schema, driver) = kind(AGENCY);
    let session = world.session(&[by_name]);
    let other = planned(&schema, &json!({"name": "second", "delegated_service_name": "DIS"}));
    driver.create(&session, &other).await.unwrap();
    assert!(session.requests().contains_key("iam:CreateTemporaryAccessKeyByAgency"));
}

#[tokio::test]
async fn an_agency_that_trusts_somebody_else_is_explained() {
    let world = world().await;
    world.agency(json!({"delegated_domain_name": "somebody"})).await;
    let (schema, driver) = kind(BUCKET);
    let session = world.session(&[&[("agency_name", "ops"), ("domain_name", DEMO_DOMAIN_NAME)]]);
    let failure = driver
        .create(&session, &planned(&schema, &json!({"bucket": "lake"})))
        .await
        .unwrap_err();
    assert!(
        matches!(&failure.error, DriverError::Denied(r)
            if r.object == "agency ops" && r.help.as_deref().unwrap().contains("must trust")),
        "{:?}",
        failure.error
    );
    let nobody = world.session(&[&[("agency_name", "gone"), ("domain_id", DEMO_DOMAIN)]]);
    let failure = driver
        .create(&nobody, &planned(&schema, &json!({"bucket": "lake"})))
        .await
        .unwrap_err();
    assert_eq!(failure.error.reply().status, Some(404));
}

#[tokio::test]
async fn policies_of_iam_5_hold_an_agency_unless_they_may_go() {
    let world = world().await;
    let made = world.agency(json!({})).await;
    for number in 0..101 {
        world.attach(&made, &format!("p{number}")).await;
    }
    let (schema, driver) = kind(AGENCY);
    let session = world.session(&[]);
    let held = driver.delete(&session, &made).await.unwrap_err();
    assert!(
        matches!(&held, DriverError::Conflict(r) if r.help.as_deref().unwrap().contains("force_dissociate_v5_policies")),
        "{held:?}"
    );
    let mut forced = to_json(made.value());
    forced["force_dissociate_v5_policies"] = json!(true);
    driver.delete(&session, &planned(&schema, &forced)).await.unwrap();
    assert!(driver.read(&session, &made).await.unwrap().is_none());
}

#[tokio::test]
async fn roles_in_enterprise_projects_are_read_back_and_taken_away() {
    let world = world().await;
    let roles = |names: &[&str]| json!([{"enterprise_project": "data", "roles": names}]);
    let made = world
        .agency(json!({"enterprise_project_roles": roles(&["OBS Administrator", "dis_adm"])}))
        .await;
    let (schema, driver) = kind(AGENCY);
    let session = world.session(&[]);
    let read = driver.read(&session, &made).await.unwrap().unwrap();
    assert_eq!(
        field(&read, "enterprise_project_roles"),
        roles(&["OBS Administrator", "dis_adm"])
    );
    let mut less = to_json(read.value());
    less["enterprise_project_roles"] = roles(&["OBS Administrator"]);
    let less = driver.update(&session, &read, &planned(&schema, &less)).await.unwrap();
    let again = driver.read(&session, &less).await.unwrap().unwrap();
    assert_eq!(field(&again, "enterprise_project_roles"), roles(&["OBS Administrator"]));
    // An import names a role as the console does.
    let identity = driver.identity(&session, "ops").unwrap();
    let whole = from_json(&to_json(identity.value()), &schema.block.object_type()).unwrap();
    let imported = driver
        .read(&session, &Known::new(whole).unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        field(&imported, "enterprise_project_roles"),
        roles(&["OBS Administrator"])
    );
}
