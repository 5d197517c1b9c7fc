//! The lives of agencies, DLI databases and tables against the embedded cloud: made, read back the same, made again,
//! changed, imported, deleted and gone; with a key, with a user's password, with a token, and with replies that are lost.

use super::network::{Lost, Network};
use crate::sim_client::stepped;
use headworks::base::json::{from_json, to_json};
use headworks::base::{Known, Secret};
use headworks::driver::{Cloud, DataDriver, Driver, DriverError, ProviderConfig, Session};
use headworks::drivers::huaweicloud::{catalogue, data_catalogue};
use headworks::schema::{Registry, ResourceSchema};
use headworks::sim::huaweicloud::{DEMO_DOMAIN, DEMO_DOMAIN_NAME, DEMO_PASSWORD, DEMO_USER, project_id};
use headworks::sim::{Service, Sim, SimOptions};
use serde_json::{Value as Json, json};
use std::sync::Arc;

struct World {
    sim: Sim,
    network: Arc<Network>,
    session: Session,
}

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    Key,
    Password,
}

async fn world(who: Who, lossy: bool) -> World {
    let sim = stepped(SimOptions::default()).await;
    let mut config = ProviderConfig {
        provider: "huaweicloud".to_string(),
        region: Some("cn-north-4".to_string()),
        ..ProviderConfig::default()
    };
    let services = [
        ("iam", Service::Iam),
        ("dli", Service::Dli),
        ("eps", Service::Iam),
        ("sts", Service::Iam),
    ];
    for (name, service) in services {
        config.endpoints.insert(name.into(), sim.endpoint(service).to_string());
    }
    match who {
        Who::Key => config.credentials = Some(Sim::credentials()),
        Who::Password => {
            config.settings.insert("user_name".into(), DEMO_USER.into());
            config.settings.insert("domain_name".into(), DEMO_DOMAIN_NAME.into());
            config.secrets.insert("password".into(), Secret::new(DEMO_PASSWORD));
        }
    }
    let network = Network::new(None, Lost::everything(lossy));
    let session = Session::new(config, Arc::clone(&network) as Arc<dyn Cloud>);
    World { sim, network, session }
}

fn registry() -> Registry {
    headworks::catalog::registry().unwrap()
}

struct Kind {
    schema: Arc<ResourceSchema>,
    driver: Box<dyn Driver>,
}

fn kind(type_name: &str) -> Kind {
    Kind {
        schema: Arc::clone(registry().resource(type_name).unwrap()),
        driver: catalogue().into_iter().find(|(name, _)| *name == type_name).unwrap().1,
    }
}

impl Kind {
    fn planned(&self, config: &Json) -> Known {
        let value = from_json(config, &self.schema.block.object_type()).unwrap();
        Known::new(headworks::schema::validate::defaults(&self.schema.block, &value)).unwrap()
    }
}

fn with(config: &Json, more: &Json) -> Json {
    let mut merged = config.clone();
    for (name, value) in more.as_object().unwrap() {
        merged[name] = value.clone();
    }
    merged
}

fn field(object: &Known, name: &str) -> Json {
    to_json(object.value())[name].clone()
}

/// What a life goes through.
struct Life {
    kind: &'static str,
    config: Json,
    change: Option<Json>,
    other: Json,
    named: &'static str,
    import: &'static str,
    /// Attributes that no import can know.
    unread: &'static [&'static str],
}

async fn live(world: &World, life: &Life) {
    let kind = kind(life.kind);
    let (driver, session) = (&kind.driver, &world.session);
    let planned = kind.planned(&life.config);
    let made = driver.create(session, &planned).await.unwrap();
    assert_eq!(made.value().ty(), kind.schema.block.object_type());
    let read = driver.read(session, &made).await.unwrap().unwrap();
    assert_eq!(read, made, "{}: read after create", life.kind);
    let again = driver.create(session, &planned).await.unwrap();
    assert_eq!(again, made, "{}: create again", life.kind);
    let other = kind.planned(&with(&life.config, &life.other));
    let refused = driver.create(session, &other).await.unwrap_err();
    assert!(
        matches!(&refused.error, DriverError::Conflict(r) if r.message.contains(life.named)),
        "{}: {:?}",
        life.kind,
        refused.error
    );
    let mut last = read;
    if let Some(change) = &life.change {
        let target = kind.planned(&with(&to_json(last.value()), change));
        let changed = driver.update(session, &last, &target).await.unwrap();
        let read = driver.read(session, &changed).await.unwrap().unwrap();
        assert_eq!(read, changed, "{}: read after update", life.kind);
        for (name, value) in change.as_object().unwrap() {
            assert_eq!(&field(&read, name), value, "{}: {name}", life.kind);
        }
        last = read;
    }
    let identity = driver.identity(session, life.import).unwrap();
    let identity = from_json(&to_json(identity.value()), &kind.schema.block.object_type()).unwrap();
    let imported = driver
        .read(session, &Known::new(identity).unwrap())
        .await
        .unwrap()
        .unwrap();
    let (mut imported, mut expected) = (to_json(imported.value()), to_json(last.value()));
    for name in life.unread {
        (imported[name], expected[name]) = (Json::Null, Json::Null);
    }
    assert_eq!(imported, expected, "{}: import", life.kind);
    assert!(driver.identity(session, "").is_err());
    driver.delete(session, &last).await.unwrap();
    assert!(
        driver.read(session, &last).await.unwrap().is_none(),
        "{}: gone",
        life.kind
    );
    driver.delete(session, &last).await.unwrap();
}

