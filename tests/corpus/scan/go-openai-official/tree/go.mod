module example.org/classify

go 1.22

require (
	github.com/openai/openai-go/v2 v2.1.0
	github.com/spf13/cobra v1.8.1
)

require github.com/spf13/pflag v1.0.5 // indirect
