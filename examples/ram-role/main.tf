# A RAM role that a service may assume, and a look at it by name.

provider "alicloud" {
  region = "cn-hangzhou"
}

resource "alicloud_ram_role" "reader" {
  role_name            = "orders-reader"
  description          = "Reads delivered orders."
  max_session_duration = 7200

  assume_role_policy_document = jsonencode({
    Version = "1"
    Statement = [{
      Action    = "sts:AssumeRole"
      Effect    = "Allow"
      Principal = { Service = ["dataworks.aliyuncs.com"] }
    }]
  })
}

data "alicloud_caller_identity" "current" {}

output "role" {
  value = "${data.alicloud_caller_identity.current.account_id}: ${alicloud_ram_role.reader.arn}"
}
