# The sample of the Tablestore documentation for the Java SDK, "Create delivery tasks".
# Their task name "sampledeliverytask" has 18 characters, against the 3 to 16 that the same page allows: `headworks validate`
# says so, and the name here is shorter.

provider "alicloud" {
  region = "cn-hangzhou"
}

resource "alicloud_oss_bucket" "datadeliverytest" {
  bucket = "datadeliverytest"
}

resource "alicloud_resource_manager_service_linked_role" "delivery" {
  service_name = "datadelivery.ots.aliyuncs.com"
}

resource "alicloud_ots_table" "sample" {
  instance_name = "sampleinst"
  table_name    = "sampleTable"
  time_to_live  = -1
  max_version   = 1

  primary_key {
    name = "PK1"
    type = "String"
  }
  defined_column {
    name = "PK2"
    type = "Boolean"
  }
  defined_column {
    name = "Col1"
    type = "String"
  }
}

resource "alicloud_ots_delivery_task" "sample" {
  instance_name = alicloud_ots_table.sample.instance_name
  table_name    = alicloud_ots_table.sample.table_name
  task_name     = "sampledelivery"
  task_type     = "BASE_INC"

  oss_bucket   = alicloud_oss_bucket.datadeliverytest.bucket
  oss_endpoint = "oss-cn-hangzhou.aliyuncs.com"
  oss_prefix   = "sampledeliverytask/year=$yyyy/month=$MM"
  oss_sts_role = alicloud_resource_manager_service_linked_role.delivery.arn

  event_time_column {
    column_name = "PK1"
    time_format = "RFC1123"
  }

  schema {
    column_name     = "PK1"
    oss_column_name = "PK1"
    type            = "UTF8"
    encode          = "PLAIN"
  }
  schema {
    column_name     = "PK2"
    oss_column_name = "PK2"
    type            = "BOOL"
    encode          = "PLAIN"
  }
  schema {
    column_name     = "Col1"
    oss_column_name = "Col1"
    type            = "UTF8"
    encode          = "PLAIN"
  }
}
