output "o" { value = template.x }
