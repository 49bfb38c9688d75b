module example.org/gateway

go 1.22

require example.org/internal/assist v0.3.0

require github.com/tmc/langchaingo v0.1.12 // indirect