fn agency() -> Life {
    Life {
        kind: "huaweicloud_identity_agency",
        config: json!({
            "name": "dis_agency", "delegated_service_name": "op_svc_dis", "description": "writes",
            "project_role": [
                {"project": "MOS", "roles": ["Tenant Administrator"]},
                {"project": "cn-north-4", "roles": ["DIS Administrator", "DLI FullAccess"]},
            ],
            "domain_roles": ["OBS Administrator"],
        }),
        change: Some(json!({
            "delegated_domain_name": "another", "delegated_service_name": null, "description": null, "duration": "30",
            "project_role": [{"project": "MOS", "roles": ["Tenant Administrator", "Tenant Guest"]}],
            "domain_roles": null, "all_resources_roles": ["OBS ReadOnlyAccess"],
            "enterprise_project_roles": [{"enterprise_project": "test_enterprise_project", "roles": ["CCE ReadOnlyAccess"]}],
        })),
        other: json!({"description": "reads"}),
        named: "description is \"writes\" instead of \"reads\"",
        import: "dis_agency",
        unread: &["force_dissociate_v5_policies"],
    }
}

fn database() -> Life {
    Life {
        kind: "huaweicloud_dli_database",
        config: json!({"name": "Clicks", "description": "d", "owner": "somebody", "tags": {"team": "data"}}),
        change: Some(json!({"owner": "another"})),
        other: json!({"description": "e"}),
        named: "description is \"d\" instead of \"e\"",
        import: "Clicks",
        unread: &["tags"],
    }
}

fn table(more: &Json) -> Life {
    let config = json!({
        "database_name": "default", "name": "Events", "data_location": "DLI", "description": "d",
        "columns": [
            {"name": "day", "type": "STRING", "is_partition": true},
            {"name": "page", "type": "string", "description": "p"},
        ],
    });
    Life {
        kind: "huaweicloud_dli_table",
        config: with(&config, more),
        change: None,
        other: json!({"description": "e"}),
        named: "description is \"d\" instead of \"e\"",
        import: "default/Events",
        // Order and case of columns are those of the one who made the table.
        unread: &["columns"],
    }
}

fn lives() -> Vec<Life> {
    vec![
        agency(),
        database(),
        table(&json!({})),
        table(&json!({
            "data_location": "OBS", "data_format": "csv", "bucket_location": "obs://lake/events",
            "with_column_header": true, "delimiter": ";", "date_format": "dd.MM.yyyy",
        })),
        table(&json!({"data_location": "OBS", "data_format": "parquet", "bucket_location": "obs://lake/events"})),
    ]
}

#[tokio::test]
async fn every_type_lives() {
    for life in lives() {
        live(&world(Who::Key, false).await, &life).await;
    }
}

#[tokio::test]
async fn lost_replies_change_nothing() {
    for life in lives() {
        live(&world(Who::Key, true).await, &life).await;
    }
}

#[tokio::test]
async fn a_user_with_a_password_gets_a_token_for_each_scope_once() {
    let world = world(Who::Password, false).await;
    for life in lives() {
        live(&world, &life).await;
    }
    // One for the account, one for the project.
    assert_eq!(world.sim.requests().get("CreateToken"), Some(&2));
}

