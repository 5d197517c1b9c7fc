//! Names and counts of arguments and blocks.

use super::{resource, said};

#[test]
fn names_and_counts_are_checked_all_at_once() {
    let schema = resource("alicloud_ots_table");
    let text = r#"resource "alicloud_ots_table" "t" {
  count         = 1
  instance_name = "inst"
  tabel_name    = "orders"
  id            = "mine"
  max_version   = 1
  nonsense      = true

  primary_key {
    name = "a"
    typ  = "String"
  }
  primary_key "label" {
    name = "b"
    type = "String"
  }
  time_to_live {
  }
  colour {
  }
  defined_columns {
    name = "c"
  }
  lifecycle {
    prevent_destroy = true
  }
}
"#;
    insta::assert_snapshot!(said(&schema, text), @r#"
    error HW0201 at "tabel_name": Unsupported argument | An argument named "tabel_name" is not expected here. Did you mean "table_name"? | did you mean `table_name`?
    error HW0206 at "id": "id" attribute is read-only | Can't configure a value for "id": its value will be decided automatically based on the result of applying this configuration. | remove this argument
    error HW0201 at "nonsense": Unsupported argument | An argument named "nonsense" is not expected here.
    error HW0201 at "typ": Unsupported argument | An argument named "typ" is not expected here. Did you mean "type"? | did you mean `type`?
    error HW0207 at "\"label\"": Extraneous label for primary_key | No labels are expected for primary_key blocks.
    error HW0202 at "time_to_live": Unsupported block type | Blocks of type "time_to_live" are not expected here. Did you mean to define argument "time_to_live"? If so, use the equals sign to assign it a value.
    error HW0202 at "colour": Unsupported block type | Blocks of type "colour" are not expected here.
    error HW0202 at "defined_columns": Unsupported block type | Blocks of type "defined_columns" are not expected here. Did you mean "defined_column"? | did you mean `defined_column`?
    "#);
}

#[test]
fn an_argument_of_the_outer_block_is_sent_there() {
    let schema = resource("huaweicloud_dis_dump_task");
    let text = r#"resource "huaweicloud_dis_dump_task" "t" {
  stream_name = "clicks"
  obs_destination_descriptor {
    task_name       = "t"
    bucket          = "lake"
    agency          = "a"
    obs_bucket_path = "lake"
  }
}
"#;
    insta::assert_snapshot!(said(&schema, text), @r#"
    error HW0203 at "resource \"huaweicloud_dis_dump_task\" \"t\"": Missing required argument | The argument "task_name" is required, but no definition was found.
    warning HW0224 at "obs_destination_descriptor": agency_name is not set | Rule agency, from: DIS API reference, Adding OBS Dump Tasks: agency_name, mandatory until 2024, optional since 2025. | DIS writes into the bucket with an agency; only the newest page of the API calls it optional
    error HW0201 at "task_name": Unsupported argument | An argument named "task_name" is not expected here. It stands outside of this block. | move it out of the block | write task_name beside the block, not in it
    error HW0201 at "bucket": Unsupported argument | An argument named "bucket" is not expected here. Did you mean "obs_bucket_path"? | did you mean `obs_bucket_path`?
    error HW0201 at "agency": Unsupported argument | An argument named "agency" is not expected here. Did you mean "agency_name"? | did you mean `agency_name`?
    "#);
}

#[test]
fn names_of_vendor_sdks_lead_to_ours() {
    let schema = resource("alicloud_ots_delivery_task");
    let text = r#"resource "alicloud_ots_delivery_task" "t" {
  instance_name = "inst"
  tableName     = "orders"
  TaskName      = "orders-oss"
  oss_bucket    = "lake"
  OssEndpoint   = "oss-cn-hangzhou.aliyuncs.com"
  oss_prefix    = "o/$yyyy"
  oss_role_name = "acs:ram::1:role/aliyunserviceroleforotsdatadelivery"
  event_time_column = "at"
  parquetSchema {
    column_name     = "a"
    oss_column_name = "a"
    type            = "UTF8"
  }
}
"#;
    insta::assert_snapshot!(said(&schema, text), @r#"
    error HW0201 at "tableName": Unsupported argument | An argument named "tableName" is not expected here. Did you mean "table_name"? | did you mean `table_name`?
    error HW0201 at "TaskName": Unsupported argument | An argument named "TaskName" is not expected here. Did you mean "task_name"? | did you mean `task_name`?
    error HW0201 at "OssEndpoint": Unsupported argument | An argument named "OssEndpoint" is not expected here. Did you mean "oss_endpoint"? | did you mean `oss_endpoint`?
    error HW0201 at "oss_role_name": Unsupported argument | An argument named "oss_role_name" is not expected here. Did you mean "oss_sts_role"? | did you mean `oss_sts_role`?
    error HW0201 at "event_time_column": Unsupported argument | An argument named "event_time_column" is not expected here. Did you mean to define a block of type "event_time_column"?
    error HW0202 at "parquetSchema": Unsupported block type | Blocks of type "parquetSchema" are not expected here. Did you mean "schema"? | did you mean `schema`?
    "#);
}

