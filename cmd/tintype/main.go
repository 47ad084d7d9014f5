// Command tintype is the whole media cloud in one binary: the server, its
// engine's workers, and the tools to look after them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := rootCommand().ExecuteContext(ctx)
	stop()
	var code exitCode
	switch {
	case errors.As(err, &code):
		os.Exit(int(code))
	case err != nil:
		fmt.Fprintln(os.Stderr, "tintype:", err)
		os.Exit(1)
	}
}

// exitCode ends the program with a status and without a message, because the
// command has said everything already.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit status %d", int(c)) }

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "tintype",
		Short: "A media cloud that you run yourself",
		Long: `Tintype takes uploads, keeps the originals safe, and makes any rendition of a
picture from its URL. It speaks the wire protocol that your SDK speaks already.`,
		Example: `  tintype serve --demo                                   # try it: an account and some pictures
  tintype serve --data /var/lib/tintype --listen :8080 --account shop:KEY:SECRET
  tintype doctor                                         # can this machine do everything?`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
	}
	root.SetVersionTemplate("tintype {{.Version}}\n")
	root.AddCommand(serveCommand(), doctorCommand(), verifyCommand(), notificationsCommand(), accountCommand(), keyCommand(), versionCommand())
	root.AddCommand(engineCommand(), scriptCommand()) // for the server, not for people
	return root
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintln(cmd.OutOrStdout(), "tintype", version)
		},
	}
}
