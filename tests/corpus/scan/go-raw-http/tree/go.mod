module example.org/oncall

go 1.21
