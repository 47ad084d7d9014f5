package main

import (
	"os"

	"github.com/spf13/cobra"

	"tintype/internal/script"
)

// scriptCommand is what the server starts to run one script of a user.
func scriptCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "script",
		Short:  "Runs one script, shut in; not for people",
		Hidden: true,
		Args:   cobra.NoArgs,
		Run:    func(*cobra.Command, []string) { os.Exit(script.Serve(os.Stdin, os.Stdout)) },
	}
}
