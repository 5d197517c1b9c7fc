# The Kafka topic "orders" is copied into another Kafka instance, by Smart Connect.
#
#   headworks -chdir=examples/kafka-replication --sim apply

terraform {
  required_version = ">= 1.4"
}

variable "instance_id" {
  description = "The Kafka instance that runs the task, which exists already. It must be a cluster."
  type        = string
  default     = "6a7d2f6c-2f0c-4b8f-9c4a-7b6a7f3b1c11"
}

variable "peer_instance_id" {
  description = "The Kafka instance that gets the copies."
  type        = string
  default     = "0d3f7c52-9a1e-4e6b-8c57-3b9f2a6d4e10"
}

provider "huaweicloud" {
  region = "cn-north-4"
}

resource "huaweicloud_dms_kafka_connector" "this" {
  instance_id = var.instance_id
}

resource "huaweicloud_dms_kafka_smart_connect_task" "orders" {
  instance_id = huaweicloud_dms_kafka_connector.this.instance_id
  task_name   = "orders-to-peer"
  topics      = ["orders"]
  source_type = "KAFKA_REPLICATOR_SOURCE"

  source_task {
    current_instance_alias        = "here"
    peer_instance_alias           = "there"
    peer_instance_id              = var.peer_instance_id
    direction                     = "push"
    replication_factor            = 3
    task_num                      = 2
    consumer_strategy             = "latest"
    compression_type              = "none"
    rename_topic_enabled          = false
    provenance_header_enabled     = false
    sync_consumer_offsets_enabled = false
    topics_mapping                = ["orders:orders-copy"]
  }
}
