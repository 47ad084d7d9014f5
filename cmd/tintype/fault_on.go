//go:build faults

package main

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// fault kills the process, as a power cut would, at the point that the file
// TINTYPE_DIE_FILE counts down to: it holds a number, and is there only while
// a test wants the process to die.
var fault = func() func(string) {
	path := os.Getenv("TINTYPE_DIE_FILE")
	var mu sync.Mutex
	passed := 0
	return func(point string) {
		mu.Lock()
		defer mu.Unlock()
		text, err := os.ReadFile(path)
		if err != nil {
			passed = 0
			return
		}
		at, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			return
		}
		if passed++; passed < at {
			return
		}
		_ = os.WriteFile(path+".point", []byte(point), 0o600)
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}()
