# JSON records of one stream become rows of an HBase table and, with a second task, points in OpenTSDB.
#
#   headworks -chdir=examples/dis-to-cloudtable --sim apply

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

variable "cluster" {
  description = "The CloudTable cluster, which exists already, with OpenTSDB and with the HBase table readings."
  type = object({
    name = string
    id   = string
  })
  default = {
    name = "telemetry"
    id   = "b8c095e2-db5f-4732-8a1d-eacd662e35dc"
  }
}

# DIS acts with this agency. It must be valid without end, and needs the role on the project of the global OBS service.
resource "huaweicloud_identity_agency" "dis" {
  name                   = "dis_to_cloudtable"
  description            = "DIS writes into OBS"
  delegated_service_name = "op_svc_dis"
  duration               = "FOREVER"

  project_role {
    project = "MOS"
    roles   = ["Tenant Administrator"]
  }
}

# Records that could not be delivered.
resource "huaweicloud_obs_bucket" "backup" {
  bucket        = "readings-backup-${var.region}"
  acl           = "private"
  force_destroy = true
}

resource "huaweicloud_dis_stream" "readings" {
  stream_name     = "readings"
  partition_count = 1
  data_type       = "JSON"
}

# Row key: device, then time, joined by a bar.
resource "huaweicloud_dis_dump_task" "hbase" {
  stream_name = huaweicloud_dis_stream.readings.stream_name
  task_name   = "readings-to-hbase"

  cloudtable_destination_descriptor {
    agency_name       = huaweicloud_identity_agency.dis.name
    consumer_strategy = "TRIM_HORIZON"

    cloudtable_cluster_name      = var.cluster.name
    cloudtable_cluster_id        = var.cluster.id
    cloudtable_table_name        = "readings"
    cloudtable_row_key_delimiter = "|"

    obs_backup_bucket_path = huaweicloud_obs_bucket.backup.bucket
    backup_file_prefix     = "hbase"

    cloudtable_schema {
      row_key {
        value = "device"
        type  = "String"
      }
      row_key {
        value = "measured_at"
        type  = "Bigint"
      }
      columns {
        column_family_name = "cf"
        column_name        = "celsius"
        value              = "celsius"
        type               = "Double"
      }
    }
  }
}

resource "huaweicloud_dis_dump_task" "opentsdb" {
  stream_name = huaweicloud_dis_stream.readings.stream_name
  task_name   = "readings-to-opentsdb"

  cloudtable_destination_descriptor {
    agency_name = huaweicloud_identity_agency.dis.name

    cloudtable_cluster_name = var.cluster.name
    cloudtable_cluster_id   = var.cluster.id

    obs_backup_bucket_path = huaweicloud_obs_bucket.backup.bucket
    backup_file_prefix     = "opentsdb"

    opentsdb_schema {
      metric {
        type  = "Constant"
        value = "temperature"
      }
      timestamp {
        type  = "Timestamp"
        value = "measured_at"
      }
      value {
        type  = "Double"
        value = "celsius"
      }
      tags {
        name  = "device"
        type  = "String"
        value = "device"
      }
    }
  }
}
