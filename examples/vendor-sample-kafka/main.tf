# The sample of the DMS for Kafka API reference, "Creating a Dumping Task". Its bucket is called 6666; its keys, which the
# page masks, come from the environment.
#
#   export TF_VAR_obs_access_key=… TF_VAR_obs_secret_key=…
#   headworks -chdir=examples/vendor-sample-kafka --sim apply

variable "obs_access_key" {
  type      = string
  sensitive = true
}

variable "obs_secret_key" {
  type      = string
  sensitive = true
}

provider "huaweicloud" {
  region = "cn-north-4"
}

resource "huaweicloud_obs_bucket" "sample" {
  bucket = "6666"
}

resource "huaweicloud_dms_kafka_connector" "sample" {
  instance_id = "6a7d2f6c-2f0c-4b8f-9c4a-7b6a7f3b1c11"
}

resource "huaweicloud_dms_kafka_sink_task" "sample" {
  connector_id     = huaweicloud_dms_kafka_connector.sample.connector_id
  source_type      = "BLOB"
  task_name        = "obsTransfer-1122976956"
  destination_type = "OBS"

  topics                = "topic-test"
  consumer_strategy     = "earliest"
  destination_file_type = "TEXT"
  access_key            = var.obs_access_key
  secret_key            = var.obs_secret_key
  obs_bucket_name       = huaweicloud_obs_bucket.sample.bucket
  obs_path              = "obsTransfer-1122976956"
  partition_format      = "yyyy/MM/dd/HH/mm"
  record_delimiter      = "\n"
  deliver_time_interval = 300
}
