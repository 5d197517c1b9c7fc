resource "terraform_data" "base" {
  input = "overridden"
  lifecycle {
    ignore_changes = [input]
  }
}
variable "over" {
  default = 7
}
locals {
  a = 10
}
