# A Tablestore delivery task: rows of a table, written as Parquet objects into an OSS bucket.
# Sources: Tablestore documentation "Use SDKs for data delivery" (Go and Java pages), "Quick start" and "Overview" of
# data delivery; delivery.proto of aliyun-tablestore-go-sdk.

resource "alicloud_ots_delivery_task" {
  provider  = "alicloud"
  version   = 0
  summary   = "A task that delivers the rows of a Tablestore table to an OSS bucket, as Parquet files."
  identity  = ["instance_name", "table_name", "task_name"]
  import_id = ["instance_name", "table_name", "task_name"]

  # The documented API creates, describes, lists and deletes tasks; it changes none.
  on_change = "replace"

  docs = <<-EOT
    Tablestore reads the table, the stream of its changes, or first one and then the other, and writes Parquet objects
    below `oss_prefix`. Objects appear when they are big enough or after two minutes; 99 of 100 rows are there within
    ten minutes. Creating takes up to one minute, in which the task is in phase `INIT`.

    A task can't be changed. Every change deletes the task and makes a new one; the plan says what that does to the
    data. Objects that were delivered stay. Deleted rows are not delivered: the objects keep every row that ever was.

    The task writes with a role that Tablestore may assume. Usually this is the service-linked role
    `AliyunServiceRoleForOTSDataDelivery`, made by `alicloud_resource_manager_service_linked_role` with
    `service_name = "datadelivery.ots.aliyuncs.com"`.
  EOT

  timeouts {
    create = "10m"
    delete = "10m"
  }

  attribute "id" {
    type    = string
    mode    = "computed"
    stable  = true
    predict = "${self.instance_name}:${self.table_name}:${self.task_name}"
    doc     = "`<instance_name>:<table_name>:<task_name>`."
  }

  attribute "instance_name" {
    type        = string
    mode        = "required"
    also_called = ["instance", "InstanceName"]
    length      = [3, 16]
    pattern {
      regex   = "[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?"
      meaning = "letters, digits and hyphens, beginning with a letter and not ending with a hyphen"
    }
    doc    = "The Tablestore instance that holds the table."
    source = "Tablestore documentation, General limits: instance name"
  }

  attribute "table_name" {
    type        = string
    mode        = "required"
    also_called = ["TableName"]
    length      = [1, 255]
    pattern {
      regex   = "[A-Za-z_][A-Za-z0-9_]*"
      meaning = "letters, digits and underscores, beginning with a letter or an underscore"
    }
    doc    = "The table whose rows are delivered."
    source = "Tablestore documentation, General limits: table name"
  }

  attribute "task_name" {
    type        = string
    mode        = "required"
    also_called = ["TaskName", "name"]
    length      = [3, 16]
    pattern {
      regex   = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
      meaning = "lower-case letters, digits and hyphens, beginning and ending with a letter or digit"
    }
    help   = "the names in the vendor's own samples have 18 characters and break this rule too"
    doc    = "Name of the task, unique among the tasks of the table."
    source = "Tablestore documentation, Create delivery tasks: TaskName"
  }

  attribute "task_type" {
    type    = string
    mode    = "optional"
    default = "BASE_INC"
    allowed = ["INC", "BASE", "BASE_INC"]
    value_aliases = {
      IncTask     = "INC"
      BaseTask    = "BASE"
      BaseIncTask = "BASE_INC"
      Incremental = "INC"
      Inc         = "INC"
      Full        = "BASE"
      Base        = "BASE"
      BaseInc     = "BASE_INC"
    }
    also_called = ["TaskType", "type", "mode"]
    doc         = "`INC` delivers rows written from now on, `BASE` the rows of the whole table once, `BASE_INC` the whole table and then what is written. Always sent, as the SDKs differ in what they send when it is unset."
    source      = "delivery.proto, DeliveryTaskType; Tablestore documentation, Create delivery tasks: TaskType"
  }

  attribute "oss_bucket" {
    type        = string
    mode        = "required"
    also_called = ["OssBucket", "bucket", "bucket_name"]
    length      = [3, 63]
    pattern {
      regex   = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
      meaning = "the name of an OSS bucket: lower-case letters, digits and hyphens, beginning and ending with a letter or digit"
    }
    doc    = "The bucket that receives the objects. It must be in the region of the instance."
    source = "OSS documentation, Bucket naming conventions"
  }

  attribute "oss_endpoint" {
    type        = string
    mode        = "required"
    also_called = ["OssEndpoint", "endpoint"]
    length      = [1, null]
    doc         = "Endpoint of the region of the bucket, for example `oss-cn-hangzhou.aliyuncs.com`."
    source      = "Tablestore Java SDK, OSSTaskConfig refuses an empty ossEndpoint"
  }

  attribute "oss_prefix" {
    type        = string
    mode        = "required"
    also_called = ["OssPrefix", "prefix"]
    length      = [1, null]
    doc         = "Folder of the objects. `$yyyy`, `$MM`, `$dd`, `$HH` and `$mm` stand for the time of each row: of its event time column, else of its writing. Example: `orders/year=$yyyy/month=$MM`."
    source      = "Tablestore documentation, Create delivery tasks: OssPrefix"
  }

  attribute "oss_sts_role" {
    type        = string
    mode        = "required"
    equality    = "case_insensitive"
    also_called = ["OssRoleName", "oss_role_name", "ossStsRole", "role_arn", "role"]
    doc         = "ARN of the role with which Tablestore writes into the bucket: `acs:ram::<account id>:role/<role name in lower case>`. RAM itself prints the name in mixed case; both mean the same."
    source      = "Tablestore documentation, Create delivery tasks: OssRoleName (Go), ossStsRole (Java)"
  }

  attribute "format" {
    type    = string
    mode    = "optional"
    default = "Parquet"
    allowed = ["Parquet"]
    value_aliases = {
      ParquetFormat = "Parquet"
      PARQUET       = "Parquet"
    }
    also_called = ["Format", "oss_file_format"]
    doc         = "Format of the objects."
    source      = "delivery.proto, Format; Tablestore documentation, Create delivery tasks: Format"
  }

  block "event_time_column" {
    nesting     = "single"
    also_called = ["EventTimeColumn", "event_column"]
    doc         = "The column whose value is the time that the variables of `oss_prefix` stand for. Without it, the time at which a row was written counts."

    attribute "column_name" {
      type        = string
      mode        = "required"
      also_called = ["ColumnName", "name", "column"]
      length      = [1, 255]
      doc         = "Name of the column."
      source      = "Tablestore documentation, General limits: column name"
    }

    attribute "time_format" {
      type    = string
      mode    = "required"
      allowed = ["RFC822", "RFC850", "RFC1123", "RFC3339", "Unix"]
      value_aliases = {
        EventColumnRFC822  = "RFC822"
        EventColumnRFC850  = "RFC850"
        EventColumnRFC1123 = "RFC1123"
        EventColumnRFC3339 = "RFC3339"
        EventColumnUnix    = "Unix"
        ISO8601            = "RFC3339"
        timestamp          = "Unix"
        epoch              = "Unix"
      }
      also_called = ["TimeFormat", "event_time_format", "format"]
      doc         = "How the column spells the time. `Unix` is for integer columns, the others are for text."
      source      = "delivery.proto, EventTimeFormat"
    }
  }

  block "schema" {
    nesting     = "list"
    min         = 1
    also_called = ["parquet_schema", "parquetSchema", "Schema", "task_schema", "column"]
    doc         = "The columns of the Parquet objects, in order; the order of the table does not count."

    attribute "column_name" {
      type        = string
      mode        = "required"
      also_called = ["ColumnName", "name"]
      length      = [1, 255]
      doc         = "Column of the table: of the primary key or any other."
      source      = "Tablestore documentation, General limits: column name"
    }

    attribute "oss_column_name" {
      type        = string
      mode        = "required"
      also_called = ["OssColumnName", "oss_column", "target_name"]
      length      = [1, null]
      doc         = "Name of the column in the Parquet objects."
      source      = "Tablestore Java SDK, ParquetSchema refuses an empty ossColumnName"
    }

    attribute "type" {
      type = string
      mode = "required"
      allowed = [
        "BOOL", "INT64", "UTF8", "DOUBLE", "DATE", "DECIMAL", "TIME_MILLIS", "TIME_MICROS",
        "TIMESTAMP_MILLIS", "TIMESTAMP_MICROS", "LIST", "MAP", "INTERVAL", "FLOAT", "INT32", "INT96",
      ]
      value_aliases = {
        ParquetBool            = "BOOL"
        ParquetInt64           = "INT64"
        ParquetUtf8            = "UTF8"
        ParquetDouble          = "DOUBLE"
        ParquetDate            = "DATE"
        ParquetDecimal         = "DECIMAL"
        ParquetTimeMills       = "TIME_MILLIS"
        ParquetTimeMicros      = "TIME_MICROS"
        ParquetTimestampMills  = "TIMESTAMP_MILLIS"
        ParquetTimestampMicros = "TIMESTAMP_MICROS"
        Boolean                = "BOOL"
        Integer                = "INT64"
        Int                    = "INT64"
        Long                   = "INT64"
        String                 = "UTF8"
        Text                   = "UTF8"
      }
      also_called = ["Type", "data_type"]
      doc         = "Type in the Parquet objects. Documented are four: `BOOL` for Boolean, `INT64` for Integer, `DOUBLE` for Double and `UTF8` for String columns. A field whose value has another type is dropped as dirty data, without an error."
      source      = "delivery.proto, DataType; Tablestore documentation, Quick start: Data type mappings"
    }

    attribute "encode" {
      type    = string
      mode    = "optional"
      default = "PLAIN"
      allowed = ["PLAIN", "PLAIN_DICTIONARY", "DELTA_BINARY_PACKED", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"]
      value_aliases = {
        EncodingPlain                = "PLAIN"
        EncodingPlainDictionary      = "PLAIN_DICTIONARY"
        EncodingDeltaBinaryPacked    = "DELTA_BINARY_PACKED"
        EncodingDeltaByteArray       = "DELTA_BYTE_ARRAY"
        EncodingDeltaLengthByteArray = "DELTA_LENGTH_BYTE_ARRAY"
      }
      also_called = ["Encode", "encoding"]
      doc         = "Parquet encoding of the column."
      source      = "delivery.proto, Encoding"
    }

    attribute "type_extend" {
      type        = string
      mode        = "optional"
      also_called = ["TypeExtend"]
      doc         = "Further details of the type, for the types that need some."
      source      = "delivery.proto, ParquetSchema.typeExtend"
    }

    rule "documented_type" {
      attribute = "type"
      severity  = "warning"
      condition = !contains(
        [
          "DATE", "DECIMAL", "TIME_MILLIS", "TIME_MICROS", "TIMESTAMP_MILLIS", "TIMESTAMP_MICROS",
          "LIST", "MAP", "INTERVAL", "FLOAT", "INT32", "INT96",
        ],
        self.type,
      )
      message = "no Tablestore type is documented to become ${self.type}"
      help    = "use BOOL for Boolean, INT64 for Integer, DOUBLE for Double or UTF8 for String columns; other values are likely to be dropped as dirty data"
      source  = "Tablestore documentation, Quick start of data delivery: Data type mappings"
    }
  }

  # What the service says of a task; refreshed, never a difference.

  attribute "sync_phase" {
    type     = string
    mode     = "computed"
    volatile = true
    doc      = "`INIT` while the task is made, `FULL` while it delivers the whole table, `INCR` while it delivers changes."
    source   = "delivery.proto, TaskSyncPhase"
  }

  attribute "current_sync_timestamp" {
    type     = number
    mode     = "computed"
    volatile = true
    doc      = "Up to which time changes have been delivered, in nanoseconds since 1970."
    source   = "delivery.proto, TaskSyncStat; Tablestore Java SDK divides by 1,000,000 to get milliseconds"
  }

  attribute "error_code" {
    type     = string
    mode     = "computed"
    volatile = true
    doc      = "`OK`, `UNAUTHORIZED` or `INVALID_OSS_BUCKET`; null where the service says nothing."
    source   = "OtsDelivery.proto of the Tablestore Java SDK, ErrorType"
  }

  attribute "error_detail" {
    type     = string
    mode     = "computed"
    volatile = true
    doc      = "The service's own words about the error."
    source   = "delivery.proto, TaskSyncStat.detail"
  }

  health {
    phase    = "sync_phase"
    pending  = ["INIT"]
    error    = "error_code"
    error_ok = ["OK"]
    detail   = "error_detail"

    cause "UNAUTHORIZED" {
      meaning = "Tablestore may not assume the role in oss_sts_role, or there is no such role"
      help    = "create alicloud_resource_manager_service_linked_role with service_name = \"datadelivery.ots.aliyuncs.com\" and set oss_sts_role to its arn; for a role of your own, let Tablestore assume it and allow oss:PutObject on the bucket"
    }

    cause "INVALID_OSS_BUCKET" {
      meaning = "the bucket does not exist, or is in another region than the instance"
      help    = "create the bucket in the region of the instance and set oss_endpoint to that region; when a deleted bucket is made again, the task writes everything again"
    }
  }

  api "ots" {
    reads  = ["DescribeDeliveryTask", "ListDeliveryTask"]
    writes = ["CreateDeliveryTask", "DeleteDeliveryTask"]
  }

  # Variables of oss_prefix.

  rule "oss_prefix_variables" {
    attribute = "oss_prefix"
    condition = alltrue([
      for v in regexall("\\$\\{[^}]*\\}?|\\$[A-Za-z]+", self.oss_prefix) :
      length(regexall("^\\$(yyyy|MM|dd|HH|mm)", v)) > 0
    ])
    highlight = try([
      for v in regexall("\\$\\{[^}]*\\}?|\\$[A-Za-z]+", self.oss_prefix) : v
      if length(regexall("^\\$(yyyy|MM|dd|HH|mm)", v)) == 0
    ][0], "")
    message = "unknown time variable `${found}` in oss_prefix"
    help = join("", [
      lookup(
        {
          y   = "did you mean `$yyyy`? ", yy = "did you mean `$yyyy`? ", yyy = "did you mean `$yyyy`? ", yyyy = "did you mean `$yyyy`? ", year = "did you mean `$yyyy`? "
          m   = "did you mean `$MM` (month) or `$mm` (minute)? ", mm = "did you mean `$MM` (month) or `$mm` (minute)? ", mmm = "did you mean `$MM`? "
          mon = "did you mean `$MM`? ", month = "did you mean `$MM`? ", min = "did you mean `$mm`? ", minute = "did you mean `$mm`? ", mi = "did you mean `$mm`? "
          d   = "did you mean `$dd`? ", dd = "did you mean `$dd`? ", day = "did you mean `$dd`? ", date = "did you mean `$yyyy$MM$dd`? "
          h   = "did you mean `$HH`? ", hh = "did you mean `$HH`? ", hour = "did you mean `$HH`? "
        },
        lower(replace(found, "/[^A-Za-z]/", "")), ""
      ),
      "Tablestore knows $yyyy, $MM, $dd, $HH and $mm only, without braces",
    ])
    source = "Tablestore documentation, Create delivery tasks: OssPrefix"
  }

  rule "oss_prefix_run_together" {
    attribute = "oss_prefix"
    severity  = "warning"
    condition = length(regexall("\\$(?:yyyy|MM|dd|HH|mm)(?:yyyy|MM|dd|HH|mm)", self.oss_prefix)) == 0
    highlight = try(regexall("\\$(?:yyyy|MM|dd|HH|mm)(?:yyyy|MM|dd|HH|mm)+", self.oss_prefix)[0], "")
    message   = "only the first part of `${found}` is a time variable"
    help      = "each variable needs a $ of its own, as in `$yyyy$MM$dd`"
    source    = "Tablestore documentation, Quick start of data delivery: ds=$yyyy$MM$dd"
  }

  rule "oss_prefix_levels" {
    attribute = "oss_prefix"
    severity  = "warning"
    condition = alltrue([
      length(regexall("\\$MM", self.oss_prefix)) == 0 || length(regexall("\\$yyyy", self.oss_prefix)) > 0,
      length(regexall("\\$dd", self.oss_prefix)) == 0 || length(regexall("\\$MM", self.oss_prefix)) > 0,
      length(regexall("\\$HH", self.oss_prefix)) == 0 || length(regexall("\\$dd", self.oss_prefix)) > 0,
      length(regexall("\\$mm", self.oss_prefix)) == 0 || length(regexall("\\$HH", self.oss_prefix)) > 0,
    ])
    message = "the time variables of oss_prefix skip a level"
    help    = "rows of different times share a folder; name every level from $yyyy down to the finest, as in `$yyyy/$MM/$dd`"
    source  = "Tablestore documentation, Quick start of data delivery: object naming (our inference)"
  }

  rule "oss_prefix_minutes" {
    attribute = "oss_prefix"
    severity  = "warning"
    condition = length(regexall("\\$mm", self.oss_prefix)) == 0
    highlight = "$mm"
    message   = "a folder for every minute makes many small objects"
    help      = "end at $HH or $dd; objects below 4 MB are slow to query"
    source    = "Tablestore documentation, Quick start of data delivery: note on object sizes"
  }

  rule "oss_prefix_without_time" {
    attribute = "oss_prefix"
    severity  = "warning"
    condition = self.task_type == "BASE" || self.event_time_column != null || length(regexall("\\$", self.oss_prefix)) > 0
    message   = "oss_prefix has no time variable, so one folder grows for ever"
    help      = "add time variables, for example `/$yyyy/$MM/$dd`"
    source    = "Tablestore documentation, Create delivery tasks: OssPrefix"
  }

  rule "event_time_without_variable" {
    attribute = "event_time_column"
    severity  = "warning"
    condition = self.event_time_column == null || length(regexall("\\$(?:yyyy|MM|dd|HH|mm)", self.oss_prefix)) > 0
    message   = "event_time_column has no effect, as oss_prefix has no time variable"
    help      = "add time variables to oss_prefix, for example `/$yyyy/$MM/$dd`, or remove the block"
    source    = "Tablestore documentation, Create delivery tasks: EventTimeColumn (our inference)"
  }

  # Lists of columns.

  rule "oss_column_once" {
    attribute = "schema"
    condition = length(distinct([for s in self.schema : s.oss_column_name])) == length(self.schema)
    highlight = try([
      for s in self.schema : s.oss_column_name
      if length([for t in self.schema : t if t.oss_column_name == s.oss_column_name]) > 1
    ][0], "")
    message = "the OSS column `${found}` is described more than once"
    help    = "give each schema block an oss_column_name of its own"
    source  = "Tablestore documentation, Create delivery tasks: Schema"
  }

  rule "event_time_format_of_text" {
    attribute = "event_time_column"
    condition = (
      self.event_time_column == null ? true :
      self.event_time_column.time_format == "Unix" ? true :
      length([for s in self.schema : s if s.column_name == self.event_time_column.column_name && contains(["INT64", "DOUBLE", "BOOL"], s.type)]) == 0
    )
    message = "event_time_column reads text, but schema says that the column `${self.event_time_column.column_name}` is none"
    help    = "for a column of integers that counts from 1970, set time_format = \"Unix\""
    source  = "delivery.proto, EventTimeFormat (our inference)"
  }

  rule "event_time_unix_of_integer" {
    attribute = "event_time_column"
    condition = (
      self.event_time_column == null ? true :
      self.event_time_column.time_format != "Unix" ? true :
      length([for s in self.schema : s if s.column_name == self.event_time_column.column_name && contains(["UTF8", "DOUBLE", "BOOL"], s.type)]) == 0
    )
    message = "time_format Unix reads integers, but schema says that the column `${self.event_time_column.column_name}` holds none"
    help    = "for text, set time_format to RFC822, RFC850, RFC1123 or RFC3339"
    source  = "delivery.proto, EventTimeFormat (our inference)"
  }

  # Role.

  rule "role_arn_form" {
    attribute = "oss_sts_role"
    condition = length(regexall("^acs:ram::[0-9]+:role/[A-Za-z0-9._-]{1,64}$", self.oss_sts_role)) > 0
    message   = "oss_sts_role is not the ARN of a role"
    help      = "write acs:ram::<account id>:role/<role name>, without spaces and without masking, for example acs:ram::1234567890123456:role/aliyunserviceroleforotsdatadelivery"
    source    = "Tablestore documentation, Create delivery tasks: OssRoleName; RAM documentation, GetRole: Arn"
  }

  rule "role_is_service_linked" {
    attribute = "oss_sts_role"
    severity  = "warning"
    condition = (
      length(regexall("^acs:ram::[0-9]+:role/[A-Za-z0-9._-]{1,64}$", self.oss_sts_role)) == 0 ? true :
      endswith(lower(self.oss_sts_role), ":role/aliyunserviceroleforotsdatadelivery")
    )
    message = "the documentation knows only the role AliyunServiceRoleForOTSDataDelivery for delivery"
    help    = "a role of your own must let Tablestore assume it and allow writing into the bucket"
    source  = "Tablestore documentation, Service-linked role for data delivery"
  }

  # Region.

  rule "oss_endpoint_form" {
    attribute = "oss_endpoint"
    condition = length(regexall("^(?:https?://)?[A-Za-z0-9.-]+(?::[0-9]+)?/?$", self.oss_endpoint)) > 0
    message   = "oss_endpoint is not an endpoint"
    help      = "write the endpoint of the bucket's region, for example oss-cn-hangzhou.aliyuncs.com"
    source    = "OSS documentation, Regions and endpoints"
  }

  rule "oss_endpoint_without_bucket" {
    attribute = "oss_endpoint"
    condition = !startswith(replace(self.oss_endpoint, "/^https?:\\/\\//", ""), "${self.oss_bucket}.")
    highlight = "${self.oss_bucket}."
    message   = "oss_endpoint names the bucket too"
    help      = "write the endpoint of the region alone; the bucket stands in oss_bucket"
    source    = "Tablestore documentation, Create delivery tasks: OssEndpoint"
  }

  rule "same_region" {
    attribute = "oss_endpoint"
    condition = (
      length(regexall("^(?:https?://)?oss-[a-z0-9-]+?(?:-internal)?\\.aliyuncs\\.com", self.oss_endpoint)) == 0 ? true :
      try(provider.region, null) == null ? true :
      regexall("^(?:https?://)?oss-([a-z0-9-]+?)(?:-internal)?\\.aliyuncs\\.com", self.oss_endpoint)[0][0] == provider.region
    )
    highlight = try(regexall("^(?:https?://)?oss-([a-z0-9-]+?)(?:-internal)?\\.aliyuncs\\.com", self.oss_endpoint)[0][0], "")
    message   = "oss_endpoint is in ${found}, but the instance is in ${provider.region}"
    help      = "the bucket and the instance must be in one region; the task would end with INVALID_OSS_BUCKET"
    source    = "Tablestore documentation, Overview of data delivery: bucket and instance in the same region"
  }

  rule "region_has_delivery" {
    attribute = "oss_endpoint"
    severity  = "warning"
    condition = (
      length(regexall("^(?:https?://)?oss-[a-z0-9-]+?(?:-internal)?\\.aliyuncs\\.com", self.oss_endpoint)) == 0 ? true :
      contains(
        ["cn-hangzhou", "cn-shanghai", "cn-beijing", "cn-zhangjiakou", "cn-shenzhen"],
        regexall("^(?:https?://)?oss-([a-z0-9-]+?)(?:-internal)?\\.aliyuncs\\.com", self.oss_endpoint)[0][0],
      )
    )
    highlight = try(regexall("^(?:https?://)?oss-([a-z0-9-]+?)(?:-internal)?\\.aliyuncs\\.com", self.oss_endpoint)[0][0], "")
    message   = "data delivery is not documented for the region ${found}"
    help      = "documented are cn-hangzhou, cn-shanghai, cn-beijing, cn-zhangjiakou and cn-shenzhen"
    source    = "Tablestore documentation, Use SDKs for data delivery: supported regions"
  }

  # What happens to the data.

  effect "full_again" {
    on   = ["replace"]
    when = self.task_type != "INC" && prior.oss_bucket == self.oss_bucket && prior.oss_prefix == self.oss_prefix
    text = "The new task delivers the whole table again, into ${self.oss_bucket}/${self.oss_prefix}: rows that were delivered before are there twice."
    fix  = "Deliver into a new prefix and drop the old one after the switch, or remove duplicates by primary key when you read."
  }

  effect "full_elsewhere" {
    on   = ["replace"]
    when = self.task_type != "INC" && (prior.oss_bucket != self.oss_bucket || prior.oss_prefix != self.oss_prefix)
    text = "The new task delivers the whole table again, into ${self.oss_bucket}/${self.oss_prefix}. What was delivered into ${prior.oss_bucket}/${prior.oss_prefix} stays there: who reads both sees those rows twice."
    fix  = "Let readers switch to the new folder, and delete the old one when none reads it any more."
  }

  effect "window_lost" {
    on   = ["replace"]
    when = self.task_type == "INC"
    text = "Rows written between the deletion of the old task and the start of the new one are never delivered."
    fix  = "Stop the writers for the time of the change, or set task_type = \"BASE_INC\", which delivers the whole table again."
  }

  effect "deletes_not_delivered" {
    on       = ["create"]
    severity = "note"
    text     = "Deleted rows are not delivered: the objects keep rows that the table has no more."
  }

  effect "base_ends" {
    on       = ["create", "replace"]
    severity = "note"
    when     = self.task_type == "BASE"
    text     = "The task delivers the table as it is and then stops; rows written later are not delivered."
  }

  effect "delivery_stops" {
    on   = ["delete"]
    when = prior.task_type != "BASE"
    text = "Rows written from now on are no longer delivered. Objects that were delivered stay."
    fix  = "A task created later with task_type = \"INC\" starts at that moment and leaves a gap; BASE_INC delivers the whole table again."
  }
}
