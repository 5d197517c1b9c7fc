variable "size" {
  type    = number
  default = 1
  validation {
    condition     = var.size > 0
    error_message = "Size is ${var.size}."
  }
  validation {
    condition     = var.size < local.limit
    error_message = "Size ${var.size} is not below ${local.limit}."
  }
}

locals {
  limit = 10
}

resource "terraform_data" "first" {
  input = var.size
  lifecycle {
    postcondition {
      condition     = self.output < 8
      error_message = "first became ${self.output}"
    }
  }
}

resource "terraform_data" "second" {
  for_each = { a = 1, "b c" = 2 }
  input    = each.value
  lifecycle {
    precondition {
      condition     = terraform_data.first.output < 5
      error_message = "${each.key}: first is ${terraform_data.first.output}"
    }
  }
}

resource "terraform_data" "third" {
  input = [for k, s in terraform_data.second : "${k}-${var.size}"]
}

check "small" {
  assert {
    condition     = terraform_data.first.output < 3
    error_message = "getting big: ${terraform_data.first.output}"
  }
  assert {
    condition     = var.size != 2
    error_message = "two"
  }
}

check "named" {
  assert {
    condition     = terraform_data.first.id != ""
    error_message = "no id"
  }
}

output "size" {
  value = terraform_data.first.output
  precondition {
    condition     = terraform_data.first.output != 6
    error_message = "six"
  }
}

output "known" {
  value = var.size
}
