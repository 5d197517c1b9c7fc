# Records of a stream become files in the HDFS of an MRS cluster.
#
#   headworks -chdir=examples/dis-to-mrs --sim apply

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
  description = "The MRS cluster, which exists already and has no Kerberos authentication."
  type = object({
    name = string
    id   = string
  })
  default = {
    name = "analysis"
    id   = "f8123fa6-99f1-4ed9-83f4-c827c7277d41"
  }
}

# DIS acts with this agency. It must be valid without end, and needs the role on the project of the global OBS service.
resource "huaweicloud_identity_agency" "dis" {
  name                   = "dis_to_mrs"
  description            = "DIS writes into OBS"
  delegated_service_name = "op_svc_dis"
  duration               = "FOREVER"

  project_role {
    project = "MOS"
    roles   = ["Tenant Administrator"]
  }
}

# DIS puts records here on their way to HDFS, and those that failed into mrs_error.
resource "huaweicloud_obs_bucket" "staging" {
  bucket        = "events-staging-${var.region}"
  acl           = "private"
  force_destroy = true
}

resource "huaweicloud_dis_stream" "events" {
  stream_name     = "events"
  partition_count = 1
}

resource "huaweicloud_dis_dump_task" "events" {
  stream_name = huaweicloud_dis_stream.events.stream_name
  task_name   = "events-to-hdfs"

  mrs_destination_descriptor {
    agency_name           = huaweicloud_identity_agency.dis.name
    deliver_time_interval = 120

    mrs_cluster_name   = var.cluster.name
    mrs_cluster_id     = var.cluster.id
    mrs_hdfs_path      = "/user"
    hdfs_prefix_folder = "events/raw"

    obs_bucket_path = huaweicloud_obs_bucket.staging.bucket
    retry_duration  = 3600
  }
}
