module example.org/entropy

go 1.21
