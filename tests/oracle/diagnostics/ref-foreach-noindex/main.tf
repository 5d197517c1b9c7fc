resource "terraform_data" "b" { for_each = toset(["a"]) }
resource "terraform_data" "a" {
  input = terraform_data.b.id
}
