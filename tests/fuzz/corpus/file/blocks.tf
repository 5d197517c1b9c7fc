variable "size" {
  type        = object({ a = optional(list(string), []), b = map(any) })
  description = "how large" # a comment
  validation {
    condition     = var.size != null && length(var.size.a) < 3
    error_message = "Too ${"large"}."
  }
}
moved {
  from = a.b
  to   = module.m["k"].a.b
}
import {
  to = alicloud_oss_bucket.b
  id = "x"
}
check "c" {
  assert {
    condition     = true
    error_message = "no"
  }
}
module "m" {
  source   = "./m"
  for_each = toset(["x"])
  providers = {}
}
output "o" {
  value     = { a = 1, "b" = [1, 2,], (var.c) : -1 }
  sensitive = true
}
terraform {
  required_version = ">= 1.0, < 2"
}
/* end */ provider "alicloud" { region = "cn-hangzhou" }
