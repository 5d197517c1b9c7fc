# A value kept in the state. Source: Terraform documentation, the terraform_data managed resource type.

resource "terraform_data" {
  provider  = "terraform"
  version   = 0
  local     = true
  summary   = "A value that is kept in the state; nothing is made outside of it."
  identity  = ["id"]
  import_id = ["id"]

  docs = <<-EOT
    Useful to carry a value that changes only when asked to, and as the target of `replace_triggered_by`.
  EOT

  attribute "input" {
    type = any
    mode = "optional"
    doc  = "Any value; it becomes `output`."
  }

  attribute "triggers_replace" {
    type      = any
    mode      = "optional"
    on_change = "replace"
    doc       = "Any value; when it changes, the object is replaced."
  }

  attribute "output" {
    type    = any
    mode    = "computed"
    follows = "input"
    doc     = "The value of `input` at the last apply."
  }

  attribute "id" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "A random name."
  }
}
