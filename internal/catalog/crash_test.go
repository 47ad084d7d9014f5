package catalog_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/catalog/catalogtest"
	"tintype/internal/media"
)

// put writes one asset with all that belongs to it.
func put(db *catalog.DB, name string) error {
	return db.Update(context.Background(), func(tx *catalog.Tx) error {
		a := newAsset("demo", name)
		return errors.Join(tx.PutAsset(a), tx.PutRendition(newRendition(a, name)),
			tx.AddEvent(media.Event{Account: "demo", Type: media.EventUploaded, Asset: a.ID}),
			tx.Enqueue(catalog.Job{Kind: "job", Args: name}))
	})
}

// TestCrashChild is the process that TestCrash kills: it writes without end
// and prints the number of each write that was acknowledged. Where told to, it
// kills itself at a point of a commit.
func TestCrashChild(t *testing.T) {
	url, point := os.Getenv("CATALOG_CRASH_URL"), os.Getenv("CATALOG_CRASH_POINT")
	if url == "" {
		t.Skip("for TestCrash only")
	}
	left := 20
	db, err := catalog.Open(context.Background(), url, catalog.Config{Fault: func(at string) error {
		if at == point {
			if left--; left == 0 {
				self, err := os.FindProcess(os.Getpid())
				if err != nil {
					return err
				}
				_ = self.Kill()
				select {}
			}
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		if err := put(db, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("\nacknowledged %d\n", i)
	}
}

// TestCrash kills a writing process between the steps of a commit and at
// random moments. What was acknowledged is there, what is there is whole.
func TestCrash(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before commit", "after commit", "", "", ""} {
		t.Run(strings.ReplaceAll("at "+point, " ", "-"), func(t *testing.T) {
			t.Parallel()
			url := catalogtest.SQLite(t)
			acknowledged := crash(t, url, point)
			db := catalogtest.Open(t, url, catalog.Config{})
			names := map[string]bool{}
			view(t, db, func(tx *catalog.Tx) error {
				assets, _, err := tx.Assets("demo", catalog.AssetQuery{Limit: 1000})
				if err != nil {
					return err
				}
				for _, a := range assets {
					names[a.Name] = true
					_, err := tx.Rendition("demo", id(a.Name))
					_, err2 := tx.Versions("demo", a.ID)
					if err := errors.Join(err, err2); err != nil {
						t.Errorf("%s is not whole: %v", a.Name, err)
					}
				}
				events, err := tx.Events("demo", 0, 1000)
				if len(events) != len(assets) {
					t.Errorf("%d assets, but %d events", len(assets), len(events))
				}
				return err
			})
			for i := range acknowledged + 1 {
				if !names[strconv.Itoa(i)] {
					t.Errorf("%d was acknowledged and is lost", i)
				}
			}
			last := map[string]int{"before commit": acknowledged + 1, "after commit": acknowledged + 2}
			if want, ok := last[point]; ok && len(names) != want {
				t.Errorf("killed %s: %d assets, want %d", point, len(names), want)
			}
			if len(names) > acknowledged+2 {
				t.Errorf("%d assets, but %d were the last acknowledged", len(names), acknowledged)
			}
			if err := put(db, "afterwards"); err != nil {
				t.Error(err)
			}
		})
	}
}

// crash runs the child until it is killed and returns the last number that it
// acknowledged.
func crash(t *testing.T, url, point string) int {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
	child.Env = append(os.Environ(), "CATALOG_CRASH_URL="+url, "CATALOG_CRASH_POINT="+point)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	last, kill := -1, 5+rand.IntN(50)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		n, ok := strings.CutPrefix(lines.Text(), "acknowledged ")
		if !ok {
			continue
		}
		if last, err = strconv.Atoi(n); err != nil {
			t.Fatal(err)
		}
		if point == "" && last == kill {
			time.AfterFunc(time.Duration(rand.IntN(3000))*time.Microsecond, func() { _ = child.Process.Kill() })
		}
	}
	if err := child.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the child ended by itself: %v", err)
	}
	if last < 0 {
		t.Fatal("the child acknowledged nothing")
	}
	return last
}
