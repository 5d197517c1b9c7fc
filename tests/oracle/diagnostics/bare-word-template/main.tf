output "o" { value = "${hello}" }
