output "o" { value = resource.terraform_data.a.id }