#[test]
fn too_many_blocks_and_malformed_dynamic_blocks_are_reported() {
    let schema = resource("alicloud_oss_bucket");
    let text = r#"resource "alicloud_oss_bucket" "b" {
  bucket = "lake-raw"
  versioning {
    status = "Enabled"
  }
  versioning {
    status = "Enabled"
  }
  dynamic "lifecycle_rules" {
    for_each = []
    content {}
  }
  dynamic "lifecycle_rule" {
    each = []
    filter {}
  }
  dynamic {
    for_each = []
    content {}
  }
}
"#;
    insta::assert_snapshot!(said(&schema, text), @r#"
    error HW0205 at "versioning": Too many versioning blocks | No more than 1 "versioning" blocks are allowed.
    error HW0202 at "\"lifecycle_rules\"": Unsupported block type | Blocks of type "lifecycle_rules" are not expected here. Did you mean "lifecycle_rule"? | did you mean `lifecycle_rule`?
    error HW0208 at "dynamic \"lifecycle_rule\"": Missing content block | A dynamic block has exactly one block of type "content", which describes the blocks it makes.
    error HW0208 at "dynamic \"lifecycle_rule\"": Missing required argument | The argument "for_each" is required, but no definition was found.
    error HW0208 at "each": Unsupported argument | An argument named "each" is not expected here. The arguments of the blocks that a dynamic block makes stand in its content block.
    error HW0208 at "filter": Unsupported block type | Blocks of type "filter" are not expected here.
    error HW0208 at "dynamic": Missing type for dynamic | A dynamic block has one label: the type of the blocks that it makes.
    "#);
}

#[test]
fn blocks_of_other_providers_are_told_where_things_stand() {
    let schema = resource("huaweicloud_dms_kafka_smart_connect_task");
    let text = r#"resource "huaweicloud_dms_kafka_smart_connect_task" "t" {
  instance_id           = "i"
  connector_id          = "c"
  task_name             = "task"
  topics                = ["orders"]
  source_type           = "BLOB"
  destination_type      = "OBS"
  destination_file_type = "TEXT"
  consumer_strategy     = "latest"
}
"#;
    insta::assert_snapshot!(said(&schema, text), @r#"
    error HW0201 at "connector_id": Unsupported argument | The vendor's Terraform provider has "connector_id" here; headworks does not have it. | a block with a connector_id is a huaweicloud_dms_kafka_sink_task here, with the same arguments; or take its successor, this type, which has an instance_id
    error HW0220 at "\"BLOB\"": Invalid value for "source_type" | "BLOB" is none of the values allowed: "NONE", "KAFKA_REPLICATOR_SOURCE". | did you mean "NONE"? | "BLOB" is another name of "NONE", used by vendor SDKs
    error HW0220 at "\"OBS\"": Invalid value for "destination_type" | "OBS" is none of the values allowed: "NONE", "OBS_SINK". | did you mean "OBS_SINK"? | "OBS" is another name of "OBS_SINK", used by vendor SDKs
    error HW0201 at "destination_file_type": Unsupported argument | An argument named "destination_file_type" is not expected here. It stands in a block of type "destination_task". | move it into the block
    error HW0201 at "consumer_strategy": Unsupported argument | An argument named "consumer_strategy" is not expected here. It stands in a block of type "source_task" or "destination_task". | move it into the block
    "#);
    let schema = resource("huaweicloud_dis_dump_task");
    let text = r#"resource "huaweicloud_dis_dump_task" "t" {
  stream_name = "clicks"
  task_name   = "t"
  obs_destination_descriptor {
    agency_name     = "a"
    obs_bucket_path = "lake"
  }
  obs_processing_schema {
    timestamp_name = "at"
  }
}
"#;
    insta::assert_snapshot!(said(&schema, text), @r#"error HW0202 at "obs_processing_schema": Unsupported block type | Blocks of type "obs_processing_schema" are not expected here. A block of type "processing_schema" stands in a block of type "obs_destination_descriptor". | move it into the block"#);
}

#[test]
fn a_missing_argument_comes_with_its_help() {
    let said = said(
        &resource("huaweicloud_dms_kafka_sink_task"),
        "resource \"huaweicloud_dms_kafka_sink_task\" \"t\" {\n}\n",
    );
    let line = said
        .lines()
        .find(|l| l.contains("\"deliver_time_interval\""))
        .unwrap_or_default();
    assert!(line.ends_with("| 300 is what the vendor's example has"), "{said}");
}
