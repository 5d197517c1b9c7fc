# The Kafka instances of a project. Names as in the official Terraform provider for Huawei Cloud.
# Source: DMS for Kafka API reference, Querying All Instances.

data "huaweicloud_dms_kafka_instances" {
  provider = "huaweicloud"
  version  = 0
  summary  = "The Kafka instances of a project: all, or those of a name, an id or a status."

  attribute "id" {
    type = string
    mode = "computed"
    doc  = "The region."
  }

  attribute "region" {
    type = string
    mode = "optional_computed"
    doc  = "Region of the instances; the provider's where it is not set."
  }

  attribute "instance_id" {
    type = string
    mode = "optional"
    doc  = "Id of the instance."
  }

  attribute "name" {
    type = string
    mode = "optional"
    doc  = "Name of the instances."
  }

  attribute "fuzzy_match" {
    type = bool
    mode = "optional"
    doc  = "Whether `name` is only a part of the name."
  }

  attribute "status" {
    type = string
    mode = "optional"
    doc  = "Status of the instances, such as `RUNNING`."
  }

  attribute "enterprise_project_id" {
    type = string
    mode = "optional"
    doc  = "Enterprise project of the instances."
  }

  attribute "include_failure" {
    type = bool
    mode = "optional"
    doc  = "Whether instances that could not be made are in the list."
  }

  block "instances" {
    nesting  = "list"
    computed = true
    doc      = "The instances, by name."

    attribute "id" {
      type = string
      mode = "computed"
      doc  = "Id of the instance."
    }

    attribute "name" {
      type = string
      mode = "computed"
      doc  = "Name of the instance."
    }

    attribute "description" {
      type = string
      mode = "computed"
      doc  = "What the instance is for."
    }

    attribute "type" {
      type = string
      mode = "computed"
      doc  = "`cluster` or `single`; a single node can't have a connector."
    }

    attribute "engine_version" {
      type = string
      mode = "computed"
      doc  = "Version of Kafka."
    }

    attribute "storage_spec_code" {
      type = string
      mode = "computed"
      doc  = "Storage of the instance."
    }

    attribute "status" {
      type = string
      mode = "computed"
      doc  = "Status of the instance."
    }

    attribute "enterprise_project_id" {
      type = string
      mode = "computed"
      doc  = "Enterprise project of the instance."
    }

    attribute "connect_address" {
      type = string
      mode = "computed"
      doc  = "Addresses of the instance, separated by commas."
    }

    attribute "port" {
      type = number
      mode = "computed"
      doc  = "Port of the instance."
    }

    attribute "dumping" {
      type = bool
      mode = "computed"
      doc  = "Whether the instance has a connector."
    }

    attribute "connector_id" {
      type = string
      mode = "computed"
      doc  = "Id of the connector; null where there is none."
    }

    attribute "connector_node_num" {
      type = number
      mode = "computed"
      doc  = "Nodes of the connector."
    }

    attribute "product_id" {
      type = string
      mode = "computed"
      doc  = "Product that the instance is of."
    }

    attribute "storage_space" {
      type = number
      mode = "computed"
      doc  = "Space for messages, in GB."
    }

    attribute "storage_type" {
      type = string
      mode = "computed"
      doc  = "Kind of storage."
    }

    attribute "storage_resource_id" {
      type = string
      mode = "computed"
      doc  = "Id of the storage."
    }

    attribute "vpc_id" {
      type = string
      mode = "computed"
      doc  = "Id of the network (VPC)."
    }

    attribute "vpc_name" {
      type = string
      mode = "computed"
      doc  = "Name of the network."
    }

    attribute "vpc_client_plain" {
      type = bool
      mode = "computed"
      doc  = "Whether clients in the network may connect without encryption."
    }

    attribute "network_id" {
      type = string
      mode = "computed"
      doc  = "Id of the subnet."
    }

    attribute "subnet_name" {
      type = string
      mode = "computed"
      doc  = "Name of the subnet."
    }

    attribute "subnet_cidr" {
      type = string
      mode = "computed"
      doc  = "Addresses of the subnet."
    }

    attribute "security_group_id" {
      type = string
      mode = "computed"
      doc  = "Id of the security group."
    }

    attribute "security_group_name" {
      type = string
      mode = "computed"
      doc  = "Name of the security group."
    }

    attribute "manager_user" {
      type = string
      mode = "computed"
      doc  = "User of Kafka Manager."
    }

    attribute "access_user" {
      type = string
      mode = "computed"
      doc  = "User for clients."
    }

    attribute "maintain_begin" {
      type = string
      mode = "computed"
      doc  = "When the daily time for maintenance begins."
    }

    attribute "maintain_end" {
      type = string
      mode = "computed"
      doc  = "When it ends."
    }

    attribute "enable_public_ip" {
      type = bool
      mode = "computed"
      doc  = "Whether the instance has public addresses."
    }

    attribute "security_protocol" {
      type = string
      mode = "computed"
      doc  = "Protocol of clients with SASL."
    }

    attribute "enabled_mechanisms" {
      type = list(string)
      mode = "computed"
      doc  = "Mechanisms of SASL."
    }

    attribute "retention_policy" {
      type = string
      mode = "computed"
      doc  = "What becomes of messages when the space is full."
    }

    attribute "enable_auto_topic" {
      type = bool
      mode = "computed"
      doc  = "Whether topics are made when they are first used."
    }

    attribute "partition_num" {
      type = number
      mode = "computed"
      doc  = "Most partitions of the instance."
    }

    attribute "ssl_enable" {
      type = bool
      mode = "computed"
      doc  = "Whether clients use SASL and TLS."
    }
  }

  api "dms" {
    reads = {
      ListInstances = "dms:instance:list"
      ShowInstance  = "dms:instance:get"
    }
  }
}
