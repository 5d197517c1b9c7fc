# Rows of the Tablestore table "orders" become Parquet files in an OSS bucket, in a folder for each month.
#
#   headworks -chdir=examples/tablestore-to-oss --sim apply

terraform {
  required_version = ">= 1.4"
}

variable "region" {
  description = "Region of the instance and of the bucket; both must be the same."
  type        = string
  default     = "cn-hangzhou"
}

variable "instance_name" {
  description = "The Tablestore instance, which exists already."
  type        = string
  default     = "sampleinst"
}

provider "alicloud" {
  region = var.region
}

locals {
  tags = {
    team    = "orders"
    purpose = "data-delivery"
  }
}

resource "alicloud_oss_bucket" "lake" {
  bucket        = "orders-lake-${var.region}"
  acl           = "private"
  storage_class = "Standard"
  tags          = local.tags
  force_destroy = true

  versioning {
    status = "Enabled"
  }
}

# Tablestore writes into the bucket with this role.
resource "alicloud_resource_manager_service_linked_role" "delivery" {
  service_name = "datadelivery.ots.aliyuncs.com"
}

resource "alicloud_ots_table" "orders" {
  instance_name = var.instance_name
  table_name    = "orders"
  time_to_live  = -1
  max_version   = 1

  primary_key {
    name = "PK1"
    type = "Integer"
  }
  primary_key {
    name = "PK2"
    type = "String"
  }
  defined_column {
    name = "Col1"
    type = "Double"
  }
}

resource "alicloud_ots_delivery_task" "orders" {
  instance_name = alicloud_ots_table.orders.instance_name
  table_name    = alicloud_ots_table.orders.table_name
  task_name     = "orders-to-lake"
  task_type     = "BASE_INC"

  oss_bucket   = alicloud_oss_bucket.lake.bucket
  oss_endpoint = "oss-${var.region}.aliyuncs.com"
  oss_prefix   = "orders/year=$yyyy/month=$MM"
  oss_sts_role = alicloud_resource_manager_service_linked_role.delivery.arn

  schema {
    column_name     = "PK1"
    oss_column_name = "PK1"
    type            = "INT64"
  }
  schema {
    column_name     = "PK2"
    oss_column_name = "PK2"
    type            = "UTF8"
  }
  schema {
    column_name     = "Col1"
    oss_column_name = "Col1"
    type            = "DOUBLE"
  }
}

output "bucket" {
  description = "Where the files are."
  value       = alicloud_oss_bucket.lake.bucket
}

output "task_id" {
  value = alicloud_ots_delivery_task.orders.id
}
