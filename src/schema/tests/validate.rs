//! Constraints and rules between attributes.

use super::{registry, resource, said, said_with};
use crate::base::{Type, Value};

/// A delivery task with some arguments in place of the good ones.
fn task(changes: &[(&str, &str)]) -> String {
    let mut arguments = vec![
        ("instance_name", "\"inst\""),
        ("table_name", "\"orders\""),
        ("task_name", "\"orders-oss\""),
        ("oss_bucket", "\"lake-raw\""),
        ("oss_endpoint", "\"oss-cn-hangzhou.aliyuncs.com\""),
        ("oss_prefix", "\"orders/$yyyy/$MM/$dd\""),
        (
            "oss_sts_role",
            "\"acs:ram::1234567890123456:role/aliyunserviceroleforotsdatadelivery\"",
        ),
    ];
    let mut rest = String::new();
    for (name, value) in changes {
        if *name == "+" {
            rest.push_str(value);
        } else if let Some(known) = arguments.iter_mut().find(|(n, _)| n == name) {
            known.1 = value;
        } else {
            arguments.push((name, value));
        }
    }
    let arguments: String = arguments.iter().map(|(n, v)| format!("  {n} = {v}\n")).collect();
    if !rest.contains("schema {") {
        rest.push_str(
            "  schema {\n    column_name     = \"id\"\n    oss_column_name = \"id\"\n    type            = \"INT64\"\n  }\n",
        );
    }
    format!("resource \"alicloud_ots_delivery_task\" \"t\" {{\n{arguments}{rest}}}\n")
}

fn said_of(changes: &[(&str, &str)]) -> String {
    said(&resource("alicloud_ots_delivery_task"), &task(changes))
}

#[test]
fn a_good_task_is_good() {
    assert_eq!(said_of(&[]), "");
}

