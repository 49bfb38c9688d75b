package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"

	ai "github.com/sashabaranov/go-openai"
)

const model = "gpt-4o-mini"

func main() {
	commits, err := exec.Command("git", "log", "--oneline", "-50").Output()
	if err != nil {
		log.Fatal(err)
	}
	client := ai.NewClient(os.Getenv("KEY"))
	reply, err := client.CreateChatCompletion(context.Background(), ai.ChatCompletionRequest{
		Model: model,
		Messages: []ai.ChatCompletionMessage{
			{Role: ai.ChatMessageRoleUser, Content: "A changelog of:\n" + string(commits)},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Choices[0].Message.Content)
}
