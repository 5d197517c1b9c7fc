locals {
  a = <<EOT
x ${local.nope}
EOT
}