#[test]
fn task_names_keep_the_documented_form() {
    insta::assert_snapshot!(said_of(&[("task_name", "\"sampledeliverytask\"")]), @r#"error HW0222 at "\"sampledeliverytask\"": Invalid value for "task_name" | "sampledeliverytask" has 18 characters; allowed are 3 to 16. | the names in the vendor's own samples have 18 characters and break this rule too"#);
    insta::assert_snapshot!(said_of(&[("task_name", "\"taskTest_29-\"")]), @r#"error HW0221 at "\"taskTest_29-\"": Invalid value for "task_name" | "taskTest_29-" must be lower-case letters, digits and hyphens, beginning and ending with a letter or digit. | the names in the vendor's own samples have 18 characters and break this rule too"#);
    assert_eq!(said_of(&[("task_name", "\"a-1\"")]), "");
}

#[test]
fn spellings_of_vendor_sdks_lead_to_the_wire() {
    insta::assert_snapshot!(said_of(&[("task_type", "\"BaseIncTask\""), ("format", "\"parquet\"")]), @r#"
    error HW0220 at "\"BaseIncTask\"": Invalid value for "task_type" | "BaseIncTask" is none of the values allowed: "INC", "BASE", "BASE_INC". | did you mean "BASE_INC"? | "BaseIncTask" is another name of "BASE_INC", used by vendor SDKs
    error HW0220 at "\"parquet\"": Invalid value for "format" | "parquet" is none of the values allowed: "Parquet". | did you mean "Parquet"?
    "#);
    insta::assert_snapshot!(said_of(&[("task_type", "\"INK\"")]), @r#"error HW0220 at "\"INK\"": Invalid value for "task_type" | "INK" is none of the values allowed: "INC", "BASE", "BASE_INC". | did you mean "INC"?"#);
    insta::assert_snapshot!(said_of(&[("task_type", "\"nonsense\"")]), @r#"error HW0220 at "\"nonsense\"": Invalid value for "task_type" | "nonsense" is none of the values allowed: "INC", "BASE", "BASE_INC"."#);
}

#[test]
fn time_variables_of_the_prefix_are_checked() {
    for (prefix, want) in [
        ("\"o/$yyyy/$MM/$DD\"", "at \"$DD\": unknown time variable `$DD`"),
        ("\"o/$yyyy/$MM/$dd/$hh\"", "at \"$hh\": unknown time variable `$hh`"),
        ("\"o/$${yyyy}\"", "at \"${yyyy}\": unknown time variable `${yyyy}`"),
        ("\"o/$day\"", "did you mean `$dd`?"),
        ("\"o/$YYYY\"", "did you mean `$yyyy`?"),
        ("\"o/$ss\"", "unknown time variable `$ss`"),
        ("\"o/$yyyyMMdd\"", "at \"$yyyyMMdd\": only the first part"),
        ("\"o/$dd\"", "skip a level"),
        ("\"o/$yyyy/$dd\"", "skip a level"),
        ("\"o/$yyyy/$MM/$dd/$HH/$mm\"", "at \"$mm\": a folder for every minute"),
        ("\"orders\"", "oss_prefix has no time variable"),
    ] {
        let said = said_of(&[("oss_prefix", prefix)]);
        assert!(said.contains(want), "{prefix}: {said}");
    }
    assert_eq!(said_of(&[("oss_prefix", "\"o/ds=$yyyy$MM$dd\"")]), "");
    assert_eq!(said_of(&[("oss_prefix", "\"orders\""), ("task_type", "\"BASE\"")]), "");
}

#[test]
fn a_known_part_of_a_template_is_pointed_at() {
    let said = said_of(&[("oss_prefix", "\"o${var.x}/$yyyy/$DD\"")]);
    assert!(said.contains("at \"$DD\": unknown time variable"), "{said}");
}

#[test]
fn what_is_known_after_apply_is_not_judged() {
    let schema = resource("alicloud_ots_delivery_task");
    let vars = Value::object_of([("x", Value::unknown(Type::String))]);
    let text = task(&[
        ("task_name", "var.x"),
        ("oss_prefix", "var.x"),
        ("oss_sts_role", "var.x"),
        ("oss_endpoint", "var.x"),
        ("task_type", "var.x"),
    ]);
    assert_eq!(said_with(&schema, &text, vars, None), "");
}

#[test]
fn sensitive_values_are_never_shown() {
    let schema = resource("alicloud_ots_delivery_task");
    let vars = Value::object_of([("x", Value::string("$hunter2 Secret").sensitive())]);
    let text = task(&[
        ("task_name", "var.x"),
        ("oss_prefix", "var.x"),
        ("oss_sts_role", "var.x"),
        ("task_type", "var.x"),
        ("oss_endpoint", "\"${var.x}.aliyuncs.com\""),
    ]);
    let said = said_with(&schema, &text, vars, None);
    assert!(!said.contains("hunter2"), "{said}");
    insta::assert_snapshot!(said, @r#"
    error HW0221 at "var.x": Invalid value for "task_name" | The sensitive value must be lower-case letters, digits and hyphens, beginning and ending with a letter or digit. | the names in the vendor's own samples have 18 characters and break this rule too
    error HW0224 at "\"${var.x}.aliyuncs.com\"": oss_endpoint is not an endpoint | Rule oss_endpoint_form, from: OSS documentation, Regions and endpoints. | write the endpoint of the bucket's region, for example oss-cn-hangzhou.aliyuncs.com
    error HW0224 at "var.x": unknown time variable `(sensitive)` in oss_prefix | Rule oss_prefix_variables, from: Tablestore documentation, Create delivery tasks: OssPrefix. | Tablestore knows $yyyy, $MM, $dd, $HH and $mm only, without braces
    error HW0224 at "var.x": oss_sts_role is not the ARN of a role | Rule role_arn_form, from: Tablestore documentation, Create delivery tasks: OssRoleName; RAM documentation, GetRole: Arn. | write acs:ram::<account id>:role/<role name>, without spaces and without masking, for example acs:ram::1234567890123456:role/aliyunserviceroleforotsdatadelivery
    error HW0220 at "var.x": Invalid value for "task_type" | The sensitive value is none of the values allowed: "INC", "BASE", "BASE_INC".
    "#);
}

#[test]
fn roles_and_endpoints_have_their_form() {
    insta::assert_snapshot!(said_of(&[("oss_sts_role", "\"acs:ram::123: role/x\"")]), @r#"error HW0224 at "\"acs:ram::123: role/x\"": oss_sts_role is not the ARN of a role | Rule role_arn_form, from: Tablestore documentation, Create delivery tasks: OssRoleName; RAM documentation, GetRole: Arn. | write acs:ram::<account id>:role/<role name>, without spaces and without masking, for example acs:ram::1234567890123456:role/aliyunserviceroleforotsdatadelivery"#);
    insta::assert_snapshot!(said_of(&[("oss_sts_role", "\"acs:ram::17******25:role/x\"")]), @r#"error HW0224 at "\"acs:ram::17******25:role/x\"": oss_sts_role is not the ARN of a role | Rule role_arn_form, from: Tablestore documentation, Create delivery tasks: OssRoleName; RAM documentation, GetRole: Arn. | write acs:ram::<account id>:role/<role name>, without spaces and without masking, for example acs:ram::1234567890123456:role/aliyunserviceroleforotsdatadelivery"#);
    insta::assert_snapshot!(said_of(&[("oss_sts_role", "\"acs:ram::123:role/own\"")]), @r#"warning HW0224 at "\"acs:ram::123:role/own\"": the documentation knows only the role AliyunServiceRoleForOTSDataDelivery for delivery | Rule role_is_service_linked, from: Tablestore documentation, Service-linked role for data delivery. | a role of your own must let Tablestore assume it and allow writing into the bucket"#);
    insta::assert_snapshot!(said_of(&[("oss_endpoint", "\"https://lake-raw.oss-cn-hangzhou.aliyuncs.com\"")]), @r#"error HW0224 at "lake-raw.": oss_endpoint names the bucket too | Rule oss_endpoint_without_bucket, from: Tablestore documentation, Create delivery tasks: OssEndpoint. | write the endpoint of the region alone; the bucket stands in oss_bucket"#);
    insta::assert_snapshot!(said_of(&[("oss_endpoint", "\"oss-eu-central-1.aliyuncs.com\"")]), @r#"warning HW0224 at "eu-central-1": data delivery is not documented for the region eu-central-1 | Rule region_has_delivery, from: Tablestore documentation, Use SDKs for data delivery: supported regions. | documented are cn-hangzhou, cn-shanghai, cn-beijing, cn-zhangjiakou and cn-shenzhen"#);
    // The mixed case of RAM itself is fine, and so is the sim's endpoint.
    assert_eq!(
        said_of(&[(
            "oss_sts_role",
            "\"acs:ram::1:role/AliyunServiceRoleForOTSDataDelivery\""
        )]),
        ""
    );
    assert_eq!(said_of(&[("oss_endpoint", "\"http://127.0.0.1:8080\"")]), "");
}

#[test]
fn bucket_and_instance_are_in_one_region() {
    let schema = resource("alicloud_ots_delivery_task");
    let region = |r: &str| Value::object_of([("region", Value::string(r))]);
    let vars = || Value::object_of([("x", Value::int(1))]);
    let text = task(&[("oss_endpoint", "\"oss-cn-hangzhou-internal.aliyuncs.com\"")]);
    assert_eq!(said_with(&schema, &text, vars(), Some(&region("cn-hangzhou"))), "");
    let said = said_with(&schema, &text, vars(), Some(&region("cn-beijing")));
    insta::assert_snapshot!(said, @r#"error HW0224 at "cn-hangzhou": oss_endpoint is in cn-hangzhou, but the instance is in cn-beijing | Rule same_region, from: Tablestore documentation, Overview of data delivery: bucket and instance in the same region. | the bucket and the instance must be in one region; the task would end with INVALID_OSS_BUCKET"#);
}

#[test]
fn columns_and_event_time_agree() {
    let columns = "  schema {\n    column_name     = \"at\"\n    oss_column_name = \"t\"\n    type            = \"INT64\"\n  }
  schema {\n    column_name     = \"b\"\n    oss_column_name = \"t\"\n    type            = \"ParquetUtf8\"\n    encode          = \"PLAINS\"\n  }
  schema {\n    column_name     = \"c\"\n    oss_column_name = \"c\"\n    type            = \"DECIMAL\"\n  }
  event_time_column {\n    column_name = \"at\"\n    time_format = \"RFC3339\"\n  }\n";
    insta::assert_snapshot!(said_of(&[("+", columns)]), @r#"
    error HW0224 at "\"t\"": the OSS column `t` is described more than once | Rule oss_column_once, from: Tablestore documentation, Create delivery tasks: Schema. | give each schema block an oss_column_name of its own
    error HW0220 at "\"ParquetUtf8\"": Invalid value for "type" | "ParquetUtf8" is none of the values allowed: "BOOL", "INT64", "UTF8", "DOUBLE", "DATE", "DECIMAL", "TIME_MILLIS", "TIME_MICROS", "TIMESTAMP_MILLIS", "TIMESTAMP_MICROS", "LIST", "MAP", "INTERVAL", "FLOAT", "INT32", "INT96". | did you mean "UTF8"? | "ParquetUtf8" is another name of "UTF8", used by vendor SDKs
    error HW0220 at "\"PLAINS\"": Invalid value for "encode" | "PLAINS" is none of the values allowed: "PLAIN", "PLAIN_DICTIONARY", "DELTA_BINARY_PACKED", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY". | did you mean "PLAIN"?
    warning HW0224 at "\"DECIMAL\"": no Tablestore type is documented to become DECIMAL | Rule documented_type, from: Tablestore documentation, Quick start of data delivery: Data type mappings. | use BOOL for Boolean, INT64 for Integer, DOUBLE for Double or UTF8 for String columns; other values are likely to be dropped as dirty data
    error HW0224 at "event_time_column": event_time_column reads text, but schema says that the column `at` is none | Rule event_time_format_of_text, from: delivery.proto, EventTimeFormat (our inference). | for a column of integers that counts from 1970, set time_format = "Unix"
    "#);
    let unix = columns.replace("RFC3339", "EventColumnUnix");
    assert!(said_of(&[("+", &unix)]).contains("did you mean \"Unix\"?"));
    let without = said_of(&[
        ("oss_prefix", "\"orders\""),
        (
            "+",
            "  event_time_column {\n    column_name = \"at\"\n    time_format = \"Unix\"\n  }\n",
        ),
    ]);
    assert!(without.contains("event_time_column has no effect"), "{without}");
}

#[test]
fn null_for_a_required_argument_is_missing() {
    insta::assert_snapshot!(said_of(&[("task_name", "null")]), @r#"error HW0203 at "null": Missing required argument | The argument "task_name" is required, but its value is null."#);
}

#[test]
fn secrets_in_clear_text_are_refused_with_the_way_out() {
    let registry = registry();
    let schema = registry.provider("alicloud").expect("it loads");
    let text =
        "provider \"alicloud\" {\n  region     = \"China\"\n  access_key = \"AKID\"\n  secret_key = \"hunter2\"\n}\n";
    let said = said(schema, text);
    assert!(!said.contains("hunter2"), "{said}");
    insta::assert_snapshot!(said, @r#"
    error HW0225 at "nowhere": Secret in clear text: secret_key | main.tf:4 holds the secret as it is: whoever reads the file, or a copy of it in version control, has it. | remove the argument and set the environment variable ALIBABA_CLOUD_ACCESS_KEY_SECRET, or declare `variable "secret_key" { sensitive = true }`, write `secret_key = var.secret_key` and pass the value in the environment variable TF_VAR_secret_key
    error HW0221 at "\"China\"": Invalid value for "region" | "China" must be the id of a region, such as cn-hangzhou.
    "#);
}

#[test]
fn buckets_tables_and_roles_keep_their_rules() {
    let bucket = r#"resource "alicloud_oss_bucket" "b" {
  bucket = "Lake"
  acl    = "public"
  server_side_encryption_rule {
    sse_algorithm     = "AES256"
    kms_master_key_id = "k"
  }
  lifecycle_rule {
    enabled = true
    expiration {
      days = 0
      date = "2030-01-01"
    }
  }
  lifecycle_rule {
    enabled = false
  }
  timeouts {
    create = "soon"
  }
}
"#;
    insta::assert_snapshot!(said(&resource("alicloud_oss_bucket"), bucket), @r#"
    error HW0221 at "\"Lake\"": Invalid value for "bucket" | "Lake" must be lower-case letters, digits and hyphens, beginning and ending with a letter or digit.
    error HW0220 at "\"public\"": Invalid value for "acl" | "public" is none of the values allowed: "private", "public-read", "public-read-write".
    error HW0224 at "\"k\"": kms_master_key_id and kms_data_encryption belong to sse_algorithm KMS | Rule key_only_with_kms, from: OSS API reference, PutBucketEncryption: KMSMasterKeyID. | set sse_algorithm = "KMS", or remove them
    error HW0224 at "expiration": expiration takes exactly one of days, date, created_before_date and expired_object_delete_marker | Rule one_expiration, from: OSS API reference, PutBucketLifecycle: Expiration.
    error HW0223 at "0": Invalid value for "days" | 0 must be at least 1.
    error HW0224 at "lifecycle_rule": this lifecycle_rule does nothing | Rule lifecycle_does_something, from: OSS API reference, PutBucketLifecycle: a rule holds at least one action. | add a block expiration, transitions, abort_multipart_upload, noncurrent_version_expiration or noncurrent_version_transition
    error HW0221 at "\"soon\"": Invalid value for "create" | "soon" must be a duration such as 90s, 10m or 1h30m.
    "#);
    let table = r#"resource "alicloud_ots_table" "t" {
  instance_name = "inst"
  table_name    = "1st"
  time_to_live  = 0
  max_version   = 0
  enable_sse    = true
  sse_key_id    = "k"
  deviation_cell_version_in_sec = 86400
  primary_key {
    name = "a"
    type = "INTEGER"
  }
  defined_column {
    name = "a"
    type = "Text"
  }
}
"#;
    insta::assert_snapshot!(said(&resource("alicloud_ots_table"), table), @r#"
    error HW0224 at "resource \"alicloud_ots_table\" \"t\"": sse_key_id and sse_role_arn belong to sse_key_type SSE_BYOK, both together | Rule own_key_is_complete, from: Tablestore Python SDK, SSESpecification: key_id and role_arn only and always with SSE_BYOK.
    error HW0224 at "resource \"alicloud_ots_table\" \"t\"": sse_key_type is set exactly when enable_sse is true | Rule sse_key_type_with_sse, from: Tablestore Python SDK, SSESpecification: key_type is required if and only if enable is true.
    error HW0221 at "\"1st\"": Invalid value for "table_name" | "1st" must be letters, digits and underscores, beginning with a letter or an underscore.
    error HW0224 at "0": time_to_live can't be 0 | Rule time_to_live_in_use, from: Tablestore documentation, General limits: -1 or above 0. | -1 keeps data for ever
    error HW0223 at "0": Invalid value for "max_version" | 0 must be from 1 to 2147483647.
    error HW0220 at "\"INTEGER\"": Invalid value for "type" | "INTEGER" is none of the values allowed: "Integer", "String", "Binary". | did you mean "Integer"?
    error HW0224 at "defined_column": two columns of the table have one name | Rule column_names_once, from: Tablestore API reference, CreateTable: column names are unique in a table.
    error HW0220 at "\"Text\"": Invalid value for "type" | "Text" is none of the values allowed: "Integer", "String", "Binary", "Double", "Boolean".
    "#);
    let role = r#"resource "alicloud_ram_role" "r" {
  name                        = "r"
  assume_role_policy_document = "no json"
  max_session_duration        = 60
}
"#;
    insta::assert_snapshot!(said(&resource("alicloud_ram_role"), role), @r#"
    warning HW0226 at "\"r\"": name is deprecated | Use role_name, as the Terraform provider for Alibaba Cloud does from version 1.252.
    error HW0221 at "\"no json\"": Invalid value for "assume_role_policy_document" | It must be a JSON document: expected ident at line 1 column 2. | write it with assume_role_policy_document = jsonencode({ … })
    error HW0223 at "60": Invalid value for "max_session_duration" | 60 must be from 3600 to 43200.
    "#);
}

#[test]
fn a_role_has_one_name_and_one_policy() {
    let schema = resource("alicloud_ram_role");
    let role = |arguments: &str| {
        said(
            &schema,
            &format!("resource \"alicloud_ram_role\" \"r\" {{\n{arguments}\n}}\n"),
        )
    };
    let policy = "assume_role_policy_document = \"{\\\"Version\\\": 1}\"";
    assert_eq!(role(&format!("role_name = \"r\"\n{policy}")), "");
    assert!(role(policy).contains("exactly one name"));
    assert!(role(&format!("role_name = \"r\"\nname = \"r\"\n{policy}")).contains("exactly one name"));
    assert!(role("role_name = \"r\"").contains("exactly one policy"));
}
