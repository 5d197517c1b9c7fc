# Who the credentials belong to. Source: STS API reference 2015-04-01, GetCallerIdentity.

data "alicloud_caller_identity" {
  provider = "alicloud"
  version  = 0
  summary  = "The account and identity that the provider's credentials belong to."

  attribute "id" {
    type = string
    mode = "computed"
    doc  = "The account id."
  }

  attribute "account_id" {
    type = string
    mode = "computed"
    doc  = "Id of the account."
  }

  attribute "arn" {
    type = string
    mode = "computed"
    doc  = "ARN of the caller."
  }

  attribute "identity_type" {
    type = string
    mode = "computed"
    doc  = "`Account`, `RAMUser` or `AssumedRoleUser`."
  }

  attribute "principal_id" {
    type = string
    mode = "computed"
    doc  = "Id of the caller as policies name it."
  }

  attribute "user_id" {
    type = string
    mode = "computed"
    doc  = "Id of the user; null for a role."
  }

  attribute "role_id" {
    type = string
    mode = "computed"
    doc  = "Id of the role; null for a user."
  }

  api "sts" {
    reads = ["GetCallerIdentity"]
  }
}
