# A table and the task that delivers its rows into a folder of the lake.

variable "table" {
  type = string
}

variable "key" {
  description = "The primary key column; its values are text."
  type        = string
}

variable "columns" {
  description = "Further columns to deliver, with the type that each gets in the files."
  type        = map(string)
  default     = {}
}

variable "bucket" {
  type = string
}

variable "endpoint" {
  type = string
}

variable "role" {
  description = "The role that Tablestore writes with."
  type        = string
}

variable "instance_name" {
  type    = string
  default = "sampleinst"
}

resource "alicloud_ots_table" "this" {
  instance_name = var.instance_name
  table_name    = var.table
  time_to_live  = -1
  max_version   = 1

  primary_key {
    name = var.key
    type = "String"
  }
}

resource "alicloud_ots_delivery_task" "this" {
  instance_name = alicloud_ots_table.this.instance_name
  table_name    = alicloud_ots_table.this.table_name
  task_name     = "${var.table}-to-lake"
  task_type     = "BASE_INC"

  oss_bucket   = var.bucket
  oss_endpoint = var.endpoint
  oss_prefix   = "${var.table}/year=$yyyy/month=$MM"
  oss_sts_role = var.role

  dynamic "schema" {
    for_each = merge({ (var.key) = "UTF8" }, var.columns)
    content {
      column_name     = schema.key
      oss_column_name = schema.key
      type            = schema.value
    }
  }
}

output "task_id" {
  value = alicloud_ots_delivery_task.this.id
}
