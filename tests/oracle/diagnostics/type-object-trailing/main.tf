variable "a" {
  type = object({
    name = string
    size = numbr
  })
}
