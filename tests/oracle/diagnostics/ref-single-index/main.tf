resource "terraform_data" "b" { }
resource "terraform_data" "a" {
  input = terraform_data.b[0].id
}
