//! Every argument that the official Terraform provider documents for a type of ours is one of ours, so that its blocks can
//! be taken over; what is not managed is said to be, with what to do instead.

use headworks::schema::ResourceSchema;

/// Type, and its arguments and blocks; those of a nested block as `block.argument`.
const RESOURCES: &[(&str, &str)] = &[
    (
        "huaweicloud_obs_bucket",
        "bucket storage_class acl policy policy_format tags versioning quota force_destroy region parallel_fs multi_az \
         encryption sse_algorithm kms_key_id kms_key_project_id kms_data_encryption bucket_key_enabled \
         enterprise_project_id user_domain_names ies_location edge_location logging.target_bucket \
         logging.target_prefix logging.agency website.index_document website.error_document \
         website.redirect_all_requests_to website.routing_rules cors_rule.allowed_origins cors_rule.allowed_methods \
         cors_rule.allowed_headers cors_rule.expose_headers cors_rule.max_age_seconds lifecycle_rule.name \
         lifecycle_rule.enabled lifecycle_rule.prefix lifecycle_rule.expiration.days lifecycle_rule.transition.days \
         lifecycle_rule.transition.storage_class lifecycle_rule.noncurrent_version_expiration.days \
         lifecycle_rule.noncurrent_version_transition.days lifecycle_rule.noncurrent_version_transition.storage_class \
         lifecycle_rule.abort_incomplete_multipart_upload.days id bucket_domain_name bucket_version storage_info",
    ),
    (
        "huaweicloud_identity_agency",
        "name delegated_domain_name description duration project_role.project project_role.roles domain_roles \
         all_resources_roles enterprise_project_roles.enterprise_project enterprise_project_roles.roles \
         force_dissociate_v5_policies id expire_time create_time",
    ),
    (
        "huaweicloud_dis_stream",
        "stream_name partition_count stream_type region retention_period data_type auto_scale_max_partition_count \
         auto_scale_min_partition_count data_schema compression_format csv_delimiter enterprise_project_id tags id \
         created readable_partition_count writable_partition_count status stream_id partitions",
    ),
    (
        "huaweicloud_dli_database",
        "region name description enterprise_project_id owner tags id",
    ),
    (
        "huaweicloud_dli_table",
        "region name database_name data_location select_statement description columns.name columns.type \
         columns.description columns.is_partition data_format bucket_location with_column_header delimiter quote_char \
         escape_char date_format timestamp_format id",
    ),
    (
        "huaweicloud_dms_kafka_connector",
        "region instance_id storage_spec_code bandwidth node_count id",
    ),
    (
        "huaweicloud_dms_kafka_sink_task",
        "region connector_id source_type task_name destination_type access_key secret_key consumer_strategy \
         deliver_time_interval obs_bucket_name partition_format obs_path topics topics_regex destination_file_type \
         record_delimiter id status created_at",
    ),
    (
        "huaweicloud_dms_kafka_smart_connect_task",
        "region instance_id task_name topics topics_regex start_later source_type destination_type \
         source_task.current_instance_alias source_task.peer_instance_alias source_task.peer_instance_id \
         source_task.peer_instance_address source_task.security_protocol source_task.sasl_mechanism \
         source_task.user_name source_task.password source_task.direction source_task.sync_consumer_offsets_enabled \
         source_task.replication_factor source_task.task_num source_task.rename_topic_enabled \
         source_task.topics_mapping source_task.provenance_header_enabled source_task.consumer_strategy \
         source_task.compression_type destination_task.access_key destination_task.secret_key \
         destination_task.consumer_strategy destination_task.deliver_time_interval destination_task.obs_bucket_name \
         destination_task.partition_format destination_task.obs_path destination_task.destination_file_type \
         destination_task.record_delimiter destination_task.store_keys id status created_at",
    ),
];

const DATA: &[(&str, &str)] = &[
    ("huaweicloud_account", "id name current_project_id username user_id"),
    (
        "huaweicloud_dms_kafka_instances",
        "region instance_id name fuzzy_match enterprise_project_id status include_failure id instances.id \
         instances.type instances.name instances.description instances.enterprise_project_id instances.product_id \
         instances.engine_version instances.storage_spec_code instances.storage_space instances.storage_type \
         instances.storage_resource_id instances.vpc_id instances.vpc_name instances.vpc_client_plain \
         instances.network_id instances.subnet_name instances.subnet_cidr instances.security_group_id \
         instances.security_group_name instances.manager_user instances.access_user instances.maintain_begin \
         instances.maintain_end instances.enable_public_ip instances.security_protocol instances.enabled_mechanisms \
         instances.retention_policy instances.dumping instances.connector_id instances.connector_node_num \
         instances.enable_auto_topic instances.partition_num instances.ssl_enable",
    ),
];

const PROVIDER: &str = "region access_key secret_key shared_config_file profile assume_role.agency_name \
                        assume_role.domain_name project_name domain_name security_token cloud auth_url insecure \
                        max_retries enterprise_project_id signing_algorithm regional skip_check_website_type \
                        skip_check_upgrade endpoints";

/// Of the provider block, what is explained and not taken.
const EXPLAINED: &[&str] = &["assume_role_with_oidc", "default_tags", "ignore_tags"];

fn has(schema: &ResourceSchema, path: &str) -> bool {
    let mut block = &schema.block;
    let mut parts = path.split('.').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return block.attributes.contains_key(part) || block.blocks.contains_key(part);
        }
        match block.blocks.get(part) {
            Some(nested) => block = &nested.block,
            None => return false,
        }
    }
    false
}

#[test]
fn documented_arguments_are_there() {
    let registry = headworks::catalog::registry().unwrap();
    let mut missing = Vec::new();
    let mut look = |of: &str, schema: &ResourceSchema, names: &str| {
        let lacks = names.split_whitespace().filter(|name| !has(schema, name));
        missing.extend(lacks.map(|name| format!("{of}: {name}")));
    };
    for (name, names) in RESOURCES {
        look(name, registry.resource(name).unwrap(), names);
    }
    for (name, names) in DATA {
        look(name, registry.data(name).unwrap(), names);
    }
    let provider = registry.provider("huaweicloud").unwrap();
    look("provider", provider, PROVIDER);
    assert!(missing.is_empty(), "{missing:#?}");
    for name in EXPLAINED {
        assert!(provider.block.unmanaged.contains_key(*name), "{name}");
    }
}
