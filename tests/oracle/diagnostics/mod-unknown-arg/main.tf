module "m" {
  source = "./m"
  foo    = 1
}
