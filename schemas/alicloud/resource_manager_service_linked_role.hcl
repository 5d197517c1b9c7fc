# A service-linked role: a role that belongs to one service, which defines what it may do.
# Sources: Resource Management API reference 2020-03-31 (CreateServiceLinkedRole, DeleteServiceLinkedRole,
# GetServiceLinkedRoleDeletionStatus); Tablestore documentation, Service-linked roles.

resource "alicloud_resource_manager_service_linked_role" {
  provider  = "alicloud"
  version   = 0
  summary   = "A role that belongs to one service of Alibaba Cloud, which defines what it may do."
  identity  = ["service_name", "custom_suffix"]
  import_id = ["service_name", "role_name"]
  on_change = "replace"

  docs = <<-EOT
    Tablestore delivery needs the role `AliyunServiceRoleForOTSDataDelivery`, made with
    `service_name = "datadelivery.ots.aliyuncs.com"`. There is one such role in an account.

    Who creates it needs the permission `ram:CreateServiceLinkedRole`; users of RAM do not have it unless it is given.
    A role that delivery tasks still use can't be deleted.
  EOT

  timeouts {
    create = "5m"
    delete = "10m"
  }

  attribute "id" {
    type    = string
    mode    = "computed"
    stable  = true
    predict = prior.service_name == self.service_name && prior.custom_suffix == self.custom_suffix ? prior.id : null
    doc     = "`<service_name>:<role_name>`."
  }

  attribute "service_name" {
    type        = string
    mode        = "required"
    also_called = ["ServiceName", "service"]
    pattern {
      regex   = "[a-z0-9-]+(\\.[a-z0-9-]+)*\\.aliyuncs\\.com"
      meaning = "the name of a service, such as datadelivery.ots.aliyuncs.com"
    }
    doc    = "The service that the role belongs to. For Tablestore delivery: `datadelivery.ots.aliyuncs.com`."
    source = "Resource Management API reference, CreateServiceLinkedRole: ServiceName"
  }

  attribute "custom_suffix" {
    type        = string
    mode        = "optional"
    also_called = ["CustomSuffix"]
    length      = [1, 64]
    doc         = "Suffix of the role's name, for services that allow several roles."
    source      = "Resource Management API reference, CreateServiceLinkedRole: CustomSuffix"
  }

  attribute "description" {
    type   = string
    mode   = "optional_computed"
    length = [1, 1024]
    doc    = "What the role is for; only with `custom_suffix`."
    source = "Resource Management API reference, CreateServiceLinkedRole: Description"
  }

  attribute "role_name" {
    type    = string
    mode    = "computed"
    stable  = true
    predict = prior.service_name == self.service_name && prior.custom_suffix == self.custom_suffix ? prior.role_name : null
    doc     = "Name that the service gives the role, such as `AliyunServiceRoleForOTSDataDelivery`."
  }

  attribute "role_id" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Id that RAM gives the role."
  }

  attribute "arn" {
    type    = string
    mode    = "computed"
    stable  = true
    predict = prior.service_name == self.service_name && prior.custom_suffix == self.custom_suffix ? prior.arn : null
    doc     = "`acs:ram::<account id>:role/<role name in lower case>`."
  }

  api "resourcemanager" {
    reads = {
      GetRole                            = "ram:GetRole"
      ListRoles                          = "ram:ListRoles"
      GetServiceLinkedRoleDeletionStatus = "ram:GetServiceLinkedRoleDeletionStatus"
    }
    writes = {
      CreateServiceLinkedRole = "ram:CreateServiceLinkedRole"
      DeleteServiceLinkedRole = "ram:DeleteServiceLinkedRole"
    }
  }

  rule "not_the_service_of_the_sample" {
    attribute = "service_name"
    severity  = "warning"
    condition = self.service_name != "ots.aliyuncs.com" && self.service_name != "arms.aliyuncs.com"
    message   = "${self.service_name} is not the service of Tablestore delivery"
    help      = "for alicloud_ots_delivery_task, set service_name = \"datadelivery.ots.aliyuncs.com\"; a sample policy in the vendor's documentation names another service by mistake"
    source    = "Tablestore documentation, Service-linked roles: condition of the role's policy"
  }

  effect "role_gone" {
    on   = ["delete", "replace"]
    text = "Delivery tasks that write with the role ${prior.role_name} stop with UNAUTHORIZED; Alibaba Cloud refuses the deletion while it sees that tasks use the role."
  }
}
