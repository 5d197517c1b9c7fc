//! The rules of streams and dump tasks: each is broken once, and what keeps them all says nothing.

use super::{resource, said};

const STREAM: &str = "huaweicloud_dis_stream";
const TASK: &str = "huaweicloud_dis_dump_task";

/// What is said of a body: one line for each of `expected`, which the line holds.
#[track_caller]
fn check(type_name: &str, body: &str, expected: &[&str]) {
    let text = format!("resource \"{type_name}\" \"x\" {{\n{body}\n}}\n");
    let said = said(&resource(type_name), &text);
    let mut lines: Vec<&str> = said.lines().filter(|l| !l.trim().is_empty()).collect();
    for words in expected {
        let Some(at) = lines.iter().position(|l| l.contains(words)) else {
            panic!("{words:?} is not said of\n{text}\nbut\n{said}");
        };
        lines.remove(at);
    }
    assert!(lines.is_empty(), "besides, of\n{text}\n{}", lines.join("\n"));
}

#[test]
fn streams_keep_their_rules() {
    let long = format!("stream_name = \"{}\"\npartition_count = 1", "s".repeat(61));
    let longer = format!("stream_name = \"{}\"\npartition_count = 1", "s".repeat(65));
    for (body, expected) in [
        ("stream_name = \"s\"\npartition_count = 1", &[][..]),
        (&long, &["long_name"]),
        (&longer, &["stream_name", "long_name"]),
        (
            "stream_name = \"a b\"\npartition_count = 0",
            &["\"a b\" must be", "must be at least 1"],
        ),
        ("stream_name = \"s\"\npartition_count = 1.5", &["whole_partition_count"]),
        (
            "stream_name = \"s\"\npartition_count = 51",
            &["50 partitions of type COMMON"],
        ),
        (
            "stream_name = \"s\"\npartition_count = 11\nstream_type = \"ADVANCED\"",
            &["10 partitions of type ADVANCED"],
        ),
        (
            "stream_name = \"s\"\npartition_count = 1\nretention_period = 12",
            &["must be from 24 to 168", "retention_in_days"],
        ),
        (
            "stream_name = \"s\"\npartition_count = 1\ndata_duration = 48",
            &["Did you mean \"retention_period\"?"],
        ),
        (
            "stream_name = \"s\"\npartition_count = 1\nretention_period = 96",
            &["retention_above_text"],
        ),
        (
            "stream_name = \"s\"\npartition_count = 1\ndata_type = \"json\"",
            &["did you mean \"JSON\"?"],
        ),
        (
            "stream_name = \"s\"\npartition_count = 1\ndata_type = \"FILE\"",
            &["file_type"],
        ),
        (
            "stream_name = \"s\"\npartition_count = 1\ndata_schema = \"{}\"",
            &["schema_of_structured_data"],
        ),
        (
            "stream_name = \"s\"\npartition_count = 1\ndata_type = \"JSON\"\ndata_schema = \"{\"",
            &["It must be a JSON document"],
        ),
        (
            "stream_name = \"s\"\npartition_count = 1\ncsv_delimiter = \";\"",
            &["delimiter_of_csv"],
        ),
        (
            "stream_name = \"s\"\npartition_count = 1\nauto_scale_max_partition_count = 2",
            &["both_bounds"],
        ),
        (
            "stream_name = \"s\"\npartition_count = 4\nauto_scale_min_partition_count = 5\nauto_scale_max_partition_count = 3",
            &["bounds_in_order", "count_within_bounds"],
        ),
        (
            "stream_name = \"s\"\npartition_count = 1\ntags = { \"\" = \"x\" }",
            &["tag_keys"],
        ),
    ] {
        check(STREAM, body, expected);
    }
}

const NAMES: &str = "stream_name = \"s\"\ntask_name = \"t\"\n";
const OBS: &str = "agency_name = \"a\"\nobs_bucket_path = \"lake\"\n";
const DLI: &str =
    "agency_name = \"a\"\nobs_bucket_path = \"lake\"\ndli_database_name = \"d\"\ndli_table_name = \"t\"\n";
const TABLE: &str = "agency_name = \"a\"\ncloudtable_cluster_name = \"c\"\ncloudtable_cluster_id = \"i\"\n";

