module example.org/boats

go 1.21
