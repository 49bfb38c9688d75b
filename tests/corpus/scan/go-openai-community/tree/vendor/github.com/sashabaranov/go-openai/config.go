package openai

const openaiAPIURLv1 = "https://api.openai.com/v1"

// ClientConfig says how to reach the service.
type ClientConfig struct {
	BaseURL string
}

func DefaultConfig(token string) ClientConfig { return ClientConfig{BaseURL: openaiAPIURLv1} }
