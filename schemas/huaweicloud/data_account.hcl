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

  api "iam" {
    reads = {
      KeystoneListAuthDomains = "iam:domains:listDomains"
    }
  }
}
