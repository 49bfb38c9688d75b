module example.org/capsule

go 1.21

require github.com/makeworld-the-better-one/go-gemini v0.13.1
