package main

import (
	"log"
	"net/http"

	"example.org/internal/assist"
)

func main() {
	settings, err := assist.Load("settings.json")
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(settings.Listen, assist.Handler(settings)))
}
