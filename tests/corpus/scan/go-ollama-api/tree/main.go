package main

import (
	"context"
	"fmt"
	"log"

	"github.com/ollama/ollama/api"
)

func main() {
	client, err := api.ClientFromEnvironment()
	if err != nil {
		log.Fatal(err)
	}
	stream := false
	req := &api.GenerateRequest{Model: "llama3.1", Prompt: "Five tags for a photo of a harbour", Stream: &stream}
	err = client.Generate(context.Background(), req, func(r api.GenerateResponse) error {
		fmt.Println(r.Response)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}
