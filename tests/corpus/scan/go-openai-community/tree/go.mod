module example.org/changelog

go 1.21

require github.com/sashabaranov/go-openai v1.32.5
