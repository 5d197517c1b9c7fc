# CSV records of a stream become rows of a DLI table.
#
#   headworks -chdir=examples/dis-to-dli --sim apply

terraform {
  required_version = ">= 1.4"
}

variable "region" {
  description = "Region of everything here."
  type        = string
  default     = "cn-north-4"
}

provider "huaweicloud" {
  region = var.region
}

# DIS acts with this agency. It must be valid without end, and needs the role on the project of the global OBS service.
resource "huaweicloud_identity_agency" "dis" {
  name                   = "dis_to_dli"
  description            = "DIS writes into OBS"
  delegated_service_name = "op_svc_dis"
  duration               = "FOREVER"

  project_role {
    project = "MOS"
    roles   = ["Tenant Administrator"]
  }
}

# DIS puts records here on their way to DLI, and those that DLI refused into tmp/dis/dli_error.
resource "huaweicloud_obs_bucket" "staging" {
  bucket        = "clicks-staging-${var.region}"
  acl           = "private"
  force_destroy = true
}

resource "huaweicloud_dli_database" "web" {
  name        = "web"
  description = "Clicks of the web shop"
}

# The data of the table must be in DLI itself: a table in OBS can't take records.
resource "huaweicloud_dli_table" "clicks" {
  database_name = huaweicloud_dli_database.web.name
  name          = "clicks"
  data_location = "DLI"

  columns {
    name = "session"
    type = "string"
  }
  columns {
    name = "page"
    type = "string"
  }
  columns {
    name = "clicked_at"
    type = "bigint"
  }
}

resource "huaweicloud_dis_stream" "clicks" {
  stream_name      = "clicks"
  partition_count  = 2
  retention_period = 48
  data_type        = "CSV"
  csv_delimiter    = ","

  data_schema = jsonencode({
    type = "record"
    name = "click"
    fields = [
      { name = "session", type = "string" },
      { name = "page", type = "string" },
      { name = "clicked_at", type = "long" },
    ]
  })

  tags = {
    team = "web"
  }
}

resource "huaweicloud_dis_dump_task" "clicks" {
  stream_name = huaweicloud_dis_stream.clicks.stream_name
  task_name   = "clicks-to-dli"

  dli_destination_descriptor {
    agency_name           = huaweicloud_identity_agency.dis.name
    deliver_time_interval = 300
    consumer_strategy     = "LATEST"

    dli_database_name = huaweicloud_dli_database.web.name
    dli_table_name    = huaweicloud_dli_table.clicks.name

    obs_bucket_path = huaweicloud_obs_bucket.staging.bucket
    file_prefix     = "tmp/dis"
    retry_duration  = 1800
  }
}

output "task_state" {
  value = huaweicloud_dis_dump_task.clicks.state
}
