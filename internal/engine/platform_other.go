//go:build !linux

package engine

import (
	"fmt"
	"os"
	"syscall"
)

// socketPair returns two connected sockets that keep messages apart.
func socketPair() (a, b *os.File, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socket pair: %w", err)
	}
	for _, fd := range fds {
		syscall.CloseOnExec(fd)
		// Room for one whole message; datagrams are not split.
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_SNDBUF, 4*packetMax)
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 8*packetMax)
	}
	return os.NewFile(uintptr(fds[0]), "pool"), os.NewFile(uintptr(fds[1]), "worker"), nil
}

// keepDescriptors does nothing here: a child inherits what this process was left.
func keepDescriptors() {}

// memoryFile returns a file without a name, on disk for want of a better place.
func memoryFile(name string) (*os.File, error) {
	f, err := os.CreateTemp("", "tintype-"+name)
	if err != nil {
		return nil, fmt.Errorf("memory file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, fmt.Errorf("memory file: %w", err)
	}
	return f, nil
}

// seal has no counterpart here: the file is handed to one worker only.
func seal(*os.File) error { return nil }

func reopen(f *os.File) (*os.File, error) { return os.Open(f.Name()) }

func childAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func processMemory(int) (resident, claimed uint64) { return 0, 0 }

func processTime(int) (ticks uint64, stopped, ok bool) { return 0, false, false }

const mapAtOnce = 0

// duplicate is described in platform_linux.go.
func duplicate(f *os.File, min int) (*os.File, string, error) {
	fd, _, errno := syscall.Syscall(syscall.SYS_FCNTL, f.Fd(), syscall.F_DUPFD, uintptr(min))
	if errno != 0 {
		return nil, "", fmt.Errorf("duplicate descriptor: %w", errno)
	}
	syscall.CloseOnExec(int(fd))
	return os.NewFile(fd, f.Name()), fmt.Sprintf("/dev/fd/%d", fd), nil
}
