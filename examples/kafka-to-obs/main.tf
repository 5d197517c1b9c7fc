# Messages of the Kafka topic "orders" become text objects in an OBS bucket, in a folder for each hour.
#
# The task writes with an access key of its own, which stands in the environment and never in a file:
#
#   export TF_VAR_obs_access_key=… TF_VAR_obs_secret_key=…
#   headworks -chdir=examples/kafka-to-obs --sim apply

terraform {
  required_version = ">= 1.4"
}

variable "instance_name" {
  description = "The Kafka instance, which exists already. It must be a cluster."
  type        = string
  default     = "kafka-demo"
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

data "huaweicloud_dms_kafka_instances" "this" {
  name = var.instance_name
}

resource "huaweicloud_obs_bucket" "lake" {
  bucket        = "orders-lake-kafka"
  force_destroy = true
}

# The nodes that dump tasks run on; they take about 20 minutes to make.
resource "huaweicloud_dms_kafka_connector" "dump" {
  instance_id = data.huaweicloud_dms_kafka_instances.this.instances[0].id
  node_count  = 2
}

resource "huaweicloud_dms_kafka_sink_task" "orders" {
  connector_id = huaweicloud_dms_kafka_connector.dump.connector_id
  task_name    = "orders-to-lake"

  topics            = "orders"
  consumer_strategy = "earliest"

  obs_bucket_name       = huaweicloud_obs_bucket.lake.bucket
  obs_path              = "orders"
  partition_format      = "yyyy/MM/dd/HH"
  destination_file_type = "TEXT"
  record_delimiter      = "\n"
  deliver_time_interval = 300

  access_key = var.obs_access_key
  secret_key = var.obs_secret_key
}

output "delivered_to" {
  value = "obs://${huaweicloud_obs_bucket.lake.bucket}/${huaweicloud_dms_kafka_sink_task.orders.obs_path}"
}