#[tokio::test]
async fn a_token_of_the_provider_is_enough() {
    let by_password = world(Who::Password, false).await;
    let life = agency();
    live(&by_password, &life).await;
    let tokens = by_password.sim.world();
    let token = tokens.objects().find(|(id, _)| id.kind == "sim_iam_token").unwrap();
    let mut config = ProviderConfig {
        secrets: Default::default(),
        settings: Default::default(),
        ..by_password.session.config().clone()
    };
    config.secrets.insert("token".into(), Secret::new(token.0.key.clone()));
    let session = Session::new(config.clone(), Arc::clone(&by_password.network) as Arc<dyn Cloud>);
    let with_token = World { session, ..by_password };
    live(&with_token, &life).await;
    assert_eq!(with_token.sim.requests().get("CreateToken"), Some(&1));
    config.secrets.insert("token".into(), Secret::new("expired"));
    let session = Session::new(config, Arc::clone(&with_token.network) as Arc<dyn Cloud>);
    let kind = kind(life.kind);
    let refused = kind
        .driver
        .read(&session, &kind.planned(&life.config))
        .await
        .unwrap_err();
    assert!(matches!(&refused, DriverError::Denied(_)), "{refused:?}");
    assert!(!format!("{refused:?}").contains("expired\""));
}

#[tokio::test]
async fn a_name_that_iam_does_not_know_is_an_error_before_anything_is_made() {
    let world = world(Who::Key, false).await;
    let kind = kind("huaweicloud_identity_agency");
    for (more, named) in [
        (
            json!({"domain_roles": ["Tenant Adminstrator"]}),
            "role Tenant Adminstrator",
        ),
        (
            json!({"project_role": [{"project": "mars", "roles": ["te_admin"]}]}),
            "project mars",
        ),
        (
            json!({"enterprise_project_roles": [{"enterprise_project": "mars", "roles": ["te_admin"]}]}),
            "enterprise project mars",
        ),
    ] {
        let planned = kind.planned(&with(&agency().config, &more));
        let failure = kind.driver.create(&world.session, &planned).await.unwrap_err();
        assert!(failure.partial.is_none());
        assert!(
            matches!(&failure.error, DriverError::Rejected(r) if r.object == named && r.help.is_some()),
            "{:?}",
            failure.error
        );
    }
    assert_eq!(world.sim.requests().get("CreateAgency"), None);
}

#[tokio::test]
async fn an_agency_that_is_half_made_is_reported_and_finished() {
    let world = world(Who::Key, false).await;
    let kind = kind("huaweicloud_identity_agency");
    let planned = kind.planned(&agency().config);
    world.network.fail("PUT", "/domains/", 403);
    let failure = kind.driver.create(&world.session, &planned).await.unwrap_err();
    assert!(matches!(&failure.error, DriverError::Denied(_)), "{:?}", failure.error);
    let partial = failure.partial.unwrap();
    let granted = field(&partial, "project_role").as_array().unwrap().len();
    assert_eq!((granted, field(&partial, "domain_roles")), (2, json!([])));
    let read = kind.driver.read(&world.session, &partial).await.unwrap().unwrap();
    assert_eq!(read, partial, "what is reported is what is there");
    world.network.fail_no_more();
    let made = kind.driver.create(&world.session, &planned).await.unwrap();
    assert_eq!(field(&made, "domain_roles"), json!(["OBS Administrator"]));
    assert_eq!(field(&made, "id"), field(&partial, "id"));
}

#[tokio::test]
async fn an_agency_that_may_do_more_is_not_adopted() {
    let world = world(Who::Key, false).await;
    let kind = kind("huaweicloud_identity_agency");
    let planned = kind.planned(&agency().config);
    let made = kind.driver.create(&world.session, &planned).await.unwrap();
    let less = kind.planned(&with(&agency().config, &json!({"domain_roles": null})));
    let failure = kind.driver.create(&world.session, &less).await.unwrap_err();
    assert!(
        matches!(&failure.error, DriverError::Conflict(r) if r.message.contains("it has the role OBS Administrator")),
        "{:?}",
        failure.error
    );
    // A role granted elsewhere shows, whatever the project.
    let id = field(&made, "id").as_str().unwrap().to_string();
    let key = format!("{DEMO_DOMAIN}/{id}");
    let role = "0f3a2d418ed747fa8be46e92757be9ff";
    let grants = json!([{"place": "project", "project_id": project_id("eu-nl"), "role_id": role}]);
    world
        .sim
        .patch_object("iam_agency", &key, &json!({"grants": grants}))
        .unwrap();
    let read = kind.driver.read(&world.session, &made).await.unwrap().unwrap();
    assert_eq!(
        field(&read, "project_role"),
        json!([{"project": "eu-nl", "roles": ["Tenant Administrator"]}])
    );
    // And under its internal name where the configuration has that.
    let internal = kind.planned(&with(
        &to_json(read.value()),
        &json!({"project_role": [{"project": "eu-nl", "roles": ["te_admin"]}]}),
    ));
    let changed = kind.driver.update(&world.session, &read, &internal).await.unwrap();
    assert_eq!(
        kind.driver.read(&world.session, &changed).await.unwrap().unwrap(),
        changed
    );
    assert_eq!(
        field(&changed, "project_role"),
        json!([{"project": "eu-nl", "roles": ["te_admin"]}])
    );
}

