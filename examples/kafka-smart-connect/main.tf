# Messages of two Kafka topics become text objects in an OBS bucket, by Smart Connect. The task can be paused and changed
# while it exists: set running = false, or another obs_path.
#
#   export TF_VAR_obs_access_key=… TF_VAR_obs_secret_key=…
#   headworks -chdir=examples/kafka-smart-connect --sim apply

terraform {
  required_version = ">= 1.4"
}

variable "instance_id" {
  description = "The Kafka instance, which exists already. It must be a cluster."
  type        = string
  default     = "6a7d2f6c-2f0c-4b8f-9c4a-7b6a7f3b1c11"
}

variable "running" {
  description = "Whether messages are delivered."
  type        = bool
  default     = true
}

variable "obs_access_key" {
  description = "Id of the access key that the task writes with."
  type        = string
  sensitive   = true
}

variable "obs_secret_key" {
  description = "Secret of that access key."
  type        = string
  sensitive   = true
}

provider "huaweicloud" {
  region = "cn-north-4"
}

resource "huaweicloud_obs_bucket" "lake" {
  bucket        = "events-lake-kafka"
  force_destroy = true
}

resource "huaweicloud_dms_kafka_connector" "this" {
  instance_id = var.instance_id
  node_count  = 2
}

resource "huaweicloud_dms_kafka_smart_connect_task" "events" {
  instance_id      = huaweicloud_dms_kafka_connector.this.instance_id
  task_name        = "events-to-lake"
  topics           = ["orders", "payments"]
  running          = var.running
  destination_type = "OBS_SINK"

  destination_task {
    consumer_strategy     = "latest"
    obs_bucket_name       = huaweicloud_obs_bucket.lake.bucket
    obs_path              = "events"
    partition_format      = "yyyy/MM/dd"
    record_delimiter      = "\n"
    deliver_time_interval = 300
    store_keys            = true
    access_key            = var.obs_access_key
    secret_key            = var.obs_secret_key
  }
}
