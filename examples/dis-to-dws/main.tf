# CSV records of a stream become rows of a table in a DWS cluster.
#
#   export TF_VAR_dws_password=…
#   headworks -chdir=examples/dis-to-dws --sim apply

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

variable "dws_password" {
  description = "Password of the database user. Only a fingerprint of it is stored; a new password makes the task anew."
  type        = string
  sensitive   = true
}

variable "cluster" {
  description = "The DWS cluster, which exists already."
  type = object({
    name = string
    id   = string
  })
  default = {
    name = "warehouse"
    id   = "f82dc227-3691-47eb-bca7-e7851f509b2a"
  }
}

variable "kms_key" {
  description = "The KMS key with which the service encrypts the password; it exists already."
  type = object({
    name = string
    id   = string
  })
  default = {
    name = "dis-dws"
    id   = "1e759f06-9188-4d21-afab-a75e57c04d2b"
  }
}

# DIS acts with this agency. It must be valid without end, and needs the role on the project of the global OBS service.
resource "huaweicloud_identity_agency" "dis" {
  name                   = "dis_to_dws"
  description            = "DIS writes into OBS"
  delegated_service_name = "op_svc_dis"
  duration               = "FOREVER"

  project_role {
    project = "MOS"
    roles   = ["Tenant Administrator"]
  }
}

# DIS puts records here on their way to DWS, and those that failed into dws_error.
resource "huaweicloud_obs_bucket" "staging" {
  bucket        = "orders-staging-${var.region}"
  acl           = "private"
  force_destroy = true
}

resource "huaweicloud_dis_stream" "orders" {
  stream_name     = "orders"
  partition_count = 1
  data_type       = "CSV"
  csv_delimiter   = ";"
}

resource "huaweicloud_dis_dump_task" "orders" {
  stream_name = huaweicloud_dis_stream.orders.stream_name
  task_name   = "orders-to-dws"

  dws_destination_descriptor {
    agency_name = huaweicloud_identity_agency.dis.name

    dws_cluster_name  = var.cluster.name
    dws_cluster_id    = var.cluster.id
    dws_database_name = "postgres"
    dws_schema        = "sales"
    dws_table_name    = "orders"
    dws_table_columns = "id,customer,total"
    dws_delimiter     = ";"

    user_name         = "loader"
    user_password     = var.dws_password
    kms_user_key_name = var.kms_key.name
    kms_user_key_id   = var.kms_key.id

    obs_bucket_path = huaweicloud_obs_bucket.staging.bucket

    options {
      ignore_extra_data = true
      reject_limit      = "100"
      error_table_name  = "orders_rejected"
    }
  }
}
