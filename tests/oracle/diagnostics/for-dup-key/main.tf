output "o" { value = { for x in [1, 1] : "k" => x } }
