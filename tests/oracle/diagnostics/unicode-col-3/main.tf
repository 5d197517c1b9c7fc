locals {
  a = ["👨‍👩‍👧‍👦", local.nope]
}
