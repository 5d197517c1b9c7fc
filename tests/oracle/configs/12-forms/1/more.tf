resource "terraform_data" "text" {
  input = templatefile("${path.module}/templates/t.tftpl", { items = ["a", "b"], flag = true })
}
resource "terraform_data" "base" {
  input            = "base"
  triggers_replace = [1]
  lifecycle {
    create_before_destroy = true
  }
}
variable "over" {
  type    = number
  default = 1
}
output "over" {
  value       = var.over
  description = "kept"
}
locals {
  a = 1
  b = local.a + 1
}
output "b" {
  value = <<-EOT
    first
      ${local.b}
    last
  EOT
}
