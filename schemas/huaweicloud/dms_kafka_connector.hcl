# The connector of a Kafka instance: the nodes that dump and Smart Connect tasks run on. Names of the arguments as in the
# official Terraform provider for Huawei Cloud, dms_kafka_smart_connect.
# Sources: DMS for Kafka API reference, Enabling and Disabling Smart Connect (Pay-per-Use Instance), Querying an Instance.

resource "huaweicloud_dms_kafka_connector" {
  provider  = "huaweicloud"
  version   = 0
  summary   = "The connector of a Kafka instance: the nodes that dump tasks and Smart Connect tasks run on."
  identity  = ["instance_id"]
  import_id = ["instance_id"]

  # There is no call that changes a connector.
  on_change = "replace"

  also_called = ["huaweicloud_dms_kafka_smart_connect", "opentelekomcloud_dms_smart_connect_v2"]

  docs = <<-EOT
    An instance has one connector or none. Making and removing it takes about 20 minutes, in which the instance is
    `EXTENDING` or `CONNECTOR_DELETING` and refuses other changes; Headworks waits for that. Its nodes are billed.

    A connector that the instance has already is adopted, if it has as many nodes as `node_count` says.

    Single-node instances can't have a connector. The connector of an instance that is billed yearly or monthly is made and
    removed by an order, in the console.

    The Terraform provider calls this type `huaweicloud_dms_kafka_smart_connect`.
  EOT

  timeouts {
    create = "50m"
    update = "50m"
    delete = "50m"
  }

  attribute "id" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Id of the connector, as `connector_id`."
  }

  attribute "region" {
    type      = string
    mode      = "optional_computed"
    on_change = "replace"
    predict   = provider.region
    doc       = "Region of the instance; the provider's where it is not set."
  }

  attribute "instance_id" {
    type        = string
    mode        = "required"
    also_called = ["kafka_instance_id", "InstanceId"]
    length      = [1, 64]
    doc         = "The Kafka instance, which exists already."
    source      = "DMS for Kafka API reference, Enabling Smart Connect: instance_id"
  }

  attribute "storage_spec_code" {
    type        = string
    mode        = "optional"
    also_called = ["spec_code"]
    unread      = "an instance does not say with which storage its connector was made"
    doc         = "Storage of the connector, such as `dms.physical.storage.ultra.v2`; for instances of old flavours."
  }

  attribute "bandwidth" {
    type        = string
    mode        = "optional"
    also_called = ["specification"]
    allowed     = ["100MB", "300MB", "600MB", "1200MB"]
    unread      = "an instance does not say with which bandwidth its connector was made"
    doc         = "Bandwidth of the connector; for instances of old flavours."
    source      = "DMS for Kafka API reference, Enabling Smart Connect: specification"
  }

  attribute "node_count" {
    type        = number
    mode        = "optional_computed"
    also_called = ["node_cnt", "connector_node_num"]
    range       = [2, null]
    doc         = "How many nodes the connector has; 2 where it is not set."
    source      = "DMS for Kafka API reference, Enabling Smart Connect: node_cnt, at least 2"
  }

  attribute "connector_id" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Id of the connector, which dump tasks name."
  }

  attribute "status" {
    type     = string
    mode     = "computed"
    volatile = true
    doc      = "Status of the instance: `RUNNING`, or what is being done to it."
  }

  health {
    phase   = "status"
    pending = ["CREATING", "EXTENDING"]
  }

  api "dms" {
    reads = {
      ShowInstance = "dms:instance:get"
    }
    writes = {
      CreateConnector = "dms:instance:connector"
      DeleteConnector = "dms:instance:connector"
    }
  }

  rule "whole_node_count" {
    attribute = "node_count"
    condition = floor(self.node_count) == self.node_count
    message   = "node_count is not a whole number"
    source    = "DMS for Kafka API reference, Enabling Smart Connect: node_cnt is an integer"
  }

  effect "tasks_end" {
    on   = ["delete", "replace"]
    text = "Without a connector no dump or Smart Connect task of the instance ${prior.instance_id} runs: messages are no longer delivered."
    fix  = "Messages stay in their topics as long as those keep them; tasks that are made again with consumer_strategy = \"earliest\" deliver them."
  }

  effect "billed" {
    on       = ["create"]
    severity = "note"
    text     = "The nodes of a connector are billed as long as it exists."
  }
}
