package ffmpeg

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// childOf answers a child of the process that has become ffprobe, or "".
func childOf(pid string) string {
	lists, _ := filepath.Glob("/proc/" + pid + "/task/*/children")
	for _, list := range lists {
		b, _ := os.ReadFile(list)
		for _, child := range strings.Fields(string(b)) {
			cmd, _ := os.ReadFile("/proc/" + child + "/cmdline")
			name, _, _ := bytes.Cut(cmd, []byte{0})
			if filepath.Base(string(name)) == "ffprobe" {
				return child
			}
		}
	}
	return ""
}

// When the server is killed, what it has started dies too.
func TestNoOrphan(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ffprobe"); err != nil {
		t.Skip("ffprobe is not installed")
	}
	if _, err := os.Stat("/proc/thread-self/children"); err != nil {
		t.Skip("this kernel does not list children")
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.CommandContext(t.Context(), launched(t).Command[0], "probe", pipe)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	child := ""
	for end := time.Now().Add(20 * time.Second); child == "" && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		child = childOf(strconv.Itoa(server.Process.Pid))
	}
	if child == "" {
		t.Fatal("ffprobe was not started")
	}
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait()
	gone(t, child)
}

// A film that lies in memory only is read like one in a file.
func TestProbeMemoryFile(t *testing.T) {
	t.Parallel()
	whole := clip(t, "a.mp4", join(picture, x264)...)
	fd, err := unix.MemfdCreate("source", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "source")
	defer f.Close()
	if _, err := io.Copy(f, whole); err != nil {
		t.Fatal(err)
	}
	seals := unix.F_SEAL_WRITE | unix.F_SEAL_GROW | unix.F_SEAL_SHRINK | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		t.Fatal(err)
	}
	got, err := Probe(t.Context(), f, "mp4", launched(t))
	if err != nil || got.Width != 64 {
		t.Fatalf("got %+v, %v", got, err)
	}
}