#[tokio::test]
async fn a_database_with_tables_stays() {
    let world = world(Who::Key, false).await;
    let (databases, tables) = (kind("huaweicloud_dli_database"), kind("huaweicloud_dli_table"));
    let planned = databases.planned(&json!({"name": "clicks"}));
    let made = databases.driver.create(&world.session, &planned).await.unwrap();
    let planned = tables.planned(&with(&table(&json!({})).config, &json!({"database_name": "CLICKS"})));
    let in_it = tables.driver.create(&world.session, &planned).await.unwrap();
    let refused = databases.driver.delete(&world.session, &made).await.unwrap_err();
    let help = refused.reply().help.clone().unwrap_or_default();
    assert!(
        matches!(&refused, DriverError::Conflict(_)) && help.contains("1 table"),
        "{refused:?}"
    );
    tables.driver.delete(&world.session, &in_it).await.unwrap();
    databases.driver.delete(&world.session, &made).await.unwrap();
    let nowhere = tables.driver.create(&world.session, &planned).await.unwrap_err();
    let help = nowhere.error.reply().help.clone().unwrap_or_default();
    assert!(help.contains("create the database CLICKS"), "{:?}", nowhere.error);
}

#[tokio::test]
async fn a_view_has_the_columns_that_it_is_given() {
    let world = world(Who::Key, false).await;
    let kind = kind("huaweicloud_dli_table");
    let view =
        json!({"database_name": "default", "name": "v", "data_location": "View", "select_statement": "SELECT 1"});
    let planned = kind.planned(&view);
    let made = kind.driver.create(&world.session, &planned).await.unwrap();
    assert_eq!(field(&made, "select_statement"), json!("SELECT 1"));
    assert_eq!(kind.driver.read(&world.session, &made).await.unwrap().unwrap(), made);
    assert_eq!(kind.driver.create(&world.session, &planned).await.unwrap(), made);
    kind.driver.delete(&world.session, &made).await.unwrap();
}

#[tokio::test]
async fn what_exists_can_be_read() {
    let world = world(Who::Key, false).await;
    for life in [agency(), table(&json!({}))] {
        let kind = kind(life.kind);
        kind.driver
            .create(&world.session, &kind.planned(&life.config))
            .await
            .unwrap();
    }
    let read = async |name: &str, config: Json| {
        let schema = Arc::clone(registry().data(name).unwrap());
        let config = from_json(&config, &schema.block.object_type()).unwrap();
        let driver: Box<dyn DataDriver> = data_catalogue().into_iter().find(|(n, _)| *n == name).unwrap().1;
        let found = driver.read(&world.session, &Known::new(config).unwrap()).await?;
        assert_eq!(found.value().ty(), schema.block.object_type(), "{name}");
        Ok::<Json, DriverError>(to_json(found.value()))
    };
    let account = read("huaweicloud_account", json!({})).await.unwrap();
    assert_eq!(
        (&account["id"], &account["name"]),
        (&json!(DEMO_DOMAIN), &json!(DEMO_DOMAIN_NAME))
    );
    assert_eq!(
        (&account["username"], &account["current_project_id"]),
        (&json!(DEMO_USER), &json!(project_id("cn-north-4")))
    );
    let found = read("huaweicloud_identity_agency", json!({"name": "dis_agency"}))
        .await
        .unwrap();
    assert_eq!(
        (&found["delegated_service_name"], &found["duration"]),
        (&json!("op_svc_dis"), &json!("FOREVER"))
    );
    let found = read(
        "huaweicloud_dli_table",
        json!({"database_name": "default", "name": "events"}),
    )
    .await
    .unwrap();
    assert_eq!(
        (&found["data_location"], &found["columns"][1]["name"]),
        (&json!("DLI"), &json!("day"))
    );
    for (name, config) in [
        ("huaweicloud_identity_agency", json!({"name": "none"})),
        (
            "huaweicloud_dli_table",
            json!({"database_name": "default", "name": "none"}),
        ),
    ] {
        let missing = read(name, config).await.unwrap_err();
        assert!(missing.to_string().contains("there is no such"), "{missing}");
    }
}
