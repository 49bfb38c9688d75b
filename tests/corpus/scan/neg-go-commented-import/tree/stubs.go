package main

import (
	"os"
	"text/template"
	// "github.com/sashabaranov/go-openai"
)

/*
import "github.com/anthropics/anthropic-sdk-go"
*/

var stub = template.Must(template.New("stub").Parse(`package {{.}}

import openai "github.com/sashabaranov/go-openai"

var client = openai.NewClient("")
`))

func main() {
	_ = stub.Execute(os.Stdout, os.Args[1])
}
