# A table that exists. Source: Tablestore API reference, DescribeTable.

data "alicloud_ots_table" {
  provider = "alicloud"
  version  = 0
  summary  = "A table of a Tablestore instance that exists, found by its name."

  attribute "id" {
    type = string
    mode = "computed"
    doc  = "`<instance_name>:<table_name>`."
  }

  attribute "instance_name" {
    type        = string
    mode        = "required"
    also_called = ["instance", "InstanceName"]
    length      = [3, 16]
    doc         = "The Tablestore instance that holds the table."
    source      = "Tablestore documentation, General limits: instance name"
  }

  attribute "table_name" {
    type        = string
    mode        = "required"
    also_called = ["name", "TableName"]
    length      = [1, 255]
    doc         = "Name of the table."
    source      = "Tablestore documentation, General limits: table name"
  }

  block "primary_key" {
    nesting  = "list"
    computed = true
    doc      = "The columns of the primary key, in order."

    attribute "name" {
      type = string
      mode = "computed"
      doc  = "Name of the column."
    }

    attribute "type" {
      type = string
      mode = "computed"
      doc  = "`Integer`, `String` or `Binary`."
    }
  }

  block "defined_column" {
    nesting  = "list"
    computed = true
    doc      = "Columns beside the primary key whose type is fixed. Rows may have other columns as well."

    attribute "name" {
      type = string
      mode = "computed"
      doc  = "Name of the column."
    }

    attribute "type" {
      type = string
      mode = "computed"
      doc  = "`Integer`, `String`, `Binary`, `Double` or `Boolean`."
    }
  }

  attribute "time_to_live" {
    type = number
    mode = "computed"
    doc  = "How long data is kept, in seconds; -1 for ever."
  }

  attribute "max_version" {
    type = number
    mode = "computed"
    doc  = "How many versions of a value are kept."
  }

  attribute "deviation_cell_version_in_sec" {
    type = string
    mode = "computed"
    doc  = "How far the version of a value may lie from the time of writing, in seconds."
  }

  attribute "allow_update" {
    type = bool
    mode = "computed"
    doc  = "Whether rows may be updated."
  }

  attribute "enable_sse" {
    type = bool
    mode = "computed"
    doc  = "Whether the table is encrypted."
  }

  attribute "sse_key_type" {
    type = string
    mode = "computed"
    doc  = "Whose key encrypts the table."
  }

  attribute "sse_key_id" {
    type = string
    mode = "computed"
    doc  = "Your key in the Key Management Service."
  }

  attribute "sse_role_arn" {
    type = string
    mode = "computed"
    doc  = "The role with which Tablestore uses your key."
  }

  api "ots" {
    reads = ["DescribeTable"]
  }
}
