variable "zones" {
  type = map(object({
    level  = number
    tags   = optional(map(string), {})
    format = optional(string, "parquet")
    nested = optional(object({ a = optional(number, 3), b = optional(string) }))
  }))
  default = {
    bronze        = { level = 1 }
    "silver zone" = { level = 2, tags = { team = "a/b" }, nested = {} }
    "gold/eu"     = { level = 3, format = "orc", nested = { b = "x" } }
  }
}
variable "drop" {
  type    = set(string)
  default = []
}
locals {
  kept  = { for k, z in var.zones : k => z if !contains(var.drop, k) }
  pairs = { for p in setproduct(keys(local.kept), ["raw", "clean"]) : "${p[0]}:${p[1]}" => { zone = p[0], kind = p[1] } }
}
resource "terraform_data" "zone" {
  for_each = local.kept
  input    = each.value
}
resource "terraform_data" "pair" {
  for_each         = local.pairs
  input            = "${terraform_data.zone[each.value.zone].output.format}/${each.value.kind}"
  triggers_replace = each.value.zone
}
resource "terraform_data" "set" {
  for_each = toset([for k, z in local.kept : lower(replace(k, "/[ \\/]/", "-"))])
  input    = { key = each.key, same = each.key == each.value }
}
resource "terraform_data" "all" {
  input = { for k, p in terraform_data.pair : k => p.id }
}
output "levels" {
  value = { for k, z in terraform_data.zone : k => z.output.level }
}
output "first" {
  value = terraform_data.zone["silver zone"].output.tags
}
output "ids" {
  value = [for s in terraform_data.set : s.id]
}
