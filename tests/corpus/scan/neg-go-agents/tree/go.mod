module example.org/agents

go 1.21

require github.com/prometheus/client_golang v1.20.5
