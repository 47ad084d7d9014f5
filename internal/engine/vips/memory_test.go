package vips_test

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"tintype/internal/engine/vips"
)

// foreign copies b into memory that is not Go's, for the length of the test.
func foreign(t *testing.T, b []byte) vips.Foreign {
	t.Helper()
	m, err := syscall.Mmap(-1, 0, len(b), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(m) })
	copy(m, b)
	return vips.Foreign(m)
}

// resident is the memory of this process in bytes.
func resident(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("needs /proc")
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
