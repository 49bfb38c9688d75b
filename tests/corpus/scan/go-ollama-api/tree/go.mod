module example.org/photos

go 1.22

require github.com/ollama/ollama v0.4.1
