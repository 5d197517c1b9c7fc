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
    every request; a `user_name` with `password` and `domain_name`, for which IAM gives a token. An access key stands in
    the block, in a profile of the command line `hcloud` that `profile` or `shared_config_file` asks for, or in the
    environment. A profile that is asked for stands in for the environment, and what the block itself says wins. The file
    must hold its keys in clear text: `hcloud configure set --cli-auth-encrypt=false`.

    With `assume_role`, all calls are made with temporary keys of an agency in another account. More than one block is a
    chain: the keys of each are used to ask for those of the next.

    Without `project_id`, IAM is asked for the project that has the name of the region. For Open Telekom Cloud set
    `cloud = "otc.t-systems.com"`.
  EOT

  unmanaged = {
    assume_role_with_oidc = "set temporary keys in the environment: HW_ACCESS_KEY, HW_SECRET_KEY and HW_SECURITY_TOKEN; headworks does not exchange tokens of other identity providers"
    default_tags          = "merge them into the tags of each resource: tags = merge(local.tags, { … })"
    ignore_tags           = "name them where they are to be left alone: lifecycle { ignore_changes = [tags[\"key\"]] }"
    agency_name           = "use a block assume_role { agency_name = …, domain_name = … }"
    agency_domain_name    = "use a block assume_role { agency_name = …, domain_name = … }"
    delegated_project     = "use a block assume_role, and project_name for another project than that of the region"
    cacert_file           = "add the certificate of the authority to those that this machine trusts"
    cert                  = "remove it; requests are signed, and no certificate of the client is sent"
    key                   = "remove it; requests are signed, and no certificate of the client is sent"
    enable_force_new      = "remove it; the plan shows every replacement before anything is done"
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

  attribute "shared_config_file" {
    type   = string
    mode   = "optional"
    env    = ["HW_SHARED_CONFIG_FILE"]
    doc    = "File with the profiles of the command line `hcloud`, such as `~/.hcloud/config.json`, which is meant where only `profile` is set."
    source = "Terraform provider for Huawei Cloud: shared_config_file"
  }

  attribute "profile" {
    type   = string
    mode   = "optional"
    env    = ["HW_PROFILE"]
    doc    = "Name of the profile; the file's current one where it is not set."
    source = "Terraform provider for Huawei Cloud: profile"
  }

  block "assume_role" {
    nesting = "list"
    doc     = "An agency to act as. Without a block, the environment can name one."

    attribute "agency_name" {
      type   = string
      mode   = "optional"
      env    = ["HW_ASSUME_ROLE_AGENCY_NAME"]
      length = [1, 64]
      doc    = "Name of the agency. Required, here or in the environment."
      source = "Terraform provider for Huawei Cloud: assume_role.agency_name"
    }

    attribute "domain_name" {
      type   = string
      mode   = "optional"
      env    = ["HW_ASSUME_ROLE_DOMAIN_NAME"]
      doc    = "Name of the account that the agency is in. This or `domain_id` is required."
      source = "Terraform provider for Huawei Cloud: assume_role.domain_name"
    }

    attribute "domain_id" {
      type   = string
      mode   = "optional"
      env    = ["HW_ASSUME_ROLE_DOMAIN_ID"]
      doc    = "Id of that account, for agencies of IAM 5, whose keys STS gives."
      source = "Terraform provider for Huawei Cloud: assume_role.domain_id"
    }

    attribute "duration" {
      type   = number
      mode   = "optional"
      env    = ["HW_ASSUME_ROLE_DURATION"]
      range  = [900, 86400]
      doc    = "How long the keys are good, in seconds; 12 hours where it is not set, or with `domain_id` what STS gives."
      source = "IAM API reference, Obtaining Temporary Access Keys and Security Tokens of an Agency: duration_seconds"
    }
  }

  attribute "auth_url" {
    type   = string
    mode   = "optional"
    env    = ["HW_AUTH_URL", "OS_AUTH_URL"]
    doc    = "Address of IAM, such as `https://iam.cn-north-4.myhuaweicloud.com/v3`, where it is not the usual one; `endpoints.iam` comes before it."
    source = "Terraform provider for Huawei Cloud: auth_url"
  }

  attribute "max_retries" {
    type   = number
    mode   = "optional"
    env    = ["HW_MAX_RETRIES"]
    range  = [0, 100]
    doc    = "How often a call is tried again that was throttled or failed on the way. Where it is not set, a throttled call is tried until its time is up, and another up to seven times. A call is never tried again where that could do harm."
    source = "Terraform provider for Huawei Cloud: max_retries"
  }

  attribute "regional" {
    type   = bool
    mode   = "optional"
    doc    = "Use the region's endpoint also for the service of enterprise projects, which the main cloud has once for all regions. All other endpoints are always those of the region."
    source = "Terraform provider for Huawei Cloud: regional"
  }

  attribute "insecure" {
    type   = bool
    mode   = "optional"
    doc    = "Only `false`: certificates are always checked."
    source = "Terraform provider for Huawei Cloud: insecure"
  }

  attribute "signing_algorithm" {
    type    = string
    mode    = "optional"
    env     = ["HW_SIGNING_ALGORITHM"]
    allowed = ["HmacSHA256"]
    help    = "HmacSHA256 is taken by all services; the others need keys or functions that headworks does not have"
    doc     = "How requests are signed: always with SDK-HMAC-SHA256."
    source  = "Terraform provider for Huawei Cloud: signing_algorithm"
  }

  attribute "skip_check_website_type" {
    type   = bool
    mode   = "optional"
    doc    = "Taken for the sake of configurations of the official provider. Headworks never looks at the type of an account."
    source = "Terraform provider for Huawei Cloud: skip_check_website_type"
  }

  attribute "skip_check_upgrade" {
    type   = bool
    mode   = "optional"
    doc    = "Taken for the sake of configurations of the official provider. Headworks never asks for newer versions."
    source = "Terraform provider for Huawei Cloud: skip_check_upgrade"
  }

  attribute "endpoints" {
    type = map(string)
    mode = "optional"
    env = [
      "HW_IAM_ENDPOINT", "HW_DIS_ENDPOINT", "HW_DLI_ENDPOINT", "HW_DMS_ENDPOINT", "HW_OBS_ENDPOINT", "HW_EPS_ENDPOINT",
      "HW_STS_ENDPOINT",
    ]
    doc    = "Endpoints by service (`iam`, `dis`, `dli`, `dms`, `obs`, `eps`, `sts`), in place of `https://<service>.<region>.<cloud>`: for private networks, or for `headworks sim`."
    source = "Terraform provider for Huawei Cloud: endpoints"
  }

  rule "certificates_are_checked" {
    attribute = "insecure"
    condition = self.insecure != true
    message   = "headworks always checks certificates"
    help      = "remove insecure: whoever sits in between could read the passwords and tokens that are sent; a certificate of your own authority can be added to those that this machine trusts"
    source    = "Terraform provider for Huawei Cloud: insecure"
  }

  rule "endpoints_of_services" {
    attribute = "endpoints"
    condition = self.endpoints == null ? true : length(setsubtract(keys(self.endpoints), ["iam", "dis", "dli", "dms", "obs", "eps", "sts"])) == 0
    highlight = try(sort(setsubtract(keys(self.endpoints), ["iam", "dis", "dli", "dms", "obs", "eps", "sts"]))[0], "")
    message   = "endpoints names `${found}`, a service that headworks does not call"
    help      = "the services are iam, dis, dli, dms, obs, eps and sts"
    severity  = "warning"
    source    = "Terraform provider for Huawei Cloud: endpoints, keys are names of services"
  }
}
