variable "fooo" {
  default = 1
}
