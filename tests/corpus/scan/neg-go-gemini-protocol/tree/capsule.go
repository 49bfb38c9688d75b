package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"log"
	"strings"

	gemini "github.com/makeworld-the-better-one/go-gemini"
)

var pages = map[string]string{
	"/":            "# Boats\n=> gemini://boats.example/models Models",
	"/models":      "* Falcon 40\n* Mistral 7\n* Orca mini\n",
	"/completions": "* Boats completed this year\n",
}

func main() {
	cert, err := tls.LoadX509KeyPair("cert.pem", "key.pem")
	if err != nil {
		log.Fatal(err)
	}
	l, err := tls.Listen("tcp", ":1965", &tls.Config{Certificates: []tls.Certificate{cert}})
	for err == nil {
		c, _ := l.Accept()
		line, _ := bufio.NewReader(c).ReadString('\n')
		_, path, _ := strings.Cut(strings.TrimSpace(line), "boats.example")
		fmt.Fprintf(c, "%d text/gemini\r\n%s", gemini.StatusSuccess, pages[path])
		c.Close()
	}
}
