package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

const body = `{
  "model": "claude-3-5-haiku-20241022",
  "max_tokens": 200,
  "messages": [{"role": "user", "content": %q}]
}`

func explain(alert string) (string, error) {
	req, err := http.NewRequest("POST", "https://api.anthropic.com/v1/messages",
		strings.NewReader(fmt.Sprintf(body, "What does this alert mean? "+alert)))
	if err != nil {
		return "", err
	}
	req.Header.Set("x-api-key", os.Getenv("KEY"))
	req.Header.Set("anthropic-version", "2023-06-01")
	req.Header.Set("content-type", "application/json")
	reply, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	return string(text), err
}

func main() {
	text, err := explain(strings.Join(os.Args[1:], " "))
	fmt.Println(text, err)
}
