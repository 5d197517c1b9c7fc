# JSON records of a stream become objects in an OBS bucket, in a folder for each day of the records' own time.
#
#   headworks -chdir=examples/dis-to-obs --sim apply

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
  name                   = "dis_to_obs"
  description            = "DIS writes into OBS"
  delegated_service_name = "op_svc_dis"
  duration               = "FOREVER"

  project_role {
    project = "MOS"
    roles   = ["Tenant Administrator"]
  }
}

# Folders of time are in GMT+8.
resource "huaweicloud_obs_bucket" "lake" {
  bucket        = "sensor-lake-${var.region}"
  acl           = "private"
  force_destroy = true
}

# The service scales the stream between 1 and 4 partitions by itself.
resource "huaweicloud_dis_stream" "sensors" {
  stream_name     = "sensors"
  partition_count = 1
  data_type       = "JSON"

  auto_scale_min_partition_count = 1
  auto_scale_max_partition_count = 4

  data_schema = jsonencode({
    type = "record"
    name = "reading"
    fields = [
      { name = "sensor", type = "string" },
      { name = "celsius", type = "double" },
      { name = "measured_at", type = "string" },
    ]
  })
}

resource "huaweicloud_dis_dump_task" "sensors" {
  stream_name = huaweicloud_dis_stream.sensors.stream_name
  task_name   = "sensors-to-lake"

  # false pauses the task. The stream keeps records for its retention period only.
  running = true

  obs_destination_descriptor {
    agency_name           = huaweicloud_identity_agency.dis.name
    deliver_time_interval = 60
    consumer_strategy     = "TRIM_HORIZON"

    obs_bucket_path       = huaweicloud_obs_bucket.lake.bucket
    file_prefix           = "sensors"
    partition_format      = "yyyy/MM/dd"
    destination_file_type = "text"
    record_delimiter      = "\n"

    processing_schema {
      timestamp_name   = "measured_at"
      timestamp_type   = "String"
      timestamp_format = "yyyy-MM-dd HH:mm:ss"
    }
  }
}
