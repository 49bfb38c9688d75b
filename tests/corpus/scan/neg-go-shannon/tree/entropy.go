package main

import (
	"fmt"
	"math"
	"os"
)

type claude struct{ bits float64 }

// Entropy after Claude Shannon, in bits a byte.
func entropy(data []byte) claude {
	var counts [256]float64
	for _, b := range data {
		counts[b]++
	}
	bits := 0.0
	for _, n := range counts {
		if n > 0 {
			p := n / float64(len(data))
			bits -= p * math.Log2(p)
		}
	}
	return claude{bits}
}

func main() {
	model := "claude"
o1:
	for _, name := range os.Args[1:] {
		data, err := os.ReadFile(name)
		if err != nil {
			break o1
		}
		fmt.Println(name, model, entropy(data).bits)
	}
}
