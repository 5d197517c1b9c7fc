//! What is said about connectors and tasks of Kafka instances, and about the provider block they belong to.

use super::{registry, resource, said};

const KEYS: &str =
    "consumer_strategy = \"latest\"\naccess_key = var.x\nsecret_key = var.x\npartition_format = \"yyyy\"\n";

fn of(kind: &str, body: &str) -> String {
    let text = format!("resource \"{kind}\" \"t\" {{\n{body}\n}}\n");
    said(&resource(kind), &text)
}

fn sink(more: &str) -> String {
    let body = format!("connector_id = \"c\"\ntask_name = \"task\"\ntopics = \"orders\"\n{KEYS}{more}");
    of("huaweicloud_dms_kafka_sink_task", &body)
}

fn smart(more: &str) -> String {
    let body = format!(
        "instance_id = \"i\"\ntask_name = \"task\"\ntopics = [\"orders\"]\ndestination_type = \"OBS_SINK\"\n\
         destination_task {{\n{KEYS}{more}\n}}"
    );
    of("huaweicloud_dms_kafka_smart_connect_task", &body)
}

fn mirror(more: &str) -> String {
    let body = format!(
        "instance_id = \"i\"\ntask_name = \"task\"\ntopics = [\"orders\"]\nsource_type = \"KAFKA_REPLICATOR_SOURCE\"\n\
         source_task {{\ncurrent_instance_alias = \"a\"\npeer_instance_alias = \"b\"\npeer_instance_id = \"j\"\n{more}\n}}"
    );
    of("huaweicloud_dms_kafka_smart_connect_task", &body)
}

#[test]
fn numbers_are_whole() {
    let good = "obs_bucket_name = \"lake\"\ndeliver_time_interval = 300";
    let half = "obs_bucket_name = \"lake\"\ndeliver_time_interval = 300.5";
    assert_eq!(sink(good).lines().count(), 1, "only the deprecation: {}", sink(good));
    assert_eq!(smart(good), "");
    assert_eq!(mirror("task_num = 2\nreplication_factor = 3"), "");
    for said in [
        sink(half),
        smart(half),
        mirror("task_num = 1.5"),
        mirror("replication_factor = 1.5"),
        of(
            "huaweicloud_dms_kafka_connector",
            "instance_id = \"i\"\nnode_count = 2.5",
        ),
    ] {
        assert!(
            said.contains(".5\": ") && said.contains("is not a whole number"),
            "{said}"
        );
    }
}

#[test]
fn a_bucket_is_a_name_alone() {
    for said in [
        sink("obs_bucket_name = \"obs://lake\"\ndeliver_time_interval = 300"),
        smart("obs_bucket_name = \"obs://lake\""),
    ] {
        assert!(said.contains("a folder goes into obs_path"), "{said}");
    }
}

#[test]
fn a_type_that_is_wrong_does_not_ask_for_a_block() {
    let body = "instance_id = \"i\"\ntask_name = \"task\"\ntopics = [\"orders\"]\nsource_type = \"BLOB\"\n\
                destination_type = \"OBS\"";
    let said = of("huaweicloud_dms_kafka_smart_connect_task", body);
    assert!(
        said.contains("did you mean \"OBS_SINK\"?") && !said.contains("belong together"),
        "{said}"
    );
}

#[test]
fn the_provider_block_names_the_cloud_and_the_service_that_is_wrong() {
    let registry = registry();
    let schema = registry.provider("huaweicloud").expect("it is built in");
    let said = |body: &str| said(schema, &format!("provider \"huaweicloud\" {{\n{body}\n}}\n"));
    let cloud = said("cloud = \"otc\"");
    assert!(cloud.contains("write cloud = \"otc.t-systems.com\""), "{cloud}");
    let endpoints = said("endpoints = {\n  iam = \"https://iam\"\n  ecs = \"https://ecs\"\n}");
    assert!(endpoints.contains("endpoints names `ecs`"), "{endpoints}");
    let other = said("cacert_file = \"ca.pem\"");
    assert!(
        other.contains("headworks does not have it") && other.contains("that this machine trusts"),
        "{other}"
    );
}
