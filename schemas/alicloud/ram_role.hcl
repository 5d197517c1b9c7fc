# A RAM role. Names of the arguments as in the official Terraform provider for Alibaba Cloud.
# Sources: RAM API reference 2015-05-01 (CreateRole, GetRole, UpdateRole, DeleteRole) and RAM limits.

resource "alicloud_ram_role" {
  provider  = "alicloud"
  version   = 0
  summary   = "A role of Resource Access Management, which services and users may assume."
  identity  = ["role_name"]
  import_id = ["role_name"]

  timeouts {
    create = "5m"
    update = "5m"
    delete = "5m"
  }

  attribute "id" {
    type    = string
    mode    = "computed"
    stable  = true
    predict = coalesce(self.role_name, self.name)
    doc     = "The name of the role."
  }

  attribute "role_name" {
    type        = string
    mode        = "optional_computed"
    on_change   = "replace"
    also_called = ["RoleName"]
    length      = [1, 64]
    pattern {
      regex   = "[A-Za-z0-9._-]+"
      meaning = "letters, digits, full stops, underscores and hyphens"
    }
    predict = self.name
    doc     = "Name of the role, unique in the account. This or `name` must be set."
    source  = "RAM API reference, CreateRole: RoleName"
  }

  attribute "name" {
    type       = string
    mode       = "optional_computed"
    on_change  = "replace"
    deprecated = "Use role_name, as the Terraform provider for Alibaba Cloud does from version 1.252."
    length     = [1, 64]
    predict    = self.role_name
    doc        = "Former spelling of `role_name`."
    source     = "RAM API reference, CreateRole: RoleName"
  }

  attribute "assume_role_policy_document" {
    type        = string
    mode        = "optional_computed"
    equality    = "json"
    also_called = ["AssumeRolePolicyDocument", "trust_policy", "assume_role_policy"]
    doc         = "Who may assume the role: a policy as JSON, best written with `jsonencode`. This or `document` must be set."
  }

  attribute "document" {
    type       = string
    mode       = "optional_computed"
    equality   = "json"
    deprecated = "Use assume_role_policy_document, as the Terraform provider for Alibaba Cloud does from version 1.252."
    predict    = self.assume_role_policy_document
    doc        = "Former spelling of `assume_role_policy_document`."
  }

  attribute "description" {
    type   = string
    mode   = "optional"
    length = [0, 1024]
    doc    = "What the role is for."
    source = "RAM API reference, CreateRole: Description"
  }

  attribute "max_session_duration" {
    type    = number
    mode    = "optional"
    default = 3600
    range   = [3600, 43200]
    doc     = "How long a session of the role may last, in seconds."
    source  = "RAM API reference, CreateRole: MaxSessionDuration"
  }

  attribute "force" {
    type      = bool
    mode      = "optional"
    default   = false
    on_change = "local"
    doc       = "Detach all policies when the role is deleted. Without it, a role with policies is not deleted."
  }

  attribute "tags" {
    type   = map(string)
    mode   = "optional"
    length = [0, 20]
    doc    = "Tags of the role."
    source = "RAM API reference, CreateRole: Tag.N, N up to 20"
  }

  attribute "arn" {
    type    = string
    mode    = "computed"
    stable  = true
    predict = prior.role_name == self.role_name ? prior.arn : null
    doc     = "`acs:ram::<account id>:role/<role name in lower case>`."
  }

  attribute "role_id" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Id that RAM gives the role."
  }

  attribute "create_time" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "When the role was made."
  }

  api "ram" {
    reads  = ["GetRole", "ListPoliciesForRole"]
    writes = ["CreateRole", "UpdateRole", "DeleteRole", "DetachPolicyFromRole", "TagResources", "UntagResources"]
  }

  rule "one_name" {
    attribute = "role_name"
    condition = (config.role_name == null) != (config.name == null)
    message   = "a role has exactly one name"
    help      = "set role_name, and not its former spelling name"
    source    = "RAM API reference, CreateRole: RoleName is required"
  }

  rule "one_policy" {
    attribute = "assume_role_policy_document"
    condition = (config.assume_role_policy_document == null) != (config.document == null)
    message   = "a role has exactly one policy that says who may assume it"
    help      = "set assume_role_policy_document, and not its former spelling document"
    source    = "RAM API reference, CreateRole: AssumeRolePolicyDocument is required"
  }

  effect "role_gone" {
    on   = ["delete", "replace"]
    text = "Tasks that write with the role ${prior.role_name} stop with UNAUTHORIZED as long as it is away."
  }
}
