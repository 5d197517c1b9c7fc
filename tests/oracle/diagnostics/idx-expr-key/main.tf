locals {
  a = { x = 1 }
  i = "y"
}
output "o" { value = local.a[local.i] }
