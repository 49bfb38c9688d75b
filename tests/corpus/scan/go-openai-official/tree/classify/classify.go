package classify

import (
	"context"

	"github.com/openai/openai-go/v2"
)

// Label gives one word for a text.
func Label(ctx context.Context, text string) (string, error) {
	client := openai.NewClient()
	reply, err := client.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{
		Model:    openai.ChatModel("gpt-4.1-nano"),
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("One word: " + text)},
	})
	if err != nil {
		return "", err
	}
	return reply.Choices[0].Message.Content, nil
}
