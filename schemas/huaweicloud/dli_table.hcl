# A table of Data Lake Insight. Names of the arguments as in the official Terraform provider for Huawei Cloud.
# Source: DLI API reference, table-related APIs.

resource "huaweicloud_dli_table" {
  provider  = "huaweicloud"
  version   = 0
  summary   = "A table of Data Lake Insight: rows kept by DLI, files in OBS, or a view."
  identity  = ["region", "database_name", "name"]
  import_id = ["database_name", "name"]
  on_change = "replace"

  docs = <<-EOT
    A dump task of DIS writes into a table with `data_location = "DLI"` only. The API changes no table: every change
    replaces it, and a table that DLI keeps loses its rows.

    The vendor calls the API of databases and tables outdated, but has no other; its SDKs and its Terraform provider call
    it too. An import id may also be written `<database_name>/<name>`, as in the official Terraform provider.
  EOT

  timeouts {
    create = "10m"
    delete = "10m"
  }

  attribute "id" {
    type    = string
    mode    = "computed"
    stable  = true
    predict = "${self.database_name}/${self.name}"
    doc     = "`<database_name>/<name>`"
  }

  attribute "region" {
    type    = string
    mode    = "optional_computed"
    predict = provider.region
    doc     = "Region of the table; that of the provider where it is not set."
  }

  attribute "database_name" {
    type     = string
    mode     = "required"
    equality = "case_insensitive"
    length   = [1, 128]
    doc      = "The database that the table is in."
    source   = "DLI API reference, Creating a Table: database_name"
  }

  attribute "name" {
    type        = string
    mode        = "required"
    equality    = "case_insensitive"
    also_called = ["table_name"]
    length      = [1, 128]
    pattern {
      regex   = "[0-9]*[A-Za-z$][A-Za-z0-9_$]*|[0-9]+_[A-Za-z0-9_$]*"
      meaning = "letters, digits, dollar signs and underscores, not digits alone and without an underscore at the beginning"
    }
    doc    = "Name of the table, in upper or lower case alike."
    source = "DLI API reference, Creating a Table: table_name"
  }

  attribute "data_location" {
    type = string
    mode = "required"
    # The Terraform provider's documentation spells it View.
    equality = "case_insensitive"
    allowed  = ["DLI", "OBS", "VIEW", "View"]
    value_aliases = {
      MANAGED  = "DLI"
      EXTERNAL = "OBS"
    }
    doc    = "Where the rows are: kept by DLI, in files in OBS, or nowhere, for a view."
    source = "DLI API reference, Creating a Table: data_location"
  }

  attribute "description" {
    type        = string
    mode        = "optional"
    also_called = ["table_comment", "comment"]
    doc         = "What the table is for."
  }

  block "columns" {
    nesting     = "list"
    computed    = true
    on_change   = "replace"
    also_called = ["column"]
    doc         = "The columns, in order. A view has those of its statement."

    attribute "name" {
      type        = string
      mode        = "required"
      equality    = "case_insensitive"
      also_called = ["column_name"]
      length      = [1, null]
      doc         = "Name of the column."
      source      = "DLI API reference, Creating a Table: columns"
    }

    attribute "type" {
      type        = string
      mode        = "required"
      equality    = "case_insensitive"
      also_called = ["data_type"]
      length      = [1, null]
      doc         = "Type of the column, such as `string`, `bigint` or `decimal(10,2)`, in upper or lower case alike."
      source      = "DLI API reference, Creating a Table: columns"
    }

    attribute "description" {
      type        = string
      mode        = "optional"
      also_called = ["comment"]
      doc         = "What the column holds."
    }

    attribute "is_partition" {
      type        = bool
      mode        = "optional"
      default     = false
      also_called = ["is_partition_column"]
      doc         = "Whether the column divides the table into partitions."
    }
  }

  attribute "data_format" {
    type        = string
    mode        = "optional"
    equality    = "case_insensitive"
    allowed     = ["parquet", "orc", "csv", "json", "carbon", "avro"]
    also_called = ["data_type", "format"]
    doc         = "Format of the files of an OBS table."
    source      = "DLI API reference, Creating a Table: data_type; Terraform provider for Huawei Cloud: data_format"
  }

  attribute "bucket_location" {
    type        = string
    mode        = "optional"
    also_called = ["data_path", "location"]
    pattern {
      regex   = "(obs|s3a)://[^/]+/.*[^/].*"
      meaning = "a folder in a bucket, as in obs://bucket/folder, and not the bucket itself"
    }
    doc    = "Folder of the files of an OBS table: `obs://bucket/folder`."
    source = "DLI API reference, Creating a Table: data_path"
  }

  attribute "with_column_header" {
    type = bool
    mode = "optional"
    doc  = "Whether CSV files begin with a line of column names; not, where it is not set."
  }

  attribute "delimiter" {
    type = string
    mode = "optional"
    doc  = "What stands between the fields of CSV files; a comma where it is not set."
  }

  attribute "quote_char" {
    type = string
    mode = "optional"
    doc  = "Quotation mark of CSV files; `\"` where it is not set."
  }

  attribute "escape_char" {
    type = string
    mode = "optional"
    doc  = "Escape character of CSV files; `\\` where it is not set."
  }

  attribute "date_format" {
    type = string
    mode = "optional"
    doc  = "Form of dates in CSV and JSON files; `yyyy-MM-dd` where it is not set."
  }

  attribute "timestamp_format" {
    type = string
    mode = "optional"
    doc  = "Form of times in CSV and JSON files; `yyyy-MM-dd HH:mm:ss` where it is not set."
  }

  attribute "select_statement" {
    type   = string
    mode   = "optional"
    unread = "the API returns the whole statement that made a view, in words of its own"
    doc    = "The SQL statement that a view shows."
  }

  api "dli" {
    reads = {
      DescribeTable = "dli:table:describeTable"
    }
    writes = {
      CreateTable = "dli:database:createTable"
      DeleteTable = "dli:table:dropTable"
    }
  }

  rule "columns_but_for_views" {
    attribute = "columns"
    condition = upper(self.data_location) == "VIEW" ? true : length(config.columns) > 0
    message   = "a table needs columns"
    help      = "add a columns block for each"
    source    = "DLI API reference, Creating a Table: columns"
  }

  rule "not_only_partitions" {
    attribute = "columns"
    condition = length(config.columns) == 0 ? true : length([for c in config.columns : c if try(c.is_partition, false) != true]) > 0
    message   = "every column is a partition column"
    help      = "at least one column must hold data: is_partition = false"
    source    = "DLI API reference, Creating a Table: is_partition_column"
  }

  rule "column_once" {
    attribute = "columns"
    condition = length(distinct([for c in config.columns : lower(c.name)])) == length(config.columns)
    highlight = try([
      for c in config.columns : c.name
      if length([for d in config.columns : d if lower(d.name) == lower(c.name)]) > 1
    ][0], "")
    message = "the column `${found}` is described more than once"
    help    = "names of columns differ by more than upper and lower case"
    source  = "DLI API reference, Creating a Table: columns"
  }

  rule "files_of_obs_tables" {
    attribute = "bucket_location"
    condition = self.data_location != "OBS" ? true : self.bucket_location != null && self.data_format != null
    message   = "an OBS table needs bucket_location and data_format"
    help      = "say where the files are and in which format, for example bucket_location = \"obs://bucket/folder\" and data_format = \"csv\""
    source    = "DLI API reference, Creating a Table: data_type, data_path"
  }

  rule "no_files_elsewhere" {
    attribute = "bucket_location"
    condition = self.data_location == "OBS" ? true : self.bucket_location == null && self.data_format == null
    message   = "only an OBS table has bucket_location and data_format"
    help      = "set data_location = \"OBS\", or remove bucket_location and data_format"
    source    = "DLI API reference, Creating a Table: data_type, data_path"
  }

  rule "statement_of_views" {
    attribute = "select_statement"
    condition = (upper(self.data_location) == "VIEW") == (self.select_statement != null)
    message   = "select_statement belongs to a view, and a view needs it"
    help      = "set data_location = \"VIEW\" and select_statement together, or neither"
    source    = "DLI API reference, Creating a Table: select_statement"
  }

  rule "csv_options" {
    attribute = "data_format"
    severity  = "warning"
    condition = (
      self.data_format == null ? true :
      lower(self.data_format) == "csv" ? true :
      self.with_column_header == null && self.delimiter == null && self.quote_char == null && self.escape_char == null
    )
    message = "with_column_header, delimiter, quote_char and escape_char have an effect on CSV files only"
    help    = "remove them, or set data_format = \"csv\""
    source  = "DLI API reference, Creating a Table: with_column_header, delimiter, quote_char, escape_char"
  }

  effect "rows_lost" {
    on   = ["replace", "delete"]
    when = prior.data_location == "DLI"
    text = "The rows of ${prior.database_name}.${prior.name} are deleted with the table."
    fix  = "Copy them first: CREATE TABLE … AS SELECT * FROM ${prior.database_name}.${prior.name}."
  }

  effect "files_stay" {
    on       = ["replace", "delete"]
    severity = "note"
    when     = prior.data_location == "OBS"
    text     = "The files in ${prior.bucket_location} stay."
  }

  effect "dump_stops" {
    on   = ["replace", "delete"]
    when = prior.data_location == "DLI"
    text = "Dump tasks that write into ${prior.database_name}.${prior.name} fail as long as it is away."
  }
}
