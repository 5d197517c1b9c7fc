output "o" {
  value = replace(
    "x",
    ["y"],
    "z",
  )
}
