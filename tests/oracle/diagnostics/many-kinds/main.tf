variable "1bad" {}
output "o" {}
resource "terraform_data" {}
locals "x" {}
provider {}
foo {}
