//go:build !linux

package sandbox

// inside has nothing to try where only limits are set.
func inside(string, []string) int { return 1 }
