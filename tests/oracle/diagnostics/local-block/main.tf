locals {
  a {
  }
}
