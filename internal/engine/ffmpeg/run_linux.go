package ffmpeg

import (
	"syscall"

	"golang.org/x/sys/unix"
)

func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// limit bounds a process that is already running. It may have ended: errors
// do not matter.
func limit(pid int, cfg Config) {
	for what, value := range map[int]uint64{
		unix.RLIMIT_DATA:  uint64(cfg.Memory),
		unix.RLIMIT_CORE:  0,
		unix.RLIMIT_FSIZE: maxOutput,
	} {
		_ = unix.Prlimit(pid, what, &unix.Rlimit{Cur: value, Max: value}, nil)
	}
}
