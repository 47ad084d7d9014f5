package catalog

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tintype/internal/media"
)

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return -1
	}
	return info.Size()
}

// A disk on which only the ballast can make room.
func TestReclaimOnFullDisk(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "c.db")
	full := false
	var log bytes.Buffer
	db, err := Open(t.Context(), "sqlite:"+path, Config{Logger: slog.New(slog.NewTextHandler(&log, nil)), Fault: func(point string) error {
		if full && point == "before commit" && size(path+"-ballast") > 0 {
			return media.Errorf(media.NoSpace, "full")
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if size(path+"-ballast") != ballastSize {
		t.Fatalf("no ballast: %d bytes", size(path+"-ballast"))
	}
	full = true
	runs := 0
	put := func(tx *Tx) error {
		runs++
		return tx.PutAccount(media.Account{ID: "demo", CreatedAt: time.Unix(1, 0)})
	}
	if err := db.Update(t.Context(), put); media.CodeOf(err) != media.NoSpace || size(path+"-ballast") < 0 {
		t.Errorf("what takes room used the ballast: %v", err)
	}
	runs = 0
	if err := db.Reclaim(t.Context(), put); err != nil || runs != 2 {
		t.Errorf("a change that gives room back ran %d times: %v", runs, err)
	}
	if size(path+"-ballast") >= 0 || !bytes.Contains(log.Bytes(), []byte("the disk is full")) {
		t.Errorf("the ballast is there still, or nothing was said: %s", &log)
	}
}

func TestBallastIsLaidInAgain(t *testing.T) {
	t.Parallel()
	free, now := uint64(ballastRoom), time.Unix(1000, 0)
	b := &ballast{
		path: filepath.Join(t.TempDir(), "b"), log: slog.New(slog.DiscardHandler),
		free: func(string) (uint64, error) { return free, nil }, now: func() time.Time { return now },
	}
	step := func(what string, wait time.Duration, room uint64, want bool) {
		t.Helper()
		now, free = now.Add(wait), room
		b.lay()
		if got := size(b.path) == ballastSize; got != want {
			t.Errorf("%s: laid in is %v", what, got)
		}
	}
	step("at first", 0, ballastRoom, true)
	if !b.drop() || b.drop() {
		t.Error("it can be dropped once")
	}
	step("at once", 0, ballastRoom, false)
	step("without room", ballastPause, ballastRoom-1, false)
	step("with room", ballastPause, ballastRoom, true)
	var none *ballast
	none.lay()
	if none.drop() {
		t.Error("nothing was dropped")
	}
}
