# A table of Data Lake Insight that exists. Source: DLI API reference, Describing Table Information.

data "huaweicloud_dli_table" {
  provider = "huaweicloud"
  version  = 0
  summary  = "A table of Data Lake Insight that exists, such as the target of a dump task."

  attribute "id" {
    type = string
    mode = "computed"
    doc  = "`<database_name>/<name>`"
  }

  attribute "region" {
    type = string
    mode = "optional_computed"
    doc  = "Region of the table; that of the provider where it is not set."
  }

  attribute "database_name" {
    type   = string
    mode   = "required"
    length = [1, 128]
    doc    = "The database that the table is in."
    source = "DLI API reference, Describing Table Information: database_name"
  }

  attribute "name" {
    type        = string
    mode        = "required"
    also_called = ["table_name"]
    length      = [1, 128]
    doc         = "Name of the table."
    source      = "DLI API reference, Describing Table Information: table_name"
  }

  attribute "data_location" {
    type = string
    mode = "computed"
    doc  = "Where the rows are: `DLI`, `OBS` or `VIEW`."
  }

  attribute "data_format" {
    type = string
    mode = "computed"
    doc  = "Format of the files of an OBS table."
  }

  attribute "bucket_location" {
    type = string
    mode = "computed"
    doc  = "Folder of the files of an OBS table."
  }

  attribute "description" {
    type = string
    mode = "computed"
    doc  = "What the table is for."
  }

  block "columns" {
    nesting  = "list"
    computed = true
    doc      = "The columns, in order."

    attribute "name" {
      type = string
      mode = "computed"
      doc  = "Name of the column."
    }

    attribute "type" {
      type = string
      mode = "computed"
      doc  = "Type of the column."
    }

    attribute "description" {
      type = string
      mode = "computed"
      doc  = "What the column holds."
    }

    attribute "is_partition" {
      type = bool
      mode = "computed"
      doc  = "Whether the column divides the table into partitions."
    }
  }

  api "dli" {
    reads = {
      DescribeTable = "dli:table:describeTable"
    }
  }
}