#[test]
fn a_task_has_one_destination_that_its_type_agrees_with() {
    let obs = format!("obs_destination_descriptor {{\n{OBS}}}\n");
    let dli = format!("dli_destination_descriptor {{\n{DLI}}}\n");
    for (body, expected) in [
        (obs.clone(), &[][..]),
        (format!("destination_type = \"OBS\"\n{obs}"), &[]),
        (String::new(), &["one_destination"]),
        (format!("{obs}{dli}"), &["one_destination"]),
        (
            format!("destination_type = \"DLI\"\n{obs}"),
            &["there is no dli_destination_descriptor"],
        ),
        (
            format!("destination_type = \"UQUERY\"\n{dli}"),
            &["another name of \"DLI\""],
        ),
        (
            format!("destination = \"DLI\"\n{dli}"),
            &["Did you mean \"destination_type\"?"],
        ),
        (format!("action = \"stop\"\n{dli}"), &["Did you mean \"running\"?"]),
    ] {
        check(TASK, &format!("{NAMES}{body}"), expected);
    }
    let long = format!("stream_name = \"{}\"\ntask_name = \"t t\"\n{obs}", "s".repeat(64));
    check(TASK, &long, &["documented for 60 at most", "\"t t\" must be"]);
}

#[test]
fn descriptors_keep_their_rules() {
    for (block, base, more, expected) in [
        (
            "dli",
            DLI,
            "deliver_time_interval = 30\nretry_duration = \"7200\"",
            &[][..],
        ),
        ("dli", DLI, "deliver_time_interval = 29", &["must be from 30 to 900"]),
        (
            "dli",
            DLI,
            "deliver_time_interval = 30.5",
            &["whole_deliver_time_interval"],
        ),
        ("dli", DLI, "retry_duration = 7201", &["must be from 0 to 7200"]),
        ("dli", DLI, "retry_duration = 0", &["dli_error at once"]),
        (
            "dli",
            DLI,
            "consumer_strategy = \"latest\"",
            &["did you mean \"LATEST\"?"],
        ),
        (
            "dli",
            DLI,
            "consumer_strategy = \"earliest\"",
            &["another name of \"TRIM_HORIZON\""],
        ),
        ("dli", DLI, "file_prefix = \"/tmp\"", &["not beginning with a slash"]),
        ("dli", DLI, "file_prefix = \"a-b\"", &["not beginning with a slash"]),
        ("dli", DLI, "file_prefix = \"a/b_1\"", &[]),
        ("obs", OBS, "record_delimiter = \"\\n\"", &[]),
        (
            "obs",
            OBS,
            "record_delimiter = \"\\\\n\"",
            &["\"\\\\n\" is another name of \"\\n\""],
        ),
        ("obs", OBS, "record_delimiter = \"#\"", &["none of the values allowed"]),
        (
            "obs",
            OBS,
            "partition_format = \"day\"",
            &["did you mean \"yyyy/MM/dd\"?"],
        ),
        (
            "obs",
            OBS,
            "partition_format = \"yyyy/MM/dd/HH/mm\"",
            &["minute_folders"],
        ),
        (
            "obs",
            OBS,
            "destination_file_type = \"parquet\"\nrecord_delimiter = \";\"",
            &["delimiter_of_text"],
        ),
        (
            "obs",
            OBS,
            "processing_schema {\ntimestamp_name = \"at\"\ntimestamp_type = \"String\"\n}",
            &["needs a timestamp_format"],
        ),
        (
            "obs",
            OBS,
            "processing_schema {\ntimestamp_name = \"at\"\ntimestamp_type = \"Timestamp\"\ntimestamp_format = \"yyyy-MM-dd HH:mm:ss\"\n}",
            &["no meaning for a time of type Timestamp"],
        ),
        ("obs", "obs_bucket_path = \"lake\"", "", &["agency_name is not set"]),
        (
            "obs",
            "agency_name = \"a\"",
            "obs_bucket_path = \"obs://lake/x\"",
            &["the bucket alone"],
        ),
        (
            "cloudtable",
            TABLE,
            "",
            &["either cloudtable_schema or opentsdb_schema"],
        ),
        (
            "cloudtable",
            TABLE,
            "cloudtable_schema {\nrow_key {\nvalue = \"v\"\ntype = \"int\"\n}\ncolumns {\ncolumn_family_name = \"cf\"\ncolumn_name = \"a-b\"\nvalue = \"v\"\ntype = \"String\"\n}\n}",
            &[
                "another name of \"Bigint\"",
                "\"a-b\" must be",
                "needs a cloudtable_table_name",
            ],
        ),
        (
            "cloudtable",
            TABLE,
            "cloudtable_table_name = \"t\"\nbackup_file_prefix = \"b\"\nopentsdb_schema {\nmetric {\ntype = \"Constant\"\nvalue = \"m\"\n}\ntimestamp {\ntype = \"String\"\nvalue = \"at\"\n}\nvalue {\ntype = \"Double\"\nvalue = \"v\"\n}\ntags {\nname = \"n\"\ntype = \"String\"\nvalue = \"n\"\n}\n}",
            &[
                "a time of type String needs a format",
                "no meaning for OpenTSDB",
                "without obs_backup_bucket_path",
            ],
        ),
    ] {
        let body = format!("{NAMES}{block}_destination_descriptor {{\n{base}\n{more}\n}}");
        check(TASK, &body, expected);
    }
}
