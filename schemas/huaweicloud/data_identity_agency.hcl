# An agency that exists. Source: IAM API reference, Querying an Agency List Based on the Specified Conditions.

data "huaweicloud_identity_agency" {
  provider = "huaweicloud"
  version  = 0
  summary  = "An agency of Identity and Access Management that exists, found by its name."

  docs = <<-EOT
    For agencies that the console makes by itself, such as `dis_admin_agency` and `dli_admin_agency`.
  EOT

  attribute "id" {
    type = string
    mode = "computed"
    doc  = "Id of the agency."
  }

  attribute "name" {
    type        = string
    mode        = "required"
    also_called = ["agency_name"]
    length      = [1, 64]
    doc         = "Name of the agency, such as `dis_admin_agency`."
    source      = "IAM API reference, Creating an Agency: name"
  }

  attribute "delegated_domain_name" {
    type = string
    mode = "computed"
    doc  = "The account that may act; null where it is a cloud service."
  }

  attribute "delegated_service_name" {
    type = string
    mode = "computed"
    doc  = "The cloud service that may act, as `op_svc_<service>`; null where it is an account."
  }

  attribute "description" {
    type = string
    mode = "computed"
    doc  = "What the agency is for."
  }

  attribute "duration" {
    type = string
    mode = "computed"
    doc  = "How long the agency is valid: `FOREVER`, `ONEDAY`, or a number of days."
  }

  attribute "create_time" {
    type = string
    mode = "computed"
    doc  = "When the agency was made."
  }

  attribute "expire_time" {
    type = string
    mode = "computed"
    doc  = "When it ends; null for one that does not."
  }

  api "iam" {
    reads = {
      ListAgencies = "iam:agencies:listAgencies"
    }
  }
}
