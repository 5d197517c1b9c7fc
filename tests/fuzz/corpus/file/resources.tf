resource "alicloud_ots_table" "orders" {
  count         = var.enabled ? 2 : 0
  instance_name = "shop-${count.index}"
  primary_key {
    name = "pk"
    type = "String"
  }
  lifecycle { ignore_changes = [time_to_live] }
}

locals {
  names = [for n in ["a", "b"] : upper(n) if n != "b"]
  text  = <<-EOT
    one ${local.names[0]}
    %{for n in local.names~}
    - ${n}
    %{endfor~}
  EOT
}
