package engine

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"tintype/internal/engine/sandbox"
	"tintype/internal/engine/vips"
)

// TestMain lets the test binary be its own worker, as cmd/tintype does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "engine" {
		if len(os.Args) > 2 && os.Args[2] == "exec" {
			os.Exit(sandbox.LauncherMain(os.Args[3:]))
		}
		if err := Serve(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if os.Getenv(orphanVariable) == "1" {
		orphanServer()
		os.Exit(1)
	}
	// What whoever started the tests left open is none of a worker's.
	for fd := 3; fd < 256; fd++ {
		syscall.CloseOnExec(fd)
	}
	// Tests that look at pixels call libvips in this process.
	os.Setenv("VIPS_WARNING", "0")
	if err := vips.Init(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	openFormats()
	os.Exit(m.Run())
}
