# An agency with which DIS may write into OBS, and a look at the account and at the agency by its name.

provider "huaweicloud" {
  region = "cn-north-4"
}

data "huaweicloud_account" "current" {}

resource "huaweicloud_identity_agency" "dis" {
  name                   = "dis-to-obs"
  description            = "Lets DIS write dumped records into OBS."
  delegated_service_name = "op_svc_dis"

  # The project of the global OBS service.
  project_role {
    project = "MOS"
    roles   = ["Tenant Administrator"]
  }
}

data "huaweicloud_identity_agency" "dis" {
  name       = huaweicloud_identity_agency.dis.name
  depends_on = [huaweicloud_identity_agency.dis]
}

output "agency" {
  value = "${data.huaweicloud_account.current.name}: ${data.huaweicloud_identity_agency.dis.id}, for ${data.huaweicloud_identity_agency.dis.delegated_service_name}"
}
