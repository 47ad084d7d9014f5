package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"tintype/internal/blob/blobtest"
)

// The test binary runs itself again as a process that kills itself within a
// write: crashEnv holds "directory|way|key|point|n".
const crashEnv = "TINTYPE_TEST_DISK_CRASH"

// pointMiddle is not a step of the store: the process dies while its reader
// is read.
const pointMiddle = "middle"

const crashSize = 300_000

func TestMain(m *testing.M) {
	if spec := os.Getenv(crashEnv); spec != "" {
		fmt.Fprintln(os.Stderr, crash(spec))
		os.Exit(3)
	}
	os.Exit(m.Run())
}

func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// crash writes a new version and dies at the n-th time that the point comes.
func crash(spec string) error {
	arg := strings.Split(spec, "|")
	n, err := strconv.Atoi(arg[4])
	if err != nil {
		return err
	}
	s, err := Open(arg[0], Config{Fault: func(point string) error {
		if point == arg[3] {
			if n--; n == 0 {
				die()
			}
		}
		return nil
	}})
	if err != nil {
		return err
	}
	ctx := context.Background()
	data := blobtest.Bytes(2, crashSize)
	var r io.Reader = bytes.NewReader(data)
	if arg[3] == pointMiddle {
		r = io.MultiReader(bytes.NewReader(data[:len(data)/2]), dieReader{})
	}
	if arg[1] == "put" {
		_, err = s.Put(ctx, arg[2], r)
		return errors.Join(errors.New("still alive"), err)
	}
	f, err := s.Stage(ctx)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, r); err != nil {
		return err
	}
	_, err = s.Adopt(ctx, f, arg[2])
	return errors.Join(errors.New("still alive"), err)
}

type dieReader struct{}

func (dieReader) Read([]byte) (int, error) { die(); return 0, nil }

func TestCrash(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	type spot struct {
		point string
		n     int
	}
	spots := []spot{{pointMiddle, 1}, {pointMkdir, 2}, {pointMkdir, 3}, {pointSyncParent, 2}, {pointSyncParent, 3}}
	for _, p := range Points() {
		spots = append(spots, spot{p, 1})
	}
	oldData, newData := blobtest.Bytes(1, 1000), blobtest.Bytes(2, crashSize)
	for _, way := range []string{"put", "adopt"} {
		for _, sp := range spots {
			for _, key := range []string{"old/a/b/c", "new/a/b/c"} {
				if way == "adopt" && sp.point == pointWrite {
					continue // the caller writes
				}
				t.Run(fmt.Sprintf("%s/%s/%s-%d", way, key[:3], strings.ReplaceAll(sp.point, " ", "-"), sp.n), func(t *testing.T) {
					t.Parallel()
					dir := t.TempDir()
					seedStore(t, dir, oldData)
					cmd := exec.Command(exe)
					cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%s|%s|%s|%d", crashEnv, dir, way, key, sp.point, sp.n))
					out, err := cmd.CombinedOutput()
					var exit *exec.ExitError
					if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
						t.Fatalf("the process did not die of itself: %v: %s", err, out)
					}
					afterCrash(t, dir, key, oldData, newData, sp.point)
				})
			}
		}
	}
}

func seedStore(t *testing.T, dir string, data []byte) {
	t.Helper()
	s, err := Open(dir, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Put(t.Context(), "old/a/b/c", bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
}

func afterCrash(t *testing.T, dir, key string, oldData, newData []byte, point string) {
	t.Helper()
	s, err := Open(dir, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	get := func(key string) []byte { return content(t, s, key) }
	var before []byte
	if strings.HasPrefix(key, "old") {
		before = oldData
	} else if !bytes.Equal(get("old/a/b/c"), oldData) {
		t.Error("the other blob has changed")
	}
	renamed := point == pointSyncDir || point == pointDone
	switch got := get(key); {
	case renamed && !bytes.Equal(got, newData):
		t.Errorf("after the rename the blob has %d bytes", len(got))
	case !renamed && !bytes.Equal(got, before):
		t.Errorf("before the rename the blob has %d bytes instead of the %d of before", len(got), len(before))
	}
	for i, err := range s.List(t.Context(), "") {
		if err != nil || i.Key != "old/a/b/c" && i.Key != key {
			t.Errorf("listed %+v, %v", i, err)
		}
	}
	if left := temps(t, s); len(left) > 1 {
		t.Errorf("left %v", left)
	}
	if _, err := s.Put(t.Context(), key, bytes.NewReader(newData)); err != nil {
		t.Errorf("put after the crash: %v", err)
	}
	if !bytes.Equal(get(key), newData) {
		t.Error("the blob put after the crash is another")
	}
}
