locals {
  config = {
    network = {
      subnets = [{ name = "a" }]
    }
  }
}
output "x" {
  value = local.config.netwrk.subnets[0].name
}
