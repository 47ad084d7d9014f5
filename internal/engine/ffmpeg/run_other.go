//go:build !linux

package ffmpeg

import "syscall"

func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// limit does nothing: this system cannot bound another process.
func limit(int, Config) {}
