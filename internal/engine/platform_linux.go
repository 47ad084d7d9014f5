package engine

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// socketPair returns two connected sockets that keep messages apart.
func socketPair() (a, b *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socket pair: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "pool"), os.NewFile(uintptr(fds[1]), "worker"), nil
}

// keepDescriptors sees to it that no child inherits what this process was
// itself left by whoever started it; what Go opens is kept anyway. An old
// kernel cannot: then a child may inherit it.
func keepDescriptors() {
	unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
}

// memoryFile returns a file that lies in memory and has no name.
func memoryFile(name string) (*os.File, error) {
	fd, err := unix.MemfdCreate("tintype-"+name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("memory file: %w", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// seal makes a memory file unchangeable.
func seal(f *os.File) error {
	const all = unix.F_SEAL_WRITE | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, all); err != nil {
		return fmt.Errorf("seal memory file: %w", err)
	}
	return nil
}

// reopen opens the same file once more, for reading only and with a position
// of its own.
func reopen(f *os.File) (*os.File, error) {
	return os.OpenFile("/proc/self/fd/"+strconv.Itoa(int(f.Fd())), os.O_RDONLY, 0)
}

// childAttr makes a worker die with the server, and keeps signals that a
// terminal sends to the server's group away from it.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// processMemory reads a process's resident and writable memory in bytes.
func processMemory(pid int) (resident, claimed uint64) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0, 0
	}
	fields := strings.Fields(string(b))
	if len(fields) < 6 {
		return 0, 0
	}
	pages := func(s string) uint64 {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return 0
		}
		return n * uint64(os.Getpagesize())
	}
	return pages(fields[1]), pages(fields[5])
}

// processTime reads how much processor time a process has used, in the
// kernel's ticks, and whether it is stopped.
func processTime(pid int) (ticks uint64, stopped, ok bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, false, false
	}
	// The name in parentheses may hold anything.
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 13 {
		return 0, false, false
	}
	user, err := strconv.ParseUint(fields[11], 10, 64)
	if err != nil {
		return 0, false, false
	}
	system, err := strconv.ParseUint(fields[12], 10, 64)
	if err != nil {
		return 0, false, false
	}
	return user + system, fields[0] == "T" || fields[0] == "t", true
}

// mapAtOnce maps all pages of a file in one go, which is cheaper than one
// fault after the other: a decoder reads all of it anyway.
const mapAtOnce = unix.MAP_POPULATE

// duplicate makes another descriptor of a file, with the lowest free number
// from min on, and answers the path under which the file can be opened anew.
func duplicate(f *os.File, min int) (*os.File, string, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, min)
	if err != nil {
		return nil, "", fmt.Errorf("duplicate descriptor: %w", err)
	}
	return os.NewFile(uintptr(fd), f.Name()), "/proc/self/fd/" + strconv.Itoa(fd), nil
}
