// Package sandbox shuts a process in before it touches a hostile file: no
// network, no file but the named ones, no new process, bounded memory. It is
// entered by the process itself and cannot be left.
//
// On Linux it is made of no_new_privs, resource limits, Landlock and a
// seccomp filter, each as far as the kernel offers it. Elsewhere only the
// resource limits are set.
package sandbox

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// Config says what stays possible inside. The zero value reads no file and
// runs no program.
type Config struct {
	// Read names files and directories (with all below) that may be read.
	// Missing ones are passed over.
	Read []string
	// Files are open files that may be opened anew by their descriptor's
	// path (see Path). Open files can always be read as they are.
	Files []*os.File
	// Exec names programs, by absolute path, that may be executed. With
	// none, execve is refused altogether.
	Exec []string
	// Memory bounds the private writable memory in bytes, heap and stacks
	// together, on top of what the process has mapped at the call; 0 sets no
	// bound. Allocations beyond it fail.
	Memory int64
	// CPU bounds the processor time; at its end the process is killed. 0
	// sets no bound.
	CPU time.Duration
	// FileSize bounds what a file may grow to in bytes, memfds included;
	// 0 is 4 GiB.
	FileSize int64
	// OpenFiles bounds the descriptors; 0 is 256.
	OpenFiles int
}

func (c Config) withDefaults() Config {
	if c.FileSize == 0 {
		c.FileSize = 4 << 30
	}
	if c.OpenFiles == 0 {
		c.OpenFiles = 256
	}
	return c
}

// Level says which walls stand. The zero value is none.
type Level struct {
	Limits     bool `json:"limits"`       // resource limits
	NoNewPrivs bool `json:"no_new_privs"` // no set-user-id program gains anything
	Landlock   int  `json:"landlock"`     // its ABI, 0 when the kernel has none: files are not guarded then
	Seccomp    bool `json:"seccomp"`      // no sockets, no processes, no dangerous system calls
}

// Full reports that files and network are both shut off.
func (l Level) Full() bool { return l.Landlock > 0 && l.Seccomp }

// String is a list for people: "landlock 7, seccomp, no new privileges, limits", or "none".
func (l Level) String() string {
	var parts []string
	if l.Landlock > 0 {
		parts = append(parts, fmt.Sprintf("landlock %d", l.Landlock))
	}
	if l.Seccomp {
		parts = append(parts, "seccomp")
	}
	if l.NoNewPrivs {
		parts = append(parts, "no new privileges")
	}
	if l.Limits {
		parts = append(parts, "limits")
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// systemPaths are what decoders read beside their input: libraries with their
// plug-ins, fonts, colour profiles, tables of encodings and media types.
var systemPaths = []string{
	"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64",
	"/etc/ld.so.cache",
	"/etc/fonts", "/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/fontconfig", "/var/cache/fontconfig",
	"/usr/share/color", "/usr/local/share/color", "/usr/share/mime", "/usr/share/poppler", "/usr/share/libthai",
	"/sys/devices/system/cpu", "/proc/cpuinfo", "/proc/meminfo", "/proc/self/maps",
}

// DefaultPaths lists what a decoder of this machine may have to read beside
// its input, as far as it exists, for Config.Read.
func DefaultPaths() []string {
	var found []string
	for _, p := range systemPaths {
		if _, err := os.Stat(p); err == nil {
			found = append(found, p)
		}
	}
	return found
}

// Path is the name under which this process, or a program that it becomes,
// can open the file of descriptor fd anew.
func Path(fd uintptr) string {
	return fmt.Sprintf("%s/%d", fdDir, fd)
}
