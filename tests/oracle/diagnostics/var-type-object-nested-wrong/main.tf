variable "a" {
  type = object({ a = object({ b = list(number) }) })
  default = {
    a = { b = [1, "two"] }
  }
}
