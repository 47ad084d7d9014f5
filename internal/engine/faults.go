package engine

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
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
//	tintype-fault:flawed                                    succeed and write nothing
//	tintype-fault:strain                                    fail as if memory had run out
//
// With "worn-" before abort, hang, stop (as by SIGSTOP), slay (as by SIGKILL
// from outside) and strain, only a worker that has had a job before fails.
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
	for _, f := range []string{"abort", "hang", "render-abort", "render-hang", "flawed", "strain", "slay", "stop",
		"worn-abort", "worn-slay", "worn-stop", "worn-strain"} {
		if bytes.HasPrefix(rest, []byte(f)) {
			return f
		}
	}
	return ""
}

// commitFault does what a source asks for. fresh says that it is the worker's
// first job.
func commitFault(fault string, kind jobKind, fresh bool) error {
	if what, worn := strings.CutPrefix(fault, "worn-"); worn {
		if fresh {
			return nil
		}
		fault = what
	}
	switch {
	case fault == "strain":
		return &media.Error{Code: media.Invalid, Message: "The file takes more memory", Err: errStrained}
	case fault == "slay":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		hang()
	case fault == "stop":
		syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		hang()
	case fault == "abort", fault == "render-abort" && kind != jobProbe:
		abort()
	case fault == "hang", fault == "render-hang" && kind != jobProbe:
		hang()
	}
	return nil
}

func hang() {
	for {
		hangs++
	}
}

// hangs keeps the endless loop from being a loop of nothing.
var hangs uint64

// abort ends the process as a failing assertion in a library does.
func abort() {
	syscall.Kill(os.Getpid(), syscall.SIGABRT)
	panic("abort")
}
