package disk

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"tintype/internal/blob"
)

// List implements blob.Store. It holds the entries of one folder per level.
// What is not a regular file under a valid key is passed over.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		err := blob.CheckPrefix("list blobs", prefix)
		if err == nil {
			folder := prefix[:strings.LastIndexByte(prefix, '/')+1]
			w := walk{s: s, ctx: ctx, prefix: prefix, yield: yield}
			err = w.folder(folder)
		}
		if err != nil && !errors.Is(err, errStop) {
			yield(blob.Info{}, err)
		}
	}
}

var errStop = errors.New("stop")

type walk struct {
	s      *Store
	ctx    context.Context
	prefix string
	yield  func(blob.Info, error) bool
}

// folder yields what lies under folder, which is "" or ends in '/'. An entry
// that is itself a folder sorts with its slash, as the keys in it do.
func (w *walk) folder(folder string) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	d, err := w.s.root.Open(path.Join(keyDir, folder))
	if err != nil {
		return gone(err)
	}
	entries, err := d.ReadDir(-1)
	d.Close()
	if err != nil {
		return gone(err)
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		key := folder + sortName(e)
		return !strings.HasPrefix(key, w.prefix) && !(e.IsDir() && strings.HasPrefix(w.prefix, key))
	})
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(sortName(a), sortName(b)) })
	for _, e := range entries {
		if err := w.entry(folder, e); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) entry(folder string, e fs.DirEntry) error {
	key := folder + e.Name()
	if !blob.ValidKey(key) {
		return nil
	}
	if e.IsDir() {
		return w.folder(key + "/")
	}
	if !e.Type().IsRegular() {
		return nil
	}
	fi, err := w.s.root.Lstat(keyPath(key))
	if err != nil {
		return gone(err)
	}
	if !w.yield(info(key, fi), nil) {
		return errStop
	}
	return nil
}

func sortName(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}

// gone forgives an entry that was removed meanwhile or never existed.
func gone(err error) error {
	if missing(err) {
		return nil
	}
	return wrapRead("list blobs", err)
}
