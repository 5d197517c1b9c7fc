# The account that calls. Source: IAM API reference, Querying Accounts Accessible to a User.

data "huaweicloud_account" {
  provider = "huaweicloud"
  version  = 0
  summary  = "The account that the credentials are of."

  attribute "id" {
    type = string
    mode = "computed"
    doc  = "Id of the account (IAM: domain)."
  }

  attribute "name" {
    type = string
    mode = "computed"
    doc  = "Name of the account."
  }

  attribute "current_project_id" {
    type = string
    mode = "computed"
    doc  = "Id of the project in the provider's region."
  }

  attribute "username" {
    type = string
    mode = "computed"
    doc  = "Name of the user; null where the credentials may not ask."
  }

  attribute "user_id" {
    type = string
    mode = "computed"
    doc  = "Id of the user; null where the credentials may not ask."
  }

  api "iam" {
    reads = {
      KeystoneListAuthDomains = "iam:domains:listDomains"
      KeystoneListProjects    = "iam:projects:listProjects"
    }
  }

  # Only where the provider block has a user_id.
  api "iam" {
    reads = { ShowUser = "iam:users:getUser" }
  }
  api "sts" {
    reads = { GetCallerIdentity = "sts::getCallerIdentity" }
  }
}
