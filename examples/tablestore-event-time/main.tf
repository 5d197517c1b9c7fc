# Only new rows are delivered, into a folder for each day of the time that the row itself carries. Columns stand once, in a
# local value, from which the table and the task take them.

variable "region" {
  type    = string
  default = "cn-shanghai"

  validation {
    condition     = startswith(var.region, "cn-")
    error_message = "Delivery tasks exist in regions of mainland China only."
  }
}

provider "alicloud" {
  region = var.region
}

data "alicloud_caller_identity" "current" {}

locals {
  columns = {
    device_id   = { type = "String", parquet = "UTF8" }
    measured_at = { type = "String", parquet = "UTF8" }
    temperature = { type = "Double", parquet = "DOUBLE" }
    healthy     = { type = "Boolean", parquet = "BOOL" }
  }
  key     = "device_id"
  day     = "year=$yyyy/month=$MM/day=$dd"
  bucket  = "measurements-${data.alicloud_caller_identity.current.account_id}"
  defined = { for name, column in local.columns : name => column if name != local.key }
}

resource "alicloud_oss_bucket" "measurements" {
  bucket        = local.bucket
  storage_class = "IA"

  lifecycle_rule {
    id      = "drop-after-a-year"
    prefix  = "measurements/"
    enabled = true

    expiration {
      days = 365
    }
  }
}

# Tablestore writes into the bucket with this role.
resource "alicloud_resource_manager_service_linked_role" "delivery" {
  service_name = "datadelivery.ots.aliyuncs.com"
}

resource "alicloud_ots_table" "measurements" {
  instance_name = "sensors"
  table_name    = "measurements"
  time_to_live  = 86400 * 90
  max_version   = 1

  primary_key {
    name = local.key
    type = "String"
  }
  dynamic "defined_column" {
    for_each = local.defined
    content {
      name = defined_column.key
      type = defined_column.value.type
    }
  }
}

resource "alicloud_ots_delivery_task" "daily" {
  instance_name = alicloud_ots_table.measurements.instance_name
  table_name    = alicloud_ots_table.measurements.table_name
  task_name     = "by-day"
  task_type     = "INC"

  oss_bucket   = alicloud_oss_bucket.measurements.bucket
  oss_endpoint = "oss-${var.region}.aliyuncs.com"
  oss_prefix   = "measurements/${local.day}"
  oss_sts_role = alicloud_resource_manager_service_linked_role.delivery.arn

  event_time_column {
    column_name = "measured_at"
    time_format = "RFC3339"
  }

  dynamic "schema" {
    for_each = local.columns
    content {
      column_name     = schema.key
      oss_column_name = schema.key
      type            = schema.value.parquet
    }
  }

  timeouts {
    create = "5m"
  }
}

output "phase" {
  value = alicloud_ots_delivery_task.daily.sync_phase
}
