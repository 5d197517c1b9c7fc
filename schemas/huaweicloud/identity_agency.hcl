# An agency of IAM. Names of the arguments as in the official Terraform provider for Huawei Cloud.
# Sources: IAM API reference (agency management, permission management), EPS API reference (Querying the Enterprise Project
# List), DIS user guide (Creating an IAM Agency), Terraform provider for Huawei Cloud: identity_agency.

resource "huaweicloud_identity_agency" {
  provider  = "huaweicloud"
  version   = 0
  summary   = "An agency of Identity and Access Management, with which another account or a cloud service acts in this account."
  identity  = ["name"]
  import_id = ["name"]

  also_called = ["opentelekomcloud_identity_agency_v3"]

  docs = <<-EOT
    DIS and DLI write into OBS with an agency that lets the service act. The public API has no agency "of a cloud
    service": in practice it is one whose trusted account is named `op_svc_<service>`, and `delegated_service_name`
    writes that name. For DIS, `op_svc_dis` follows the names of other services, but no public source confirms it. Where
    it is refused, let the console create the agency (it calls it `dis_admin_agency`) and read it with the data source
    `huaweicloud_identity_agency`.

    The roles are all that the agency has: one that was granted elsewhere is shown as a difference and revoked. Roles
    are named as the console does (`Tenant Administrator`) or by their internal names (`te_admin`). An agency is
    imported by its name or its id. Policies of IAM 5 that are attached to it are left as they are.
  EOT

  timeouts {
    create = "10m"
    update = "10m"
    delete = "5m"
  }

  attribute "id" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Id that IAM gives the agency."
  }

  attribute "name" {
    type        = string
    mode        = "required"
    on_change   = "replace"
    also_called = ["agency_name"]
    length      = [1, 64]
    doc         = "Name of the agency, unique in the account."
    source      = "IAM API reference, Creating an Agency: name"
  }

  attribute "delegated_domain_name" {
    type        = string
    mode        = "optional"
    also_called = ["trust_domain_name"]
    length      = [1, 64]
    doc         = "Name of the account that may act. This or `delegated_service_name` must be set."
    source      = "IAM API reference, Creating an Agency: trust_domain_name"
  }

  attribute "delegated_service_name" {
    type = string
    mode = "optional"
    pattern {
      regex   = "(op_svc_)?[A-Za-z]+"
      meaning = "the name of a service such as DIS, or op_svc_ and the name"
    }
    doc    = "The cloud service that may act, such as `DIS` or `op_svc_dis`. This or `delegated_domain_name` must be set."
    source = "Terraform provider for Huawei Cloud: delegated_service_name"
  }

  attribute "description" {
    type   = string
    mode   = "optional"
    length = [0, 255]
    pattern {
      regex   = "[^@#$%^&*<>\\\\]*"
      meaning = "a text without the characters @#$%^&*<>\\"
    }
    doc    = "What the agency is for."
    source = "IAM API reference, Creating an Agency: description; Terraform provider for Huawei Cloud: description"
  }

  attribute "duration" {
    type        = string
    mode        = "optional"
    default     = "FOREVER"
    also_called = ["validity_period"]
    pattern {
      regex   = "FOREVER|ONEDAY|[1-9][0-9]{0,4}"
      meaning = "FOREVER, ONEDAY or a number of days"
    }
    doc    = "How long the agency is valid: `FOREVER`, `ONEDAY`, or a number of days."
    source = "IAM API reference, Creating an Agency: duration"
  }

  block "project_role" {
    nesting = "set"
    doc     = "Roles in one project. The global OBS service has a project of its own, `MOS`."

    attribute "project" {
      type   = string
      mode   = "required"
      length = [1, 64]
      doc    = "Name of the project, such as `cn-north-4`."
      source = "Terraform provider for Huawei Cloud: project_role"
    }

    attribute "roles" {
      type   = set(string)
      mode   = "required"
      length = [1, null]
      doc    = "Names of the roles."
      source = "Terraform provider for Huawei Cloud: project_role"
    }
  }

  attribute "domain_roles" {
    type        = set(string)
    mode        = "optional"
    also_called = ["domain_role", "global_roles"]
    doc         = "Roles in the account itself, for global services."
  }

  attribute "all_resources_roles" {
    type        = set(string)
    mode        = "optional"
    also_called = ["inherited_roles"]
    doc         = "Roles in all projects and all global services, those to come included."
  }

  block "enterprise_project_roles" {
    nesting = "set"
    doc     = "Roles in one enterprise project."

    attribute "enterprise_project" {
      type   = string
      mode   = "required"
      length = [1, 255]
      doc    = "Name of the enterprise project, such as `default`."
      source = "Terraform provider for Huawei Cloud: enterprise_project_roles"
    }

    attribute "roles" {
      type   = set(string)
      mode   = "required"
      length = [1, null]
      doc    = "Names of the roles."
      source = "Terraform provider for Huawei Cloud: enterprise_project_roles"
    }
  }

  attribute "force_dissociate_v5_policies" {
    type      = bool
    mode      = "optional"
    default   = false
    on_change = "local"
    doc       = "Detach the policies of IAM 5 that the agency has when it is deleted. Without it, an agency that has any is not deleted."
    source    = "Terraform provider for Huawei Cloud: force_dissociate_v5_policies"
  }

  attribute "create_time" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "When the agency was made."
  }

  attribute "expire_time" {
    type = string
    mode = "computed"
    doc  = "When it ends; null for one that does not."
  }

  api "iam" {
    reads = {
      ListAgencies                        = "iam:agencies:listAgencies"
      ShowAgency                          = "iam:agencies:getAgency"
      KeystoneListPermissions             = "iam:roles:listRoles"
      KeystoneListProjects                = "iam:projects:listProjects"
      ListProjectPermissionsForAgency     = "iam:permissions:listRolesForAgencyOnProject"
      ListDomainPermissionsForAgency      = "iam:permissions:listRolesForAgencyOnDomain"
      ListAllProjectsPermissionsForAgency = "iam:permissions:listRolesForAgency"
      ShowDomainRoleAssignments           = "iam:permissions:listRoleAssignments"
    }
    writes = {
      CreateAgency                             = "iam:agencies:createAgency"
      UpdateAgency                             = "iam:agencies:updateAgency"
      DeleteAgency                             = "iam:agencies:deleteAgency"
      AssociateAgencyWithProjectPermission     = "iam:permissions:grantRoleToAgencyOnProject"
      AssociateAgencyWithDomainPermission      = "iam:permissions:grantRoleToAgencyOnDomain"
      AssociateAgencyWithAllProjectsPermission = "iam:permissions:grantRoleToAgency"
      RemoveProjectPermissionFromAgency        = "iam:permissions:revokeRoleFromAgencyOnProject"
      RemoveDomainPermissionFromAgency         = "iam:permissions:revokeRoleFromAgencyOnDomain"
      RemoveAllProjectsPermissionFromAgency    = "iam:permissions:revokeRoleFromAgency"
    }
  }

  # Only with enterprise_project_roles.
  api "iam" {
    reads = { KeystoneShowPermission = "iam:roles:getRole" }
    writes = {
      AssociateRoleToAgencyOnEnterpriseProject = "iam:permissions:grantRoleToAgencyOnEnterpriseProject"
      RevokeRoleFromAgencyOnEnterpriseProject  = "iam:permissions:revokeRoleFromAgencyOnEnterpriseProject"
    }
  }
  api "eps" {
    reads = { ListEnterpriseProject = "eps:enterpriseProjects:list" }
  }

  # Only with force_dissociate_v5_policies.
  api "iam" {
    writes = {
      ListAttachedAgencyPoliciesV5 = "iam:agencies:listAttachedPoliciesV5"
      DetachAgencyPolicyV5         = "iam:agencies:detachPolicyV5"
    }
  }

  rule "one_delegate" {
    attribute = "delegated_domain_name"
    condition = (config.delegated_domain_name == null) != (config.delegated_service_name == null)
    message   = "an agency is for exactly one account or service"
    help      = "set delegated_service_name for a cloud service, or delegated_domain_name for another account"
    source    = "Terraform provider for Huawei Cloud: delegated_domain_name, delegated_service_name"
  }

  rule "one_block_per_project" {
    attribute = "project_role"
    condition = length(distinct([for p in self.project_role : p.project])) == length([for p in self.project_role : p.project])
    highlight = try([
      for p in self.project_role : p.project
      if length([for q in self.project_role : q if q.project == p.project]) > 1
    ][0], "")
    message = "the project `${found}` has more than one project_role block"
    help    = "list all roles of a project in one block"
    source  = "IAM API reference, Querying Permissions of an Agency for a Project: roles are listed by project"
  }

  rule "roles_that_no_agency_has" {
    attribute = "project_role"
    condition = length(setintersection(
      flatten([for p in self.project_role : tolist(p.roles)]),
      ["secu_admin", "te_agency", "Security Administrator", "Agent Operator"],
    )) == 0
    highlight = try(tolist(setintersection(
      flatten([for p in self.project_role : tolist(p.roles)]),
      ["secu_admin", "te_agency", "Security Administrator", "Agent Operator"],
    ))[0], "")
    message = "the role `${found}` can't be granted to an agency"
    help    = "grant the roles of the services that the agency is for"
    source  = "IAM API reference, Granting Permissions to an Agency for a Project: secu_admin and te_agency"
  }

  rule "domain_roles_that_no_agency_has" {
    attribute = "domain_roles"
    condition = self.domain_roles == null ? true : length(setintersection(
      self.domain_roles, ["secu_admin", "te_agency", "Security Administrator", "Agent Operator"],
    )) == 0
    highlight = try(tolist(setintersection(
      self.domain_roles, ["secu_admin", "te_agency", "Security Administrator", "Agent Operator"],
    ))[0], "")
    message = "the role `${found}` can't be granted to an agency"
    help    = "grant the roles of the services that the agency is for"
    source  = "IAM API reference, Granting Permissions to an Agency for a Domain: secu_admin and te_agency"
  }

  rule "inherited_roles_that_no_agency_has" {
    attribute = "all_resources_roles"
    condition = self.all_resources_roles == null ? true : length(setintersection(
      self.all_resources_roles, ["secu_admin", "te_agency", "Security Administrator", "Agent Operator"],
    )) == 0
    highlight = try(tolist(setintersection(
      self.all_resources_roles, ["secu_admin", "te_agency", "Security Administrator", "Agent Operator"],
    ))[0], "")
    message = "the role `${found}` can't be granted to an agency"
    help    = "grant the roles of the services that the agency is for"
    source  = "IAM API reference, Granting Permissions to an Agency for All Projects: secu_admin and te_agency"
  }

  rule "one_block_per_enterprise_project" {
    attribute = "enterprise_project_roles"
    condition = length(distinct([for p in self.enterprise_project_roles : p.enterprise_project])) == length([for p in self.enterprise_project_roles : p.enterprise_project])
    highlight = try([
      for p in self.enterprise_project_roles : p.enterprise_project
      if length([for q in self.enterprise_project_roles : q if q.enterprise_project == p.enterprise_project]) > 1
    ][0], "")
    message = "the enterprise project `${found}` has more than one enterprise_project_roles block"
    help    = "list all roles of an enterprise project in one block"
    source  = "IAM API reference, Querying Permissions Assignment Records: a role is assigned in an enterprise project once"
  }

  rule "enterprise_roles_that_no_agency_has" {
    attribute = "enterprise_project_roles"
    condition = length(setintersection(
      flatten([for p in self.enterprise_project_roles : tolist(p.roles)]),
      ["secu_admin", "te_agency", "Security Administrator", "Agent Operator"],
    )) == 0
    highlight = try(tolist(setintersection(
      flatten([for p in self.enterprise_project_roles : tolist(p.roles)]),
      ["secu_admin", "te_agency", "Security Administrator", "Agent Operator"],
    ))[0], "")
    message = "the role `${found}` can't be granted to an agency"
    help    = "grant the roles of the services that the agency is for"
    source  = "IAM API reference, Granting Permissions to an Agency for a Project: secu_admin and te_agency"
  }

  rule "dis_forever" {
    attribute = "duration"
    severity  = "warning"
    condition = (
      self.delegated_service_name == null ? true :
      !contains(["dis", "op_svc_dis"], lower(self.delegated_service_name)) ? true :
      self.duration == "FOREVER"
    )
    message = "an agency for DIS must be valid for ever"
    help    = "leave duration out, or set it to FOREVER; dump tasks fail when the agency ends"
    source  = "DIS user guide, Creating an IAM Agency: Validity Period"
  }

  rule "dis_writes_into_obs" {
    attribute = "delegated_service_name"
    severity  = "warning"
    condition = (
      self.delegated_service_name == null ? true :
      !contains(["dis", "op_svc_dis"], lower(self.delegated_service_name)) ? true :
      self.all_resources_roles != null ? true :
      length([
        for p in self.project_role : p
        if p.project == "MOS" && (contains(p.roles, "Tenant Administrator") || contains(p.roles, "te_admin"))
      ]) > 0
    )
    message = "the agency lets DIS act, but does not let it write into OBS"
    help    = "add a project_role block with project = \"MOS\", the project of the global OBS service, and roles = [\"Tenant Administrator\"]"
    source  = "DIS user guide, Creating an IAM Agency: Tenant Administrator in Global service, project OBS"
  }

  effect "agency_gone" {
    on   = ["delete", "replace"]
    text = "Dump tasks that write with the agency ${prior.name} fail as long as it is away."
  }

  effect "roles_revoked" {
    on = ["update"]
    when = length(setsubtract(
      concat(
        flatten([for p in prior.project_role : [for r in p.roles : "${p.project}/${r}"]]),
        [for r in(prior.domain_roles == null ? [] : tolist(prior.domain_roles)) : "domain/${r}"],
        [for r in(prior.all_resources_roles == null ? [] : tolist(prior.all_resources_roles)) : "all/${r}"],
        flatten([for p in prior.enterprise_project_roles : [for r in p.roles : "enterprise/${p.enterprise_project}/${r}"]]),
      ),
      concat(
        flatten([for p in self.project_role : [for r in p.roles : "${p.project}/${r}"]]),
        [for r in(self.domain_roles == null ? [] : tolist(self.domain_roles)) : "domain/${r}"],
        [for r in(self.all_resources_roles == null ? [] : tolist(self.all_resources_roles)) : "all/${r}"],
        flatten([for p in self.enterprise_project_roles : [for r in p.roles : "enterprise/${p.enterprise_project}/${r}"]]),
      ),
    )) > 0
    text = "Roles that are no longer listed are revoked: dump tasks that write with the agency ${prior.name} and need them fail."
  }

  effect "other_delegate" {
    on = ["update"]
    when = (
      prior.delegated_domain_name != self.delegated_domain_name ||
      (prior.delegated_service_name == null ? "" : trimprefix(lower(prior.delegated_service_name), "op_svc_")) !=
      (self.delegated_service_name == null ? "" : trimprefix(lower(self.delegated_service_name), "op_svc_"))
    )
    text = "The service or account that acted with the agency ${prior.name} can no longer do so."
  }
}
