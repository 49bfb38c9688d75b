package main

import "fmt"

func main() { fmt.Println("high water at 14:05") }
