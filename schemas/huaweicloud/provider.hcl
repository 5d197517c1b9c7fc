# The provider block for Huawei Cloud and its Open Telekom Cloud twin. Names of the arguments and environment variables
# as in the official Terraform provider and the vendor's SDKs.

provider "huaweicloud" {
  version = 0
  # IAM documentation, Policy content of custom policies: Version 1.1 for fine-grained permissions.
  policy_version = "1.1"

  summary = "Credentials, region, project and endpoints for Huawei Cloud or Open Telekom Cloud."

  docs = <<-EOT
    Credentials belong into the environment. A secret in clear text in a file is an error.

    There are three ways to say who calls, and the first that is there is used: a `token`; an access key, which signs
    every request; a `user_name` with `password` and `domain_name`, for which IAM gives a token.

    Without `project_id`, IAM is asked for the project that has the name of the region. For Open Telekom Cloud set
    `cloud = "otc.t-systems.com"`.
  EOT

  unmanaged = {
    auth_url                = "set endpoints = { iam = \"https://iam.<domain name>\" } where IAM is not at its usual address"
    insecure                = "remove it; certificates are always checked"
    max_retries             = "remove it; failed calls are repeated where that is safe"
    regional                = "remove it; endpoints are those of the region"
    signing_algorithm       = "remove it; requests are signed with SDK-HMAC-SHA256"
    skip_check_website_type = "remove it; headworks does not look at the type of an account"
    profile                 = "set the credentials in the environment: HW_ACCESS_KEY and HW_SECRET_KEY"
    shared_config_file      = "set the credentials in the environment: HW_ACCESS_KEY and HW_SECRET_KEY"
    assume_role             = "set temporary keys in the environment: HW_ACCESS_KEY, HW_SECRET_KEY and HW_SECURITY_TOKEN"
  }

  attribute "region" {
    type = string
    mode = "optional"
    env  = ["HW_REGION_NAME", "OS_REGION_NAME"]
    pattern {
      regex   = "[a-z]{2,}(-[a-z0-9]+)+"
      meaning = "the id of a region, such as cn-north-4 or eu-de"
    }
    also_called = ["region_name"]
    doc         = "Region of the resources, such as `cn-north-4`."
    source      = "Terraform provider for Huawei Cloud: region"
  }

  attribute "access_key" {
    type        = string
    mode        = "optional"
    env         = ["HW_ACCESS_KEY", "HUAWEICLOUD_SDK_AK", "OS_ACCESS_KEY"]
    also_called = ["ak"]
    doc         = "Id of the access key."
    source      = "Terraform provider for Huawei Cloud: access_key; huaweicloudsdkcore, environment credentials"
  }

  attribute "secret_key" {
    type        = string
    mode        = "optional"
    secret      = true
    env         = ["HW_SECRET_KEY", "HUAWEICLOUD_SDK_SK", "OS_SECRET_KEY"]
    also_called = ["sk"]
    doc         = "Secret of the access key."
    source      = "Terraform provider for Huawei Cloud: secret_key; huaweicloudsdkcore, environment credentials"
  }

  attribute "security_token" {
    type   = string
    mode   = "optional"
    secret = true
    env    = ["HW_SECURITY_TOKEN", "HUAWEICLOUD_SDK_SECURITY_TOKEN"]
    doc    = "Token of a temporary access key."
    source = "Terraform provider for Huawei Cloud: security_token"
  }

  attribute "token" {
    type   = string
    mode   = "optional"
    secret = true
    env    = ["HW_AUTH_TOKEN", "OS_AUTH_TOKEN"]
    doc    = "A token of IAM, valid for 24 hours, in place of an access key."
    source = "Terraform provider for Huawei Cloud: token"
  }

  attribute "user_name" {
    type   = string
    mode   = "optional"
    env    = ["HW_USER_NAME", "OS_USERNAME"]
    doc    = "A user, in place of an access key."
    source = "Terraform provider for Huawei Cloud: user_name"
  }

  attribute "user_id" {
    type   = string
    mode   = "optional"
    env    = ["HW_USER_ID", "OS_USER_ID"]
    doc    = "The id of the user, in place of the name."
    source = "Terraform provider for Huawei Cloud: user_id"
  }

  attribute "password" {
    type   = string
    mode   = "optional"
    secret = true
    env    = ["HW_USER_PASSWORD", "OS_PASSWORD"]
    doc    = "Password of the user."
    source = "Terraform provider for Huawei Cloud: password"
  }

  attribute "domain_name" {
    type        = string
    mode        = "optional"
    env         = ["HW_DOMAIN_NAME", "OS_DOMAIN_NAME", "OS_USER_DOMAIN_NAME", "OS_PROJECT_DOMAIN_NAME"]
    also_called = ["account_name"]
    doc         = "Name of the account that the user belongs to."
    source      = "Terraform provider for Huawei Cloud: domain_name"
  }

  attribute "domain_id" {
    type        = string
    mode        = "optional"
    env         = ["HW_DOMAIN_ID", "OS_DOMAIN_ID", "OS_USER_DOMAIN_ID", "OS_PROJECT_DOMAIN_ID"]
    also_called = ["account_id"]
    doc         = "Id of the account; asked of IAM where it is not set."
    source      = "Terraform provider for Huawei Cloud: domain_id"
  }

  attribute "project_id" {
    type        = string
    mode        = "optional"
    env         = ["HW_PROJECT_ID", "OS_PROJECT_ID", "OS_TENANT_ID"]
    also_called = ["tenant_id"]
    doc         = "Id of the project in the region; asked of IAM where it is not set."
    source      = "Terraform provider for Huawei Cloud: project_id"
  }

  attribute "project_name" {
    type        = string
    mode        = "optional"
    env         = ["HW_PROJECT_NAME", "OS_PROJECT_NAME", "OS_TENANT_NAME"]
    also_called = ["tenant_name"]
    doc         = "Name of the project in the region, where it is not that of the region, such as `eu-de_lake`."
    source      = "Terraform provider for Huawei Cloud: project_name"
  }

  attribute "enterprise_project_id" {
    type   = string
    mode   = "optional"
    env    = ["HW_ENTERPRISE_PROJECT_ID", "OS_ENTERPRISE_PROJECT_ID"]
    doc    = "The enterprise project of objects that name none."
    source = "Terraform provider for Huawei Cloud: enterprise_project_id"
  }

  attribute "cloud" {
    type = string
    mode = "optional"
    env  = ["HW_CLOUD"]
    pattern {
      regex   = "[a-z0-9-]+(\\.[a-z0-9-]+)+"
      meaning = "the domain name of a cloud, such as myhuaweicloud.com or otc.t-systems.com"
    }
    help   = "for Open Telekom Cloud write cloud = \"otc.t-systems.com\""
    doc    = "Domain name that endpoints end in; `myhuaweicloud.com` where it is not set, `otc.t-systems.com` for Open Telekom Cloud."
    source = "Terraform provider for Huawei Cloud: cloud; Open Telekom Cloud endpoint list"
  }

  attribute "endpoints" {
    type   = map(string)
    mode   = "optional"
    env    = ["HW_IAM_ENDPOINT", "HW_DIS_ENDPOINT", "HW_DLI_ENDPOINT", "HW_DMS_ENDPOINT", "HW_OBS_ENDPOINT"]
    doc    = "Endpoints by service (`iam`, `dis`, `dli`, `dms`, `obs`), in place of `https://<service>.<region>.<cloud>`: for private networks, or for `headworks sim`."
    source = "Terraform provider for Huawei Cloud: endpoints"
  }

  rule "endpoints_of_services" {
    attribute = "endpoints"
    condition = self.endpoints == null ? true : length(setsubtract(keys(self.endpoints), ["iam", "dis", "dli", "dms", "obs"])) == 0
    highlight = try(sort(setsubtract(keys(self.endpoints), ["iam", "dis", "dli", "dms", "obs"]))[0], "")
    message   = "endpoints names `${found}`, a service that headworks does not call"
    help      = "the services are iam, dis, dli, dms and obs"
    severity  = "warning"
    source    = "Terraform provider for Huawei Cloud: endpoints, keys are names of services"
  }
}
