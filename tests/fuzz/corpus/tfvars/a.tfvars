a = { x = [1, "2"] }
b = { y = [true, "a"] }
c = <<EOT
x
EOT
v = "s"
