package main

import (
	"log"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Llama is a router of that brand.
type Llama struct {
	http.Handler // embedding
	Model        string
	Tokens       int
}

func (l Llama) Chat(prompt string) string { return l.Model + prompt }

func main() {
	mistral := Llama{promhttp.Handler(), "falcon-7", 3}
	http.Handle("/api/tags", mistral)
	http.Handle("/v1/embeddings", mistral)
	log.Println(mistral.Chat("> "))
	log.Fatal(http.ListenAndServe("localhost:8080", nil))
}
