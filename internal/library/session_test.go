package library_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tintype/internal/blob"
	"tintype/internal/catalog/catalogtest"
	"tintype/internal/library"
	. "tintype/internal/library/librarytest"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// sessions drives uploads in parts against one World.
type sessions struct {
	*World
	t testing.TB
}

func (s sessions) begin(id string, total int64) *media.Session {
	s.t.Helper()
	got, err := s.Library.Begin(context.Background(), media.Session{Account: Account, ID: media.SessionID(id), Total: total})
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func (s sessions) append(id string, offset, total int64, content string) (*media.Session, error) {
	s.t.Helper()
	return s.Library.Append(context.Background(), Account, media.SessionID(id), library.Part{Offset: offset, Total: total, Staged: s.Stage(content)})
}

func (s sessions) mustAppend(id string, offset, total int64, content string) *media.Session {
	s.t.Helper()
	got, err := s.append(id, offset, total, content)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func (s sessions) finish(id string, u library.Upload) (*library.Uploaded, error) {
	return s.Library.Finish(context.Background(), Account, media.SessionID(id), u)
}

// parts lists the keys of all parts in the store.
func (s sessions) parts() (keys []string) {
	s.t.Helper()
	for info, err := range s.Disk.List(context.Background(), "part/") {
		if err != nil {
			s.t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

// runJobs deletes the blobs that removals have left to the jobs.
func (s sessions) runJobs() {
	s.t.Helper()
	for _, key := range s.parts() {
		if err := s.Library.DeleteBlobs(context.Background(), deletion(s.t.(*testing.T), key)); err != nil {
			s.t.Fatal(err)
		}
	}
}

var big = Picture("png", 640, 480, strings.Repeat("0123456789", 50))

func TestPartsBecomeOneAsset(t *testing.T) {
	t.Parallel()
	catalogtest.Each(t, partsBecomeOneAsset)
}

func partsBecomeOneAsset(t *testing.T, database string) {
	w := sessions{NewOn(t, database), t}
	for name, order := range map[string][]int{"ordered": {0, 1, 2}, "reversed": {2, 1, 0}, "repeated": {1, 0, 1, 2, 0}, "mixed": {1, 2, 0}} {
		s := w.begin(name, media.UnknownTotal)
		if s.Total != media.UnknownTotal || s.Received != 0 || s.ExpiresAt.Sub(w.Clock.Now()) != 24*time.Hour {
			t.Fatalf("begun as %+v", s)
		}
		cuts := []int{0, 100, 250, len(big)}
		received := map[int]bool{}
		for _, i := range order {
			total := int64(media.UnknownTotal)
			if i == 2 {
				total = int64(len(big))
			}
			s = w.mustAppend(name, int64(cuts[i]), total, big[cuts[i]:cuts[i+1]])
			received[i] = true
			want := int64(0)
			for j := range received {
				want += int64(cuts[j+1] - cuts[j])
			}
			if s.Received != want {
				t.Errorf("%s: %d bytes after part %d, want %d", name, s.Received, i, want)
			}
		}
		up, err := w.finish(name, library.Upload{Name: name, Overwrite: true, Tags: []string{"t"}})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := w.Read(up.Asset.Version.Blob); got != big || up.Asset.Name != name || !slices.Equal(up.Asset.Tags, []string{"t"}) {
			t.Errorf("%s became %+v of %d bytes", name, up.Asset, len(got))
		}
	}
	w.runJobs()
	if left := append(w.parts(), w.Leftovers()...); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// plain is a store as S3 is one: what it takes in it copies.
type plain struct{ blob.Store }

func TestPartsInAStoreThatCopies(t *testing.T) {
	t.Parallel()
	w := sessions{New(t, func(cfg *library.Config) { cfg.Blobs = plain{cfg.Blobs} }), t}
	w.begin("s", int64(len(big)))
	w.mustAppend("s", 200, -1, big[200:])
	w.mustAppend("s", 0, -1, big[:200])
	up, err := w.finish("s", library.Upload{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := w.Read(up.Asset.Version.Blob); got != big {
		t.Errorf("it became %d bytes", len(got))
	}
	w.runJobs()
	if left := w.parts(); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestFinishIsIdempotent(t *testing.T) {
	t.Parallel()
	w := sessions{New(t), t}
	w.Upload("x", Picture("png", 1, 1, "old"))
	w.begin("s", int64(len(big)))
	w.mustAppend("s", 0, media.UnknownTotal, big)
	first, err := w.finish("s", library.Upload{Name: "x", Overwrite: true})
	if err != nil || !first.Overwritten {
		t.Fatalf("%+v, %v", first, err)
	}
	// The last part comes again because its answer was lost.
	if s := w.mustAppend("s", 0, int64(len(big)), big); s.Asset != first.Asset.ID || s.Received != int64(len(big)) {
		t.Errorf("the session is %+v", s)
	}
	again, err := w.finish("s", library.Upload{Name: "another name", Ahead: library.Ahead{Eager: []transform.Transformation{half}}})
	if err != nil || again.Asset.ID != first.Asset.ID || again.Asset.Version.ID != first.Asset.Version.ID || !again.Overwritten || len(again.Eager) != 1 {
		t.Errorf("%+v, %v", again, err)
	}
	if n := len(w.Events()); n != 2 {
		t.Errorf("%d events", n)
	}
	// Without Overwrite what is there is answered, again and again.
	w.begin("kept", media.UnknownTotal)
	w.mustAppend("kept", 0, int64(len(big)), big)
	for range 2 {
		kept, err := w.finish("kept", library.Upload{Name: "x"})
		if err != nil || !kept.Existing || kept.Asset.Version.ID != first.Asset.Version.ID {
			t.Errorf("%+v, %v", kept, err)
		}
	}
	w.Clock.Add(25 * time.Hour)
	if _, err := w.finish("s", library.Upload{}); media.CodeOf(err) != media.NotFound {
		t.Errorf("after its life: %v", err)
	}
	w.runJobs()
	if left := append(w.parts(), w.Leftovers()...); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestPartsThatDoNotFit(t *testing.T) {
	t.Parallel()
	w := sessions{New(t, func(cfg *library.Config) { cfg.MaxBytes = library.MaxBytes{Image: 100, Raw: 100, Video: 1000} }), t}
	w.begin("s", media.UnknownTotal)
	w.mustAppend("s", 10, media.UnknownTotal, "0123456789")
	for _, c := range []struct {
		offset, total int64
		content, says string
		code          media.Code
	}{
		{15, -1, "0123456789", "The part of bytes 15-24 overlaps bytes 10-19, which arrived before", media.Invalid},
		{5, -1, "0123456789", "The part of bytes 5-14 overlaps bytes 10-19, which arrived before", media.Invalid},
		{10, -1, "01234", "The part of bytes 10-14 overlaps bytes 10-19, which arrived before", media.Invalid},
		{0, -1, "0123456789012345678901234", "The part of bytes 0-24 overlaps bytes 10-19, which arrived before", media.Invalid},
		{-1, -1, "0", "The part begins at byte -1", media.Invalid},
		{0, 5, "01234", "The part says that the file has 5 bytes, but some beyond have arrived", media.Invalid},
		{20, 25, "0123456789", "The part ends at byte 30 of a file of 25", media.Invalid},
		{995, -1, "0123456789", "File size too large, the maximum is 1000 bytes", media.TooLarge},
		{0, 1001, "0", "File size too large, the maximum is 1000 bytes", media.TooLarge},
		{1<<63 - 2, -1, "0123456789", "The part begins at byte 9223372036854775806", media.Invalid},
	} {
		if _, err := w.append("s", c.offset, c.total, c.content); media.CodeOf(err) != c.code || media.MessageOf(err) != c.says {
			t.Errorf("%d/%d %q: %v, want %q", c.offset, c.total, c.content, err, c.says)
		}
	}
	w.mustAppend("s", 20, 30, "0123456789")
	if _, err := w.append("s", 0, 31, "0"); media.MessageOf(err) != "The part says that the file has 31 bytes, an earlier one said 30" {
		t.Errorf("another total: %v", err)
	}
	if _, err := w.finish("s", library.Upload{}); media.CodeOf(err) != media.Invalid || media.MessageOf(err) != "Bytes 0-9 of the upload are missing" {
		t.Errorf("a gap: %v", err)
	}
	w.mustAppend("s", 0, -1, "0123456789")
	if up, err := w.finish("s", library.Upload{}); err != nil || up.Asset.Version.Info.Bytes != 30 {
		t.Errorf("after the gap is filled: %+v, %v", up, err)
	}
	w.begin("u", media.UnknownTotal)
	w.mustAppend("u", 0, -1, "x")
	if _, err := w.finish("u", library.Upload{}); media.MessageOf(err) != "The size of the upload is not known yet" {
		t.Errorf("without a total: %v", err)
	}
	w.mustAppend("u", 1, 2, "") // only says how large the file is
	if _, err := w.finish("u", library.Upload{}); media.MessageOf(err) != "Bytes 1-1 of the upload are missing" {
		t.Errorf("with its end missing: %v", err)
	}
	if _, err := w.Library.Begin(context.Background(), media.Session{Account: Account, Total: 1001}); media.CodeOf(err) != media.TooLarge {
		t.Errorf("begin of too much: %v", err)
	}
	for _, id := range []media.SessionID{"none", "", "../x"} {
		if _, err := w.append(string(id), 0, -1, "x"); media.CodeOf(err) != media.NotFound {
			t.Errorf("append to %q: %v", id, err)
		}
		if err := w.Library.Abort(context.Background(), Account, id); media.CodeOf(err) != media.NotFound {
			t.Errorf("abort %q: %v", id, err)
		}
	}
	if _, err := w.Library.Session(context.Background(), "other", "s"); media.CodeOf(err) != media.NotFound {
		t.Errorf("the session of another account: %v", err)
	}
	if left := w.Leftovers(); len(left) > 0 {
		t.Errorf("staged files are left: %v", left)
	}
}

// A file that is refused ends its session; nothing of it stays.
func TestFinishRefused(t *testing.T) {
	t.Parallel()
	w := sessions{New(t), t}
	w.begin("s", 4)
	w.mustAppend("s", 0, -1, "text")
	if _, err := w.finish("s", library.Upload{Kind: media.KindImage}); media.CodeOf(err) != media.Invalid {
		t.Errorf("got %v", err)
	}
	if _, err := w.Library.Session(context.Background(), Account, "s"); media.CodeOf(err) != media.NotFound {
		t.Errorf("the session: %v", err)
	}
	w.runJobs()
	clean(t, w.World)
	if left := w.parts(); len(left) > 0 {
		t.Errorf("parts are left: %v", left)
	}
}

// Those without credentials never take the room of those who have some.
func TestGuestSessionsAreBoundedApart(t *testing.T) {
	t.Parallel()
	w := sessions{New(t, func(cfg *library.Config) { cfg.Sessions = library.SessionLimits{Open: 4, Bytes: 40} }), t}
	w.begin("guest-a", media.UnknownTotal)
	if _, err := w.Library.Begin(t.Context(), media.Session{Account: Account, ID: "guest-b", Total: 1}); media.CodeOf(err) != media.Limited {
		t.Errorf("a second session of guests: %v", err)
	}
	w.begin("a", media.UnknownTotal)
	w.mustAppend("a", 0, -1, "01234567")
	w.mustAppend("guest-a", 0, -1, "01234567")
	if _, err := w.append("guest-a", 8, -1, "890"); media.CodeOf(err) != media.Limited {
		t.Errorf("more than a quarter of the bytes: %v", err)
	}
	w.mustAppend("a", 8, -1, "890")
}

func TestSessionBounds(t *testing.T) {
	t.Parallel()
	w := sessions{New(t, func(cfg *library.Config) { cfg.Sessions = library.SessionLimits{Open: 2, Bytes: 10} }), t}
	w.begin("a", media.UnknownTotal)
	w.begin("b", media.UnknownTotal)
	w.begin("a", media.UnknownTotal) // there already
	third := media.Session{Account: Account, ID: "c", Total: media.UnknownTotal}
	if _, err := w.Library.Begin(context.Background(), third); media.CodeOf(err) != media.Limited {
		t.Errorf("a third session: %v", err)
	}
	w.mustAppend("a", 0, -1, "012345")
	w.mustAppend("a", 0, -1, "543210") // a repetition counts once
	if _, err := w.append("b", 0, -1, "01234"); media.CodeOf(err) != media.Limited {
		t.Errorf("too many bytes: %v", err)
	}
	w.mustAppend("b", 0, -1, "0123")
	if _, err := w.Library.Begin(context.Background(), media.Session{Account: "other", Total: 1}); err != nil {
		t.Errorf("another account: %v", err)
	}
	if err := w.Library.Abort(context.Background(), Account, "b"); err != nil {
		t.Fatal(err)
	}
	w.begin("c", media.UnknownTotal)
	w.mustAppend("c", 0, -1, "0123")
	// A session that has finished counts no more.
	w.mustAppend("a", 0, 6, "")
	if up, err := w.finish("a", library.Upload{Kind: media.KindRaw}); err != nil {
		t.Fatal(err)
	} else if got, _ := w.Read(up.Asset.Version.Blob); got != "543210" {
		t.Errorf("the later repetition does not count: %q", got)
	}
	w.begin("d", media.UnknownTotal)
	w.mustAppend("d", 0, -1, "012345")
}

func TestPartsAtOnce(t *testing.T) {
	t.Parallel()
	catalogtest.Each(t, partsAtOnce)
}

// Many writers of every part, and everybody finishes.
func partsAtOnce(t *testing.T, database string) {
	w := sessions{NewOn(t, database), t}
	const size, writers = 40, 4
	content := Picture("png", 7, 7, strings.Repeat("x", 5*size))
	ids := make(chan media.AssetID, 1000)
	var begun sync.WaitGroup
	for range writers {
		begun.Go(func() { w.begin("s", int64(len(content))) })
	}
	begun.Wait()
	var wg sync.WaitGroup
	for at := 0; at < len(content); at += size {
		for range writers {
			wg.Go(func() {
				if _, err := w.append("s", int64(at), -1, content[at:min(at+size, len(content))]); err != nil {
					t.Errorf("part at %d: %v", at, err)
				}
				up, err := w.finish("s", library.Upload{})
				switch {
				case err == nil:
					ids <- up.Asset.ID
				case media.CodeOf(err) != media.Invalid: // some parts are missing
					t.Errorf("finish: %v", err)
				}
			})
		}
	}
	wg.Wait()
	close(ids)
	first, n := media.AssetID(""), 0
	for id := range ids {
		if n++; first != "" && id != first {
			t.Errorf("two assets: %s and %s", first, id)
		}
		first = id
	}
	a, err := w.Library.Find(context.Background(), Account, media.Ref{ID: first})
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
	if got, _ := w.Read(a.Version.Blob); got != content {
		t.Errorf("the parts were put together as %q", got)
	}
	w.runJobs()
	if left := append(w.parts(), w.Leftovers()...); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// Two nodes that do not hear of each other's locks finish one session.
func TestFinishOnTwoNodes(t *testing.T) {
	t.Parallel()
	catalogtest.Each(t, finishOnTwoNodes)
}

func finishOnTwoNodes(t *testing.T, database string) {
	w := sessions{NewOn(t, database), t}
	w.begin("s", int64(len(big)))
	w.mustAppend("s", 0, -1, big)
	other := sessions{w.Reopen(func(cfg *library.Config) {
		cfg.Fault = func(p string) {
			if p == "adopted" { // and before it is recorded, the first node does
				if _, err := w.finish("s", library.Upload{}); err != nil {
					t.Errorf("the first node: %v", err)
				}
			}
		}
	}), t}
	late, err := other.finish("s", library.Upload{})
	if err != nil {
		t.Fatal(err)
	}
	early, err := w.finish("s", library.Upload{})
	if err != nil || early.Asset.ID != late.Asset.ID || len(w.Events()) != 1 {
		t.Errorf("%+v and %+v, %v, %d events", early, late, err, len(w.Events()))
	}
}

func TestSessionDiesAnywhere(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"begun", "part adopted", "part recorded", "assembled", "staged", "probed", "adopted", "committed", "finished"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			w := sessions{New(t, dieAt(point)), t}
			all := func(w sessions) *library.Uploaded {
				s := w.begin("s", media.UnknownTotal)
				if s.Asset == "" {
					w.mustAppend("s", 0, -1, big[:300])
					w.mustAppend("s", 300, int64(len(big)), big[300:])
				}
				up, err := w.finish("s", library.Upload{})
				if err != nil {
					t.Fatal(err)
				}
				return up
			}
			if !dies(t, func() { all(w) }) {
				t.Fatal("it lives")
			}
			w = sessions{w.Reopen(), t}
			if s, err := w.Library.Session(context.Background(), Account, "s"); point != "begun" && point != "part adopted" && (err != nil || s.Received < 300) {
				t.Errorf("what was acknowledged is lost: %+v, %v", s, err)
			}
			up := all(w)
			if got, _ := w.Read(up.Asset.Version.Blob); got != big {
				t.Errorf("it became %d bytes", len(got))
			}
			if n := len(w.Events()); n != 1 {
				t.Errorf("there are %d events: it became more than one asset", n)
			}
			// Nothing is left when the jobs and the sweep have been there, a day later.
			w.Clock.Add(time.Since(w.Clock.Now()) + 25*time.Hour)
			if _, _, err := w.Library.SweepSessions(context.Background()); err != nil {
				t.Fatal(err)
			}
			w.runJobs()
			if left := w.parts(); len(left) > 0 {
				t.Errorf("parts are left: %v", left)
			}
			if _, err := w.Library.Find(context.Background(), Account, media.Ref{ID: up.Asset.ID}); err != nil {
				t.Errorf("the asset went with its session: %v", err)
			}
		})
	}
}

func TestSweepSessions(t *testing.T) {
	t.Parallel()
	w := sessions{New(t), t}
	ctx := context.Background()
	w.begin("old", media.UnknownTotal)
	w.mustAppend("old", 0, -1, "old")
	w.Clock.Add(23 * time.Hour)
	w.begin("new", media.UnknownTotal)
	w.mustAppend("new", 0, -1, "new")
	orphan := "part/" + string(Account) + "/none/0-x"
	if _, err := w.Disk.Put(ctx, orphan, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if n, parts, err := w.Library.SweepSessions(ctx); n != 0 || parts != 0 || err != nil {
		t.Errorf("swept %d, %d, %v before their time", n, parts, err)
	}
	w.Clock.Add(90 * time.Minute)
	if n, parts, err := w.Library.SweepSessions(ctx); n != 1 || parts != 0 || err != nil {
		t.Errorf("swept %d, %d, %v", n, parts, err)
	}
	if _, err := w.append("old", 3, -1, "x"); media.CodeOf(err) != media.NotFound {
		t.Errorf("append to what has expired: %v", err)
	}
	w.mustAppend("new", 3, -1, "x")
	w.runJobs() // the part of the old one, and the orphan, which no record names
	if keys := w.parts(); len(keys) != 2 || !strings.HasPrefix(keys[0], "part/demo/new/") {
		t.Errorf("there are %v", keys)
	}
	// An orphan is left alone for an hour: its writer may be about to record it.
	if _, err := w.Disk.Put(ctx, orphan, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	w.Clock.Add(time.Since(w.Clock.Now()) + 59*time.Minute)
	if _, parts, err := w.Library.SweepSessions(ctx); parts != 0 || err != nil || !slices.Contains(w.parts(), orphan) {
		t.Errorf("swept %d young orphans, %v", parts, err)
	}
	w.Clock.Add(2 * time.Minute)
	if _, parts, err := w.Library.SweepSessions(ctx); parts == 0 || err != nil || slices.Contains(w.parts(), orphan) {
		t.Errorf("swept %d orphans, %v: %v", parts, err, w.parts())
	}
}

// An account's expired session of a name makes room for a new one.
func TestBeginAgainAfterExpiry(t *testing.T) {
	t.Parallel()
	w := sessions{New(t), t}
	w.begin("s", 100)
	w.mustAppend("s", 0, -1, "old")
	w.Clock.Add(24 * time.Hour)
	if s := w.begin("s", 3); s.Total != 3 || s.Received != 0 {
		t.Errorf("begun as %+v", s)
	}
	w.mustAppend("s", 0, -1, "new")
	up, err := w.finish("s", library.Upload{})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := w.Read(up.Asset.Version.Blob); got != "new" {
		t.Errorf("it became %q", got)
	}
}

// When a part cannot be stored or recorded, nothing of it stays and the
// session goes on.
func TestAppendFails(t *testing.T) {
	t.Parallel()
	w := sessions{New(t), t}
	w.begin("s", media.UnknownTotal)
	fails := sessions{w.Reopen(func(cfg *library.Config) { cfg.Blobs = full{cfg.Blobs} }), t}
	if _, err := fails.append("s", 0, -1, "x"); media.CodeOf(err) != media.NoSpace {
		t.Errorf("a full store: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	gone := w.Reopen(func(cfg *library.Config) {
		cfg.Fault = func(p string) {
			if p == "part adopted" {
				cancel()
			}
		}
	})
	if _, err := gone.Library.Append(ctx, Account, "s", library.Part{Total: -1, Staged: gone.Stage("x")}); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that went: %v", err)
	}
	if len(w.parts()) != 1 || len(w.Leftovers()) > 0 {
		t.Errorf("there are %v %v", w.parts(), w.Leftovers())
	}
	w.runJobs()
	if len(w.parts()) != 0 {
		t.Errorf("left: %v", w.parts())
	}
	s := w.mustAppend("s", 0, 3, "xyz")
	if s.Received != 3 {
		t.Errorf("%+v", s)
	}
}

// A part whose bytes are damaged is ours to answer for, and is not made into an asset.
func TestFinishWithDamagedPart(t *testing.T) {
	t.Parallel()
	w := sessions{New(t), t}
	w.begin("s", 6)
	w.mustAppend("s", 0, -1, "012345")
	key := w.parts()[0]
	for _, damage := range []func() error{
		func() error { _, err := w.Disk.Put(context.Background(), key, strings.NewReader("0")); return err },
		func() error { return w.Disk.Delete(context.Background(), key) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		if _, err := w.finish("s", library.Upload{}); err == nil || media.CodeOf(err) != media.Internal {
			t.Errorf("got %v", err)
		}
	}
	clean(t, w.World)
}
