# The provider block for Alibaba Cloud. Names of the arguments and environment variables as in the official Terraform
# provider and the vendor's SDKs.

provider "alicloud" {
  version = 0
  # RAM documentation, Policy elements: Version.
  policy_version = "1"

  summary = "Credentials, region and endpoints for Alibaba Cloud."

  docs = <<-EOT
    Credentials belong into the environment. A secret in clear text in a file is an error.
  EOT

  unmanaged = {
    profile                 = "set the credentials in the environment: ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET"
    shared_credentials_file = "set the credentials in the environment: ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET"
    assume_role             = "set temporary credentials in the environment: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN"
    configuration_source    = "remove it"
  }

  attribute "region" {
    type = string
    mode = "optional"
    env  = ["ALIBABA_CLOUD_REGION", "ALICLOUD_REGION", "ALIBABA_CLOUD_REGION_ID"]
    pattern {
      regex   = "[a-z]{2}-[a-z0-9]+(-[a-z0-9]+)*"
      meaning = "the id of a region, such as cn-hangzhou"
    }
    also_called = ["region_id"]
    doc         = "Region of the resources, such as `cn-hangzhou`."
    source      = "Alibaba Cloud documentation, Regions and zones"
  }

  attribute "access_key" {
    type        = string
    mode        = "optional"
    env         = ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY", "ALIBABA_CLOUD_ACCESS_KEY"]
    also_called = ["access_key_id"]
    doc         = "Id of the access key."
    source      = "Terraform provider for Alibaba Cloud: access_key"
  }

  attribute "secret_key" {
    type        = string
    mode        = "optional"
    secret      = true
    env         = ["ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALICLOUD_SECRET_KEY", "ALIBABA_CLOUD_SECRET_KEY"]
    also_called = ["access_key_secret"]
    doc         = "Secret of the access key."
    source      = "Terraform provider for Alibaba Cloud: secret_key"
  }

  attribute "security_token" {
    type        = string
    mode        = "optional"
    secret      = true
    env         = ["ALIBABA_CLOUD_SECURITY_TOKEN", "ALICLOUD_SECURITY_TOKEN"]
    also_called = ["sts_token", "token"]
    doc         = "Token of temporary credentials."
    source      = "Terraform provider for Alibaba Cloud: security_token"
  }

  attribute "account_id" {
    type = string
    mode = "optional"
    env  = ["ALIBABA_CLOUD_ACCOUNT_ID", "ALICLOUD_ACCOUNT_ID"]
    pattern {
      regex   = "[0-9]+"
      meaning = "the digits of an account id"
    }
    doc    = "Id of the account. Read for configurations that were written for the Terraform provider; headworks does not need it."
    source = "Terraform provider for Alibaba Cloud: account_id"
  }

  block "endpoints" {
    nesting = "single"
    doc     = "Endpoints in place of those that follow from the region: for private networks, or for `headworks sim`."

    attribute "ots" {
      type = string
      mode = "optional"
      doc  = "Tablestore."
    }

    attribute "oss" {
      type = string
      mode = "optional"
      doc  = "Object Storage Service."
    }

    attribute "ram" {
      type = string
      mode = "optional"
      doc  = "Resource Access Management."
    }

    attribute "resourcemanager" {
      type = string
      mode = "optional"
      doc  = "Resource Management, which makes service-linked roles."
    }

    attribute "dataworks" {
      type = string
      mode = "optional"
      doc  = "DataWorks."
    }

    attribute "sts" {
      type = string
      mode = "optional"
      doc  = "Security Token Service."
    }
  }
}
