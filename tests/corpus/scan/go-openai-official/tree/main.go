package main

import (
	"fmt"

	"example.org/classify/classify"
	"github.com/spf13/cobra"
)

func main() {
	cmd := &cobra.Command{Use: "classify TEXT", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		label, err := classify.Label(c.Context(), args[0])
		fmt.Println(label)
		return err
	}}
	_ = cmd.Execute()
}
