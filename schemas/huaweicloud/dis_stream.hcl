# A stream of the Data Ingestion Service. Names of the arguments as in the official Terraform provider for Huawei Cloud.
# Sources: DIS API reference (Creating a Stream, Querying Stream Details, Changing Partition Quantity, Updating Stream
# Information, tag management); DIS user guide, Creating a DIS Stream; Terraform provider for Huawei Cloud, dis_stream.

resource "huaweicloud_dis_stream" {
  provider  = "huaweicloud"
  version   = 0
  summary   = "A stream of the Data Ingestion Service: producers write records into it, consumers and dump tasks read them."
  identity  = ["stream_name"]
  import_id = ["stream_name"]

  also_called = ["opentelekomcloud_dis_stream_v2"]

  docs = <<-EOT
    How long records are kept, their type and schema, automatic scaling and tags change in place. The number of
    partitions does too, but the service scales a stream at most five times an hour, and not at all within an hour
    after a change that went well; Headworks waits until the change is done.

    With automatic scaling the service decides how many partitions there are. `partition_count` is then the number to
    begin with and counts as kept while the real number, `writable_partition_count`, is within the two bounds.

    Open Telekom Cloud has switched DIS off in 2026. On Huawei Cloud it runs.
  EOT

  timeouts {
    create = "10m"
    update = "30m"
    delete = "10m"
  }

  attribute "id" {
    type    = string
    mode    = "computed"
    stable  = true
    predict = self.stream_name
    doc     = "The name of the stream."
  }

  attribute "region" {
    type      = string
    mode      = "optional_computed"
    on_change = "replace"
    stable    = true
    predict   = provider.region
    doc       = "The region of the stream; that of the provider where it is not set."
  }

  attribute "stream_name" {
    type        = string
    mode        = "required"
    on_change   = "replace"
    also_called = ["name", "StreamName"]
    length      = [1, 64]
    pattern {
      regex   = "[A-Za-z0-9_-]*"
      meaning = "letters, digits, hyphens and underscores"
    }
    doc    = "Name of the stream, unique in the project."
    source = "DIS API reference, Creating a Stream: stream_name"
  }

  attribute "partition_count" {
    type        = number
    mode        = "required"
    also_called = ["partitions", "shard_count"]
    range       = [1, null]
    doc         = "Number of partitions: how much the stream takes in and gives out at a time."
    source      = "DIS API reference, Creating a Stream: partition_count"
  }

  attribute "stream_type" {
    type      = string
    mode      = "optional"
    default   = "COMMON"
    on_change = "replace"
    allowed   = ["COMMON", "ADVANCED"]
    doc       = "`COMMON`: each partition takes in 1 MB/s and gives out 2 MB/s. `ADVANCED`: 5 MB/s and 10 MB/s."
    source    = "DIS API reference, Creating a Stream: stream_type"
  }

  attribute "retention_period" {
    type        = number
    mode        = "optional"
    default     = 24
    also_called = ["data_duration", "retention"]
    range       = [24, 168]
    doc         = "For how many hours records are kept."
    source      = "DIS API reference, Creating a Stream: data_duration, 24 to 72 in the text and up to 168 in the schema"
  }

  attribute "data_type" {
    type    = string
    mode    = "optional"
    default = "BLOB"
    allowed = ["BLOB", "JSON", "CSV", "FILE"]
    doc     = "Type of the records. A dump into DLI or DWS wants `CSV`, one into CloudTable `JSON`."
    source  = "DIS API reference, Creating a Stream: data_type; DIS Java SDK, DataTypeEnum"
  }

  attribute "data_schema" {
    type     = string
    mode     = "optional"
    equality = "json"
    doc      = "The fields of JSON or CSV records as an Avro schema in JSON: `jsonencode({ type = \"record\", name = \"RecordName\", fields = [{ name = \"id\", type = \"string\" }] })`."
  }

  attribute "csv_delimiter" {
    type        = string
    mode        = "optional"
    on_change   = "replace"
    also_called = ["delimiter"]
    length      = [1, null]
    doc         = "What stands between the fields of CSV records."
    source      = "DIS API reference, Creating a Stream: csv_properties.delimiter"
  }

  attribute "compression_format" {
    type      = string
    mode      = "optional"
    on_change = "replace"
    allowed   = ["snappy", "gzip", "zip"]
    doc       = "How records are compressed; not at all where it is not set."
    source    = "DIS API reference, Creating a Stream: compression_format"
  }

  attribute "auto_scale_min_partition_count" {
    type   = number
    mode   = "optional"
    range  = [1, null]
    doc    = "Least number of partitions of automatic scaling, which is on when both bounds are set."
    source = "DIS API reference, Creating a Stream: auto_scale_min_partition_count"
  }

  attribute "auto_scale_max_partition_count" {
    type   = number
    mode   = "optional"
    range  = [1, null]
    doc    = "Greatest number of partitions of automatic scaling."
    source = "DIS API reference, Creating a Stream: auto_scale_max_partition_count"
  }

  attribute "enterprise_project_id" {
    type        = string
    mode        = "optional_computed"
    on_change   = "replace"
    stable      = true
    also_called = ["eps_id"]
    doc         = "The enterprise project of the stream, `0` for the default one; that of the provider where it is not set."
  }

  attribute "tags" {
    type   = map(string)
    mode   = "optional"
    length = [null, 10]
    doc    = "Tags of the stream."
    source = "DIS user guide, Managing Stream Tags: at most ten"
  }

  attribute "stream_id" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Id that the service gives the stream."
  }

  attribute "created" {
    type   = number
    mode   = "computed"
    stable = true
    doc    = "When the stream was made, in milliseconds since 1970."
  }

  attribute "status" {
    type     = string
    mode     = "computed"
    volatile = true
    doc      = "`CREATING`, `RUNNING`, `TERMINATING`, `TERMINATED` or `FROZEN`."
    source   = "DIS API reference, Querying Stream Details: status"
  }

  attribute "writable_partition_count" {
    type     = number
    mode     = "computed"
    volatile = true
    doc      = "Partitions that take records in."
  }

  attribute "readable_partition_count" {
    type     = number
    mode     = "computed"
    volatile = true
    doc      = "Partitions that records can be read from: also those that a smaller number has closed, until their records are too old."
  }

  attribute "partitions" {
    type     = list(map(string))
    mode     = "computed"
    volatile = true
    doc      = "The partitions, each with `id`, `status` (`CREATING`, `ACTIVE`, `DELETED` or `EXPIRED`), `hash_range` and `sequence_number_range`."
    source   = "DIS API reference, Querying Stream Details: partitions"
  }

  health {
    phase    = "status"
    pending  = ["CREATING"]
    error    = "status"
    error_ok = ["CREATING", "RUNNING"]

    cause "FROZEN" {
      meaning = "the stream is frozen: it takes no records in"
      help    = "this happens to accounts in arrears; settle the account or ask the vendor's support"
    }

    cause "TERMINATING" {
      meaning = "the stream is being deleted"
      help    = "wait until it is gone and apply again, which makes it anew"
    }

    cause "TERMINATED" {
      meaning = "the stream has been deleted"
      help    = "apply again, which makes it anew"
    }
  }

  api "dis" {
    reads = { ShowStream = "dis:streams:get" }
    writes = {
      CreateStream         = "dis:streams:create"
      UpdateStream         = "dis:streams:update"
      UpdatePartitionCount = "dis:streams:update"
      BatchCreateTags      = "dis:tagResources:update"
      BatchDeleteTags      = "dis:tagResources:update"
      DeleteStream         = "dis:streams:delete"
    }
  }

  rule "whole_partition_count" {
    attribute = "partition_count"
    condition = floor(self.partition_count) == self.partition_count
    message   = "partition_count is not a whole number"
    source    = "DIS API reference, Creating a Stream: partition_count is an integer"
  }

  rule "partition_quota" {
    attribute = "partition_count"
    severity  = "warning"
    condition = self.partition_count <= (self.stream_type == "ADVANCED" ? 10 : 50)
    message   = "an account may have ${self.stream_type == "ADVANCED" ? 10 : 50} partitions of type ${self.stream_type} by default"
    help      = "take fewer, or have the quota raised"
    source    = "DIS user guide, Creating a DIS Stream: Partitions"
  }

  rule "long_name" {
    attribute = "stream_name"
    severity  = "warning"
    condition = length(self.stream_name) <= 60
    message   = "stream_name has ${length(self.stream_name)} characters, and some calls are documented for 60 at most"
    help      = "take a name of up to 60 characters; a stream may have 64, but the pages of its dump tasks say 60"
    source    = "DIS API reference, Creating a Stream: 64; Adding DLI Dump Tasks and others: stream_name of the path, 60"
  }

  rule "whole_retention_period" {
    attribute = "retention_period"
    condition = floor(self.retention_period) == self.retention_period
    message   = "retention_period is not a whole number of hours"
    source    = "DIS API reference, Creating a Stream: data_duration is an integer"
  }

  rule "retention_in_days" {
    attribute = "retention_period"
    severity  = "warning"
    condition = floor(self.retention_period) != self.retention_period || self.retention_period % 24 == 0
    message   = "retention_period is not a whole number of days"
    help      = "the vendor's SDK knows multiples of 24 hours only"
    source    = "DIS SDK reference, Creating a Stream: N x 24 hours, N from 1 to 7"
  }

  rule "retention_above_text" {
    attribute = "retention_period"
    severity  = "warning"
    condition = self.retention_period <= 72
    message   = "the API reference contradicts itself on a retention_period above 72 hours"
    help      = "the text allows 24 to 72 hours, the schema line on the same page up to 168"
    source    = "DIS API reference, Creating a Stream: data_duration"
  }

  rule "file_type" {
    attribute = "data_type"
    severity  = "warning"
    condition = self.data_type != "FILE"
    message   = "only one SDK knows the data type FILE"
    help      = "documented for streams are BLOB, JSON and CSV"
    source    = "DIS API reference, Creating a Stream: data_type; DIS Java SDK, DataTypeEnum"
  }

  rule "schema_of_structured_data" {
    attribute = "data_schema"
    severity  = "warning"
    condition = self.data_schema == null || contains(["JSON", "CSV"], self.data_type)
    message   = "data_schema has no meaning for records of type ${self.data_type}"
    help      = "set data_type to JSON or CSV, or remove data_schema"
    source    = "DIS API reference, Creating a Stream: data_schema"
  }

  rule "delimiter_of_csv" {
    attribute = "csv_delimiter"
    condition = self.csv_delimiter == null || self.data_type == "CSV"
    message   = "csv_delimiter is for records of type CSV, and these are ${self.data_type}"
    help      = "set data_type = \"CSV\", or remove csv_delimiter"
    source    = "DIS API reference, Creating a Stream: csv_properties"
  }

  rule "both_bounds" {
    attribute = "auto_scale_max_partition_count"
    condition = (self.auto_scale_min_partition_count == null) == (self.auto_scale_max_partition_count == null)
    message   = "automatic scaling needs both bounds"
    help      = "set auto_scale_min_partition_count and auto_scale_max_partition_count, or neither"
    source    = "Terraform provider for Huawei Cloud, dis_stream: each bound requires the other"
  }

  rule "bounds_in_order" {
    attribute = "auto_scale_max_partition_count"
    condition = (
      self.auto_scale_min_partition_count == null || self.auto_scale_max_partition_count == null ? true :
      self.auto_scale_min_partition_count <= self.auto_scale_max_partition_count
    )
    message = "auto_scale_max_partition_count is less than auto_scale_min_partition_count"
    source  = "DIS API reference, Creating a Stream: auto_scale_max_partition_count"
  }

  rule "count_within_bounds" {
    attribute = "partition_count"
    severity  = "warning"
    condition = (
      self.auto_scale_min_partition_count == null || self.auto_scale_max_partition_count == null ? true :
      self.auto_scale_min_partition_count <= self.partition_count && self.partition_count <= self.auto_scale_max_partition_count
    )
    message = "partition_count is outside of the bounds of automatic scaling"
    help    = "the service would scale the stream at once; begin with a number within the bounds"
    source  = "DIS API reference, Creating a Stream: auto_scale_enabled (our inference)"
  }

  rule "tag_keys" {
    attribute = "tags"
    condition = self.tags == null ? true : alltrue([for k, v in self.tags : length(k) >= 1 && length(k) <= 36])
    message   = "a key in tags must have 1 to 36 characters"
    source    = "DIS API reference, Creating a Stream: tags.key"
  }

  rule "tag_values" {
    attribute = "tags"
    condition = self.tags == null ? true : alltrue([for k, v in self.tags : v == null ? true : length(v) <= 43])
    message   = "a value in tags may have 43 characters"
    source    = "DIS API reference, Creating a Stream: tags.value"
  }

  effect "records_lost" {
    on   = ["delete"]
    text = "The records in ${prior.stream_name} are deleted with it, also those that no consumer and no dump task has read yet."
    fix  = "Stop the producers and wait until everything is delivered before you delete the stream."
  }

  effect "records_lost_with_replacement" {
    on   = ["replace"]
    text = "The records in ${prior.stream_name} are deleted with the old stream, also those that no consumer and no dump task has read yet; the new one starts empty, without dump tasks and checkpoints."
    fix  = "Stop the producers and wait until everything is delivered, or make a second stream and move the producers to it first."
  }

  effect "retention_shortened" {
    on   = ["update"]
    when = self.retention_period < prior.retention_period
    text = "Records older than ${self.retention_period} hours are gone; until now the stream kept ${prior.retention_period} hours."
    fix  = "Make sure that consumers and dump tasks lag less than ${self.retention_period} hours behind."
  }

  effect "data_type_changed" {
    on   = ["update"]
    when = self.data_type != prior.data_type
    text = "Records that are in the stream stay as they are: until they are too old, readers find ${prior.data_type} and ${self.data_type} mixed, and dump tasks for structured destinations may fail on them."
    fix  = "Stop the producers and wait until everything is delivered before you change the type."
  }

  effect "order_of_records" {
    on       = ["update"]
    severity = "note"
    when     = self.partition_count != prior.partition_count
    text     = "Records of one key may go to another partition from now on: across the change, their order is not kept."
    fix      = "Let consumers read the old partitions to their end first."
  }
}
