# A table of MySQL, copied once a day into a partition of MaxCompute.
#
# Both data sources (mysql_shop, odps_lake) and the workflow "Shop" exist in the workspace. The task is made as a draft:
# its schedule is set in Data Studio, where it is also committed and deployed.

terraform {
  required_providers {
    alicloud = {
      source = "aliyun/alicloud"
    }
  }
}

provider "alicloud" {
  region = "cn-hangzhou"
}

variable "project_id" {
  type        = string
  default     = "10000"
  description = "Id of the DataWorks workspace."
}

locals {
  # The columns are written once: reader and writer match them by their place.
  columns = ["id", "customer", "create_time", "amount", "state"]
}

# Groups that run data integration.
data "alicloud_data_works_resource_groups" "integration" {
  resource_group_type = 4
}

resource "alicloud_data_works_di_sync_task" "orders" {
  project_id = var.project_id
  task_type  = "DI_OFFLINE"
  task_name  = "orders_to_lake"

  task_content = {
    type    = "job"
    version = "2.0"
    steps = [
      {
        stepType = "mysql"
        name     = "Reader"
        category = "reader"
        parameter = {
          datasource = "mysql_shop"
          column     = local.columns
          connection = [{ datasource = "mysql_shop", table = ["orders"] }]
          where      = ""
          splitPk    = "id"
          encoding   = "UTF-8"
        }
      },
      {
        stepType = "odps"
        name     = "Writer"
        category = "writer"
        parameter = {
          datasource  = "odps_lake"
          table       = "orders"
          column      = local.columns
          partition   = "pt=$${bizdate}" # two dollar signs: a variable of DataWorks, not of this file
          truncate    = true
          emptyAsNull = false
        }
      },
    ]
    setting = {
      errorLimit = { record = 0 }
      speed      = { concurrent = 2, throttle = false }
    }
    order = {
      hops = [{ from = "Reader", to = "Writer" }]
    }
  }

  task_param {
    file_folder_path = "Business Flow/Shop/Data Integration"
    resource_group   = data.alicloud_data_works_resource_groups.integration.identifiers[0]
  }
}

output "file_id" {
  value       = alicloud_data_works_di_sync_task.orders.file_id
  description = "Id under which Data Studio knows the task."
}
