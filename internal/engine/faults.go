package engine

import (
	"bytes"
	"io"
	"os"
	"slices"
	"syscall"

	"tintype/internal/media"
)

// Faults on demand, for tests of the whole: with faultsVariable set to 1 in
// the server's environment, sources that begin with faultMark are taken for
// pictures, and workers abort or hang on them. Without it such a source is
// what it is, a file of no known format.
//
//	tintype-fault:abort, tintype-fault:hang                 on every job
//	tintype-fault:render-abort, tintype-fault:render-hang   but pass a probe
const (
	faultsVariable = "TINTYPE_ENGINE_FAULTS"
	faultMark      = "tintype-fault:"
)

// faultInfo is what a faulty source claims to be.
var faultInfo = media.Info{Format: "jpeg", Width: 640, Height: 480, Pages: 1, Space: "srgb"}

// faultsWanted reports whether the environment, or env on top of it, asks for faults.
func faultsWanted(env []string) bool {
	return os.Getenv(faultsVariable) == "1" || slices.Contains(env, faultsVariable+"=1")
}

// faultOf returns the fault that a source asks for, or "".
func faultOf(r io.ReaderAt) string {
	b := make([]byte, 64)
	n, _ := r.ReadAt(b, 0)
	rest, ok := bytes.CutPrefix(b[:n], []byte(faultMark))
	if !ok {
		return ""
	}
	for _, f := range []string{"abort", "hang", "render-abort", "render-hang"} {
		if bytes.HasPrefix(rest, []byte(f)) {
			return f
		}
	}
	return ""
}

// commitFault does what a source asks for. It returns only for a probe that
// passes.
func commitFault(fault string, kind jobKind) {
	switch {
	case fault == "abort", fault == "render-abort" && kind != jobProbe:
		abort()
	case fault == "hang", fault == "render-hang" && kind != jobProbe:
		for {
			hangs++
		}
	}
}

// hangs keeps the endless loop from being a loop of nothing.
var hangs uint64

// abort ends the process as a failing assertion in a library does.
func abort() {
	syscall.Kill(os.Getpid(), syscall.SIGABRT)
	panic("abort")
}
