locals { f = [1] }
output "x" { value = local.f[3] }
