# A Tablestore table. Names of the arguments as in the official Terraform provider for Alibaba Cloud.
# Sources: Tablestore API reference (CreateTable, DescribeTable, UpdateTable, DeleteTable); Tablestore documentation,
# General limits; Terraform provider for Alibaba Cloud, ots_table.

resource "alicloud_ots_table" {
  provider  = "alicloud"
  version   = 0
  summary   = "A table of a Tablestore instance."
  identity  = ["instance_name", "table_name"]
  import_id = ["instance_name", "table_name"]

  docs = <<-EOT
    Primary key, defined columns and encryption are fixed when the table is made. Time to live and number of versions
    may be changed, at most once in two minutes.
  EOT

  timeouts {
    create = "5m"
    update = "10m"
    delete = "5m"
  }

  attribute "id" {
    type    = string
    mode    = "computed"
    stable  = true
    predict = "${self.instance_name}:${self.table_name}"
    doc     = "`<instance_name>:<table_name>`."
  }

  attribute "instance_name" {
    type        = string
    mode        = "required"
    on_change   = "replace"
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
    on_change   = "replace"
    also_called = ["name", "TableName"]
    length      = [1, 255]
    pattern {
      regex   = "[A-Za-z_][A-Za-z0-9_]*"
      meaning = "letters, digits and underscores, beginning with a letter or an underscore"
    }
    doc    = "Name of the table, unique in the instance."
    source = "Tablestore documentation, General limits: table name"
  }

  block "primary_key" {
    nesting     = "list"
    min         = 1
    max         = 4
    on_change   = "replace"
    also_called = ["primary_keys", "pk"]
    doc         = "The columns of the primary key, in order; the first one decides the partition."

    attribute "name" {
      type   = string
      mode   = "required"
      length = [1, 255]
      doc    = "Name of the column."
      source = "Tablestore documentation, General limits: primary key column name"
    }

    attribute "type" {
      type    = string
      mode    = "required"
      allowed = ["Integer", "String", "Binary"]
      value_aliases = {
        INT64 = "Integer"
        Long  = "Integer"
        UTF8  = "String"
        Blob  = "Binary"
      }
      doc    = "Type of the column."
      source = "Tablestore API reference, PrimaryKeySchema: INTEGER, STRING, BINARY"
    }
  }

  block "defined_column" {
    nesting     = "list"
    max         = 32
    on_change   = "replace"
    also_called = ["defined_columns", "column"]
    doc         = "Columns beside the primary key whose type is fixed. Rows may have other columns as well."

    attribute "name" {
      type   = string
      mode   = "required"
      length = [1, 255]
      doc    = "Name of the column."
      source = "Tablestore documentation, General limits: column name"
    }

    attribute "type" {
      type    = string
      mode    = "required"
      allowed = ["Integer", "String", "Binary", "Double", "Boolean"]
      value_aliases = {
        INT64 = "Integer"
        Long  = "Integer"
        UTF8  = "String"
        Blob  = "Binary"
        BOOL  = "Boolean"
        Float = "Double"
      }
      doc    = "Type of the column."
      source = "Tablestore API reference, DefinedColumnSchema; Terraform provider for Alibaba Cloud, ots_table"
    }
  }

  attribute "time_to_live" {
    type        = number
    mode        = "required"
    also_called = ["ttl", "TimeToLive"]
    range       = [-1, 2147483647]
    doc         = "How long data is kept, in seconds; -1 for ever."
    source      = "Tablestore API reference, TableOptions: time_to_live is an int32"
  }

  attribute "max_version" {
    type        = number
    mode        = "required"
    also_called = ["max_versions", "MaxVersion"]
    range       = [1, 2147483647]
    doc         = "How many versions of a value are kept."
    source      = "Tablestore API reference, TableOptions: max_versions"
  }

  attribute "deviation_cell_version_in_sec" {
    type        = string
    mode        = "optional"
    default     = "86400"
    also_called = ["max_time_deviation"]
    pattern {
      regex   = "[1-9][0-9]{0,18}"
      meaning = "a whole number of seconds above 0"
    }
    doc    = "How far the version of a value may lie from the time of writing, in seconds. Text, as in the Terraform provider for Alibaba Cloud."
    source = "Tablestore API reference, TableOptions: deviation_cell_version_in_sec"
  }

  attribute "allow_update" {
    type    = bool
    mode    = "optional"
    default = true
    doc     = "Whether rows may be updated; false where a search index has a time to live."
  }

  attribute "enable_sse" {
    type      = bool
    mode      = "optional"
    default   = false
    on_change = "replace"
    doc       = "Whether the table is encrypted."
  }

  attribute "sse_key_type" {
    type      = string
    mode      = "optional"
    on_change = "replace"
    allowed   = ["SSE_KMS_SERVICE", "SSE_BYOK"]
    doc       = "Whose key encrypts the table: one of the service, or one of your own."
    source    = "Tablestore API reference, SSESpecification: key_type"
  }

  attribute "sse_key_id" {
    type      = string
    mode      = "optional"
    on_change = "replace"
    doc       = "Your key in the Key Management Service; only with `SSE_BYOK`."
  }

  attribute "sse_role_arn" {
    type      = string
    mode      = "optional"
    on_change = "replace"
    doc       = "The role with which Tablestore uses your key; only with `SSE_BYOK`."
  }

  api "ots" {
    reads  = ["DescribeTable"]
    writes = ["CreateTable", "UpdateTable", "DeleteTable"]
  }

  rule "column_names_once" {
    attribute = "defined_column"
    condition = (
      length(distinct(concat([for k in self.primary_key : k.name], [for c in self.defined_column : c.name])))
      == length(self.primary_key) + length(self.defined_column)
    )
    message = "two columns of the table have one name"
    source  = "Tablestore API reference, CreateTable: column names are unique in a table"
  }

  rule "time_to_live_in_use" {
    attribute = "time_to_live"
    condition = self.time_to_live != 0
    message   = "time_to_live can't be 0"
    help      = "-1 keeps data for ever"
    source    = "Tablestore documentation, General limits: -1 or above 0"
  }

  rule "time_to_live_of_a_day" {
    attribute = "time_to_live"
    severity  = "warning"
    condition = self.time_to_live <= 0 || self.time_to_live >= 86400
    message   = "time_to_live is less than a day"
    help      = "the unit is seconds: 86400 is a day"
    source    = "Tablestore documentation, Time to live: at least 86400 seconds"
  }

  rule "sse_key_type_with_sse" {
    attribute = "sse_key_type"
    condition = self.enable_sse == (self.sse_key_type != null)
    message   = "sse_key_type is set exactly when enable_sse is true"
    source    = "Tablestore Python SDK, SSESpecification: key_type is required if and only if enable is true"
  }

  rule "own_key_is_complete" {
    attribute = "sse_key_type"
    condition = (
      self.sse_key_type == "SSE_BYOK"
      ? self.sse_key_id != null && self.sse_role_arn != null
      : self.sse_key_id == null && self.sse_role_arn == null
    )
    message = "sse_key_id and sse_role_arn belong to sse_key_type SSE_BYOK, both together"
    source  = "Tablestore Python SDK, SSESpecification: key_id and role_arn only and always with SSE_BYOK"
  }

  effect "rows_lost" {
    on   = ["delete", "replace"]
    text = "All rows of the table ${prior.table_name} are deleted and can't be brought back."
    fix  = "Copy the rows first. Delivery tasks of the table end with it; objects that they delivered stay."
  }

  effect "rows_expire" {
    on   = ["update"]
    when = self.time_to_live != -1 && (prior.time_to_live == -1 || self.time_to_live < prior.time_to_live)
    text = "Rows older than ${self.time_to_live} seconds disappear."
  }

  effect "versions_dropped" {
    on   = ["update"]
    when = self.max_version < prior.max_version
    text = "Values keep only their ${self.max_version} newest versions; older ones disappear."
  }
}
