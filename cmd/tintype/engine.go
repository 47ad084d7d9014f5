package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"tintype/internal/engine"
	"tintype/internal/engine/sandbox"
)

// engineCommand is what the server starts to decode and render. It talks over
// descriptors that only the server hands it.
func engineCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:    "engine",
		Short:  "A worker of the server; not for people",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if !engine.IsWorker() {
				return errors.New("engine is a worker of the server, not for people: run `tintype serve`")
			}
			return engine.Serve()
		},
	}
	cmd.AddCommand(&cobra.Command{
		Use:                "exec",
		Short:              "Runs a program shut in; not for people",
		Hidden:             true,
		DisableFlagParsing: true,
		Run: func(_ *cobra.Command, args []string) {
			os.Exit(sandbox.LauncherMain(args))
		},
	})
	return cmd
}
