# A role that exists. Source: RAM API reference 2015-05-01, GetRole.

data "alicloud_ram_role" {
  provider = "alicloud"
  version  = 0
  summary  = "A role of Resource Access Management that exists, found by its name."

  attribute "id" {
    type = string
    mode = "computed"
    doc  = "The name of the role."
  }

  attribute "role_name" {
    type        = string
    mode        = "required"
    also_called = ["name", "RoleName"]
    length      = [1, 64]
    doc         = "Name of the role, such as `AliyunServiceRoleForOTSDataDelivery`."
    source      = "RAM API reference, GetRole: RoleName"
  }

  attribute "arn" {
    type = string
    mode = "computed"
    doc  = "`acs:ram::<account id>:role/<role name in lower case>`."
  }

  attribute "role_id" {
    type = string
    mode = "computed"
    doc  = "Id that RAM gives the role."
  }

  attribute "description" {
    type = string
    mode = "computed"
    doc  = "What the role is for."
  }

  attribute "assume_role_policy_document" {
    type     = string
    mode     = "computed"
    equality = "json"
    doc      = "Who may assume the role, as JSON."
  }

  attribute "max_session_duration" {
    type = number
    mode = "computed"
    doc  = "How long a session of the role may last, in seconds."
  }

  attribute "create_time" {
    type = string
    mode = "computed"
    doc  = "When the role was made."
  }

  api "ram" {
    reads = ["GetRole"]
  }
}
