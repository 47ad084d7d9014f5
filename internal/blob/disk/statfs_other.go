//go:build !(linux || darwin || freebsd)

package disk

// statfs knows nothing of this system's file systems, so that there is no
// reserve unless Config.Statfs is given.
func statfs(string) (free, total uint64, err error) { return 1 << 62, 0, nil }
