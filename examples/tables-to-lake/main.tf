# Several Tablestore tables become folders of one bucket: a module stands for a table with its delivery task, and is called for
# each of them.
#
#   headworks -chdir=examples/tables-to-lake --sim apply

variable "region" {
  description = "Region of the instance and of the bucket; both must be the same."
  type        = string
  default     = "cn-shanghai"
}

variable "tables" {
  description = "The tables to deliver, by name."
  type = map(object({
    key     = string
    columns = map(string)
  }))
  default = {
    orders = {
      key     = "order_id"
      columns = { amount = "DOUBLE" }
    }
    payments = {
      key     = "payment_id"
      columns = { order_id = "UTF8", paid = "BOOL" }
    }
  }
}

provider "alicloud" {
  alias  = "lake"
  region = var.region
}

resource "alicloud_oss_bucket" "lake" {
  provider      = alicloud.lake
  bucket        = "tables-lake-${var.region}"
  force_destroy = true
}

resource "alicloud_resource_manager_service_linked_role" "delivery" {
  provider     = alicloud.lake
  service_name = "datadelivery.ots.aliyuncs.com"
}

module "delivery" {
  source   = "./delivery"
  for_each = var.tables

  providers = {
    alicloud = alicloud.lake
  }

  table    = each.key
  key      = each.value.key
  columns  = each.value.columns
  bucket   = alicloud_oss_bucket.lake.bucket
  role     = alicloud_resource_manager_service_linked_role.delivery.arn
  endpoint = "oss-${var.region}.aliyuncs.com"
}

output "tasks" {
  description = "The delivery task of each table."
  value       = { for table, delivery in module.delivery : table => delivery.task_id }
}
