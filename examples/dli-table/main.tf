# A database of Data Lake Insight with a table that DLI keeps and one over files in OBS.

provider "huaweicloud" {
  region = "cn-north-4"
}

resource "huaweicloud_dli_database" "clicks" {
  name        = "clicks"
  description = "What visitors click."
}

# A dump task of DIS can write into this one.
resource "huaweicloud_dli_table" "events" {
  database_name = huaweicloud_dli_database.clicks.name
  name          = "events"
  data_location = "DLI"
  description   = "One row a click."

  columns {
    name        = "page"
    type        = "string"
    description = "Address of the page."
  }

  columns {
    name = "visitor"
    type = "bigint"
  }

  columns {
    name         = "day"
    type         = "string"
    is_partition = true
  }
}

resource "huaweicloud_dli_table" "pages" {
  database_name      = huaweicloud_dli_database.clicks.name
  name               = "pages"
  data_location      = "OBS"
  data_format        = "csv"
  bucket_location    = "obs://example-bucket/pages"
  with_column_header = true
  delimiter          = ";"

  columns {
    name = "page"
    type = "string"
  }

  columns {
    name = "title"
    type = "string"
  }
}

data "huaweicloud_dli_table" "events" {
  database_name = huaweicloud_dli_table.events.database_name
  name          = huaweicloud_dli_table.events.name
  depends_on    = [huaweicloud_dli_table.events]
}

output "columns" {
  value = data.huaweicloud_dli_table.events.columns[*].name
}
