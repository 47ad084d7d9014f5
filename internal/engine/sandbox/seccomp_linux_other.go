//go:build linux && !amd64 && !arm64

package sandbox

// auditArch 0: the filter is not written for this architecture.
const (
	auditArch = 0
	x32Bit    = 0
)

var deniedHere []uint32
