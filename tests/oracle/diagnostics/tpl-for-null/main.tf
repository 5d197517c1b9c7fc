output "o" { value = "%{ for x in null }a%{ endfor }" }
